"""MP3 by LAME and Opus by libopus, through PyAV.

Both shift the sound: their transforms overlap, and files say how much of the start to drop.
Players do so; that nothing is left of the shift is measured by cross-correlation, and what is
left is taken out, so that an opponent never loses decibels to a delay.

Opus works at 48 kHz and knows few rates, so a sound of another rate is resampled to it and back
by long linear-phase filters, which shift nothing; it is judged on the source's own samples.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inr import signals
from inr.bench.codecs.contender import Contender, Found
from inr.bench.codecs.ffmpeg import av_module, has_encoder
from inr.specs import SignalSpec

Array = np.ndarray
LAYOUTS = {1: "mono", 2: "stereo"}
CHUNK = 1 << 14
MOST_LAG_S = 0.2  # that is looked for; encoders delay by a few hundredths of a second
# The filter between rates: its length in periods of the lower rate, and Kaiser's beta for -100 dB.
HALF_LENGTH, BETA = 32, 10.0
MP3_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
# Constant bit rates of the three generations of MPEG audio, in kbit/s, by the lowest sampling rate.
MP3_KBPS = {
    32_000: (32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    16_000: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    8000: (8, 16, 24, 32, 40, 48, 56, 64),
}
OPUS_RATES = (8000, 12_000, 16_000, 24_000, 48_000)
OPUS_DECODED_HZ = 48_000
OPUS_KBPS = (6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # a channel


@dataclass(frozen=True)
class _Format:
    """An encoder and its settings.

    Attributes:
        rate_hz: of the samples that it is given.
        decoded_hz: of the samples that come back.
        kbps: bit rates of the whole file, its frame is not counted.
        sample_format: what the encoder is fed.
        options: of the encoder.
        container: options of the file around it.
    """

    name: str
    encoder: str
    suffix: str
    rate_hz: int
    decoded_hz: int
    kbps: tuple[int, ...]
    sample_format: str
    options: dict[str, str]
    container: dict[str, str]


def opponents(reader: signals.Reader) -> Found:
    """The sound codecs of this FFmpeg.

    Args:
        reader: a sound.

    Returns: the opponents, and one line for each that is left out.
    """
    spec = reader.spec
    if spec.channels not in LAYOUTS:
        return [], [f"opponents left out: they take one or two channels; this has {spec.channels}"]
    sound = signals.to_float(reader.read(0, spec.shape[0]))
    found: list[Contender] = []
    missing: list[str] = []
    for form in _formats(round(spec.rate or 1), spec.channels):
        if not has_encoder(form.encoder):
            missing.append(f"{form.name} left out: this build of FFmpeg has no {form.encoder}")
            continue
        settings = {f"{kbps} kbit/s": kbps for kbps in form.kbps}
        # The encoder's own delay is measured against what it was given, at the rate that comes back.
        want = resample(sound, round(spec.rate or 1), form.decoded_hz)
        found.append(
            Contender(
                form.name,
                form.suffix,
                settings,
                partial(_encode, resample(sound, round(spec.rate or 1), form.rate_hz), form),
                _decode,
                partial(_restore, want, form.decoded_hz, spec),
            )
        )
    return found, missing


def _formats(rate_hz: int, channels: int) -> list[_Format]:
    mp3_hz, opus_hz = known_rate(rate_hz, MP3_RATES), known_rate(rate_hz, OPUS_RATES)
    rates = next(kbps for least, kbps in MP3_KBPS.items() if mp3_hz >= least)
    mp3 = _Format(
        "mp3", "libmp3lame", ".mp3", mp3_hz, mp3_hz, rates, "fltp",
        {"compression_level": "0"}, {"id3v2_version": "0"},
    )  # fmt: skip
    opus = _Format(
        "opus", "libopus", ".opus", opus_hz, OPUS_DECODED_HZ, tuple(channels * k for k in OPUS_KBPS), "flt",
        {"application": "audio", "vbr": "on", "compression_level": "10"}, {},
    )  # fmt: skip
    return [mp3, opus]


def known_rate(rate_hz: int, known: tuple[int, ...]) -> int:
    """The rate itself, or the next higher one that a codec knows, or its highest."""
    return next((rate for rate in known if rate >= rate_hz), known[-1])


def resample(sound: Array, rate_hz: int, wanted_hz: int) -> Array:
    """A sound at another rate, without delay; float32 [N, C] -> [ceil(N wanted / rate), C]."""
    from scipy import signal

    if rate_hz == wanted_hz:
        return sound
    common = math.gcd(rate_hz, wanted_hz)
    up, down = wanted_hz // common, rate_hz // common
    most = max(up, down)
    window: Any = ("kaiser", BETA)
    taps = signal.firwin(2 * HALF_LENGTH * most + 1, 1.0 / most, window=window)
    return signal.resample_poly(sound, up, down, axis=0, window=taps).astype(np.float32)


def lag(reference: Array, delayed: Array, rate_hz: int) -> int:
    """By how many samples `delayed` is late, where the two agree best; negative if it is early.

    Args:
        reference: [N, C].
        delayed: [M, C].
        rate_hz: of both.
    """
    from scipy import signal

    a, b = (sound.sum(axis=1, dtype=np.float64) for sound in (delayed, reference))
    agreement = signal.correlate(a, b, mode="full", method="fft")
    lags = signal.correlation_lags(len(a), len(b), mode="full")
    near = np.abs(lags) <= MOST_LAG_S * rate_hz
    return int(lags[near][np.argmax(agreement[near])])


def shifted(sound: Array, by: int, length: int) -> Array:
    """The sound `by` samples earlier, cut or filled with silence to a length; [length, C]."""
    out = np.zeros((length, sound.shape[1]), dtype=sound.dtype)
    part = sound[max(0, by) :][: length - max(0, -by)]
    out[max(0, -by) : max(0, -by) + len(part)] = part
    return out


def _encode(sound: Array, form: _Format, kbps: int, path: Path) -> None:
    av = av_module()
    layout = LAYOUTS[sound.shape[1]]
    with av.open(str(path), "w", options=form.container) as container:
        stream = container.add_stream(form.encoder, rate=form.rate_hz, options=dict(form.options))
        codec = stream.codec_context
        codec.layout, codec.format, codec.bit_rate = layout, form.sample_format, 1000 * kbps
        for start in range(0, len(sound), CHUNK):
            part = np.ascontiguousarray(sound[start : start + CHUNK].T)  # [C, n]
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = form.rate_hz, start, Fraction(1, form.rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _decode(path: Path) -> Iterator[Array]:
    """Float32 [n, C] at the decoder's own rate."""
    av = av_module()
    with av.open(str(path)) as container:
        resampler: Any = None
        for frame in container.decode(container.streams.audio[0]):
            if resampler is None:
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=frame.sample_rate)
            for part in resampler.resample(frame):
                yield part.to_ndarray().T


def _restore(want: Array, decoded_hz: int, spec: SignalSpec, blocks: Iterable[Array]) -> Iterator[Array]:
    """The whole sound in the source's place, rate and depth."""
    got = np.concatenate(list(blocks))
    placed = shifted(got, lag(want, got, decoded_hz), len(want))
    back = resample(placed, decoded_hz, round(spec.rate or 1))
    yield signals.from_float(shifted(back, 0, spec.shape[0]), spec)
