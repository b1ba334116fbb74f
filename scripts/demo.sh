#!/usr/bin/env bash
# A picture, a sound and a clip: each becomes a small .inr file and comes back.  A few minutes on two cores.
# Everything is written into ./demo in the repository root, which is removed first.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"
cd "$ROOT"
ensure_venv

rm -rf demo
mkdir demo

# one SAMPLE SUFFIX SECONDS: fit, decode to a file that any player opens, measure the decoded file.
one() {
    local name="$1" out="demo/$1.$2" seconds="$3"
    say "$name: fit for $seconds s, decode to $out, measure"
    "$VENV/bin/inr" fit "sample:$name" -o "demo/$name.inr" --time "$seconds" --quiet --json >"demo/$name.fit.json"
    "$VENV/bin/inr" decode "demo/$name.inr" "$out"
    "$VENV/bin/inr" eval "demo/$name.inr" "sample:$name" --json >"demo/$name.eval.json"
}

one astronaut png 15
one bell wav 15
one clip mkv 45

"$VENV/bin/python" scripts/demo.py demo
