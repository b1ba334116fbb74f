"""`DIR/manifest.json`: what a folder of fits holds, so that the same command goes on after a kill.

Plain JSON, replaced atomically when a fit begins and when it has ended:

    {"inr_manifest": 1, "files": {"a.inr": {
        "input": "a.png", "input_bytes": 1234, "input_sha256": "...",  what was fitted
        "options": {...},                                              and how
        "sha256": "...", "code": 0, "row": {...}                       once it has ended: what came out
    }}}

A file is done while its input, its options and the file itself are those of its entry.  Another input
is fitted again; a fit that has begun goes on from its run folder; other options, and files that somebody
changed, take --force.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from inr import files
from inr.cli.complaints import EXPECTED
from inr.cli.drawing import say
from inr.cli.inputs import SAMPLE
from inr.cli.one import Ended, Job
from inr.errors import FormatError, SpecError

NAME = "manifest.json"
MARK, VERSION = "inr_manifest", 1
BEGUN: dict[str, type] = {"input": str, "input_bytes": int, "input_sha256": str, "options": dict}
ENDED: dict[str, type] = {"sha256": str, "code": int, "row": dict}
Entry = dict[str, Any]


class Manifest:
    """The entries of a folder by the names of their results.

    Args:
        folder: where the results are; None keeps no manifest.
        entries: what is known of them.
    """

    def __init__(self, folder: Path | None, entries: dict[str, Entry] | None = None) -> None:
        self._path = None if folder is None else folder / NAME
        self._entries = entries or {}

    @classmethod
    def load(cls, folder: Path | None) -> Self:
        """The folder's manifest; an empty one where there is none.

        Raises:
            FormatError: the file of that name is damaged, or something else.
        """
        if folder is None or not (path := folder / NAME).exists():
            return cls(folder)
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            content = None
        entries = _entries(content)
        if entries is None:
            raise FormatError(
                f"{path}: not a manifest of this version of inr fit, or damaged; "
                "move it away, or choose another folder with -o"
            )
        return cls(folder, entries)

    def entry(self, job: Job) -> Entry | None:
        """What is known of a job's result."""
        return self._entries.get(job.target.name)

    def check_options(self, jobs: list[Job]) -> None:
        """Refuse to mix what was fitted with other options with what these jobs ask for.

        Raises:
            SpecError: which files, and which options.
        """
        other: dict[str, list[str]] = {}
        for job in jobs:
            entry = self.entry(job)
            if entry is None or job.force or not (job.target.exists() or job.folder.exists()):
                continue
            now, then = options(job), entry["options"]
            differ = [f"{k} was {then.get(k)!r}" for k in {**now, **then} if now.get(k) != then.get(k)]
            if differ:
                other[str(job.target)] = differ
        if other:
            first, differ = next(iter(other.items()))
            more = f" and {len(other) - 1} more" if len(other) > 1 else ""
            raise SpecError(
                f"{first}{more}: fitted with other options ({', '.join(differ)}); "
                "add --force to fit again, or choose another folder with -o"
            )

    def done(self, job: Job) -> Entry | None:
        """The job's entry, where its input and its file are those of the entry."""
        entry = self.entry(job)
        if entry is None or "row" not in entry or job.force or not job.target.is_file():
            return None
        try:
            return entry if digest(job.target) == entry["sha256"] and _same_input(job, entry) else None
        except EXPECTED:  # what cannot be read is told when it is to be fitted
            return None

    def going_on(self, job: Job) -> Job:
        """The job as it goes on from what is known of it: from its checkpoint, or anew.

        Raises:
            SpecError: its file is not the one that an earlier command wrote.
        """
        from inr import fitting

        entry = self.entry(job)
        if entry is None and not job.force:
            return job
        if entry is not None and not job.force:
            if "row" in entry and job.target.exists() and digest(job.target) != entry["sha256"]:
                raise SpecError(
                    f"{job.target}: changed since it was fitted; add --force to replace it, or move it away"
                )
            if "row" not in entry and fitting.has_state(job.folder) and _same_input(job, entry):
                try:
                    fitting.kept_run(job.folder)
                    return replace(job, resume=True)
                except FormatError as error:
                    say(f"{job.name}: starts anew, since {' '.join(str(error).split())}", job.quiet)
        fitting.remove_run(job.folder)
        return replace(job, force=True)

    def begin(self, job: Job, reader: Any) -> None:
        """A fit begins; what is known of the last one goes."""
        size, source = os.path.getsize(reader.source), reader.fingerprint()
        known = {"input": job.name, "input_bytes": size, "input_sha256": source, "options": options(job)}
        self._entries[job.target.name] = known
        self._write()

    def end(self, job: Job, ended: Ended) -> None:
        """A fit has ended, and its file is written."""
        out = {"sha256": digest(job.target), "code": ended.code, "row": ended.row}
        self._entries[job.target.name] |= out
        self._write()

    def give_up(self, job: Job) -> None:
        """A fit came to nothing: without a checkpoint there is nothing to go on from."""
        from inr import fitting

        entry = self.entry(job)
        if entry is not None and "row" not in entry and not fitting.has_state(job.folder):
            del self._entries[job.target.name]
            self._write()

    def _write(self) -> None:
        if self._path is not None:
            text = json.dumps({MARK: VERSION, "files": self._entries}, indent=1)
            files.write_bytes(self._path, text.encode())


def options(job: Job) -> dict[str, Any]:
    """All that decides what comes out of an input, JSON values."""
    return {**job.request.to_json(), "no_eval": not job.measure}


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def claimed(folder: Path | None) -> Iterator[None]:
    """Keep other processes from fitting into the folder while the block runs.

    The lock is the system's and ends with the process, however that ends; where a system has no such
    locks the folder is not guarded.

    Raises:
        SpecError: another process is at it.
    """
    with ExitStack() as stack:
        if folder is not None:
            with suppress(ImportError):
                import fcntl

                handle = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, handle)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise SpecError(
                        f"{folder}: another inr fit is writing into it; wait for it, or choose another folder"
                    ) from None
                except OSError:
                    pass  # a file system without locks
        yield


def _entries(content: Any) -> dict[str, Entry] | None:
    """The entries, where JSON values are a manifest of this version with all that this file reads."""
    if not isinstance(content, dict) or content.get(MARK) != VERSION:
        return None
    entries = content.get("files")
    return entries if isinstance(entries, dict) and all(map(_sound, entries.values())) else None


def _sound(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    keys = BEGUN | (ENDED if "row" in entry else {})
    return all(isinstance(entry.get(key), kind) for key, kind in keys.items())


def _same_input(job: Job, entry: Entry) -> bool:
    """Whether the input has the bytes that the entry knows; they are hashed only where the size agrees."""
    from inr import signals

    path = Path(job.name)
    if job.name.startswith(SAMPLE):
        with signals.open_reader(job.name) as reader:
            path = Path(reader.source)
    return os.path.getsize(path) == entry["input_bytes"] and digest(path) == entry["input_sha256"]
