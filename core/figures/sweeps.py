"""Sweeps and range tests of real trainings: losses over rules and rates, the band of the seeds, a curve with marks."""

from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.engine.findings import Mark, Plot, Series
from core.figures.look import SMALL_SIZE, Look, axis, compact, contrast, faded, layout, readable
from core.figures.plot import plot
from core.formula.words import counted, digits
from core.problems.training.range_test import RangeTest
from core.problems.training.sweep import Table

_BAND = 0.18
# The contrast of a number in its cell.
_CONTRAST = 4.5
_LOSS = "loss on the rows held back"


def sweep_figure(table: Table, look: Look) -> go.Figure:
    """A cell for each rule and learning rate with the median over the seeds, darker where it is lower.

    Under the number stands how many of the seeds diverged, if some did; a cell whose median diverged is empty of
    colour.
    """
    plan, (low, median, high) = table.sweep, table.spread
    rules, rates = [entry.name for entry in plan.optimizers], [digits(rate) for rate in plan.rates]
    finite = np.isfinite(median)
    heights = np.where(finite, np.log10(np.maximum(np.where(finite, median, 1.0), 1e-12)), np.nan)
    least, most = (float(np.nanmin(heights)), float(np.nanmax(heights))) if finite.any() else (0.0, 1.0)
    most = max(most, least + 0.1)
    colors = [*look.landscape[::-1]]
    lost = table.diverged.sum(axis=2)
    notes: list[dict[str, Any]] = []
    texts = []
    for row, column in np.ndindex(median.shape):
        failed = f"{lost[row, column]} of {len(plan.seeds)} diverged" if lost[row, column] else ""
        number = digits(median[row, column], ".3g") if finite[row, column] else ""
        texts.append(
            f"{rules[row]}, learning rate {rates[column]}<br>median {_number(median[row, column])}, from "
            f"{_number(low[row, column])} to {_number(high[row, column])}{'<br>' if failed else ''}{failed}"
        )
        share = (heights[row, column] - least) / (most - least) if finite[row, column] else 1.0
        ground = colors[round(float(share) * (len(colors) - 1))] if finite[row, column] else look.background
        inks = [readable(one, ground, _CONTRAST) for one in (look.text, look.background)]
        ink = max(inks, key=partial(contrast, ground))
        notes.append(
            {
                "text": "<br>".join(filter(None, [number, failed])),
                "x": column,
                "y": row,
                "showarrow": False,
                "font": {"size": SMALL_SIZE, "color": ink},
            }
        )
    cells = {
        "type": "heatmap",
        "x": list(range(len(rates))),
        "y": list(range(len(rules))),
        "z": compact(heights),
        "zmin": least,
        "zmax": most,
        "colorscale": [[place / (len(colors) - 1), color] for place, color in enumerate(colors)],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        # Empty cells answer to the pointer as well.
        "hoverongaps": True,
        "text": np.array(texts).reshape(median.shape).tolist(),
        "hovertemplate": "%{text}<extra></extra>",
    }
    return go.Figure(
        {
            "data": [cells],
            "layout": layout(
                look,
                f"sweep {rules} {rates}",
                xaxis=axis(look, "learning rate", (-0.5, len(rates) - 0.5), showgrid=False)
                | {"tickvals": list(range(len(rates))), "ticktext": rates},
                yaxis=axis(look, "", (len(rules) - 0.5, -0.5), showgrid=False)
                | {"tickvals": list(range(len(rules))), "ticktext": rules, "automargin": True},
                annotations=notes,
            ),
        }
    )


def bands_figure(table: Table, look: Look) -> go.Figure:
    """For each rule the median over the seeds against the learning rate, and the band from the lowest to the highest.

    A line ends where the median diverges, a band where a seed does.
    """
    plan, rates = table.sweep, np.array(table.sweep.rates)
    order = np.argsort(rates)
    series: list[Series] = []
    for entry, *rows in zip(plan.optimizers, *table.spread, strict=True):
        low, median, high = (np.where(np.isfinite(row), row, np.nan)[order] for row in rows)
        # Plotly would fill across the place where only one of them is.
        low = np.where(np.isfinite(high), low, np.nan)
        series += [
            Series("", rates[order], low, entry.color),
            Series("", rates[order], high, entry.color),
            Series(entry.name, rates[order], median, entry.color, entry.dash, "lines+markers"),
        ]
    title = f"{_LOSS}, {counted(len(plan.seeds), 'seed')}"
    drawn = plot(Plot("learning rate", title, tuple(series), log_x=True, log_y=True), look)
    for place, entry in enumerate(plan.optimizers):
        thin: dict[str, Any] = {"line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
        drawn.data[3 * place].update(thin)
        drawn.data[3 * place + 1].update(thin | {"fill": "tonexty", "fillcolor": faded(entry.color, _BAND)})
    return drawn


def range_figure(test: RangeTest, color: str, look: Look) -> go.Figure:
    """The losses of the steps as dots, smoothed as a line, and both suggestions as marks."""
    series = (
        Series("after each step", test.rates, test.losses, look.quiet, mode="markers"),
        Series("smoothed", test.rates, test.smoothed, color),
    )
    suggested = ((test.steepest, "steepest"), (test.tenth, "lowest / 10"))
    marks = [Mark("x", rate, f"{name}, {digits(rate)}") for rate, name in suggested if np.isfinite(rate)]
    drawn = plot(Plot("learning rate", "loss of the next batch", series, log_x=True, marks=tuple(marks)), look)
    drawn.data[0].update(marker={"size": 4, "opacity": 0.6})
    # One below the other where both are near each other.
    for place, label in enumerate(drawn.layout.annotations):
        label.y = 1 - 0.08 * place
    return drawn


def _number(value: Any) -> str:
    return digits(value) if np.isfinite(value) else "diverged"
