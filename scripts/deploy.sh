#!/usr/bin/env bash
# Checks deploy/: the files are what the tools that read them expect, agree with each other, and with the
# program, which is started for it. Needs no Docker, no Kubernetes and no running systemd.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-deps.sh
REPRISE=$(swift build --show-bin-path)/reprise
export REPRISE PYTHONDONTWRITEBYTECODE=1
cd deploy/tests
exec ../../.venv/bin/python -m unittest
