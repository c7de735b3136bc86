"""A hand on the stage in a real browser: all follows it in the same frame, and what stays at the end is Python's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core import trace
from core.catalogue.racers import RACERS
from core.engine.summary import retell
from core.figures import LIGHT, loss_axes
from tests.browser.stages import (
    DESCENT,
    EVERYONE,
    FACTOR,
    RACE,
    RANGES,
    SPOT,
    STEPS,
    Open,
    agrees,
    asked,
    at_rest,
    await_asked,
    await_that,
    button,
    dial,
    drag,
    expect_step,
    grip,
    hold,
    numbers,
    row_of,
    run_in,
    sent_by,
    stage_in,
    still,
    texts,
    words_of,
)
from ui.navigation import FOUNDATIONS, OPTIMIZERS

pytestmark = pytest.mark.browser

NAMES = [RACERS[key].name for key in RACE.rules]
# Of each move of a hand, what every view and every row showed before it, and in the first frame after it.
WATCH = """kind => {
    window.frames_seen = [];
    window.watching?.abort();
    window.watching = new AbortController();
    const look = () => [
        ...[...document.querySelectorAll('.gd-canvas')].map(canvas => canvas.toDataURL()),
        ...[...document.querySelectorAll('.gd-table tbody tr:has(td.gd-number)')].map(row => row.textContent),
    ];
    window.addEventListener(kind, () => {
        const before = look();
        // Asked for after the stage has asked for this frame, so it comes after the stage has drawn.
        requestAnimationFrame(() => frames_seen.push([before, look()]));
    }, { capture: true, signal: watching.signal });
}"""
SEEN = "() => frames_seen.map(([before, after]) => before.map((one, place) => one !== after[place]))"
# Every text on a canvas is kept as the box that it fills, from the last time that the canvas was emptied.
BOXES = """
    const pen = CanvasRenderingContext2D.prototype, { fillText, reset } = pen;
    pen.reset = function () { this.canvas.boxes = []; return reset.call(this); };
    pen.fillText = function (text, x, y) {
        const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = this.measureText(text);
        (this.canvas.boxes ??= []).push([text, x, y - up, x + width, y + down]);
        return fillText.call(this, text, x, y);
    };
"""
DRAWN_BOXES = "() => [...document.querySelectorAll('.gd-canvas')].map(canvas => canvas.boxes)"
RANGE = "() => { const { yaxis } = document.querySelectorAll('.gd-plot')[1]._fullLayout; return [...yaxis.range]; }"


@dataclass
class Shared:
    """A tab that the tests of this module leave as they like, and what it has sent."""

    tab: Page
    sent: list[Any]


@pytest.fixture(scope="module")
def opened(app_url: str, lasting_page: Callable[..., Page]) -> Shared:
    tab = lasting_page()
    shared = Shared(tab, sent_by(tab))
    tab.add_init_script(BOXES)
    tab.goto(f"{app_url}/{OPTIMIZERS.path}")
    at_rest(tab)
    return shared


@pytest.fixture
def race(opened: Shared) -> Iterator[Shared]:
    """The opening race at its end."""
    tab = opened.tab
    if asked(tab).keys() - {"t"}:
        tab.locator('[class*="st-key-try_"]').get_by_text(RACE.title, exact=True).click()
        await_that(tab, lambda: not asked(tab).keys() - {"t"}, f"the opening race, and not {tab.url}")
    stage_in(tab).focus()
    for key in ("r", "End"):
        tab.keyboard.press(key)
    at_rest(tab)
    opened.sent.clear()
    yield opened
    tab.mouse.up()


def _await_python(tab: Page) -> None:
    """Waits until words, rows and link agree, which they do when they are Python's."""
    await_that(tab, lambda: agrees(tab), f"Python's numbers for {tab.url}")
    expect(tab.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")
    for sentence in retell([(RACERS[key], run_in(tab, key)) for key in RACE.rules]):
        expect(tab.locator('[data-testid="stMain"]')).to_contain_text(sentence.replace("**", ""))


# --- The start ---


def test_all_paths_bend_in_the_frame_of_the_drag_and_end_as_python_has_them(race: Shared) -> None:
    tab = race.tab
    tab.evaluate(WATCH, "pointermove")
    start = run_in(tab, "adam").x[0]
    hold(tab, [*start], [-0.6, 1.4], [0.4, 0.8])
    moves = tab.evaluate(SEEN)
    # Two views and four rows; the first few pixels, before anything moves by a digit, are not counted.
    assert len(moves) >= 4
    assert all(all(changed) for changed in moves[2:]), moves
    # For as long as it is held.
    tab.wait_for_timeout(600)
    assert race.sent == []
    assert not asked(tab).keys() & {"x", "y"}
    held = [texts(tab, name) for name in NAMES]
    tab.mouse.up()
    await_that(tab, lambda: asked(tab).keys() >= {"x", "y"}, f"a start in {tab.url}")
    _await_python(tab)
    assert [texts(tab, name) for name in NAMES] == held
    for name in ("x", "y"):
        expect(tab.locator(f".st-key-{name} input")).to_have_value(str(float(asked(tab)[name])))
    assert len(race.sent) <= 2


def test_a_double_click_only_resets_the_zoom(race: Shared) -> None:
    tab = race.tab
    link, whole = tab.url, tab.evaluate(RANGES)
    for _ in range(5):
        drag(tab, [-0.5, 0.0], [1.0, 1.5])
        await_that(tab, lambda: tab.evaluate(RANGES) == pytest.approx([-0.5, 1.0, 0.0, 1.5], abs=0.05), "the box")
        tab.mouse.dblclick(*tab.evaluate(SPOT, [0.6, 0.4]))
        tab.wait_for_timeout(600)
        if tab.evaluate(RANGES) == pytest.approx(whole):
            break
        # On a busy machine two clicks may be too far apart to be a double one.
        tab.goto(link)
        at_rest(tab)
    assert tab.evaluate(RANGES) == pytest.approx(whole)
    # Longer than a click waits for a second one.
    tab.wait_for_timeout(600)
    assert tab.url == link
    assert agrees(tab)


# --- Dials ---


def test_a_dial_turns_its_own_path_in_the_same_frame_and_the_link_when_it_is_let_go(race: Shared) -> None:
    tab = race.tab
    slider, box = dial(tab, "Momentum")
    tab.evaluate(WATCH, "input")
    others = [texts(tab, name) for name in NAMES if name != "Momentum"]
    grip(tab, slider, 0.1, 0.3)
    moves = tab.evaluate(SEEN)
    assert len(moves) >= 4
    turned = 2 + NAMES.index("Momentum")
    for changed in moves:
        assert [place for place, one in enumerate(changed) if one] == [0, 1, turned], changed
    tab.wait_for_timeout(600)
    assert race.sent == []
    held, value = texts(tab, "Momentum"), float(box.input_value())
    tab.mouse.up()
    await_asked(tab, momentum_lr=value)
    _await_python(tab)
    assert texts(tab, "Momentum") == held
    assert [texts(tab, name) for name in NAMES if name != "Momentum"] == others
    assert len(race.sent) == 1


def test_a_number_is_taken_as_it_is_typed_and_nonsense_is_refused_with_what_is_allowed(race: Shared) -> None:
    tab = race.tab
    _, box = dial(tab, "RMSProp")
    for text in ("0.99", "1e-3", "0.0123"):
        box.fill(text)
        box.press("Enter")
        await_asked(tab, rmsprop_lr=float(text))
        _await_python(tab)
        expect(box).to_have_value(str(float(text)))
    race.sent.clear()
    for text in ("fast", "-1", "1e99", ""):
        box.fill(text)
        box.press("Tab")
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(row_of(tab, "RMSProp").get_by_role("alert")).to_have_text("a number from 0 to 10⁶")
        tab.wait_for_timeout(300)
        assert race.sent == []
        assert asked(tab)["rmsprop_lr"] == "0.0123"
    box.press("Escape")
    expect(box).to_have_value("0.0123")
    expect(box).to_have_attribute("aria-invalid", "false")
    expect(row_of(tab, "RMSProp").locator(".gd-refusal")).to_be_empty()


def test_keys_turn_a_dial_and_are_told(race: Shared) -> None:
    tab = race.tab
    slider, box = dial(tab, "Adam")
    slider.focus()
    seen = [float(box.input_value())]
    for _ in range(6):
        tab.keyboard.press("ArrowRight")
        seen.append(float(box.input_value()))
        assert slider.get_attribute("aria-valuetext") == box.input_value()
    assert all(one < other for one, other in pairwise(seen)), seen
    await_asked(tab, adam_lr=seen[-1])
    _await_python(tab)
    # Those that follow one another quickly count as one, but how quickly that is no test decides.
    assert race.sent
    # It has kept the focus, and the clock has stayed.
    expect(slider).to_be_focused()
    expect_step(tab, STEPS)


def test_a_number_near_one_moves_by_its_distance_to_it(race: Shared) -> None:
    tab = race.tab
    slider, box = dial(tab, "Adam", words_of("adam", "beta2"))
    box.fill("0.99")
    box.press("Enter")
    await_asked(tab, adam_beta2=0.99)
    slider.focus()
    distances = [0.01]
    for _ in range(30):
        tab.keyboard.press("ArrowRight")
        distances.append(1 - float(box.input_value()))
    ratios = [after / before for before, after in pairwise(distances)]
    assert all(0.85 < ratio < 1 for ratio in ratios), ratios
    await_asked(tab, adam_beta2=float(box.input_value()))
    _await_python(tab)


def test_one_dial_turns_the_rates_of_all(race: Shared) -> None:
    tab = race.tab
    before = {key: float(dial(tab, RACERS[key].name)[1].input_value()) for key in RACE.rules}
    slider, box = dial(tab, EVERYONE, FACTOR)
    tab.evaluate(WATCH, "input")
    grip(tab, slider, 0.6, 0.65)
    assert all(all(changed) for changed in tab.evaluate(SEEN)), tab.evaluate(SEEN)
    assert race.sent == []
    held, factor = [texts(tab, name) for name in NAMES], float(box.input_value())
    assert factor > 1
    tab.mouse.up()
    await_asked(tab, **{f"{key}_lr": float(f"{rate * factor:.3g}") for key, rate in before.items()})
    _await_python(tab)
    assert [texts(tab, name) for name in NAMES] == held
    # The rates are what they are; times one.
    expect(box).to_have_value("1")
    for key, rate in before.items():
        expect(dial(tab, RACERS[key].name)[1]).to_have_value(str(float(f"{rate * factor:.3g}")))


def test_steps_noise_and_clipping_are_dials_of_all(race: Shared) -> None:
    tab = race.tab
    for label, key, text in (
        ("Steps", "steps", "300"),
        ("Steps", "steps", "700"),
        ("Gradient noise", "noise", "0.5"),
        ("Largest gradient norm", "clip", "2"),
    ):
        _, box = dial(tab, EVERYONE, label)
        before = [texts(tab, name) for name in NAMES]
        tab.evaluate(WATCH, "change")
        box.fill(text)
        box.press("Enter")
        await_that(tab, lambda: bool(tab.evaluate(SEEN)), "a frame")
        moves = tab.evaluate(SEEN)
        await_asked(tab, **{key: float(text)})
        _await_python(tab)
        assert [texts(tab, name) for name in NAMES] != before, label
        assert all(moves[0]), (label, moves)
    expect_step(tab, 700, 700)


def test_the_axis_of_losses_widens_under_the_hand_and_settles(race: Shared) -> None:
    tab = race.tab
    slider, box = dial(tab, "Gradient descent")
    before = tab.evaluate(RANGE)
    grip(tab, slider, 0.9)
    await_that(tab, lambda: tab.evaluate(RANGE)[1] > before[1] + 5, f"a higher axis than {before}")
    expect(row_of(tab, "Gradient descent")).to_contain_text("diverged at step")
    assert race.sent == []
    tab.mouse.up()
    await_asked(tab, sgd_lr=float(box.input_value()))
    _await_python(tab)

    def settled() -> bool:
        paths = [(RACERS[key], run_in(tab, key)) for key in RACE.rules]
        wanted = loss_axes(paths, LIGHT, RACE.resolved_objective).layout.yaxis.range
        return bool(tab.evaluate(RANGE) == pytest.approx(wanted))

    await_that(tab, settled, "Python's axis")
    expect(row_of(tab, "Gradient descent")).to_contain_text(f"diverged at step {run_in(tab, 'sgd').status.step}")
    box.fill("0.0008")
    box.press("Enter")
    await_that(tab, lambda: "sgd_lr" not in asked(tab), "the rate that the page opens with")
    _await_python(tab)
    await_that(tab, settled, "Python's axis again")


def test_a_rule_that_is_too_slow_says_so_and_left_to_python(race: Shared) -> None:
    tab = race.tab
    slider, box = dial(tab, "Adam")
    # A clock that goes on by 20 ms between two looks: no run is quick enough.
    tab.evaluate(
        """() => {
            let late = 0;
            performance.now = () => (late += 20) + Performance.prototype.now.call(performance);
        }"""
    )
    grip(tab, slider, *(0.4 + 0.01 * move for move in range(14)))
    before = texts(tab, "Adam")
    expect(row_of(tab, "Adam")).to_contain_text("follows when the hand lets go")
    assert race.sent == []
    tab.mouse.up()
    tab.evaluate("() => { delete performance.now; }")
    await_asked(tab, adam_lr=float(box.input_value()))
    _await_python(tab)
    expect(row_of(tab, "Adam")).not_to_contain_text("lets go")
    assert texts(tab, "Adam") != before
    # Another hand, another try.
    tab.evaluate(WATCH, "input")
    grip(tab, slider, 0.5)
    expect(row_of(tab, "Adam")).not_to_contain_text("lets go")
    assert any(changed[0] for changed in tab.evaluate(SEEN))
    tab.mouse.up()
    await_asked(tab, adam_lr=float(box.input_value()))


# --- Names, keys ---


def _overlap(tab: Page) -> list[tuple[str, str]]:
    """The texts in one view that cover one another."""
    pairs = []
    for boxes in tab.evaluate(DRAWN_BOXES):
        assert boxes
        for one, other in combinations(boxes, 2):
            across = min(one[3], other[3]) - max(one[1], other[1])
            up = min(one[4], other[4]) - max(one[2], other[2])
            if across > 0 and up > 0:
                pairs.append((one[0], other[0]))
    return pairs


def test_names_never_cover_one_another(visit: Open, page: Callable[..., Page]) -> None:
    tab = page()
    tab.add_init_script(BOXES)
    visit(tab=tab, rules=[RACERS[key].name for key in [*RACERS][:8]])
    for step in (0, 1, 7, 60, 250, STEPS):
        stage_in(tab).get_by_role("slider", name="Step").fill(str(step))
        expect_step(tab, step)
        still(tab)
        assert not _overlap(tab), step
    # Nor under the hand.
    hold(tab, [*RACE.resolved_objective.start], [0.9, 0.9])
    assert not _overlap(tab)
    tab.mouse.up()


def test_reset_and_the_keys_h_r_and_f(race: Shared, app_url: str) -> None:
    tab = race.tab
    whole = [number for limits in RACE.resolved_objective.domain for number in limits]
    for act in (lambda: button(tab, "Back to the start, as it was opened").click(), lambda: tab.keyboard.press("r")):
        drag(tab, [-0.5, 0.0], [1.0, 1.5])
        await_that(tab, lambda: tab.evaluate(RANGES) != pytest.approx(whole, abs=0.01), "a box")
        stage_in(tab).focus()
        tab.keyboard.press("End")
        expect_step(tab, STEPS)
        act()
        expect_step(tab, 0)
        await_that(tab, lambda: tab.evaluate(RANGES) == pytest.approx(whole), "the whole landscape")
    await_asked(tab, t=0)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app_url)
    stage_in(tab).focus()
    tab.keyboard.press("h")
    expect(stage_in(tab).get_by_role("status")).to_have_text("Link copied")
    assert tab.evaluate("() => navigator.clipboard.readText()") == tab.url
    tab.keyboard.press("f")
    tab.wait_for_function("() => document.fullscreenElement?.matches('.gd-stage')")
    tab.keyboard.press("f")
    tab.wait_for_function("() => !document.fullscreenElement")
    # None of them in a box.
    _, box = dial(tab, "Adam")
    box.focus()
    tab.keyboard.type("hrf")
    expect_step(tab, 0)
    box.press("Escape")
    assert not tab.evaluate("() => document.fullscreenElement")


# --- Other views ---


def test_on_a_curve_the_start_can_be_dragged(visit: Open, page: Callable[..., Page]) -> None:
    tab = page()
    sent = sent_by(tab)
    visit(FOUNDATIONS.path, tab)
    sent.clear()
    tab.evaluate(WATCH, "pointermove")
    name = "Gradient descent"
    [start] = DESCENT.resolved_objective.start
    hold(tab, [start, float(DESCENT.resolved_objective.parsed.value(np.array([start])))], [0.5, 3.0], [1.5, 2.0])
    moves = tab.evaluate(SEEN)
    assert len(moves) >= 4
    # Where they end in the same minimum, only the way there is another.
    assert all(all(changed[:2]) for changed in moves[2:]), moves
    assert sent == []
    held = texts(tab, name)
    tab.mouse.up()
    await_that(tab, lambda: "dx" in asked(tab), f"a start in {tab.url}")
    at_rest(tab)
    run = DESCENT.runs()[0]
    path = trace(replace(run, start=(float(asked(tab)["dx"]),)))
    assert texts(tab, name) == held
    assert numbers(tab, name)[0] == pytest.approx(path.x[-1, 0], rel=6e-4)


def test_in_space_a_dial_bends_the_path(visit: Open, page: Callable[..., Page]) -> None:
    tab = page()
    sent = sent_by(tab)
    visit(tab=tab, view="3-D")
    sent.clear()
    slider, box = dial(tab, "RMSProp")
    tab.evaluate(WATCH, "input")
    grip(tab, slider, 0.4)
    moves = tab.evaluate(SEEN)
    turned = 2 + NAMES.index("RMSProp")
    assert len(moves) >= 2
    for changed in moves:
        assert [place for place, one in enumerate(changed) if one] == [0, 1, turned], changed
    assert sent == []
    held = texts(tab, "RMSProp")
    tab.mouse.up()
    await_asked(tab, rmsprop_lr=float(box.input_value()))
    _await_python(tab)
    assert texts(tab, "RMSProp") == held
