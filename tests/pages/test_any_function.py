"""Theory of a function of one's own on the Learning rate page: a link opens it, and no formula makes the page fail."""

import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, Run, trace
from core.catalogue.objectives import objective
from core.catalogue.racers import RACERS
from core.lessons.rate_any import ANY, any_opening
from core.lessons.rate_check import QUADRATICS, Check, beside_sentences, check_any, rate_sentences
from core.problems.theory import METHODS
from tests.pages.visits import clean, link_of, notes, open_page, state, words
from ui import navigation

PAGE = navigation.LEARNING_RATE
ASKED = "(41678*x^2+1704*x*y+20*y^2-228972*x-5260*y+347080)/20"


def _own(shape: str, text: str, **more: str) -> dict[str, str]:
    return {"lshape": shape, f"l{shape}f": "Own formula", f"l{shape}formula": text, "lpredicted": "true", **more}


def _unsaid(app: AppTest, run: Run) -> list[str]:
    """What is to be told of ``run`` that ``app``, whose folds are open, does not say."""
    path = trace(run)
    checked = check_any(path)
    said = words(app)
    if isinstance(checked, str):
        return [sentence for sentence in (f"**Theory does not apply here.** {checked}",) if sentence not in said]
    shape, share, pace, *others = rate_sentences(path, checked)
    first = f"{share} {pace}" if checked.everywhere else f"{share} {pace} {shape}"
    lines = [first, *(f"- {sentence}" for sentence in others)]
    return [line for line in lines if line not in said]


@pytest.mark.parametrize("rule", METHODS)
@pytest.mark.parametrize("shape", ANY)
def test_a_chip_opens_a_function_with_its_theory(shape: str, rule: str) -> None:
    scenario = ANY[shape]
    declared = scenario.resolved_objective
    app = open_page(PAGE, {"lshape": shape, "lrule": RACERS[rule].name, "lpredicted": "true"})
    assert notes(app) == ""
    run = Run(declared.key, rule, declared.start, scenario.steps, any_opening(rule, declared))
    assert _unsaid(app, run) == []
    pressed = clean(open_page(PAGE, {"lpredicted": "true"}).button_group(key="lshape").set_value(shape).run())
    clean(pressed.selectbox(key="lrule").set_value(RACERS[rule].name).run())
    assert _unsaid(pressed, run) == []


def test_a_link_opens_a_public_question_with_its_known_answer() -> None:
    app = open_page(PAGE, _own("plane", ASKED, lplane_sgd_lr="0.0005", lplanex="0", lplaney="0", lplanesteps="60"))
    assert notes(app) == ""
    assert _unsaid(app, Run(ASKED, "sgd", (0.0, 0.0), 60, {"lr": 0.0005})) == []
    assert "104.2 % of the limit** 0.0004797" in words(app)
    link = link_of(app)
    assert (link["lplaneformula"], link["lplane_sgd_lr"]) == ([ASKED], ["0.0005"])


@pytest.mark.parametrize(
    ("shape", "text", "start"),
    [
        ("line", "x^4", (1.0,)), ("line", "abs(x)", (1.0,)), ("line", "exp(x)", (0.5,)), ("line", "0*x", (0.5,)),
        ("line", "sqrt(x)", (-1.0,)), ("line", "1/x", (0.0,)), ("line", "where(x > 0, x^2, 5*x^2)", (1.0,)),
        ("plane", "x*y", (1.0, 1.0)), ("plane", "x^2 + y^4", (1.0, 1.0)), ("plane", "sqrt(x^2 + y^2)", (1.0, 1.0)),
        ("plane", "x^2/2 - y^2/2 + y^4/4", (1.0, 0.0)), ("plane", "log(x) + y^2", (-1.0, 1.0)),
    ],
)  # fmt: skip
def test_where_theory_does_not_apply_the_page_says_why_and_shows_the_run(
    shape: str, text: str, start: tuple[float, ...]
) -> None:
    places = dict(zip((f"l{shape}x", f"l{shape}y"), map(str, start), strict=False))
    link = {**_own(shape, text, lbeside="Adam"), f"l{shape}_sgd_lr": "0.5", **places}
    # There is no fold of theory to open.
    del link["lpredicted"]
    app = open_page(PAGE, link)
    assert notes(app) == ""
    run = Run(text, "sgd", start, ANY[shape].steps, {"lr": 0.5})
    assert isinstance(check_any(trace(run)), str)
    assert _unsaid(app, run) == []
    # The clock of the stage runs to its end.
    assert state(app, f"l{shape}t") == ANY[shape].steps


def test_rules_beside_it_are_told_with_the_factor_of_their_lines() -> None:
    declared = OBJECTIVES["booth"]
    app = open_page(
        PAGE,
        {
            "lshape": "plane",
            "lplanef": "Booth",
            "lbeside": ["Momentum", "Adam"],
            "lplanemomentum_lr": "0.02",
            "lpredicted": "true",
        },
    )
    assert notes(app) == ""
    steps = ANY["plane"].steps
    checked = check_any(trace(Run("booth", "sgd", declared.start, steps, any_opening("sgd", declared))))
    assert isinstance(checked, Check)
    race = [
        (RACERS["momentum"], trace(Run("booth", "momentum", declared.start, steps, {"lr": 0.02}))),
        (RACERS["adam"], trace(Run("booth", "adam", declared.start, steps))),
    ]
    said = words(app)
    assert [one for one in beside_sentences(race, checked) if f"- {one}" not in said] == []


def test_another_function_opens_with_rates_of_its_own_and_at_its_own_start() -> None:
    app = open_page(PAGE, {"lshape": "plane"})
    himmelblau, booth = (OBJECTIVES[key] for key in ("himmelblau", "booth"))
    assert state(app, "lplane_sgd_lr") == any_opening("sgd", himmelblau)["lr"]
    clean(app.selectbox(key="lplanef").set_value("Booth").run())
    assert state(app, "lplane_sgd_lr") == any_opening("sgd", booth)["lr"]
    assert (state(app, "lplanex"), state(app, "lplaney")) == booth.start
    clean(app.selectbox(key="lplanef").set_value("Own formula").run())
    clean(app.text_input(key="lplaneformula").set_value("x² + 10y²").run())
    own = objective("x^2 + 10*y^2", 2)
    assert state(app, "lplane_sgd_lr") == any_opening("sgd", own)["lr"]
    # The other rules have been given theirs too, and what a link sets stays.
    clean(app.selectbox(key="lrule").set_value("Nesterov").run())
    assert state(app, "lplane_nesterov_lr") == any_opening("nesterov", own)["lr"]
    again = open_page(PAGE, {**link_of(app), "lplane_nesterov_lr": "0.0123"})
    assert notes(again) == ""
    assert state(again, "lplane_nesterov_lr") == 0.0123


def test_a_formula_that_cannot_be_read_leaves_the_last_good_function() -> None:
    app = open_page(PAGE, _own("line", "x*2*"))
    assert any("Until then the picture shows" in caption.value for caption in app.caption)
    declared = ANY["line"].resolved_objective
    assert _unsaid(app, Run(declared.key, "sgd", declared.start, 100, any_opening("sgd", declared))) == []


def test_the_quadratics_keep_their_own_start_and_clock_beside_it() -> None:
    app = open_page(PAGE, {"lshape": "bowl", "lx": "0.75", "ly": "-0.25", "lsteps": "37"})
    clean(app.button_group(key="lshape").set_value("plane").run())
    assert state(app, "lplanesteps") == ANY["plane"].steps
    assert (state(app, "lplanex"), state(app, "lplaney")) == ANY["plane"].resolved_objective.start
    back = clean(app.button_group(key="lshape").set_value("ravine").run())
    assert (state(back, "lx"), state(back, "ly")) == QUADRATICS["ravine"].resolved_objective.start


@pytest.mark.parametrize("key", ["lplanef", "lplanex", "lplanet", "lplane_sgd_lr", "lplanesteps"])
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(key: str) -> None:
    app = open_page(PAGE, {"lshape": "plane", key: "nonsense"})
    assert f"`{key} = nonsense`" in notes(app)
