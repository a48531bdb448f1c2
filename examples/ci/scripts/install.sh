#!/usr/bin/env bash
# Installs gatewright. Set both: where its source is, and the commit that you have looked at.
set -euo pipefail

source=https://git.example.com/gatewright.git
commit=0000000000000000000000000000000000000000

cargo install --locked --git "$source" --rev "$commit" gatewright
