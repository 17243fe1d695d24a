#!/usr/bin/env bash
# Builds the examples against the library and runs the one that needs no broker.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-deps.sh --build-only
# What the examples use is in the core: the rest of the package need not be resolved for them.
export REPRISE_PACKAGE=core
swift build --package-path Examples "$@"
"$(swift build --package-path Examples "$@" --show-bin-path)/SignUp"
