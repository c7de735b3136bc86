"""How soon a visitor sees a picture, against a bare page of Streamlit and Plotly, and how soon after the server starts.

python -m benchmarks.loading [--json]
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.measure import Result, report
from benchmarks.stage import open_browser
from tests.browser.conftest import served
from ui.navigation import FOUNDATIONS, HOME, OPTIMIZERS

ROUNDS = 5
# What is drawn once there is a picture.
PICTURE = ".main-svg"
# Seconds from the command to the first picture.
MOST = 3.0
BARE = """import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
with st.sidebar:
    end = st.slider("End", 1, 9, 5)
st.title("A page")
st.plotly_chart(go.Figure(go.Scatter(y=list(range(end)))))
"""


def _first_picture(browser: Browser, address: str) -> float:
    """Seconds until a visitor who was never here sees a picture."""
    with browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce") as visitor:
        tab = visitor.new_page()
        begun = time.perf_counter()
        tab.goto(address, wait_until="commit")
        tab.locator(PICTURE).first.wait_for(state="visible")
        return time.perf_counter() - begun


def loaded(browser: Browser, url: str, bare: str) -> list[Result]:
    """The median of first pictures, page by page, each in turn with the bare one."""
    results = []
    for page in (HOME, FOUNDATIONS, OPTIMIZERS):
        # A visit before them: what a process does once is not a visitor's wait.
        _first_picture(browser, f"{url}/{page.path}"), _first_picture(browser, bare)
        taken = [(_first_picture(browser, f"{url}/{page.path}"), _first_picture(browser, bare)) for _ in range(ROUNDS)]
        ours, peer = (statistics.median(times) for times in zip(*taken, strict=True))
        ratio = ours / peer
        results.append(
            Result(f"{page.title}: first picture; a bare page", ours, peer, ratio, "at most 1.3", "times", ratio <= 1.3)
        )
    return results


def started(browser: Browser, folder: Path) -> Result:
    """From the command that starts the server to the first picture of its first visitor."""
    begun = time.perf_counter()
    with served(folder / "started.txt") as (url, _):
        _first_picture(browser, url)
        taken = time.perf_counter() - begun
    return Result("from the command to the first picture", taken, None, taken, f"at most {MOST:g}", "s", taken <= MOST)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, open_browser() as browser:
        folder = Path(name)
        (folder / "app.py").write_text(BARE)
        begun = [started(browser, folder) for _ in range(3)]
        with served(folder / "ours.txt") as (url, _), served(folder / "bare.txt", folder) as (bare, _):
            report([min(begun, key=lambda result: result.ours), *loaded(browser, url, bare)])
