"""The look every figure shares: the colours of the two themes, quiet axes, how numbers are written."""

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.formula.words import digits

Array = npt.NDArray[np.float64]

CLEAR = "rgba(0,0,0,0)"
TEXT_SIZE = 13
SMALL_SIZE = 12
# Tints of areas, to be laid half transparent over a landscape: Paul Tol's light scheme, told apart with every kind of
# sight.
BASINS = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#44BB99", "#BBCC33", "#99DDFF", "#AAAA00")
# As many of the ten colours leave even the rim quiet behind the trails.
_COLORS = 8


@dataclass(frozen=True)
class Look:
    """The colours of one theme.

    ``background``, ``text`` and ``landscape`` (ten colours, from the bottom of a valley to its rim) repeat
    ``.streamlit/config.toml``, which only Streamlit can read; a test compares them. ``quiet`` is for axis numbers and
    titles, ``line`` for contour lines and ``ridge`` for those on a surface, where Plotly ignores transparency.
    ``background`` is never painted as one: it outlines marks; ``veil``, nearly the same, lies behind labels.
    """

    name: str
    background: str
    veil: str
    text: str
    quiet: str
    grid: str
    line: str
    ridge: str
    landscape: tuple[str, ...]

    @property
    def colorscale(self) -> list[list[Any]]:
        """``landscape`` as Plotly wants it, evenly spaced from 0 to 1, without its strongest colours."""
        return [[index / (_COLORS - 1), color] for index, color in enumerate(self.landscape[:_COLORS])]


LIGHT = Look(
    name="light",
    background="#FBFAF6",
    veil="rgba(251,250,246,0.78)",
    text="#12151C",
    quiet="#5F646E",
    grid="#E3E0D7",
    line="rgba(70,92,115,0.34)",
    ridge="#8C9FB1",
    landscape=(
        *("#F5F6F6", "#E8ECEE", "#DAE1E6", "#CCD6DD", "#BDCAD4"),
        *("#AEBDCA", "#9EB0BF", "#8EA2B3", "#7D93A6", "#6C8398"),
    ),
)
DARK = Look(
    name="dark",
    background="#0E131F",
    veil="rgba(14,19,31,0.72)",
    text="#E4E6EC",
    quiet="#9AA3B5",
    grid="#263045",
    line="rgba(160,182,208,0.26)",
    ridge="#5B6C82",
    landscape=(
        *("#131A28", "#1A2333", "#222D3F", "#2A374B", "#334258"),
        *("#3D4E65", "#485A72", "#53677F", "#5F748D", "#6C829B"),
    ),
)


def luminance(color: str) -> float:
    """The relative luminance of ``color``, "#rrggbb", from 0 for black to 1 for white (WCAG 2.2)."""
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=256)
def readable(color: str, background: str, ratio: float) -> str:
    """``color``, made darker or lighter until its contrast to ``background`` is at least ``ratio``."""
    towards = 0.0 if luminance(background) > 0.5 else 1.0
    hue, lightness, saturation = rgb_to_hls(*(int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)))
    made = color
    for step in range(1, 101):
        if contrast(made, background) >= ratio:
            break
        moved = hls_to_rgb(hue, lightness + (towards - lightness) * step / 100, saturation)
        made = "#" + "".join(f"{round(255 * share):02X}" for share in moved)
    return made


def layout(look: Look, uirevision: str, **more: Any) -> dict[str, Any]:
    """The layout every figure starts from, with ``more`` added.

    Zoom, camera and hidden trails are kept as long as ``uirevision`` stays the same. The empty template keeps out
    Plotly's default one, which ``import streamlit`` replaces with placeholder colours. The font family is left open,
    for the page to set.
    """
    return {
        "template": {},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"color": look.text, "size": TEXT_SIZE},
        "margin": {"l": 52, "r": 14, "t": 14, "b": 46},
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": look.background,
            "bordercolor": look.grid,
            "font": {"color": look.text, "size": SMALL_SIZE},
            "align": "left",
        },
        "showlegend": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.01,
            "xanchor": "left",
            "yanchor": "bottom",
            "bgcolor": CLEAR,
            "font": {"size": SMALL_SIZE},
            "itemsizing": "constant",
        },
        "uirevision": uirevision,
        **more,
    }


def axis(look: Look, title: str, limits: tuple[float, float], **more: Any) -> dict[str, Any]:
    """An axis over exactly ``limits``; never Plotly's own range, which a diverged path would blow up."""
    return {
        "title": {"text": title, "font": {"color": look.quiet, "size": TEXT_SIZE}, "standoff": 8},
        "range": list(limits),
        # Plotly writes the powers of a log axis a quarter larger.
        "tickfont": {"color": look.quiet, "size": SMALL_SIZE / (1.25 if more.get("type") == "log" else 1)},
        "gridcolor": look.grid,
        "linecolor": look.grid,
        "zeroline": False,
        "exponentformat": "power",
        # Under the pointer too, a coordinate has Plotly's true minus.
        "hoverformat": ".4~g",
        **more,
    }


def note(text: str, x: float, y: float | str, color: str, weight: int = 400, **more: Any) -> dict[str, Any]:
    """A small text at ``x``, ``y``, with ``more`` added."""
    font = {"color": color, "size": SMALL_SIZE, "weight": weight}
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": font, **more}


def faded(color: str, share: float) -> str:
    """``color`` that covers only ``share`` of what is behind it, from 0 to 1."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def written(values: npt.ArrayLike) -> list[Any]:
    """``values`` as texts write numbers, in lists of their shape: under the pointer Plotly would write 3.2e-5."""
    texts: list[Any] = np.asarray(np.frompyfunc(digits, 1, 1)(values)).tolist()
    return texts


def compact(values: Array) -> npt.NDArray[np.floating[Any]]:
    """``values`` as float32, which halves what is sent, unless some are beyond its range. ±inf becomes nan."""
    finite = np.where(np.isfinite(values), values, np.nan)
    size = np.abs(finite[finite != 0])
    beyond = (size > 1e37) | (size < 1e-37)
    return finite if beyond.any() else finite.astype(np.float32)
