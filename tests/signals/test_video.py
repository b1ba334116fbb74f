"""Video: the frame that was asked for, in the colours that its tags mean, at its time."""

from fractions import Fraction

import av
import numpy as np
import pytest

from inr.errors import SignalError, SpecError
from inr.signals import from_float, open_reader, open_writer, to_float
from inr.specs import SignalSpec

UNTAGGED = (2, 2, 2, 0)
# Luma weights (red, blue) of ITU-R BT.601 and BT.709.
WEIGHTS = {5: (0.299, 0.114), 1: (0.2126, 0.0722)}


def noise(frames, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3)).astype(np.uint8)


def moving(frames, height, width):
    """Smooth colours that move, float in [0, 1]."""
    t, y, x = np.meshgrid(
        np.arange(frames) / frames, np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij"
    )
    return np.stack([0.1 + 0.8 * x, 0.5 + 0.4 * np.sin(3 * (y + t)), (t + y * x) / 2.2], axis=-1)


def video(shape, rate=Fraction(25), **more):
    return SignalSpec("video", shape, 3, mode="RGB", rate=rate, **more)


def encode(
    path,
    frames,
    *,
    codec="libx264",
    layout="yuv420p",
    pts=None,
    time_base=Fraction(1, 25),
    before=None,
    options=None,
):
    """Frames through PyAV itself, not through our writer; frames are arrays of `layout` or rgb24."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.pix_fmt = layout
        first = frames[0] if isinstance(frames[0], av.VideoFrame) else av.VideoFrame.from_ndarray(frames[0])
        stream.width, stream.height = first.width, first.height
        stream.time_base = stream.codec_context.time_base = time_base
        if before is not None:
            before(stream)
        for number, pixels in enumerate(frames):
            frame = pixels if isinstance(pixels, av.VideoFrame) else av.VideoFrame.from_ndarray(pixels)
            frame = frame.reformat(format=layout)
            frame.pts, frame.time_base = number if pts is None else pts[number], time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def read_all(path):
    with open_reader(path) as reader:
        return reader.read(0, reader.spec.shape[0]), reader.spec, reader.notes


def write_all(path, spec, values):
    with open_writer(path, spec) as writer:
        writer.write(values[:1])
        writer.write(values[1:])
    return writer.notes


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("size", [(1, 1), (16, 24), (17, 23)])
def test_mkv_keeps_every_sample_at_every_depth(tmp_path, size, bits):
    spec = video((3, *size), bits=bits, rate=Fraction(30000, 1001))
    values = np.random.default_rng(0).random((3, *size, 3))
    write_all(tmp_path / "a.mkv", spec, values)
    native, got, _ = read_all(tmp_path / "a.mkv")
    assert (got.shape, got.bits, got.rate, got.pts) == (spec.shape, bits, spec.rate, None)
    np.testing.assert_array_equal(native, from_float(values, spec))


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("size", [(32, 48), (33, 47), (3, 5)])
def test_lossy_formats_keep_size_count_and_rate_and_say_that_they_are_lossy(tmp_path, suffix, size):
    spec = video((5, *size), rate=Fraction(24))
    values = moving(5, *size)
    notes = write_all(tmp_path / f"a{suffix}", spec, values)
    assert "lossy" in notes[0]
    native, got, _ = read_all(tmp_path / f"a{suffix}")
    assert (got.shape, got.rate) == (spec.shape, spec.rate)
    assert np.sqrt(np.mean((to_float(native) - values) ** 2)) < 0.03


@pytest.mark.parametrize("matrix", [1, 6])
def test_mp4_is_written_with_the_matrix_of_the_source_and_reads_in_the_same_colours(tmp_path, matrix):
    flat = np.broadcast_to([0.9, 0.2, 0.1], (3, 32, 32, 3))
    write_all(tmp_path / "a.mp4", video((3, 32, 32), colour=(1, 1, matrix, 1)), flat)
    native, got, _ = read_all(tmp_path / "a.mp4")
    assert got.colour == (1, 1, matrix, 1)
    assert np.abs(to_float(native) - flat).max() < 3 / 255


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """60 frames of H.264 with B-frames and a key frame every 12."""
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    frames = np.rint(moving(60, 48, 64) * 255).astype(np.uint8)
    frames[:, :8, :8] = (4 * np.arange(60))[:, None, None, None]  # each frame carries its number
    encode(path, list(frames), options={"g": "12", "bf": "3", "crf": "2"})
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_any_frame_at_random_equals_that_frame_in_order(tmp_path, clip, suffix):
    path = tmp_path / f"a{suffix}"
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        out = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = out
                target.mux(packet)
    with open_reader(path) as reader:
        assert reader.spec.shape == (60, 48, 64)
        whole = reader.read(0, 60)
        np.testing.assert_allclose(whole[:, 2, 2, 0], 4 * np.arange(60), atol=3)
        for number in np.random.default_rng(0).permutation(60)[:30]:
            np.testing.assert_array_equal(reader.read(number, number + 1)[0], whole[number])
        np.testing.assert_array_equal(reader.read(31, 47), whole[31:47])


@pytest.mark.parametrize(
    ("codec", "suffix"), [("mpeg4", ".avi"), ("mjpeg", ".avi"), ("libvpx", ".webm"), ("libvpx-vp9", ".webm")]
)
def test_other_codecs_give_all_frames_and_each_at_random(tmp_path, codec, suffix):
    frames = np.rint(moving(20, 48, 64) * 255).astype(np.uint8)
    layout = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    options = {"bf": "2"} if codec == "mpeg4" else {"auto-alt-ref": "1", "lag-in-frames": "10", "b": "200000"}
    encode(tmp_path / f"a{suffix}", list(frames), codec=codec, layout=layout, options=options)
    with open_reader(tmp_path / f"a{suffix}") as reader:
        assert reader.spec.shape == (20, 48, 64)
        assert reader.spec.rate == 25
        whole = reader.read(0, 20)
        for number in np.random.default_rng(0).permutation(20):
            np.testing.assert_array_equal(reader.read(number, number + 1)[0], whole[number])


def test_untagged_video_is_what_ffmpeg_makes_of_it(clip):
    native, spec, _ = read_all(clip)
    assert spec.colour == UNTAGGED
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            np.testing.assert_array_equal(native[number], frame.to_ndarray(format="rgb24"))


@pytest.mark.parametrize("matrix", [1, 5])
@pytest.mark.parametrize("full", [False, True])
def test_tags_decide_the_colours_as_the_equations_of_the_standard_say(tmp_path, matrix, full):
    luma, blue, red = (np.full((32, 32), level, np.uint8) for level in (110, 90, 180))

    def tag(stream):
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1

    frame = av.VideoFrame.from_ndarray(np.stack([luma, blue, red]), format="yuv444p")
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    encode(tmp_path / "a.mp4", [frame] * 3, layout="yuv444p", before=tag, options={"crf": "0"})
    native, spec, _ = read_all(tmp_path / "a.mp4")
    assert spec.colour[2:] == (matrix, 2 if full else 1)
    kr, kb = WEIGHTS[matrix]
    y = 110 / 255 if full else (110 - 16) / 219
    cb, cr = ((c - 128) / (255 if full else 224) for c in (90, 180))
    r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    want = 255 * np.clip([r, (y - kr * r - kb * b) / (1 - kr - kb), b], 0, 1)
    assert np.abs(native.astype(float) - want).max() <= 2


def test_ten_bits_stay_ten_bits(tmp_path):
    ramp = np.linspace(64, 940, 64).round().astype(np.uint16)
    planes = np.stack([np.tile(ramp, (16, 1)), *np.full((2, 16, 64), 512, np.uint16)])
    frame = av.VideoFrame(64, 16, "yuv444p10le")
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[:16, :128] = values.view(np.uint8)
    encode(tmp_path / "a.mkv", [frame], codec="ffv1", layout="yuv444p10le")
    native, spec, _ = read_all(tmp_path / "a.mkv")
    assert (spec.bits, native.dtype) == (10, np.uint16)
    # swscale makes 255 · 256 of white and not 65535, so 10-bit RGB ends 3 levels below 1023.
    want = (ramp - 64.0) / (940 - 64) * (1020 / 1023)
    assert np.abs(to_float(native)[0, 3, :, 1] - want).max() < 1.5 / 1023
    assert len(np.unique(native[0, 3, :, 1])) == 64


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_times_are_kept(tmp_path, suffix):
    pts = (0, 1000, 1500, 4000, 4100)
    spec = video((5, 16, 16), Fraction(10), pts=pts, time_base=Fraction(1, 10_000))
    write_all(tmp_path / f"a{suffix}", spec, moving(5, 16, 16))
    _, got, _ = read_all(tmp_path / f"a{suffix}")
    assert got.pts is not None
    assert [p * got.time_base for p in got.pts] == [p * spec.time_base for p in pts]
    assert float(got.rate) == pytest.approx(5 / 0.42)


def test_a_variable_rate_file_of_another_writer_is_read_with_its_times(tmp_path):
    pts = [0, 900, 5000, 5100, 20_000]
    encode(tmp_path / "a.mp4", list(noise(5, 16, 16)), pts=pts, time_base=Fraction(1, 9000))
    _, spec, _ = read_all(tmp_path / "a.mp4")
    assert [float(p * spec.time_base) for p in spec.pts] == pytest.approx([p / 9000 for p in pts])


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_a_turned_phone_clip_reads_upright_and_its_pixels_turn_too(tmp_path, rotation):
    def turn(stream):
        stream.set_display_rotation(rotation)

    frames = noise(2, 16, 24)
    encode(tmp_path / "plain.mp4", list(frames), layout="yuv444p")
    encode(tmp_path / "turned.mp4", list(frames), layout="yuv444p", before=turn)
    plain, _, _ = read_all(tmp_path / "plain.mp4")
    turned, spec, _ = read_all(tmp_path / "turned.mp4")
    assert spec.shape == (2, *((24, 16) if rotation != 180 else (16, 24)))
    # `set_display_rotation` counts counter-clockwise, as np.rot90 does.
    np.testing.assert_array_equal(turned, np.rot90(plain, rotation // 90, axes=(1, 2)))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(12, 11)])
def test_the_shape_of_a_pixel_is_kept(tmp_path, suffix, aspect):
    write_all(tmp_path / f"a{suffix}", video((2, 32, 48), aspect=aspect), moving(2, 32, 48))
    assert read_all(tmp_path / f"a{suffix}")[1].aspect == aspect


def test_one_frame_is_a_video(tmp_path):
    encode(tmp_path / "a.mp4", list(noise(1, 16, 16)))
    assert read_all(tmp_path / "a.mp4")[1].shape == (1, 16, 16)


def test_the_sound_track_is_mentioned(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        picture, sound = (
            container.add_stream("ffv1", rate=25),
            container.add_stream("pcm_s16le", rate=8000, layout="mono"),
        )
        picture.width, picture.height, picture.pix_fmt = 16, 16, "bgr0"
        frame = av.VideoFrame.from_ndarray(noise(1, 16, 16)[0]).reformat(format="bgr0")
        container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        samples.sample_rate = 8000
        container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    assert read_all(tmp_path / "a.mkv")[2] == ("the sound track is not stored",)


def test_transparency_is_dropped_and_a_note_says_so(tmp_path):
    encode(tmp_path / "a.mkv", list(noise(2, 16, 16)), codec="ffv1", layout="bgra")
    assert "transparency" in read_all(tmp_path / "a.mkv")[2][0]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_video_cut_short_is_refused_in_one_line(tmp_path, clip, share):
    path = tmp_path / "a.mp4"
    path.write_bytes(clip.read_bytes()[: int(share * clip.stat().st_size)])
    with pytest.raises(SignalError) as caught:
        read_all(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_video_whose_sound_data_is_missing_at_the_end_is_cut_short(tmp_path, clip):
    data = clip.read_bytes()
    at = data.index(b"mdat") + 4
    cut = (
        data[: at + 2000]
        + bytes(len(data[at + 2000 : data.index(b"moov") - 4]))
        + data[data.index(b"moov") - 4 :]
    )
    (tmp_path / "a.mp4").write_bytes(cut)
    with pytest.raises(SignalError):
        read_all(tmp_path / "a.mp4")


def test_random_damage_never_escapes_as_another_exception(tmp_path, clip):
    data = clip.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 20):
            damaged[at] = rng.integers(0, 256)
        (tmp_path / "a.mp4").write_bytes(damaged)
        try:
            with open_reader(tmp_path / "a.mp4") as reader:
                for start in range(0, min(reader.spec.shape[0], 60), 20):
                    reader.read(start, min(reader.spec.shape[0], start + 1))
        except SignalError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most damage does no harm


def test_what_an_encoder_cannot_take_is_refused_before_any_work(tmp_path):
    with pytest.raises(SpecError, match="16384"):
        open_writer(tmp_path / "a.mp4", video((2, 16, 20_000)))
    assert list(tmp_path.iterdir()) == []
