#!/usr/bin/env bash
# The long runs for a release, with numerators and denominators. One of them alone: proof.sh PART.
. "$(dirname "$0")/env.sh"

part=${1:-all}
ran=

agree() {
  .ci/install.sh mail browser
  .ci/build.sh
  local round failed=0 rounds=${ROUNDS:-20}
  for round in $(seq "$rounds"); do
    (cd end2end && PISMO_AGREE_ROUNDS=300 PISMO_SEED=$((round * 7919)) npx playwright test --project desktop tests/agree.spec.ts --reporter line) || failed=$((failed + 1))
  done
  echo "agree: $((rounds - failed)) of $rounds histories of 300 actions ended in agreement"
  [ $failed = 0 ]
}

properties() {
  .ci/install.sh nextest
  # Twenty executables: to optimise each as a whole would take longer than what they do.
  local -x CARGO_PROFILE_RELEASE_LTO=off
  PROPTEST_CASES=${CASES:-20000} cargo nextest run --locked --release -p app -p server --features app/ssr
  # What opens hostile documents has the most to lose.
  PROPTEST_CASES=${DOCUMENTS:-1000000} cargo nextest run --locked --release --profile proof -p app -p server --features app/ssr \
    --test mime_html no_mixture
  echo "properties: every property held for ${CASES:-20000} cases, and that of hostile HTML for ${DOCUMENTS:-1000000}"
}

fuzz() {
  .ci/install.sh fuzz
  local seconds=${FUZZ_SECONDS:-600} log=$CACHE/fuzz.log target found
  cp Cargo.lock server/fuzz/
  for target in imap_response body_structure conversation state html css header body tab published people; do
    # What is found on the way is kept beside the sources' own corpus, for the next run.
    found=$CACHE/fuzz/$target
    mkdir -p "$found"
    # Our hostile pieces of HTML are where it begins, after the two bytes that stand for the options.
    [ $target != html ] || cat server/tests/mime_html/vectors/*.txt | awk -v folder="$found" 'NF { file = folder "/vector-" NR; printf "aa%s", $0 > file; close(file) }'
    (cd server && cargo +nightly fuzz run $target "$found" fuzz/corpus/$target -- -max_total_time="$seconds") 2>&1 | tee "$log"
    echo "fuzz: $target held for $(grep -oE 'Done [0-9]+ runs' "$log" | grep -oE '[0-9]+') inputs in $seconds seconds"
  done
}

# Two tabs and another mail program on lines that fail; see server/tests/scenarios/history.rs. PISMO_SEED runs one again.
history() {
  .ci/install.sh mail nextest
  local log=$CACHE/history.log histories=${HISTORIES:-10} operations=${OPERATIONS:-10000}
  if [ -n "${PISMO_SEED:-}" ]; then histories=1; fi
  PISMO_HISTORIES=$histories PISMO_OPERATIONS=$operations PISMO_AT_ONCE=${AT_ONCE:-$(($(nproc) * 4))} \
    cargo nextest run --locked --profile proof -p app -p server --features app/ssr --test scenarios \
    --no-capture nothing_is_lost_on_bad_lines 2>&1 | tee "$log" | grep -vE '^(tab|writer|quiet)'
  echo "history: seeds ${PISMO_SEED:-1} to $((${PISMO_SEED:-1} + histories - 1)), $operations operations each: nothing lost, nothing wrong, nothing phantom"
}

# Collectors between servers, lines and processes that fail; see server/tests/collect/faults.rs and killed.rs.
collect() {
  .ci/install.sh mail nextest
  local rounds=${ROUNDS:-20} kills=${KILLS:-500}
  PISMO_COLLECT_ROUNDS=$rounds PISMO_COLLECT_KILLS=$kills \
    cargo nextest run --locked --profile proof -p app -p server --features app/ssr --test collect
  echo "collect: the faults $rounds times each, $kills kills at any moment: nothing lost, doubled or altered"
}

# Messages to a submission server that fails at any step, and a Pismo that is killed at any moment while somebody writes and
# sends; see server/tests/smtp_peer.rs and scenarios/killed.rs. PISMO_SEED begins elsewhere.
send() {
  .ci/install.sh mail nextest
  PISMO_SENDS=${SENDS:-20000} cargo nextest run --locked --profile proof -p app -p server --features app/ssr --test smtp_peer --no-capture
  PISMO_SEND_KILLS=${KILLS:-500} cargo nextest run --locked --profile proof -p app -p server --features app/ssr --test scenarios --no-capture killed::
}

# Messages as fifty programs write them, answered and passed on in a browser; see end2end/rounds.
rounds() {
  .ci/install.sh mail browser
  .ci/build.sh
  (cd end2end && PISMO_ROUNDS=all npx playwright test --project=desktop tests/rounds.spec.ts --reporter line)
}

# All hostile messages in both browsers; see end2end/tests/corpus.spec.ts.
corpus() {
  .ci/corpus.sh
}

# The image, unpacked and started as a container starts it, under the browser tests; see end2end/fixtures/contained.sh.
image() {
  if [ "$(id -u)" != 0 ]; then
    [ "$part" = all ] || fail "the image is looked into by root alone"
    echo "image: left out, since only root can look into it"
    return
  fi
  .ci/install.sh mail browser image
  .ci/image.sh
  local storage="buildah --storage-driver vfs" container folder status=0
  container=$($storage from localhost/pismo)
  folder=$($storage mount "$container")
  if [ "$($storage inspect --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}}' "$container")" = "10001:10001 [/pismo]" ]; then
    (cd end2end && PISMO_IMAGE=$folder npx playwright test --reporter line) || status=$?
  else
    echo "the image does not start /pismo as nobody" >&2
    status=1
  fi
  $storage rm "$container"
  [ $status = 0 ]
  echo "image: the browser tests passed in it, on a file system that nobody writes to, without a capability"
}

for name in properties agree history collect send rounds corpus image fuzz; do
  if [ "$part" = all ] || [ "$part" = $name ]; then
    say "proof: $name"
    $name
    ran=yes
  fi
done
[ -n "$ran" ] || fail "there is no part named $part; there are: properties, agree, history, collect, send, rounds, corpus, image, fuzz"
