"""What the pages of runs give away and take back: scripts of the run that is shown, and runs pasted again."""

import ast
import json
import math
from dataclasses import asdict

import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.racers import RACERS, own_racer
from core.engine.summary import retell
from core.export import facts, numpy_script, run_json, torch_script
from tests.pages.visits import MARKUP, clean, markup_shown, notes, open_page, run_table, state, words
from ui import navigation
from ui.controls import race_state
from ui.navigation import FOUNDATIONS, Page

PAGE = navigation.OPTIMIZERS
OWN_RULE = "beta: (0, 1) = 0.75\nv = beta*v + g\nx = x - lr*v"


def test_nothing_is_written_while_the_section_is_closed() -> None:
    assert len(open_page(PAGE).code) == 0


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.parametrize(("language", "write"), [("PyTorch", torch_script), ("NumPy", numpy_script)])
def test_the_script_shown_is_that_of_the_run_shown(key: str, language: str, write) -> None:  # type: ignore[no-untyped-def]
    name = OPTIMIZERS[key].name
    link = {"rules": [name], "steps": "20", "clip": "5", f"{key}_schedule": "Cosine", f"{key}_lr": "0.001"}
    app = open_page(PAGE, {**link, "export": "true", "export_as": language})
    assert notes(app) == ""
    run = Run("rosenbrock", key, (-1.5, 2.0), 20, {"lr": 0.001}, "cosine", clip_norm=5.0)
    (code,) = app.code
    assert code.value.strip() == write(run).strip()
    ast.parse(code.value)
    assert len(app.get("download_button")) == 7
    assert any(facts(run).assertion in text.value for text in app.markdown)


RUNS = {
    "a shipped rule": Run(
        "beale", "adam", (0.5, 0.25), 40, {"lr": 0.02}, "step", {"gamma": 0.5, "period": 7}, 0.1, 2.0, 3
    ),
    "a formula": Run("x**2 + 3*y**2", "lion", (1.0, -1.0), 30, {"lr": 0.01}),
    "a rule of one's own": Run("ravine", OWN_RULE, (1.0, 1.0), 25, {"lr": 0.003, "beta": 0.5}),
    "a run that follows its loss": Run("bowl", "sgd", (1.0, 1.0), 50, {"lr": 0.1}, "plateau", {"patience": 3}),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_pasted_run_is_shown_again(run: Run) -> None:
    app = open_page(PAGE, {"export": "true"})
    clean(app.text_area(key="reopen").set_value(run_json(run)).run())
    clean(app.button(key="reopen_button").click().run())
    assert len(app.error) == 0
    own = run.optimizer not in OPTIMIZERS
    name = "Own rule" if own else RACERS[run.optimizer].name
    table = run_table(app).set_index("rule")
    assert table.loc[name, "loss"] == trace(run).loss[-1]


def _paste(app: AppTest, page: Page, run: Run) -> AppTest:
    clean(app.text_area(key=f"{page.prefix}reopen").set_value(run_json(run)).run())
    clean(app.button(key=f"{page.prefix}reopen_button").click().run())
    assert len(app.error) == 0
    assert notes(app) == ""
    return app


def _assert_descends(app: AppTest, run: Run) -> None:
    """Foundations shows ``run``."""
    assert app.title[0].value == FOUNDATIONS.title
    racer = RACERS.get(run.optimizer) or own_racer(run.optimizer)
    wanted = race_state([racer], [run], FOUNDATIONS.prefix)
    assert {key: state(app, key) for key in wanted} == wanted
    path = trace(run)
    assert f"- {retell([(racer, path)])[0]}" in words(app)


def test_a_run_of_every_rule_in_one_variable_is_shown_again() -> None:
    app = open_page(FOUNDATIONS, {"dexport": "true"})
    curves = [key for key, objective in OBJECTIVES.items() if objective.dimension == 1]
    for index, optimizer in enumerate(OPTIMIZERS.values()):
        rate = optimizer.hypers[0]
        start, schedule = (0.7 + index / 16,), list(SCHEDULES)[index % len(SCHEDULES)]
        run = Run(curves[index % len(curves)], optimizer.key, start, 21 + index, {rate.name: 0.0123}, schedule)
        _assert_descends(_paste(app, FOUNDATIONS, run), run)
        (code,) = app.code
        # What is taken home again is the run that was brought.
        assert code.value.strip() == torch_script(run).strip()


DESCENTS = {
    "a shipped rule": Run("quartic", "adamw", (0.5,), 40, {"lr": 0.02}, "step", {"gamma": 0.5}, 0.1, 2.0, 3),
    "a formula": Run("x**2 + sin(3*x)", "lion", (1.0,), 30, {"lr": 0.01}),
    "a rule of one's own": Run("cubic", OWN_RULE, (1.0,), 25, {"lr": 0.003, "beta": 0.5}),
}


@pytest.mark.parametrize("run", DESCENTS.values(), ids=DESCENTS)
def test_a_run_in_one_variable_pasted_on_optimizers_opens_on_foundations(run: Run) -> None:
    _assert_descends(_paste(open_page(PAGE, {"export": "true"}), PAGE, run), run)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_run_in_two_variables_pasted_on_foundations_opens_on_optimizers(run: Run) -> None:
    app = _paste(open_page(FOUNDATIONS, {"dexport": "true"}), FOUNDATIONS, run)
    assert app.title[0].value == PAGE.title
    racer = RACERS.get(run.optimizer) or own_racer(run.optimizer)
    wanted = race_state([racer], [run])
    assert {key: state(app, key) for key in wanted} == wanted
    # The table is that of the page that was gone to.
    app.switch_page(PAGE.file)
    assert trace(run).loss[-1] in run_table(app)["loss"].tolist()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '{"objective": 3}', "NaN", "x" * 9_000, "[" * 5_000, '{"a": "`![x](y)`"}'],
)
def test_what_is_no_run_is_refused_in_a_sentence_and_stays_in_its_box(text: str) -> None:
    app = open_page(PAGE, {"export": "true"})
    before = run_table(app)
    clean(app.text_area(key="reopen").set_value(text).run())
    clean(app.button(key="reopen_button").click().run())
    assert app.error[0].value == "This run cannot be opened."
    reason = app.code[-1].value
    assert reason.rstrip().endswith((".", "?"))
    assert app.text_area(key="reopen").value == text
    assert run_table(app).equals(before)


def test_a_mistake_in_a_pasted_rule_or_formula_is_named_and_pointed_at() -> None:
    app = open_page(PAGE, {"export": "true"})
    given = json.loads(run_json(next(iter(RUNS.values()))))
    for field, text, begins, line in (
        ("objective", "x**2 + sn(y)", "objective: ", "x**2 + sn(y)\n       ^^"),
        ("optimizer", "v = g\nx = x - lr*w*(v", "optimizer: ", "x = x - lr*w*(v\n             ^"),
        # What only a link cannot hold.
        (
            "optimizer",
            "schedule: (0, 1) = 0.5\nx = x - lr*g*schedule",
            "schedule is ",
            "schedule: (0, 1) = 0.5\n^^^^^^^^",
        ),
    ):
        clean(app.text_area(key="reopen").set_value("\ufeff" + json.dumps({**given, field: text})).run())
        clean(app.button(key="reopen_button").click().run())
        assert app.error[0].value == "This run cannot be opened."
        sentence, pointer = (code.value.rstrip() for code in app.code[-2:])
        assert sentence.startswith(begins)
        assert pointer == line


@pytest.mark.parametrize("field", [*asdict(next(iter(RUNS.values()))), MARKUP])
def test_markup_in_a_pasted_run_stays_text(field: str) -> None:
    app = open_page(PAGE, {"export": "true"})
    given = json.loads(run_json(next(iter(RUNS.values()))))
    for value in (MARKUP, {MARKUP: 1.0}, [MARKUP]):
        clean(app.text_area(key="reopen").set_value(json.dumps({**given, field: value})).run())
        clean(app.button(key="reopen_button").click().run())
        assert app.error[0].value == "This run cannot be opened."
        assert markup_shown(app) == []


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (Run("bowl", "sgd", (1.0, 1.0), 100_000), "steps up to 5000"),
        (Run("bowl", "sgd", (1e9, 1.0), 10), "start up to"),
        (Run("bowl", "sgd", (1.0, 1.0), 10, noise=1e5), "noise up to"),
        (Run("bowl", "sgd", (1.0, 1.0), 10, clip_norm=1e9), "clip_norm up to"),
        (Run("bowl", "sgd", (1.0, 1.0), 10, seed=10**12), "seed up to"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_run_beyond_what_the_page_shows_is_refused_with_the_reason(run: Run, reason: str) -> None:
    app = open_page(PAGE, {"export": "true"})
    clean(app.text_area(key="reopen").set_value(run_json(run)).run())
    clean(app.button(key="reopen_button").click().run())
    assert reason in app.code[-1].value
    assert math.isfinite(state(app, "x"))
