"""What each rule needs in memory, as stacked bars."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.catalogue.optimizers.declaration import BLUE, CYAN, ORANGE, TEAL
from core.figures.look import Look, axis, layout, note
from core.formula.words import digits
from core.lessons.state_memory import Memory

# Pixels for each bar, and for the axis and the legend.
_BAR, _REST = 22, 86
_COLORS = {"weights": BLUE, "gradients": CYAN, "float32 copy": TEAL, "state of the rule": ORANGE}


def memory_bars(memories: Sequence[Memory], look: Look) -> go.Figure:
    """A bar for each of ``memories``, in gigabytes, the last on top, with its total at its end."""
    names = [memory.optimizer.name for memory in memories]
    most = max(memory.total for memory in memories)
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "y": names,
            "x": [memory.parts[part] for memory in memories],
            "marker": {"color": _COLORS[part]},
            "hoverinfo": "text",
            "hovertext": [f"{memory.optimizer.name}<br>{part}: {digits(memory.parts[part])} GB" for memory in memories],
        }
        for part in memories[0].parts
    ]
    totals = [
        note(digits(memory.total), memory.total, memory.optimizer.name, look.text, xanchor="left", xshift=4)
        for memory in memories
    ]
    return go.Figure(
        {
            "data": data,
            "layout": layout(
                look,
                "memory",
                barmode="stack",
                bargap=0.3,
                height=_BAR * len(memories) + _REST,
                # A seventh more than the longest bar: room for its total.
                xaxis=axis(look, "GB, without activations", (0, most * 8 / 7)),
                yaxis=axis(look, "", (-0.5, len(memories) - 0.5), showgrid=False, automargin=True),
                margin={"l": 8, "r": 8, "t": 30, "b": 46},
                showlegend=True,
                legend_traceorder="normal",
                annotations=totals,
            ),
        }
    )
