"""The tour: it is walked from the home page to its end, and every stop shows just what it says."""

import pytest
from streamlit.testing.v1 import AppTest

from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.lessons.gallery import GALLERY
from core.lessons.tour import STOPS, Stop, minutes, numbers
from tests.pages.visits import chips, clean, link_of, new_visit, notes, open_page, state, words
from ui import navigation
from ui.kit import share

# The prepared runs that stops begin with, by the title of the stop.
SCENARIOS: dict[str, Scenario] = {
    "A walk downhill": DESCENTS["walk"],
    "Ten times the rate": DESCENTS["tenfold"],
    "Stuck where it is flat": DESCENTS["stall"],
    "Predict, then see": DESCENTS["bounce"],
    "A race, and who decides it": RACES["valley"],
    "Leaving a saddle": RACES["saddle"],
    "Adam at the wrong end": GALLERY["breaking-adam"],
}


def _begin() -> AppTest:
    app = new_visit()
    clean(app.run())
    (door,) = [button for button in app.button if button.label.startswith("Take the tour")]
    assert f"{minutes()} minutes" in door.label
    return clean(door.click().run())


def _to(app: AppTest, number: int) -> AppTest:
    return clean(app.button(key=f"tour_{number}").click().run())


def _link(number: int, stop: Stop) -> dict[str, list[str]]:
    return share.encode({**stop.settings, "tour": str(number)})


def _disturb(app: AppTest) -> None:
    """Leaves the first control of the page that takes any number elsewhere, as somebody does who tries things."""
    for box in app.number_input[:1]:
        box.set_value(box.min if box.value != box.min else box.max)
        clean(app.run())


def _shows(app: AppTest, number: int) -> None:
    """That ``app`` shows the stop ``number``, with all of its settings and no others."""
    stop = STOPS[number - 1]
    page = navigation.of(stop.path)
    assert notes(app) == ""
    assert state(app, "tour") == str(number)
    assert {key: state(app, key) for key in stop.settings} == dict(stop.settings)
    # What differs from a page's defaults is in its address, and nothing else is.
    assert link_of(app).items() <= _link(number, stop).items()
    said = words(app)
    assert all(text in said for text in stop.texts)
    assert page.promise not in said
    if stop.title in SCENARIOS:
        assert chips(app, page).value == SCENARIOS[stop.title].title


def test_the_tour_leads_through_all_its_stops_whatever_was_tried_at_them() -> None:
    app = _begin()
    for number in range(1, len(STOPS) + 1):
        _shows(app, number)
        _disturb(app)
        if number < len(STOPS):
            _to(app, number + 1)
    (finish,) = [button for button in app.button if button.label == "Finish"]
    clean(finish.click().run())
    assert navigation.HOME.promise.split(".")[0] in words(app)


@pytest.mark.parametrize("number", range(2, len(STOPS) + 1))
def test_a_link_opens_a_stop_and_back_leads_to_the_one_before(number: int) -> None:
    stop = STOPS[number - 1]
    app = open_page(navigation.of(stop.path), _link(number, stop))
    _shows(app, number)
    _shows(_to(app, number - 1), number - 1)


def test_who_leaves_the_tour_stays_on_the_page_as_it_is() -> None:
    app = open_page(navigation.FOUNDATIONS, _link(2, STOPS[1]))
    (leave,) = [button for button in app.button if button.label == "Leave"]
    clean(leave.click().run())
    assert link_of(app) == {"dsgd_lr": ["3"]}
    assert navigation.FOUNDATIONS.promise in words(app)
    assert STOPS[1].idea not in words(app)


def test_the_stop_of_one_page_is_not_taken_to_another_by_the_menu() -> None:
    app = _to(_to(_begin(), 2), 3)
    app.switch_page(navigation.UPDATE_RULE.file)
    app.query_params.clear()
    clean(app.run())
    assert notes(app) == ""
    assert link_of(app) == {}
    # A page comes as it was left.
    app.switch_page(navigation.FOUNDATIONS.file)
    _shows(clean(app.run()), 3)


@pytest.mark.parametrize("value", ["0", "5", "99", "1.0", "", "x" * 5000, "<b>", "\x00", "-1"])
def test_a_stop_that_is_not_on_the_page_is_noted(value: str) -> None:
    app = open_page(navigation.FOUNDATIONS, {"tour": value})
    assert "the tour stops here at 1, 2, 3 and 4" in notes(app)
    assert navigation.FOUNDATIONS.promise in words(app)


def test_a_page_without_stops_says_so() -> None:
    assert numbers("") == {}
    assert "the tour does not stop here" in notes(open_page(navigation.HOME, {"tour": "1"}))
