"""Who joins a race and with what: tuned rates, twins, one schedule for all, scenarios as chips."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.catalogue.wraps import WRAPS, wrapped
from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.engine.sensitivity import tuned_rate
from tests.pages.visits import chips, clean, link_of, notes, open_page, open_scenario, run_table, state
from ui import navigation
from ui.controls import race_state, scenario_state
from ui.kit import share
from ui.kit.limits import MAX_CURVE_RACERS, MAX_RACERS
from ui.navigation import Page

PAGE = navigation.OPTIMIZERS
each = pytest.mark.parametrize(
    ("page", "scenario"),
    [(PAGE, one) for one in RACES.values()] + [(navigation.FOUNDATIONS, one) for one in DESCENTS.values()],
    ids=lambda one: one.key if isinstance(one, Scenario) else one.title,
)


def _race(app: AppTest, *names: str) -> AppTest:
    return clean(app.multiselect(key="rules").set_value(list(names)).run())


def _losses(app: AppTest) -> dict[str, float]:
    table = run_table(app).set_index("rule")
    return dict(table["loss"])


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_a_rule_that_joins_runs_at_a_rate_that_works_here(key: str) -> None:
    rule, objective = OPTIMIZERS[key], OBJECTIVES["booth"]
    opening = next(iter(RACES.values())).rules.get(key, {}).get("lr", rule.hypers[0].default)
    # A link that says nothing of the rate means the one that the page opens with.
    assert state(open_page(PAGE, {"rules": [rule.name], "f": "Booth"}), f"{key}_lr") == opening
    other = "Momentum" if key == "sgd" else "Gradient descent"
    app = _race(open_page(PAGE, {"rules": [other], "f": "Booth"}), other, rule.name)
    rate = state(app, f"{key}_lr")
    assert rate == float(f"{tuned_rate(Run('booth', key, objective.start), 60):.2g}")
    # What it joined with is in the link, wherever that is opened.
    assert state(open_page(PAGE, link_of(app)), f"{key}_lr") == rate


def test_a_rate_that_was_set_is_kept_by_a_rule_that_leaves_and_comes_back() -> None:
    app = open_page(PAGE, {"rules": ["Gradient descent", "Adam"], "adam_lr": "0.0123"})
    app = _race(_race(app, "Gradient descent"), "Gradient descent", "Adam")
    assert state(app, "adam_lr") == 0.0123


def test_a_twin_begins_as_the_other_runs() -> None:
    link = {
        "rules": ["Adam"],
        "adam_lr": "0.03",
        "adam_beta2": "0.9",
        "adam_schedule": "Cosine",
        "adam_cosine_eta_min": "0.2",
    }
    app = _race(open_page(PAGE, link), "Adam", "Adam 2")
    losses = _losses(app)
    assert losses["Adam"] == losses["Adam 2"]
    assert state(app, "adam2_schedule") == "Cosine"
    assert state(app, "adam2_beta2") == 0.9


def test_one_schedule_and_the_library_rates_are_given_to_all_at_once() -> None:
    app = open_page(PAGE, {"fields": "true"})
    clean(app.selectbox(key="schedule_all").set_value("Cosine").run())
    clean(app.button(key="library").click().run())
    for key in next(iter(RACES.values())).rules:
        assert state(app, f"{key}_schedule") == "Cosine"
        assert state(app, f"{key}_lr") == OPTIMIZERS[key].hypers[0].default


@each
def test_a_chip_opens_its_scenario_is_marked_and_says_what_to_look_for(page: Page, scenario: Scenario) -> None:
    app = open_scenario(open_page(page), page, scenario)
    # The row is drawn from what runs, so the mark comes with the run itself.
    assert chips(app, page).value == scenario.title
    for key, value in scenario_state(scenario, page.prefix).items():
        assert state(app, key) == value, key
    (stage,) = [
        part.proto
        for part in app.get("bidi_component")
        if part.proto.component_name == "gradient_descent_stage_part" and part.proto.id.endswith(f"-{page.prefix}stage")
    ]
    assert scenario.idea.split(".")[0] in str(stage)
    if page is PAGE:
        moved = clean(app.number_input(key="x").set_value(0.123).run())
        assert chips(moved, page).value is None


def test_more_racers_than_a_picture_takes_are_cut_and_not_an_error() -> None:
    for page, most in ((PAGE, MAX_RACERS), (navigation.FOUNDATIONS, MAX_CURVE_RACERS)):
        app = open_page(page)
        # As a forged message could say.
        app.session_state[f"{page.prefix}rules"] = [racer.name for racer in RACERS.values()][: most + 1]
        assert len(state(clean(app.run()), f"{page.prefix}rules")) == most


# --- A schedule of one's own ---

HALVES = "gamma: (0, 1) = 0.5\nfactor = where(t > T/2, gamma, 1)"
FOLLOWED = {"rules": ["Momentum", "Adam"], "schedule_text": HALVES, "adam_schedule": "Own schedule"}


def test_a_link_opens_a_race_under_a_schedule_of_ones_own() -> None:
    app = open_page(PAGE, {**FOLLOWED, "adam_own_gamma": "0.25", "fields": "true"})
    assert notes(app) == ""
    first = next(iter(RACES.values()))
    run = first.runs()[-1]
    path = trace(replace(run, schedule=HALVES, schedule_hypers={"gamma": 0.25}))
    table = run_table(app).set_index("rule")
    assert table.loc["Adam", "loss"] == path.loss[-1]
    assert table["schedule"].tolist() == ["Constant", "Own schedule"]
    assert link_of(app)["adam_own_gamma"] == ["0.25"]
    assert _losses(open_page(PAGE, link_of(app))) == _losses(app)


def test_a_schedule_that_cannot_be_read_is_explained_and_the_last_good_one_is_followed() -> None:
    app = open_page(PAGE, FOLLOWED)
    good = _losses(app)
    clean(app.text_area(key="schedule_text").set_value("factor = loss").run())
    assert "Unknown name loss" in app.error[0].value
    assert state(app, "schedule_text") == "factor = loss"
    assert _losses(app) == good
    assert link_of(app)["schedule_text"] == [HALVES]
    clean(app.text_area(key="schedule_text").set_value("").run())
    assert state(app, "adam_schedule") == "Constant"


@pytest.mark.parametrize(
    "text", ["factor = g", "x = 1", "cosine", "<script>", "factor = " + "1+" * 600 + "1", "\x00", "`"]
)
def test_a_link_with_a_schedule_that_is_none_opens_with_its_default(text: str) -> None:
    app = open_page(PAGE, {**FOLLOWED, "schedule_text": text})
    assert app.error
    assert state(app, "adam_schedule") == "Constant"
    assert "- `adam_schedule = Own schedule`" in notes(app)


def test_the_race_that_a_link_or_a_file_speaks_of_brings_its_schedule() -> None:
    run = Run("bowl", "adam", (-1.0, 1.0), 60, {"lr": 0.1}, HALVES, {"gamma": 0.125})
    settings = race_state([RACERS["adam"]], [run])
    app = open_page(PAGE, share.encode(settings))
    assert notes(app) == ""
    assert _losses(app) == {"Adam": trace(run).loss[-1]}


# --- What is put around a rule ---


def test_a_rule_in_the_editor_is_wrapped_by_a_button_and_called_by_its_name() -> None:
    app = open_page(PAGE, {"rules": ["Adam"], "own": OPTIMIZERS["adam"].text})
    assert "These lines take the steps of **Adam**." in [caption.value for caption in app.caption]
    clean(app.button(key="own_wrap_decay").click().run())
    assert state(app, "own") == wrapped(OPTIMIZERS["adam"].text, WRAPS["decay"])
    assert "These lines take the steps of **AdamW**." in [caption.value for caption in app.caption]
    assert "Own rule" in _losses(app)
    clean(app.button(key="own_wrap_lookahead").click().run())
    assert not any("take the steps" in caption.value for caption in app.caption)
    assert link_of(app)["own"] == [state(app, "own")]


def test_a_wrap_that_would_be_refused_says_why_and_cannot_be_pressed() -> None:
    text = OPTIMIZERS["sgd"].text
    for _ in range(4):
        text = wrapped(text, WRAPS["sam"])
    app = open_page(PAGE, {"own": text})
    assert app.button(key="own_wrap_sam").disabled
    assert "at most 4 times" in app.button(key="own_wrap_sam").help
    assert not app.button(key="own_wrap_decay").disabled


def test_without_a_rule_of_ones_own_nothing_is_wrapped() -> None:
    assert not [button for button in open_page(PAGE).button if (button.key or "").startswith("own_wrap_")]


@pytest.mark.parametrize("page", [PAGE, navigation.FOUNDATIONS], ids=lambda page: page.title)
def test_a_penalty_is_added_to_what_is_shown_and_the_start_stays(page: Page) -> None:
    name = OBJECTIVES["rosenbrock" if page is PAGE else "quartic"].name
    app = open_page(page, {f"{page.prefix}f": name})
    before = state(app, f"{page.prefix}x")
    for _ in range(2):
        clean(app.button(key=f"{page.prefix}penalise").click().run())
    assert state(app, f"{page.prefix}formula").count("+ 0.1*(") == 2
    assert state(app, f"{page.prefix}x") == before
    assert state(open_page(page, link_of(app)), f"{page.prefix}formula") == state(app, f"{page.prefix}formula")
