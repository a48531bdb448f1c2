#!/usr/bin/env bash
# Prints the commit that was applied last, and nothing where none was.
#
# A job with an `environment:` is recorded as a deployment of its commit, which succeeds when the job does. So it is not the
# head of the branch while an apply waits, runs or has failed.
set -euo pipefail

"$(dirname "$0")/api.sh" "deployments?environment=gatewright-prod&status=success&order_by=id&sort=desc&per_page=1" |
  jq --raw-output 'first.sha // empty'
