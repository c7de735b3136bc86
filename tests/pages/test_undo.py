"""Undo and redo on a page with all kinds of controls: the link is again what it was, change by change."""

import os
from collections.abc import Callable
from itertools import count
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from tests.pages.visits import chips, clean, link_of, notes, open_page, open_scenario, state
from ui import navigation
from ui.controls.undo import undo_row
from ui.kit import share
from ui.kit.limits import OWN

PAGE = navigation.OPTIMIZERS
Change = Callable[[AppTest, Random], AppTest]


@pytest.fixture(autouse=True)
def _a_page_with_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The buttons stand at the top of any page, and between two runs there are ten seconds."""
    begin, clock = navigation.begin, count(step=10)

    def begun(page: navigation.Page) -> None:
        begin(page)
        undo_row("")

    monkeypatch.setattr(navigation, "begin", begun)
    monkeypatch.setattr(share, "monotonic", lambda: float(next(clock)))


def _press(app: AppTest, key: str) -> AppTest:
    assert not app.button(key=key).disabled, key
    return clean(app.button(key=key).click().run())


def _number(key: str, low: float, high: float) -> Change:
    return lambda app, random: app.number_input(key=key).set_value(round(random.uniform(low, high), 3))


def _hyper(app: AppTest, random: Random) -> AppTest:
    fields = [field for field in app.number_input if (field.key or "").endswith(("_lr", "_beta", "_beta1"))]
    return random.choice(fields).set_value(round(random.uniform(0.001, 0.9), 4))


CHANGES: tuple[Change, ...] = (
    _number("x", -2, 2),
    _number("y", -2, 2),
    _number("noise", 0, 3),
    _number("clip", 0, 5),
    _hyper,
    _hyper,
    _hyper,
    lambda app, random: app.slider(key="steps").set_value(random.randint(20, 300)),
    lambda app, random: app.selectbox(key="f").set_value(
        random.choice([OWN, *(one.name for one in OBJECTIVES.values() if one.dimension == 2)])
    ),
    lambda app, random: app.multiselect(key="rules").set_value(
        [racer.name for racer in random.sample(list(RACERS.values()), random.randint(1, 4))]
    ),
    lambda app, random: app.selectbox(key="schedule_all").set_value(random.choice(["Constant", "Cosine"])),
    lambda app, random: chips(app, PAGE).set_value(random.choice([race.title for race in RACES.values()])),
    lambda app, random: app.text_area(key="own").set_value(random.choice(["x = x - lr*g", "x = x - lr*sign(g)", ""])),
)


def test_random_changes_are_undone_and_done_again_one_by_one() -> None:
    random = Random(int(os.environ["TEST_SEED"]))
    app = open_page(PAGE, {"fields": "true"})
    links = [link_of(app)]
    assert app.button(key="undo").disabled
    while len(links) < 21:
        clean(random.choice(CHANGES)(app, random).run())
        # A change to what is there already is none.
        if link_of(app) != links[-1]:
            links.append(link_of(app))
    assert app.button(key="redo").disabled
    for link in links[-2::-1]:
        assert link_of(_press(app, "undo")) == link
        assert notes(app) == ""
    assert app.button(key="undo").disabled
    for link in links[1:]:
        assert link_of(_press(app, "redo")) == link
    assert app.button(key="redo").disabled


def test_the_first_change_can_be_undone_at_once() -> None:
    app = open_page(PAGE)
    clean(app.number_input(key="x").set_value(0.5).run())
    assert "x" in link_of(app)
    assert link_of(_press(app, "undo")) == {}
    assert state(app, "x") == OBJECTIVES["rosenbrock"].start[0]
    assert link_of(_press(app, "redo")) == {"x": ["0.5"]}


def test_a_scenario_is_one_change() -> None:
    app = open_page(PAGE, {"noise": "0.5"})
    open_scenario(app, PAGE, list(RACES.values())[2])
    assert link_of(_press(app, "undo")) == {"noise": ["0.5"]}
    assert app.button(key="undo").disabled


def test_every_page_has_a_history_of_its_own() -> None:
    app = open_page(PAGE)
    clean(app.number_input(key="x").set_value(0.5).run())
    app.switch_page(navigation.FOUNDATIONS.file)
    clean(app.run())
    assert app.button(key="undo").disabled
    app.switch_page(PAGE.file)
    clean(app.run())
    assert link_of(app) == {"x": ["0.5"]}
    assert link_of(_press(app, "undo")) == {}


def test_a_choice_that_was_emptied_is_empty_again() -> None:
    app = open_page(PAGE)
    clean(app.multiselect(key="rules").set_value([]).run())
    clean(app.number_input(key="x").set_value(0.5).run())
    assert link_of(_press(app, "undo")) == {"rules": [""]}
    assert state(app, "rules") == []
