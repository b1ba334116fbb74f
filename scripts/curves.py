"""Run a recipe and keep its quality against step in data/baselines (see inr/bench/curves.py).

Usage: INR_DATA=../shared/data python scripts/curves.py NAME RECIPE STEPS     e.g. camera fork 1000

An interrupted run goes on when it is started again; a finished one is kept until its file is removed.
"""

import shlex
import sys

from inr import bench, signals


def main() -> None:
    """Record one curve."""
    name, recipe, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    job = bench.find_job(name)
    source = job.source(bench.data_folder())
    if source is None:
        sys.exit(f"{name}: INR_DATA names no folder with {job.path}")
    with signals.open_reader(source, kind=None if job.path else "image") as reader:
        native, kind = reader.read(0, reader.spec.shape[0]), reader.spec.kind
    opponent = bench.Recipe(native, kind, recipe, width=job.width, compiled=True)
    path = bench.curve_path(bench.baselines_folder(), name, recipe)
    command = "python scripts/curves.py " + shlex.join(sys.argv[1:])
    for line in bench.record_curve(path, opponent, steps, max(1, steps // 50), command):
        print(line, flush=True)


if __name__ == "__main__":
    main()
