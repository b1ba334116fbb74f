"""Words to calls: the command line.  `command` is the console script; one verb a file."""

from inr.cli.main import main as command

__all__ = ["command"]
