#!/usr/bin/env bash
# Installs what is missing, and only that: install.sh build mail servers browser firefox nextest deny fuzz image. Says what it is about to install.
. "$(dirname "$0")/env.sh"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs Debian packages that are missing. None of their services is started or enabled.
packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || fail "please install these yourself: ${missing[*]}"
  say "Installing with apt-get: ${missing[*]} (their services are neither started nor enabled)"
  as_root apt-get -q -q update
  local removed
  removed=$(apt-get -s install --no-install-recommends "${missing[@]}" | awk '$1 == "Remv" { print $2 }' | tr '\n' ' ')
  [ -z "$removed" ] || [ "${PISMO_REPLACE:-}" = 1 ] ||
    fail "installing ${missing[*]} would remove: ${removed}. If that is all right, run again with PISMO_REPLACE=1."
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=yes
  fi
  local status=0
  echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" || status=$?
  [ -z "$made" ] || as_root rm -f $policy
  [ $status = 0 ] || fail "apt-get could not install: ${missing[*]}"
  for name in "${missing[@]}"; do
    case $name in
      dovecot-core) disable dovecot.service dovecot.socket ;;
      postfix) disable postfix.service postfix@-.service ;;
    esac
  done
}

disable() {
  command -v systemctl >/dev/null || return 0
  as_root systemctl disable "$@" >/dev/null 2>&1 || true
}

# Unpacks Debian packages into the cache, with the libraries this machine lacks for them: servers that cannot be installed
# beside Dovecot, and need not be for the tests to start them. `unpacked NAME "PROGRAMS" PACKAGE…`
unpacked() {
  local name=$1 programs=$2 folder=$TOOLS/servers/$1 libraries missing program
  shift 2
  [ "$(cat "$folder/complete" 2>/dev/null)" = "$*" ] && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "the server matrix needs Debian's packages $* unpacked in $folder, which only apt-get and dpkg-deb can do."
  say "Fetching $* with apt-get into $folder (nothing is installed)"
  as_root apt-get -q -q update
  # Of what they depend on, the libraries; those that are here already are not fetched.
  libraries=$(apt-get -s install --no-install-recommends "$@" |
    awk '$1 == "Inst" && $3 !~ /^\[/ && $2 ~ /^lib/ && $2 !~ /-dev$/ { print $2 }')
  rm -rf "$folder"
  mkdir -p "$folder/packages"
  # shellcheck disable=SC2086
  (cd "$folder/packages" && apt-get -q -q -o APT::Sandbox::User=root download "$@" $libraries) ||
    fail "apt-get could not download: $*"
  for program in "$folder"/packages/*.deb; do dpkg-deb -x "$program" "$folder"; done
  rm -rf "$folder/packages" "$folder/usr/share"
  for program in $programs; do
    missing=$(LD_LIBRARY_PATH=$(library_path "$folder") ldd "$folder/$program" | awk '/not found/ { print $1 }' | sort -u | tr '\n' ' ')
    [ -z "$missing" ] || fail "$name does not find its libraries: $missing"
  done
  echo "$*" >"$folder/complete"
}

# Where the libraries of an unpacked server are.
library_path() {
  find "$1/lib" "$1/usr/lib" -maxdepth 1 \( -path "$1/usr/lib" -o -name '*-linux-gnu*' \) 2>/dev/null | paste -s -d :
}

# Installs a program with cargo into the cache, at exactly this version.
cargo_tool() {
  local package=$1 version=$2
  shift 2
  grep -qs "\"$package $version " "$TOOLS/.crates.toml" && return
  say "Installing $package $version with cargo (once; it takes some minutes)"
  CARGO_TARGET_DIR=$CACHE/toolbuild cargo install "$package" --version "=$version" --root "$TOOLS" --force "$@"
  rm -rf "$CACHE/toolbuild"
}

need() {
  command -v "$1" >/dev/null || fail "$2"
}

for part in "$@"; do
  case $part in
    build)
      need cargo "Rust is missing: install rustup, which then fetches the toolchain named in rust-toolchain.toml."
      need node "Node.js 20 or newer is missing."
      need npm "npm is missing; it comes with Node.js."
      command -v cc >/dev/null || packages build-essential
      # The browser's half brings a standard library built for size.
      rustup component list --installed 2>/dev/null | grep -q rust-src || rustup component add rust-src
      rustup target list --installed 2>/dev/null | grep -q wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
      # Not --locked: its lock file names a release that was withdrawn. The version is exactly that of the library.
      cargo_tool wasm-bindgen-cli "$(locked wasm-bindgen)"
      if ! cmp -s .ci/package-lock.json "$TOOLS/node/package-lock.json"; then
        say "Installing the build's own tools with npm (wasm-opt, esbuild, lightningcss)"
        mkdir -p "$TOOLS/node"
        cp .ci/package.json .ci/.npmrc "$TOOLS/node/"
        cp .ci/package-lock.json "$TOOLS/node/"
        (cd "$TOOLS/node" && npm ci --silent --no-fund --no-audit) ||
          { rm -f "$TOOLS/node/package-lock.json"; fail "npm could not install the build's tools"; }
      fi
      ;;
    mail)
      # What is sent is read by another program: Python's own.
      command -v python3 >/dev/null || packages python3
      packages dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd postfix openssl
      ;;
    servers)
      unpacked cyrus "usr/sbin/cyrmaster usr/lib/cyrus/bin/imapd" cyrus-imapd cyrus-common libeatmydata1
      unpacked courier "usr/sbin/couriertcpd usr/bin/imapd usr/lib/courier/courier/courierpop3d usr/libexec/gam_server" \
        courier-imap courier-pop courier-base courier-authlib gamin libeatmydata1
      ;;
    browser)
      if ! "$ROOT/.ci/chromium.sh" >/dev/null; then
        if [ "$(. /etc/os-release && echo "$ID")" = debian ]; then
          packages chromium
        else
          say "Installing Chromium with Playwright"
          (cd end2end && npm ci --silent --no-fund --no-audit && npx playwright install --with-deps chromium)
        fi
      fi
      if [ ! -e end2end/node_modules/.package-lock.json ] || [ end2end/package-lock.json -nt end2end/node_modules/.package-lock.json ]; then
        say "Installing the browser tests' packages with npm"
        (cd end2end && npm ci --silent --no-fund --no-audit && touch node_modules/.package-lock.json)
      fi
      ;;
    firefox)
      if ! command -v firefox-esr >/dev/null && ! command -v firefox >/dev/null; then
        packages firefox-esr
      fi
      cargo_tool geckodriver 0.37.1 --locked
      ;;
    nextest)
      command -v cargo-nextest >/dev/null || {
        say "Installing cargo-nextest with cargo (once; it takes some minutes)"
        CARGO_TARGET_DIR=$CACHE/toolbuild cargo install cargo-nextest --locked --root "$TOOLS"
      }
      ;;
    deny)
      # Without optimisation it is built in a quarter of the time, and what it does takes seconds.
      cargo_tool cargo-deny 0.20.2 --locked --debug
      ;;
    fuzz)
      command -v cargo-fuzz >/dev/null || {
        say "Installing cargo-fuzz with cargo (once; it takes some minutes)"
        CARGO_TARGET_DIR=$CACHE/toolbuild cargo install cargo-fuzz --locked --root "$TOOLS"
      }
      # Fuzzing needs a compiler with its sanitizers, which only the nightly one has.
      rustup toolchain list | grep -q '^nightly' || rustup toolchain install nightly --profile minimal
      ;;
    image)
      packages buildah ca-certificates
      ;;
    *) fail "install.sh knows no part named $part" ;;
  esac
done
