#!/usr/bin/env bash
# Checks schemas/: the documents are valid and agree with each other, nothing breaks for those who have a
# released version, and the generated Swift code is what the protobuf sources give.
# With --generate it writes that code anew instead.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-deps.sh
# shellcheck disable=SC2086 # Words on purpose.
swift build --product protoc-gen-swift ${SWIFT_BUILD_FLAGS:-}
PROTOC_GEN_SWIFT=$(swift build --show-bin-path)/protoc-gen-swift
export PROTOC_GEN_SWIFT PYTHONDONTWRITEBYTECODE=1
cd schemas/tests
if [ "${1:-}" = --generate ]; then
    ../../.venv/bin/python -c 'from test_generated import *; generate(CODE)'
else
    ../../.venv/bin/python -m unittest
fi
