"""Rows as cells of text; the command line draws them."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Columns = tuple[tuple[str, Callable[[Row], str]], ...]


def cells(columns: Columns, row: Row) -> list[str]:
    """One text a column; what does not apply is empty."""
    return [show(row) for _, show in columns]


def _target(row: Row) -> str:
    if "target" in row:
        return f"{row['target']:g} {row['unit']}"
    reached = row.get("snr_db", row.get("psnr_db"))
    shown = "exact" if reached is None else f"{reached:.2f} {row['unit']}"
    return f"{shown} in {row['budget_s']:g} s"


def _seconds(key: str, bound: str) -> Callable[[Row], str]:
    def show(row: Row) -> str:
        if key not in row:
            return ""
        return f"{'>= ' if row.get(bound) else ''}{row[key]:,.1f} s"

    return show


def _recipe(row: Row) -> str:
    shown = _seconds("recipe_s", "recipe_at_least")(row)
    if not shown:
        return ""
    how = "projected" if row.get("projected") else "measured"
    lines = [f"{row['recipe']}, {how}", shown, _ratio("ratio", "recipe_at_least")(row)]
    chunked = _ratio("ratio_chunked", "recipe_at_least")(row)
    return "\n".join([line for line in lines if line] + ([f"chunked {chunked}"] if chunked else []))


def _ratio(key: str, bound: str) -> Callable[[Row], str]:
    def show(row: Row) -> str:
        if key not in row:
            return ""
        value = row[key]
        sign = ">= " if row.get(bound) else ""
        return f"{sign}{value:,.1f}x" if value < 100 else f"{sign}{value:,.0f}x"

    return show


def _tuned(row: Row) -> str:
    shown = _seconds("tuned_s", "tuned_at_least")(row)
    if not shown:
        return _plain("tuned_db", ".2f")(row) + (" dB" if row.get("tuned_db") else "")
    return "\n".join(filter(None, (shown, _ratio("ratio_tuned", "tuned_at_least")(row))))


def _params(row: Row) -> str:
    return f"{row['params']:,}\n{row['params_per_value']:.3f} a value"


def _plain(key: str, form: str) -> Callable[[Row], str]:
    def show(row: Row) -> str:
        if key not in row:
            return ""
        return "exact" if row[key] is None else format(row[key], form)

    return show


def _held_out(row: Row) -> str:
    if "held_out_db" not in row:
        return ""
    shown, spline = (_plain(key, ".2f")(row) for key in ("held_out_db", "spline_db"))
    return f"{shown}\nspline {spline}"


def _gflops(row: Row) -> str:
    parts = [f"{row[k]:,.0f}" for k in ("ours_gflops", "recipe_gflops", "tuned_gflops") if k in row]
    return " / ".join(parts)


SPEED: Columns = (
    ("signal", lambda row: row["signal"]),
    ("params", _params),
    ("target", _target),
    ("ours", _seconds("ours_s", "ours_at_least")),
    ("recipe", _recipe),
    ("tuned MLP", _tuned),
    ("DCT dB", _plain("dct_db", ".2f")),
    ("sine dB", _plain("sine_db", ".2f")),
    ("held-out dB", _held_out),
    ("GFLOP/s", _gflops),
)


def _rate(row: Row) -> str:
    if "kbps" in row and row["kind"] == "audio":
        return f"{row['kbps']:.1f} kbit/s"
    return f"{row['bits_per_sample']:.3f} bpp" if "bits_per_sample" in row else "BD-rate"


def _own(row: Row) -> str:
    if "db" not in row:
        return ""
    if row["db"] is None:
        return "exact" if row.get("exact") else "undefined"
    return f"{row['db']:.2f} dB"


def _times(row: Row) -> str:
    return f"{row['encode_s']:.1f} / {row['decode_s']:.1f}" if "db" in row else ""


def _opponent(codec: str) -> Callable[[Row], str]:
    """dB at our bytes, or the BD-rate with the qualities that it is over."""

    def show(row: Row) -> str:
        if codec in row.get("bd", {}):
            rate = row["bd"][codec]
            return f"{rate.percent:+.0f} %\n{rate.low_db:.1f}-{rate.high_db:.1f} dB"
        if codec not in row.get("at", {}):
            return ""
        db = row["at"][codec]
        return "exact" if db is None else f"{db:.2f}"

    return show


OPPONENTS = ("jpeg", "jpeg2000", "webp", "avif", "mp3", "opus", "x264", "x265", "source")
RD: Columns = (
    ("signal", lambda row: row["signal"]),
    ("bytes", lambda row: f"{row['size_bytes']:,}" if "size_bytes" in row else ""),
    ("rate", _rate),
    ("inr", _own),
    ("fit / decode s", _times),
    *((codec, _opponent(codec)) for codec in OPPONENTS),
)
