"""Sounds as lapped grids: the page's decoder finds Python's integers, and its field Python's values."""

import numpy as np
import pytest

from inr import codec, coords, reconstruct
from inr.errors import FormatError
from tests.viewer import made_lapped
from tests.viewer.javascript import array, ask, text, value
from tests.viewer.test_damage import mutated, refused, resealed
from tests.viewer.test_weights import assert_same_tensors


def test_integers_and_values_of_random_files_are_the_same(tmp_path):
    files = [made_lapped.random_file(seed) for seed in range(20)]
    requests = [{"ask": what, "file": text(data)} for data, _ in files for what in ("grids", "file")]
    answers = iter(ask(requests, tmp_path))
    for _, want in files:
        assert want.grids is not None
        got = value(next(answers))
        assert got["step"] == want.grids.step / 2**codec.STEP_BITS
        ((name, found),) = got["integers"]
        assert name == "grid.lap"
        assert array(found, "<i4").tolist() == want.grids.integers[name].reshape(-1).tolist()
        assert_same_tensors(value(next(answers))["tensors"], want)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_frames_and_what_lies_between_them_are_those_of_python(channels, rng, tmp_path):
    requests, wanted = [], []
    for frames, order in ((1000, 6), (64, 5), (1, 5)):
        data, want = made_lapped.file(made_lapped.signal(frames, channels), order, seed=channels)
        grids = [
            coords.axis(frames),
            coords.axis(3 * frames),
            np.sort(np.r_[-1.0, 1.0, rng.uniform(-1, 1, 50)]),
        ]
        for x in grids:
            requests.append({"ask": "values", "file": text(data), "grid": [x.tolist()]})
            wanted.append(reconstruct.points(want.field, [x]))
    for answer, want in zip(ask(requests, tmp_path), wanted, strict=True):
        got = array(value(answer), np.float64).reshape(want.shape)
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-5)


def test_every_flipped_byte_and_every_cut_is_refused(tmp_path):
    data, _ = made_lapped.file(made_lapped.signal(40), 5, step=0.2)
    broken = [data[:cut] for cut in range(len(data))]
    broken += [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
    answers = ask([{"ask": "file", "file": text(d)} for d in broken], tmp_path)
    assert [i for i, answer in enumerate(answers) if not refused(answer)] == []


def test_both_decoders_have_the_same_opinion_of_changed_files(rng, tmp_path):
    sources = [made_lapped.random_file(seed)[0] for seed in range(4)]
    files = []
    for _ in range(120):
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
