"""A context network as bytes, in the section that needs it (FORMAT.md, section 10.3)."""

import numpy as np

from inr.codec import weights
from inr.codec.context import MOST_WEIGHT, Context, shapes
from inr.codec.entropy import Reader, Writer
from inr.errors import FormatError

K = 5  # the step of all weights is 2^-5


def write(network: Context) -> bytes:
    """A stream of its own."""
    return weights.write(network.weights, dict.fromkeys(network.weights, K))


def read(data: bytes, inputs: int, *, early: bool = False) -> Context:
    """The inverse of `write`, of a network with so many inputs.

    Raises:
        FormatError: damaged, of another step, or with weights that are too large.
    """
    return _checked(weights.read(data, shapes(inputs), early=early))


def put(writer: Writer, network: Context) -> None:
    """Its tensors, to a stream that goes on after them."""
    weights.put(writer, network.weights, dict.fromkeys(network.weights, K))


def take(reader: Reader, inputs: int) -> Context:
    """The inverse of `put`, of a network with so many inputs.

    Raises:
        FormatError: damaged, of another step, or with weights that are too large.
    """
    return _checked(weights.take(reader, shapes(inputs)))


def _checked(content: weights.Content) -> Context:
    if any(row.k != K for row in content.rows.values()):
        raise FormatError("grids: weights of the context network must have the step 2^-5")
    if max(int(np.abs(q).max()) for q in content.integers.values()) > MOST_WEIGHT:
        raise FormatError(f"grids: a weight of the context network passes {MOST_WEIGHT}")
    return Context(content.integers)
