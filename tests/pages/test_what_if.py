"""A run that forks, and runs that are pinned, on a page that has the panels for it."""

import re
from random import Random
from string import ascii_letters
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Run
from core.export import pins_from_text, pins_text
from tests.pages.visits import MARKUP, Link, clean, link_of, markup_shown, notes, open_page, state, words
from ui import navigation
from ui.page import optimizers
from ui.panels.fork import fork_panel
from ui.panels.pins import pins_panel

PAGE = navigation.OPTIMIZERS


@pytest.fixture(autouse=True)
def _a_page_with_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    def sections(objective: Any, race: Any, account: Any) -> None:
        fork_panel(race, account.step, "")
        pins_panel(race, "")

    monkeypatch.setattr(optimizers, "race_sections", sections)


def _adam(link: Link | None = None) -> AppTest:
    """A page on which Adam runs alone."""
    return open_page(PAGE, {"rules": ["Adam"], "adam_lr": "0.1", "f": "Rosenbrock", "steps": "500", **(link or {})})


def _pins(app: AppTest) -> list[Run]:
    return list(pins_from_text(str(state(app, "pins"))).runs)


def _press(app: AppTest, key: str) -> AppTest:
    assert not app.button(key=key).disabled, key
    return clean(app.button(key=key).click().run())


# --- A fork ---


def test_a_run_forks_where_the_clock_stands_and_both_ends_are_told() -> None:
    app = _adam({"t": "120"})
    assert "With Adam's learning rate lowered to 0.01 at step 120, the run ends with a loss of " in words(app)
    assert "Adam takes over m and v; t counts on from step 120." in words(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_clock_at_the_end_of_the_path_lets_it_fork_in_the_middle() -> None:
    app = _adam()
    assert "at step 250, the run ends" in words(app)
    assert any("forks in its middle, at step 250" in caption.value for caption in app.caption)
    # Of a path that was lost there is less.
    app = _adam({"rules": ["Gradient descent"], "sgd_lr": "0.01"})
    assert "instead of diverging at step" in words(app)


def test_the_link_says_how_a_run_forks() -> None:
    link = {"fork_at": "At a step", "fork_t": "30", "fork_by": "Rule", "fork_rule": "Momentum, as declared"}
    app = _adam(link)
    assert "Handed from Adam to Momentum at step 30, the run" in words(app)
    assert {key: [value] for key, value in link.items()}.items() <= link_of(app).items()
    assert notes(app) == ""


def test_another_racer_takes_over_as_it_is_set() -> None:
    link = {"rules": ["Adam", "AMSGrad"], "amsgrad_lr": "0.003", "t": "50", "fork_by": "Rule", "fork_of": "Adam"}
    app = _adam({**link, "fork_rule": "AMSGrad"})
    assert "AMSGrad takes over m and v and starts afresh with v_max" in words(app)
    clean(app.number_input(key="t").set_value(60).run())
    assert "Handed from Adam to AMSGrad at step 60" in words(app)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"fork_by": "Rate", "fork_lr": "0.25"}, "learning rate raised to 0.25 at step 120"),
        ({"fork_by": "Rate ×", "fork_factor": "2"}, "learning rate raised to 0.2 at step 120"),
        ({"fork_by": "Schedule", "fork_schedule": "Cosine"}, "With other settings of Adam from step 120"),
        ({"fork_by": "Schedule"}, "Nothing changes at step 120"),
    ],
)
def test_everything_that_can_change_at_a_fork(link: dict[str, str], sentence: str) -> None:
    assert sentence in words(_adam({"t": "120", **link}))


def test_a_run_that_has_no_value_at_its_start_forks_there() -> None:
    app = _adam({"f": "Own formula", "formula": "log(x) + y", "x": "-1", "y": "1"})
    assert "at step 0, the run becomes undefined at step 0 all the same." in words(app)


def _line() -> None:
    """A page on which a function of one variable is descended."""
    import streamlit as st

    from core import Run, trace
    from core.catalogue.racers import RACERS
    from ui.kit import share
    from ui.panels.fork import fork_panel
    from ui.panels.pins import pins_panel

    share.begin("line")
    race = [(RACERS["sgd"], trace(Run("quartic", "sgd", (-1.0,), 50, {"lr": 0.05})))]
    fork_panel(race, 20, "l")
    pins_panel(race, "l")
    st.divider()
    share.end()


def test_in_one_variable_there_is_no_way_to_see_from_above_and_no_plane_to_bring_back() -> None:
    app = AppTest.from_function(_line, default_timeout=60)
    app.query_params["lpins"] = pins_text([Run("rosenbrock", "adam", (-1.5, 2.0), 50)])
    clean(app.run())
    # The losses at the fork, and those of the pins.
    assert len(app.get("plotly_chart")) == 2
    assert "learning rate lowered to 0.005 at step 20" in words(app)
    assert app.button(key="lpin1_restore").disabled
    assert "another number of variables" in app.button(key="lpin1_restore").help
    _press(app, "lpin_sgd")
    assert list(app.dataframe[0].value["Objective"]) == ["Rosenbrock", "Quartic"]
    assert not app.button(key="lpin2_restore").disabled


# --- Pins ---


def test_without_pins_it_is_said_what_pinning_is_for() -> None:
    app = _adam()
    assert "Pin a run to compare it with what you try next" in words(app)
    assert len(app.dataframe) == 0


def test_pinned_runs_stay_as_they_were_and_what_differs_is_compared() -> None:
    app = _press(_adam(), "pin_adam")
    assert app.button(key="pin_adam").disabled
    app.session_state["adam_lr"] = 0.02
    _press(clean(app.run()), "pin_adam")
    assert [run.settings["lr"] for run in _pins(app)] == [0.1, 0.02]
    (frame,) = [element.value for element in app.dataframe]
    assert list(frame.columns) == ["Pin", "Learning rate", "Outcome", "Loss at the end", "Steps taken", "Gradients"]
    assert list(frame["Learning rate"]) == ["0.1", "0.02"]
    # The very same page from its link.
    again = open_page(PAGE, link_of(app))
    assert (_pins(again), link_of(again)) == (_pins(app), link_of(app))


def test_a_pin_on_another_objective_is_compared_and_brought_back() -> None:
    app = _press(_adam(), "pin_adam")
    clean(app.selectbox(key="f").set_value("Beale").run())
    _press(app, "pin_adam")
    assert list(app.dataframe[0].value["Objective"]) == ["Rosenbrock", "Beale"]
    _press(app, "pin1_restore")
    assert state(app, "f") == "Rosenbrock"
    assert app.button(key="pin_adam").disabled
    _press(app, "pin2_restore")
    assert (state(app, "f"), state(app, "x")) == ("Beale", 1.0)
    assert app.button(key="pin_adam").disabled


def test_a_rule_and_a_schedule_of_a_visitor_are_brought_back() -> None:
    own = Run("x**2 + 3*y**2", "x = x - lr*sign(g)", (1.0, 2.0), 50, {"lr": 0.5}, "factor = 1/t", noise=0.25, seed=3)
    app = _press(_adam({"pins": pins_text([own])}), "pin1_restore")
    assert (state(app, "own"), state(app, "schedule_text"), state(app, "noise")) == (own.optimizer, own.schedule, 0.25)
    assert app.button(key="pin_own").disabled


def test_pins_are_removed_one_by_one_or_all_at_once() -> None:
    runs = [Run("rosenbrock", rule, (-1.5, 2.0), 50) for rule in ("adam", "sgd", "rmsprop")]
    app = _press(_adam({"pins": pins_text(runs)}), "pin2_remove")
    assert [run.optimizer for run in _pins(app)] == ["adam", "rmsprop"]
    _press(app, "pins_none")
    assert "pins" not in link_of(app)
    assert "Pin a run to compare" in words(app)


def test_no_more_than_six_runs_are_pinned() -> None:
    app = _adam({"pins": pins_text([Run("rosenbrock", "sgd", (-1.5, 2.0), 10 + number) for number in range(6)])})
    assert app.button(key="pin_adam").disabled
    assert "At most 6 runs" in app.button(key="pin_adam").help


def test_a_run_that_would_make_the_link_too_long_is_not_pinned_and_the_room_is_told() -> None:
    random = Random(0)
    # Letters by chance, which nothing shortens.
    one, other = ("x = x - lr*g  # " + "".join(random.choices(ascii_letters, k=1400)) for _ in range(2))
    app = _adam({"own": one})
    assert not any("characters" in caption.value for caption in app.caption)
    assert not app.button(key="pin_own").disabled
    app = clean(_adam({"own": one, "pins": pins_text([Run("rosenbrock", other, (-1.5, 2.0), 500)])}).run())
    assert app.button(key="pin_own").disabled
    assert "at most 3900 arrive everywhere" in app.button(key="pin_own").help
    assert not app.button(key="pin_adam").disabled
    assert any(re.search(r"The link has \d{4} of at most 3900 characters", text.value) for text in app.caption)


def test_text_that_is_no_pins_is_noted_and_what_can_be_read_of_others_is_shown() -> None:
    assert "pins = 1znonsense`: it holds runs as this guide pins them" in notes(_adam({"pins": "1znonsense"}))
    long = Run("rosenbrock", "adam", (-1.5, 2.0), 99_999)
    app = _adam({"pins": pins_text([long, Run("rosenbrock", "sgd", (-1.5, 2.0), 9)])})
    assert "steps up to 5000; this one has 99 999." in notes(app).replace("\\", "")
    assert len(app.dataframe[0].value) == 1


def test_nothing_in_a_pin_is_markup() -> None:
    run = Run("x**2 + y**2", f"x = x - lr*g  # {MARKUP}", (1.0, 2.0), 5)
    assert markup_shown(_adam({"pins": pins_text([run])})) == []
