#!/usr/bin/env bash
# Opens hostile messages in BROWSER (chromium, firefox; else both, one after the other): those of DIR, else all of our own.
. "$(dirname "$0")/env.sh"

export PISMO_CORPUS=${DIR:-$ROOT/server/tests/mime_html/vectors:$ROOT/end2end/corpus/eml}
export PISMO_CORPUS_BROWSERS=${BROWSER:-chromium firefox}
.ci/install.sh mail browser
[[ $PISMO_CORPUS_BROWSERS != *firefox* ]] || .ci/install.sh firefox
.ci/build.sh
cd end2end
npx playwright test --project=desktop --workers 1 --reporter line --retries 0 tests/corpus.spec.ts
