"""The gauge of the learning rate: its bands end where the regimes do, and its mark stands at the rate."""

import pytest

from core.figures import DARK, LIGHT
from core.figures.gauge import rate_gauge
from core.theory import bands
from core.worked.example import Example

LIMIT = Example().limit


def _gauge(lr: float):  # type: ignore[no-untyped-def]
    example = Example(lr=lr)
    return rate_gauge(bands("sgd", example.curvature.largest), example.lr, example.best.lr, LIGHT)


def test_the_bands_end_where_the_regimes_do() -> None:
    blocks = [shape for shape in _gauge(0.01).layout.shapes if shape.type == "rect"]
    edges = [(block.x0, block.x1) for block in blocks]
    # One side up to half of the limit, from side to side up to it, away beyond.
    assert edges == [pytest.approx(pair) for pair in ((0, LIMIT / 2), (LIMIT / 2, LIMIT), (LIMIT, 1.5 * LIMIT))]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.99, 1.0, 1.2, 1.5])
def test_the_mark_stands_at_the_rate_and_says_its_share(share: float) -> None:
    figure = _gauge(share * LIMIT)
    assert list(figure.data[0].x) == [pytest.approx(share * LIMIT)]
    (told,) = [note.text for note in figure.layout.annotations if "you" in note.text]
    assert f"{100 * share:.4g} % of the limit" in told


@pytest.mark.parametrize("share", [1.6, 100.0, 1e6])
def test_a_rate_beyond_the_gauge_is_an_arrow_at_its_end(share: float) -> None:
    figure = _gauge(share * LIMIT)
    assert list(figure.data[0].x) == [pytest.approx(1.5 * LIMIT)]
    assert figure.data[0].marker.symbol == "triangle-right"


def test_limit_and_best_rate_are_named_with_their_numbers() -> None:
    example = Example()
    for look in (LIGHT, DARK):
        figure = rate_gauge(bands("sgd", example.curvature.largest), example.lr, example.best.lr, look)
        texts = [note.text for note in figure.layout.annotations]
        assert {"limit 0.1803", "best 0.1765"} <= set(texts)
