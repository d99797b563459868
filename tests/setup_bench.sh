#!/usr/bin/env bash
# Adds the rivals that benches run beside to a virtual environment: tests/setup_bench.sh DIR LOCK
# What has no wheel for this machine is left out; the bench that wants it prints a skip.
set -euo pipefail
venv=$1
lock=$2

install() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --only-binary :all: --python "$venv/bin/python" "$@"
    else
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "$@"
    fi
}

echo "Installing rivals into $venv ..."
install -r "$lock" && exit 0
grep -vxFf requirements-dev.lock "$lock" | while read -r requirement; do
    install --no-deps "$requirement" || echo "left out: $requirement"
done
