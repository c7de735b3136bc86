"""The Pitfalls page: folds compute when opened, links show exactly their settings, symptoms lead to experiments."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import trace
from core.catalogue.racers import RACERS
from core.engine.summary import retell
from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.lessons.failures import FAILURES, Failure, signs
from core.lessons.pitfalls import SECTIONS
from core.lessons.saddle_race import crossings, cube_race, escapes, saddle_race
from core.lessons.sections import Section
from core.lessons.symptoms import SYMPTOMS, Symptom
from core.lessons.turned import arrivals, turned_ravine
from tests.pages.visits import clean, latex, link_of, notes, open_page, state, words
from tests.programs import run_here
from ui import navigation
from ui.kit.elements import believed_row
from ui.page.pitfalls import MORE, card
from ui.panels.claims import claims_about, section_key

PAGE = navigation.PITFALLS
every = pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)


def _fold(key: str) -> str:
    return section_key(PAGE, key)


def _open(key: str, **link: str | list[str]) -> AppTest:
    return open_page(PAGE, {_fold(key): "true", **link})


def _stages(app: AppTest) -> list[str]:
    return [part.proto.id for part in app.get("bidi_component") if "stage" in part.proto.component_name]


# --- Sections ---


def test_the_closed_page_has_a_picture_for_every_section_and_nothing_that_computes() -> None:
    app = open_page(PAGE)
    assert len(app.get("plotly_chart")) == len(SECTIONS)
    assert len(app.toggle) == 0
    assert _stages(app) == []
    said = words(app)
    for section in SECTIONS:
        assert section.introduction in said
        assert f"(#{section.key})" in said


@every
def test_a_link_opens_one_section_with_its_experiments_and_claims(section: Section) -> None:
    app = _open(section.key)
    assert notes(app) == ""
    about = claims_about(PAGE.path, section.key)
    wanted = {f"run_{key}" for key in section.experiments} | {f"run_{claim.key}" for claim in about if claim.experiment}
    assert {toggle.key for toggle in app.toggle} == wanted
    assert (len(_stages(app)) > 0) is (section.key in MORE)
    for claim in about:
        assert claim.correct in words(app)


def test_all_sections_can_be_open_together() -> None:
    app = open_page(PAGE, {_fold(section.key): "true" for section in SECTIONS})
    toggles = {toggle.key.removeprefix("run_") for toggle in app.toggle}
    assert {claim.key for claim in CLAIMS.values() if claim.page == PAGE.path and claim.experiment} <= toggles


@every
def test_every_experiment_named_exists_and_the_section_has_something_to_open(section: Section) -> None:
    assert set(section.experiments) <= {*EXPERIMENTS}
    assert section.experiments or claims_about(PAGE.path, section.key)


def test_every_experiment_that_belongs_here_has_a_card_here() -> None:
    cards = {key for section in SECTIONS for key in section.experiments}
    cards |= {claim.experiment for claim in CLAIMS.values() if claim.page == PAGE.path}
    wanted = "X03 X04 X10 X11 X17 X27 X29 X32 X39 X49 X50 X51 X52 X53 X54 X55 X56 X57 X58 X59 X60 X75 X76"
    assert {*wanted.split()} <= cards


# --- Links ---


def _assert_state(app: AppTest, expected: Mapping[str, Any]) -> None:
    values = {key: state(app, key) for key in expected}
    # A logarithmic slider keeps texts.
    assert {key: type(expected[key])(value) for key, value in values.items()} == dict(expected)


def test_a_link_with_every_setting_changed_opens_exactly_that_race_off_the_saddle() -> None:
    numbers = {"zsx": 0.8125, "zsy": -0.0003, "zsnoise": 0.05, "zsseed": 7.0, "zssteps": 150, "zst": 11.0}
    rates = {"sgd": 0.123, "momentum": 0.0456, "adam": 0.0789}
    numbers |= {f"zs{rule}_lr": lr for rule, lr in rates.items()}
    link = {key: str(value) for key, value in numbers.items()} | {"zscode": "true", "zsof": "With noise"}
    app = _open("saddles", **link)
    assert notes(app) == ""
    _assert_state(app, numbers)
    race = saddle_race((0.8125, -0.0003), 150, rates, 0.05, 7)
    for sentence in escapes(race):
        assert f"- {sentence}" in words(app)
    assert "0.123" in app.code[0].value
    assert "noise = 0.05" in app.code[0].value


def test_a_link_with_every_setting_changed_opens_exactly_those_balls() -> None:
    numbers = {"zcx": 0.75, "zcsteps": 150, "zct": 11.0}
    rates = {"nesterov": 0.0123, "lion": 0.0456, "newton": 0.789, "adam2": 0.321}
    numbers |= {f"zc{rule}_lr": lr for rule, lr in rates.items()}
    link = {key: str(value) for key, value in numbers.items()} | {"zccode": "true", "zcof": "Lion"}
    app = _open("saddles", **link, zcrules=[RACERS[key].name for key in rates])
    assert notes(app) == ""
    _assert_state(app, numbers)
    for sentence in crossings(cube_race((0.75,), 150, rates)):
        assert f"- {sentence}" in words(app)
    assert "0.0456" in app.code[0].value


def test_a_link_with_every_setting_changed_opens_exactly_that_ravine() -> None:
    numbers = {"zaangle": 17.5, "zax": 0.75, "zay": -0.625, "zasteps": 321, "zat": 20.0}
    rates = {"sgd": 0.0123, "adam": 0.0345}
    numbers |= {f"za{rule}_lr": lr for rule, lr in rates.items()}
    app = _open("ravines", **{key: str(value) for key, value in numbers.items()})
    assert notes(app) == ""
    _assert_state(app, numbers)
    for sentence in arrivals(17.5, (0.75, -0.625), rates):
        assert f"- {sentence}" in words(app)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_link_opens_any_run_that_fails_at_any_rate(failure: Failure) -> None:
    lr, start = round(failure.lr * 0.83, 8), (1.25, 0.375)
    link = {"zvrun": failure.title, f"zv{failure.key}_lr": f"{lr}", "zvx": "1.25", "zvy": "0.375", "zvt": "9"}
    app = _open("divergence", **link)
    assert notes(app) == ""
    _assert_state(app, {"zvrun": failure.title, f"zv{failure.key}_lr": lr, "zvx": 1.25, "zvy": 0.375, "zvt": 9.0})
    path = trace(failure.run(lr, start))
    for sentence in [*retell([(failure.racer, path)]), *signs(path)]:
        assert f"- {sentence}" in words(app)
    assert failure.look_for in words(app)
    assert failure.objective.parsed.latex in latex(app)


SETTINGS = {
    "saddles": "zsx zsy zsnoise zsseed zssteps zst zssgd_lr zsmomentum_lr zsadam_lr zcx zcsteps zct zcsgd_lr",
    "ravines": "zaangle zax zay zasteps zat zasgd_lr zaadam_lr",
    "divergence": "zvrun zvx zvy zvt zvslow_lr",
}


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "-1e9", "x" * 3_000, "<script>", "`", "\x00"])
def test_a_nonsense_link_opens_with_the_defaults_and_says_so(value: str) -> None:
    keys = " ".join(SETTINGS.values()).split()
    folds = {_fold(key): "true" for key in SETTINGS}
    app = open_page(PAGE, {**folds, **dict.fromkeys([*keys, "zsymptom"], value)})
    plain = open_page(PAGE, folds)
    assert {key: state(app, key) for key in keys} == {key: state(plain, key) for key in keys}
    for key in [*keys, "zsymptom"]:
        assert f"- `{key} = " in notes(app)


@pytest.mark.parametrize("value", ["maybe", "nan", "<script>"])
def test_a_fold_that_a_link_asks_for_in_nonsense_stays_closed(value: str) -> None:
    keys = [_fold(section.key) for section in SECTIONS]
    app = open_page(PAGE, dict.fromkeys([*keys, "zsymptoms"], value))
    assert len(app.toggle) == 0


def test_forged_numbers_are_not_believed() -> None:
    app = open_page(PAGE, {_fold(key): "true" for key in SETTINGS})
    boxes = ("zsx", "zsy", "zst", "zax", "zat", "zvx", "zvt")
    defaults = {key: state(app, key) for key in boxes}
    for value in (float("nan"), float("inf"), -1e300, 1e9):
        for key in boxes:
            app.number_input(key=key).set_value(value)
        clean(app.run())
        assert {key: state(app, key) for key in boxes} == defaults, value


EXTREMES = [
    {"zsx": "1e6", "zsy": "-1e6", "zssgd_lr": "0", "zssteps": "1"},
    {"zsx": "0", "zsy": "0", "zsnoise": "0", "zsadam_lr": "1e6"},
    {"zcx": "1e6", "zcsgd_lr": "1e6", "zcsteps": "5000"},
    {"zcx": "0", "zcmomentum_lr": "0", "zcsteps": "1"},
    {"zax": "1e6", "zay": "1e6", "zaangle": "90", "zasgd_lr": "1e6", "zasteps": "5000"},
    {"zax": "0", "zay": "0", "zaangle": "0", "zaadam_lr": "0"},
    {"zvrun": "Undefined loss", "zvx": "-3", "zvy": "0"},
    {"zvrun": "Undefined loss", "zvx": "0", "zvy": "0", "zvundefined_lr": "1e6"},
    {"zvrun": "All at once", "zvx": "1e6", "zvy": "-1e6", "zvsudden_lr": "1e6"},
    {"zvrun": "All at once", "zvx": "1", "zvy": "1"},
    {"zvrun": "Only looks like it", "zvx": "0", "zvy": "0", "zvharmless_lr": "0"},
]


@pytest.mark.parametrize("link", EXTREMES, ids=lambda link: " ".join(link.values()))
def test_the_ends_of_every_control_have_a_page(link: dict[str, str]) -> None:
    app = open_page(PAGE, {**{_fold(key): "true" for key in SETTINGS}, **link})
    assert notes(app) == ""
    assert "nan" not in re.findall(r"[a-z]+", words(app))


# --- Controls that depend on each other ---


def test_another_failing_run_begins_at_its_own_start_and_stands_at_its_own_end() -> None:
    app = _open("divergence", zvx="1.5")
    first, *others = FAILURES.values()
    for failure in (*others, first):
        app.button_group(key="zvrun").set_value(failure.title)
        clean(app.run())
        assert (state(app, "zvx"), state(app, "zvy")) == failure.objective.start
        assert state(app, "zvt") == failure.steps
        assert failure.look_for in words(app)


def test_a_turn_takes_the_start_along() -> None:
    app = _open("ravines")
    clean(app.slider(key="zaangle").set_value(20.0).run())
    assert (state(app, "zax"), state(app, "zay")) == turned_ravine(20.0).start


def test_on_the_ridge_only_noise_gets_away() -> None:
    app = _open("saddles")
    clean(app.button(key="zsridge").click().run())
    assert state(app, "zsy") == 0
    said = words(app)
    for name in ("Gradient descent", "Momentum", "Adam"):
        assert f"**{name}** has not left the saddle" in said
    assert "**With noise** leaves the saddle" in said


# --- Code ---


RUNS = (
    ("saddles", {"zscode": "true", "zsof": "With noise", "zssteps": "90", "zsnoise": "0.03", "zsseed": "3"}),
    ("saddles", {"zccode": "true", "zcof": "Momentum", "zcmomentum_lr": "0.02"}),
    ("ravines", {"zacode": "true", "zaof": "Adam", "zaangle": "33", "zaadam_lr": "0.02"}),
    ("divergence", {"zvcode": "true", "zvrun": "Undefined loss"}),
    ("divergence", {"zvcode": "true", "zvrun": "Slow divergence", "zvslow_lr": "0.021"}),
)


def test_the_code_shown_runs_and_asserts_its_own_loss(tmp_path: Path) -> None:
    programs = {_open(section, **link).code[0].value for section, link in RUNS}
    assert len(programs) == len(RUNS)
    for program in programs:
        assert "assert" in program
        run_here(program, tmp_path)


# --- Symptoms ---

symptoms = pytest.mark.parametrize("symptom", SYMPTOMS.values(), ids=SYMPTOMS)


@symptoms
def test_a_symptom_belongs_to_a_section_that_runs_its_experiment(symptom: Symptom) -> None:
    section = next(section for section in SECTIONS if section.key == symptom.section)
    key = card(symptom)
    assert key in section.experiments or CLAIMS[key].experiment == symptom.experiment


@symptoms
def test_a_chosen_symptom_opens_its_section_with_the_experiment_on_and_so_does_its_link(symptom: Symptom) -> None:
    chosen = open_page(PAGE)
    clean(chosen.selectbox(key="zsymptom").set_value(symptom.symptom).run())
    app = open_page(PAGE, link_of(chosen))
    assert notes(app) == ""
    assert symptom.cause in words(app)
    assert symptom.fix in words(app)
    assert {toggle.key: toggle.value for toggle in app.toggle}[f"run_{card(symptom)}"] is True
    assert words(app).count("found in this run") == 1


def test_choosing_a_symptom_opens_its_section_and_leaves_those_open_that_are() -> None:
    app = _open("cycles")
    for symptom in (SYMPTOMS["saddle"], SYMPTOMS["fading"]):
        clean(app.selectbox(key="zsymptom").set_value(symptom.symptom).run())
        assert state(app, f"run_{card(symptom)}") is True
        assert symptom.test in words(app)
    toggles = {toggle.key for toggle in app.toggle}
    assert {"run_X39", "run_X27", "run_C116"} <= toggles


def test_the_table_has_every_symptom_with_its_cause_test_and_fix() -> None:
    (table,) = open_page(PAGE, {"zsymptoms": "true"}).dataframe
    for column in ("symptom", "cause", "test", "fix", "experiment"):
        assert table.value[column].tolist() == [getattr(symptom, column) for symptom in SYMPTOMS.values()]


def test_a_chosen_row_is_believed() -> None:
    assert believed_row({"selection": {"rows": [2]}}, 3) == 2


@pytest.mark.parametrize(
    "raw",
    [
        None, 3, [], {}, {"selection": None}, {"selection": {"rows": []}}, {"selection": {"rows": [3]}},
        {"selection": {"rows": [-1]}}, {"selection": {"rows": ["1"]}}, {"selection": {"rows": [1.0]}},
        {"selection": {"rows": [True]}}, {"selection": {"rows": {"0": 1}}}, {"selection": {"rows": [np.nan]}},
    ],
)  # fmt: skip
def test_a_forged_row_is_not_believed(raw: object) -> None:
    assert believed_row(raw, 3) is None
