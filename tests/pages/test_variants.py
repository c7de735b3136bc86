"""The Variants page: a link shows exactly its runs, a pasted table is used or explained, theory follows settings."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Code

from core.evidence.claims import CLAIMS
from core.export.line_scripts import batch_script
from core.formula.words import digits
from core.lessons.batch_boxes import boxes
from core.lessons.batch_findings import floors, scatter_of_gradients, stable_rates
from core.lessons.batch_story import retold, update_rule
from core.problems.batches.data import DATASETS, Pair, dataset
from core.problems.batches.descent import least_squares, line
from core.problems.batches.own_data import own_data
from core.problems.batches.race import AXES, START, Settings, outlook, race
from tests.pages.visits import ROOT, Link, clean, latex, link_of, notes, open_page, state, words
from tests.programs import run_here
from ui import navigation

PAGE = navigation.VARIANTS
FIRST = next(iter(DATASETS.values()))
USUAL = Settings(32, 0.05, 500, START, False, 0, "constant")
TABLE = "height,weight,name\n1.62,58.1,a\n1.8,77.5,b\n1.71,66,c\n1.66,70,d\n1.9,90,e\n1.75,71,f"
OWN = own_data(TABLE).pair("height", "weight")

# All but the views, with values that are not the defaults.
CHANGED: Mapping[str, str] = {
    "vdata": "Known answer",
    "vunits": "As measured",
    "vbatch": "7",
    "vlr": "0.0625",
    "vupdates": "210",
    "vdecay": "1/√t",
    "vdrawn": "With replacement",
    "vw": "0.25",
    "vb": "-0.75",
    "vseed": "11",
    "vt": "33",
}
OTHER = Settings(7, 0.0625, 210, (0.25, -0.75), True, 11, "one_over_root")


def _stage(app: AppTest) -> Any:
    """What the stage of the page is told."""
    (part,) = [part for part in app.get("bidi_component") if part.proto.id.endswith("-vstage")]
    message = bytes(part.proto.bytes)
    return json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])


def _assert_shows(app: AppTest, pair: Pair, settings: Settings) -> None:
    runs = race(pair, settings)
    told = _stage(app)
    assert (told["steps"], told["start"]) == (settings.updates, [*settings.start])
    rows = [len(ran.weights) if ran.diverged_at < 0 else ran.diverged_at for ran in runs]
    assert [(track["name"], track["rows"]) for track in told["tracks"]] == [
        (ran.variant.name, count) for ran, count in zip(runs, rows, strict=True)
    ]
    assert told["minimum"] == least_squares(line(pair.x), pair.y)[1]
    said = words(app)
    known = [outlook(pair, ran.variant, settings.rate) for ran in runs]
    assert [sentence for sentence in retold(runs, settings, known) if sentence not in said] == []
    assert stable_rates(pair, settings).sentence in said
    assert update_rule(settings, pair.x.size) in latex(app)


def _programs(app: AppTest) -> list[Code]:
    """The code on the page but for the pseudo-code of the three variants, which is always there."""
    return [block for block in app.code if not block.value.startswith("for each epoch")]


def _open(link: Link | None = None) -> AppTest:
    app = open_page(PAGE, link)
    assert notes(app) == ""
    return app


def test_the_page_opens_on_measured_data_without_loading_what_it_does_not_need() -> None:
    program = (
        "import sys\nfrom tests.pages.visits import open_page\nfrom ui import navigation\n"
        "open_page(navigation.VARIANTS)\nprint([name for name in ('sklearn', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
    app = _open()
    _assert_shows(app, FIRST.load().standardised(), USUAL)
    assert FIRST.source in words(app)


def test_a_link_with_every_setting_changed_opens_exactly_those_runs() -> None:
    app = _open({**CHANGED, "vview": "Data", "valong": "Samples", "vmany": "50 seeds", "vcode": "true"})
    pair = dataset("known_line").load()
    _assert_shows(app, pair, OTHER)
    assert state(app, "vt") == 33
    assert (state(app, "vview"), state(app, "valong"), state(app, "vmany")) == ("Data", "Samples", "50 seeds")
    ground, curves = _stage(app)["views"]
    assert ground["kind"] == "fit"
    figure = json.loads(curves["figure"])
    assert figure["layout"]["xaxis"]["title"]["text"] == AXES["Samples"].title
    assert len(figure["data"]) == 2 * 3
    expected = batch_script(
        pair, batch=7, rate=0.0625, updates=210, start=(0.25, -0.75), replacement=True, seed=11, decay="one_over_root"
    )
    assert [block.value for block in _programs(app)] == [expected.rstrip()]
    keys = {
        element.key
        for kind in ("selectbox", "slider", "select_slider", "number_input", "button_group")
        for element in app.get(kind)
    }
    assert keys - {"vview", "valong", "vmany"} == set(CHANGED)


@pytest.mark.parametrize("link", [{}, CHANGED], ids=["defaults", "changed"])
def test_the_code_shown_runs_and_ends_where_the_page_says(link: Link, tmp_path: Path) -> None:
    app = _open({**link, "vcode": "true"})
    (block,) = _programs(app)
    printed = run_here(block.value, tmp_path).printed
    pair, settings = (dataset("known_line").load(), OTHER) if link else (FIRST.load().standardised(), USUAL)
    assert printed.rstrip().endswith(f"mean squared error = {race(pair, settings)[1].loss[-1]:.6g}")


@pytest.mark.parametrize("along", ["Updates", "Samples", "Time"])
@pytest.mark.parametrize("many", ["This seed", "50 seeds"])
def test_every_view_has_its_pictures_and_says_what_its_lines_are(along: str, many: str) -> None:
    app = _open({"valong": along, "vmany": many, "vunits": "As measured", "vlr": "0.0003", "vstable": "true"})
    captions = [one.value for one in app.caption]
    assert any("middle 80 % of 50 seeds" in one and "are the medians" in one for one in captions) is (
        many != "This seed"
    )
    assert any("an update takes" in one and "Python's own overhead" in one for one in captions) is (along == "Time")
    ground, curves = _stage(app)["views"]
    assert (ground["kind"], curves["channels"]) == ("plane", ["cost", "height"])
    figure = json.loads(curves["figure"])
    assert figure["layout"]["xaxis"]["title"]["text"] == AXES[along].title
    assert len(figure["data"]) == (0 if many == "This seed" else 2 * 3)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(("name", "find"), [("scatter", scatter_of_gradients), ("floor", floors)])
def test_a_section_is_measured_while_it_is_open(name: str, find: Any) -> None:
    settings, pair = replace(OTHER, batch=5, decay="constant"), dataset("known_line").load()
    link = {**CHANGED, "vbatch": "5", "vdecay": "Constant"}
    sentence = find(pair, settings).sentence
    assert sentence not in words(_open(link))
    app = _open({**link, f"v{name}": "true"})
    assert sentence in words(app)
    assert len(app.get("plotly_chart")) == 1


def test_a_rate_at_which_a_run_diverges_is_told_and_a_calm_one_offered() -> None:
    app = _open({"vlr": "1.9"})
    assert "Diverged at update" in words(app)
    (button,) = [one for one in app.button if "at which none diverges" in one.label]
    clean(button.click().run())
    assert notes(app) == ""
    assert "Diverged at update" not in words(app)
    assert f"Use {state(app, 'vlr')}" in button.label
    assert not [one for one in app.button if "at which none diverges" in one.label]


def test_claims_and_experiments_are_there_to_be_run() -> None:
    sections = {f"vabout_{topic}": "true" for topic in ("batch", "stochastic", "minibatch", "generalisation")}
    app = _open({**sections, "vfalls": "true"})
    keys = {str(one.key).removeprefix("run_") for one in app.toggle}
    here = {claim.key for claim in CLAIMS.values() if claim.page == "variants" and claim.experiment}
    assert here
    assert keys == here | {"C137", "X12"}
    clean(app.toggle(key="run_X12").set_value(True).run())
    assert "the mean of x² is" in words(app)


def test_the_three_variants_stand_side_by_side_with_the_numbers_of_this_page() -> None:
    app = _open(CHANGED)
    boxed = boxes(40, 7)
    assert [block.value for block in app.code][:3] == [box.code for box in boxed]
    for box in boxed:
        for text in (box.name, *box.pros.values(), *box.cons.values()):
            assert text in words(app)


# --- Own tables ---


def test_a_table_in_the_link_is_used_and_its_columns_can_be_chosen() -> None:
    app = _open({"vdata": "Own table", "vtable": TABLE, "vbatch": "2"})
    _assert_shows(app, OWN.standardised(), replace(USUAL, batch=2))
    assert app.text_area(key="vtable").value == TABLE
    assert (state(app, "vx"), state(app, "vy")) == ("height", "weight")
    assert any("cannot be chosen" in one.value for one in app.caption)
    assert any("(name) is not a number: " in one.value for one in app.code)
    clean(app.selectbox(key="vx").set_value("weight").run())
    assert len(app.error) == 1
    assert "choose two different columns" in _programs(app)[1].value
    clean(app.selectbox(key="vy").set_value("height").run())
    assert len(app.error) == 0
    swapped = own_data(TABLE).pair("weight", "height").standardised()
    _assert_shows(app, swapped, replace(USUAL, batch=2))


def test_a_typed_table_goes_into_the_link_and_a_long_one_is_said_not_to() -> None:
    app = _open({"vdata": "Own table"})
    assert "vtable" not in link_of(app)
    clean(app.text_area(key="vtable").set_value(TABLE).run())
    assert link_of(app)["vtable"] == [TABLE]
    long = "x,y\n" + "\n".join(f"{row},{row % 7}" for row in range(400))
    clean(app.text_area(key="vtable").set_value(long).run())
    assert "vtable" not in link_of(app)
    assert any("too long for a link" in one.value for one in app.caption)
    _assert_shows(app, own_data(long).pair("x", "y").standardised(), replace(USUAL, batch=state_batch(app)))
    # Nothing is lost by looking at something else.
    clean(app.selectbox(key="vdata").set_value(FIRST.name).run())
    clean(app.selectbox(key="vdata").set_value("Own table").run())
    assert app.text_area(key="vtable").value == long


def state_batch(app: AppTest) -> int:
    return int(state(app, "vbatch"))


WRONG: Mapping[str, str] = {
    "a": "one column only",
    "a,b\n1,2": "a line needs at least 2",
    "a,b\n1,2\n2,oops": "Row 3, column 2 (b) is not a number: oops",
    "a,b\n1,2\n2,nan": "not a number: nan",
    "a,b\n1,2\n1,3": "the same in every row",
    "a,b\n1,2\n2,1e300": "must be 0 or between",
    "![x](https://evil.example/x.png),b\n1,2\n2,<script>": "is not a number: <script>",
    "`a`,b\n1,:red[x]\n2,$x$": "is not a number: :red[x]",
    "a,b\n1,2\n2,3,4": "every row needs as many",
    "a,b\n1,\x002\n2,3": "control character",
    "\n".join(f"{row},1" for row in range(3000)): "up to 2000",
    '"a,b\n1,2': "quote",
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.items(), ids=range(len(WRONG)))
def test_a_wrong_table_is_explained_as_plain_text_and_stays_in_its_box(text: str, sentence: str) -> None:
    app = _open({"vdata": "Own table"})
    clean(app.text_area(key="vtable").set_value(text).run())
    (error,) = app.error
    assert error.value == "This table cannot be used yet."
    assert sentence in _programs(app)[0].value
    assert app.text_area(key="vtable").value == text
    # The sentence repeats what was typed: nowhere but in code.
    assert "evil.example" not in words(app) + "".join(one.value for one in app.caption)
    _assert_shows(app, FIRST.load().standardised(), USUAL)


def test_names_of_columns_are_shown_as_code() -> None:
    name = "![x](https://evil.example/x.png)`"
    app = _open({"vdata": "Own table", "vtable": f"{name},<b>y</b>\n1,2\n2,3\n3,7"})
    assert len(app.error) == 0
    (about,) = [one.value for one in app.markdown if "rows of your table" in one.value]
    assert "`![x](https://evil.example/x.png) ` against `<b>y</b>`" in about


ODD: Mapping[str, str] = {
    "two rows": "1,1\n2,3",
    "perfect": "1,2\n2,4\n3,6\n4,8",
    "far from zero": "\n".join(f"{1e11 + 400 * row},{row * row}" for row in range(9)),
    "huge": "1e12,1e12\n-1e12,5e11\n3e11,2",
    "tiny": "1e-12,1e-12\n3e-12,5e-12\n2e-12,2e-12",
    "mixed": "1e12,1e-12\n-1e12,5e-12\n3e11,2e-12",
    "outlier": "0,0\n0,1\n0,2\n1e12,3",
    "many rows": "\n".join(f"{row % 37},{row % 11}" for row in range(2000)),
}


# Rounding would decide about the smallest curvature of these.
BEYOND_THEORY = [ODD[name] for name in ("far from zero", "huge", "tiny", "mixed", "outlier")]


@pytest.mark.parametrize("units", ["Standardised", "As measured"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_table_however_odd_has_a_page(text: str, units: str) -> None:
    app = _open({"vdata": "Own table", "vunits": units, "vscatter": "true", "vfloor": "true", "vmany": "50 seeds"})
    clean(app.text_area(key="vtable").set_value(text).run())
    assert len(app.error) == 0
    assert "rows of your table" in words(app)
    assert " nan" not in words(app)
    pair = _odd_pair(text, units)
    if units == "As measured" and text in BEYOND_THEORY:
        with pytest.raises(ValueError, match="standardise") as refused:
            stable_rates(pair, USUAL)
        # Once for the rates, once for the floor.
        assert [one.value for one in app.info] == [str(refused.value)] * 2
    else:
        assert stable_rates(pair, replace(USUAL, batch=state_batch(app))).sentence in words(app)


def _odd_pair(text: str, units: str) -> Pair:
    pair = own_data(text).pair("column 1", "column 2")
    return pair.standardised() if units == "Standardised" else pair


def test_a_smaller_table_takes_a_batch_size_back_that_it_does_not_have() -> None:
    app = _open({"vbatch": "300", "vt": "400"})
    clean(app.selectbox(key="vdata").set_value("Known answer").run())
    assert state(app, "vbatch") == "32"
    _assert_shows(app, dataset("known_line").load().standardised(), USUAL)


def test_fewer_updates_bring_the_moment_back_without_a_complaint() -> None:
    app = _open({"vt": "400"})
    clean(app.slider(key="vupdates").set_value(50).run())
    assert 0 <= state(app, "vt") <= 50
    assert notes(app) == ""


# --- Hostile links and messages ---

KEYS = ("vdata", "vunits", "vbatch", "vlr", "vupdates", "vdecay", "vdrawn", "vw", "vb", "vseed", "vt")
VIEWS = ("vview", "valong", "vmany")


@pytest.mark.parametrize(
    "value",
    [
        "nan", "inf", "-inf", "1e999", "-1", "9" * 400, "1e308", "0x10", "１２ａ", "`", "![x](https://evil.example)",
        "<script>alert(1)</script>", "$x$", "\x00", "a\nb", "x" * 20_000, "None", ":red[x]",
    ],
)  # fmt: skip
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    # A start may well be -1.
    keys = [key for key in (*KEYS, *VIEWS) if not (value == "-1" and key in ("vw", "vb"))]
    app = open_page(PAGE, dict.fromkeys(keys, value))
    for key in keys:
        assert f"- `{key} = " in notes(app)
    _assert_shows(app, FIRST.load().standardised(), USUAL)


def test_a_batch_size_between_the_stops_is_used_and_one_too_large_is_not() -> None:
    pair = FIRST.load().standardised()
    for text, batch in (("63", 63), ("63.0", 63), ("442", 442), ("1e2", 100)):
        _assert_shows(_open({"vbatch": text}), pair, replace(USUAL, batch=batch))
    for text in ("443", "0", "2.5", "-3"):
        app = open_page(PAGE, {"vbatch": text})
        assert f"`vbatch = {text}`: a whole number from 1 to 442" in notes(app)
        _assert_shows(app, pair, USUAL)


def test_a_rate_beyond_the_slider_is_used() -> None:
    _assert_shows(_open({"vlr": "1e-7"}), FIRST.load().standardised(), replace(USUAL, rate=1e-7))


def test_a_table_that_is_too_long_stays_and_is_explained() -> None:
    text = "1,2\n" * 60_000
    app = open_page(PAGE, {"vdata": "Own table", "vtable": text})
    assert len(app.error) == 1
    assert "40000 bytes longer than 200 kB" in _programs(app)[0].value
    assert app.text_area(key="vtable").value == text


def test_forged_numbers_are_not_believed() -> None:
    app = _open()
    for value in (float("nan"), float("inf"), -1e300, 1e12):
        for key in ("vw", "vb", "vseed", "vt"):
            app.number_input(key=key).set_value(value)
        app.slider(key="vupdates").set_value(value)
        clean(app.run())
        assert 1 <= state(app, "vupdates") <= 2000
        assert 0 <= state(app, "vt") <= state(app, "vupdates")
        assert (state(app, "vw"), state(app, "vb"), state(app, "vseed")) == (*START, 0.0)


def test_least_squares_of_the_page_is_that_of_the_table() -> None:
    app = _open({"vupdates": "2000"})
    measured = FIRST.load()
    slope = (measured.x @ measured.y / measured.x.size - measured.x.mean() * measured.y.mean()) / measured.x.var()
    (caption,) = [one.value for one in app.caption if "In the table's own units" in one.value]
    assert f"y = {digits(slope)}·x" in caption
    assert line(measured.x).shape == (442, 2)
