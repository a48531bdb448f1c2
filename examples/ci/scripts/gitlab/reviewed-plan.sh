#!/usr/bin/env bash
# Downloads the plan that was reviewed before this commit came to be; exits with 1 where there is none.
#   reviewed-plan.sh FOLDER     plan.json, and labels: those that the merge request has now, one a line
#
# A plan says which tree it was made of. Merged, squashed or fast-forwarded, a merge request leaves the same tree behind as
# long as nothing else was merged in between; then, and only then, its plan was made of what lies here.
set -euo pipefail

api=$(dirname "$0")/api.sh
folder=$1
tree=$(git rev-parse 'HEAD^{tree}')
mkdir -p "$folder"

# Not from forks: what runs for those is theirs.
requests=$("$api" "repository/commits/$CI_COMMIT_SHA/merge_requests" |
  jq --argjson project "$CI_PROJECT_ID" --arg branch "$CI_DEFAULT_BRANCH" \
    'map(select(.state == "merged" and .source_project_id == $project and .target_branch == $branch))')
for request in $(jq '.[].iid' <<<"$requests"); do
  pipelines=$("$api" "merge_requests/$request/pipelines" | jq --raw-output '.[] | select(.status == "success") | .id')
  for pipeline in $pipelines; do
    job=$("$api" "pipelines/$pipeline/jobs?scope[]=success&per_page=100" |
      jq --raw-output '[.[] | select(.name == "plan") | .id] | first // empty')
    if [ -n "$job" ] && [ "$("$api" "jobs/$job/artifacts/plan/tree" --location)" = "$tree" ]; then
      jq --raw-output --argjson iid "$request" '.[] | select(.iid == $iid) | .labels[]' <<<"$requests" >"$folder/labels"
      exec "$api" "jobs/$job/artifacts/plan/plan.json" --location --output "$folder/plan.json"
    fi
  done
done
exit 1
