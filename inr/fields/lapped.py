"""The `lapped` encoding: a sound as a sum of windowed cosines, which the MLP sees in octaves.

The grid `grid.lap` holds, for each component c, window n and frequency j, how much of a cosine under
the window there is.  A window covers 2K frames, half of it shared with each neighbour, so that

    T_c(a) = Σ_n w(u) Σ_j v_c(j, n) √(2/K) cos(π/K (u + 1/2 + K/2) (j + 1/2)),   u = a - (n - 1) K   (1)
    w(u) = sin(π/2K (u + 1/2))
    D_b  = what the frequencies K/2^(b+1) .. K/2^b of component 0 add to T_0,   b = 0 .. BANDS-1
    f(x) = mixed(T_0 .. T_C-1)(x) + MLP(SCALE · (T_0 .. T_C-1, D_0 .. D_BANDS-1)(x))                 (2)

is an orthonormal transform: an error of a coefficient is an error of the sound of the same energy, and
without an MLP the field is a transform codec.  (1) can be asked at any a; it is computed for quarters of
a frame, where no frequency of the sound comes near the limit, and cubic splines go between these.

Source: Princen, Johnson & Bradley 1987, "Subband/transform coding using filter bank designs based on
time domain aliasing cancellation", with the sine window.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from inr.fields import spline
from inr.specs import ORDERS, EncodingSpec

Array = np.ndarray
NAME = "grid.lap"
BANDS = 4  # octaves that the MLP sees one by one
SCALE = 16.0  # spreads a sound of a usual level over the domain [-1, 1]
QUARTERS = 4
AT_ONCE = 1 << 22  # numbers of a block of windows, so that memory stays small


def windows(frames: int, order: int) -> int:
    """N: how many windows reach into a sound."""
    return -(-frames // (1 << order)) + 1


def grid_shapes(encoding: EncodingSpec, channels: int) -> dict[str, tuple[int, ...]]:
    """The grid's one tensor."""
    return {NAME: (channels, 1 << encoding.count, windows(encoding.shape[0], encoding.count))}


def encoded(encoding: EncodingSpec, channels: int) -> int:
    """E: how many values the MLP sees."""
    return channels + BANDS


def mixing(channels: int) -> Array:
    """Orthonormal [C, C]: components = mixing @ channels; sum and difference of two, others as they are."""
    return np.array([[1, 1], [1, -1]]) / math.sqrt(2) if channels == 2 else np.eye(channels)


def analyse(sound: Array, order: int) -> dict[str, Array]:
    """A sound as the grid's coefficients: the start of a fit.

    Args:
        sound: [T, C] float32.
        order: K = 2^order.

    Returns: the tensor of `grid_shapes`.
    """
    parts = sound @ mixing(sound.shape[1]).T.astype(np.float32)
    return {NAME: np.stack([_coefficients(part, order) for part in parts.T])}


def _coefficients(component: Array, order: int) -> Array:
    """Of one component.  Shape: [T] -> [K, N] float32."""
    size, count = 1 << order, windows(len(component), order)
    padded = np.zeros((count + 1) * size, dtype=np.float32)
    padded[size : size + len(component)] = component
    out, half = np.empty((size, count), dtype=np.float32), window(size, 0.0)
    step = max(1, AT_ONCE // (4 * size))
    for n in range(0, count, step):
        stop = min(n + step, count)
        reach = np.lib.stride_tricks.sliding_window_view(padded[n * size : (stop + 1) * size], 2 * size)
        out[:, n:stop] = _forward(reach[::size] * half).T
    return out


def adjoint(slope: Array, order: int) -> dict[str, Array]:
    """How a number that depends on the planes depends on the grid.

    The transform is orthonormal, so its adjoint is the transform itself.

    Shape: slope [E, T] -> the tensor of `grid_shapes`.
    """
    count = len(slope) - BANDS
    parts = np.concatenate([_coefficients(row, order)[None] for row in slope])
    out = parts[:count].copy()
    size = 1 << order
    for b in range(BANDS):
        low, high = size >> (b + 1), size >> b
        out[0, low:high] += parts[count + b, low:high]
    return {NAME: out}


def best_order(sound: Array, step: float) -> int:
    """The order whose integers take the fewest bits, by the sum of log2(1 + |coefficient| / step).

    A steady tone wants long windows and a stroke short ones; one order serves the whole sound.

    Args:
        sound: [T, C] float32.
        step: about the one that the integers will have.
    """

    def cost(order: int) -> float:
        return float(np.log2(1.0 + np.abs(analyse(sound, order)[NAME]) / step).sum())

    return min((order for order in ORDERS if 1 << order <= max(len(sound), 1 << ORDERS[0])), key=cost)


def window(size: int, shift: float) -> Array:
    """w of equation (1) at u = shift, 1 + shift, ..; 0 outside the window.  Shape: [2 K]."""
    u = np.arange(2 * size) + shift
    inside = (u >= -0.5) & (u < 2 * size - 0.5)
    return np.where(inside, np.sin(np.pi / (2 * size) * (u + 0.5)), 0.0)


def _forward(frames: Array) -> Array:
    """Coefficients of windows [n, 2K]: Σ_u frames √(2/K) cos(...), by one FFT of length 2K."""
    size = frames.shape[1] // 2
    u, j = np.arange(2 * size), np.arange(size)
    spectrum = np.fft.fft(frames * np.exp(-0.5j * np.pi / size * u), axis=1)[:, :size]
    return np.real(spectrum * np.exp(-1j * np.pi / size * (0.5 + size / 2) * (j + 0.5))) * math.sqrt(2 / size)


def _backward(values: Array, shift: float) -> Array:
    """The inner sum of equation (1) at u = shift, 1 + shift, ..  Shape: [n, K] -> [n, 2 K]."""
    size = values.shape[1]
    j = np.arange(size)
    turned = values * np.exp(1j * np.pi / size * (shift + 0.5 + size / 2) * (j + 0.5))
    waves = np.fft.ifft(turned, 2 * size, axis=1) * (2 * size)
    u = np.arange(2 * size)
    return np.real(waves * np.exp(0.5j * np.pi / size * u)) * math.sqrt(2 / size)


def synthesise(values: Array, frames: int, shift: float = 0.0) -> Array:
    """Equation (1) for one component at a = shift, 1 + shift, .., frames - 1 + shift.

    Shape: values [K, N] -> [frames] float32.  |shift| <= 1/2.
    """
    size, count = values.shape
    out = np.zeros((count + 1) * size)
    half = window(size, shift)
    step = max(1, AT_ONCE // (4 * size))
    for n in range(0, count, step):
        stop = min(n + step, count)
        waves = _backward(values[:, n:stop].T.astype(np.float64), shift) * half
        out[n * size : stop * size] += waves[:, :size].reshape(-1)
        out[(n + 1) * size : (stop + 1) * size] += waves[:, size:].reshape(-1)
    return out[size : size + frames].astype(np.float32)


def bands(values: Array) -> list[Array]:
    """The octaves of a component, each with zeros elsewhere.  Shape: [K, N] -> BANDS of [K, N]."""
    out = []
    for b in range(BANDS):
        part = np.zeros_like(values)
        low, high = len(values) >> (b + 1), len(values) >> b
        part[low:high] = values[low:high]
        out.append(part)
    return out


def planes(tensors: Mapping[str, Any], encoding: EncodingSpec, shift: float = 0.0) -> Array:
    """(T_0 .. T_C-1, D_0 .. D_BANDS-1) at all frames, `shift` later.  Shape: -> [E, T]."""
    lap = tensors[NAME]
    return np.stack([synthesise(part, encoding.shape[0], shift) for part in (*lap, *bands(lap[0]))])


class Waves:
    """The planes of a sound, which can be asked at any coordinate in [-1, 1]."""

    def __init__(self, tensors: Mapping[str, Array], encoding: EncodingSpec) -> None:
        """Put the frames together; what lies between them is found when first needed."""
        self._tensors, self._encoding = tensors, encoding
        self.planes = planes(tensors, encoding)
        self._coefficients: Array | None = None

    @property
    def coefficients(self) -> Array:
        """Of the spline through the 4 T + 1 quarters -1/2, -1/4, .., T - 1/2.  Shape: [E, 4 T + 1]."""
        if self._coefficients is None:
            count, frames = self.planes.shape
            quarters = np.empty((count, QUARTERS * frames + 1), dtype=np.float32)
            for i, shift in enumerate((-0.5, -0.25, 0.0, 0.25)):
                there = self.planes if shift == 0.0 else planes(self._tensors, self._encoding, shift)
                quarters[:, i:-1:QUARTERS] = there
            quarters[:, -1] = planes(self._tensors, self._encoding, 0.5)[:, -1]
            self._coefficients = spline.coefficients(quarters, 1)
        return self._coefficients

    def product(self, first: Array) -> Array:
        """On a coordinate array; a value does not depend on the other coordinates.

        Shape: [M] -> [M, E] float32.
        """
        frames = self.planes.shape[1]
        there, index = spline.on_points(first, frames)
        if there.all():
            return np.ascontiguousarray(self.planes[:, index].T)
        out = self.points(first[:, None])
        out[there] = self.planes[:, index].T
        return out

    def points(self, x: Array) -> Array:
        """At points of any order.  Shape: [N, 1] -> [N, E] float32."""
        count = QUARTERS * self.planes.shape[1]
        # The quarters reach from border to border, so the spline's own domain is a quarter longer.
        index, weight = spline.taps(np.clip(x[:, 0], -1.0, 1.0) * (count / (count + 1)), count + 1)
        out = np.zeros((len(self.planes), len(x)), dtype=np.float32)
        for k in range(4):
            out += self.coefficients[:, index[:, k]] * weight[:, k]
        return np.ascontiguousarray(out.T)
