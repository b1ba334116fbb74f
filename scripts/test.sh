#!/usr/bin/env bash
# Lint, types and tests.  Usage: scripts/test.sh [--slow]
#   --slow   the slow tests as well
# Reference data is looked for in INR_DATA, or else in ../shared/data; tests that need it skip without.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"
cd "$ROOT"

slow=false
for argument in "$@"; do
    case "$argument" in
        --slow) slow=true ;;
        *)
            say "unknown option $argument; usage: scripts/test.sh [--slow]"
            exit 2
            ;;
    esac
done

ensure_venv dev
if [[ -z "${INR_DATA:-}" && -d ../shared/data ]]; then
    INR_DATA="$(cd ../shared/data && pwd)"
    export INR_DATA
fi
say "reference data: ${INR_DATA:-none, tests that need it will skip}"

say "ruff check"
"$VENV/bin/ruff" check .
say "ruff format --check"
"$VENV/bin/ruff" format --check .
say "basedpyright"
"$VENV/bin/basedpyright" --pythonpath "$VENV/bin/python"
# A process for each core, and one thread in each: threads of several processes would wait for each other.
jobs="$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
say "pytest, $jobs processes"
OMP_NUM_THREADS=1 "$VENV/bin/python" -m pytest -q -m "not slow" -n "$jobs" --dist worksteal
if $slow; then
    say "pytest, the slow tests one after the other"
    "$VENV/bin/python" -m pytest -q -m slow
fi
