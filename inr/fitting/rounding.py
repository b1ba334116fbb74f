"""Coefficients to integers by rate and distortion, in the order in which they are coded.

    q = argmin over {round, one less, 0} of (|c|/s - |v(q)|/s)² + λ bits(q | what is known)     (1)

with the code length of the context network that the file carries.  One less often costs little and
saves much, in flat parts above all.  A choice also makes its neighbours' contexts, which (1) does not see.

Source: Ramchandran & Vetterli 1994, "Rate-distortion optimal fast thresholding".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inr import codec
from inr.codec import Context

Array = np.ndarray
LAMBDA = 0.09  # squared steps a bit
DEAD = 0.40  # plain rounding up starts at 1 - DEAD, before there is a context network
ROWS = 400_000  # kept for the training of the context network


@dataclass
class Rows:
    """What the context network sees and should foresee: inputs [N, inputs], magnitudes [N]."""

    inputs: Array
    magnitudes: Array


def plain(coefficients: Mapping[str, Array], step: float) -> dict[str, Array]:
    """Rounding with a dead zone: the start."""
    return {
        n: (np.sign(c) * np.floor(np.abs(c) / step + DEAD)).astype(np.int32) for n, c in coefficients.items()
    }


def weighed(
    coefficients: Mapping[str, Array],
    step: float,
    shrink: tuple[int, int],
    context: Context,
    weight: float = LAMBDA,
) -> tuple[dict[str, Array], float]:
    """Equation (1): the integers, and their code length in bits to within a percent."""
    total = 0.0
    out = {name: np.zeros(c.shape, dtype=np.int32) for name, c in coefficients.items()}
    known = {name: np.zeros(c.shape, dtype=np.int32) for name, c in coefficients.items()}
    channels = next(iter(coefficients.values())).shape[0]
    for name, c in codec.order(list(coefficients), channels):
        own, bits = coefficients[name][c], 0.0
        if np.abs(own).max(initial=0.0) < 0.5 * step:
            continue
        plane = codec.plane(name, c, known)
        signed, q = (own.T, out[name][c].T) if plane.turned else (own, out[name][c])
        for where, x in plane.phases():
            part = signed[where].reshape(-1)
            size, taken = best(np.abs(part) / step, shrink, *context.classes(x), weight)
            bits += float(taken.sum())
            q[where] = (np.sign(part).astype(np.int32) * size).reshape(q[where].shape)
            plane.put(where, size)
        known[name][c] = plane.magnitudes
        total += bits if q.any() else 1.0
    return out, total


def rows_of(integers: Mapping[str, Array], seed: int) -> Rows:
    """Rows of every plane that is not all 0, at most about ROWS of them."""
    known = {name: np.abs(q) for name, q in integers.items()}
    channels = next(iter(known.values())).shape[0]
    planes = [(n, c) for n, c in codec.order(list(known), channels) if known[n][c].any()]
    total = sum(known[n][c].size for n, c in planes)
    rng = np.random.Generator(np.random.Philox(seed))
    inputs, magnitudes = [], []
    for name, c in planes:
        plane = codec.plane(name, c, known)
        size = known[name][c].T if plane.turned else known[name][c]
        for where, x in plane.phases():
            part = size[where].reshape(-1)
            plane.put(where, part)
            keep = rng.random(len(part)) < ROWS / total if total > ROWS else slice(None)
            inputs.append(x[keep].astype(np.float32))
            magnitudes.append(part[keep])
    if not planes:
        return Rows(np.zeros((1, codec.context_inputs(known)), np.float32), np.zeros(1, np.int32))
    return Rows(np.concatenate(inputs), np.concatenate(magnitudes))


def means(coefficients: Mapping[str, Array], integers: Mapping[str, Array], step: float) -> tuple[int, int]:
    """The shrink of codec.Grids: how far the mean of what became |q| lies below it, in 1/32."""
    found = []
    for more in (False, True):
        short, count = 0.0, 0
        for name, q in integers.items():
            size = np.abs(q)
            there = size > 1 if more else size == 1
            short += float((size[there] - np.abs(coefficients[name][there]) / step).sum())
            count += int(there.sum())
        found.append(int(np.clip(round(32 * short / count), 0, 15)) if count else 0)
    return found[0], found[1]


def best(size: Array, shrink: tuple[int, int], z: Array, g: Array, weight: float) -> tuple[Array, Array]:
    """Equation (1) for points of classes z and g: the integers, and their bits."""
    odds, mean = codec.class_outlook(z, g)
    zero, spread = np.logaddexp2(0.0, odds), np.exp2(mean)
    first, more = 1.0 + np.log2(1.0 + spread), np.log2(1.0 + 1.0 / spread)
    nearest = np.floor(size + 0.5)
    chosen, least, bits = np.zeros(len(size)), size**2 + weight * zero, zero.copy()
    for q in (nearest - 1.0, nearest):
        inside = q - np.where(q > 1, shrink[1], shrink[0]) / 32.0
        taken = zero - odds + first + (q - 1.0) * more
        cost = (size - inside) ** 2 + weight * taken
        better = (q > 0) & (cost < least)
        chosen, least = np.where(better, q, chosen), np.where(better, cost, least)
        bits = np.where(better, taken, bits)
    return chosen.astype(np.int32), bits
