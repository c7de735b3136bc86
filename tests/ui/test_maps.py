"""The panel of maps: what of a click is believed, which controls it sets, and what is said where nothing is drawn."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Run
from core.catalogue.objectives import VARIABLES
from core.catalogue.racers import RACERS
from core.engine.two_settings import SettingsMap, settings_map, settings_of
from ui.controls import hyper_key, schedule_hyper_key
from ui.panels.maps import believed_cell, cell_state, setting_key


def _clicked(customdata: object) -> object:
    return {"selection": {"points": [{"customdata": customdata, "x": 1.0}]}}


@pytest.mark.parametrize(("customdata", "cell"), [("0", 0), ("17", 17), (["99"], 99), (["5", 3], 5)])
def test_a_click_names_a_cell(customdata: object, cell: int) -> None:
    assert believed_cell(_clicked(customdata), 100) == cell


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, "7", [], {}, {"selection": None}, {"selection": {"points": []}}, {"selection": {"points": [{}]}},
        {"selection": {"points": {"0": 1}}}, _clicked(None), _clicked(7), _clicked(7.0), _clicked(True),
        _clicked("100"), _clicked("-1"), _clicked("1.0"), _clicked("1e1"), _clicked(" 1"), _clicked("0x1"),
        _clicked("٣"), _clicked("²"), _clicked("1_0"), _clicked("9" * 10_000), _clicked(""), _clicked([[]]),
        _clicked({"a": 1}), _clicked("adam"), _clicked([]), _clicked("NaN"),
    ],
)  # fmt: skip
def test_a_forged_click_is_not_believed(raw: Any) -> None:
    assert believed_cell(raw, 100) is None


def _map(run: Run, across: str, up: str) -> SettingsMap:
    known = {one.name: one for one in settings_of(run)}
    return settings_map(run, known[across], known[up])


def test_a_click_sets_the_controls_of_both_settings_to_what_they_are_in_the_cell() -> None:
    run = Run("bowl", "momentum", (1.0, 1.0), 20, schedule="step")
    racer = RACERS["momentum2"]
    sheet = _map(run, "lr", "schedule gamma")
    expected = (hyper_key(racer, "lr"), schedule_hyper_key(racer, run.resolved_schedule, "gamma"))
    assert cell_state(sheet, 123, racer, "p") == dict(zip((f"p{key}" for key in expected), sheet.at(123), strict=True))


def test_a_start_is_set_where_the_page_keeps_it_and_never_beyond_what_that_takes() -> None:
    run = Run("bowl", "sgd", (1.0, 1e9), 5)
    sheet = _map(run, "start x", "start y")
    state = cell_state(sheet, sheet.loss.size - 1, RACERS["sgd"], "p")
    assert list(state) == [f"p{name}" for name in VARIABLES]
    assert state["py"] == 1e6


def test_every_value_of_a_map_is_one_that_its_control_takes() -> None:
    run = Run("bowl", "sophia", (1.0, 1.0), 5)
    for one in settings_of(run):
        sheet = _map(run, one.name, "start x" if one.name != "start x" else "lr")
        key = setting_key(one, run, RACERS["sophia"], "")
        for cell in (0, sheet.loss.size - 1):
            value = cell_state(sheet, cell, RACERS["sophia"], "")[key]
            assert isinstance(value, float)
            assert one.hyper.check(value) == value


# --- The panel ---


def _page(objective: str, rules: tuple[str, ...], steps: int, noise: float, schedule: str) -> None:
    import streamlit as st

    from core import OBJECTIVES, Run, trace
    from core.catalogue.racers import RACERS
    from ui.kit import share
    from ui.panels.maps import maps_panel

    share.begin("p")
    share.setting("qnoise", noise, float, "a number")
    given = float(st.session_state["qnoise"])
    start = OBJECTIVES[objective].start if objective in OBJECTIVES else (0.5, 0.5)
    race = [
        (RACERS[key], trace(Run(objective, RACERS[key].optimizer.key, start, steps, noise=given, schedule=schedule)))
        for key in rules
    ]
    maps_panel(race, "q")
    share.end()


def _shown(
    which: str, objective: str, rules: tuple[str, ...], steps: int = 60, noise: float = 0.0, schedule: str = "constant"
) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60, args=(objective, rules, steps, noise, schedule))
    app.query_params["qmaps"] = which
    return _clean(app.run())


def _clean(app: AppTest) -> AppTest:
    assert [error.value for error in app.exception] == []
    assert [warning.value for warning in app.warning] == []
    return app


def _said(app: AppTest) -> str:
    return "\n".join(one.value for one in (*app.markdown, *app.info))


def test_two_settings_of_any_racer_are_drawn_with_the_edge_or_the_reason() -> None:
    app = _shown("Two settings", "ravine", ("momentum", "sgd", "adam"))
    assert "theory's edge" in _said(app)
    _clean(app.selectbox(key="qmaps_of").set_value("Adam").run())
    assert "no derivative at a minimum" in _said(app)
    _clean(app.selectbox(key="qmaps_of").set_value("Momentum").run())
    assert "theory's edge" in _said(app)
    _clean(app.selectbox(key="qmaps_across").set_value("Momentum").run())
    # One setting cannot be both.
    assert app.selectbox(key="qmaps_up").value == "Learning rate"
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("objective", ["quartic", "x**2 + y"])
def test_two_settings_and_seeds_work_on_one_variable_and_without_a_minimum(objective: str) -> None:
    assert len(_shown("Two settings", objective, ("sgd",), schedule="cosine").get("plotly_chart")) == 1
    assert len(_shown("Seeds", objective, ("sgd",), noise=0.5).get("plotly_chart")) == 2


def test_basins_have_a_table_whose_percentages_add_to_100() -> None:
    app = _shown("Basins of two rules", "himmelblau", ("sgd", "momentum", "adam"))
    table = app.dataframe[0].value
    assert table["end"].tolist()[-1] == "diverged or undefined"
    assert table[["first", "second"]].sum().tolist() == pytest.approx([100, 100])
    _clean(app.selectbox(key="qmaps_first").set_value("Momentum").run())
    assert app.selectbox(key="qmaps_second").value == "Gradient descent"


@pytest.mark.parametrize(
    ("which", "objective", "rules", "steps", "noise", "words"),
    [
        ("Two settings", "rosenbrock", ("adam",), 100_000, 0.0, "or fewer"),
        ("Basins of two rules", "quartic", ("sgd", "adam"), 20, 0.0, "two variables"),
        ("Basins of two rules", "himmelblau", ("sgd",), 20, 0.0, "another one join"),
        ("Seeds", "bowl", ("sgd",), 5000, 1.0, "or fewer"),
    ],
)
def test_what_is_not_drawn_is_refused_with_what_to_do(
    which: str, objective: str, rules: tuple[str, ...], steps: int, noise: float, words: str
) -> None:
    app = _shown(which, objective, rules, steps, noise)
    assert words in app.info[0].value
    assert len(app.get("plotly_chart")) == 0


def test_without_noise_a_button_adds_some() -> None:
    app = _shown("Seeds", "bowl", ("sgd",))
    assert "Without noise" in _said(app)
    _clean(app.button(key="qmaps_noise").click().run())
    assert app.session_state["qnoise"] == 0.5
    assert "keeps the variance" in _said(app)
    assert app.dataframe[0].value["curvature"].tolist() == pytest.approx([1.0, 3.0])
