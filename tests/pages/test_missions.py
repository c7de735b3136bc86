"""Missions on the playground: chosen, begun, solved, and sent as a link that is judged anew."""

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.missions import LEVELS, MISSIONS
from tests.pages.visits import Link, clean, link_of, notes, open_page, state, words
from ui import navigation
from ui.controls import scenario_state
from ui.kit import share

PAGE = navigation.PLAYGROUND
BEALE = MISSIONS["beale"]


def _open(link: Link | None = None) -> AppTest:
    return open_page(PAGE, {"pmissions": "true", **(link or {})})


def _solved(key: str) -> dict[str, list[str]]:
    """The link of the stored solution of a mission."""
    state = scenario_state(MISSIONS[key].solution, PAGE.prefix)
    return {**share.encode(state), "pmission": [key]}


def _chips(app: AppTest, level: int) -> dict[str, str]:
    """The missions of a level by their titles, with the icon of each."""
    (group,) = [one for one in app.button_group if (one.key or "").startswith(f"pmission_of_{level}_")]
    return {option.content: option.content_icon for option in group.proto.options}


def _claims(app: AppTest) -> list[str]:
    return [box.value for box in app.success]


def _waiting(app: AppTest) -> list[str]:
    return [box.value for box in app.info]


def test_all_missions_are_offered_by_level_and_none_is_chosen_at_first() -> None:
    app = _open()
    for level in LEVELS:
        assert [*_chips(app, level)] == [one.title for one in MISSIONS.values() if one.level == level]
    assert not _claims(app) + _waiting(app)
    assert "pmission" not in link_of(app)


def test_a_mission_is_chosen_begun_and_helped_with() -> None:
    app = _open({"pown": "x = x - lr*g", "pnoise": "0.5"})
    (group,) = [one for one in app.button_group if (one.key or "").startswith("pmission_of_2_")]
    clean(group.set_value(BEALE.title).run())
    assert link_of(app)["pmission"] == ["beale"]
    assert BEALE.task in words(app)
    # Another function and noise: it does not count, and says why.
    assert "does not count: this mission asks for the function Beale" in _waiting(app)[0].replace("\\", "")
    clean(app.button(key="pmission_begin").click().run())
    wanted = scenario_state(BEALE.begin, PAGE.prefix)
    assert {name: state(app, name) for name in wanted} == wanted
    assert state(app, "pown") == ""
    assert "smallest loss above the minimum" in _waiting(app)[0]
    for count, hint in enumerate(BEALE.hints, start=1):
        assert hint not in words(app)
        assert app.button(key="pmission_hint").label == f"Hint {count} of 3"
        clean(app.button(key="pmission_hint").click().run())
        assert hint in words(app)
    assert app.button(key="pmission_hint").disabled


def test_a_mission_is_solved_through_the_controls_and_its_link_says_so_to_others() -> None:
    app = _open({"pmission": "beale"})
    clean(app.button(key="pmission_begin").click().run())
    clean(app.multiselect(key="prules").set_value(["Barzilai–Borwein"]).run())
    app.session_state["pbarzilai_borwein_lr"] = 0.0665
    clean(app.run())
    (claim,) = _claims(app)
    assert claim == "This link solves “Beale in 30”: 22 gradient evaluations."
    assert "That is par." in words(app)
    assert [title for title, icon in _chips(app, 2).items() if icon] == [BEALE.title]
    again = open_page(PAGE, link_of(app))
    assert notes(again) == ""
    assert _claims(again) == [claim]


@pytest.mark.parametrize("key", ["thrice", "five", "amsgrad"])
def test_the_link_of_a_stored_solution_says_solved(key: str) -> None:
    app = open_page(PAGE, _solved(key))
    assert notes(app) == ""
    (claim,) = _claims(app)
    assert claim.startswith(f"This link solves “{MISSIONS[key].title}”: ")
    # The fold with it is open.
    assert "**Solved:**" in words(app)


def test_a_link_that_claims_what_is_not_so_is_contradicted() -> None:
    forged = {**_solved("beale"), "px": ["2.9"]}
    app = open_page(PAGE, forged)
    assert not _claims(app)
    assert "is not solved yet" in _waiting(app)[0]
    assert "the start" in _waiting(app)[0]


def test_a_mission_that_does_not_exist_is_noted() -> None:
    app = open_page(PAGE, {"pmission": "nonsense"})
    assert "`pmission = nonsense`" in notes(app)
    assert not _claims(app) + _waiting(app)
