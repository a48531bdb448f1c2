#!/usr/bin/env bash
# Comments on a pull request from a fork with the plan that its own workflow made.
#
# Everything that run left behind is the fork's to choose, the name of its branch included. So the number of the pull
# request comes from GitHub, the file is looked at only up to a size, and it is shown as text: indented, in plain characters,
# no link, picture or mention in it works.
set -euo pipefail

: "${RUN_ID:?}" "${HEAD_OWNER:?}" "${HEAD_BRANCH:?}" "${HEAD_SHA:?}"
most=60000

number=$(gh api --method GET "repos/$GITHUB_REPOSITORY/pulls" -f state=open -f "head=$HEAD_OWNER:$HEAD_BRANCH" |
  jq --raw-output --arg sha "$HEAD_SHA" '[.[] | select(.head.sha == $sha) | .number] | first // empty')
if [ -z "$number" ]; then
  echo "no open pull request has the commit of this run"
  exit 0
fi

artifact=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$RUN_ID/artifacts" |
  jq --raw-output --argjson most "$most" \
    '[.artifacts[] | select(.name == "gatewright-fork-plan" and .size_in_bytes <= $most) | .id] | first // empty')

work=$(mktemp -d)
: >"$work/plan.zip"
if [ -n "$artifact" ]; then gh api "repos/$GITHUB_REPOSITORY/actions/artifacts/$artifact/zip" >"$work/plan.zip"; fi
# A small archive may unpack to a large file: no more than fits is read of it. Whatever is broken in it leaves less text.
{ unzip -p "$work/plan.zip" plan.txt || true; } 2>/dev/null | head --bytes "$most" >"$work/raw" || true
iconv --from-code=UTF-8 --to-code=ASCII//TRANSLIT -c "$work/raw" >"$work/plain" || true
LC_ALL=C tr --complement --delete '\11\12\40-\176' <"$work/plain" | sed 's/^/    /' >"$work/shown"
# Where nothing is to be seen it is said, so that no plan of an earlier commit stays there.
if grep --quiet '[^[:space:]]' "$work/shown"; then
  printf 'Planned from a snapshot of the account, by code of this pull request: check what it says against the file.\n\n'
  head --bytes "$most" "$work/shown"
else
  printf 'The run left no plan, or one that is too large: [log](%s)\n' \
    "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$RUN_ID"
fi >"$work/comment"
"$(dirname "$0")/comment.sh" "$number" fork-plan "$HEAD_SHA" "$work/comment"
