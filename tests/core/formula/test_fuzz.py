"""Random formulas and rules, other ones in every run: a sample of what ``python -m benchmarks.fuzz`` tries."""

import os
import zlib

from benchmarks.fuzz import fuzz


def test_random_texts_are_computed_with_as_they_stand_or_refused_in_a_sentence() -> None:
    tally = fuzz(1500, 400, zlib.crc32(os.environ["TEST_SEED"].encode()))
    assert tally.findings == []
    # Both happen, or nothing was tried.
    for work in ("parse", "parse a rule"):
        assert min(tally.fates[f"{work}: {fate}"] for fate in ("accepted", "refused")) > 20
