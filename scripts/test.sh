#!/usr/bin/env bash
# Everything that must hold before a change lands: installs what is missing, checks the format,
# builds with warnings as errors, builds the examples and the documentation, runs every test.
# `make test` and CI call this.
#   SWIFT_BUILD_FLAGS   flags for every build of the whole package
set -euo pipefail
cd "$(dirname "$0")/.."

# With the time since the beginning: what grows is seen before it is too much.
step() { printf '\n== %s (%d:%02d)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

# Commands beside each other, each line with the number of the one that said it: for what waits most of its
# time.
together() {
    local process failed=0 processes=()
    for command in "$@"; do
        (bash -c "exec $command" 2>&1 | sed -u "s/^/$((${#processes[@]} + 1)): /") &
        processes+=($!)
    done
    for process in "${processes[@]}"; do wait "$process" || failed=1; done
    return $failed
}
# Each background job is a group of processes, none of which goes on by itself when a step has failed.
set -m
trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done; wait' EXIT

step "Dependencies"
bash scripts/install-deps.sh --build-only

step "Format"
swift format lint --strict --recursive Package.swift Sources Tests Examples/Package.swift Examples/Sources

# What only the tests need is fetched while the compilers are busy.
step "Build"
fetched=$(mktemp)
bash scripts/install-deps.sh >"$fetched" 2>&1 &
fetching=$!
# shellcheck disable=SC2086 # Words on purpose.
swift build --build-tests --explicit-target-dependency-import-check error ${SWIFT_BUILD_FLAGS:-}
wait "$fetching" || { cat "$fetched" >&2 && exit 1; }
rm "$fetched"
binaries=$(swift build --show-bin-path)

# `scripts/examples.sh` builds them as the package of their own that they are, the library with them.
step "Examples"
swift package --package-path Examples dump-package >/dev/null
"$binaries/SignUp"

step "Schemas, documentation, deployment, and the console in a browser"
together "bash scripts/console.sh" "bash scripts/schemas.sh" "bash scripts/docs.sh" \
    "bash scripts/deploy.sh"

# In parts, because what waits on real time-outs must not wait for a core as well:
# - what talks to brokers and databases answers within their time-outs;
# - members that come and go as fast as a group can move partitions need the group's time-outs to hold;
# - a test that waits for a process to die holds a thread of the concurrency pool while it waits: on
#   two cores, two of them at a time would stop everything else in their process. They come one by one,
#   in two processes, and leave the cores idle half of the time;
# - that is for what takes every core it can get, and has no time-outs: the simulator, the search of
#   transactions, fuzzing.
searches='^(SimulationTests|TransactionsTests)\.'
with_servers='^((KafkaTests|MirrorTests|RecoveryTests|RepriseTests|IntegrationTests|DemoTests|ExampleTests|ReprisePostgresTests|TransactionNodeTests|RepriseHTTPTests)\.|RepriseCommandTests\.DoctorTests)'
with_killed_workers='^IntegrationTests\.(KilledWorkerTests|ZombieTests)'
with_deaths='^(IntegrationTests\.(RebalanceTests/.*steady|WorkerFaultTests)|ReprisePostgresTests\.KilledCoordinatorTests|RepriseHTTPTests\.KilledChainTests|TransactionNodeTests\.TakenOverTests)'

step "Tests without servers"
swift test --skip-build --skip "$with_servers" --skip "$searches"

step "Tests with servers"
swift test --skip-build --filter "$with_servers" --skip "$with_deaths" --skip "$with_killed_workers"

# Fuzzing is from the same seed each time: what nobody has seen yet is looked for with `make fuzz`.
step "Tests that kill processes, a soak, simulation, search and fuzzing"
# Not by SwiftPM, of which there is one at a time.
test="$binaries/reprisePackageTests.xctest --testing-library swift-testing"
export NO_COLOR=1
together "$test --no-parallel --filter '$with_killed_workers'" \
    "$test --no-parallel --filter '$with_deaths'" "bash scripts/soak.sh --seconds 75" \
    "nice -n 19 $test --filter '$searches'" "nice -n 19 bash scripts/fuzz.sh --seconds 5 --seed 1"

step "Done"
