"""Handouts: for each page of the course one sheet with its picture, its formula and three things often said of it."""

from dataclasses import dataclass

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.optimizers.declaration import Optimizer
from core.formula.rule_latex import step_lines


@dataclass(frozen=True)
class Handout:
    """A sheet for the page at the path ``page``: its ``formula`` in LaTeX, and the keys of three ``predictions``.

    The picture is that of the page's card, and what is asked about are the beliefs that the predictions catch.
    """

    page: str
    formula: str
    predictions: tuple[str, str, str]


def _in_pairs(optimizer: Optimizer) -> str:
    """The lines of a rule, two beside each other, so that they leave room on the sheet."""
    lines = [f"{left} &= {right}" for left, right in step_lines(optimizer.parsed)]
    rows = r" \\ ".join(r" &\quad ".join(lines[place : place + 2]) for place in range(0, len(lines), 2))
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


HANDOUTS = (
    Handout(
        "foundations",
        r"\theta_t = \theta_{t-1} - \alpha\, f'(\theta_{t-1})",
        ("step_length", "fate", "valley"),
    ),
    Handout(
        "update_rule",
        r"w_t = w_{t-1} - \alpha\,\frac{\partial J}{\partial w}, \quad "
        r"b_t = b_{t-1} - \alpha\,\frac{\partial J}{\partial b}",
        ("slope_way", "rate_settles", "nearest_weight"),
    ),
    Handout(
        "learning_rate",
        r"0 < \alpha < \frac{2}{L}, \qquad L \text{ the largest curvature}",
        ("half_rate", "tenth_more", "places"),
    ),
    Handout(
        "variants",
        r"\theta_t = \theta_{t-1} - \frac{\alpha}{B} \sum_{i \in \mathcal B_t} \nabla J_i(\theta_{t-1})",
        ("lowest_batch", "one_epoch", "rises"),
    ),
    Handout(
        "optimizers",
        _in_pairs(OPTIMIZERS["adam"]),
        ("winner", "longest_way", "every_step"),
    ),
    Handout(
        "techniques",
        r"g \leftarrow g \cdot \min\left(1,\ \frac{c}{\lVert g \rVert}\right)",
        ("clipped", "look_ahead", "decayed"),
    ),
    Handout(
        "pitfalls",
        r"\nabla f(\theta) = 0 \quad\text{and}\quad \lambda_{\min} < 0 < \lambda_{\max} \quad\text{at a saddle}",
        ("swings", "layers", "leaves_saddle"),
    ),
)
"""One sheet for each page of the course, in its order."""
