#!/usr/bin/env bash
# The release: the browser's half, compressed, inside one executable at target/dist/pismo. `build.sh TARGET` builds for another target.
. "$(dirname "$0")/env.sh"

target=${1:-}
.ci/install.sh build
say "Building the browser's half"
# Views lose their types: the wasm is a fifth smaller. Both halves must agree on it, or the browser does not find what the
# server rendered. The browser's half knows no C library, whatever else RUSTFLAGS say.
erase="--cfg erase_components"
RUSTFLAGS=$erase node .ci/site.mjs
say "Building the server"
arguments=(build --release --locked -p server --bin pismo)
[ -z "$target" ] || arguments+=(--target "$target")
PISMO_SITE=$ROOT/target/site RUSTFLAGS="$erase${RUSTFLAGS:+ $RUSTFLAGS}" cargo "${arguments[@]}"
install -D -m 755 "$CARGO_TARGET_DIR/${target:+$target/}release/pismo" "target/dist${target:+-$target}/pismo"
say "Built target/dist${target:+-$target}/pismo"
