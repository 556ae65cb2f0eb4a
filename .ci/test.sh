#!/usr/bin/env bash
# Everything that must pass, from a fresh clone: format, lints, types, unit and integration tests, the release, browser tests.
. "$(dirname "$0")/env.sh"

passed=0
failed=0
check() {
  local name=$1
  shift
  say "$name"
  local begun=$SECONDS
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: $name" >&2
  fi
  echo "($name: $((SECONDS - begun)) s)"
}

# Adds the counts of a run to the sum; `counts` is "passed failed".
add() {
  passed=$((passed + $1))
  failed=$((failed + $2))
}

lint_server() { cargo clippy --locked -p app -p server --features app/ssr --all-targets -- -D warnings; }
lint_frontend() { cargo clippy --locked -p frontend --target wasm32-unknown-unknown -- -D warnings; }
# HTML as text is written in one audited place; all else goes through the sanitizer and a frame, or is text. Of the other lines one
# names what the page does not trust, one only reads, and those of the editor are in a page that has no origin.
lint_html() {
  local found audited='^app/src/view/area\.rs:.*inner_html=escaped\(|^app/src/page\.rs:[0-9]+: *(/<.*srcdoc/i|if\(e\.innerHTML!==)|^frontend/editor/editor\.js:'
  local ways='(inner|outer)_?html|insert_?adjacent_?html|document_?\.?write|srcdoc|dom_?parser|contextual_?fragment|set_?html_?unsafe'
  found=$(grep -rniE "$ways" app/src frontend/src frontend/editor server/src | grep -vE "$audited" || true)
  [ -z "$found" ] || { echo "$found"; return 1; }
}
# Known faults of crates are for `make audit`: to know them takes the internet.
crates() { cargo deny --locked check licenses sources bans; }
types() { (cd end2end && npx tsc --noEmit); }

compile_tests() { cargo nextest run --locked -p app -p server --features app/ssr --no-run; }

# Built while the tests run: these wait more than they work, and most of the build is one long step on one core. They come first.
begin_release() {
  nice -n 15 .ci/build.sh >"$CACHE/release.log" 2>&1 {mail_input}>&- &
  release=$!
}
release_build() {
  local status=0
  wait "$release" || status=$?
  cat "$CACHE/release.log"
  return $status
}

# One mail server for all Rust tests; see server/tests/support/mail_server.rs. It ends with its input, and so with this script.
begin_mail() {
  mail=$(mktemp -d)
  chmod 755 "$mail"
  mkdir "$mail/server"
  exec {mail_input}> >(exec node end2end/mailserver/start.mjs --ports 0 --dir "$mail/server" --user '*@pismo.test:secret' >"$mail/words")
  mail_process=$!
  until grep -qsx ready "$mail/words"; do
    kill -0 "$mail_process" || fail "the mail server for the tests did not start; it says above why"
    sleep 0.1
  done
  export PISMO_TEST_MAIL="$(awk '$1 == "ports" { print $2 }' "$mail/words") $mail/server"
}
end_mail() {
  unset PISMO_TEST_MAIL
  exec {mail_input}>&-
  wait "$mail_process" || true
  rm -rf "$mail" || true
}

rust_tests() {
  local log=$CACHE/test-rust.log status=0
  say "Unit and integration tests"
  # What a test leaves behind must not keep the mail server alive.
  cargo nextest run --locked -p app -p server --features app/ssr --no-fail-fast 2>&1 {mail_input}>&- | tee "$log" || status=$?
  local summary ok bad
  summary=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^ *Summary ' | tail -1 || true)
  ok=$(grep -oE '[0-9]+ passed' <<<"$summary" | grep -oE '[0-9]+' || echo 0)
  # No match means none failed; under pipefail it must not end the script.
  bad=$({ grep -oE '[0-9]+ (failed|timed out)' <<<"$summary" || true; } | awk '{ sum += $1 } END { print sum + 0 }')
  # A run that broke before its summary is a failure as well.
  [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
  add "$ok" "$bad"
}

browser_tests() {
  local report=$CACHE/test-browser.json status=0
  rm -f "$report"
  say "Browser tests"
  (cd end2end && PLAYWRIGHT_JSON_OUTPUT_NAME=$report npx playwright test --reporter=list,json) || status=$?
  local ok=0 bad=0
  if [ -s "$report" ]; then
    read -r ok bad < <(node -e 'const { stats } = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(stats.expected + stats.flaky, stats.unexpected)' "$report")
  fi
  [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
  add "$ok" "$bad"
}

.ci/install.sh build mail servers browser nextest deny
check "Format" cargo fmt --all --check
check "Lints: app and server" lint_server
check "Lints: frontend" lint_frontend
check "Lints: HTML as text" lint_html
check "Types of the browser tests" types
check "Licences and sources of crates" crates
check "Compiling the tests" compile_tests
begin_mail
begin_release
rust_tests
end_mail
check "Release build" release_build
browser_tests

say "All of it:"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
