"""What the reader's browser is told to remember, and what pages make of what it remembers."""

import json

from streamlit.testing.v1 import AppTest

from core.engine.scenarios import DESCENTS
from core.lessons.missions import MISSIONS
from core.lessons.tour import minutes
from tests.pages.visits import clean, new_visit, open_page, state
from ui import navigation


def _told(app: AppTest) -> set[str]:
    """What the browser was told in the last run to remember as done."""
    addresses = [part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_address"]
    return {key for part in addresses for key in json.loads(part.proto.json)["done"]}


def _home(kept: str) -> AppTest:
    """The home page in a browser that has sent ``kept``."""
    app = new_visit()
    app.session_state["memory:sent"] = kept
    return clean(app.run())


def _continued(app: AppTest) -> list[tuple[str, str, str]]:
    links = [link.proto for link in app.main.get("page_link")]
    return [(link.label, link.page, link.query_string) for link in links if link.label.startswith("Continue")]


def test_an_experiment_that_runs_is_remembered_and_one_that_does_not_run_is_not() -> None:
    link = {"labout_choice": "true"}
    assert _told(open_page(navigation.LEARNING_RATE, link)) == set()
    assert _told(open_page(navigation.LEARNING_RATE, {**link, "run_C025": "true"})) == {"claim_C025"}


def test_an_answered_prediction_is_remembered_and_an_open_one_is_not() -> None:
    app = open_page(navigation.FOUNDATIONS, {"dask": "fate"})
    assert _told(app) == set()
    about, _ = app.session_state["dask:given"]
    app.session_state["dask:given"] = (about, "It runs away")
    assert _told(clean(app.run())) == {"ask_fate"}


def test_a_solved_mission_is_remembered() -> None:
    link = {"pmission": "one-rate", "pf": "Ravine", "prules": ["Gradient descent", "Adam"], "psteps": "200"}
    assert _told(open_page(navigation.PLAYGROUND, {**link, "psgd_lr": "0.05", "padam_lr": "0.05"})) == set()
    solved = {**link, "psgd_lr": "0.0195", "padam_lr": "0.0195"}
    assert _told(open_page(navigation.PLAYGROUND, solved)) == {"mission_one-rate"}


def test_missions_that_the_browser_remembers_are_ticked() -> None:
    app = open_page(navigation.PLAYGROUND, {"pmissions": "true"})
    app.session_state["memory:sent"] = json.dumps({"done": ["mission_one-rate", "mission_nobody"]})
    clean(app.run())
    pills = [option for group in app.button_group for option in group.proto.options]
    ticked = [pill.content for pill in pills if "check" in pill.content_icon]
    assert ticked == [MISSIONS["one-rate"].title]


def test_the_home_page_leads_back_with_all_settings() -> None:
    query = "df=Quartic&dsgd_lr=0.012&dsteps=500"
    app = _home(json.dumps({"last": {"page": "foundations", "query": query}, "done": ["ask_fate"]}))
    ((label, page, back),) = _continued(app)
    assert (label, page) == ("Continue: **Foundations**", "foundations")
    assert sorted(back.split("&")) == sorted(query.split("&"))
    there = open_page(navigation.FOUNDATIONS, dict(field.split("=") for field in back.split("&")))
    assert state(there, "dsgd_lr") == DESCENTS["stall"].rules["sgd"]["lr"]
    assert any("0 statements, 1 prediction and 0 missions" in caption.value for caption in app.caption)


def test_the_tour_goes_on_where_it_was_left() -> None:
    begun = _home(json.dumps({"last": {"page": "optimizers", "query": "tour=11"}, "tour": 11}))
    assert _continued(begun)[0][0] == "Continue: **the tour, stop 11**"
    assert begun.button(key="door_tour").label == "Go on with the tour: stop 11"
    assert state(clean(begun.button(key="door_tour").click().run()), "tour") == "11"
    ended = _home(json.dumps({"last": {"page": "reference", "query": ""}, "tour": 20}))
    assert ended.button(key="door_tour").label == f"Take the tour: {minutes()} minutes"


def test_a_new_reader_and_a_hostile_browser_are_led_back_nowhere() -> None:
    for kept in ("", "[" * 9000, json.dumps({"last": {"page": "//elsewhere.example", "query": ""}})):
        app = _home(kept)
        assert _continued(app) == []
        assert any("kept in this browser only" in caption.value for caption in app.caption)


def test_forgetting_leaves_nothing_and_tells_the_browser() -> None:
    app = _home(json.dumps({"last": {"page": "foundations", "query": ""}, "done": ["mission_one-rate"]}))
    (forget,) = [button for button in app.button if button.label == "Forget"]
    clean(forget.click().run())
    assert _continued(app) == []
    (part,) = [part for part in app.get("bidi_component") if part.proto.component_name == "gradient_descent_memory"]
    assert json.loads(part.proto.json) == {"known": "", "forget": 1}
