"""The activations, by name.  One idea a file; `registry.py` holds the list.

θ = ω z, H neurons; "a layer" counts trained numbers of one layer beside its weights.  Every layer
has its own.  Files hold the first four; the others can be fitted and compared.

| name | y of one neuron | a layer | source | use |
|---|---|---|---|---|
| raf | sin θ + p sin 2θ + q cos 2θ, or others (raf.py) | 2 H | 2101.04844 | signals; the default |
| raf-image | a z + b z² + c sin fz + d exp(-(gz)²/2) | 6 H | 2101.04844 | pictures, as published |
| raf-audio | a sin fz + b exp(-(gz)²/2) | 4 H | 2101.04844 | sound, as published |
| sine | sin θ | 0 | 2006.09661 | signals, equations |
| raf-groups | z, z², sin θ, exp(-z²/2σ²) by group of neurons | 0 (6: rational) | 2101.04844 | equations |
| finer | sin(ω (∣z∣ + 1) z) | 0 | 2312.02434 | signals |
| gauss | exp(-θ²) | 0 | 2111.15135 | signals, equations |
| wire | exp(jc - 2.25 ∣c∣²), c complex over two halves of H | 1 | 2301.05187 | pictures, noise |
| wire-real | cos θ exp(-2.25 θ'²), θ' half a layer away | 0 | 2301.05187 | pictures, noise |
| spder | sin θ sqrt∣θ∣ | 0 | 2306.15242 | signals; not C2 at 0 |
| staf | Σ C sin(Ω θ + Φ), 5 terms | 15 | 2502.00869 | signals, equations |
| incode | e^a sin(e^b θ + c) + d | 4 | 2310.18846 | signals |
| hosc | tanh(β sin θ) | 1 | 2401.10967 | edges |
| sinc | sin θ / θ | 0 | 2402.05427 | signals, equations |
| relu | max(z, 0) | 0 | He et al. 2015 | baseline, with a Fourier encoding |
| slaf | Σ a_j u^j, u = mθ cut to ± 1, degree 5 | 7 | 1906.09529 | low frequencies |
| slaf-fourier | Σ a_j cos jθ + b_j sin jθ, j <= 3 | 7 | 1906.09529 | signals, equations |
| lslu | Σ t_i max(z + s_i, 0), 4 terms | 8 H | 2409.08283 | with a Fourier encoding |
| pau | P(x) / (1 + ∣Q(x)∣), degrees 5 and 4, x = θ/π | 10 | 1907.06732 | signals |
| kat | the same, one Q for each of 8 groups | 38 | 2409.10594 | signals |
| rational32 | P(z) / (1 + (q0 + q1 z)²), P of degree 3 | 6 | 2004.01902 | equations |
| pwlu | piecewise linear, 16 pieces in θ | 21 | 2104.03693 | signals; not C1 |
| gp | line + Σ w_i exp(-(θ/s - i)²/2), 7 terms | 9 | 2006.06057 | signals, equations |
| combination | Σ w_p g_p(θ), known g_p | P | 2004.13271 | contrast |
| apalu | a (z + z σ(1.702 z)), b (e^z - 1) below 0 | 2 | 2402.08244 | contrast |
| relu2 | max(z, 0)² | 0 | 2402.03804 | contrast |
| sqish | az + (1 - a) z / sqrt(1 + ∣b∣ e^(-2g(1-a)z)) | 3 | 2310.10126 | contrast |
| talu | z, tanh max(z, α) below 0 | 1 | 2305.04402 | contrast |

Left out, with the reason in `EXCLUDED`: Dynamic ReLU, GReLU and threshold networks.  Fourier
features are an encoding (encodings.py).
"""

from inr.fields.activations.base import Activation, Tuning
from inr.fields.activations.groups import grouped
from inr.fields.activations.registry import ACTIVATIONS, EXCLUDED, activation, register
from inr.specs import ActivationSpec

__all__ = [
    "ACTIVATIONS",
    "EXCLUDED",
    "Activation",
    "ActivationSpec",
    "Tuning",
    "activation",
    "grouped",
    "register",
]
