"""Pictures as grids: the page's decoder finds Python's integers, and its field Python's values."""

import numpy as np
import pytest

from inr import codec, reconstruct
from inr.codec import classes
from inr.errors import FormatError
from tests.viewer import made, made_grids
from tests.viewer.javascript import array, ask, text, value
from tests.viewer.test_damage import mutated, refused, resealed
from tests.viewer.test_values import assert_near, pixels, raster
from tests.viewer.test_weights import assert_same_tensors

SMALL = made_grids.signal((24, 31))


def test_every_table_of_flags_and_sizes_is_the_same(tmp_path):
    places = [("flags", z) for z in range(classes.FLAGS)] + [("sizes", g) for g in range(classes.SIZES)]
    answers = ask([{"ask": what, "index": i} for what, i in places], tmp_path)
    for (what, i), answer in zip(places, answers, strict=True):
        table = classes.flag_table(i) if what == "flags" else classes.size_table(i)
        assert np.diff(value(answer)).tolist() == table.counts.tolist()


def test_integers_and_values_of_random_grids_are_the_same(tmp_path):
    files = [made_grids.random_file(seed) for seed in range(25)]
    requests = [{"ask": what, "file": text(data)} for data, _ in files for what in ("grids", "file")]
    answers = iter(ask(requests, tmp_path))
    for _, want in files:
        assert want.grids is not None
        got = value(next(answers))
        assert got["step"] == want.grids.step / 2**codec.STEP_BITS
        assert [name for name, _ in got["integers"]] == list(want.grids.integers)
        for name, found in got["integers"]:
            assert array(found, "<i4").tolist() == want.grids.integers[name].reshape(-1).tolist()
        assert_same_tensors(value(next(answers))["tensors"], want)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_picture_is_the_one_that_decode_writes_at_any_scale(channels, tmp_path):
    of = made_grids.signal((48, 37), channels)
    data, want = made_grids.file(of, 1 + channels)
    views = [raster(37, 48), raster(111, 144), raster(20, 10, x=7, y=31, of=(48, 37))]
    answers = ask([{"ask": "raster", "file": text(data), "view": view} for view in views], tmp_path)
    whole = made.decoded(want.field, of).reshape(48, 37, channels)
    large = made.decoded(want.field, made.at_scale(of, 3)).reshape(144, 111, channels)
    assert_near(pixels(answers[0], 48, 37, channels), whole)
    assert_near(pixels(answers[1], 144, 111, channels), large)
    assert_near(pixels(answers[2], 10, 20, channels), whole[31:41, 7:27])


def test_values_between_the_samples_and_at_the_border_are_those_of_python(rng, tmp_path):
    requests, wanted = [], []
    for shape, levels in (((24, 31), 3), ((2, 9), 1), ((17, 4), 2)):
        data, want = made_grids.file(made_grids.signal(shape), levels, seed=levels)
        grid = [np.sort(np.r_[-1.0, 1.0, rng.uniform(-1, 1, n)]) for n in (7, 11)]
        requests.append({"ask": "values", "file": text(data), "grid": [x.tolist() for x in grid]})
        wanted.append(reconstruct.points(want.field, grid))
    for answer, want in zip(ask(requests, tmp_path), wanted, strict=True):
        got = array(value(answer), np.float64).reshape(want.shape)
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


def test_every_flipped_byte_and_every_cut_of_a_file_of_grids_is_refused(tmp_path):
    data, _ = made_grids.file(made_grids.signal((6, 5)), 1, step=0.2)
    broken = [data[:cut] for cut in range(len(data))]
    broken += [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
    answers = ask([{"ask": "file", "file": text(d)} for d in broken], tmp_path)
    assert [i for i, answer in enumerate(answers) if not refused(answer)] == []


def test_changes_of_grids_behind_a_right_crc_are_refused(monkeypatch, tmp_path):
    data, _ = made_grids.file(SMALL, 2)
    plain = made.made(SMALL, made.PICTURES["single"])[0]
    broken = {
        "a word more": resealed(data, "G", lambda p: p + bytes(4)),
        "a word less": resealed(data, "G", lambda p: p[:-4]),
        "half a word": resealed(data, "G", lambda p: p[:-2]),
        "nothing": resealed(data, "G", lambda p: b""),
        "a step of 0": resealed(data, "G", lambda p: b"\0" + p[3:]),
        "all bits set": resealed(data, "G", lambda p: p[:200] + b"\xff" * (len(p) - 200)),
        "another version": data[:4] + b"\1" + data[5:],
        "a version for grids without grids": plain[:4] + b"\2" + plain[5:],
    }
    answers = ask([{"ask": "file", "file": text(d)} for d in broken.values()], tmp_path)
    got = dict(zip(broken, answers, strict=True))
    assert {name: answer for name, answer in got.items() if not refused(answer)} == {}


def test_both_decoders_have_the_same_opinion_of_changed_grids(rng, tmp_path):
    sources = [made_grids.random_file(seed)[0] for seed in range(4)]
    files = []
    for _ in range(200):
        # Step and shrink, which are free to be others, or anything.
        kind, head = str(rng.choice(["G", "G", "H", "W"])), int(rng.choice([4, 1 << 20]))
        change = lambda payload, n=head: mutated(rng, payload[:n]) + payload[n:]  # noqa: E731
        files.append(resealed(sources[int(rng.integers(4))], kind, change))
    answers = ask([{"ask": "file", "file": text(data)} for data in files], tmp_path)
    accepted = 0
    for answer, data in zip(answers, files, strict=True):
        try:
            want = codec.decode(data)
        except FormatError:
            assert refused(answer), answer
            continue
        accepted += 1
        assert_same_tensors(value(answer)["tensors"], want)
    assert accepted > 5
