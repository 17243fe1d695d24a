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

step "Documentation"
bash scripts/docs.sh

# Twice: what talks to brokers waits on real time-outs, and the simulator, which takes every core it
# can get for a minute, would keep it from answering within them.
with_brokers='^(KafkaTests|MirrorTests|RecoveryTests|RepriseTests|IntegrationTests|DemoTests)\.'

step "Tests without brokers"
swift test --skip-build --skip "$with_brokers"

step "Tests with brokers"
swift test --skip-build --filter "$with_brokers"
