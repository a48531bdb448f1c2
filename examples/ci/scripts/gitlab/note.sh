#!/usr/bin/env bash
# Writes one note on a merge request; when there is one already, replaces what it says.
#   note.sh NUMBER NAME COMMIT FILE
# It says which commit it is about: when it could not be replaced, it is known to be old. Without a file planning never began.
set -euo pipefail

api=$(dirname "$0")/api.sh
number=$1 marker="<!-- gatewright: $2 -->" commit=$3 file=$4
body=$(mktemp)
{
  printf '%s\nAbout commit %s.\n\n' "$marker" "$commit"
  if [ -e "$file" ]; then cat "$file"; else printf 'Planning failed before it began: [log](%s)\n' "$CI_JOB_URL"; fi
} >"$body"

# Anybody can write the marker, so only a note of the token's own user is taken for ours: no two tokens share one.
id=
page=1
while [ -z "$id" ]; do
  notes=$("$api" "merge_requests/$number/notes?sort=asc&order_by=created_at&per_page=100&page=$page")
  id=$(jq --raw-output --arg marker "$marker" --arg me "$GATEWRIGHT_GITLAB_USER" \
    '[.[] | select(.author.username == $me and (.body | startswith($marker))) | .id] | first // empty' <<<"$notes")
  if [ "$(jq length <<<"$notes")" -lt 100 ]; then break; fi
  page=$((page + 1))
done

if [ -n "$id" ]; then
  "$api" "merge_requests/$number/notes/$id" --output /dev/null --request PUT --data-urlencode "body@$body"
else
  "$api" "merge_requests/$number/notes" --output /dev/null --data-urlencode "body@$body"
fi
