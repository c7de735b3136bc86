"""Where a rule ends, on the stage in a real browser, from each start or at all settings: where runs in Python end."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Page, expect

from core import OBJECTIVES, Run, trace_many
from core.engine.arrival import arrived, known_minima
from core.figures.look import BASINS
from core.formula.words import digits
from core.lessons.rate_check import QUADRATICS
from tests.browser.stages import PATIENCE, SPOT, Open, asked, at_rest, await_that, dial, grip, row_of, run_in, stage_in
from ui.navigation import LEARNING_RATE

pytestmark = pytest.mark.browser

HIMMELBLAU = OBJECTIVES["himmelblau"]
SIDE = 200
# The tint of the overlay at places in pixels of the page; paths and letters are opaque.
TINTS = """places => {
    const canvas = document.querySelector('.gd-canvas'), box = canvas.getBoundingClientRect();
    const pen = canvas.getContext('2d'), ratio = canvas.width / box.width;
    return places.map(([x, y]) => [...pen.getImageData((x - box.left)*ratio, (y - box.top)*ratio, 1, 1).data]);
}"""
# The ranges of the plane of rate and momentum.
PLANE = """() => {
    const { xaxis, yaxis } = document.querySelector('.gd-tuning .gd-plot')._fullLayout;
    return [xaxis.range, yaxis.range];
}"""
# The tint of a view at shares of its width and of its height.
DOT = """([kind, across, down]) => {
    const gd = document.querySelector(`${kind} .gd-plot`), canvas = gd.querySelector('.gd-canvas');
    const { xaxis, yaxis } = gd._fullLayout, ratio = canvas.width / gd.clientWidth;
    const at = [xaxis._offset + across*xaxis._length, yaxis._offset + down*yaxis._length];
    return [...canvas.getContext('2d').getImageData(at[0]*ratio, at[1]*ratio, 1, 1).data];
}"""
SPOTS = f"points => points.map({SPOT})"


def _complete(tab: Page, head: str = "Where Adam ends from each start: ") -> str:
    """What the legend says once the whole map is there."""
    said = stage_in(tab).locator(".gd-legend [role=status]")
    expect(said).to_contain_text(head, timeout=PATIENCE)
    return said.text_content() or ""


def _expected(tab: Page) -> npt.NDArray[np.int64]:
    """Where Adam ends from the middle of each part of the picture, row by row from below."""
    sides = [low + (high - low) * (np.arange(SIDE) + 0.5) / SIDE for low, high in HIMMELBLAU.domain]
    run = replace(run_in(tab, "adam").run, objective=HIMMELBLAU.key)
    many = trace_many(run, np.stack(np.meshgrid(*sides)).reshape(2, -1))
    return np.where(many.diverged_at >= 0, -2, arrived(known_minima(HIMMELBLAU), many.x, many.loss))


def _channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _written(share: float) -> str:
    return f"{digits(float(f'{100 * share:.2g}'))} %"


def _compare(tab: Page) -> None:
    """The legend and the tints in the picture are those of the runs in Python."""
    said, ends = _complete(tab), _expected(tab)
    points = known_minima(HIMMELBLAU).points
    for place, point in enumerate(points):
        assert f"({', '.join(map(digits, point))}) {_written((ends == place).mean())}" in said
    chosen = np.random.default_rng(0).integers(SIDE, size=(400, 2))
    middles = [
        [low + (high - low) * (one + 0.5) / SIDE for one, (low, high) in zip(place, HIMMELBLAU.domain, strict=True)]
        for place in chosen.tolist()
    ]
    dots = np.array(tab.evaluate(TINTS, tab.evaluate(SPOTS, middles)), dtype=float)
    # Paths, letters and their halos lie over some of it.
    bare = np.abs(dots[:, 3] - 128) <= 2
    assert bare.mean() > 0.8
    tints = np.array([_channels(color) for color in BASINS[: len(points)]])
    seen = np.abs(dots[:, None, :3] - tints).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(seen[bare], ends[chosen[:, 1] * SIDE + chosen[:, 0]][bare])


def test_basins_are_where_the_runs_of_python_end_and_follow_a_dial(visit: Open) -> None:
    tab = visit(f=HIMMELBLAU.name, basins="Adam", t=0)
    legend = stage_in(tab).locator(".gd-legend")
    _compare(tab)
    before = _complete(tab)
    slider, box = dial(tab, "Adam")
    grip(tab, slider, 0.95)
    # A coarse map, without shares, while the hand holds on.
    expect(legend.locator("ul")).not_to_contain_text("%")
    tab.mouse.up()
    await_that(tab, lambda: asked(tab).get("adam_lr") == box.input_value(), f"the rate in {tab.url}")
    await_that(tab, lambda: _complete(tab) != before, "other basins")
    at_rest(tab)
    _compare(tab)
    # Who leaves the race takes the basins along.
    row_of(tab, "Adam").get_by_role("button", name="Take Adam out").click()
    expect(legend).to_be_hidden()
    await_that(tab, lambda: "basins" not in asked(tab), f"no basins in {tab.url}")


def test_without_contour_lines_a_stage_says_where_basins_are_shown(visit: Open) -> None:
    tab = visit(view="3-D", basins="Adam")
    expect(stage_in(tab).locator(".gd-legend")).to_contain_text("Where Adam ends is shown on the contour lines.")


def test_basins_of_nobody_in_the_race_are_noted(visit: Open) -> None:
    tab = visit(basins="Lion")
    expect(stage_in(tab).locator(".gd-legend")).to_be_hidden()
    expect(tab.get_by_text("basins = Lion: choose one from the list")).to_be_visible()


def test_over_rate_and_momentum_runs_end_as_in_python(app_url: str, page: Callable[..., Page]) -> None:
    steps, shape = 80, QUADRATICS["bowl"]
    tab = page()
    link = {"lshape": shape.key, "lrule": "Momentum", "lends": "true", "lsteps": steps, "lt": 0}
    tab.goto(f"{app_url}/{LEARNING_RATE.path}?{urlencode(link)}")
    said = _complete(tab, "Where Momentum ends at each learning rate and momentum: ")
    across, up = tab.evaluate(PLANE)
    rates, betas = ((np.arange(SIDE) + 0.5) / SIDE * (high - low) + low for low, high in (across, up))
    objective = shape.resolved_objective
    grid = np.stack(np.meshgrid(rates, betas)).reshape(2, -1)
    run = Run(objective.key, "momentum", objective.start, steps)
    many = trace_many(run, hypers={"lr": grid[0], "beta": grid[1]})
    there = (arrived(known_minima(objective), many.x, many.loss) == 0) & (many.diverged_at < 0)
    assert 0.2 < there.mean() < 0.8
    assert f": (0, 0) {_written(there.mean())}" in said
    assert f"diverged or undefined {_written((many.diverged_at >= 0).mean())}" in said
    # In that plane, and not among the contour lines.
    assert tab.evaluate(DOT, [".gd-tuning", 0.15, 0.4]) == pytest.approx([*_channels(BASINS[0]), 128], abs=2)
    assert tab.evaluate(DOT, [".gd-plane", 0.7, 0.4]) == [0, 0, 0, 0]
