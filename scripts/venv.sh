# Sourced by the other scripts.  ensure_venv [EXTRA] makes .venv in the repository root, or reuses it
# while pyproject.toml, constraints.txt and what inr/kernel is built from stay as they were.  Needs Python
# 3.11 or newer, and a C compiler for fast fits; nothing else.
# INR_PYTHON names the interpreter to start from.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"

say() { printf '== %s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${INR_PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "no Python 3.11 or newer found: install one, or set INR_PYTHON to its path"
    return 3
}

inputs_hash() {
    "$1" -c 'import hashlib, sys
print(hashlib.sha256(b"".join(open(name, "rb").read() for name in sys.argv[1:])).hexdigest())' \
        "$ROOT/pyproject.toml" "$ROOT/constraints.txt" "$ROOT/scripts/build_hook.py" \
        "$ROOT"/inr/kernel/{build.py,*.c,*.h}
}

ensure_venv() {
    local extra="${1:-}" python stamp have
    python="$(find_python)" || return
    stamp="$(inputs_hash "$python")" || return
    have="$(cat "$VENV/.inr-stamp" 2>/dev/null || true)"
    if [[ "$have" == "$stamp dev" || "$have" == "$stamp $extra" ]] && [[ -x "$VENV/bin/python" ]]; then
        say "using $VENV"
        return
    fi
    say "installing into $VENV (from $python)"
    [[ -x "$VENV/bin/python" ]] || "$python" -m venv "$VENV" || return
    # On Linux the plain index serves torch with its CUDA libraries, some gigabytes.  To save them on a
    # machine without an NVIDIA card, put the CPU build there first and run this script again:
    #   .venv/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    # Its version reads 2.13.0+cpu, which satisfies the pin, so pip leaves it in place.
    "$VENV/bin/python" -m pip install --quiet torch==2.13.0 || return
    "$VENV/bin/python" -m pip install --quiet -e "$ROOT${extra:+[$extra]}" -c "$ROOT/constraints.txt" || return
    printf '%s\n' "$stamp $extra" >"$VENV/.inr-stamp"
}
