"""What a fit needs before its first step: a device, a sampler, and the right to resume."""

from typing import Any

import torch

from inr import signals
from inr.errors import SpecError
from inr.fitting.layout import exceeds, sample_memory
from inr.fitting.presets import Plan
from inr.partition import axes
from inr.specs import FitSpec


def make_sampler(request: FitSpec, plan: Plan, reader: signals.Reader, device: str) -> signals.AnySampler:
    """Tiles are sampled slab by slab; one network over a signal that exceeds the memory, by windows."""
    room = sample_memory(request.memory_bytes)
    if isinstance(reader, signals.PointReader):
        return signals.PointSampler(
            reader, axes(plan.field), batch=plan.batch, seed=request.seed, memory_bytes=room, device=device
        )
    # One network has one order over all samples: 8 bytes each.
    if plan.field.tile_count == 1 and exceeds(reader.spec, room, margins=1.0, beside=8):
        return signals.WindowSampler(
            reader, batch=plan.batch, seed=request.seed, memory_bytes=room, device=device
        )
    return signals.Sampler(
        reader,
        axes(plan.field),
        batch=plan.batch,
        seed=request.seed,
        memory_bytes=room,
        device=device,
        between=plan.between,
    )


def held_whole(request: FitSpec, sampler: signals.AnySampler) -> signals.Sampler | None:
    """The sampler where all samples stay in memory and nothing is rounded in the loop; else None."""
    if isinstance(sampler, signals.Sampler) and len(sampler.slabs) == 1 and request.max_size is None:
        return sampler
    return None


def pick_device(name: str) -> str:
    """The torch device of a request; "auto" is CUDA where there is one.

    Raises:
        SpecError: CUDA was asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise SpecError("--device cuda: torch sees no CUDA device; use --device cpu, or install a CUDA build")
    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def identity(request: FitSpec, plan: Plan, reader: signals.Reader) -> dict[str, Any]:
    """What every checkpoint says of its run, JSON values; `same_run` compares with it."""
    return {
        "request": request.to_json(),
        "plan": plan.to_json(),
        "signal": reader.spec.to_json(),
        "fingerprint": reader.fingerprint(),
    }


def same_run(numbers: dict[str, object], request: FitSpec, reader: signals.Reader) -> None:
    """Refuse to resume with another request or another input.

    Raises:
        SpecError: what differs.
    """
    if numbers["fingerprint"] != reader.fingerprint():
        raise SpecError(
            f"{reader.source}: not the input of the run to resume; give that input, or drop --resume"
        )
    now, then = request.to_json(), numbers["request"]
    if now != then:
        differ = [k for k in now if not isinstance(then, dict) or now[k] != then.get(k)]
        raise SpecError(
            f"--resume: {', '.join(differ)} differ from the run to resume "
            f"({', '.join(f'{k} was {then.get(k)!r}' for k in differ if isinstance(then, dict))}); "
            "resume with the same options"
        )


def same_bits(numbers: dict[str, Any], threads: int, path: str) -> None:
    """Refuse to resume a plan in steps where it would end in other bits.

    Args:
        numbers: of the checkpoint.
        threads: of this machine.
        path: what computes here.

    Raises:
        SpecError: threads or path differ.
    """
    if numbers["threads"] != threads:
        raise SpecError(
            f"--resume: the run used {numbers['threads']} threads and this machine gives "
            f"{threads}; set OMP_NUM_THREADS={numbers['threads']} to get the same bits"
        )
    if numbers["path"] != path:
        raise SpecError(
            f"--resume: the run computed with {numbers['path']} and here it would be {path}, with "
            "other bits; resume where it was begun, or start anew without --resume"
        )
