"""The panels of sweeps and range tests: nothing before the button, pictures and sentences after it, refusals."""

import pytest
from streamlit.testing.v1 import AppTest

from core.problems.training import engines
from core.problems.training.settings import Training
from tests.pages.visits import clean, open_page, words
from ui import navigation
from ui.page import optimizers
from ui.panels import sweeps

PAGE = navigation.OPTIMIZERS
SMALL = Training(steps=3, model_settings={"depth": 1, "width": 4})


def _opened(monkeypatch: pytest.MonkeyPatch, panel: object, training: Training, link: dict[str, str]) -> AppTest:
    """A page with the panel in place of what follows from a race; a page of its own would need a file."""
    sweeps._kept.cache_clear()
    # Threads, because processes take seconds to start.
    monkeypatch.setattr(sweeps, "chosen_engine", lambda: engines.Engine("threading", workers=1))
    monkeypatch.setattr(optimizers, "race_sections", lambda objective, race, account: panel(training, "z"))
    return open_page(PAGE, link)


def _pictures(page: AppTest) -> list[str]:
    return [one.proto.id for one in page.get("plotly_chart") if "zsweep" in one.proto.id or "zrange" in one.proto.id]


def test_a_sweep_comes_after_its_button_and_stays_until_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = _opened(monkeypatch, sweeps.sweep_panel, SMALL, {"zsweep_rates": "5 rates", "zsweep_seeds": "1 seed"})
    assert "20 trainings: every rule at every rate, of 1 seed from 0 on" in words(page)
    assert not _pictures(page)
    clean(page.button(key="zsweep_go").click().run())
    assert len(_pictures(page)) == 2
    assert "ends lowest" in words(page)
    clean(page.run())
    assert len(_pictures(page)) == 2
    clean(page.selectbox(key="zsweep_seeds").set_value("3 seeds").run())
    assert not _pictures(page)


def test_a_range_test_comes_with_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    page = _opened(monkeypatch, sweeps.range_panel, SMALL, {"zrange_steps": "50 steps"})
    clean(page.button(key="zrange_go").click().run())
    assert len(_pictures(page)) == 1
    assert "Every step saw 32 rows" in words(page)


def test_what_is_too_dear_or_impossible_is_refused_and_says_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Training("digits", steps=5000, model_settings={"width": 64})
    page = _opened(monkeypatch, sweeps.sweep_panel, large, {})
    assert "Take fewer steps, fewer rates, rules or seeds" in page.info[0].value
    assert not [button for button in page.button if button.key == "zsweep_go"]
    page = _opened(monkeypatch, sweeps.sweep_panel, SMALL, {"zsweep_low": "0.1", "zsweep_high": "0.01"})
    assert "low must be above 0 and below high" in page.code[0].value


def test_only_one_is_computed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    page = _opened(monkeypatch, sweeps.range_panel, SMALL, {})
    monkeypatch.setattr(sweeps, "_PATIENCE", 0.01)
    with sweeps._ROOM:
        clean(page.button(key="zrange_go").click().run())
        assert page.info[0].value == sweeps._BUSY
    clean(page.run())
    assert len(_pictures(page)) == 1
