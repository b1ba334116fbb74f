"""Say what a .inr file holds, and where its bytes go."""

import json as json_module
import math
import os
from pathlib import Path
from typing import Any

from inr.cli.drawing import Page
from inr.cli.options import Flag


def info(file: Path, /, *, json: Flag = False) -> None:
    """Say what FILE holds: the signal, the network, and where the bytes go.

    A tensor's step is the distance between two values that it can have; the coarser, the fewer bits.

    Args:
        file: the .inr file.
        json: print one JSON object on stdout.
    """
    from inr import codec

    decoded = codec.load(file)
    field, signal = decoded.field, decoded.signal
    described = signal.to_json()
    if signal.icc is not None:
        described["icc"] = f"{len(signal.icc)} bytes"
    if signal.pts is not None:
        described["pts"] = f"{len(signal.pts)} times"
    row: dict[str, Any] = {
        "file": str(file),
        "size_bytes": os.path.getsize(file),
        "version": decoded.version,
        "kind": signal.kind,
        "samples": signal.samples,
        "channels": signal.channels,
        "params": field.params,
        "profile": field.spec.layout,
        "activation": field.spec.activation.name,
        **({"units": signal.domain.described()} if signal.domain is not None else {}),
        "signal": described,
        "spec": field.spec.to_json(),
        "sections": [{"type": kind, "bytes": size} for kind, size in decoded.sections],
        "tensors": [
            {
                "name": name,
                "shape": list(shape),
                "step": decoded.step_of(name),
                "bytes": round(decoded.tensor_bits[name] / 8, 1),
                "bits_per_value": round(decoded.tensor_bits[name] / math.prod(shape), 2),
            }
            for name, shape in decoded.parts.items()
        ],
    }
    row["other_bytes"] = round(row["size_bytes"] - sum(t["bytes"] for t in row["tensors"]), 1)
    if json:
        print(json_module.dumps(row))
        return
    _print(row)


def _print(row: dict[str, Any]) -> None:
    from rich.table import Table

    console = Page()
    shape = " x ".join(map(str, row["signal"]["shape"]))
    console.print(
        f"{row['file']}: {row['size_bytes']:,} bytes, format version {row['version']}", highlight=False
    )
    console.print(
        f"{row['kind']} {shape}, {row['channels']} channels, {row['signal']['bits']} bits; "
        f"{row['profile']}, {row['activation']}, {row['params']:,} parameters",
        highlight=False,
    )
    if "units" in row:
        console.print(f"scattered data: {row['units']}", highlight=False, markup=False)
    table = Table("tensor", "shape", "step", "bytes", "bits/value")
    for tensor in row["tensors"]:
        table.add_row(
            tensor["name"],
            "x".join(map(str, tensor["shape"])),
            tensor["step"],
            f"{tensor['bytes']:,.1f}",
            f"{tensor['bits_per_value']:.2f}",
        )
    table.add_row("all else", "", "", f"{row['other_bytes']:,.1f}", "", style="dim")
    console.print(table)
    console.print(
        "sections: " + ", ".join(f"{s['type']} {s['bytes']:,} bytes" for s in row["sections"]),
        highlight=False,
    )
