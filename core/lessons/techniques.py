"""The sections of the Techniques page, in its order: what each technique is for, a small picture, its experiments."""

from dataclasses import replace
from functools import partial

import numpy as np

from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.optimizers.declaration import BLUE, ORANGE
from core.engine.findings import Plot, Series
from core.engine.run import Run
from core.engine.trace import trace
from core.evidence.experiments.measure import curve
from core.evidence.experiments.normalisation import HE, trained
from core.export.snippets import code_file
from core.formula.rule_latex import Line, aligned, step_lines
from core.formula.words import counted, digits
from core.lessons import demos, flat_walk
from core.lessons.sections import Section, picture_of
from core.lessons.state_memory import DEFAULT, GIGA, Precision, memories
from core.lessons.two_features import SETTINGS, Bowl
from core.problems.network.perceptron import Norm


def _scaling() -> Plot:
    """The way of gradient descent on two features, as they are and standardised, and the contour it begins on."""
    ratio, _ = SETTINGS
    cases = {"as they are": (Bowl(ratio.default, 0.0), BLUE), "standardised": (Bowl(1.0, 0.0), ORANGE)}
    ways, contours = [], []
    for name, (bowl, color) in cases.items():
        path = bowl.descent(20)
        ways.append(Series(name, path.x[:, 0], path.x[:, 1], color, mode="lines+markers"))
        around = bowl.contour(float(path.loss[0]))
        contours.append(Series("", around[0], around[1], color, "dot"))
    return Plot("first weight", "second weight", (*ways, *contours))


_RATES = np.geomspace(0.03, 3, 5)
_STEPS, _LAST, _DEPTH = 100, 20, 8


def _batch_norm() -> Plot:
    """The loss of a deep network after a hundred steps at five learning rates, with and without BatchNorm."""
    series = []
    with np.errstate(all="ignore"):
        for name, norm, color in (("without", Norm.NONE, BLUE), ("with BatchNorm", Norm.BATCH, ORANGE)):
            losses, _ = trained(_RATES, _STEPS, _DEPTH, norm, HE, 0)
            series.append(Series(name, _RATES, losses[-_LAST:].mean(axis=0), color, mode="lines+markers"))
    return Plot("learning rate", f"loss after {counted(_STEPS)}", tuple(series), log_x=True)


_PEAK, _RISE, _WARMUP_STEPS = 0.5, 50.0, 200
# What explodes is drawn up to here, so that the rest is not squeezed flat.
_HIGHEST = 1e8


def _warmup() -> Plot:
    """The loss on a quartic at a rate that only a slow start survives."""
    cases = {"none": ("constant", {}, BLUE), "50 steps": ("warmup_linear", {"warmup": _RISE, "start": 0.001}, ORANGE)}
    series = []
    for name, (schedule, hypers, color) in cases.items():
        path = trace(Run("x**4/4", "sgd", (5.0,), _WARMUP_STEPS, {"lr": _PEAK}, schedule, hypers))
        series.append(_below(curve(name, path.loss, color=color), _HIGHEST))
    return Plot("step", "loss", tuple(series), log_y=True)


def _formats() -> Plot:
    """Which share of a gradient is left when it is stored in 16 bits."""
    names = {"float16": "float16", "bfloat16": "bfloat16"}
    return replace(picture_of("X65", "stored / true", names), marks=())


def _memory() -> Plot:
    """Memory for a model of the size that the page opens with, for rules that keep 0, 1 and 2 numbers a weight."""
    chosen = ("sgd", "momentum", "adamw")
    sizes = {one.optimizer.key: one for one in memories(DEFAULT * GIGA, Precision.FLOAT32)}
    series = tuple(
        Series(
            OPTIMIZERS[key].name.replace("Gradient descent", "none"),
            np.array([0.0, sizes[key].total]),
            np.full(2, float(OPTIMIZERS[key].parsed.numbers_per_weight)),
            OPTIMIZERS[key].color,
            mode="lines+markers",
        )
        for key in chosen
    )
    return Plot(f"GB for {digits(DEFAULT)} billion weights", "numbers kept", series)


# Beyond this loss, which is that of the start, a rate is of no use.
_POOREST = 5.0


def _averaging() -> Plot:
    """The expected loss against the learning rate for a constant rate, a falling one, and Schedule-Free."""
    names = {"constant rate": "fixed", "linear decay": "falling", "Schedule-Free": "Schedule-Free"}
    picture = picture_of("X71", "expected loss", names)
    return replace(picture, series=tuple(_below(series, _POOREST) for series in picture.series))


def _below(series: Series, most: float) -> Series:
    kept = series.y <= most
    return replace(series, x=series.x[kept], y=series.y[kept])


def _rule(key: str, *names: str) -> str:
    """The lines of a shipped rule, or those of them that begin with one of ``names`` in LaTeX."""
    return aligned([line for line in step_lines(OPTIMIZERS[key].parsed) if line.left.startswith(names or "")])


# What a technique acts on, in the order to read of them.
_GRADIENT = "What acts on the gradient"
_STEP = "What acts on the step, and what that keeps"
_DATA = "What acts on the data, the layers and the first weights"

TECHNIQUES = (
    Section(
        key="clipping",
        title="Gradient clipping",
        chip="Clipping",
        group=_GRADIENT,
        demos=(demos.CLIPPING,),
        introduction="A limit c on the gradient saves a run from one enormous step. Clipping by norm shortens the "
        "gradient, clipping by value also turns it, and neither helps a gradient that has vanished.",
        preview=partial(
            picture_of,
            "X49",
            "second entry",
            {"gradient": "gradient", "clipped by norm": "by norm", "clipped by value": "by value"},
        ),
        alt="A gradient as an arrow, the same shortened by its norm, and the same turned by clipping its entries",
        formula=aligned(
            [
                Line(r"\text{by norm}\quad g", r"g \cdot \min\left(1,\ \frac{c}{\lVert g \rVert}\right)"),
                Line(r"\text{by value}\quad g_j", r"\min(\max(g_j,\ -c),\ c)"),
            ]
        ).replace("&=", r"&\leftarrow"),
        experiments=("X48", "X49"),
        code=code_file("techniques/clipping.py"),
    ),
    Section(
        key="nesterov",
        title="Nesterov's look-ahead",
        chip="Nesterov",
        group=_GRADIENT,
        demos=(demos.LOOK_AHEAD,),
        introduction="The gradient is taken where momentum is about to carry the point. That overshoots less, at the "
        "price of a smaller range of stable learning rates.",
        preview=partial(picture_of, "X24", "position", {"Momentum": "Momentum", "Nesterov": "Nesterov"}),
        alt="Position against the step on a parabola: Nesterov's method overshoots the minimum less than momentum",
        formula=_rule("nesterov"),
        experiments=("X20", "X21", "X24"),
        code=code_file("techniques/nesterov.py"),
    ),
    Section(
        key="sam",
        title="Sharpness-aware minimisation",
        chip="SAM",
        group=_GRADIENT,
        demos=(flat_walk.WALKS,),
        introduction="SAM takes the gradient at a point a little uphill, and so moves, among equally low minima, to "
        "the flat ones. Each step costs two gradients. A demonstration in one variable shows nothing of "
        "this.",
        preview=flat_walk.preview,
        alt="Sharpness against the step in a valley of equal minima: unchanged by gradient descent, lowered by SAM",
        formula=_rule("sam"),
        experiments=("X57",),
    ),
    Section(
        key="accumulation",
        title="Gradient accumulation",
        chip="Accumulation",
        group=_GRADIENT,
        introduction="Several small batches, one step: the mean of their gradients is the gradient of one large "
        "batch, provided that every part is weighted by its share of the items and no layer looks at "
        "the batch as a whole.",
        preview=partial(
            picture_of,
            "X47",
            "relative error",
            {"BatchNorm, weighted by items": "BatchNorm", "weighted by items": "no BatchNorm"},
        ),
        alt="Relative error of a gathered gradient against the items in a part: rounding, but large with BatchNorm",
        formula=aligned(
            [
                Line(r"\text{any parts}\quad g", r"\sum_{k=1}^{N} \frac{n_k}{n}\,g_k"),
                Line(r"\text{equal parts}\quad g", r"\frac{1}{N} \sum_{k=1}^{N} g_k"),
            ]
        ),
        experiments=("X47",),
        code=code_file("techniques/accumulation.py"),
    ),
    Section(
        key="formats",
        title="Number formats and loss scaling",
        chip="Number formats",
        group=_GRADIENT,
        introduction="float16 loses small gradients unless the loss is multiplied by a scale S first; bfloat16 keeps "
        "their size, with fewer digits. A scaled gradient must be divided by S again before it is "
        "clipped.",
        preview=_formats,
        alt="Share of a gradient that is left when it is stored: float16 loses what is small, bfloat16 does not",
        formula=r"g = \frac{1}{S}\,\nabla\left(S\,J\right)",
        experiments=("X65",),
        code=code_file("techniques/formats.py"),
    ),
    Section(
        key="correction",
        title="Bias correction",
        chip="Bias correction",
        group=_STEP,
        demos=(demos.CORRECTION,),
        introduction="Adam's averages start at zero and are too small at first. Without the correction the first "
        "steps are too long, not too short, because the average that divides the step starts even "
        "further below its true value than the other.",
        preview=partial(picture_of, "X30", "step / rate", {"no bias correction": "uncorrected", "Adam": "Adam"}),
        alt="Step length against the step: up to 6.6 learning rates without bias correction, always one with it",
        formula=_rule("adam", r"\hat"),
        experiments=("X30", "X31"),
        code=code_file("techniques/correction.py"),
    ),
    Section(
        key="warmup",
        title="Warm-up",
        chip="Warm-up",
        group=_STEP,
        demos=(demos.WARMUP,),
        introduction="If the rate rises over the first w steps, the run reaches a flatter place before the large "
        "steps come, so a larger peak rate can be used. Where the curvature is the same everywhere, "
        "warm-up does not move the limit.",
        preview=_warmup,
        alt="Loss against the step on a quartic at rate 0.5: it explodes at once, and falls with a warm-up of 50 steps",
        formula=r"\alpha_t = \alpha\,\min\left(1,\ \frac{t}{w}\right)",
        experiments=("X62",),
        code=code_file("techniques/warmup.py"),
    ),
    Section(
        key="decay",
        title="Weight decay and AdamW",
        chip="Weight decay",
        group=_STEP,
        demos=(demos.DECAY,),
        introduction="Weight decay shrinks the weights directly; an L2 penalty adds λ times the weights to the "
        "gradient. For gradient descent the two are the same. For Adam they are not, because it divides "
        "the penalty by the size of recent gradients.",
        preview=partial(picture_of, "X35", "weight", {"AdamW": "AdamW", "Adam + L2": "Adam + L2"}),
        alt="A weight without a gradient against the step: AdamW shrinks it by a fixed share, Adam with L2 far faster",
        formula=aligned(
            [
                Line(r"\text{L2}\quad g_t", r"\nabla f(\theta_{t-1}) + \lambda\,\theta_{t-1}"),
                Line(
                    r"\text{AdamW}\quad \theta_t",
                    r"(1 - \alpha\lambda)\,\theta_{t-1} - \frac{\alpha\,\hat m_t}{\sqrt{\hat v_t} + \epsilon}",
                ),
            ]
        ),
        experiments=("X35", "X36", "X37", "X61"),
        code=code_file("techniques/decay.py"),
    ),
    Section(
        key="averaging",
        title="Averaging in place of a schedule",
        chip="Averaging",
        group=_STEP,
        demos=(demos.AVERAGING,),
        introduction="Schedule-Free reports the average of the points it visits, which reduces the noise without a "
        "rate that has to be low by a given step. On the noisy bowl here, at its usual beta of 0.9, it "
        "beats a fixed rate and loses to a falling one; at 0, as a plain average, it beats both.",
        preview=_averaging,
        alt="Expected loss against the learning rate for a constant rate, a falling one, and Schedule-Free",
        formula=_rule("schedule_free"),
        experiments=("X71",),
        code=code_file("techniques/averaging.py"),
    ),
    Section(
        key="memory",
        title="What an optimizer remembers",
        chip="Memory",
        group=_STEP,
        introduction="Adam keeps two numbers for each weight, momentum and Lion one, gradient descent none. Storing "
        "weights in 16 bits beside a 32-bit copy leaves the total memory unchanged.",
        preview=_memory,
        alt="Memory for a model of seven billion weights against the numbers kept for each: from 56 to 112 gigabytes",
        experiments=("X38",),
        code=code_file("techniques/memory.py"),
    ),
    Section(
        key="scaling",
        title="Feature scaling",
        chip="Feature scaling",
        group=_DATA,
        introduction="Features in different units turn the loss into a long valley, in which the best rate for one "
        "weight is too large or too small for another. Dividing each feature by its spread cures that, "
        "but it does not help with features that say nearly the same.",
        preview=_scaling,
        alt="Loss against the step on two features, one four times as spread: slow as they are, fast standardised",
        formula=r"\hat x = \frac{x - \mu}{\sigma}",
        experiments=("X44",),
        code=code_file("techniques/scaling.py"),
    ),
    Section(
        key="batch_norm",
        title="Batch normalisation",
        chip="Batch norm",
        group=_DATA,
        introduction="Normalising each unit over the batch lets a deep network train at rates that would otherwise "
        "destroy it. Why it does so is disputed: it helps even where the inputs of each layer are "
        "deliberately disturbed.",
        preview=_batch_norm,
        alt="Loss of a deep network against the learning rate: with BatchNorm it learns at larger rates",
        formula=aligned(
            [
                Line(r"\mu", r"\frac{1}{B} \sum_{i} x_i"),
                Line(r"\sigma^2", r"\frac{1}{B} \sum_{i} (x_i - \mu)^2"),
                Line("y_i", r"\gamma\,\frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta"),
            ]
        ),
        experiments=("X45", "X46"),
        code=code_file("techniques/batch_norm.py"),
    ),
    Section(
        key="initialisation",
        title="Initialisation",
        chip="Initialisation",
        group=_DATA,
        introduction="Weights start at random, so that units can become different, and with a variance that keeps "
        "values the same size from layer to layer. The right variance depends on the activation "
        "function.",
        preview=partial(picture_of, "X08", "size of values", {"Xavier": "Xavier", "He": "He"}, {"width": 64}),
        alt="Size of the values behind each of thirty ReLU layers: kept by He's variance, lost by Xavier's",
        formula=aligned(
            [
                Line(r"\text{Xavier}\quad \operatorname{Var} w", r"\frac{2}{n_\text{in} + n_\text{out}}"),
                Line(r"\text{He}\quad \operatorname{Var} w", r"\frac{2}{n_\text{in}}"),
            ]
        ),
        experiments=("X07", "X08"),
        code=code_file("techniques/initialisation.py"),
    ),
)
