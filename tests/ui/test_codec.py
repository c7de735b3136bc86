"""Links as text: whatever a page is set to comes back, and whatever a stranger sends is a link or none."""

import json
import os
import zlib
from base64 import urlsafe_b64encode
from random import Random
from urllib.parse import parse_qs

import pytest

from ui.kit.codec import PACKED, opened, query, unpacked, written
from ui.kit.limits import MAX_LINK

LONG = "beta: (0, 1) = 0.9\nv = beta*v + g  # a comment of some length\nx = x - lr*v\n"


def _read(text: str) -> object:
    fields = parse_qs(text, keep_blank_values=True, strict_parsing=bool(text))
    return unpacked(fields[PACKED][-1]) if PACKED in fields else fields


def test_a_short_link_stays_readable_and_a_long_one_is_packed_and_shorter() -> None:
    short = {"f": ["Booth"], "adam_lr": ["0.03"]}
    assert query(short) == "f=Booth&adam_lr=0.03"
    long = {**short, **{f"pown{count}": [LONG * 8] for count in range(4)}}
    packed = query(long)
    assert packed.startswith(f"{PACKED}=1.")
    assert len(packed) < 700 < MAX_LINK
    assert _read(packed) == long


@pytest.mark.parametrize("seed", range(30))
def test_any_link_comes_back(seed: int) -> None:
    draw = Random(f"{os.environ['TEST_SEED']} {seed}")
    signs = [*"abcxyz0123 =+-*/()\n&?#%;é−𝑥", "\u2028"]
    link = {
        f"k{index}": ["".join(draw.choices(signs, k=draw.randint(1, 400))) for _ in range(draw.randint(1, 3))]
        for index in range(draw.randint(1, 12))
    }
    assert _read(query(link)) == link
    assert opened(written("playground", link), "playground") == link


def _packed(data: bytes) -> str:
    return "1." + urlsafe_b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "", "1.", "1.A", "2.eJw", "1.====", "1." + "A" * 999, "1.\u00e9", "x" * 300_000,
        _packed(b"null"), _packed(b"[1]"), _packed(b'{"a": 1}'), _packed(b'{"a": [1]}'), _packed(b"[" * 100_000),
        _packed(b'{"a": ["' + b"0" * 50_000_000 + b'"]}'), _packed(b"\xff\xfe"), _packed(b'{"a": ["b"]}')[:-6],
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_is_no_packed_link_is_none(text: str) -> None:
    assert unpacked(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 9999, json.dumps({"format": "x"}), written("home", {}), written("playground", {"a": "b"})],  # type: ignore[dict-item]
)
def test_a_file_that_is_no_laboratory_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        opened(text, "playground")
