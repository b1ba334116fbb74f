"""Odd but valid inputs go through fit, decode and eval: same size, mode, depth, rate and timing."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image, ImageCms

from inr import codec
from tests.cli import made
from tests.cli.commands import inr

TAGGED = {"image": "psnr_db", "audio": "snr_db", "video": "psnr_db"}


def round_trip(name, out, steps=10):
    """Fit, decode and measure; the path of what was decoded."""
    got = inr("fit", name, "-o", "x.inr", "--steps", steps, "--json", "--quiet")
    assert got.code == 0, got
    assert inr("decode", "x.inr", out).code == 0
    measured = inr("eval", "x.inr", name, "--json")
    assert measured.code == 0, measured
    key = TAGGED[codec.load("x.inr").signal.kind]
    if got.json[key] is not None:
        assert measured.json[key] == pytest.approx(got.json[key], abs=1e-9)
    return Path(out)


def grey16(path):
    Image.fromarray(made.pixels(20, 24, 1, 16)[..., 0]).save(path)


def colour16(path):
    """16 bits of RGB through FFmpeg; Pillow cannot write them."""
    frame = av.VideoFrame.from_ndarray(made.pixels(20, 24, 3, 16).astype(np.uint16), format="rgb48be")
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 24, 20, "rgb48be", Fraction(1)
    Path(path).write_bytes(b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)]))


def of_mode(mode):
    def save(path):
        Image.fromarray(made.pixels(20, 24)).convert(mode).save(path)

    return save


def sized(height, width):
    return lambda path: made.picture(path, height, width)


PICTURES = {
    "1x1.png": (sized(1, 1), "x.png", "RGB"),
    "1x1-grey.png": (lambda p: made.picture(p, 1, 1, 1), "x.png", "L"),
    "1x5000.png": (sized(5000, 1), "x.png", "RGB"),
    "5000x1.png": (sized(1, 5000), "x.png", "RGB"),
    "4097x3.png": (sized(3, 4097), "x.png", "RGB"),
    "grey.png": (of_mode("L"), "x.png", "L"),
    "grey-alpha.png": (of_mode("LA"), "x.png", "LA"),
    "alpha.png": (of_mode("RGBA"), "x.png", "RGBA"),
    "palette.png": (of_mode("P"), "x.png", "RGB"),
    "one-bit.png": (of_mode("1"), "x.png", "1"),
    "cmyk.tif": (of_mode("CMYK"), "x.tif", "CMYK"),
    "cmyk.jpg": (of_mode("CMYK"), "x.jpg", "CMYK"),
    "grey16.png": (grey16, "x.png", "I;16"),
    "grey.bmp": (of_mode("L"), "x.bmp", "L"),
    "colour.webp": (of_mode("RGB"), "x.webp", "RGB"),
    "still.gif": (of_mode("P"), "x.png", "RGB"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_comes_back_with_its_size_and_mode(name):
    make, out, mode = PICTURES[name]
    make(Path(name))
    with Image.open(round_trip(name, out)) as got, Image.open(name) as want:
        assert got.size == want.size
        assert got.mode == mode


def test_sixteen_bits_of_colour_come_back():
    colour16("deep.png")
    path = round_trip("deep.png", "x.png", steps=300)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert (frame.format.name, frame.width, frame.height) == ("rgb48be", 24, 20)
    assert codec.load("x.inr").signal.bits == 16
    assert len(np.unique(frame.to_ndarray())) > 256


def test_a_photograph_on_its_side_comes_back_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(made.pixels(20, 32)).save("side.jpg", exif=exif)
    with Image.open(round_trip("side.jpg", "x.png")) as got:
        assert got.size == (20, 32)
        assert got.getexif().get(0x0112, 1) == 1


def test_a_colour_profile_comes_back_byte_for_byte():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made.picture("wide.png", icc_profile=profile)
    with Image.open(round_trip("wide.png", "x.png")) as got:
        assert got.info["icc_profile"] == profile


SOUNDS = {
    "pcm16.wav": ({}, "x.wav", "PCM_16"),
    "pcm24.wav": ({"subtype": "PCM_24"}, "x.wav", "PCM_24"),
    "float.wav": ({"subtype": "FLOAT"}, "x.wav", "FLOAT"),
    "pcm8.wav": ({"subtype": "PCM_U8"}, "x.wav", "PCM_U8"),
    "one.wav": ({"frames": 1}, "x.wav", "PCM_16"),
    "two.wav": ({"frames": 2, "channels": 2}, "x.wav", "PCM_16"),
    "fast.wav": ({"rate_hz": 192_000, "frames": 5000}, "x.wav", "PCM_16"),
    "stereo.wav": ({"channels": 2}, "x.wav", "PCM_16"),
    "surround.wav": ({"channels": 6, "rate_hz": 48_000}, "x.wav", "PCM_16"),
    "exact.flac": ({"subtype": "PCM_24"}, "x.flac", "PCM_24"),
    "apple.aiff": ({}, "x.aiff", "PCM_16"),
    "lossy.ogg": ({"frames": 8000, "subtype": "VORBIS"}, "x.wav", "PCM_16"),
    "lossy.mp3": ({"frames": 8000, "subtype": "MPEG_LAYER_III"}, "x.wav", "PCM_16"),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_comes_back_with_its_length_rate_and_format(name):
    options, out, subtype = SOUNDS[name]
    made.sound(Path(name), **options)
    got, want = soundfile.info(round_trip(name, out)), soundfile.info(name)
    assert (got.frames, got.samplerate, got.channels) == (want.frames, want.samplerate, want.channels)
    assert got.subtype == subtype


def test_silence_has_no_snr_and_comes_back_quiet():
    soundfile.write("silence.wav", np.zeros((1000, 1)), 8000)
    path = round_trip("silence.wav", "x.wav", steps=300)
    assert np.abs(soundfile.read(path)[0]).max() < 0.002
    assert inr("eval", "x.inr", "silence.wav", "--json").json["snr_db"] is None


def aac(path, with_video=False):
    """AAC in MP4: an .m4a, or the sound track of a clip without pictures."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="stereo")
        values = made.wave(44_100 // 4, 2, 44_100).T.astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 44_100, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.mark.parametrize("name", ["song.m4a", "sound-only.mp4"])
def test_sound_inside_mp4_comes_back_at_its_rate(name):
    aac(Path(name))
    with av.open(name) as container:
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    got = soundfile.info(round_trip(name, "x.wav"))
    assert (got.samplerate, got.channels) == (44_100, 2)
    assert got.frames == decoded


def tagged(stream):
    stream.codec_context.colorspace = 1
    stream.codec_context.color_primaries = stream.codec_context.color_trc = 1
    stream.codec_context.color_range = 1


def full_range(stream):
    stream.codec_context.color_range = 2


def turned(stream):
    stream.set_display_rotation(90)


UNEVEN = (0, 1, 3, 4, 8, 9)
CLIPS = {
    "untagged.mp4": {},
    "tagged.mp4": {"before": tagged},
    "full.mp4": {"before": full_range},
    "ten-bit.mp4": {"layout": "yuv420p10le"},
    "uneven.mp4": {"pts": UNEVEN},
    "odd.mp4": {"layout": "yuv444p", "height": 23, "width": 31},
    "one.mp4": {"frames": 1},
    "two.mp4": {"frames": 2},
    "ntsc.mp4": {"rate": Fraction(30_000, 1001)},
    "turned.mp4": {"before": turned},
    "exact.mkv": {"codec": "ffv1", "layout": "bgr0", "options": {"level": "3"}},
    "web.webm": {"codec": "libvpx-vp9", "options": {"crf": "30", "b": "0", "cpu-used": "8"}},
}


def shown(path):
    """Frames as they are shown: (count, height, width), times in seconds, pixel format."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        turns = round(frames[0].rotation / 90) % 2
    height, width = frames[0].height, frames[0].width
    times = [float(frame.pts * frame.time_base) for frame in frames]
    size = (len(frames), *((width, height) if turns else (height, width)))
    return size, np.array(times) - times[0], frames[0].format.name


@pytest.mark.parametrize("out", ["x.mkv", "x.mp4"])
@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_comes_back_with_its_size_frames_and_times(name, out):
    made.clip(Path(name), **CLIPS[name])
    size, times, _ = shown(name)
    got_size, got_times, layout = shown(round_trip(name, out, steps=5))
    assert got_size == size
    np.testing.assert_allclose(got_times, times, atol=0.0011)  # Matroska counts milliseconds
    if out == "x.mkv":
        assert layout == ("gbrp10le" if "ten-bit" in name else "bgr0")


def test_the_sound_track_is_mentioned_and_a_still_picture_is_no_video(tmp_path):
    with av.open("both.mp4", "w") as container:
        video, audio = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=44_100)
        video.width, video.height, video.pix_fmt = 32, 24, "yuv420p"
        frame = av.VideoFrame.from_ndarray(made.pixels(24, 32), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux([*video.encode(frame), *video.encode(None)])
        values = np.zeros((1, 1024), dtype=np.float32)
        sound = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono")
        sound.sample_rate, sound.pts = 44_100, 0
        container.mux([*audio.encode(sound), *audio.encode(None)])
    got = inr("fit", "both.mp4", "--steps", 2, "--json")
    assert got.code == 0, got
    assert "both.mp4: the sound track is not stored" in got.err
    assert inr("fit", "both.mp4", "--steps", 2, "--quiet", "--force").err == ""


def test_a_clip_with_transparency_is_read_without_it_and_says_so():
    options = {"crf": "30", "b": "0", "cpu-used": "8"}
    made.clip(Path("ghost.webm"), codec="libvpx-vp9", layout="yuva420p", options=options)
    got = inr("fit", "ghost.webm", "--steps", 2)
    assert got.code in (0, 3)
    assert "transparency" in got.err
