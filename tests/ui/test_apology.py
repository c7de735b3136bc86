"""An error that no page expects: an apology with a report that tells no path and no value, and settings are kept."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visits import open_page, state
from ui import navigation
from ui.kit import share
from ui.kit.apology import APOLOGY

SECRET = "/home/someone/secret.py holds 12345"


@pytest.fixture(autouse=True)
def _as_visitors_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit import config

    real = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: "none" if key == "client.showErrorDetails" else real(key))


def _apologises(app: AppTest, *said: str) -> None:
    assert len(app.exception) == 0
    assert [error.value.startswith(APOLOGY) for error in app.error] == [True]
    (code,) = app.code[-1:]
    for text in said:
        assert text in code.value
    for text in ("secret", "12345", ".py", "/home", "/work", "site-packages", "streamlit."):
        assert text not in code.value


def _broken(*_: Any, **__: Any) -> None:
    raise ValueError(SECRET)


def test_a_page_that_fails_apologises_and_shows_the_same_settings_once_it_is_mended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    app = open_page(navigation.OPTIMIZERS, {"x": "0.25", "steps": "77"})
    with monkeypatch.context() as broken:
        broken.setattr("ui.panels.race.stage", _broken)
        _apologises(
            app.number_input(key="y").set_value(0.5).run(),
            "ValueError on /optimizers?",
            "x=0.25",
            "y=0.5",
            "steps=77",
            "ui.panels.race, line ",
            "streamlit 1.",
        )
    # Whoever runs the site reads all of it.
    assert "secret.py" in "".join(capfd.readouterr())
    app.run()
    assert (len(app.error), len(app.exception)) == (0, 0)
    assert [state(app, key) for key in ("x", "y", "steps")] == [0.25, 0.5, 77]


def test_a_part_and_a_callback_that_fail_apologise() -> None:
    def page(secret: str) -> None:
        import streamlit as st

        from ui.kit import share

        share.begin("play")

        def fail() -> None:
            raise KeyError(secret)

        @st.fragment
        def part() -> None:
            if st.toggle("Break", key="broken"):
                fail()

        part()
        st.button("Break", key="press", on_click=fail)
        share.end()

    app = AppTest.from_function(page, args=(SECRET,)).run()
    _apologises(app.toggle(key="broken").set_value(True).run(), "KeyError on /play?")
    app.toggle(key="broken").set_value(False).run()
    assert (len(app.error), len(app.exception)) == (0, 0)
    _apologises(app.button(key="press").click().run(), "KeyError on /play?")
    assert share._run.get() is None
