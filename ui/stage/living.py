"""A race as one file that works without a server: the stage with its programs, and in words what it shows."""

import base64
import gzip
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from core.catalogue.objectives import VARIABLES, Objective
from core.catalogue.racers import Racer
from core.engine.run import Run
from core.engine.status import point_text
from core.engine.summary import Race
from core.figures import DARK, LIGHT, Look
from core.formula.words import digits, listed
from ui.navigation import PRODUCT
from ui.stage.modules import bundle
from ui.stage.payload import Dials, Kind, packed, stage_payload

_STYLE = Path(__file__).with_name("stage.css")
_HEIGHT = 440
# What can be drawn without Plotly, by the number of variables.
_KINDS: Mapping[int, tuple[Kind, ...]] = {1: ("curve", "loss"), 2: ("plane", "loss")}
# What else the guide shows.
_MORE: Mapping[int, str] = {1: "each step in numbers", 2: "each step in numbers and the landscape in 3-D"}
# The colours of Streamlit's that a stage is styled with, by their names in its themes.
_COLORS: Mapping[str, str] = {
    "primary-color": "primaryColor",
    "background-color": "backgroundColor",
    "secondary-background-color": "secondaryBackgroundColor",
    "text-color": "textColor",
    "border-color": "borderColor",
}
# Whatever the page would ask for, the browser refuses. The programs of runs come from the page itself.
_POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'"
_PAGE_STYLE = """
* { box-sizing: border-box; }
:root { --st-font: system-ui, sans-serif; --st-base-radius: 0.25rem; color-scheme: light dark; }
body { max-width: 76rem; margin: 0 auto; padding: 0.5rem 1rem 2rem; font-family: var(--st-font); line-height: 1.5;
  color: var(--st-text-color); background: var(--st-background-color); }
h1 { margin: 0.5rem 0 0; font: 600 1.5rem Georgia, serif; }
h2 { margin: 1.5rem 0 0.25rem; font: 600 1.125rem Georgia, serif; }
p, ul { margin: 0.25rem 0 0.75rem; max-width: 68ch; }
code, pre, .link { font-size: 0.875rem; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { margin: 0.25rem 0 0.75rem; }
.gd-plot .svg-container { position: relative; }
"""


def living_html(objective: Objective, race: Race, dials: Dials, link: str) -> str:
    """``race`` on ``objective`` as a page that asks no other machine for anything, with ``dials`` to turn.

    What a hand sets there stays until the page is loaded again. ``link`` leads to the race in the guide.
    """
    names = listed([racer.name for racer, _ in race])
    label = f"{names} on {objective.name}"
    formula = f"f({', '.join(VARIABLES[: objective.dimension])}) = {objective.formula}"
    kinds = _KINDS[objective.dimension]
    payload = stage_payload(objective, race, kinds, _HEIGHT, label, dials=dials, alone=link)
    told = {"id": "race", "first": True, "look_for": ""}
    parts = [
        *(packed({"part": "ground", "id": ground.id, "figure": ground.figure}, b"") for ground in payload.grounds),
        packed({"part": "programs", "sources": dict(payload.programs)}, b""),
        *([packed({"part": "normals", "id": noise.id}, noise.numbers)] if (noise := payload.noise) else []),
        packed(payload.data | told, payload.numbers),
    ]
    run = race[0][1].run
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{escape(label)}</title>",
            f"<style>{_style()}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(label)}</h1>",
            f"<p><code>{escape(formula)}</code></p>",
            '<main id="stage"><p>The picture needs JavaScript, and a browser not older than 2023.</p></main>',
            "<h2>What runs here</h2>",
            f"<p>{escape(_shared(run))} These settings were saved:</p>",
            "<ul>",
            *(f"<li><b>{escape(racer.name)}</b>: {escape(_settings(path.run))}</li>" for racer, path in race),
            "</ul>",
            *(_rule(racer) for racer in {racer.optimizer.rule: racer for racer, _ in race}.values()),
            "<p>Drag the start, or turn the dials: your browser takes the steps itself, and the numbers are its own. "
            "They equal those of the guide up to rounding, which a run that jumps about makes larger at each step. "
            "Load the page again to have everything as it was saved.</p>",
            f"<p>Made by {escape(PRODUCT)}, which also shows {_MORE[objective.dimension]} and lets you choose other "
            "rules, schedules and functions.</p>",
            *([f'<p class="link">The race as it was saved: {escape(link)}</p>'] if link else []),
            *(f'<script type="application/gzip">{_compressed(part)}</script>' for part in parts),
            f"<script>{_script()}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _shared(run: Run) -> str:
    """What all racers have in common, in words."""
    noise = f", with noise of {digits(run.noise)} on every gradient" if run.noise else ""
    clip = f", gradients longer than {digits(run.clip_norm)} scaled down to that" if run.clip_norm else ""
    return f"Everyone starts at {point_text(run.start)}{noise}{clip}."


def _settings(run: Run) -> str:
    """What ``run`` is set to, in words."""
    schedule = run.resolved_schedule
    followed = run.schedule != "constant"
    return ", ".join(
        [
            *(f"{hyper.words.lower()} {digits(run.settings[hyper.name])}" for hyper in run.resolved_optimizer.hypers),
            *([f"schedule {schedule.name}"] if followed else []),
            *(f"{hyper.words.lower()} {digits(run.schedule_settings[hyper.name])}" for hyper in schedule.hypers),
            f"{digits(run.steps)} steps",
        ]
    )


def _rule(racer: Racer) -> str:
    return f"<pre><b>{escape(racer.optimizer.name)}</b>\n{escape(racer.optimizer.rule.strip())}</pre>"


def _compressed(part: bytes) -> str:
    # Without the time, so that the same race makes the same file.
    return base64.b64encode(gzip.compress(part, mtime=0)).decode()


@lru_cache(maxsize=1)
def _script() -> str:
    return f'{bundle("living")}living.begin(document.getElementById("stage"));\n'


@lru_cache(maxsize=1)
def _style() -> str:
    return "\n".join(
        [
            f":root {{ {_variables(LIGHT)} }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}",
            _PAGE_STYLE,
            _STYLE.read_text(),
        ]
    )


def _variables(look: Look) -> str:
    """Streamlit's variables for a theme of the guide, which only Streamlit can read."""
    values: Mapping[str, Any] = {name: st.get_option(f"theme.{look.name}.{key}") for name, key in _COLORS.items()}
    return " ".join(f"--st-{name}: {value};" for name, value in values.items())
