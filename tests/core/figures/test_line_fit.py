"""Points and lines: every number that a step makes is in its picture, and all data have one that can be drawn."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.figures import DARK, LIGHT
from core.figures.line_fit import paper_figure, step_figure
from core.formula.words import digits
from core.lessons.steps import six_steps
from core.problems.example import Example

KEYS = [stage.key for stage in six_steps(Example())]
EXAMPLES = {
    "the guide's": Example(),
    "fifty": Example(tuple((float(x), float(x % 7)) for x in range(50)), 0.1, 2.0, 0.001),
    "one place": Example(((3.0, 1.0), (3.0, 2.0))),
    "all zero": Example(((0.0, 0.0), (0.0, 0.0))),
    "level": Example(((1.0, 2.0), (2.0, 2.0))),
    "largest": Example(((1e6, -1e6), (-1e6, 1e6)), 1e6, -1e6, 1e6),
    "smallest": Example(((1e-9, 1e-9), (2e-9, 0.0))),
    "diverging": Example(lr=1.0),
    "steep": Example(w=1e6),
    "falling": Example(w=-2.0, b=7.0),
}


def _lines(example: Example) -> list[tuple[float, float]]:
    return [(float(w), float(b)) for w, b in example.path(60).x]


def _texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_any_data_have_a_picture_of_finite_numbers_with_all_points_in_it(example: Example, key: str) -> None:
    for figure in (step_figure(example, key, _lines(example), LIGHT), paper_figure(example, DARK)):
        ranges = [figure.layout.xaxis.range, figure.layout.yaxis.range]
        for (low, high), values in zip(ranges, (example.x, example.y), strict=True):
            assert np.isfinite([low, high]).all()
            assert low < values.min() <= values.max() < high
        for trace in figure.data:
            if trace.mode == "lines" and trace.hoverinfo != "skip":
                assert np.isfinite(np.array(trace.y)).all()
        for note in figure.layout.annotations:
            assert np.isfinite([note.x, note.y]).all()


def test_each_step_of_the_guides_example_shows_its_own_numbers() -> None:
    example, lines = Example(), _lines(Example())
    done = example.step
    texts = {key: _texts(step_figure(example, key, lines, LIGHT)) for key in KEYS}
    assert texts["initialise"] == ["ŷ = 0.5x + 0.1"]
    assert texts["predict"] == [digits(value) for value in done.predictions]
    assert texts["loss"] == ["−1.4", "−2.9", "−4.4"]
    assert texts["gradient"] == ["−1.4", "−5.8", "−13.2"]
    assert texts["update"] == ["before", "after"]
    assert texts["repeat"] == ["best", "step 60", "before"]


def test_the_lines_are_where_their_numbers_say() -> None:
    example = Example()
    after = step_figure(example, "update", _lines(example), LIGHT).data[1]
    assert np.array(after.y) == pytest.approx(example.step.next_w * np.array(after.x) + example.step.next_b)
    best = paper_figure(example, LIGHT).data[0]
    # The best line is y = 2x, found by sums of a few small numbers.
    assert np.array(best.y) == pytest.approx(2 * np.array(best.x), abs=1e-12)


def test_many_points_are_not_labelled_one_by_one() -> None:
    example = EXAMPLES["fifty"]
    assert _texts(step_figure(example, "gradient", _lines(example), LIGHT)) == []


def test_a_run_is_shown_by_its_first_its_last_and_some_lines_between() -> None:
    example = Example()
    for steps in (1, 2, 60):
        lines = _lines(example)[: steps + 1]
        traces = step_figure(example, "repeat", lines, LIGHT).data
        strong = [trace for trace in traces if trace.mode == "lines" and trace.line.width == 3]
        assert len(strong) == 1
        assert f"w = {digits(lines[-1][0])}" in strong[0].hovertemplate
    assert 6 < len(traces) < 20
