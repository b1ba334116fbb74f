"""`python -m inr` is the `inr` command."""

from inr.cli import command

if __name__ == "__main__":
    command()
