"""What all pages are made of says what is missing."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visits import clean
from ui.kit import elements


def _page() -> None:
    import streamlit as st

    from ui.kit.elements import torch_for

    st.text(str(torch_for("This check")))


@pytest.mark.parametrize(
    ("wanted", "installed"), [("numpy==2.4.6\ntorch==2.13.0", "torch==2.13.0"), ("numpy==2.4.6", "torch")]
)
def test_missing_pytorch_is_told_with_how_to_get_it_also_where_its_line_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, installed: str
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(wanted)
    monkeypatch.setattr(elements, "_REQUIREMENTS", requirements)
    monkeypatch.setattr(elements, "find_spec", lambda name: None)
    app = clean(AppTest.from_function(_page).run())
    assert app.text[0].value == "False"
    (said,) = [one.value for one in app.info]
    assert said.startswith(f"This check needs PyTorch, which is not installed here: `pip install {installed}`")
