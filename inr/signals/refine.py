"""Values half way between the samples, by the cubic spline through them.

Training on some of them holds a network to the signal also where there is no sample.  The
interpolating cubic spline is a sum of the samples with weights that fall off by a factor of 3.7 a
sample (Unser 1999, "Splines", table 1), so half-way values are a short symmetric filter:

    y(i + 1/2) = Σ_k w_k (x[i - k] + x[i + 1 + k]),   k = 0 .. TAPS-1      (1)

At the ends of the signal it is mirrored about its first and its last sample.
"""

import numpy as np

Array = np.ndarray
TAPS = 6
PAD = TAPS  # samples beyond a window that equation (1) needs


def _weights() -> Array:
    """w_k: the spline's impulse response √3 (√3 - 2)^|j| through the B-spline at ±1/2 and ±3/2."""
    j = np.arange(-40, 41)
    response = np.sqrt(3.0) * (np.sqrt(3.0) - 2.0) ** np.abs(j)
    bspline = {0.5: 23 / 48, 1.5: 1 / 48}
    weights = [
        sum(r * bspline.get(abs(k + 0.5 - m), 0.0) for m, r in zip(j, response, strict=True))
        for k in range(TAPS)
    ]
    return np.array(weights) * (0.5 / np.sum(weights))


WEIGHTS = _weights()


def refine(samples: Array, axis: int) -> Array:
    """Samples and the values between them, in turn, along one axis: n become 2 n - 1.

    float32, or float64 where the samples are wider than 16 bits.
    The ends are mirrored; a window of a longer signal brings PAD samples more on each side.
    """
    x = np.moveaxis(np.asarray(samples, dtype=np.result_type(samples, np.float32)), axis, 0)
    n = len(x)
    out = np.empty((2 * n - 1, *x.shape[1:]), dtype=x.dtype)
    out[::2] = x
    if n > 1:
        places = np.arange(-TAPS, n + TAPS)
        period = 2 * (n - 1)
        folded = np.abs((places + (n - 1)) % period - (n - 1))
        far = x[folded]
        between = out[1::2]
        between[...] = 0.0
        for k, w in enumerate(WEIGHTS):
            between += x.dtype.type(w) * (far[TAPS - k : TAPS - k + n - 1] + far[TAPS + 1 + k : TAPS + k + n])
    return np.moveaxis(out, 0, axis)
