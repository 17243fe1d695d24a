#!/usr/bin/env bash
# Runs a node, three workers and a broker as processes at a steady load for an hour, while they are killed and
# frozen, and says whether every session was accounted for and memory stayed flat.
#   scripts/soak.sh --minutes 480        for a night
#   scripts/soak.sh --seconds 75         the short form
#   scripts/soak.sh --seed N --rate N    the same plan again; sessions opened in a second
# REPRISE_TEST_BROKERS=host:port takes a broker of yours, which is not frozen. Needs a build.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 Tests/Soak/soak.py "$(swift build --show-bin-path)/reprise" "$@"
