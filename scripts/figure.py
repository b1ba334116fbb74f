"""The README's picture: a photograph, its decoded file, and a detail of both at four times the size.

Usage: python scripts/figure.py [FILE.inr]   (without a file it fits one: a quarter of a minute)

Writes data/figures/cat.png, and its numbers to data/figures/cat.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import inr
from inr import signals

SAMPLE, STEPS = "sample:cat", 1500
OUT = Path(__file__).parent.parent / "data" / "figures"
HEIGHT, GAP, STRIP = 208, 8, 22  # pixels: of the panels, between them, for the words
SCALE, DETAIL = 4, (52, 98, 150)  # times; pixels a side, first row and column
COLOURS = 256
INK, PAPER, MARK = "#1d1d1f", "#ffffff", "#ffd400"


def original() -> np.ndarray:
    """The photograph, uint8 [H, W, 3]."""
    with signals.open_reader(SAMPLE) as reader:
        return reader.read(0, reader.spec.shape[0])


def marked(picture: np.ndarray) -> Image.Image:
    """A whole picture at the panels' height, with a frame around the detail."""
    side, top, left = DETAIL
    share = HEIGHT / len(picture)
    panel = Image.fromarray(picture).resize(
        (round(share * picture.shape[1]), HEIGHT), Image.Resampling.LANCZOS
    )
    frame = [round(share * at) for at in (left, top, left + side, top + side)]
    ImageDraw.Draw(panel).rectangle(frame, outline=MARK)
    return panel


def detail(large: np.ndarray) -> Image.Image:
    """The detail of a picture of SCALE times the size."""
    side, top, left = (SCALE * number for number in DETAIL)
    return Image.fromarray(large[top : top + side, left : left + side])


def beside(panels: list[tuple[str, Image.Image]]) -> Image.Image:
    """Panels in a row, each with its words above it."""
    width = sum(panel.width for _, panel in panels) + GAP * (len(panels) - 1)
    row = Image.new("RGB", (width, HEIGHT + STRIP), PAPER)
    draw, font, at = ImageDraw.Draw(row), ImageFont.load_default(13), 0
    for words, panel in panels:
        draw.text((at + 1, 3), words, INK, font)
        row.paste(panel, (at, STRIP))
        at += panel.width + GAP
    return row


def main() -> None:
    """Fit or load, draw, and write."""
    want = original()
    fitted = inr.load(sys.argv[1]) if len(sys.argv) > 1 else inr.fit(SAMPLE, steps=STEPS)
    with signals.open_reader(SAMPLE) as reader:
        source_bytes = Path(reader.source).stat().st_size
    psnr = fitted.evaluate(SAMPLE)["psnr_db"]
    sides = (SCALE * want.shape[1], SCALE * want.shape[0])
    bicubic = np.asarray(Image.fromarray(want).resize(sides, Image.Resampling.BICUBIC))
    picture = beside(
        [
            (f"original: {source_bytes:,} bytes", marked(want)),
            (f"decoded: {len(fitted.data):,} bytes, {psnr:.1f} dB", marked(fitted.sample())),
            (f"original, {SCALE}x bicubic", detail(bicubic)),
            (f"decoded at {SCALE}x", detail(fitted.sample(scale=SCALE))),
        ]
    )
    OUT.mkdir(parents=True, exist_ok=True)
    palette = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    palette.save(OUT / "cat.png", optimize=True)
    numbers = {
        "command": f"inr fit {SAMPLE} --steps {STEPS}",
        "source_bytes": source_bytes,
        "size_bytes": len(fitted.data),
        "psnr_db": round(psnr, 4),
    }
    (OUT / "cat.json").write_text(json.dumps(numbers, indent=1) + "\n")
    print(f"{OUT / 'cat.png'}: {(OUT / 'cat.png').stat().st_size:,} bytes; {json.dumps(numbers)}")


if __name__ == "__main__":
    main()
