#!/usr/bin/env bash
# Prints the Chromium to test with: PISMO_CHROMIUM, else the system's own, else Playwright's.
if [ -n "${PISMO_CHROMIUM:-}" ]; then
  echo "$PISMO_CHROMIUM"
  exit
fi
for name in chromium google-chrome google-chrome-stable; do
  # Ubuntu's chromium is a snap, which cannot reach folders of tests.
  found=$(command -v $name) && ! grep -qs snap "$found" && echo "$found" && exit
done
found=$(find "${XDG_CACHE_HOME:-$HOME/.cache}/ms-playwright" -path '*chrome-linux*/chrome' -type f 2>/dev/null | head -1)
[ -n "$found" ] && echo "$found"
