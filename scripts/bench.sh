#!/bin/sh
# Builds the benchmarks with optimisation and runs them; arguments go to them (see
# Benchmarks/README.md). They are left out of every other build: REPRISE_PACKAGE=bench puts them in.
set -eu
cd "$(dirname "$0")/.."
bash scripts/install-deps.sh --build-only
export REPRISE_PACKAGE=bench
swift build -c release --scratch-path .build/bench --product allocation-probe
swift build -c release --scratch-path .build/bench --product reprise-bench
folder=$(swift build -c release --scratch-path .build/bench --show-bin-path)
echo "Heap allocations of one durable write; of those, the wake-up is the runtime's own:"
"$folder/allocation-probe" | sed 's/^/  /'
exec "$folder/reprise-bench" "$@"
