#!/usr/bin/env bash
# Prints the commit that was applied last, and nothing where none was.
#
# A job with an `environment:` is recorded as a deployment of its commit, which succeeds when the job does. So it is not the
# head of the branch while an apply waits, runs or has failed; and nobody needs a right to push a tag.
set -euo pipefail

for environment in gatewright-apply gatewright-approve; do
  gh api --method GET "repos/$GITHUB_REPOSITORY/deployments" -f "environment=$environment" -f per_page=30 |
    jq --raw-output '.[] | "\(.created_at) \(.id) \(.sha)"'
done | sort --reverse | while read -r _ id sha; do
  succeeded=$(gh api "repos/$GITHUB_REPOSITORY/deployments/$id/statuses" | jq 'any(.state == "success")')
  if [ "$succeeded" = true ]; then
    printf '%s\n' "$sha"
    break
  fi
done
