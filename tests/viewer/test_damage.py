"""Whatever happens to the bytes, the page's decoder says so, and never decodes something else."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from inr import codec
from inr.codec import container
from inr.errors import FormatError
from tests.viewer import made
from tests.viewer.javascript import array, ask, text

GOLDEN = Path(__file__).parents[1] / "golden"


def refused(answer):
    return answer.get("error") == "FormatError" and len(answer["message"]) > 10


@pytest.mark.parametrize(
    "name", ["v1-image-raf-tiles", "v1-video-uneven", "v1-voice-levels", "v3-image-whole", "v3-audio-levels"]
)
def test_every_flipped_byte_and_every_cut_is_refused(name, tmp_path):
    data = (GOLDEN / f"{name}.inr").read_bytes()
    broken = [data[:cut] for cut in range(len(data))]
    broken += [
        data[:i] + bytes([data[i] ^ bit]) + data[i + 1 :] for i in range(len(data)) for bit in (1, 128)
    ]
    broken += [data + b"\0", data + data, b"", b"\x89PNG\r\n\x1a\n"]
    answers = ask([{"ask": "file", "file": text(d)} for d in broken], tmp_path)
    # A flip in the type of an ancillary section may only make it unknown; the CRC sees even that.
    assert [i for i, answer in enumerate(answers) if not refused(answer)] == []


def resealed(data, kind, change):
    """The file with the payload of one section changed and the CRC made right again."""
    sections = [(s.type, change(s.payload) if s.type == kind else s.payload) for s in container.unpack(data)]
    if not container.is_early(data):
        return container.pack(sections)
    out = bytearray(data[:5])
    for letter, payload in sections:
        body = letter.encode() + container.varint(len(payload)) + payload
        out += body + zlib.crc32(body).to_bytes(4, "little")
    return bytes(out)


def test_changes_behind_a_right_crc_are_refused(tmp_path):
    data, _ = made.made(made.SOUND, made.SOUND_FIELD)
    broken = {
        "a word more": resealed(data, "W", lambda p: p + bytes(4)),
        "a word less": resealed(data, "W", lambda p: p[:-4]),
        "another last word": resealed(data, "W", lambda p: p[:-4] + bytes([p[-4] ^ 1]) + p[-3:]),
        "half a word": resealed(data, "W", lambda p: p[:-2]),
        "no words": resealed(data, "W", lambda p: b""),
        "a header with more": resealed(data, "H", lambda p: p + b"\0"),
        "a header with less": resealed(data, "H", lambda p: p[:-1]),
        "levels that are no zlib": resealed(data, "D", lambda p: p[:4] + bytes(len(p) - 4)),
        "levels with a tail": resealed(data, "D", lambda p: p + b"\0"),
        "another number of levels": resealed(data, "D", lambda p: bytes([p[0] - 1]) + p[1:]),
        "all bits set": resealed(data, "W", lambda p: b"\xff" * len(p)),
    }
    answers = ask([{"ask": "file", "file": text(d)} for d in broken.values()], tmp_path)
    got = dict(zip(broken, answers, strict=True))
    assert {name: answer for name, answer in got.items() if not refused(answer)} == {}


def mutated(rng, payload):
    """A byte or two changed, lost or added."""
    out = bytearray(payload)
    for _ in range(int(rng.integers(1, 3))):
        place = int(rng.integers(len(out) + 1))
        change = int(rng.integers(4)) if place < len(out) else 3
        if change == 0:
            out[place] = int(rng.integers(256))
        elif change == 1:
            out[place] ^= 1 << int(rng.integers(8))
        elif change == 2:
            del out[place]
        else:
            out.insert(place, int(rng.integers(256)))
    return bytes(out)


def test_both_decoders_have_the_same_opinion_of_changed_files(rng, tmp_path):
    golden = [path.read_bytes() for path in sorted(GOLDEN.glob("*.inr"))]
    # The page skips the ancillary units, so what no longer fits them is no error there.
    golden = [data for data in golden if "u" not in {section.type for section in container.unpack(data)}]
    files = []
    for _ in range(1500):
        data = golden[int(rng.integers(len(golden)))]
        kinds = [section.type for section in container.unpack(data)]
        kind = str(rng.choice(["H", "H", "H", *kinds]))
        files.append(resealed(data, kind, lambda payload: mutated(rng, payload)))
    answers = ask([{"ask": "file", "file": text(data)} for data in files], tmp_path)
    accepted = 0
    for answer, data in zip(answers, files, strict=True):
        try:
            field = codec.decode(data).field
        except FormatError:
            assert refused(answer), answer
            continue
        accepted += 1
        for tensor in answer["value"]["tensors"]:
            got, want = array(tensor["values"], "<u4"), field.tensors[tensor["name"]].reshape(-1)
            assert got.tolist() == want.view(np.uint32).tolist()
    assert accepted > 50
