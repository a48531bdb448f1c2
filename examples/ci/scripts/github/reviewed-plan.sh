#!/usr/bin/env bash
# Downloads the plan that was reviewed before this commit came to be; exits with 1 where there is none.
#   reviewed-plan.sh FOLDER     plan.json, and labels: those that the pull request has now, one a line
#
# A plan is named after the tree it was made of. Merged, squashed or rebased, a pull request leaves the same tree behind as
# long as nothing else was merged in between; then, and only then, its plan was made of what lies here.
set -euo pipefail

tree=$(git rev-parse 'HEAD^{tree}')
pulls=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" |
  jq --arg commit "$GITHUB_SHA" 'map(select(.merged_at and .merge_commit_sha == $commit))')
heads=$(jq --raw-output '.[].head.sha' <<<"$pulls")

for head in $heads; do
  if "$(dirname "$0")/artifact.sh" "gatewright-plan-$tree" gatewright-plan.yml pull_request "sha:$head" "$1"; then
    mkdir -p "$1"
    jq --raw-output --arg head "$head" '.[] | select(.head.sha == $head) | .labels[].name' <<<"$pulls" >"$1/labels"
    exit 0
  fi
done
exit 1
