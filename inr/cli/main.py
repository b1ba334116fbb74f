"""The `inr` command: one verb a file, one line a mistake, one exit code a kind of failure.

0 done   2 wrong usage   3 bad input   4 the fit failed or missed its target
5 out of memory   130, 143 ended by a signal, with the best so far saved
"""

import itertools
import os
import sys
from typing import NoReturn

from cyclopts import App, CycloptsError, Group

from inr import __version__
from inr.cli.bench import bench
from inr.cli.compare import compare
from inr.cli.complaints import EXPECTED, complaint
from inr.cli.decode import decode
from inr.cli.doctor import doctor
from inr.cli.evaluate import evaluate
from inr.cli.export import export
from inr.cli.fit import fit
from inr.cli.info import info
from inr.cli.ntk import ntk
from inr.cli.pde import pde
from inr.cli.view import view
from inr.errors import SpecError

# In the order in which a person meets them.
VERBS = {
    "Files": {
        "fit": fit,
        "decode": decode,
        "eval": evaluate,
        "info": info,
        "export": export,
        "view": view,
    },
    "Comparisons": {"compare": compare, "bench": bench, "pde": pde, "ntk": ntk},
    "This installation": {"doctor": doctor},
}
HELP = """Pictures, sound and video as small neural networks: fit, decode, measure.

A first try: inr fit sample:astronaut --time 10, then inr decode astronaut.inr twice.png --scale 2.
inr VERB --help says what a verb takes.

Exit codes: 0 done; 2 wrong usage; 3 unreadable or damaged input; 4 the fit failed or missed its target
(the best is kept); 5 out of memory; 130, 143 stopped by a signal (the best so far is kept)."""


def _one_line(error: CycloptsError) -> str:
    words = " ".join(str(error).split())
    return f"inr: {words} See inr --help" if words.endswith(".") else f"inr: {words}. See inr --help"


def make_app() -> App:
    """The command with all its verbs."""
    app = App(
        name="inr",
        help=HELP,
        version=__version__,
        error_formatter=_one_line,
        help_format="plaintext",
        # cyclopts would leave past our handler, which saves the best so far.
        suppress_keyboard_interrupt=False,
    )
    places = itertools.count()
    for number, (title, verbs) in enumerate(VERBS.items()):
        group = Group(title, sort_key=number)
        for name, verb in verbs.items():
            app.command(verb, name=name, group=group, sort_key=next(places))
    return app


def main() -> NoReturn:
    """Run the command and exit with its code."""
    _open_closed_streams()
    sys.exit(run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """Give stdin, stdout and stderr a place to go where the caller closed them.

    The next files that are opened would get their numbers, and a library that complains
    on number 2 would write into our output.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def run(arguments: list[str]) -> int:
    """Run one command line; messages go to stderr.

    Returns: the exit code.
    """
    try:
        result = make_app()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        print(_one_line(error), file=sys.stderr)
        return SpecError.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except EXPECTED as error:
        line, code = complaint(error)
        print(f"inr: {line}", file=sys.stderr)
        return code
