"""The same race in many variables, on the Optimizers page: folded until it is wanted, and a link opens exactly it."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Run
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from core.lessons.wide_race import (
    WideRace,
    dimension_sentence,
    kappa_sentence,
    lane_sentences,
    plane_sentence,
    too_dear,
    wide_race,
)
from core.problems.many_variables import FAMILIES, Problem
from tests.pages.visits import clean, link_of, notes, open_page, state, words
from ui import navigation
from ui.panels import many_variables

PAGE = navigation.OPTIMIZERS
RUNS = next(iter(RACES.values())).runs()


def _unsaid(app: AppTest, problem: Problem, runs: list[Run], tuned: bool = False) -> list[str]:
    """What is to be told of ``runs`` in many variables that ``app`` does not say."""
    racers = [RACERS[run.optimizer] for run in runs]
    race = wide_race(problem, runs, tuned)
    together = f"{dimension_sentence(racers, race)} {kappa_sentence(problem)} {plane_sentence(race)}"
    said = words(app)
    return [one for one in (together, *(f"- {one}" for one in lane_sentences(racers, runs, race))) if one not in said]


def test_nothing_is_run_before_the_fold_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Problem] = []

    def watched(problem: Problem, *given: Any) -> WideRace:
        ran.append(problem)
        return wide_race(problem, *given)

    monkeypatch.setattr(many_variables, "wide_race", watched)
    app = open_page(PAGE)
    assert "manyd" not in app.session_state
    assert ran == []
    # A number of variables that no other test asks for, so that it is in no cache.
    app.session_state["manyopen"] = True
    app.session_state["manyd"] = "13"
    clean(app.run())
    assert ran == [Problem("rosenbrock", 13)]


def test_opened_it_shows_the_race_of_the_page_in_a_hundred_variables() -> None:
    app = open_page(PAGE, {"manyopen": "true"})
    assert notes(app) == ""
    assert _unsaid(app, Problem("rosenbrock", 100), RUNS) == []


def test_a_link_with_every_setting_changed_opens_exactly_that_race() -> None:
    link = {
        "manyfamily": "Ravine",
        "manyd": "37",
        "manyravine_kappa": "20",
        "manyrates": "tuned here",
        "rules": ["Gradient descent", "Adam"],
        "adam_beta1": "0.7",
        "adam_schedule": "Cosine",
        "steps": "60",
        "noise": "0.1",
        "seed": "3",
    }
    app = open_page(PAGE, link)
    assert notes(app) == ""
    assert state(app, "manyopen") is True
    first, *_, last = RUNS
    common = {"steps": 60, "noise": 0.1, "seed": 3}
    runs = [
        replace(first, **common),
        replace(last, hypers={**last.settings, "beta1": 0.7}, schedule="cosine", **common),
    ]
    assert _unsaid(app, Problem("ravine", 37, 20), runs, tuned=True) == []
    kept = link_of(app)
    for key in ("manyfamily", "manyd", "manyravine_kappa", "manyrates"):
        assert kept[key] == [link[key]], key


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_family_is_shown_with_its_idea_and_its_source(family) -> None:  # type: ignore[no-untyped-def]
    app = open_page(PAGE, {"manyopen": "true", "manyfamily": family.name, "manyd": "5"})
    assert family.idea in words(app)
    assert any(family.source in caption.value for caption in app.caption)
    assert (f"many{family.key}_kappa" in app.session_state) is (family.kappa is not None)
    assert _unsaid(app, Problem(family.key, 5), RUNS) == []


def test_a_visitors_rule_races_too() -> None:
    text = "x = x - lr*g/(1 + norm(g))"
    app = open_page(PAGE, {"manyopen": "true", "manyd": "10", "own": text, "own_lr": "0.05"})
    own = Run("rosenbrock", text, RUNS[0].start, RUNS[0].steps, {"lr": 0.05})
    race = wide_race(Problem("rosenbrock", 10), [*RUNS, own], tuned=False)
    assert str(race.lanes[-1].status) in words(app)


def test_a_race_that_is_too_dear_is_refused_with_what_to_lower() -> None:
    app = open_page(PAGE, {"manyopen": "true", "manyd": "1000", "steps": "5000", "manyrates": "tuned here"})
    reason = too_dear(Problem("rosenbrock", 1000), [replace(run, steps=5000) for run in RUNS], tuned=True)
    assert reason in [info.value for info in app.info]
    app = clean(app.button_group(key="manyrates").set_value("as above").run())
    assert reason not in [info.value for info in app.info]


@pytest.mark.parametrize(
    ("key", "value"), [("manyd", "1001"), ("manyd", "2.5"), ("manyfamily", "Wok"), ("manyrates", "no")]
)
def test_what_a_link_asks_for_in_vain_is_told(key: str, value: str) -> None:
    app = open_page(PAGE, {"manyopen": "true", key: value})
    assert f"{key} = {value}" in notes(app)
    assert _unsaid(app, Problem("rosenbrock", 100), RUNS) == []
