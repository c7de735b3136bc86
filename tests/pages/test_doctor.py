"""The doctor on a page: each racer's finding, a button that changes this racer alone, and a pasted curve."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.lessons.doctor import LONGEST, Finding, diagnose
from core.lessons.loss_curve import MOST, Kind
from tests.pages.visits import MARKUP, clean, controls, link_of, markup_shown, notes, open_page, state, words
from ui import navigation
from ui.kit.limits import MAX_PASTE, MAX_STEPS
from ui.kit.share import verbatim
from ui.page import optimizers
from ui.panels.doctor import curve_panel

PAGE = navigation.OPTIMIZERS
# Momentum arrives, gradient descent and Lion do not.
LINK = {
    "doctor": "true",
    "f": "Ravine",
    "rules": ["Momentum", "Lion", "Gradient descent"],
    "momentum_lr": "0.02",
    "lion_lr": "0.3",
    "sgd_lr": "0.0205",
    "steps": "600",
}


def _titles(app: AppTest) -> list[str]:
    """What the doctor says of each racer, in its order."""
    return re.findall(r":material/\w+: \*\*(.+?)\.\*\*", words(app))


def _title(name: str, finding: Finding) -> str:
    return f"{name}: {finding[0].lower()}{finding[1:]}"


def test_racers_that_failed_come_first_and_the_healthy_last() -> None:
    app = open_page(PAGE, LINK)
    assert _titles(app) == [
        _title("Gradient descent", Finding.DIVERGING),
        _title("Lion", Finding.CIRCLING),
        _title("Momentum", Finding.ARRIVED),
    ]
    # Who is well needs no button.
    assert [button.key for button in app.button if (button.key or "").startswith("helps_")] == [
        "helps_sgd",
        "helps_lion",
    ]


def test_the_words_are_those_of_the_run() -> None:
    app = open_page(PAGE, LINK)
    path = trace(Run("ravine", "sgd", OBJECTIVES["ravine"].start, 600, {"lr": 0.0205}))
    found = diagnose(path)
    assert f"{verbatim(found.evidence)} {verbatim(found.cause)}" in words(app)
    assert found.fix is not None
    assert app.button(key="helps_sgd").label == verbatim(found.fix.label)


def test_a_button_changes_its_racer_and_nobody_else() -> None:
    app = open_page(PAGE, LINK)
    before = {key: state(app, key) for key in controls(app) if key in app.session_state}
    clean(app.button(key="helps_sgd").click().run())
    after = {key: state(app, key) for key in before}
    assert {key for key in before if before[key] != after[key]} <= {"sgd_lr"}
    assert state(app, "sgd_lr") == 0.0196
    assert _titles(app)[1:] == [_title("Gradient descent", Finding.ARRIVED), _title("Momentum", Finding.ARRIVED)]
    # And a copied link has it.
    assert state(open_page(PAGE, link_of(app)), "sgd_lr") == 0.0196
    clean(app.button(key="helps_lion").click().run())
    assert state(app, "lion_schedule") == "Cosine"
    assert state(app, "sgd_schedule") == "Constant"


def test_nothing_is_diagnosed_while_the_fold_is_closed() -> None:
    app = open_page(PAGE, {**LINK, "doctor": "false"})
    assert _titles(app) == []


def test_a_change_for_everyone_moves_the_clock_with_it() -> None:
    app = open_page(PAGE, {"doctor": "true", "f": "Rosenbrock", "rules": ["Gradient descent"], "sgd_lr": "0.0008"})
    assert "all rules" in app.button(key="helps_sgd").label
    clean(app.button(key="helps_sgd").click().run())
    assert state(app, "steps") == 2000
    assert state(app, "t") == 2000
    assert LONGEST <= MAX_STEPS


def test_a_rule_of_ones_own_is_treated_as_any_other() -> None:
    own = "speed__ = 0.9*speed__ + g\nx = x - lr*speed__"
    link = {
        "doctor": "true",
        "f": "Ravine",
        "rules": ["Gradient descent"],
        "own": own,
        "own_lr": "0.045",
        "steps": "300",
    }
    app = open_page(PAGE, link)
    assert _titles(app)[0] == _title("Own rule", Finding.DIVERGING)
    clean(app.button(key="helps_own").click().run())
    assert state(app, "own_lr") == 0.0372
    assert state(app, "own") == own
    assert _title("Own rule", Finding.ARRIVED) in _titles(app)


@pytest.mark.parametrize("rule", [key for key in RACERS if not key.endswith("2")][::6])
def test_any_rule_on_any_formula_has_a_line(rule: str) -> None:
    racer = RACERS[rule]
    link = {"doctor": "true", "f": "Own formula", "formula": "log(x)*y**2 + abs(x)", "rules": [racer.name], "x": "-1"}
    app = open_page(PAGE, link)
    assert _titles(app) == [_title(racer.name, Finding.UNDEFINED)]
    assert notes(app) == ""


# --- A pasted curve ---

CURVE = "step,train_loss\n" + "\n".join(f"{step},{3 / (step + 1):.4f}" for step in range(40))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A page with the box in place of what follows from a race; a page of its own would need a file."""
    monkeypatch.setattr(optimizers, "race_sections", lambda objective, race, account: curve_panel("z"))
    return open_page(PAGE)


def _pasted(page: AppTest, text: str) -> AppTest:
    return clean(page.text_area(key="zlosses").set_value(text).run())


def _picture(page: AppTest) -> dict[str, list[dict[str, object]]]:
    (chart,) = [one for one in page.get("plotly_chart") if "zlosses_picture" in one.proto.id]
    return dict(json.loads(chart.proto.spec))


def test_an_empty_box_says_what_to_do(page: AppTest) -> None:
    assert any("Paste the losses" in caption.value for caption in page.caption)
    assert not [one for one in page.get("plotly_chart") if "zlosses_picture" in one.proto.id]


def test_a_pasted_curve_has_a_picture_and_sentences_and_is_in_the_link(page: AppTest) -> None:
    app = _pasted(page, CURVE)
    assert any(caption.value == "40 losses of the column `train_loss`." for caption in app.caption)
    assert [trace["name"] for trace in _picture(app)["data"]] == ["loss", "running median"]
    assert f"**{Kind.FALLING}.** In the second half it fell from about" in words(app)
    assert link_of(app)["zlosses"] == [CURVE]


def test_a_jump_is_marked_and_leads_to_its_symptom(page: AppTest) -> None:
    losses = np.exp(-np.arange(200) / 100) * np.exp(0.02 * np.random.default_rng(0).standard_normal(200))
    losses[120] *= 5
    app = _pasted(page, "\n".join(map(str, losses)))
    assert f"**{Kind.SPIKES}.** 1 jump at value 121\\." in words(app)
    assert any("jumps" in str(note) for note in _picture(app)["layout"]["annotations"])


def test_a_long_curve_is_used_and_left_out_of_the_link(page: AppTest) -> None:
    text = "\n".join(f"{1 / (step + 1):.17f}" for step in range(MOST))
    assert len(text) < MAX_PASTE
    app = _pasted(page, text)
    assert "zlosses" not in link_of(app)
    assert any("too long for a link" in caption.value for caption in app.caption)
    assert f"**{Kind.FALLING}.**" in words(app)


@pytest.mark.parametrize("text", ["1 2 3", f"loss\n1\n{MARKUP}\n", f"{MARKUP},b\n1,2\n1,x\n" + "1,2\n" * 12])
def test_what_cannot_be_read_is_explained_and_stays(page: AppTest, text: str) -> None:
    app = _pasted(page, text)
    assert [error.value for error in app.error] == ["This curve cannot be used yet."]
    assert state(app, "zlosses") == text
    assert markup_shown(app) == []


def test_the_name_of_a_column_is_never_markup(page: AppTest) -> None:
    app = _pasted(page, f"{MARKUP} loss\n" + "\n".join(str(1 / (step + 1)) for step in range(20)))
    assert any("elsewhere.example" in caption.value for caption in app.caption)
    assert markup_shown(app) == []


def test_a_diagnosis_that_costs_too_much_is_refused_with_what_to_lower() -> None:
    dear = " + ".join(f"sin({place}*x)*cos({place}*y)/{place}" for place in range(1, 9))
    rules = ["Muon", "Adam", "AdEMAMix", "MARS", "Adan", "Prodigy"]
    link = {"doctor": "true", "f": "Own formula", "formula": dear, "rules": rules}

    def said(steps: int) -> str:
        return "\n".join(one.value for one in open_page(PAGE, {**link, "steps": str(steps)}).info)

    refusal = re.search(
        r"It is done for ([\d\u2009\u202f ]+) steps or fewer, with fewer or simpler rules", said(MAX_STEPS)
    )
    assert refusal is not None
    fewer = int(re.sub(r"\D", "", refusal[1]))
    assert 0 < fewer < MAX_STEPS
    assert "It is done for" not in said(fewer)
    assert "It is done for" in said(fewer + 10)
