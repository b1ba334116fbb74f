"""Sounds as lapped grids: the page's decoder finds Python's integers, and its field Python's values."""

import numpy as np
import pytest

from inr import codec, coords, reconstruct
from inr.errors import FormatError
from tests.viewer import made_lapped
from tests.viewer.javascript import array, ask, text, value
from tests.viewer.test_damage import GOLDEN, mutated, refused, resealed
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


def test_a_place_near_a_frame_of_a_long_sound_is_not_taken_for_it(monkeypatch, tmp_path):
    frames = 200_000
    data, want = made_lapped.file(made_lapped.signal(frames), 8, step=0.1)
    near = coords.at(np.arange(1000, 1100) + 0.015, frames)
    # Without frames Python's field is the spline everywhere, whatever it takes for a frame.
    monkeypatch.setattr(
        "inr.fields.spline.on_points", lambda x, n: (np.zeros(len(x), bool), np.zeros(0, int))
    )
    between = reconstruct.points(want.field, [near])
    at_frames = reconstruct.points(want.field, [coords.axis(frames, 1000, 1100)])
    assert np.abs(between - at_frames).max() > 1e-3
    (answer,) = ask([{"ask": "values", "file": text(data), "grid": [near.tolist()]}], tmp_path)
    got = array(value(answer), np.float64).reshape(between.shape)
    np.testing.assert_allclose(got, between, rtol=0, atol=1e-4)


HEAD = [6, 0, 25, 5]  # width, hidden layers, shared and lapped, order
WHOLE = 64  # of the first byte: no tiles and no margin before them


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ([6, 0, 25, 4], "lapped windows of 2^4 frequencies; 2^5 to 2^13 are allowed"),
        ([6, 0, 25, 14], "lapped windows of 2^14 frequencies; 2^5 to 2^13 are allowed"),
        ([2, 0, 6, 0, 25, 5], "lapped needs a sound, one tile and no gain"),
        ([6, 0, 27, 5], "lapped needs a sound, one tile and no gain"),
        ([6, 0, 33, 5], "clips need a clip, one tile and no gain"),
        ([6, 0, 41, 5], "encoding 5 is not known; the file needs a newer inr"),
        ([6, 0, 1], "an encoding by grids and section G belong together"),
    ],
)
def test_a_header_that_lapped_grids_cannot_have_is_refused_with_its_reason(changed, reason, tmp_path):
    data, _ = made_lapped.file(made_lapped.signal(40), 5, step=0.2)
    spelt = len(changed) > len(HEAD)

    def change(head):
        return bytes([head[0] - WHOLE * spelt]) + head[1:].replace(bytes(HEAD), bytes(changed))

    broken = resealed(data, "H", change)
    assert broken != data
    (answer,) = ask([{"ask": "file", "file": text(broken)}], tmp_path)
    assert refused(answer)
    assert answer["message"] == f"header: {reason}"


def test_lapped_grids_of_a_picture_or_of_another_version_are_refused(tmp_path):
    data, _ = made_lapped.file(made_lapped.signal(40), 5, step=0.2)
    # A picture has two axes, and no number of channels but in mode 0.
    head = [1 + WHOLE, 5, 8, 2, 8, *HEAD]
    picture = resealed(data, "H", lambda p: bytes(head) + p[p.index(bytes(HEAD)) + len(HEAD) :])
    early = (GOLDEN / "v2-lapped-mono.inr").read_bytes()
    answers = ask(
        [{"ask": "file", "file": text(d)} for d in (picture, early[:4] + b"\1" + early[5:])], tmp_path
    )
    assert all(refused(answer) for answer in answers)
    assert [answer["message"] for answer in answers] == [
        "header: lapped needs a sound, one tile and no gain",
        "file: version 1 is that of files without grids",
    ]


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
