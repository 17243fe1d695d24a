#!/usr/bin/env bash
# Everything that must hold before a change lands: installs what is missing, checks the format,
# builds with warnings as errors, builds the examples and the documentation, runs every test.
# `make test` and CI call this.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }

step "Dependencies"
bash scripts/install-deps.sh

step "Format"
swift format lint --strict --recursive Package.swift Sources Tests Examples/Package.swift Examples/Sources

step "Build"
swift build --build-tests --explicit-target-dependency-import-check error

step "Examples"
bash scripts/examples.sh

step "Tests"
swift test --skip-build
