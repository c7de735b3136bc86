"""The Pitfalls page: symptoms lead to the section and the experiment that show them."""

import pytest

from core.evidence.claims import CLAIMS
from core.lessons.pitfalls import SECTIONS
from core.lessons.symptoms import SYMPTOMS, Symptom
from tests.pages.visits import clean, link_of, notes, open_page, state, words
from ui import navigation
from ui.page.pitfalls import card
from ui.panels.claims import topic_key

PAGE = navigation.PITFALLS


def test_every_experiment_that_belongs_here_has_a_card_here() -> None:
    cards = {key for section in SECTIONS for key in section.experiments}
    cards |= {claim.experiment for claim in CLAIMS.values() if claim.page == PAGE.path}
    wanted = "X03 X04 X10 X11 X17 X27 X29 X32 X39 X49 X50 X51 X52 X53 X54 X55 X56 X57 X58 X59 X60 X75 X76"
    assert {*wanted.split()} <= cards


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


def test_another_symptom_shows_its_own_section_and_advice() -> None:
    app = open_page(PAGE)
    for symptom in (SYMPTOMS["saddle"], SYMPTOMS["fading"]):
        clean(app.selectbox(key="zsymptom").set_value(symptom.symptom).run())
        assert state(app, f"run_{card(symptom)}") is True
        assert state(app, topic_key(PAGE)) == symptom.section
        assert symptom.test in words(app)


@pytest.mark.parametrize("value", ["", "nan", "x" * 3_000, "<script>"])
def test_a_symptom_that_is_none_is_named(value: str) -> None:
    app = open_page(PAGE, {"zsymptom": value, "zsymptoms": "maybe"})
    assert "- `zsymptom = " in notes(app)
    assert "- `zsymptoms = maybe`" in notes(app)
    assert len(app.dataframe) == 0


def test_the_table_has_every_symptom_with_its_cause_test_and_fix() -> None:
    (table,) = open_page(PAGE, {"zsymptoms": "true"}).dataframe
    for column in ("symptom", "cause", "test", "fix"):
        assert table.value[column].tolist() == [getattr(symptom, column) for symptom in SYMPTOMS.values()]
