#!/usr/bin/env bash
# Applies a saved plan, with the safety flags it was made with.
#   apply.sh PLAN
set -euo pipefail

# shellcheck source=examples/ci/scripts/labels.sh
. "$(dirname "$0")/labels.sh"
flags=()
if [ "${ALLOW_DESTROY:-false}" = true ]; then flags+=(--allow-destroy); fi
if [ -n "${MAX_DELETES:-}" ]; then flags+=(--max-deletes "$MAX_DELETES"); fi

# Files die with the runner, so secrets of new apps go elsewhere at once.
exec gatewright apply "$1" --secrets-command ci/store-secret.sh "${flags[@]}"
