"""What a Python without PyTorch can do: opens every page with all its folds, makes all its files, runs all experiments.

Prints what asked for PyTorch, each a line: an experiment, or what a page said needs it.
"""

from importlib.util import find_spec
from typing import Any

import streamlit as st

from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from tests.pages.visits import Link, clean, controls, open_page, parts
from ui import navigation
from ui.kit.share import encode
from ui.navigation import Page
from ui.panels.claims import card_settings

_files: list[str] = []


def _download(label: str, data: Any, name: str, *others: Any, **settings: Any) -> bool:
    """In place of a button: makes its file at once."""
    made = data() if callable(data) else data
    if not made:
        raise ValueError(f"{label} is an empty file.")
    _files.append(name)
    return False


def _visit(page: Page, part: Link) -> set[str]:
    """Opens ``page`` and all its folds; what it says needs PyTorch."""
    app = open_page(page, part)
    for key, kind in controls(app).items():
        if kind == "expander":
            app.session_state[key] = True
    clean(app.run())
    said = [one.value for one in app.info if " needs PyTorch" in one.value]
    assert all("`pip install torch==" in one for one in said)
    return {one.partition(" needs PyTorch")[0] for one in said}


def main() -> None:
    assert find_spec("torch") is None
    st.download_button = _download
    for page in navigation.ALL:
        first, *others = parts(page)
        for part in (first, *others[:: max(len(others) // 8, 1)]):
            for what in _visit(page, part):
                print(page.title, what, sep=": ")
    for experiment in EXPERIMENTS.values():
        try:
            experiment.run()
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            print(experiment.key)
    for claim in CLAIMS.values():
        if claim.experiment and EXPERIMENTS[claim.experiment].needs_torch:
            print(claim.key, *_visit(navigation.of(claim.page), encode(card_settings(claim))), sep=": ")
    assert open_page(navigation.REAL_NETWORK).button(key="ntrain").disabled
    print("files:", len(_files))


if __name__ == "__main__":
    main()
