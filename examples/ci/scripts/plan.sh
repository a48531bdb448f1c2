#!/usr/bin/env bash
# Plans into a folder: plan.json to apply, plan.md to read, code to judge by.
#   plan.sh FOLDER [PLAN OPTIONS...]
# Fails only where there is no plan; plan.md then says why. 0: nothing pending, 2: changes pending, 4: a change is refused; the
# caller decides.
set -euo pipefail

folder=$1
shift
mkdir -p "$folder"

# shellcheck source=examples/ci/scripts/labels.sh
. "$(dirname "$0")/labels.sh"
flags=()
if [ "${ALLOW_DESTROY:-false}" = true ]; then flags+=(--allow-destroy); fi
if [ -n "${MAX_DELETES:-}" ]; then flags+=(--max-deletes "$MAX_DELETES"); fi

# Whoever reviews the plan is told what it allows itself.
: >"$folder/plan.md"
if [ "${#flags[@]}" -gt 0 ]; then printf "Planned with \`%s\`.\n\n" "${flags[*]}" >"$folder/plan.md"; fi

code=0
gatewright plan --env prod --out "$folder/plan.json" --format markdown --detailed-exitcode "${flags[@]}" "$@" \
  >>"$folder/plan.md" 2>"$folder/errors" || code=$?
cat "$folder/errors" >&2
printf '%s\n' "$code" >"$folder/code"

case $code in
  0 | 2 | 4) ;;
  *)
    # As text, in which nothing works: an error quotes the file. The last of it, for a comment has a limit.
    tail --bytes 10000 "$folder/errors" | iconv --from-code=UTF-8 --to-code=UTF-8 -c >"$folder/shown" || true
    { printf 'Planning failed with exit code %s:\n\n' "$code" && sed 's/^/    /' "$folder/shown"; } >"$folder/plan.md"
    exit "$code"
    ;;
esac
