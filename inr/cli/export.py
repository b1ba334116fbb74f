"""Write a fitted field again: under a size, for a quality, or as plain tensors."""

from pathlib import Path

from inr.cli.drawing import say
from inr.cli.options import Flag
from inr.cli.sizes import parse_size
from inr.errors import FitError, SpecError

RUINED_DB = 10.0  # a field squeezed by more than this is worse than a smaller field would be


def export(
    source: Path,
    out: Path,
    /,
    *,
    max_size: str | None = None,
    target_psnr: float | None = None,
    reference: str | None = None,
    force: Flag = False,
) -> int:
    """Write SOURCE, a .inr file or a run folder, to OUT: .inr or .safetensors.

    Args:
        source: a .inr file, or the run folder OUT.run that `inr fit --keep-run` leaves.
        out: a .inr file under other bounds, or .safetensors: float32 tensors with their spec as JSON.
        max_size: bound on the .inr file, such as 20kB; never exceeded.
        target_psnr: quality in dB of the decoded file; needs --reference.
        reference: the signal that the field was fitted to.
        force: replace OUT if it exists.
    """
    from inr import codec, fitting, signals

    if out.suffix not in (".inr", ".safetensors"):
        raise SpecError(f"{out}: {out.suffix or 'no suffix'} cannot be exported; use .inr or .safetensors")
    if out.exists() and not force:
        raise SpecError(f"{out}: exists already; add --force to replace it")
    if not out.parent.is_dir():
        raise SpecError(f"{out}: its folder does not exist; create {out.parent} first")
    mse = None
    if source.is_dir():
        field, signal, mse = fitting.kept_run(source)
    else:
        decoded = codec.load(source)
        field, signal = decoded.field, decoded.signal
        if out.suffix == ".inr" and max_size is None and target_psnr is None:
            raise SpecError(
                f"{source}: is a .inr file already; give --max-size or --target-psnr to make another"
            )
    if out.suffix == ".safetensors":
        codec.save_tensors(out, field, signal)
        say(f"{out}  {out.stat().st_size:,} bytes, {field.params:,} float32 parameters")
        return 0
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
    codec.save(out, coded.data, overwrite=force)
    # Only a run folder knows how good its field is, and so what a loss means.
    lost = f", {coded.loss_db:.1f} dB below the field it was made from" if mse is not None else ""
    say(f"{out}  {out.stat().st_size:,} bytes{lost}")
    if lost and max_size is not None and coded.loss_db > RUINED_DB:
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
