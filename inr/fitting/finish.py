"""From a fitted field to the bytes of a file: which step each tensor gets.

Steps come from the codec's rate-distortion search over a probe of the signal's samples.
Three requests steer it:
    nothing        the coarsest steps that lose no more than LOSS_DB of the float field's quality
    --max-size     the least distortion whose real file fits; an ICC profile is the first to go
    --target-psnr  the coarsest steps whose decoded file, evaluated in full, reaches the target
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from inr import codec, fields, signals
from inr.errors import FitError
from inr.fields import Field
from inr.fitting.network import Draw
from inr.specs import FieldSpec, SignalSpec

LOSS_DB = 0.25
TIGHTENINGS = 6
PROBE_SAMPLES = 1 << 15
THREADS_FROM = 1e9  # multiply-adds; some tenths of a second on one thread

Distortion = Callable[[dict[str, np.ndarray]], float]


@dataclass(frozen=True)
class Coded:
    """A finished file.

    Attributes:
        data: its bytes; empty where the format has no number for the field's activation.
        field: the field as a decoder will see it.
        signal: what the file says it holds.
        reached: whether the requested quality was reached; True where none was asked for.
        loss_db: what quantisation costs on the probe, in dB of the float field's quality.
    """

    data: bytes
    field: Field
    signal: SignalSpec
    reached: bool = True
    loss_db: float = 0.0


@dataclass(frozen=True)
class Probe:
    """Samples to measure a field's distortion on: tiles [k], u [k, B, D], target [k, B, C].

    The target is in the field's units; `noise` is added to every distortion, for probes whose
    target is a field's own output and not the signal.
    """

    tiles: np.ndarray
    u: np.ndarray
    target: np.ndarray
    noise: float = 0.0

    @classmethod
    def drawn(cls, sampler: signals.AnySampler, draw: Callable[[signals.Batch], Draw], samples: int) -> Self:
        """Samples of the slab in memory, by probes of a sampler.

        As many as it takes: steps chosen on few samples fit these and not the others (4,000 samples
        of sound, judged by 512 of them: 0.8 dB lost where 0.25 were meant).

        Args:
            sampler: of the signal.
            draw: a batch's coordinates and targets in the field's units.
            samples: of the whole signal.
        """
        batch = sampler.probe()
        tiles = np.arange(batch.tiles.start, batch.tiles.stop)
        turns = max(1, -(-min(PROBE_SAMPLES, samples) // (len(tiles) * batch.rows)))
        parts = [draw(sampler.probe(turn))(0, len(tiles)) for turn in range(turns)]
        rows = min(u.shape[1] for u, _ in parts)
        u, target = (torch.cat([part[i][:, :rows] for part in parts], 1).cpu().numpy() for i in (0, 1))
        return cls(tiles, u, target)

    def thinned(self, seed: int = 0) -> "Probe":
        """At most about PROBE_SAMPLES samples, over as many tiles as possible."""
        count, rows = self.u.shape[:2]
        rng = np.random.Generator(np.random.Philox(seed))
        keep_rows = min(rows, max(32, PROBE_SAMPLES // count))
        keep = np.sort(rng.permutation(count)[: max(1, PROBE_SAMPLES // keep_rows)])
        return Probe(self.tiles[keep], self.u[keep, :keep_rows], self.target[keep, :keep_rows], self.noise)

    def distortion(self, spec: FieldSpec) -> Distortion:
        """Tensors to mean squared error on these samples, in the field's units."""
        u, target = torch.from_numpy(self.u), torch.from_numpy(self.target)
        # A tile's error counts as often as the tile was drawn; gains are inside the field already.
        work = u.shape[0] * u.shape[1] * fields.param_count(spec) / spec.tile_count

        @torch.no_grad()
        def measure(tensors: Mapping[str, np.ndarray]) -> float:
            with threads_for(work):
                error = fields.training_forward(spec, _of_tiles(tensors, self.tiles), u) - target
                return float(error.square().mean(dtype=torch.float64)) + self.noise

        return measure


def _of_tiles(tensors: Mapping[str, np.ndarray], tiles: np.ndarray) -> dict[str, torch.Tensor]:
    """The tensors of some tiles, and what all tiles share, for torch."""
    return {n: torch.from_numpy(t if t.shape[0] == 1 else t[tiles]) for n, t in tensors.items()}


@contextmanager
def threads_for(work: float) -> Iterator[None]:
    """Torch on one thread where the work is small; as it was afterwards.

    Threads meet at every operation, and with a busy neighbour each meeting takes longer than a
    small operation does (measured: 15 s where 0.5 s are enough).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if work < THREADS_FROM else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def own_probe(field: Field, noise: float, seed: int = 0) -> Probe:
    """A probe whose target is the field's own output at random points of its tiles."""
    rng = np.random.Generator(np.random.Philox(seed))
    count = field.spec.tile_count
    rows = max(32, PROBE_SAMPLES // count)
    tiles = np.sort(rng.permutation(count)[: max(1, PROBE_SAMPLES // rows)])
    u = rng.uniform(-1.0, 1.0, (len(tiles), rows, field.spec.dims)).astype(np.float32)
    with torch.no_grad():
        own = _of_tiles(field.tensors, tiles)
        target = fields.training_forward(field.spec, own, torch.from_numpy(u)).numpy()
    return Probe(tiles, u, target, noise)


def finish(
    field: Field,
    signal: SignalSpec,
    probe: Probe,
    *,
    max_size: int | None = None,
    target_db: float | None = None,
    measure_db: Callable[[Field, SignalSpec], float] | None = None,
    exponents: Mapping[str, int] | None = None,
) -> Coded:
    """Choose the steps and code the file; a field that no file can hold stays as it is.

    Args:
        field: the float field.
        signal: what it was fitted to.
        probe: samples to measure distortion on.
        max_size: bytes that the file must not exceed.
        target_db: PSNR (audio: SNR) that the decoded file should reach; needs `measure_db`.
        measure_db: the full evaluation of a decoded field.
        exponents: the steps that the field is rounded to already, where its file fits `max_size`.

    Raises:
        FitError: not even the coarsest steps fit `max_size`.
    """
    if codec.unwritable(field.spec.activation.name):
        reached = target_db is None or measure_db is None or measure_db(field, signal) >= target_db
        return Coded(b"", field, signal, reached)
    if exponents is not None and max_size is not None and target_db is None:
        return _with_profile(_coded(field, replace(signal, icc=None), exponents), exponents, signal, max_size)
    distortion = probe.thinned().distortion(field.spec)
    search = codec.allocate(field.tensors, distortion)
    if target_db is not None and measure_db is not None:
        coded = _for_target(search, field, signal, target_db, measure_db, max_size)
    elif max_size is not None:
        coded = _for_size(search, field, signal, max_size)
    else:
        coded = _coded(field, signal, search.for_distortion(search.base * 10 ** (LOSS_DB / 10)))
    after = distortion(coded.field.tensors)
    return replace(coded, loss_db=10 * math.log10(after / search.base) if after > 0 < search.base else 0.0)


def _for_size(search: codec.RateDistortion, field: Field, signal: SignalSpec, max_size: int) -> Coded:
    without_icc = replace(signal, icc=None)
    exponents, data = search.for_size(
        max_size, lambda k: codec.encode(field.spec, field.tensors, k, without_icc)
    )
    coded = Coded(data, codec.decode(data).field, without_icc)
    return _with_profile(coded, exponents, signal, max_size)


def _with_profile(coded: Coded, exponents: Mapping[str, int], signal: SignalSpec, max_size: int) -> Coded:
    """The same file with the picture's colour profile, where that fits too."""
    if signal.icc is None:
        return coded
    whole = _coded(coded.field, signal, exponents)
    return whole if len(whole.data) <= max_size else coded


def _for_target(
    search: codec.RateDistortion,
    field: Field,
    signal: SignalSpec,
    target_db: float,
    measure_db: Callable[[Field, SignalSpec], float],
    max_size: int | None,
) -> Coded:
    """The probe guides, the full evaluation decides: tighten until the decoded file holds."""
    float_db = measure_db(field, signal)
    finest = search.curve()[0].exponents
    room = max(0.0, float_db - target_db)
    coded = _coded(field, signal, finest)
    reached = False
    for _ in range(TIGHTENINGS):
        if room <= 0.0:
            break
        allowed = search.base * 10 ** (room / 10)
        try:
            trial = _coded(field, signal, search.for_distortion(allowed))
        except FitError:
            break
        got = measure_db(trial.field, signal)
        if got >= target_db:
            coded, reached = trial, True
            break
        room -= max(0.01, 1.2 * (target_db - got))
    if not reached:
        # The finest steps are as near to the float field as a file gets.
        reached = measure_db(coded.field, signal) >= target_db
    if max_size is not None and len(coded.data) > max_size:
        return replace(_for_size(search, field, signal, max_size), reached=False)
    if not reached:
        return replace(
            _coded(field, signal, search.for_distortion(search.base * 10 ** (0.1 / 10))), reached=False
        )
    return coded


def _coded(field: Field, signal: SignalSpec, exponents: Mapping[str, int]) -> Coded:
    data = codec.encode(field.spec, field.tensors, exponents, signal)
    return Coded(data, codec.decode(data).field, signal)
