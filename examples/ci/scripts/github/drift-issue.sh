#!/usr/bin/env bash
# Keeps one issue about drift: opens it, replaces what it says, or closes it when there is none.
#   drift-issue.sh FILE     there is drift, and the file says which
#   drift-issue.sh          there is none
set -euo pipefail

number=$(gh api --method GET "repos/$GITHUB_REPOSITORY/issues" \
  -f state=open -f labels=gatewright-drift -f 'creator=github-actions[bot]' | jq --raw-output 'first.number // empty')

if [ "$#" -gt 0 ] && [ -n "$number" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/$number" --field "body=@$1"
elif [ "$#" -gt 0 ]; then
  gh api --silent --method POST "repos/$GITHUB_REPOSITORY/issues" --field "body=@$1" \
    -f 'title=The account differs from what was applied' -f 'labels[]=gatewright-drift'
elif [ -n "$number" ]; then
  gh issue close "$number" --repo "$GITHUB_REPOSITORY" --comment 'The account is again as it was applied.'
fi
