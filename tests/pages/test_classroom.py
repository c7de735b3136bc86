"""A teacher's link: what it locks stays whoever tries, what it hides is not seen, and it says what it is."""

import os
from random import Random
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.classroom import HANDOUTS, LESSONS, Handout, Stop
from core.lessons.gallery import GALLERY
from core.lessons.predictions import PREDICTIONS
from tests.marks import unmarked
from tests.pages.visits import (
    MARKUP,
    clean,
    control,
    controls,
    drawn_value,
    latex,
    link_of,
    markup_shown,
    notes,
    open_page,
    opened,
    state,
    words,
)
from ui import navigation
from ui.kit import share
from ui.kit.places import MAX_SCANNED
from ui.navigation import Page
from ui.page.for_teachers import stop_link

every = pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])
FIELDS = {share.LOCK, share.HIDE, share.TASK, share.PROJECTOR}


def _called(app: AppTest) -> dict[str, str]:
    """What the controls of the page are called, by their keys."""
    return {key: name for key, name in app.session_state["link:called"].items() if key not in FIELDS}


def _stages(app: AppTest) -> list[Any]:
    """What the stages of the page are given."""
    parts = [part.proto for part in app.get("bidi_component") if "stage" in part.proto.component_name]
    return [(part.id, part.json, bytes(part.bytes)) for part in parts]


def _forge(app: AppTest, key: str, kind: str, draw: Random) -> None:
    """Has the browser say that a control was set to something, though it cannot be."""
    one = control(app, key, kind)
    one.proto.disabled = False
    one.set_value(drawn_value(app, key, kind, draw))


@every
def test_every_control_of_a_page_can_be_locked_and_then_stays_whatever_a_browser_says(page: Page) -> None:
    link, _ = opened(page)
    keys = [*_called(open_page(page, link))]
    draw = Random(f"{os.environ['TEST_SEED']} {page.title}")
    # A link locks a hundred at most, and no page has more.
    app = open_page(page, {**link, "lock": keys})
    assert notes(app) == ""
    drawn = controls(app)
    # Streamlit can disable neither a fold nor tabs, so these are drawn as something else.
    assert {*drawn.values()} & {"expander", "tab_container"} == set()
    assert [key for key, kind in drawn.items() if not control(app, key, kind).proto.disabled] == []
    # A stage plays when it is first seen.
    clean(app.run())
    before, shown = link_of(app), _stages(app)
    for key, kind in drawn.items():
        _forge(app, key, kind, draw)
    clean(app.run())
    assert link_of(app) == before
    assert _stages(app) == shown


@every
def test_every_control_of_a_page_is_offered_to_teachers_by_a_name(page: Page) -> None:
    link, drawn = opened(page)
    called = _called(open_page(page, link))
    assert [key for key in drawn if not called[key]] == []


@every
def test_what_a_link_hides_is_not_seen_and_stays(page: Page) -> None:
    link, drawn = opened(page)
    draw = Random(f"{os.environ['TEST_SEED']} {page.title}")
    keys = draw.sample([key for key in drawn if key not in link], min(5, len(drawn.keys() - link.keys())))
    app = open_page(page, {**link, "hide": keys})
    assert notes(app) == ""
    style = "".join(element.proto.body for element in app.get("html"))
    for key in keys:
        assert f".st-key-{key}, .st-key-{key}_row {{ display: none; }}" in style
        if key in controls(app):
            _forge(app, key, drawn[key], draw)
    before = link_of(app)
    assert link_of(clean(app.run())) == before


def test_a_lock_of_what_no_control_is_called_is_noted() -> None:
    app = open_page(navigation.FOUNDATIONS, {"lock": ["drules", "nonsense", "a b", "lock"], "hide": "gone"})
    said = notes(app)
    assert "`lock = nonsense`: no control on this page" in said
    assert "`hide = gone`: no control on this page" in said
    assert "`lock = a b`: it is the name of a control" in said
    assert "`lock = lock`: it is the name of a control" in said
    assert "drules" not in said
    # The page can be used all the same.
    assert state(app, "lock") == ["drules", "nonsense"]


def test_no_chip_no_hand_on_the_stage_no_undo_and_no_file_changes_what_is_locked() -> None:
    page = navigation.PLAYGROUND
    app = open_page(page, {"psteps": "77", "px": "-1.25", "lock": ["psteps", "px"]})
    (load,) = [box for box in app.selectbox if box.key == "pload"]
    load.set_value(GALLERY["ladder"].title)
    clean(app.run())
    assert (state(app, "psteps"), state(app, "px")) == (77, -1.25)
    rules = state(app, "prules")
    app.button(key="pundo").click()
    clean(app.run())
    assert state(app, "prules") != rules
    assert (state(app, "psteps"), state(app, "px")) == (77, -1.25)
    assert link_of(app)["lock"] == ["psteps", "px"]


def test_an_undo_leads_to_no_link_without_the_locks() -> None:
    app = open_page(navigation.PLAYGROUND)
    app.slider(key="psteps").set_value(123)
    clean(app.run())
    app.query_params["psteps"] = "77"
    app.query_params["lock"] = "psteps"
    app.session_state["link:page"] = None
    clean(app.run())
    assert state(app, "psteps") == 77
    app.button(key="pundo").click()
    clean(app.run())
    assert state(app, "psteps") == 77
    assert link_of(app)["lock"] == ["psteps"]


def test_locks_belong_to_their_page() -> None:
    app = open_page(navigation.FOUNDATIONS, {"lock": ["drules"], "task": "Wait."})
    app.switch_page(navigation.OPTIMIZERS.file)
    app.query_params.clear()
    clean(app.run())
    assert not app.session_state["lock"]
    assert "lock" not in link_of(app)
    app.switch_page(navigation.FOUNDATIONS.file)
    clean(app.run())
    assert link_of(app)["lock"] == ["drules"]
    assert link_of(app)["task"] == ["Wait."]


STOPS = {f"{lesson.key}_{number}": stop for lesson in LESSONS for number, stop in enumerate(lesson.stops, start=1)}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_every_link_of_every_lesson_opens_just_what_it_says(stop: Stop) -> None:
    link = stop_link(stop)
    app = open_page(navigation.of(stop.page), link)
    assert notes(app) == ""
    assert share.encode({key: state(app, key) for key in link}) == link
    again = open_page(navigation.of(stop.page), link_of(app))
    assert link_of(again) == link_of(app)
    # What is asked can be asked of these runs.
    asked = [key for key in stop.fields if key.endswith("ask")]
    assert [state(app, key) for key in asked] == [stop.fields[key] for key in asked]
    assert ("**Task.**" in words(app)) == bool(stop.task)


def test_an_open_lesson_has_its_links_codes_and_answers() -> None:
    for lesson in LESSONS:
        app = open_page(navigation.FOR_TEACHERS, {f"w{lesson.key}": "true"})
        links = [one for one in app.get("page_link") if one.proto.label == "Open for the class"]
        assert len(links) == len(lesson.stops)
        assert len(app.get("image")) == len(lesson.stops)
        for exercise in lesson.exercises:
            assert unmarked(exercise.answer()) in words(app)


@pytest.mark.parametrize("handout", HANDOUTS, ids=lambda handout: handout.page)
def test_a_handout_has_picture_formula_three_questions_and_the_way_to_its_page(handout: Handout) -> None:
    app = open_page(navigation.FOR_TEACHERS, {"whandout": handout.page})
    assert notes(app) == ""
    assert len(app.get("plotly_chart")) == len(app.get("image")) == 1
    assert handout.formula in latex(app)
    for number, key in enumerate(handout.predictions, start=1):
        assert f"{number}. “{PREDICTIONS[key].belief}”" in words(app)
    assert [heading for heading in app.header if "lessons" in heading.value] == []


def test_a_task_is_plain_text_and_says_that_locks_are_a_courtesy() -> None:
    task = f"Find\n\n# it {MARKUP} <b>now</b> $x$"
    app = open_page(navigation.FOUNDATIONS, {"task": task, "lock": "dsteps"})
    assert markup_shown(app) == []
    (said,) = [one.value for one in app.markdown if one.value.startswith("**Task.**")]
    assert said == f"**Task.** {share.verbatim(' '.join(task.split()))}"
    assert any("courtesy, not security" in one.value for one in app.caption)
    # Without a task nothing but that, and without a lock nothing at all.
    assert not any("courtesy" in one.value for one in open_page(navigation.FOUNDATIONS, {"task": "Go."}).caption)
    assert "at most 300 characters" in notes(open_page(navigation.FOUNDATIONS, {"task": "x" * 301}))


TAUGHT = [
    page for page in navigation.ALL if page not in (navigation.HOME, navigation.REFERENCE, navigation.FOR_TEACHERS)
]


def _builder(page: Page, link: Any = None) -> AppTest:
    app = open_page(page, {**(link or {}), page.classroom: "true"})
    app.context = {"url": f"https://guide.example.org/{page.path}"}
    return app


@pytest.mark.parametrize("page", TAUGHT, ids=[page.title for page in TAUGHT])
def test_a_teacher_makes_a_link_of_any_page_and_it_opens_just_that(page: Page) -> None:
    app, mine = _builder(page), f"{page.prefix}class_"
    draw = Random(f"{os.environ['TEST_SEED']} {page.title}")
    offered = [*_called(app)]
    locked, hidden = draw.sample([key for key in offered if _called(app)[key] and key != page.classroom], 2)
    app.multiselect(key=f"{mine}lock").set_value([locked])
    app.multiselect(key=f"{mine}hide").set_value([hidden])
    app.text_input(key=f"{mine}task").set_value("Look, *then* say & why.")
    asks = [box for box in app.selectbox if box.key == f"{mine}ask"]
    if asks:
        # The first question of the list; it holds the key of its control and its own.
        asks[0].set_value(asks[0].options[0])
    app.toggle(key=f"{mine}projector").set_value(True)
    clean(app.button(key=f"{mine}make").click().run())
    (made,) = [code.value for code in app.code if code.value.startswith("https://guide.example.org/")]
    assert made.startswith(f"https://guide.example.org/{page.path}?")
    assert len(app.get("image")) == 1
    link = parse_qs(made.partition("?")[2], keep_blank_values=True)
    assert (link["lock"], link["hide"], link["task"]) == ([locked], [hidden], ["Look, *then* say & why."])
    assert page.classroom not in link
    there = open_page(page, link)
    assert notes(there) == ""
    assert link_of(there) == link
    # What is changed afterwards is not in it, and that is said.
    app.text_input(key=f"{mine}task").set_value("Another.")
    clean(app.run())
    assert any("Make it again" in one.value for one in app.caption)


def test_a_teacher_may_start_paused_and_ask_first() -> None:
    app = _builder(navigation.FOUNDATIONS)
    app.toggle(key="dclass_paused").set_value(True)
    (box,) = [box for box in app.selectbox if box.key == "dclass_ask"]
    assert len(box.options) >= 5
    box.set_value(next(option for option in box.options if "what becomes of it" in option))
    clean(app.button(key="dclass_make").click().run())
    made = next(code.value for code in app.code if "guide.example.org" in code.value)
    assert parse_qs(made.partition("?")[2]) == {"dt": ["0"], "ht": ["0"], "dask": ["fate"]}


def test_a_page_opened_by_a_teachers_link_is_where_the_next_link_begins() -> None:
    app = _builder(navigation.FOUNDATIONS, {"lock": "drules", "hide": "dsteps", "task": "Go."})
    clean(app.button(key="dclass_make").click().run())
    made = next(code.value for code in app.code if "guide.example.org" in code.value)
    assert parse_qs(made.partition("?")[2]) == {"lock": ["drules"], "hide": ["dsteps"], "task": ["Go."]}
    app.multiselect(key="dclass_lock").set_value([])
    app.text_input(key="dclass_task").set_value("")
    clean(app.run())
    clean(app.button(key="dclass_make").click().run())
    made = next(code.value for code in app.code if "guide.example.org" in code.value)
    assert parse_qs(made.partition("?")[2]) == {"hide": ["dsteps"]}


def test_the_link_of_a_changed_page_is_that_of_its_settings_and_a_long_one_has_no_code() -> None:
    app = _builder(navigation.OPTIMIZERS, {"steps": "321"})
    app.text_area(key="own").set_value("# " + "long " * 250 + "\nx = x - lr*g")
    clean(app.run())
    clean(app.button(key="class_make").click().run())
    made = next(code.value for code in app.code if "guide.example.org" in code.value)
    assert "steps=321" in made
    assert len(made) > MAX_SCANNED
    assert app.get("image") == []
    assert any("there is none" in one.value for one in app.caption)


def test_a_projector_page_has_a_style_a_way_back_and_a_heading_in_its_stage() -> None:
    app = open_page(navigation.FOUNDATIONS, {"projector": "true", "task": "Wait <b>"})
    style = "".join(element.proto.body for element in app.get("html"))
    assert "font-size: 25.6px" in style
    assert any(b'"heading"' in stage[2] and b"Wait <b>" in stage[2] for stage in _stages(app))
    clean(app.button(key="unproject").click().run())
    assert "projector" not in link_of(app)
    assert "font-size: 25.6px" not in "".join(element.proto.body for element in app.get("html"))
    clean(open_page(navigation.FOUNDATIONS, {"dclassroom": "true"}).button(key="dclass_project").click().run())
