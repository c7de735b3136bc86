"""The panels of the landscape and of the code of trainings: nothing is computed unless a button asks for it."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.problems.training.land import Terrain
from core.problems.training.settings import Training
from core.problems.training.terrain import survey
from tests.pages.visits import clean, words
from ui.panels import terrain as panels

SGD = Training("moons", "mlp", "sgd", {"lr": 0.3}, {"depth": 1, "width": 3}, steps=20)
ADAM = replace(SGD, optimizer="adam", hypers={"lr": 0.05})


def _page() -> None:
    """The two panels, for a job whose number of steps a control sets."""
    from dataclasses import replace

    import streamlit as st

    from core.catalogue.racers import RACERS
    from core.problems.training.loop import final
    from tests.ui.test_terrain import ADAM, SGD
    from ui.kit import share
    from ui.panels.terrain import terrain_panel, training_code_panel

    share.begin("playground")
    steps = int(st.number_input("Steps", 1, 5000, 20, key="steps_here"))
    racers = [RACERS["sgd"], RACERS["adam"]]
    trainings = [replace(SGD, steps=steps), replace(ADAM, steps=steps)]
    terrain_panel(racers, trainings, "p")
    told = {racers[0].name: final(SGD, every=10).reports} if steps == SGD.steps else {}
    training_code_panel(racers, trainings, "p", told)
    share.end()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of what is computed, which one process does here."""
    seen: list[int] = []

    def here(trainings: list[Training]) -> Terrain:
        seen.append(trainings[0].steps)
        if trainings[0].steps == 7:
            raise ValueError("Another landscape is being computed on this server.")
        return survey(trainings)

    monkeypatch.setattr(panels, "terrain", here)
    panels._surveyed.clear()
    return seen


def test_the_landscape_is_drawn_when_the_button_asks_and_forgotten_when_the_settings_change(calls: list[int]) -> None:
    app = clean(AppTest.from_function(_page, default_timeout=120).run())
    assert not calls
    assert not app.get("plotly_chart")
    clean(app.button(key="plandscape").click().run())
    assert calls == [20]
    assert len(app.get("plotly_chart")) == 3
    assert "of all movement" in words(app)
    assert "2/α" in words(app)
    clean(app.run())
    clean(app.get("segmented_control")[0].set_value("of random directions").run())
    assert calls == [20]
    assert "Random directions" in words(app)
    clean(app.number_input(key="steps_here").set_value(30).run())
    assert calls == [20]
    assert not app.get("plotly_chart")


def test_what_is_refused_is_said(calls: list[int]) -> None:
    app = clean(AppTest.from_function(_page, default_timeout=120).run())
    clean(app.number_input(key="steps_here").set_value(5000).run())
    assert "Take fewer steps" in app.info[0].value
    assert "plandscape" not in [button.key for button in app.button]
    clean(app.number_input(key="steps_here").set_value(7).run())
    clean(app.button(key="plandscape").click().run())
    assert "Another landscape" in app.warning[0].value
    assert not app.get("plotly_chart")


def test_the_code_of_a_training_that_is_over_asserts_what_it_reached(calls: list[int]) -> None:
    app = clean(AppTest.from_function(_page, default_timeout=120).run())
    assert "assert math.isclose(now[0]" in app.code[0].value
    clean(app.number_input(key="steps_here").set_value(30).run())
    assert "assert math" not in app.code[0].value
    assert "steps = 30" in app.code[0].value
