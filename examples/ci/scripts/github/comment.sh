#!/usr/bin/env bash
# Writes one comment on a pull request; when there is one already, replaces what it says.
#   comment.sh NUMBER NAME COMMIT FILE
# It says which commit it is about: when it could not be replaced, it is known to be old. Without a file planning never began.
set -euo pipefail

number=$1 marker="<!-- gatewright: $2 -->" commit=$3 file=$4
body=$(mktemp)
{
  printf '%s\nAbout commit %s.\n\n' "$marker" "$commit"
  if [ -e "$file" ]; then
    cat "$file"
  else
    printf 'Planning failed before it began: [log](%s)\n' "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
  fi
} >"$body"

# Anybody can write the marker, so only a comment of the bot's own is taken for ours.
id=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$number/comments?per_page=100" |
  jq --raw-output --slurp --arg marker "$marker" \
    '[add[] | select(.user.login == "github-actions[bot]" and (.body | startswith($marker))) | .id] | first // empty')

if [ -n "$id" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$body"
else
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues/$number/comments" --field "body=@$body"
fi
