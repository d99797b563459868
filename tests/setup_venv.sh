#!/usr/bin/env bash
# Creates a virtual environment and installs a lock file and this project into it: tests/setup_venv.sh DIR LOCK
# With uv where it is installed, else with the first Python from 3.11 to 3.13 and pip.
set -euo pipefail
venv=$1
lock=$2

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

python=""
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if suits "$candidate"; then python=$candidate; break; fi
done

if command -v uv >/dev/null 2>&1; then
    echo "Installing into $venv with uv ..."
    uv venv --quiet --clear --python "${python:-3.12}" "$venv"
    # Compiled now, or the first start of every command would compile two thousand modules.
    uv pip install --quiet --compile-bytecode --python "$venv/bin/python" -r "$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
    exit 0
fi

if [ -z "$python" ]; then
    echo "SolarSync needs Python 3.11, 3.12 or 3.13, or uv. None of them is on the PATH." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python has no venv module. On Debian and Ubuntu: apt-get install python$version-venv" >&2
    exit 1
fi
echo "Installing into $venv with $python and pip, a minute or two ..."
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
