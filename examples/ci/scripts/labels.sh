# shellcheck shell=bash
# Sourced by plan.sh and apply.sh: sets ALLOW_DESTROY and MAX_DELETES to what the labels of a pull request allow. LABELS holds
# their names, with commas between them.
# shellcheck disable=SC2034 # whoever sources it reads them
set -euo pipefail

while IFS= read -r label; do
  case $label in
    'gatewright: allow destroy') ALLOW_DESTROY=true ;;
    'gatewright: max deletes '*) MAX_DELETES=${label#gatewright: max deletes } ;;
  esac
done < <(tr ',' '\n' <<<"${LABELS:-}")
