"""The stage in a real browser: its clock, its start, what a slider leaves alone, keys, fingers and themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocket, expect

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.trace import Path
from core.figures import DARK, LIGHT
from core.formula.latex import measured
from tests.browser.stages import (
    DESCENT,
    PATIENCE,
    PLOT,
    RACE,
    RANGES,
    SPOT,
    STEPS,
    Open,
    asked,
    at_rest,
    await_asked,
    await_that,
    button,
    choose_objective,
    drag,
    expect_start,
    expect_step,
    numbers,
    stage_in,
    step_in,
    still,
    turn,
)
from ui.navigation import FOUNDATIONS, OPTIMIZERS

pytestmark = pytest.mark.browser

EYE = f"() => {{ const e = {PLOT}._fullLayout.scene._scene.getCamera().eye; return [e.x, e.y, e.z]; }}"
PICTURE = "() => document.querySelector('.gd-canvas').toDataURL()"


def _path(racer: str, **hypers: float) -> Path:
    return trace(Run(RACE.objective, racer, RACE.resolved_objective.start, STEPS, {**RACE.rules[racer], **hypers}))


# --- The clock ---


def test_it_plays_and_pauses_by_button_and_by_space(visit: Open) -> None:
    tab = visit(moving=True, t=0)
    expect_step(tab, 0)
    button(tab, "Play").click()
    await_that(tab, lambda: step_in(tab) > 3, "steps")
    button(tab, "Pause").click()
    rested = step_in(tab)
    await_asked(tab, t=rested)
    # The button still has the focus, and answers to the space bar once.
    tab.keyboard.press(" ")
    expect(button(tab, "Pause")).to_be_visible()
    stage_in(tab).focus()
    tab.keyboard.press(" ")
    expect(button(tab, "Play")).to_be_visible()
    assert step_in(tab) >= rested
    await_asked(tab, t=step_in(tab))


def test_arrows_home_and_end_move_the_clock_while_it_has_the_focus(visit: Open) -> None:
    tab = visit(moving=True)
    expect_step(tab, STEPS)
    stage_in(tab).focus()
    for key, step in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", STEPS)):
        tab.keyboard.press(key)
        expect_step(tab, step)
    button(tab, "One step back").click()
    expect_step(tab, STEPS - 1)
    await_asked(tab, t=STEPS - 1)
    # Only while the stage has the focus.
    tab.evaluate("() => document.activeElement.blur()")
    for key in (" ", "ArrowLeft", "Home"):
        tab.keyboard.press(key)
    tab.wait_for_timeout(300)
    expect_step(tab, STEPS - 1)
    # Played to its end, it stops; played from there, it begins again.
    button(tab, "Play").click()
    expect_step(tab, STEPS)
    button(tab, "Play").click()
    await_that(tab, lambda: 0 < step_in(tab) < STEPS // 2, "a new round")


def test_an_answer_of_the_server_does_not_turn_the_clock_back(visit: Open) -> None:
    tab = visit(t=0)
    stage_in(tab).focus()
    # Slow enough that every step is told, quick enough that the next one comes before the answer.
    for _ in range(12):
        tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(150)
    await_asked(tab, t=12)
    at_rest(tab)
    expect_step(tab, 12)


def test_scrubbing_goes_to_a_step_and_tells_the_page(visit: Open) -> None:
    tab = visit()
    slider = stage_in(tab).get_by_role("slider", name="Step")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] - 9, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, y, steps=5)
    tab.mouse.up()
    assert abs(step_in(tab) - STEPS / 2) < 10
    await_asked(tab, t=step_in(tab))
    slider.fill("189")
    expect_step(tab, 189)
    await_asked(tab, t=189)
    expect(tab.get_by_label("Step shown").first).to_have_value("189")


def test_the_number_box_moves_the_clock(visit: Open) -> None:
    tab = visit()
    box = tab.get_by_label("Step shown").first
    box.fill("37")
    box.press("Enter")
    expect_step(tab, 37)
    await_asked(tab, t=37)
    path = _path("adam")
    assert numbers(tab, "Adam") == pytest.approx([*path.x[37], path.loss[37], path.grad_norm[37]], rel=6e-4)


def test_pausing_shows_the_ledger_of_that_step(visit: Open) -> None:
    tab = visit(moving=True, t=30, of="Adam")
    path = _path("adam")
    # Slow, so that single steps can be told apart.
    stage_in(tab).get_by_label("Speed").select_option("0.25")
    button(tab, "Play").click()
    await_that(tab, lambda: step_in(tab) >= 37, "step 37")
    button(tab, "Pause").click()
    stage_in(tab).get_by_role("slider", name="Step").fill("37")
    formulas = tab.locator('annotation[encoding="application/x-tex"]')
    for step in (37, 38):
        expect_step(tab, step)
        for term in ("m", "v_hat"):
            value = measured(float(path.terms[term][step - 1, 0])).latex
            expect(formulas.filter(has_text=value).first).to_be_attached(timeout=PATIENCE)
        button(tab, "One step forward").click()


def test_nothing_is_sent_either_way_while_it_plays(visit: Open, page: Callable[..., Page]) -> None:
    tab = page(moving=True)
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: frames.append("sent"))
        socket.on("framereceived", lambda _: frames.append("received"))

    tab.on("websocket", listen)
    visit(tab=tab, t=0)
    tab.wait_for_timeout(500)
    button(tab, "Play").click()
    frames.clear()
    await_that(tab, lambda: step_in(tab) > 30, "steps")
    assert frames == []
    button(tab, "Pause").click()
    await_that(tab, lambda: {"sent", "received"} <= set(frames), "a message after the pause")


def test_without_motion_the_picture_moves_in_whole_steps(visit: Open, page: Callable[..., Page]) -> None:
    tab = page()
    tab.emulate_media(reduced_motion="reduce")
    visit(tab=tab, t=0)
    stage_in(tab).get_by_label("Speed").select_option("0.25")
    button(tab, "Play").click()
    # What was shown, frame by frame: the step, and the pixels.
    seen: list[list[str]] = tab.evaluate(
        """() => new Promise(done => {
            const seen = [], step = document.querySelector('.gd-step'), canvas = document.querySelector('.gd-canvas');
            const look = () => {
                seen.push([step.textContent, canvas.toDataURL()]);
                seen.length < 60 ? requestAnimationFrame(look) : done(seen);
            };
            requestAnimationFrame(look);
        })"""
    )
    steps = {step for step, _ in seen}
    assert len(steps) > 3
    assert len({picture for _, picture in seen}) <= len(steps)


def test_a_path_that_diverged_says_so_when_the_clock_gets_there(visit: Open) -> None:
    step = _path("sgd", lr=0.003).status.step
    tab = visit(sgd_lr=0.003, t=3)
    row = stage_in(tab).locator("tbody tr").first
    expect(row).to_contain_text("Gradient descent")
    expect(row).not_to_contain_text("diverged")
    stage_in(tab).focus()
    tab.keyboard.press("End")
    expect(row).to_contain_text(f"diverged at step {step}")


# --- The start ---


def test_a_click_in_the_landscape_moves_the_start_and_the_paths(visit: Open) -> None:
    tab = visit()
    before = tab.evaluate(RANGES)
    x, y = tab.evaluate(SPOT, [-2, -1])
    tab.mouse.click(x - 30, y + 20)
    tab.wait_for_timeout(600)
    # Beside the axes is nowhere.
    assert "x" not in asked(tab)
    tab.mouse.click(*tab.evaluate(SPOT, [0.5, -0.4]))
    expect_start(tab, [0.5, -0.4], "Adam")
    assert tab.evaluate(RANGES) == before


def test_the_ring_of_the_start_can_be_dragged(visit: Open) -> None:
    tab = visit()
    before = tab.evaluate(RANGES)
    tab.mouse.move(*tab.evaluate(SPOT, list(RACE.resolved_objective.start)))
    tab.mouse.down()
    tab.mouse.move(*tab.evaluate(SPOT, [1.2, 0.3]), steps=6)
    tab.mouse.up()
    expect_start(tab, [1.2, 0.3], "Adam")
    # It was not taken for a box to zoom into.
    assert tab.evaluate(RANGES) == before


def test_a_click_on_a_curve_moves_its_start(visit: Open) -> None:
    tab = visit(FOUNDATIONS.path)
    tab.mouse.click(*tab.evaluate(SPOT, [1.5, 3.0]))
    expect_start(tab, [1.5], "Gradient descent", FOUNDATIONS.prefix, DESCENT.steps)
    assert f"{FOUNDATIONS.prefix}y" not in asked(tab)


# Keeps what is written on a canvas, and of every hollow arrow its colour, where it begins and where it ends.
LISTEN = """
    window.heard = { texts: [], pushes: [] };
    const pen = CanvasRenderingContext2D.prototype, { fillText, moveTo, lineTo } = pen;
    let from = null;
    pen.fillText = function (text, ...at) { heard.texts.push(text); return fillText.call(this, text, ...at); };
    pen.moveTo = function (...at) { from = at; return moveTo.apply(this, at); };
    pen.lineTo = function (...at) {
        if (this.getLineDash().join() === '3,3') heard.pushes.push([this.strokeStyle, from, at]);
        return lineTo.apply(this, at);
    };
"""


@pytest.mark.parametrize("objective", ["quartic", "flat_quartic"])
def test_on_a_curve_every_ball_has_its_name_its_step_and_its_arrows_along_the_axis(
    visit: Open, page: Callable[..., Page], objective: str
) -> None:
    rates = {"sgd": 0.01, "momentum": 0.02, "rmsprop": 0.03, "adam": 0.04}
    tab, racers, start = page(), [RACERS[key] for key in rates], OBJECTIVES[objective].start
    tab.add_init_script(LISTEN)
    chosen = {"df": OBJECTIVES[objective].name, "drules": [racer.name for racer in racers], "dt": 3}
    visit(FOUNDATIONS.path, tab, **chosen, **{f"d{key}_lr": lr for key, lr in rates.items()})
    texts, pushes = tab.evaluate("() => [heard.texts, heard.pushes]")
    assert {racer.name for racer in racers} <= {*texts}
    # Each takes a step of its own, and no slope stands for all.
    paths = [trace(Run(objective, key, start, 4, {"lr": lr})) for key, lr in rates.items()]
    steps = sorted(path.x[4, 0] - path.x[3, 0] for path in paths)
    written = {text.removeprefix("step ").replace("−", "-") for text in texts if text.startswith("step ")}
    # Four digits are written.
    assert sorted(map(float, written)) == pytest.approx(steps, rel=1e-3)
    assert not [text for text in texts if text.startswith("slope")]
    assert {color.upper() for color, *_ in pushes} == {r.color.upper() for r in racers if r.optimizer.velocity}
    # Up or down a curve nothing pushes, however steep it is drawn.
    assert {begin[1] - end[1] for _, begin, end in pushes} == {0}
    assert {end[0] > begin[0] for _, begin, end in pushes} == {start[0] < 0}
    tab.evaluate("() => { heard.pushes.length = 0; }")
    button(tab, "Show gradient and momentum arrows").click()
    still(tab)
    assert tab.evaluate("() => heard.pushes") == []


# --- What stays and what is fresh ---


def test_zoom_stays_when_a_slider_moves_and_is_fresh_for_another_objective(visit: Open) -> None:
    tab = visit()
    whole = tab.evaluate(RANGES)
    drag(tab, [-0.5, 0.0], [1.0, 1.5])
    box = pytest.approx([-0.5, 1.0, 0.0, 1.5], abs=0.05)
    await_that(tab, lambda: bool(tab.evaluate(RANGES) == box), f"the box, and not {whole}")
    zoomed = tab.evaluate(RANGES)
    turn(tab, "Momentum", "momentum_lr")
    assert tab.evaluate(RANGES) == zoomed
    # It was not taken for a click.
    assert "x" not in asked(tab)
    booth = OBJECTIVES["booth"]
    choose_objective(tab, booth.name)
    fresh = [number for limits in booth.domain for number in limits]
    await_that(tab, lambda: tab.evaluate(RANGES) == pytest.approx(fresh), "the whole of another landscape")


def test_the_camera_stays_when_a_slider_moves_and_is_fresh_for_another_objective(visit: Open) -> None:
    tab = visit(view="3-D")
    opening = tab.evaluate(EYE)
    box = stage_in(tab).locator(".gd-view").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 90, y + 30, steps=5)
    tab.mouse.up()
    await_that(tab, lambda: tab.evaluate(EYE) != pytest.approx(opening, abs=0.05), "another camera")
    # The camera glides to its rest.
    tab.wait_for_timeout(500)
    turned = tab.evaluate(EYE)
    turn(tab)
    assert tab.evaluate(EYE) == pytest.approx(turned, abs=1e-3)
    choose_objective(tab, OBJECTIVES["booth"].name)
    await_that(tab, lambda: tab.evaluate(EYE) == pytest.approx(opening, abs=1e-3), "the camera of a new landscape")


def test_a_hidden_racer_stays_hidden_and_its_button_keeps_the_focus(visit: Open) -> None:
    tab = visit()
    drawn = f"() => {PLOT}.data.map(trace => trace.name).filter(name => name)"
    mark = button(tab, "Momentum")
    assert "Momentum" in tab.evaluate(drawn)
    mark.focus()
    tab.keyboard.press("Enter")
    expect(mark).to_have_attribute("aria-pressed", "false")
    expect(mark).to_be_focused()
    await_that(tab, lambda: "Momentum" not in tab.evaluate(drawn), "one racer less")
    mark.evaluate("button => { button.known = true; }")
    turn(tab)
    # The very same button: a new one would not have the focus that the old one had.
    assert mark.evaluate("button => button.known")
    expect(mark).to_have_attribute("aria-pressed", "false")
    assert "Momentum" not in tab.evaluate(drawn)
    mark.click()
    await_that(tab, lambda: "Momentum" in tab.evaluate(drawn), "the racer again")


def test_it_follows_a_change_of_theme_without_a_reload(visit: Open) -> None:
    tab = visit(t=80)
    shown = f"""() => {{
        const gd = {PLOT}, ground = gd.data.find(trace => trace.type === 'contour');
        return [gd._fullLayout.font.color.toLowerCase(), ground.colorscale[0][1].toLowerCase()];
    }}"""
    tab.evaluate("() => { window.untouched = true; }")
    light = tab.evaluate(PICTURE)
    for scheme, look in (("dark", DARK), ("light", LIGHT)):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wanted = [look.text.lower(), look.landscape[0].lower()]
        await_that(tab, lambda wanted=wanted: bool(tab.evaluate(shown) == wanted), f"the {scheme} look")
        await_that(tab, lambda scheme=scheme: (tab.evaluate(PICTURE) == light) == (scheme == "light"), "its labels")
    assert tab.evaluate("() => window.untouched")
    expect_step(tab, 80)


def test_it_works_after_a_visit_to_another_page(visit: Open) -> None:
    tab = visit(moving=True, view="3-D", t=0)
    for there in (FOUNDATIONS, OPTIMIZERS):
        tab.locator(".st-key-menu").get_by_role("link", name=there.title).click()
        expect(tab.locator("h1")).to_have_text(there.title)
        expect(stage_in(tab)).to_have_attribute(
            "aria-label",
            "Race on Rosenbrock" if there is OPTIMIZERS else f"Gradient descent on {DESCENT.resolved_objective.name}",
        )
        at_rest(tab)
    stage_in(tab).focus()
    tab.keyboard.press("Home")
    button(tab, "Play").click()
    await_that(tab, lambda: step_in(tab) > 3, "steps")


# --- Keyboard, names, sizes, fingers ---


def test_everything_has_a_role_and_a_name_and_shows_the_focus(visit: Open) -> None:
    tab = visit()
    group = tab.get_by_role("group", name=f"Race on {RACE.resolved_objective.name}", exact=True)
    expect(group).to_have_count(1)
    for name in ("One step back", "Play", "One step forward", "Start again at the end", "Fill the screen"):
        expect(group.get_by_role("button", name=name, exact=True)).to_be_visible()
    for racer in RACE.rules:
        expect(group.get_by_role("button", name=RACERS[racer].name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
    expect(group.get_by_role("slider", name="Step", exact=True)).to_have_attribute(
        "aria-valuetext", f"Step {STEPS} of {STEPS}"
    )
    expect(group.get_by_role("combobox", name="Speed", exact=True)).to_be_visible()
    for view in ("Contour lines of Rosenbrock with the paths", "Loss over the steps"):
        expect(group.get_by_role("group", name=view)).to_have_count(1)
    # Plotly's own tools, of which none leads out of the page.
    tools = str(tab.locator(".gd-stage .modebar-btn").evaluate_all("tools => tools.map(tool => tool.dataset.title)"))
    assert "Reset axes" in tools
    assert "Share" not in tools
    unnamed = group.locator("button").evaluate_all(
        "buttons => buttons.filter(b => !(b.getAttribute('aria-label') || b.textContent).trim()).length"
    )
    assert unnamed == 0
    group.focus()
    outlined = "element => getComputedStyle(element).outlineStyle + getComputedStyle(element).outlineWidth"
    # Reached by a key, as a keyboard user does.
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    expect(group).to_be_focused()
    assert group.evaluate(outlined) == "solid2px"
    tab.keyboard.press("Tab")
    for _ in range(20):
        if tab.evaluate("() => document.activeElement.matches('.gd-play')"):
            break
        tab.keyboard.press("Tab")
    assert button(tab, "Play").evaluate(outlined) == "solid2px"


def test_it_fills_the_screen_and_comes_back(visit: Open) -> None:
    tab = visit()
    view = stage_in(tab).locator(".gd-view").first
    before = view.bounding_box()
    button(tab, "Fill the screen").click()
    tab.wait_for_function("() => document.fullscreenElement?.matches('.gd-stage')")
    assert before is not None
    await_that(tab, lambda: (view.bounding_box() or before)["width"] > before["width"] + 50, "a larger picture")
    # A browser rounds one of the two to whole pixels.
    gap = f"() => Math.abs({PLOT}._fullLayout.width - {PLOT}.clientWidth)"
    await_that(tab, lambda: tab.evaluate(gap) < 1, "a figure of the new size")
    button(tab, "Fill the screen").click()
    tab.wait_for_function("() => !document.fullscreenElement")
    await_that(tab, lambda: (view.bounding_box() or {}).get("width") == before["width"], "the old size")


def test_on_a_phone_a_swipe_scrolls_and_a_tap_moves_the_start(app_url: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    tab.goto(f"{app_url}/{OPTIMIZERS.path}")
    at_rest(tab, views=1)
    x, y = tab.evaluate(SPOT, [0.5, 0.0])
    scrolled = """() => document.querySelector('[data-testid="stMain"]').scrollTop"""
    assert tab.evaluate(scrolled) == 0
    finger = context.new_cdp_session(tab)
    touch = "Input.dispatchTouchEvent"
    finger.send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for way in range(15, 180, 15):
        finger.send(touch, {"type": "touchMove", "touchPoints": [{"x": x, "y": y - way}]})
        # As long as a frame: all at once would be no movement.
        tab.wait_for_timeout(16)
    await_that(tab, lambda: tab.evaluate(scrolled) > 100, "a scrolled page")
    # At rest before it is lifted, or the page would run on.
    tab.wait_for_timeout(300)
    finger.send(touch, {"type": "touchEnd", "touchPoints": []})
    assert "x" not in asked(tab)
    tab.touchscreen.tap(*tab.evaluate(SPOT, [0.5, 0.0]))
    expect_start(tab, [0.5, 0.0], "Adam")
    # The controls stay within the screen.
    wide = stage_in(tab).locator(".gd-bar").evaluate("bar => [bar.scrollWidth, bar.clientWidth]")
    assert wide[0] <= wide[1]
    context.close()


# Of a view: how wide and high it is, how wide its drawing and its canvas are, and how many pixels of the canvas are in
# each of some colours.
VIEW = """(box, colors) => {
    const canvas = box.querySelector('.gd-canvas'), drawing = box.querySelector('.main-svg');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const near = (at, channels) => data[at + 3] > 128 && channels.every((one, k) => Math.abs(one - data[at + k]) < 12);
    const drawn = colors.map(color => {
        const channels = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));
        return Array.from({ length: data.length / 4 }, (_, k) => 4*k).filter(at => near(at, channels)).length;
    });
    return [box.clientWidth, box.clientHeight, drawing.getBoundingClientRect().width, canvas.clientWidth, drawn];
}"""


def test_on_a_phone_buttons_choose_one_of_the_views(app_url: str, page: Callable[..., Page]) -> None:
    tab = page(width=390, height=844)
    tab.goto(f"{app_url}/{OPTIMIZERS.path}")
    at_rest(tab, views=1)
    ground, loss = (stage_in(tab).locator(f".gd-view.gd-{kind}") for kind in ("plane", "time"))
    tabs = stage_in(tab).get_by_role("group", name="View", exact=True)
    colors = [RACERS[key].color for key in RACE.rules]
    expect(tabs.get_by_role("button")).to_have_text(["Contour", "Loss"])
    for name, chosen, other in (("Loss", loss, ground), ("Contour", ground, loss)):
        expect(other).to_be_visible()
        expect(chosen).to_be_hidden()
        tabs.get_by_role("button", name=name).click()
        expect(chosen).to_be_visible()
        expect(other).to_be_hidden()
        at_rest(tab)
        width, height, *widths, drawn = chosen.evaluate(VIEW, colors)
        assert width == stage_in(tab).evaluate("stage => stage.clientWidth")
        # 12.5 rem.
        assert height == 200
        assert widths == pytest.approx([width, width], abs=1)
        assert min(drawn) > 10, drawn
        # The very same button, with the focus that it was given.
        expect(tabs.get_by_role("button", name=name)).to_be_focused()
        expect(tabs.get_by_role("button", pressed=True)).to_have_text(name)
    tab.set_viewport_size({"width": 1280, "height": 800})
    expect(tabs).to_be_hidden()
    at_rest(tab)
    for view in (ground, loss):
        expect(view).to_be_visible()
        width, _, *widths, drawn = view.evaluate(VIEW, colors)
        assert widths == pytest.approx([width, width], abs=1)
        assert min(drawn) > 20, drawn


# --- Loading ---


@pytest.mark.parametrize(("width", "plots"), [(1280, 2), (390, 1)])
def test_a_stage_has_its_place_before_there_is_anything_to_draw_with(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page], width: int, plots: int
) -> None:
    tab = page()
    held: list[Route] = []
    tab.set_viewport_size({"width": width, "height": 800})
    tab.route("**/PlotlyChart.*.js", lambda route: held.append(route))
    tab.goto(f"{app_url}/{OPTIMIZERS.path}")
    below = tab.locator(".st-key-fields")
    expect(tab.locator(".gd-table")).to_be_visible(timeout=PATIENCE)
    expect(below).to_be_visible(timeout=PATIENCE)
    await_that(tab, lambda: bool(held), "Plotly asked for")
    # What stands above has come.
    expect(tab.locator('[class*="st-key-try_"]').get_by_text(RACE.title, exact=True)).to_be_visible()
    still(tab)
    before = below.bounding_box()
    for route in held:
        route.continue_()
    settled(tab, plots=plots)
    after = below.bounding_box()
    assert before is not None
    assert after is not None
    # A line of text may wrap where letters come late.
    assert after["y"] == pytest.approx(before["y"], abs=30)
    # Out of sight on the first screen, so that nothing there moves when the stage comes.
    assert min(before["y"], after["y"]) > 800


def test_a_stage_far_below_is_drawn_when_its_reader_comes_near(
    app_url: str, page: Callable[..., Page], settled: Callable[..., Page]
) -> None:
    tab = page()
    tab.goto(f"{app_url}/{FOUNDATIONS.path}")
    settled(tab, plots=2)
    hill = tab.locator(".gd-stage").nth(1)
    expect(hill.locator(".gd-table")).to_be_attached()
    expect(hill.locator(".main-svg")).to_have_count(0)
    hill.scroll_into_view_if_needed()
    settled(tab, plots=4)
    expect(hill.locator(".gd-canvas")).to_have_count(2)


def test_lines_that_were_drawn_piece_by_piece_are_whole(visit: Open) -> None:
    def colored() -> int:
        return int(
            tab.evaluate(
                """() => {
                const canvas = document.querySelector('.gd-view.gd-plane .gd-canvas');
                const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let count = 0;
                for (let at = 0; at < pixels.length; at += 4) {
                    const [r, g, b, a] = pixels.subarray(at, at + 4);
                    if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) count++;
                }
                return count;
            }"""
            )
        )

    # Here steps are shorter than halos are wide.
    tab = visit(t=100)
    stage_in(tab).focus()
    for step in range(101, 221):
        tab.keyboard.press("ArrowRight")
        expect_step(tab, step)
    still(tab)
    piece_by_piece = colored()
    # A step back has all of it drawn anew.
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowLeft")
    expect_step(tab, 220)
    still(tab)
    # Where pieces meet, their edges are smoothed twice.
    assert piece_by_piece == pytest.approx(colored(), rel=0.05)
