"""The rows of a long benchmark, on the disk one by one, so that it can go on after a stop.

The first line says which benchmark and how; every other line is a row with its identity.
"""

import json
import os
from pathlib import Path
from typing import Any

from inr.errors import SpecError

Row = dict[str, Any]


class Journal:
    """`bench-NAME.jsonl` in a folder.

    Args:
        folder: where it lies.
        name: of the benchmark.
        mode: "default", "quick" or "full".
        resume: keep the rows that are there; else the file is put aside as .old.

    Raises:
        SpecError: the folder does not exist, or the rows to go on with are of another mode.
    """

    def __init__(self, folder: Path, name: str, mode: str, resume: bool) -> None:
        if not folder.is_dir():
            raise SpecError(f"-o {folder}: is no folder that exists; create it first")
        self.path = folder / f"bench-{name}.jsonl"
        self._head = {"bench": name, "mode": mode}
        self._rows: list[tuple[str, Row]] = []
        if resume and self.path.exists():
            self._take_up()
        else:
            if self.path.exists():
                os.replace(self.path, self.path.with_name(self.path.name + ".old"))
            self._write(self._head)

    def find(self, identity: object) -> Row | None:
        """The finished row of that identity."""
        return next((row for key, row in self._rows if key == json.dumps(identity)), None)

    def add(self, identity: object, row: Row) -> None:
        """Write a finished row."""
        self._rows.append((json.dumps(identity), row))
        self._write({"identity": identity, "row": row})

    def _write(self, line: Row) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _take_up(self) -> None:
        text = self.path.read_text()
        whole = text[: text.rfind("\n") + 1]  # a line that a kill cut short has no end
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
            head, kept = lines[0], [(json.dumps(line["identity"]), line["row"]) for line in lines[1:]]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise SpecError(f"{self.path}: cannot be read; leave --resume out to start anew") from error
        if head != self._head:
            raise SpecError(
                f"--resume: {self.path} holds {head}; {self._head} was asked for; "
                "give the same options, another -o, or leave --resume out"
            )
        self._rows = kept
        if whole != text:
            self.path.write_text(whole)
