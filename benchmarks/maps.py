"""Maps in Chromium: how long a whole one takes, how soon its first rows come, how often a second one follows a hand.

python -m benchmarks.maps [--json]
"""

import json
import statistics
from typing import Any

import numpy as np
from playwright.sync_api import Page

from benchmarks.measure import Result, report, seconds
from benchmarks.stage import open_browser
from core import Run, trace_many
from core.engine.arrival import known_minima
from core.engine.live import live
from core.engine.maps import map_script
from ui.stage.modules import bundle

SIDE = 200
RUN = Run("rosenbrock", "adam", (-1.5, 2.0), 500, {"lr": 0.05})
# Milliseconds for which a hand turns a dial, and the goals.
HELD = 3000
FIRST, COLD, FOLLOWING = 50, 150, 20

# Makes a mapper; `whole` is the milliseconds until the first rows of a map and those that the fine one takes, and
# `following` the maps a second while what is asked for changes with every frame.
MEASURE = """({ id, source, columns, numbers, known, ranges, held }) => {
    const mapper = new maps.Mapper();
    const read = arrival.reader(known, columns);
    const ask = (lr) => ({
        key: String(lr), place: '', id, source, numbers: Float64Array.from(numbers, (one, at) => (at === 3 ? lr : one)),
        normals: new Float64Array(0), recorded: columns.length, read, blank: arrival.NOWHERE,
        axes: ranges.map((range, axis) => ({ index: numbers.length - 2 + axis, range })),
    });
    const frame = () => new Promise(requestAnimationFrame);
    window.whole = async (lr) => {
        const begun = performance.now();
        let first;
        do {
            mapper.follow(ask(lr), false);
            await new Promise((done) => setTimeout(done));
            if (mapper.sheet.lacking < mapper.sheet.side) first ??= performance.now() - begun;
        } while (!mapper.complete);
        return [first, performance.now() - mapper.begun];
    };
    window.following = async () => {
        const begun = performance.now();
        let count = 0;
        let sheet;
        for (let lr = 0.02; performance.now() - begun < held; lr += 1e-5) {
            mapper.follow(ask(lr), true);
            if (mapper.sheet !== sheet) count++;
            sheet = mapper.sheet;
            await frame();
        }
        return (1000 * count) / (performance.now() - begun);
    };
}"""


def _given() -> dict[str, Any]:
    numbers = [*live(RUN).numbers, *RUN.start]
    script = map_script(RUN, len(numbers) - 2)
    known, domain = known_minima(RUN.resolved_objective), RUN.resolved_objective.domain
    return {
        "id": script.id,
        "source": script.source,
        "columns": script.columns,
        "numbers": numbers,
        "known": json.loads(json.dumps(vars(known))),
        "ranges": domain,
        "held": HELD,
    }


def mapped(tab: Page) -> list[Result]:
    """A whole map against the same runs in Python, its first rows, and the maps that follow a hand."""
    sides = [low + (high - low) * (np.arange(SIDE) + 0.5) / SIDE for low, high in RUN.resolved_objective.domain]
    starts = np.stack(np.meshgrid(*sides)).reshape(2, -1)
    python = seconds(lambda: trace_many(RUN, starts), repeats=3)
    tab.evaluate(MEASURE, _given())
    # The first maps are compiled; the very first waits for its workers as well.
    cold, *_ = tab.evaluate("whole(0.05)")
    for rate in (0.051, 0.052, 0.053):
        tab.evaluate("whole", rate)
    firsts, wholes = zip(*(tab.evaluate("whole", 0.06 + 1e-3 * turn) for turn in range(5)), strict=True)
    ours, first = min(wholes) / 1000, statistics.median(firsts)
    rate = float(tab.evaluate("following()"))
    name = f"{SIDE}×{SIDE} starts, Adam on Rosenbrock, {RUN.steps} steps"
    return [
        Result(f"{name}; trace_many", ours, python, ours / python, "at most 2", "times", ours <= 2 * python),
        *(
            Result(
                f"{name}: {what}", taken / 1000, None, taken / goal, f"at most {goal} ms", "of the goal", taken <= goal
            )
            for what, taken, goal in (("first rows", first, FIRST), ("first rows, new workers", cold, COLD))
        ),
        Result(
            "50×50 maps that follow a dial", 1 / rate, None, rate, f"at least {FOLLOWING}", "maps/s", rate >= FOLLOWING
        ),
    ]


if __name__ == "__main__":
    with open_browser() as browser:
        tab = browser.new_page()
        tab.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        tab.goto("http://127.0.0.1/")
        tab.evaluate(f"() => {{ {bundle('maps', 'arrival')} Object.assign(window, {{ maps, arrival }}); }}")
        report(mapped(tab))
