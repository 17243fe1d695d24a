#!/bin/sh
# Installs what the build and the tests need and this machine lacks. Safe to run again and again.
#   - Debian packages: librdkafka-dev (the Kafka client), libpq-dev and libsqlite3-dev (resources of
#     transactions)
#   - postgresql, of which the tests start a server of their own, unless REPRISE_TEST_POSTGRES names one
#   - chromium, in which the console is tested, unless REPRISE_TEST_CHROMIUM names another
#   - systemd, whose systemd-analyze checks the units of deploy/
#   - .venv with noida-db, the broker process of the integration tests, and what the checks of schemas/
#     and deploy/ and the examples in Python need; and Debian's promtool, without Prometheus around it
# With --build-only only the first is installed.
set -eu
cd "$(dirname "$0")/.."

packages="librdkafka-dev libpq-dev libsqlite3-dev"
if [ "${1:-}" != --build-only ] && [ -z "${REPRISE_TEST_POSTGRES:-}" ]; then
    packages="$packages postgresql"
fi
if [ "${1:-}" != --build-only ] && [ -z "${REPRISE_TEST_CHROMIUM:-}" ]; then
    packages="$packages chromium"
fi
if [ "${1:-}" != --build-only ]; then
    packages="$packages systemd"
fi
stamp=.venv/.requirements

say() { printf 'install-deps: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

missing_packages() {
    for package in $packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
            printf '%s ' "$package"
    done
}

install_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        command -v pkg-config >/dev/null 2>&1 && pkg-config --exists rdkafka libpq sqlite3 && return
        fail "this is not Debian or Ubuntu: install librdkafka 2.0.2 or newer, libpq and SQLite with their headers and pkg-config files"
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        fail "as root, run: apt-get install -y $missing"
    fi
    say "installing $missing"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086 # Words on purpose: a list of packages, an optional prefix.
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing
}

install_python() {
    want=$(cksum <scripts/requirements.txt)
    if [ -x .venv/bin/noida-db ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then
        return 0
    fi
    command -v python3 >/dev/null 2>&1 || fail "python3 is missing: as root, run: apt-get install -y python3-venv"
    say "installing the test broker and the Python tools into .venv"
    rm -rf .venv
    python3 -m venv .venv || fail "python3 cannot make a virtual environment: as root, run: apt-get install -y python3-venv"
    .venv/bin/pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes -r scripts/requirements.txt ||
        fail "scripts/requirements.txt could not be installed into .venv; pip says why above"
    printf '%s\n' "$want" >"$stamp"
}

# The package would start a server on this machine: only the one program is wanted, for
# scripts/deploy.sh.
install_promtool() {
    [ -x .venv/bin/promtool ] && return 0
    if command -v promtool >/dev/null 2>&1; then
        ln -sf "$(command -v promtool)" .venv/bin/promtool
        return 0
    fi
    command -v apt-get >/dev/null 2>&1 || fail "promtool is missing: install Prometheus's tools"
    say "taking promtool out of Debian's prometheus"
    folder=$(mktemp -d)
    chmod 755 "$folder"
    [ "$(id -u)" != 0 ] || apt-get update -qq
    (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root prometheus) ||
        fail "prometheus could not be downloaded; apt-get says why above (apt-get update may help)"
    dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -x -C "$folder" ./usr/bin/promtool
    mv "$folder/usr/bin/promtool" .venv/bin/promtool
    rm -rf "$folder"
}

install_packages
if [ "${1:-}" != --build-only ]; then
    install_python
    install_promtool
fi
say "everything is there"
