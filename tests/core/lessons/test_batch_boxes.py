"""The three variants side by side: what is said for and against each is examined, and counts are those of a run."""

import pytest

from core.evidence.claims import CLAIMS, Verdict
from core.lessons.batch_boxes import boxes


@pytest.mark.parametrize(("samples", "batch"), [(442, 16), (20, 20), (20, 1), (7, 3)])
def test_updates_for_a_pass_are_as_many_as_a_run_makes(samples: int, batch: int) -> None:
    for box, size in zip(boxes(samples, batch), (samples, batch, 1), strict=True):
        said = [text for text in (*box.pros.values(), *box.cons.values()) if "per pass over the data" in text]
        assert len(said) == 1
        count = int(said[0].split(" update")[0])
        assert (count - 1) * size < samples <= count * size
        assert f"{count} update{'s' * (count != 1)} " in said[0]


def test_what_is_said_for_and_against_is_examined_and_not_false() -> None:
    for box in boxes(442, 16):
        assert box.pros
        assert box.cons
        for key, text in (*box.pros.items(), *box.cons.items()):
            assert CLAIMS[key].verdict is not Verdict.FALSE
            assert text.endswith(".")


def test_each_loop_moves_the_weights_once_and_fits_a_phone() -> None:
    for box in boxes(999, 128):
        assert box.code.count("θ = θ − α·g") == 1
        assert box.code.startswith("for each epoch:")
        # Letters of code in a third of a page of 1280 pixels.
        assert max(map(len, box.code.split("\n"))) <= 24
