"""The Update rule page: the step shown is that of the link's data and settings, and no data, edit or link breaks it."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.catalogue.racers import RACERS
from core.engine.summary import retell
from core.export.line_scripts import example_script
from core.formula.words import digits
from core.lessons.rate_check import check, rate_sentences
from core.lessons.steps import six_steps
from core.problems.example import Convention, Example
from core.problems.network.backprop import TELLERS
from core.problems.network.backprop import Example as Network
from core.problems.network.initialisation import Initialisation
from core.problems.network.perceptron import Activation
from tests.pages.visits import clean, latex, notes, open_page, run_table, state, words
from tests.programs import run_here
from ui import navigation
from ui.panels.points import believed_rows

PAGE = navigation.UPDATE_RULE
GUIDE = "1,2; 2,4; 3,6"
PARTS = [stage.key for stage in six_steps(Example())]


def _changed(**more: str) -> dict[str, str]:
    """A link with every setting changed."""
    link = {
        "lr": "0.07", "x": "-1.25", "y": "2.5", "loss": Convention.HALF_MEAN.label, "steps": "37", "t": "11",
        "data": "0,1; 1.5,-2; 4,3.25; -2,0.125", "part": PARTS[3], "way": "Backward", "units": "2 units",
        "act": "ReLU", "init": "He", "in1": "0.75", "in2": "-3", "target": "2.5", "seed": "17",
    }  # fmt: skip
    return {PAGE.prefix + name: value for name, value in (link | more).items()}


EXAMPLE = Example(((0.0, 1.0), (1.5, -2.0), (4.0, 3.25), (-2.0, 0.125)), -1.25, 2.5, 0.07, Convention.HALF_MEAN)


def _table(app: AppTest) -> Any:
    return app.dataframe[0].value


def test_a_link_with_every_setting_changed_shows_exactly_that_step() -> None:
    link = _changed(code="true", predicted="true")
    app = open_page(PAGE, link)
    assert notes(app) == ""
    for key, value in link.items():
        current = state(app, key)
        assert current == (value == "true" or (float(value) if isinstance(current, float | int) else value)), key
    stage = six_steps(EXAMPLE, 37)[3]
    path = EXAMPLE.path(37)
    said = words(app)
    shape, share, pace, *others = rate_sentences(path, check(path, EXAMPLE.objective))
    for sentence in (
        stage.sentence,
        *(f"- {one}" for one in (shape, *others)),
        f"{share} {pace}",
        *retell([(RACERS["sgd"], path)]),
    ):
        assert sentence in said
    assert stage.latex in latex(app)
    assert stage.symbols in latex(app)
    assert _table(app)["residual"].tolist() == EXAMPLE.step.residuals.tolist()
    assert app.code[0].value == example_script(EXAMPLE, 37).rstrip()
    network = Network(2, Activation.RELU, Initialisation.HE, 17, (0.75, -3.0), 2.5)
    assert TELLERS["backward"](network) in said
    assert network.initialisation.explained(2, 2) in said


@pytest.mark.parametrize(("index", "part"), list(enumerate(PARTS)))
def test_each_of_the_six_steps_has_its_words_and_its_formula(index: int, part: str) -> None:
    app = open_page(PAGE, {f"{PAGE.prefix}part": part})
    stage = six_steps(Example())[index]
    assert stage.sentence in words(app)
    assert stage.latex in latex(app)


def test_the_opening_is_the_worked_example_with_its_numbers() -> None:
    app = open_page(PAGE, {f"{PAGE.prefix}averaged": "true"})
    table = _table(app)
    assert table["residual"].tolist() == pytest.approx([-1.4, -2.9, -4.4])
    assert table["residual · x"].tolist() == pytest.approx([-1.4, -5.8, -13.2])
    assert table["ŷ after"].tolist() == pytest.approx([0.794, 1.43, 2.066])
    for name, slope in zip([one.label for one in Convention], ("−13.6", "−6.8", "−40.8", "−20.4"), strict=True):
        assert any(name in line and slope in line for line in words(app).splitlines() if line.startswith("|"))
    clean(app.button_group(key=f"{PAGE.prefix}part").set_value(PARTS[4]).run())
    assert "from 9.91 to 7.845" in words(app)
    assert "w_1 &= 0.5 - 0.01 \\cdot (-13.6) = 0.636" in latex(app)


@pytest.mark.parametrize("convention", Convention)
def test_every_convention_states_its_gradient(convention: Convention) -> None:
    app = open_page(PAGE, {f"{PAGE.prefix}loss": convention.label, f"{PAGE.prefix}part": PARTS[3]})
    assert f"The slope is {digits(Example(convention=convention).step.slope_w)} along w" in words(app)


def test_the_code_shown_runs_and_finds_the_numbers_of_the_page(tmp_path: Path) -> None:
    for link, path in (({}, Example().path(100)), (_changed(), EXAMPLE.path(37))):
        w, b = path.x[-1]
        code = open_page(PAGE, {**link, f"{PAGE.prefix}code": "true"}).code[0].value
        assert run_here(code, tmp_path).printed.startswith(f"w = {w:.6g}, b = {b:.6g}, loss")


def test_the_bowl_can_be_raced_in_by_other_rules() -> None:
    app = open_page(PAGE, _changed())
    (link,) = [one.proto for one in app.get("page_link") if "this bowl" in one.proto.label]
    asked = {key: values if len(values) > 1 else values[0] for key, values in parse_qs(link.query_string).items()}
    race = open_page(navigation.OPTIMIZERS, {**asked, "steps": "37"})
    assert notes(race) == ""
    assert run_table(race)["loss"][0] == EXAMPLE.path(37).loss[-1]


# --- Data ---


def test_two_and_fifty_points_are_shown() -> None:
    for text, rows in (("0,0;1,1", 2), (";".join(f"{x},{x * x / 7!r}" for x in range(50)), 50)):
        app = open_page(PAGE, {f"{PAGE.prefix}data": text})
        assert len(app.error) == 0
        assert len(_table(app)) == rows
        assert _table(app)["ŷ"].notna().all()


WRONG = {
    "": "2 to 50 rows",
    "1,2": "it has 1",
    "1,2;3": "Row 2 must have two numbers",
    "1,2;3,four": "Row 2: y must be a number",
    "1,2;nan,4": "Row 2: x must be a number",
    "1,2;3,1e7": "Row 2: y must lie in",
    # As many rows as the guide has.
    "1,2;2,4;3,1e7": "Row 3: y must lie in",
    "1,2;3,![a](//b.cc)": "Row 2: y must be a number",
    "1,2;`,$x$": "Row 2: x must be a number",
    "x" * 5000: "Row 1",
    "1,2;3,4\x00": "Row 2: y must be a number",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: ascii(text)[:20])
def test_points_that_cannot_be_read_are_explained_by_row_and_stay_in_their_box(text: str) -> None:
    app = open_page(PAGE, {f"{PAGE.prefix}data": text})
    (error,) = app.error
    assert "until then the guide uses its own" in error.value
    # What was typed is only ever shown as code.
    assert WRONG[text] in app.code[0].value
    assert not any("//b.cc" in element.value for element in (*app.markdown, *app.error, *app.caption))
    assert state(app, f"{PAGE.prefix}data") == text
    assert six_steps(Example())[0].sentence in words(app)
    assert _table(app)["ŷ"].isna().all()
    clean(app.button(key=f"{PAGE.prefix}reset").click().run())
    assert len(app.error) == 0
    assert state(app, f"{PAGE.prefix}data") == GUIDE
    assert _table(app)["ŷ"].tolist() == Example().step.predictions.tolist()


ODD = {
    "all x equal": {"data": "3,1;3,2;3,4"},
    "all zero": {"data": "0,0;0,0"},
    "level": {"data": "1,2;2,2"},
    "largest": {"data": "1000000,-1000000;-1000000,1000000", "x": "1000000", "y": "-1000000", "lr": "1000000"},
    "smallest": {"data": "0.000000001,1;0.000000002,0"},
    "at the solution": {"x": "2", "y": "0"},
    "diverging at once": {"lr": "1000000"},
    "at rest": {"lr": "0"},
    "one step": {"steps": "1"},
    "many steps": {"steps": "5000"},
    "at the limit": {"lr": repr(Example().limit)},
}


@pytest.mark.parametrize("link", ODD.values(), ids=ODD)
def test_data_and_settings_however_odd_have_a_page(link: dict[str, str]) -> None:
    link = {PAGE.prefix + key: value for key, value in link.items()}
    app = open_page(PAGE, {**link, f"{PAGE.prefix}t": "1"})
    assert (notes(app), len(app.error)) == ("", 0)
    for part in PARTS[1::2]:
        clean(app.button_group(key=f"{PAGE.prefix}part").set_value(part).run())
        assert not re.search(r"\b(nan|inf)\b", words(app))


# --- Links and messages ---


@pytest.mark.parametrize(
    "value",
    ["nan", "inf", "-inf", "1e999", "9" * 400, "x" * 20_000, "`", "<script>", "![a](https://evil.example)", "\x00"],
)
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    plain = open_page(PAGE)
    keys = [key for key in _changed() if key != f"{PAGE.prefix}data"]
    app = open_page(PAGE, dict.fromkeys(keys, value))
    assert {key: state(app, key) for key in keys} == {key: state(plain, key) for key in keys}
    for key in keys:
        assert f"- `{key} = " in notes(app)
    clean(app.run())


def test_forged_numbers_are_not_believed() -> None:
    app = open_page(PAGE)
    keys = [f"{PAGE.prefix}{name}" for name in ("x", "y", "t", "in1", "in2", "target", "seed")]
    defaults = {key: state(app, key) for key in keys}
    for value in (float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 1e9):
        for key in keys:
            app.number_input(key=key).set_value(value)
        clean(app.run())
        assert {key: state(app, key) for key in keys} == defaults, value


ROWS = [["1", "2"], ["2", "4"], ["3", "6"]]


def _edit(**edit: Any) -> dict[str, Any]:
    return {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **edit}


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        (_edit(), ROWS),
        (_edit(edited_rows={1: {"x": 5}}), [["1", "2"], [5.0, "4"], ["3", "6"]]),
        (_edit(edited_rows={0: {"y": None}}), [["1", None], ["2", "4"], ["3", "6"]]),
        (_edit(added_rows=[{"x": 7, "y": 0.5}]), [*ROWS, [7.0, 0.5]]),
        (_edit(added_rows=[{"x": 7}]), [*ROWS, [7.0, ""]]),
        (_edit(deleted_rows=[0, 2]), [["2", "4"]]),
        (_edit(edited_rows={2: {"x": 9}}, deleted_rows=[0]), [["2", "4"], [9.0, "6"]]),
        (_edit(edited_rows={0: {"ŷ": 9, "z": 1}}), ROWS),
    ],
)
def test_an_edit_of_the_table_changes_the_rows_it_names(raw: Any, rows: list[list[Any]]) -> None:
    assert believed_rows(raw, ROWS) == rows


def test_a_flood_of_new_rows_is_cut() -> None:
    edited = believed_rows(_edit(added_rows=[{"x": 1, "y": 1}] * 10_000), ROWS)
    assert edited is not None
    assert len(edited) < 60


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, "x", [], {}, _edit(edited_rows=[1]), _edit(edited_rows={9: {"x": 1}}),
        _edit(edited_rows={-1: {"x": 1}}), _edit(edited_rows={0: {"x": "![a](b)"}}),
        _edit(edited_rows={0: {"x": True}}), _edit(edited_rows={0: {"x": [1]}}), _edit(edited_rows={0: None}),
        _edit(edited_rows={"a": {"x": 1}}), _edit(added_rows=3), _edit(added_rows=[3]),
        _edit(added_rows={"x": 1}), _edit(deleted_rows=[7]), _edit(deleted_rows=["a"]), _edit(deleted_rows=[[]]),
        _edit(edited_rows={0: {"x": 10**400}}), _edit(deleted_rows=[True]),
    ],
)  # fmt: skip
def test_a_forged_edit_is_not_believed(raw: Any) -> None:
    assert believed_rows(raw, ROWS) is None
