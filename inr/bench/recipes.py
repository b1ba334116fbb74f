"""The opponents as their authors describe them: SIREN, and the RAF authors' fork of its training.

    y = W4 s(W3 s(W2 s(W1 s(W0 x)))) with s(z) = sin 30 z and biases           (1)

Four sine layers of one width (256, "3 hidden"; 400 for video), all samples in every step, Adam at
1e-4 with default betas.  `siren` keeps that rate; `fork` lets it fall by a half cosine to 0 over the
steps that the fork trains for.  Start: W0 uniform in ±1/fan-in, the others in ±sqrt(6/fan-in)/30,
biases as torch starts them.

Their grid is not ours: coordinates include the end points of [-1, 1], and those of sound are
multiplied by 100.  Pictures are fitted in [-1, 1], sound divided by its peak.  Video steps draw
0.38 % of the voxels at random, with replacement.

Source: Sitzmann et al. 2020, arXiv:2006.09661; Liang et al. 2021, arXiv:2101.04844; settings as both
published their code.  `chunk` is ours: forward and backward over rows that fit the cache, with the
gradients added up.  The sums are the same up to rounding, and the opponent is faster for it.
`compiled` takes the gradients from our kernel, the same up to rounding once more: curves of quality
against step are made with it, times never.
"""

import math
import statistics
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inr import fitting, signals
from inr.bench.machine import step_flops
from inr.errors import SpecError
from inr.specs import ActivationSpec, FieldSpec

OMEGA = 30.0
RATE = 1e-4
HIDDEN = 3
SOUND_STRETCH = 100.0
VIDEO_FRACTION = 38e-4
DECAY_STEPS = {"image": 2000, "audio": 2001, "video": 100_000}
CACHED_VALUES = 1 << 17  # of one layer in one chunk: half a megabyte
JUDGED_VOXELS = 1 << 17
JUDGED_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class RecipeSpec:
    """What tells one recipe from another: whether its rate falls to 0."""

    cosine: bool


RECIPES = {"siren": RecipeSpec(cosine=False), "fork": RecipeSpec(cosine=True)}


class Recipe:
    """One opponent on one signal, in plain torch.

    Args:
        native: the samples as a reader gives them, [..., C].
        kind: "image", "audio" or "video".
        name: "siren" or "fork".
        width: H of every layer.
        chunk: rows at a time; None for all at once, as published.
        seed: of the start and of the voxels drawn.
        device: torch device.
        compiled: gradients by our kernel, on the processor.

    Raises:
        SpecError: the recipe is not known.
    """

    def __init__(
        self,
        native: np.ndarray,
        kind: str,
        name: str = "siren",
        *,
        width: int = 256,
        chunk: int | None = None,
        seed: int = 0,
        device: str = "cpu",
        compiled: bool = False,
    ) -> None:
        if name not in RECIPES:
            raise SpecError(f"recipe {name!r} is not known; known are {', '.join(RECIPES)}")
        self.name, self.kind, self.chunk, self.steps = name, kind, chunk, 0
        self._seed, self._device = seed, device
        if kind == "audio":
            native = native.mean(axis=1, keepdims=True) if native.shape[1] > 1 else native
        self._shape = native.shape[:-1]
        self._native = native.reshape(-1, native.shape[-1])
        self._peak = float(np.abs(signals.to_float(self._native)).max()) or 1.0 if kind == "audio" else 1.0
        self.rows = math.ceil(VIDEO_FRACTION * len(self._native)) if kind == "video" else len(self._native)
        self._whole = None if kind == "video" else self._samples(np.arange(len(self._native)))
        sizes = [len(self._shape), *(HIDDEN + 1) * (width,), native.shape[-1]]
        self.weights = _start(sizes, torch.Generator().manual_seed(seed), device)
        self.params = sum(w.numel() for w in self.weights)
        self._optimiser = torch.optim.Adam(self.weights, lr=RATE)
        self._network = _kernel_network(sizes, self.weights) if compiled else None

    @property
    def flops(self) -> float:
        """Operations of a step."""
        return step_flops(self.params, self.rows)

    @property
    def eager_bytes(self) -> float:
        """Memory that a step over all rows at once keeps: two values a neuron, and those being made."""
        return 4.0 * self.rows * self.weights[1].numel() * (2 * (HIDDEN + 1) + 3)

    def step(self) -> float:
        """One optimiser step; returns the loss before it, the mean squared error in the recipe's units."""
        if RECIPES[self.name].cosine:
            done = min(1.0, self.steps / DECAY_STEPS[self.kind])
            self._optimiser.param_groups[0]["lr"] = 0.5 * RATE * (1.0 + math.cos(math.pi * done))
        x, y = self._whole if self._whole is not None else self._drawn(self.steps, self.rows)
        total = self._gradients(x, y) if self._network is None else self._compiled_gradients(x, y)
        self._optimiser.step()
        self.steps += 1
        return float(total)

    def _gradients(self, x: Tensor, y: Tensor) -> Tensor:
        self._optimiser.zero_grad()
        total = torch.zeros((), device=self._device)
        run = self.chunk or len(x)
        for a in range(0, len(x), run):
            loss = (self._forward(x[a : a + run]) - y[a : a + run]).square().sum() / y.numel()
            loss.backward()
            total += loss.detach()
        return total

    @torch.no_grad()
    def _compiled_gradients(self, x: Tensor, y: Tensor) -> Tensor:
        network = self._network
        assert network is not None
        pairs = list(zip(self.weights, network.tensors.values(), network.grads.values(), strict=True))
        for w, own, _ in pairs:
            own[0].copy_(w.mT if w.ndim == 2 else w)
        with network.threads():
            error = network.gradients(slice(0, 1), len(x), lambda first, last: (x[None], y[None]))
        for w, _, grad in pairs:
            w.grad = (grad[0].mT if w.ndim == 2 else grad[0]) / y.numel()
        return error

    @torch.no_grad()
    def quality_db(self) -> float:
        """PSNR of pictures and video, SNR of sound, clipped and not rounded.

        Video is judged on JUDGED_VOXELS voxels, always the same ones: all of them take longer
        than a hundred steps.
        """
        x, y = self._whole if self._whole is not None else self._drawn(-1, JUDGED_VOXELS)
        error = power = 0.0
        for a in range(0, len(x), JUDGED_AT_ONCE):
            want = y[a : a + JUDGED_AT_ONCE]
            got = self._forward(x[a : a + JUDGED_AT_ONCE]).clamp(-1.0, 1.0)
            error += float((got - want).square().sum(dtype=torch.float64))
            power += float(want.square().sum(dtype=torch.float64))
        peak = power if self.kind == "audio" else 4.0 * y.numel()
        return 10.0 * math.log10(peak / error) if error > 0 < peak else math.inf

    def seconds_per_step(self, n: int = 3) -> float:
        """The median time of n steps, after one that allocates."""
        self.step()
        took = []
        for _ in range(n):
            begun = time.perf_counter()
            self.step()
            took.append(time.perf_counter() - begun)
        return statistics.median(took)

    def state(self) -> np.ndarray:
        """Steps, weights and moments as one float32 vector; `restore` takes it back."""
        moments = [self._moments(w)[key] for w in self.weights for key in ("exp_avg", "exp_avg_sq")]
        numbers = [t.detach().cpu().numpy().ravel() for t in (*self.weights, *moments)]
        return np.concatenate([np.array([self.steps], dtype=np.float32), *numbers])

    @torch.no_grad()
    def restore(self, state: np.ndarray) -> None:
        """Go on where `state` was taken.

        Raises:
            SpecError: it is the state of another network.
        """
        if len(state) != 1 + 3 * self.params:
            raise SpecError(
                f"recipe: a state of {len(state)} numbers; {1 + 3 * self.params} are needed; start anew"
            )
        self.steps, rest = int(state[0]), torch.from_numpy(state[1:].copy()).to(self._device)
        own, moments = rest[: self.params], rest[self.params :]
        for w in self.weights:
            w.copy_(own[: w.numel()].view_as(w))
            own = own[w.numel() :]
            first, second, moments = moments.tensor_split([w.numel(), 2 * w.numel()])
            self._optimiser.state[w] = {
                "step": torch.tensor(float(self.steps)),
                "exp_avg": first.view_as(w).clone(),
                "exp_avg_sq": second.view_as(w).clone(),
            }

    def _moments(self, w: Tensor) -> dict[str, Tensor]:
        zero = torch.zeros_like(w)
        return self._optimiser.state.get(w) or {"exp_avg": zero, "exp_avg_sq": zero}

    def _forward(self, x: Tensor) -> Tensor:
        """Equation (1)."""
        *hidden, (last, bias) = zip(self.weights[::2], self.weights[1::2], strict=True)
        for w, b in hidden:
            x = torch.sin(OMEGA * torch.nn.functional.linear(x, w, b))
        return torch.nn.functional.linear(x, last, bias)

    def _drawn(self, draw: int, rows: int) -> tuple[Tensor, Tensor]:
        """Random voxels; which ones depends on the seed and the number of the draw alone."""
        rng = np.random.Generator(np.random.Philox([self._seed, draw + 1]))
        return self._samples(rng.integers(0, len(self._native), rows))

    def _samples(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Coordinates with end points, and values; [n, D] and [n, C]."""
        places = np.unravel_index(index, self._shape)
        axes = [2.0 * i / max(1, n - 1) - 1.0 for i, n in zip(places, self._shape, strict=True)]
        stretch = SOUND_STRETCH if self.kind == "audio" else 1.0
        x = (stretch * np.stack(axes, -1)).astype(np.float32)
        y = signals.to_float(self._native[index])
        y = y / np.float32(self._peak) if self.kind == "audio" else 2.0 * y - 1.0
        return torch.from_numpy(x).to(self._device), torch.from_numpy(y).to(self._device)


def _kernel_network(sizes: list[int], weights: list[Tensor]) -> fitting.TrainingNetwork:
    """The same network for the kernel, whose weights are [in, out]."""
    dims, width, channels = sizes[0], sizes[1], sizes[-1]
    sine = ActivationSpec("sine", (), OMEGA, OMEGA)
    spec = FieldSpec(dims, channels, (1,) * dims, (0,) * dims, width, HIDDEN, activation=sine)
    names = [*(f"layer{n}" for n in range(HIDDEN + 1)), "output"]
    every = [f"{name}.{part}" for name in names for part in ("weight", "bias")]
    columns = [w.detach().mT if w.ndim == 2 else w.detach() for w in weights]
    start = {n: w[None].contiguous().numpy() for n, w in zip(every, columns, strict=True)}
    return fitting.TrainingNetwork(spec, start, "cpu", torch.get_num_threads())


def cached_rows(width: int) -> int:
    """Rows of a chunk whose activations stay in the cache."""
    return max(16, CACHED_VALUES // width)


def _start(sizes: list[int], generator: torch.Generator, device: str) -> list[Tensor]:
    """Weight [out, in] and bias [out] of every layer, in turn."""
    tensors = []
    for layer, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        bound = math.sqrt(6.0 / fan_in) / OMEGA if layer else 1.0 / fan_in
        for shape, limit in (((fan_out, fan_in), bound), ((fan_out,), fan_in**-0.5)):
            start = (2.0 * torch.rand(shape, generator=generator) - 1.0) * limit
            tensors.append(start.to(device).requires_grad_(True))
    return tensors
