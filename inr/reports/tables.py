"""The tables of a page, as HTML."""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

from inr import codec
from inr.fields import Field
from inr.reports.compare import Comparison

Row = Sequence[str]
# What FORMAT.md calls the sections.
SECTIONS = {
    "H": "header", "D": "division", "P": "times of frames", "i": "colour profile", "u": "units", "G": "grids",
    "W": "weights",
}  # fmt: skip
# Keys of `fit --json` that are a measure, what the page calls them, and how they are written.
MEASURES = (
    ("psnr_db", "PSNR of the decoded file", "{:.2f} dB"),
    ("snr_db", "SNR of the decoded file", "{:.2f} dB"),
    ("float_psnr_db", "PSNR before quantisation", "{:.2f} dB"),
    ("float_snr_db", "SNR before quantisation", "{:.2f} dB"),
    ("ssim", "SSIM", "{:.4f}"),
    ("frame_psnr_db", "PSNR, mean of the frames", "{:.2f} dB"),
    ("segmental_snr_db", "segmental SNR", "{:.2f} dB"),
    ("log_spectral_db", "log-spectral distance", "{:.2f} dB"),
    ("mse", "mean squared error", "{:.3g}"),
    ("bits_per_sample", "bits a sample", "{:.3f}"),
    ("bitrate_kbps", "bit rate", "{:.1f} kbit/s"),
    ("params", "parameters", "{:,}"),
    ("steps", "steps", "{:,}"),
    ("fit_seconds", "seconds of fitting", "{:.1f}"),
    ("total_seconds", "seconds in all", "{:.1f}"),
    ("seed", "seed", "{}"),
)


def text(value: object) -> str:
    """Any value as text of a page."""
    return html.escape(str(value), quote=True)


def pairs(rows: Iterable[tuple[str, object]]) -> str:
    """Names and values."""
    body = "".join(
        f"<tr><th scope='row'>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in rows
    )
    return f"<div class='wide'><table><tbody>{body}</tbody></table></div>"


def table(heads: Row, rows: Iterable[Row], shares: Sequence[float] = (), ours: int | None = None) -> str:
    """A table whose first column is words and whose others are numbers.

    Args:
        heads: of the columns.
        rows: the first cell is a head too.
        shares: of each row, 0 to 1, drawn as bars in a column of their own.
        ours: the row to bring out.
    """
    number = " class='number'"
    head = f"<th scope='col'>{text(heads[0])}</th>"
    head += "".join(f"<th scope='col'{number}>{text(name)}</th>" for name in heads[1:])
    body = ""
    for place, row in enumerate(rows):
        cells = f"<th scope='row'>{text(row[0])}</th>"
        cells += "".join(f"<td{number}>{text(cell)}</td>" for cell in row[1:])
        if shares:
            width = 100 * min(1.0, max(0.0, shares[place]))
            cells += f"<td class='share'><span class='bar' style='width:{width:.2f}%'></span></td>"
        body += f"<tr{' class=ours' if place == ours else ''}>{cells}</tr>"
    head += "<td class='share'></td>" if shares else ""
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def items(lines: Iterable[str]) -> str:
    """Sentences, one below the other."""
    return "<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>\n"


def records(rows: Sequence[dict[str, Any]]) -> str:
    """Flat rows with all their keys; what a row does not have is empty."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return table(keys, [[_cell(row, key) for key in keys] for row in rows])


def _cell(row: dict[str, Any], key: str) -> str:
    value = row.get(key, "")
    if value is None:
        return "exact" if row.get("exact") else "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def measures(row: dict[str, Any]) -> str:
    """What `fit --json` reports, in words; null decibels are those of equal signals or of silence."""
    found = []
    for key, name, form in MEASURES:
        if row.get(key) is not None:
            found.append((name, form.format(row[key])))
        elif key in row and key.endswith("_db") and not key.startswith("float"):
            found.append((name, "exact" if row.get("exact") else "undefined"))
    return pairs(found)


def sizes(comparison: Comparison, row: dict[str, Any]) -> str:
    """Our bytes beside those of the source and of others."""
    ours, source = row.get("size_bytes", 0), comparison.source_bytes
    named: list[tuple[str, int]] = [(f"this file, {row['file']}", ours)]
    if source:
        named.append((f"the source, {comparison.source}", source))
    if comparison.lossless:
        lossless = comparison.lossless
        named.append((f"the same samples as {lossless.name}, lossless", lossless.size_bytes))
    most = max(size for _, size in named) or 1
    rows = [(name, f"{size:,}", f"{100 * size / source:.1f} %" if source else "") for name, size in named]
    heads = ("", "bytes", "of the source" if source else "")
    return table(heads, rows, [size / most for _, size in named], ours=0)


def budget(data: bytes) -> str:
    """Where the bytes of a file go: its sections, and its tensors."""
    decoded = codec.decode(data)
    sections = [("magic, version and checksum", len(data) - sum(size for _, size in decoded.sections))]
    sections += decoded.sections
    first = table(
        ("section", "bytes", "share"),
        [(_section(kind), f"{size:,}", f"{100 * size / len(data):.1f} %") for kind, size in sections],
        [size / len(data) for _, size in sections],
    )
    rows, shares = [], []
    for name, sides in decoded.parts.items():
        size = decoded.tensor_bits[name] / 8
        step = decoded.step_of(name)
        shape = "×".join(map(str, sides))
        rows.append((name, shape, step, f"{size:,.1f}", f"{8 * size / math.prod(sides):.2f}"))
        shares.append(size / len(data))
    heads = ("tensor", "shape", "step", "bytes", "bits a value")
    return f"<h3>Sections</h3>{first}<h3>Tensors</h3>{table(heads, rows, shares)}"


def _section(kind: str) -> str:
    return f"{kind}, {SECTIONS[kind]}" if kind in SECTIONS else kind


def tensors(field: Field) -> str:
    """The tensors of a field that no file can hold."""
    rows = [(n, "×".join(map(str, t.shape)), f"{t.nbytes:,}") for n, t in field.tensors.items()]
    return table(
        ("tensor", "shape", "bytes as float32"),
        rows,
        [t.nbytes / max(1, _bytes(field)) for t in field.tensors.values()],
    )


def _bytes(field: Field) -> int:
    return sum(t.nbytes for t in field.tensors.values())
