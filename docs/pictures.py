"""Makes the pictures of the README: a start under a hand, moving, and a race on basins."""

import io
import math
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from core import OBJECTIVES
from core.catalogue.racers import RACERS
from tests.browser.conftest import CHROMIUM_FLAGS, served
from tests.browser.stages import RACE, SPOT, at_rest, stage_in
from ui.navigation import OPTIMIZERS

FOLDER = Path(__file__).parent
MOVING, STILL = FOLDER / "moving.gif", FOLDER / "screenshot.png"
BASINS = {"f": OBJECTIVES["himmelblau"].name, "x": 0.2, "y": -0.3, "basins": RACERS["adam"].name}
# Pixels: the window, and the width of the moving picture; and milliseconds for which one of its frames is shown.
WINDOW, WIDTH, SHOWN = {"width": 1280, "height": 960}, 800, 80
FRAMES = 44
# In units of the objective: how far the hand goes to the right and back, and down on its way.
ACROSS, DOWN = 2.2, 0.9
# What a screenshot leaves out, the mouse, and what comes with the mouse, Plotly's tools.
MOUSE = """() => {
    const arrow = document.createElement('div');
    arrow.innerHTML = '<style>.modebar { display: none }</style><svg width="22" height="28" viewBox="0 0 22 28">'
        + '<path d="M2 2v20l5-5 4 9 4-2-4-9h7z" fill="black" stroke="white" stroke-width="2"/></svg>';
    arrow.style.cssText = 'position: fixed; pointer-events: none; z-index: 9';
    document.body.append(arrow);
    addEventListener('pointermove', ({ clientX, clientY }) => {
        arrow.style.left = `${clientX}px`;
        arrow.style.top = `${clientY}px`;
    }, true);
}"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def frames(tab: Page) -> list[Image.Image]:
    """The views of a stage, once for every place of a hand that takes the start away and back to where it was."""
    box = stage_in(tab).locator(".gd-views").bounding_box()
    assert box is not None
    tab.evaluate(MOUSE)
    x, y = RACE.resolved_objective.start
    taken = []
    for frame in range(FRAMES):
        turn = 2 * math.pi * frame / FRAMES
        place = [x + ACROSS * (1 - math.cos(turn)) / 2, y - DOWN * math.sin(turn) ** 2]
        tab.mouse.move(*tab.evaluate(SPOT, place))
        if frame == 0:
            tab.mouse.down()
        tab.evaluate(TWO_FRAMES)
        taken.append(Image.open(io.BytesIO(tab.screenshot(clip=box))).convert("RGB"))
    return taken


def write(taken: list[Image.Image]) -> None:
    """Writes the moving picture."""
    size = (WIDTH, round(WIDTH * taken[0].height / taken[0].width))
    small = [one.resize(size, Image.Resampling.LANCZOS) for one in taken]
    # One palette for all, so that what stands still has the same colours in every frame.
    palette = small[0].quantize(128)
    first, *others = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in small]
    first.save(MOVING, save_all=True, append_images=others, duration=SHOWN, loop=0, optimize=True)


def main() -> None:
    """Serves the app and takes both pictures of it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "log.txt") as (url, _),
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        tab = browser.new_page(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
        tab.goto(f"{url}/{OPTIMIZERS.path}?{urlencode(BASINS)}")
        at_rest(tab).screenshot(path=STILL)
        tab.goto(f"{url}/{OPTIMIZERS.path}")
        write(frames(at_rest(tab)))
        browser.close()
    for picture in (MOVING, STILL):
        print(f"{picture.name}: {picture.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
