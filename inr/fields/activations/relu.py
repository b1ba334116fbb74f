"""ReLU: y = max(z, 0), the baseline that every other activation is compared with.

It is homogeneous, so a frequency would only rescale the layer: ω is not used.  Alone it fits
low frequencies first and high ones hardly at all; give it a Fourier encoding.

Start: He's range, sqrt(6/n).  Source: He, Zhang, Ren & Sun, "Delving Deep into Rectifiers",
ICCV 2015.
"""

from typing import Any

from inr.fields.activations.base import Activation, he_bound


def _relu(xp: Any, z: Any) -> Any:
    return z * (z > 0)


RELU = Activation.of("relu", _relu, frequency=False, weight_bound=he_bound)
