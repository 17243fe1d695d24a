#!/usr/bin/env bash
# Feeds what libFuzzer makes of the inputs in Tests/Fuzz/Corpus to the code that reads what comes from
# outside: events and outcomes, frames of the journal, requests. With the address sanitizer; on Linux.
#   scripts/fuzz.sh [--seconds N] [--seed N] [TARGET...]
#                                               replays the corpus and goes on from there for N seconds
#                                               each (60); targets: events frames requests
#   scripts/fuzz.sh --replay TARGET FILE...     runs these inputs only
#   scripts/fuzz.sh --keep [TARGET...]          adds to the corpus what runs have found that reaches more
#                                               code than it
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
seed=0 # Another one each time.
mode=fuzz
targets=()
inputs=()
while [ $# -gt 0 ]; do
    case "$1" in
    --seconds) seconds=${2:?--seconds needs a number} && shift ;;
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --replay)
        mode=replay
        targets=("${2:?--replay needs a target}")
        inputs=("${@:3}")
        [ ${#inputs[@]} -gt 0 ] || { echo "fuzz: --replay needs the path of an input" >&2 && exit 64; }
        break
        ;;
    --keep) mode=keep ;;
    events | frames | requests) targets+=("$1") ;;
    *) echo "fuzz: there is no target or option \"$1\"; scripts/fuzz.sh says what there is" >&2 && exit 64 ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=(events frames requests)

# In a place of its own and against the pins of the whole package, so that the usual build stays as it is.
scratch=.build/fuzz
grep -qs swift-http-types Package.resolved || env -u REPRISE_PACKAGE swift package resolve
mkdir -p "$scratch"
REPRISE_PACKAGE=fuzz swift build -c release --scratch-path "$scratch" \
    --only-use-versions-from-resolved-file --sanitize fuzzer --sanitize address \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing >"$scratch/build.log" 2>&1 || {
    grep -E 'error:' "$scratch/build.log" >&2 || tail -20 "$scratch/build.log" >&2
    echo "fuzz: the targets do not build; $scratch/build.log has all of it" >&2
    exit 1
}

# The backtracer of Swift and the address sanitizer get into each other's way: libFuzzer prints the stack.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0

run() {
    local target=$1
    shift
    "$scratch/release/fuzz-$target" -timeout=120 -detect_leaks=0 \
        -artifact_prefix="$scratch/found/$target-" "$@" >"$scratch/$target.log" 2>&1
}

failed() {
    local target=$1 log=$scratch/$1.log input
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    # One that it was given is not written once more.
    [ -n "$input" ] || input=$(sed -n 's/^Running: //p' "$log" | tail -1)
    # The first stack and what follows.
    sed -n '/ERROR: /,$p' "$log" | head -40 >&2
    echo "fuzz: $target failed; all that it said is in $log" >&2
    if [ -n "$input" ]; then
        echo "fuzz: the input is $input" >&2
        echo "fuzz: once more: scripts/fuzz.sh --replay $target $input" >&2
        echo "fuzz: keep it in Tests/Fuzz/Corpus/$target, with what mends it" >&2
    fi
    exit 1
}

for target in "${targets[@]}"; do
    corpus=Tests/Fuzz/Corpus/$target
    seen=$scratch/seen/$target
    mkdir -p "$scratch/found" "$seen"
    dictionary=()
    [ ! -f "Tests/Fuzz/$target.dict" ] || dictionary=("-dict=Tests/Fuzz/$target.dict")
    case $mode in
    replay)
        run "$target" "${inputs[@]}" || failed "$target"
        echo "fuzz: $target reads ${#inputs[@]} inputs"
        ;;
    keep)
        before=$(find "$corpus" -type f | wc -l)
        run "$target" -set_cover_merge=1 -use_counters=0 "$corpus" "$seen" || failed "$target"
        echo "fuzz: $target keeps $(($(find "$corpus" -type f | wc -l) - before)) more inputs"
        ;;
    fuzz)
        # Every input of the corpus first, each by itself: none is left out for being like another.
        run "$target" "$corpus"/* || failed "$target"
        run "$target" -max_total_time="$seconds" -max_len=2048 -seed="$seed" \
            "${dictionary[@]}" "$seen" "$corpus" || failed "$target"
        echo "fuzz: $target: $(sed -n 's/^Done \([0-9]* runs in [0-9]*\) .*/\1 s/p' "$scratch/$target.log")," \
            "$(find "$corpus" -type f | wc -l) inputs in the corpus"
        ;;
    esac
done
