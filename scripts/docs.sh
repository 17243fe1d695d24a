#!/usr/bin/env bash
# Builds the documentation as a site, and fails where it has a warning or shows code that the examples do
# not have. Writes .build/docs/site: files for any web server, for the path / or $DOCS_BASE_PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-deps.sh
source=Sources/Reprise/Reprise.docc
catalog=.build/docs/Reprise.docc
# Of the package as it is built in this shell, whole or core: switching between them would plan and
# build anew.
# shellcheck disable=SC2086 # Words on purpose.
swift build --target Reprise ${SWIFT_BUILD_FLAGS:-}
binaries=$(swift build --show-bin-path)
graphs=.build/docs/graphs
rm -rf .build/docs
mkdir -p "$graphs"
# With the pages that are made of schemas/, so that they cannot disagree with it.
cp -r "$source" "$catalog"
.venv/bin/python scripts/docs_pages.py "$catalog"

# The C modules that the library's own modules were built with.
maps=(
    -Xcc "-fmodule-map-file=$PWD/Sources/CRdKafka/module.modulemap"
    -Xcc "-fmodule-map-file=$binaries/CPlatform.build/module.modulemap"
)

target=$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -1)
# What the library exports of the layers below is part of it.
"$(dirname "$(command -v swiftc)")/swift-symbolgraph-extract" -module-name Reprise \
    -I "$binaries/Modules" "${maps[@]}" -target "$target" -minimum-access-level public \
    -experimental-allowed-reexported-modules=Model,Recovery,Sessions,Kafka,Transactions,Coordination -output-dir "$graphs"

docc convert "$catalog" --additional-symbol-graph-dir "$graphs" --warnings-as-errors \
    --fallback-display-name Reprise --fallback-bundle-identifier reprise \
    --transform-for-static-hosting --hosting-base-path "${DOCS_BASE_PATH:-/}" \
    --output-path .build/docs/site

for page in gettingstarted gettingstartedhttp concepts guarantees writinghandlers comparison operations runbook workingwithtransactions writingaresource \
    configurationreference httpapi errorcodes error-diskfull access signatures schemas metrics traces participants; do
    [ -f ".build/docs/site/documentation/reprise/$page/index.html" ] || {
        echo "docs: the site has no page $page" >&2
        exit 1
    }
done
echo "docs: .build/docs/site; try: python3 -m http.server --directory .build/docs/site"

python3 - "$source/GettingStarted.md" Examples/Sources <<'PYTHON'
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
