#!/usr/bin/env bash
# Lint, types and tests.  Usage: scripts/test.sh [--slow]
#   --slow   the slow tests as well
# Reference data is looked for in INR_DATA, or else in ../shared/data; tests that need it skip without.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"
cd "$ROOT"

marked=(-m "not slow")
for argument in "$@"; do
    case "$argument" in
        --slow) marked=(-m "") ;;
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
say "pytest"
"$VENV/bin/python" -m pytest -q "${marked[@]}"
