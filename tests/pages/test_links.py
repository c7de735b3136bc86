"""What a page cannot use is said: every value of a link, names that no control has, texts that are too long."""

import os
import re
from collections.abc import Sequence
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from core import OPTIMIZERS, Run
from core.export import run_json
from core.formula.words import digits
from tests.pages.visits import (
    Link,
    clean,
    control,
    controls,
    drawn_value,
    link_of,
    notes,
    open_page,
    opened,
    state,
)
from ui import navigation
from ui.kit.limits import MAX_PASTE, MAX_TEXT, OWN
from ui.navigation import Page

every = pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])
NONSENSE = "\u2603"
UNKNOWN = "no control on this page"


def _noted(app: AppTest) -> dict[str, str]:
    """What is said about each key of the link."""
    return dict(re.findall(r"- `(\w+) = [^`]*`: (.+)", notes(app)))


@every
def test_nonsense_for_any_control_of_a_page_is_noted_by_that_control(page: Page) -> None:
    link, drawn = opened(page)
    keys = [key for key, kind in drawn.items() if key not in link and kind not in ("text_input", "text_area")]
    assert keys or page in (navigation.HOME, navigation.FOR_TEACHERS)
    noted = _noted(open_page(page, {**link, **dict.fromkeys(keys, NONSENSE)}))
    assert set(noted) == set(keys)
    assert [key for key in keys if noted[key].startswith(UNKNOWN)] == []
    # One at a time: a fold that is not open hides what is in it.
    for key in link:
        noted = _noted(open_page(page, {**link, key: NONSENSE}))
        assert not noted[key].startswith(UNKNOWN), key


@every
def test_every_switch_of_a_statement_notes_nonsense(page: Page) -> None:
    link, drawn = opened(page)
    keys = [key for key in drawn if key.startswith("run_")]
    assert set(_noted(open_page(page, {**link, **dict.fromkeys(keys, "1")}))) == set(keys)
    assert set(_noted(open_page(page, {**link, **dict.fromkeys(keys, "False")}))) == set()


@every
def test_a_text_longer_than_its_box_is_noted(page: Page) -> None:
    link, drawn = opened(page)
    for key, kind in drawn.items():
        # What is pasted may be longer than any link.
        if kind in ("text_input", "text_area") and key not in ("vtable", "ntable", "pclinic", "plosses"):
            assert set(_noted(open_page(page, {**link, key: "x" * MAX_TEXT}))) == set()
            noted = _noted(open_page(page, {**link, key: "x" * (MAX_TEXT + 1)}))
            assert re.search(rf"at most {digits(MAX_TEXT)} characters", noted[key])


@every
def test_a_name_that_no_control_has_is_listed(page: Page) -> None:
    app = open_page(page, {"stps": "10", "Steps": ["1", "2"], "__proto__": "1"})
    assert {key: said.startswith(UNKNOWN) for key, said in _noted(app).items()} == dict.fromkeys(
        ("stps", "Steps", "__proto__"), True
    )
    # Streamlit's own, and what sites add to links.
    assert notes(open_page(page, {"embed": "true", "utm_source": "x", "fbclid": "y"})) == ""


def test_a_thousand_notes_are_cut() -> None:
    said = notes(open_page(navigation.HOME, {f"key{number}": "1" for number in range(900)}))
    assert len(said.splitlines()) < 110
    assert "… and 800 more." in said


# What each box is for takes fewer characters than the box does.
TOO_LONG = {
    "a rule": (navigation.OPTIMIZERS, "own", {}, "x = x - lr*g # " + "a" * 1985, "has 2000, 500 too many"),
    "a formula": (navigation.OPTIMIZERS, "formula", {"f": OWN}, "x+" * 499 + "xx", "has 1000, 700 too many"),
    "a formula of x": (navigation.FOUNDATIONS, "dformula", {"df": OWN}, "x+" * 499 + "xx", "has 1000, 700 too many"),
    "points": (navigation.UPDATE_RULE, "udata", {}, "; ".join(f"{n},{n / 7!r}" for n in range(300)), "it has 300"),
    "a table": (navigation.VARIANTS, "vtable", {"vdata": "Own table"}, "1,2\n" * 60_000, "40000 bytes longer"),
    "a run": (navigation.OPTIMIZERS, "reopen", {"export": "true"}, "x" * 45_000, "5000 too many"),
    "a search": (navigation.REFERENCE, "rfind", {}, "adam " * 30, "has 150, 50 too many"),
    "a search of statements": (
        navigation.REFERENCE,
        "rsaid",
        {"rtopic": "statements"},
        "adam " * 30,
        "has 150, 50 too many",
    ),
    "a search of terms": (navigation.REFERENCE, "rterm", {"rtopic": "glossary"}, "adam " * 30, "has 150, 50 too many"),
}


@pytest.mark.parametrize(("page", "key", "link", "text", "said"), TOO_LONG.values(), ids=TOO_LONG)
def test_a_text_that_is_too_long_stays_in_its_box_and_is_said_to_be(
    page: Page, key: str, link: Link, text: str, said: str
) -> None:
    app = open_page(page, link)
    (box,) = [box for kind in ("text_input", "text_area") for box in app.get(kind) if box.key == key]
    # Streamlit's client drops what is longer than that, and says nothing.
    assert box.proto.max_chars >= 2 * len(text) or box.proto.max_chars == MAX_PASTE
    box.set_value(text)
    clean(app.run())
    if key == "reopen":
        clean(app.button(key="reopen_button").click().run())
    assert state(app, key) == text
    assert said in "\n".join(element.value for element in (*app.error, *app.code)).replace("\\", "")


# --- A link reopens what its page shows ---

# Settings that are turned before a link is opened elsewhere, and how often that is done on each page.
TURNS = 8
VISITS = 2
RULES = ("x = x - lr*g", "beta: (0, 1) = 0.8\nv = beta*v + g\nx = x - lr*v", "x = x - lr*", "")
# Pages on which one turn takes seconds rather than tenths of one.
HEAVY = (navigation.VARIANTS, navigation.LEARNING_RATE)


def _shown(app: AppTest, refused: Sequence[str]) -> dict[str, object]:
    """Everything that a link promises to show again: controls, tables, stages, pictures and code.

    Controls of the kinds that are ``refused`` are left out, and what shows the text of one.
    """
    stages = [part.proto for part in app.get("bidi_component") if "address" not in part.proto.component_name]
    return {
        "controls": {key: state(app, key) for key, kind in controls(app).items() if kind not in refused},
        "tables": [] if refused else [table.value.to_csv() for table in app.dataframe],
        "stages": [(stage.id, stage.json, stage.mixed.SerializeToString()) for stage in stages],
        "pictures": [picture.proto.spec for picture in app.get("plotly_chart")],
        # Where a text is refused, code points at what is wrong with it.
        "code": [] if refused else [code.value for code in app.code],
    }


def _turn(app: AppTest, draw: Random) -> str:
    """Does something at random that a visitor could do, and says what."""
    keys = controls(app)
    chips = [group for group in app.button_group if re.fullmatch(r"\w?try_\w+", group.key or "")]
    if chips and draw.random() < 0.15:
        title = draw.choice(chips[0].options)
        chips[0].set_value(title)
        return f"open {title}"
    own = [key for key in keys if re.fullmatch(r"\w?own", key)]
    if own and draw.random() < 0.3:
        return _turn_own(app, draw, own[0].removesuffix("own"))
    still = {f"{navigation.REAL_NETWORK.prefix}t"}  # There is nothing to look back at before anything is trained.
    turns = [(key, kind) for key, kind in keys.items() if not key.startswith("run_") and key not in still]
    key, kind = draw.choice(turns)
    value = drawn_value(app, key, kind, draw)
    if kind in ("expander", "tab_container"):
        app.session_state[key] = value
    else:
        control(app, key, kind).set_value(value)
    return f"{key} = {value!r}"


def _turn_own(app: AppTest, draw: Random, prefix: str) -> str:
    # The page of one variable has no editor that begins with a rule, and that of networks takes in no run.
    begins = [] if prefix == navigation.FOUNDATIONS.prefix else ["edit"]
    reopens = [] if prefix == navigation.REAL_NETWORK.prefix else ["reopen"]
    what = draw.choice(["type", *begins, *reopens])
    if what == "edit":
        value = draw.choice(app.selectbox(key=f"{prefix}edit").options)
        app.selectbox(key=f"{prefix}edit").set_value(value)
    elif what == "type":
        value = draw.choice(RULES)
        (box, *_) = [area for area in app.text_area if re.fullmatch(rf"{prefix}own\d?", area.key or "")]
        box.set_value(value)
    else:
        objective, dimension = ("quartic", 1) if prefix == "d" else ("booth", 2)
        start = tuple(draw.uniform(-2, 2) for _ in range(dimension))
        rule = draw.choice(list(OPTIMIZERS))
        value = run_json(
            Run(objective, rule, start, draw.randint(1, 900), {"lr": 0.0123}, noise=draw.choice((0.0, 0.3)))
        )
        app.session_state[f"{prefix}export"] = True
        app.run()
        app.text_area(key=f"{prefix}reopen").set_value(value)
        app.button(key=f"{prefix}reopen_button").click()
    return f"{what} {value!r}"


@pytest.mark.parametrize("page", navigation.ALL[1:], ids=[page.title for page in navigation.ALL[1:]])
def test_the_link_of_a_page_reopens_everything_it_shows(page: Page) -> None:
    for visit in range(1 if page in HEAVY else VISITS):
        draw = Random(f"{os.environ['TEST_SEED']} {page.title} {visit}")
        app = open_page(page)
        done = []
        for _ in range(TURNS):
            done.append(_turn(app, draw))
            clean(app.run())
        link = link_of(app)
        again = open_page(page, link)
        assert notes(again) == "", (done, link)
        assert link_of(again) == link, done
        # A box whose text cannot be used keeps it; its link says what is used instead.
        refused = ("text_area", "text_input") if app.error else ()
        before, after = _shown(app, refused), _shown(again, refused)
        for what in before:
            assert after[what] == before[what], (what, done, link)
