#!/usr/bin/env bash
# Watches, rebuilds and restarts, in front of a seeded mail server: http://127.0.0.1:3000
. "$(dirname "$0")/env.sh"

.ci/install.sh build mail
node .ci/site.mjs --dev
cargo build --locked -p server --bin pismo
exec node end2end/demo.mjs --dev
