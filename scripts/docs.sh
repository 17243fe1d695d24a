#!/usr/bin/env bash
# Builds the library's documentation, and fails where it has a warning or shows code that the
# examples do not have. Writes .build/docs/Reprise.doccarchive.
set -euo pipefail
cd "$(dirname "$0")/.."

catalog=Sources/Reprise/Reprise.docc
# Of the package as it is built in this shell, whole or core: switching between them would plan and
# build anew.
swift build --target Reprise
binaries=$(swift build --show-bin-path)
graphs=.build/docs/graphs
rm -rf .build/docs
mkdir -p "$graphs"

# The C modules that the library's own modules were built with.
maps=(
    -Xcc "-fmodule-map-file=$PWD/Sources/CRdKafka/module.modulemap"
    -Xcc "-fmodule-map-file=$binaries/CPlatform.build/module.modulemap"
)

target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -1)
# What the library exports of the layers below is part of it.
"$(dirname "$(command -v swiftc)")/swift-symbolgraph-extract" -module-name Reprise \
    -I "$binaries/Modules" "${maps[@]}" -target "$target" -minimum-access-level public \
    -experimental-allowed-reexported-modules=Model,Recovery,Sessions,Kafka -output-dir "$graphs"

docc convert "$catalog" --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
    --fallback-display-name Reprise --fallback-bundle-identifier reprise \
    --output-path .build/docs/Reprise.doccarchive

python3 - "$catalog/GettingStarted.md" Examples/Sources <<'PYTHON'
import pathlib, re, sys, textwrap

def lines(text):
    return [line.strip() for line in text.strip().splitlines()]

sources = [lines(path.read_text()) for path in pathlib.Path(sys.argv[2]).rglob("*.swift")]
page = pathlib.Path(sys.argv[1]).read_text()
for block in re.findall(r"```swift\n(.*?)```", page, re.S):
    wanted = lines(block)
    if not any(source[start:start + len(wanted)] == wanted
               for source in sources for start in range(len(source))):
        sys.exit(f"{sys.argv[1]}: the examples do not have this code:\n{block}")
PYTHON
