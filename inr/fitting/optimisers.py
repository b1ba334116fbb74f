"""Adam and batched Muon, on the tiles that a step touched.

Hidden matrices [K, H, H] get Muon (Jordan et al. 2024): the momentum's nearest
orthogonal matrix, by five Newton-Schulz steps on the whole batch of tiles in float32.
Everything else gets Adam (Kingma & Ba 2015).  torch.optim has neither per-tile step
counts, which slabs need, nor Muon on a batch of matrices.  Where the network has the compiled
kernel, its workers do both, each on its share of the tiles.

    Muon:  m <- μ m + g,  d = NS(g + μ m),  W <- (1 - λ η) W - η d          (1)
    Adam:  m <- β1 m + (1-β1) g,  v <- β2 v + (1-β2) g²,
           w <- w - η (m / (1-β1^t)) / (sqrt(v / (1-β2^t)) + ε)             (2)

A step of Muon has the same length however little the batch says, so where gradients are mostly
noise the matrices grow like a random walk, frequencies with them, and the fit never settles
(kodim15, 55k parameters: 23 dB).  The decay λ bounds that growth; it costs at most 0.1 dB where
nothing grew in a picture (data/baselines/README.md).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from inr.fitting.network import TrainingNetwork, share

MOMENTUM = 0.95
DECAY = 1.0  # λ where nothing else is said
BETAS = (0.9, 0.99)
EPSILON = 1e-12  # gradients of quiet tiles are far below Adam's usual 1e-8
PLAIN = {"weight", "bias", "gain"}  # tensors that every field has; the others are the activation's own
LONG = 0.25  # bach at 17,000 steps: rates of 580 steps 50.0 dB, half of them 50.7, a third 51.0
WIDEST = 64  # matrices larger than this are quicker one by one, in torch
# Coefficients of the quintic iteration of Jordan et al.: steep at 0, near 1 on [0.7, 1.2].
QUINTIC = (3.4445, -4.7750, 2.0315)


@dataclass(frozen=True)
class Rates:
    """Learning rates.

    Attributes:
        muon: of Muon on hidden matrices; 0 gives them to Adam.
        adam: of Adam on weights, biases and gains.
        own: of Adam on the activation's own parameters; 0 where those that rest in all layers but the last
            rest there too.
        decay: λ of equation (1).
        horizon: the steps that these rates are for; a longer plan lowers them, see `lowered`.
    """

    muon: float
    adam: float
    own: float
    decay: float = DECAY
    horizon: float | None = None

    def lowered(self, steps: int) -> float:
        """Factor on all rates in a plan of so many steps: (horizon / steps)^LONG, at most 1."""
        return min(1.0, (self.horizon / steps) ** LONG) if self.horizon and steps > 0 else 1.0


class Optimiser:
    """Updates tensors in place; its state is one or two tensors a parameter.

    Args:
        tensors: what is trained, by name, each with a leading tile axis.
        rates: learning rates at the start; the schedule scales them.
        network: whose workers and kernel to use; None for torch alone.
    """

    def __init__(
        self, tensors: dict[str, Tensor], rates: Rates, network: TrainingNetwork | None = None
    ) -> None:
        self._tensors, self._rates = tensors, rates
        self._network = network if network is not None and network.kernel is not None else None
        self._first = {name: torch.zeros_like(t) for name, t in tensors.items()}
        self._second = {n: torch.zeros_like(t) for n, t in tensors.items() if not self._orthogonal(n)}

    def state(self) -> dict[str, Tensor]:
        """Moments by name, for a checkpoint; the tensors are the live ones."""
        first = {f"first.{name}": t for name, t in self._first.items()}
        return first | {f"second.{name}": t for name, t in self._second.items()}

    @torch.no_grad()
    def step(
        self, grads: dict[str, Tensor], tiles: slice, count: int | Tensor, scale: float | Tensor
    ) -> None:
        """One update of the given tiles.

        Args:
            grads: gradients by name, of the shape of the tensors.
            tiles: which tiles have gradients; parameters that tiles share are always updated.
            count: t of equation (2), the number of updates these tiles had, this one included.
            scale: the schedule's factor on both rates.  Without the kernel both may be scalars on the device.
        """
        if self._network is not None:
            assert not isinstance(count, Tensor)
            assert not isinstance(scale, Tensor)
            self._compiled(self._network, grads, tiles, count, scale)
            return
        for name, tensor in self._tensors.items():
            part = slice(None) if tensor.shape[0] == 1 else tiles
            w, g, m = tensor[part], grads[name][part], self._first[name][part]
            if self._orthogonal(name):
                self._muon(w, g, m, self._rates.muon * scale)
            else:
                self._adam(w, g, m, self._second[name][part], count, self._rate(name) * scale)

    def _compiled(
        self, network: TrainingNetwork, grads: dict[str, Tensor], tiles: slice, count: int, scale: float
    ) -> None:
        """The same by the kernel: workers take tiles, and the first one what tiles share."""
        code = network.kernel
        assert code is not None
        muon = self._rates.muon * scale
        unbiased = scale / (1 - BETAS[0] ** count)
        root = 1 / (1 - BETAS[1] ** count)

        def work(worker: int) -> None:
            first, last = share(tiles.stop - tiles.start, network.workers, worker)
            first, last = first + tiles.start, last + tiles.start
            for name, w in self._tensors.items():
                g, m = grads[name], self._first[name]
                if name not in self._second and w.shape[-1] <= WIDEST and w.shape[0] > 1:
                    code.muon(
                        w,
                        g,
                        m,
                        (first, last),
                        momentum=MOMENTUM,
                        rate=muon,
                        keep=1 - self._rates.decay * muon,
                    )
                    continue
                part = slice(first, last) if w.shape[0] > 1 else slice(0, int(worker == 0))
                if part.start == part.stop:
                    continue
                w, g, m = w[part], g[part], m[part]
                if name not in self._second:
                    self._muon(w, g, m, muon)
                    continue
                v = self._second[name][part]
                code.adam(
                    w, g, m, v, betas=BETAS, rate=self._rate(name) * unbiased, root=root, epsilon=EPSILON
                )

        network.each(work)

    def _rate(self, name: str) -> float:
        return self._rates.adam if name.rpartition(".")[2] in PLAIN else self._rates.own

    def _orthogonal(self, name: str) -> bool:
        layer, _, kind = name.partition(".")
        hidden = layer.startswith("layer") and layer != "layer0" and kind == "weight"
        return hidden and self._rates.muon > 0

    def _muon(self, w: Tensor, g: Tensor, m: Tensor, rate: float | Tensor) -> None:
        m.mul_(MOMENTUM).add_(g)
        w.mul_(1 - self._rates.decay * rate).sub_(orthogonal(g + MOMENTUM * m).mul_(rate))

    @staticmethod
    def _adam(w: Tensor, g: Tensor, m: Tensor, v: Tensor, count: int | Tensor, rate: float | Tensor) -> None:
        m.lerp_(g, 1 - BETAS[0])
        v.mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
        root = (v / (1 - BETAS[1] ** count)).sqrt_().add_(EPSILON)
        w.sub_((m / root).mul_(rate / (1 - BETAS[0] ** count)))


def orthogonal(matrices: Tensor) -> Tensor:
    """Near-orthogonal factors: singular values go to about 1, singular vectors stay.

    Shape: [K, a, b] -> [K, a, b].
    """
    x = matrices / (torch.linalg.vector_norm(matrices, dim=(1, 2), keepdim=True) + 1e-20)
    a, b, c = QUINTIC
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x
