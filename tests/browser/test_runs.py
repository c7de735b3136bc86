"""The stages of Pitfalls, Techniques and Variants in a real browser: they play, and they answer a hand at once."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from core.catalogue.racers import RACERS
from core.formula.words import digits
from core.lessons.flat_walk import WALKS
from core.lessons.saddle_race import RATES, SADDLE
from core.problems.batches.data import DATASETS
from core.problems.batches.race import START, Settings, race
from ui.navigation import PITFALLS, TECHNIQUES, VARIANTS
from ui.panels.claims import topic_key

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


@pytest.fixture
def visit(app_url: str, page: Callable[..., Page], settled: Callable[..., Page]) -> Open:
    """``visit(address)`` opens a page of the app and waits until it is drawn."""

    def visit(address: str) -> Page:
        tab = page(width=1280)
        tab.goto(f"{app_url}/{address}")
        settled(tab, 1)
        return tab

    return visit


def _row(stage: Locator, name: str) -> Locator:
    return stage.locator("tbody tr", has=stage.page.get_by_role("button", name=name, exact=False)).first


def _numbers(row: Locator) -> list[float]:
    texts = row.locator("td.gd-number").all_text_contents()
    return [_number(text) for text in texts]


def _number(text: str) -> float:
    mantissa, _, power = text.replace("−", "-").partition("·10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


def _grab(dial: Locator, way: int) -> None:
    """Takes hold of ``dial`` with the mouse in its middle and moves it ``way`` pixels, without letting go."""
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    assert box is not None
    mouse, x, y = dial.page.mouse, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + way, y, steps=6)


def _asked(tab: Page, key: str) -> float:
    """What the link says of ``key`` once it says something."""
    tab.wait_for_url(lambda url: key in parse_qs(urlsplit(url).query))
    return float(parse_qs(urlsplit(tab.url).query)[key][-1])


def test_two_racers_of_one_rate_and_one_with_noise_answer_a_hand_on_pitfalls(visit: Open) -> None:
    key = f"{PITFALLS.prefix}{SADDLE.key}_"
    tab = visit(f"{PITFALLS.path}?{topic_key(PITFALLS)}=saddles&{key}t=200")
    stage = tab.locator(f".st-key-{key}stage_parts .gd-stage")
    exact, noisy = _row(stage, RACERS["sgd"].name), _row(stage, SADDLE.entrants[-1][0].name)
    before = _numbers(exact)
    _grab(exact.locator(".gd-dial"), -20)
    # Held, the two have moved, both dials say so, and the page has heard nothing of it.
    held = exact.locator(".gd-typed")
    expect(held).not_to_have_value(f"{RATES['sgd']:g}")
    expect(noisy.locator(".gd-typed")).to_have_value(held.input_value())
    seen = _numbers(exact), _numbers(noisy)
    assert seen[0] != before
    assert f"{key}sgd_noisy_lr" not in tab.url
    tab.mouse.up()
    rate = _asked(tab, f"{key}sgd_noisy_lr")
    assert rate == float(held.input_value())
    walked = SADDLE.race(steps=200, turned={"sgd_noisy_lr": rate})
    for numbers, (_, path) in zip(seen, (walked[0], walked[-1]), strict=True):
        assert numbers == pytest.approx([*path.x[-1], path.loss[-1], path.grad_norm[-1]], rel=6e-4)
    expect(tab.get_by_text(f"ln(1 + {rate:.4g})")).to_be_visible()
    assert (_numbers(exact), _numbers(noisy)) == seen
    # Its noise is its own.
    noisy.get_by_role("button", name="More of").click()
    _grab(noisy.locator("xpath=following-sibling::tr[1]").locator(".gd-dial"), 15)
    expect(noisy.locator("td.gd-number").first).not_to_have_text(str(seen[1][0]))
    assert _numbers(exact) == seen[0]
    tab.mouse.up()
    assert _asked(tab, f"{key}noisy_noise") > SADDLE.turns[-1].hyper.default
    # With more steps to take, a clock at its end stays there, and the page says so too.
    steps = stage.locator(".gd-everyone .gd-typed").first
    steps.fill("310")
    steps.press("Enter")
    expect(stage.locator(".gd-step")).to_have_text("310 / 310")
    assert _asked(tab, f"{key}steps") == 310
    expect(tab.locator(f".st-key-{key}t input")).to_have_value("310")
    tab.wait_for_url(lambda url: f"{key}t=" not in url)


def test_the_radius_of_sam_answers_a_hand_on_techniques(visit: Open) -> None:
    key = f"{TECHNIQUES.prefix}{WALKS.key}_"
    tab = visit(f"{TECHNIQUES.path}?{topic_key(TECHNIQUES)}=sam&{key}t=5000")
    stage = tab.locator(f".st-key-{key}stage_parts .gd-stage")
    descent, sam = _row(stage, RACERS["sgd"].name), _row(stage, RACERS["sam"].name)
    before = _numbers(descent), _numbers(sam)
    sam.get_by_role("button", name="More of").click()
    box = sam.locator("xpath=following-sibling::tr[1]").locator(".gd-typed")
    box.fill("0.35")
    box.press("Enter")
    assert _asked(tab, f"{key}sam_rho") == 0.35
    (_, _), (_, path) = WALKS.race(turned={"sam_rho": 0.35})
    wanted = [*path.x[-1], path.loss[-1], path.grad_norm[-1]]
    expect(sam.locator("td.gd-number").first).to_have_text(f"{wanted[0]:#.4g}")
    assert _numbers(sam) == pytest.approx(wanted, rel=6e-4)
    assert _numbers(descent) == before[0]
    # It plays from the start to the end.
    stage.get_by_label("Speed").select_option("8")
    stage.get_by_role("button", name="Play").click()
    expect(stage.get_by_role("button", name="Pause")).to_be_visible()
    expect(stage.locator(".gd-step")).to_have_text("5000 / 5000", timeout=30_000)


# Keeps what is written on each canvas.
LISTEN = """
    window.heard = [];
    const pen = CanvasRenderingContext2D.prototype, { fillText } = pen;
    pen.fillText = function (text, ...at) { heard.push(text); return fillText.call(this, text, ...at); };
"""
# Where a point of the landscape is on the screen.
SPOT = """([x, y]) => {
    const gd = document.querySelector('.gd-plot'), { xaxis, yaxis } = gd._fullLayout, box = gd.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
}"""
# Of each plot of the stage: kind, title and range of the axis across, and the range of the one upwards.
AXES = """() => [...document.querySelectorAll('.gd-stage .gd-plot')].map((gd) => {
    const { xaxis, yaxis } = gd._fullLayout;
    return [xaxis.type, xaxis.title.text, [...xaxis.range], [...yaxis.range]];
})"""


def test_batches_play_by_key_and_take_another_start_on_variants(visit: Open, settled: Callable[..., Page]) -> None:
    key, pair = VARIANTS.prefix, next(iter(DATASETS.values())).load().standardised()
    settings = Settings(32, 0.05, 500, START, False, 0, "constant")
    runs = race(pair, settings)
    tab = visit(f"{VARIANTS.path}?{key}t=37&{key}along=Samples")
    stage = tab.locator(".gd-stage")
    expect(stage.locator(".gd-step")).to_have_text("37 / 500")
    for ran in runs:
        numbers = _numbers(_row(stage, ran.variant.name))
        assert numbers[:3] == pytest.approx([*ran.weights[37], ran.loss[37]], rel=6e-4)
    assert stage.locator(".gd-dial").count() == 0
    # The loss, up and down at every step, has as much room as the map.
    widths = stage.locator(".gd-view").evaluate_all("views => views.map((view) => view.clientWidth)")
    assert abs(widths[0] - widths[1]) <= 1
    stage.focus()
    tab.keyboard.press("ArrowRight")
    expect(stage.locator(".gd-step")).to_have_text("38 / 500")
    assert _asked(tab, f"{key}t") in (37, 38)
    expect(tab.get_by_label("Step shown")).to_have_value("38")
    stage.get_by_role("button", name="Play").click()
    expect(stage.locator(".gd-step")).to_have_text("500 / 500", timeout=30_000)
    # The ring in the map is dragged to a new start: no axis moves while it is held, nor that of the map afterwards.
    ground, curves = tab.evaluate(AXES)
    tab.mouse.move(*tab.evaluate(SPOT, [*START]))
    tab.mouse.down()
    tab.mouse.move(*tab.evaluate(SPOT, [1.5, -0.5]), steps=20)
    assert tab.evaluate(AXES) == [ground, curves]
    tab.mouse.up()
    start = _asked(tab, f"{key}w"), _asked(tab, f"{key}b")
    assert start == pytest.approx((1.5, -0.5), abs=0.02)
    fresh = race(pair, replace(settings, start=start))
    expect(tab.get_by_text(f"the loss is {digits(fresh[2].loss[-1])}").first).to_be_visible()
    settled(tab)
    for ran in fresh:
        numbers = _numbers(_row(stage, ran.variant.name))
        assert numbers[2] == pytest.approx(ran.loss[-1], rel=6e-4)
    after, again = tab.evaluate(AXES)
    assert after == ground
    assert again[:3] == curves[:3]


def test_the_lines_of_batches_are_named_and_the_loss_is_drawn_over_samples(visit: Open) -> None:
    key = VARIANTS.prefix
    tab = visit(f"{VARIANTS.path}?{key}view=Data&{key}along=Samples&{key}many=50+seeds&{key}vt=500")
    stage = tab.locator(".gd-stage")
    tab.evaluate(f"() => {{ {LISTEN} }}")
    stage.focus()
    tab.keyboard.press("ArrowLeft")
    names = [f"{count} at {'once' if count == 442 else 'a time'}" for count in (442, 32, 1)]
    names[0] = f"all {names[0]}"
    expect(stage.locator(".gd-step")).to_have_text("499 / 500")
    heard: list[str] = tab.evaluate("() => heard")
    # In both views.
    assert [heard.count(name) for name in names] == [2 * (len(heard) // 6)] * 3
    (first, _, *_), (second, title, *_) = tab.evaluate(AXES)
    assert (first, second, title) == ("linear", "log", "samples looked at, log scale")
