"""Pictures: what goes in comes out, and what cannot is refused in one line."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from inr.errors import SignalError, SpecError
from inr.signals import from_float, open_reader, open_writer, to_float
from inr.specs import SignalSpec

CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
SIZES = [(1, 1), (1, 5000), (3, 4097), (9, 13)]


def noise(*shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def read_all(path):
    with open_reader(path) as reader:
        return reader.read(0, reader.spec.shape[0]), reader.spec, reader.notes


def write_all(path, spec, values):
    with open_writer(path, spec) as writer:
        cut = spec.shape[0] // 2
        writer.write(values[:cut])
        writer.write(values[cut:])


def refusal(path):
    with pytest.raises(SignalError) as caught:
        open_reader(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(("mode", "bits"), [(m, b) for m in CHANNELS for b in (8, 16)])
def test_lossless_formats_give_back_size_mode_depth_and_every_value(tmp_path, suffix, mode, bits, size):
    if mode == "CMYK" and suffix == ".png":
        pytest.skip("PNG has no CMYK")
    bits = 1 if mode == "1" else bits
    spec = SignalSpec("image", size, CHANNELS[mode], bits=bits, mode=mode, icc=b"profile" * 30)
    values = np.random.default_rng(1).random((*size, CHANNELS[mode]))
    write_all(tmp_path / f"a{suffix}", spec, values)
    pixels, got, _ = read_all(tmp_path / f"a{suffix}")
    assert got == spec
    np.testing.assert_array_equal(pixels, from_float(values, spec))


def test_webp_is_written_without_loss_even_under_full_transparency(tmp_path):
    spec = SignalSpec("image", (16, 9), 4, mode="RGBA")
    values = noise(16, 9, 4) / 255.0
    values[:8, :, 3] = 0
    write_all(tmp_path / "a.webp", spec, values)
    pixels, got, _ = read_all(tmp_path / "a.webp")
    assert got == spec
    np.testing.assert_array_equal(pixels, from_float(values, spec))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_keeps_the_picture_closely_and_says_that_it_is_lossy(tmp_path, mode):
    size = (40, 56)
    ramp = np.linspace(0.1, 0.9, 40)[:, None, None] * np.ones((1, 56, CHANNELS[mode]))
    spec = SignalSpec("image", size, CHANNELS[mode], mode=mode)
    with open_writer(tmp_path / "a.jpg", spec) as writer:
        writer.write(ramp)
    assert "lossy" in writer.notes[0]
    pixels, got, _ = read_all(tmp_path / "a.jpg")
    assert got == spec
    assert np.abs(to_float(pixels) - ramp).max() < 0.03


def test_an_adobe_cmyk_jpeg_reads_as_pillow_shows_it(tmp_path):
    Image.fromarray(noise(16, 16, 4), "CMYK").save(tmp_path / "a.jpg", quality=95)
    pixels, spec, _ = read_all(tmp_path / "a.jpg")
    assert spec.mode == "CMYK"
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(tmp_path / "a.jpg")))


@pytest.mark.parametrize("orientation", range(9))
def test_every_exif_orientation_is_applied_as_pillow_applies_it(tmp_path, orientation):
    picture = Image.fromarray(noise(5, 8, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(tmp_path / "a.png", exif=exif)
    want = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    pixels, spec, _ = read_all(tmp_path / "a.png")
    assert spec.shape == want.shape[:2]
    np.testing.assert_array_equal(pixels, want)


def test_a_16_bit_colour_png_of_another_encoder_is_exact(tmp_path):
    """Chunks by hand, after the PNG specification: no codec of ours on the way in."""
    pixels = noise(6, 5, 3, dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 5, 6, 16, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    got, spec, _ = read_all(tmp_path / "a.png")
    assert (spec.bits, spec.mode) == (16, "RGB")
    np.testing.assert_array_equal(got, pixels)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib", "predictor": True}, {"planarconfig": "separate"}]
)
def test_a_16_bit_colour_tiff_of_another_layout_is_exact(tmp_path, options):
    pixels = noise(6, 5, 3, dtype=np.uint16)
    planes = np.moveaxis(pixels, 2, 0) if "planarconfig" in options else pixels
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", **options)
    got, spec, _ = read_all(tmp_path / "a.tif")
    assert (spec.bits, spec.mode, spec.shape) == (16, "RGB", (6, 5))
    np.testing.assert_array_equal(got, pixels)


def test_a_16_bit_ppm_is_exact(tmp_path):
    pixels = noise(4, 5, 3, dtype=np.uint16)
    (tmp_path / "a.ppm").write_bytes(b"P6\n5 4\n65535\n" + pixels.astype(">u2").tobytes())
    got, spec, _ = read_all(tmp_path / "a.ppm")
    assert spec.bits == 16
    np.testing.assert_array_equal(got, pixels)


@pytest.mark.parametrize(
    ("transparency", "mode"), [(None, "RGB"), (3, "RGBA"), (bytes(range(0, 250, 5)), "RGBA")]
)
def test_a_palette_reads_as_colour_and_with_alpha_where_it_has_some(tmp_path, transparency, mode):
    picture = Image.fromarray(noise(20, 20, 3)).quantize(50)
    options = {} if transparency is None else {"transparency": transparency}
    picture.save(tmp_path / "a.png", **options)
    pixels, spec, _ = read_all(tmp_path / "a.png")
    assert (spec.mode, spec.bits) == (mode, 8)
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(tmp_path / "a.png").convert(mode)))


def test_content_decides_not_the_suffix(tmp_path):
    Image.fromarray(noise(4, 6, 3)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert read_all(tmp_path / "a.jpg")[1].shape == (4, 6)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations_are_refused_with_a_way_out(tmp_path, suffix):
    frames = [Image.fromarray(noise(8, 8, 3, seed=k)) for k in range(3)]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    message = refusal(tmp_path / f"a{suffix}")
    assert "animation of 3 frames" in message
    assert ".mp4" in message


def test_a_still_gif_reads(tmp_path):
    Image.fromarray(noise(8, 8)).save(tmp_path / "a.gif")
    assert read_all(tmp_path / "a.gif")[1].shape == (8, 8)


def test_only_the_first_page_of_a_tiff_is_read_and_a_note_says_so(tmp_path):
    pages = [Image.fromarray(noise(8, 8, seed=k)) for k in range(2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    pixels, _, notes = read_all(tmp_path / "a.tif")
    assert "first of 2 pages" in notes[0]
    np.testing.assert_array_equal(pixels[..., 0], noise(8, 8, seed=0))


def test_exr_and_float_tiff_are_refused_by_name(tmp_path):
    (tmp_path / "a.exr").write_bytes(b"v/1\x01" + bytes(100))
    assert "OpenEXR" in refusal(tmp_path / "a.exr")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.float32))
    assert "float32" in refusal(tmp_path / "a.tif")


def png_header(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IHDR" + header
    ending = struct.pack(">I", 4) + b"IDAT" + zlib.compress(b"")[:4] + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + ending


def test_a_bomb_is_refused_by_its_header_at_once(tmp_path):
    (tmp_path / "a.png").write_bytes(png_header(60000, 60000))
    message = refusal(tmp_path / "a.png")
    assert "60000 x 60000" in message


def test_15000_pixels_square_opens_without_a_warning(tmp_path):
    Image.new("1", (15000, 15000), 1).save(tmp_path / "a.png")
    with open_reader(tmp_path / "a.png") as reader:
        assert reader.spec.shape == (15000, 15000)
        assert reader.read(14999, 15000).min() == 255


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_picture_cut_in_half_is_refused(tmp_path, suffix):
    buffer = io.BytesIO()
    Image.fromarray(noise(64, 64, 3)).save(buffer, format=Image.registered_extensions()[suffix])
    (tmp_path / f"a{suffix}").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    refusal(tmp_path / f"a{suffix}")


def test_what_a_format_cannot_hold_is_refused_before_any_work(tmp_path):
    with pytest.raises(SpecError, match=r"JPEG cannot hold RGBA pixels; use \.png"):
        open_writer(tmp_path / "a.jpg", SignalSpec("image", (2, 2), 4, mode="RGBA"))
    with pytest.raises(SpecError, match="16383"):
        open_writer(tmp_path / "a.webp", SignalSpec("image", (2, 20000), 3, mode="RGB"))
    assert list(tmp_path.iterdir()) == []


def test_the_profile_and_pixels_of_a_picture_survive_reading_and_writing(tmp_path):
    Image.fromarray(noise(5, 5, 3)).save(tmp_path / "a.png", icc_profile=b"P3" * 100)
    pixels, spec, _ = read_all(tmp_path / "a.png")
    write_all(tmp_path / "b.tif", spec, to_float(pixels))
    again, got, _ = read_all(tmp_path / "b.tif")
    assert got.icc == b"P3" * 100
    np.testing.assert_array_equal(again, pixels)
