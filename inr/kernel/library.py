"""The compiled library, found, checked and wrapped: torch tensors in, gradients and updates out.

Calls release the interpreter, so worker threads run side by side.  Tensors must be float32,
contiguous and on the CPU; the shapes are those of `inr.fields.tensor_shapes`.
"""

import ctypes
import functools
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inr.errors import SpecError
from inr.kernel.build import HERE, LIBRARY, sources_hash
from inr.specs import FieldSpec

RAF_BASES = ("carrier", "sine2", "cosine2")
MOST_LAYERS = 8  # as in step.c
REMEDY = f"run: python {HERE / 'build.py'}"
_F, _I, _P = ctypes.c_float, ctypes.c_int, ctypes.c_void_p


class _Net(ctypes.Structure):
    """Net of step.c."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("dims", "channels", "width", "layers")),
        *((name, ctypes.c_int32) for name in ("activation", "shared", "gain", "learning")),
        *((name, _F) for name in ("omega_first", "omega_hidden")),
    ]


class Kernel:
    """The functions of one variant.

    Attributes:
        variant: "avx512", "avx2" or "base".
    """

    def __init__(self, library: ctypes.CDLL, variant: str) -> None:
        self.variant = variant
        self._gradients = getattr(library, f"inr_gradients_{variant}")
        self._gradients.argtypes = [_P, _P, _P, _I, _I, _I, _I, _I, _P, _P, _I, _P]
        self._draw = getattr(library, f"inr_draw_{variant}")
        self._draw.argtypes = [_I, _P, _I, _P, _P, _I, _P, _I, _I, _I, _P, _I, _F, _F, _P, _P]
        self._muon = getattr(library, f"inr_muon_{variant}")
        self._muon.argtypes = [_I, _I, _I, _P, _P, _P, _F, _F, _F]
        self._adam = getattr(library, f"inr_adam_{variant}")
        self._adam.argtypes = [ctypes.c_ssize_t, _P, _P, _P, _P, _F, _F, _F, _F, _F]
        self._adam.restype = None

    @staticmethod
    def serves(spec: FieldSpec) -> bool:
        """Whether the kernel knows this field's encoding and activation."""
        activation = spec.activation
        known = activation.name == "sine" or (activation.name == "raf" and activation.bases == RAF_BASES)
        return known and spec.encoding.name == "identity" and spec.hidden < MOST_LAYERS

    def draw(
        self,
        index: np.ndarray,
        group: "Box",
        tiles: tuple[int, int],
        base: int,
        scale: tuple[float, float],
        u: Any,
        values: Any,
    ) -> None:
        """Fill in the samples of some tiles of a group.

        Args:
            index: [B] int64, which samples of a tile; every tile of the group gives the same ones.
            group: where the samples are.
            tiles: first and last (excluded) tile of the group.
            base: the place of the first tile of `u` and `values`.
            scale: (offset, full scale): a stored value v means (v + offset) / full; floats stay as they are.
            u: [k, B, D] float32, to be filled at the tiles' places.
            values: [k, B, C] float32, likewise.

        Raises:
            MemoryError: no room for the batch's positions.
        """
        index = np.ascontiguousarray(index, dtype=np.int64)
        failed = self._draw(
            len(index),
            index.ctypes.data,
            *group.arguments,
            *tiles,
            group.places.ctypes.data,
            base,
            *scale,
            u.data_ptr(),
            values.data_ptr(),
        )
        if failed:
            raise MemoryError("no memory for a batch's positions")

    def gradients(
        self,
        net: "Net",
        tiles: tuple[int, int],
        rows: tuple[int, int],
        u: Any,
        target: Any,
        *,
        backward: bool = True,
    ) -> float:
        """Add the gradients of the summed squared error to `net`'s; return that error.

        Args:
            net: the network's numbers.
            tiles: first and last (excluded) tile; `u` and `target` begin at the first.
            rows: first and last (excluded) row of these tiles that count.
            u: [k, B, D] local coordinates.
            target: [k, B, C].
            backward: False for the error alone.

        Raises:
            MemoryError: no room for the activations of one piece.
        """
        loss = ctypes.c_double()
        failed = self._gradients(
            ctypes.byref(net.shape),
            net.tensors,
            net.grads,
            *tiles,
            u.shape[1],
            *rows,
            u.data_ptr(),
            target.data_ptr(),
            int(backward),
            ctypes.byref(loss),
        )
        if failed:
            raise MemoryError("no memory for the activations of one tile")
        return loss.value

    def muon(
        self,
        w: Any,
        g: Any,
        m: Any,
        tiles: tuple[int, int],
        *,
        momentum: float,
        rate: float,
        keep: float = 1.0,
    ) -> None:
        """Equation (1) of optimisers.py on the matrices of some tiles; w, g, m [K, n, n].

        keep = 1 - λ η, rate = η.
        """
        pointers = (t.data_ptr() for t in (w, g, m))
        if self._muon(*tiles, w.shape[-1], *pointers, momentum, rate, keep):
            raise MemoryError("no memory for a batch of weight matrices")

    def adam(
        self,
        w: Any,
        g: Any,
        m: Any,
        v: Any,
        *,
        betas: tuple[float, float],
        rate: float,
        root: float,
        epsilon: float,
    ) -> None:
        """Equation (2) of optimisers.py; rate = η / (1-β1^t), root = 1 / (1-β2^t)."""
        pointers = (t.data_ptr() for t in (w, g, m, v))
        self._adam(w.numel(), *pointers, *betas, rate, root, epsilon)


class Box:
    """Addresses of the samples of tiles whose boxes have one shape.

    Args:
        shape: samples of a tile along each axis.
        places: [G] where each tile stands among the tiles of a batch.
        samples: [G, n, C] uint8, int16 or float32 tensor.
        tables: per axis [G, shape[d]] float32 local coordinates.
    """

    def __init__(self, shape: tuple[int, ...], places: list[int], samples: Any, tables: list[Any]) -> None:
        assert all(t.is_contiguous() for t in (samples, *tables))
        self._kept = (samples, tables)
        self.places = np.array(places, dtype=np.int32)
        self._shape = (ctypes.c_int32 * len(shape))(*shape)
        self._tables = (_P * len(tables))(*(t.data_ptr() for t in tables))
        size, channels = samples.element_size(), samples.shape[2]
        self.arguments = (len(shape), self._shape, self._tables, size, samples.data_ptr(), channels)


class Net:
    """Addresses of a field's tensors and of their gradients; both must outlive it.

    Args:
        spec: a field that the kernel serves.
        tensors, grads: by name, in the order of `inr.fields.tensor_shapes`.
        learning: the first layer whose amplitudes get gradients.

    Raises:
        SpecError: the kernel does not serve the field.
    """

    def __init__(
        self, spec: FieldSpec, tensors: Mapping[str, Any], grads: Mapping[str, Any], learning: int = 0
    ) -> None:
        if not Kernel.serves(spec):
            raise SpecError(f"kernel: no code for activation {spec.activation.name} with this encoding")
        a = spec.activation
        kind = 0 if a.name == "sine" else 1
        self.shape = _Net(
            *(spec.dims, spec.channels, spec.width, spec.hidden + 1),
            *(kind, int(a.shared or spec.tile_count == 1), int(spec.gain), learning),
            *(a.omega_first, a.omega_hidden),
        )
        self._kept = [*tensors.values(), *grads.values()]
        assert all(t.is_contiguous() and t.element_size() == 4 for t in self._kept)
        self.tensors = (_P * len(tensors))(*(t.data_ptr() for t in tensors.values()))
        self.grads = (_P * len(tensors))(*(grads[name].data_ptr() for name in tensors))


def load() -> Kernel | None:
    """The kernel, or None where there is none; `why_not` then says why."""
    return _load()[0]


def why_not() -> str:
    """In one line, why there is no kernel; empty where there is one."""
    return _load()[1]


@functools.cache
def _load() -> tuple[Kernel | None, str]:
    if os.environ.get("INR_KERNEL") == "off":
        return None, "switched off by INR_KERNEL=off"
    return open_library(LIBRARY)


def open_library(path: Path) -> tuple[Kernel | None, str]:
    """The fastest variant of a library that this processor can run, or None and why there is none."""
    if not path.exists():
        return None, f"not built (inr was installed without a C compiler); with gcc or clang, {REMEDY}"
    try:
        if _cut_short(path):
            return None, f"cannot be loaded: {path} is cut short; {REMEDY}"
        library = ctypes.CDLL(str(path))
        for name in ("inr_variant", "inr_sources"):
            getattr(library, name).restype = ctypes.c_char_p
        if library.inr_sources().decode() != sources_hash():
            return None, f"made from other sources; {REMEDY}"
        return Kernel(library, library.inr_variant().decode()), ""
    except (OSError, AttributeError) as error:
        return None, f"cannot be loaded: {error}; {REMEDY}"


def _cut_short(path: Path) -> bool:
    """Whether a library of Linux ends before its table of sections: to load it would kill the process.

    Source: the ELF-64 header, fields e_shoff, e_shentsize and e_shnum; other formats are left to the loader.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if len(head) < 64 or not head.startswith(b"\x7fELF\x02\x01"):
        return False
    (table,), (each, count) = struct.unpack_from("<Q", head, 40), struct.unpack_from("<HH", head, 58)
    return table + each * count > path.stat().st_size
