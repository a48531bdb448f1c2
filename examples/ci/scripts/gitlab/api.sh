#!/usr/bin/env bash
# Calls GitLab's API about this project.
#   api.sh PATH [CURL OPTIONS...]
set -euo pipefail

: "${GATEWRIGHT_GITLAB_TOKEN:?}"
path=$1
shift
# Not as an argument, which other processes see; as a bearer token, which curl does not take along to another host.
exec curl --config <(printf 'oauth2-bearer = "%s"\n' "$GATEWRIGHT_GITLAB_TOKEN") \
  --globoff --fail --silent --show-error --max-time 60 "$@" "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$path"
