# Where everything is: sourced by the other scripts. What a build needs beside the sources lives in one cache folder.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pismo
TOOLS=$CACHE/tools
export ROOT CACHE TOOLS
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
export PATH=$TOOLS/bin:$TOOLS/node/node_modules/.bin:$PATH
export npm_config_cache=${npm_config_cache:-$CACHE/npm}

# The version of a package in Cargo.lock.
locked() {
  awk -v name="\"$1\"" '$1 == "name" { found = ($3 == name) } $1 == "version" && found { gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

fail() {
  printf 'pismo: %s\n' "$*" >&2
  exit 1
}
