#!/bin/sh
# Installs a lock file into .venv, once for each content of the lock file.
# usage: install.sh LOCK STAMP   (LOCK is copied to STAMP once everything is in)
set -eu
lock=$1
stamp=$2
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if fits "$name"; then echo "$name"; return; fi
    done
    echo "Deskbell needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python." >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "Python's venv module does not work here; on Debian or Ubuntu install python3-venv." >&2
        exit 1
    fi
}

with_uv() {
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes \
        -r requirements-install.txt 2>/dev/null &&
        .venv/bin/python -m uv pip install -q --python .venv/bin/python --require-hashes \
            --compile-bytecode -r "$lock"
}

with_pip() {
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
}

if cmp -s "$lock" "$stamp" && fits .venv/bin/python; then exit 0; fi

fits .venv/bin/python || make_venv
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
echo "Installing what stands in $lock (once; this takes a minute or so)"
with_uv || with_pip
cp "$lock" "$stamp"
