#!/usr/bin/env bash
# Tests the console in a headless Chromium, on a node that is started for it.
#   scripts/console.sh --only NAME           runs the tests whose name has NAME in it
#   scripts/console.sh --screenshots FOLDER  takes the pictures of docs/screenshots instead
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 Tests/ConsoleBrowser/console_tests.py "$(swift build --show-bin-path)/reprise" "$@"
