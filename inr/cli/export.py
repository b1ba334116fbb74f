"""Write a fitted field again: under a size, for a quality, as plain tensors, or as a web page."""

import tempfile
from pathlib import Path

from inr.cli.drawing import say
from inr.cli.options import Flag
from inr.cli.sizes import parse_size
from inr.errors import FitError, SpecError
from inr.specs import SignalSpec

RUINED_DB = 10.0  # a field squeezed by more than this is worse than a smaller field would be
SUFFIXES = (".inr", ".safetensors", ".html")
BLOCK = 1 << 20  # samples that are copied at a time


def export(
    source: Path,
    out: Path,
    /,
    *,
    max_size: str | None = None,
    target_psnr: float | None = None,
    reference: str | None = None,
    with_reference: str | None = None,
    force: Flag = False,
) -> int:
    """Write SOURCE, a .inr file or a run folder, to OUT: .inr, .safetensors or .html.

    For example: inr export photo.inr photo.html, or inr export photo.inr small.inr --max-size 20kB

    Args:
        source: a .inr file, or the run folder OUT.run that `inr fit --keep-run` leaves.
        out: a .inr file under other bounds; .safetensors, float32 tensors with their spec as JSON; or
            .html, one page that shows the signal in any browser and fetches nothing.
        max_size: bound on the .inr file, such as 20kB; never exceeded.
        target_psnr: quality in dB of the decoded file; needs --reference.
        reference: the original, to measure against; nothing of it is written.
        with_reference: the original, to go into a .html, which then shows both and their difference.
        force: replace OUT if it exists.
    """
    from inr import codec

    _check(out, with_reference, force)
    mse = None
    if source.is_dir():
        from inr import fitting

        field, signal, mse = fitting.kept_run(source)
    else:
        data = codec.read(source)
        decoded = codec.decode(data, where=str(source))
        field, signal = decoded.field, decoded.signal
        if out.suffix != ".safetensors" and max_size is None and target_psnr is None:
            if out.suffix == ".html":
                return _write_page(out, data, signal, source.name, with_reference, force)
            raise SpecError(
                f"{source}: is a .inr file already; give --max-size or --target-psnr to make another"
            )
    if out.suffix == ".safetensors":
        codec.save_tensors(out, field, signal)
        say(f"{out}  {out.stat().st_size:,} bytes, {field.params:,} float32 parameters")
        return 0
    from inr import fitting, signals

    reader = signals.open_reader(reference) if reference is not None else None
    try:
        coded = fitting.export(
            field,
            signal,
            mse=mse,
            reference=reader,
            max_size=None if max_size is None else parse_size(max_size, "--max-size"),
            target_db=target_psnr,
        )
    finally:
        if reader is not None:
            reader.close()
    # Only a run folder knows how good its field is, and so what a loss means.
    lost = f", {coded.loss_db:.1f} dB below the field it was made from" if mse is not None else ""
    if out.suffix == ".html":
        _write_page(out, coded.data, signal, source.name, with_reference, force)
    else:
        codec.save(out, coded.data, overwrite=force)
        say(f"{out}  {out.stat().st_size:,} bytes{lost}")
    # Grids were fitted for the size already.
    ruined = lost and not field.spec.encoding.stored and coded.loss_db > RUINED_DB
    if ruined and max_size is not None:
        say(
            f"inr: {out}: so few bytes hold little of a field of {field.params:,} parameters; "
            f"`inr fit --max-size {max_size}` makes a smaller one that looks or sounds better"
        )
    if not coded.reached:
        say(
            f"inr: {out}: {target_psnr:g} dB were asked for and not reached; the best is kept; fit for longer"
        )
        return FitError.exit_code
    return 0


def _check(out: Path, with_reference: str | None, force: bool) -> None:
    """Refuse what cannot be written, before anything is read."""
    if out.suffix not in SUFFIXES:
        raise SpecError(
            f"{out}: {out.suffix or 'no suffix'} cannot be exported; use .inr, .safetensors or .html"
        )
    if with_reference is not None and out.suffix != ".html":
        raise SpecError(f"--with-reference: only a .html holds a reference; {out} does not")
    if out.exists() and not force:
        raise SpecError(f"{out}: exists already; add --force to replace it")
    if not out.parent.is_dir():
        raise SpecError(f"{out}: its folder does not exist; create {out.parent} first")


def _write_page(
    out: Path, data: bytes, signal: SignalSpec, title: str, reference: str | None, force: bool
) -> int:
    """The web page of a .inr file; returns the exit code."""
    from inr import codec, viewer

    original = None if reference is None else _embeddable(reference, signal)
    codec.save(out, viewer.page(data, original, title).encode(), overwrite=force)
    said = "" if original is None else f" and {len(original):,} of the original"
    say(f"{out}  {out.stat().st_size:,} bytes: a page with {len(data):,} bytes of .inr{said} in it")
    return 0


def _embeddable(source: str, signal: SignalSpec) -> bytes:
    """The original as a page can hold it: a picture as PNG, a sound as WAV.

    Raises:
        SpecError: it is a clip or CMYK, or has another grid than the field.
    """
    from inr import signals

    suffix = {"image": ".png", "audio": ".wav"}.get(signal.kind, "")
    if not suffix or signal.mode == "CMYK":
        what = f"{signal.mode} {signal.kind}".strip()
        raise SpecError(f"--with-reference: a page cannot hold an original of {what}; leave it out")
    with signals.open_reader(source) as reader, tempfile.TemporaryDirectory() as folder:
        spec = reader.spec
        if (spec.kind, spec.shape, spec.channels) != (signal.kind, signal.shape, signal.channels):
            raise SpecError(
                f"{source}: {spec.kind} of shape {spec.shape} with {spec.channels} channels; the field holds "
                f"{signal.kind} of shape {signal.shape} with {signal.channels}; "
                "compare with the signal it was made from"
            )
        target = Path(folder) / f"original{suffix}"
        step = max(1, BLOCK * spec.shape[0] // spec.samples)
        with signals.open_writer(target, spec, overwrite=True) as writer:
            for start in range(0, spec.shape[0], step):
                block = reader.read(start, min(start + step, spec.shape[0]))
                writer.write(signals.to_float(block))
        return target.read_bytes()
