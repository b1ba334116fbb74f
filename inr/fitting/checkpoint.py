"""The state of a run in one file, replaced atomically, that a later process can go on from.

`OUT.run/state.safetensors` holds tensors; its metadata holds one JSON text with the numbers
and a CRC-32 of all of it, because safetensors itself checks no content.  Nothing is pickled.
The file is written beside its name and renamed, so a kill at any instant leaves the old state
or the new one.
"""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inr import files
from inr.errors import FormatError, SpecError

STATE = "state.safetensors"
VERSION = 3


@dataclass
class State:
    """Everything that the next step depends on.

    Attributes:
        tensors: arrays by dotted name: now.*, best.*, first.*, second.*.
        numbers: JSON values: step, schedule, rate factor, best score, plan, request, fingerprint.
    """

    tensors: dict[str, np.ndarray]
    numbers: dict[str, Any]

    def part(self, prefix: str) -> dict[str, np.ndarray]:
        """The tensors whose names start with `prefix.`, without it."""
        return {n[len(prefix) + 1 :]: t for n, t in self.tensors.items() if n.startswith(prefix + ".")}


def save_state(folder: Path, state: State) -> None:
    """Write the state into the run folder, which is made if it is not there."""
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(t) for name, t in sorted(state.tensors.items())}
    text = json.dumps({"version": VERSION, **state.numbers})
    metadata = {"run": text, "crc": str(_crc(tensors, text))}
    files.write_bytes(folder / STATE, save(tensors, metadata=metadata))


def try_save(folder: Path, state: State) -> str:
    """`save_state`; returns why it could not be written, or nothing.  A fit itself needs no disk."""
    try:
        save_state(folder, state)
    except OSError as error:
        return f"{folder}: checkpoint not written: {error.strerror}; the fit goes on"
    return ""


def has_state(folder: Path) -> bool:
    """Whether a run folder holds a checkpoint."""
    return (folder / STATE).is_file()


def load_state(folder: Path) -> State:
    """Read the state of a run folder.

    Raises:
        SpecError: there is no state in the folder.
        FormatError: the file is damaged, or of another version.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / STATE
    if not has_state(folder):
        raise SpecError(f"{folder}: no {STATE} in it; only a run folder can be resumed or exported")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = metadata.get("run", "{}")
        numbers = json.loads(text)
    except (SafetensorError, ValueError, OSError) as error:
        raise FormatError(f"{path}: damaged: {error}; start the run again without --resume") from error
    if not isinstance(numbers, dict) or numbers.get("version") != VERSION:
        raise FormatError(f"{path}: not a checkpoint of this version of inr; start the run again")
    if metadata.get("crc") != str(_crc(dict(sorted(tensors.items())), text)):
        raise FormatError(f"{path}: its checksum does not hold; start the run again without --resume")
    return State(tensors, numbers)


def _crc(tensors: dict[str, np.ndarray], text: str) -> int:
    crc = zlib.crc32(text.encode())
    for name, tensor in tensors.items():
        crc = zlib.crc32(f"{name} {tensor.dtype} {tensor.shape}".encode(), crc)
        crc = zlib.crc32(np.ascontiguousarray(tensor).tobytes(), crc)
    return crc
