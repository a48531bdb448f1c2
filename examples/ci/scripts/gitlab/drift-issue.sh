#!/usr/bin/env bash
# Keeps one issue about drift: opens it, replaces what it says, or closes it when there is none.
#   drift-issue.sh FILE     there is drift, and the file says which
#   drift-issue.sh          there is none
set -euo pipefail

api=$(dirname "$0")/api.sh
number=$("$api" "issues?state=opened&labels=gatewright-drift&author_username=$GATEWRIGHT_GITLAB_USER" |
  jq --raw-output 'first.iid // empty')

if [ "$#" -gt 0 ] && [ -n "$number" ]; then
  "$api" "issues/$number" --output /dev/null --request PUT --data-urlencode "description@$1"
elif [ "$#" -gt 0 ]; then
  "$api" issues --output /dev/null --data-urlencode "description@$1" \
    --data-urlencode 'title=The account differs from what was applied' --data-urlencode labels=gatewright-drift
elif [ -n "$number" ]; then
  "$api" "issues/$number" --output /dev/null --request PUT --data-urlencode state_event=close
fi
