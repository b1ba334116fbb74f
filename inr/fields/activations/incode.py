"""INCODE without its prior: y = e^a sin(e^b θ + c) + d, θ = ω z.

In the paper a pretrained image network predicts a, b, c and d from the signal, the same four for
every layer.  Here each layer trains its own four, from the 0.312 that the prediction starts at, so
that a field needs nothing outside its file.  The penalty on negative values is left out.

Start: SIREN's range.  Source: Kazerouni, Azad, Hosseini, Merhof & Bagci, "INCODE: Implicit
Neural Conditioning with Prior Knowledge Embeddings", WACV 2024, arXiv:2310.18846.
"""

from typing import Any

from inr.fields.activations.base import Activation, Tuning

START = 0.312


def _incode(xp: Any, t: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    return xp.exp(a) * xp.sin(xp.exp(b) * t + c) + d


# e^0.312 = 1.37 multiplies ω, so the first layer starts at 0.7 of a sine's.
INCODE = Activation.of(
    "incode", _incode, start=dict.fromkeys("abcd", START), tuning=Tuning(reach=0.7, own=0.3)
)
