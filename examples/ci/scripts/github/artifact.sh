#!/usr/bin/env bash
# Downloads an artifact of this repository's own, made by a run of a workflow that succeeded on a commit.
#   artifact.sh NAME WORKFLOW EVENTS HEAD FOLDER
# HEAD is `sha:COMMIT` or `branch:NAME`; EVENTS a list with commas. Exits with 1 where there is none.
#
# A name says nothing about who made the artifact: a pull request from a fork may upload any. So the run is looked at.
set -euo pipefail

name=$1 workflow=$2 events=$3 head=$4 folder=$5
runs=$(gh api --method GET "repos/$GITHUB_REPOSITORY/actions/artifacts" -f "name=$name" -f per_page=100 |
  jq --raw-output --arg head "$head" '.artifacts[] | select(.expired | not) | .workflow_run
    | select(.repository_id == .head_repository_id)
    | select($head == "sha:" + .head_sha or $head == "branch:" + .head_branch) | .id')

for run in $runs; do
  fits=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run" |
    jq --arg path ".github/workflows/$workflow" --arg events "$events" \
      '(.path | split("@")[0]) == $path and .conclusion == "success" and (.event | IN($events | split(",")[]))')
  if [ "$fits" = true ]; then
    exec gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$name" --dir "$folder"
  fi
done
exit 1
