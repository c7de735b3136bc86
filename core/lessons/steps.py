"""The six steps of gradient descent told with the numbers of one worked example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.formula.latex import measured
from core.formula.words import apart, counted, digits
from core.problems.example import Example

# Points whose numbers are written out in a formula; with more of them only the first ones are.
_WRITTEN = 3
# So many steps are taken, unless asked otherwise, to tell what comes of repeating the first one.
REPEATED = 100


@dataclass(frozen=True)
class Stage:
    """One of the six steps: ``sentence`` says what happens with this example's numbers, ``latex`` does the arithmetic.

    ``symbols`` is the same in symbols, for any data. ``numbers`` are those it makes, by label, and ``points`` whether
    they are one for each point of the data.
    """

    key: str
    title: str
    sentence: str
    symbols: str
    latex: str
    numbers: Mapping[str, float]
    points: bool = False


def six_steps(example: Example, steps: int = REPEATED) -> tuple[Stage, ...]:
    """Initialise, predict, loss, gradient, update, repeat: one step of ``example`` from its start, then ``steps``.

    Raises ``ValueError`` for a number of steps a run does not take.
    """
    return (
        _initialise(example),
        _predict(example),
        _lose(example),
        _differentiate(example),
        _update(example),
        _repeat(example, steps),
    )


def _initialise(example: Example) -> Stage:
    w, b = example.w, example.b
    return Stage(
        key="initialise",
        title="Initialise",
        sentence=f"The line starts somewhere: with slope w = {digits(w)} and intercept b = {digits(b)}. The loss of a "
        "line is a bowl, so any start will do; a network needs a random one.",
        symbols=r"\hat y = w_0\,x + b_0",
        latex=rf"w_0 = {_tex(w)}, \quad b_0 = {_tex(b)}",
        numbers={"w": w, "b": b},
    )


def _predict(example: Example) -> Stage:
    done = example.step
    rows = [
        rf"\hat y_{{{row}}} = {_tex(example.w)} \cdot {_factor(x)} {_plus(example.b)} = {_tex(prediction)}"
        for row, (x, prediction) in enumerate(zip(example.x, done.predictions, strict=True), start=1)
    ]
    off = float(abs(done.residuals).max())
    return Stage(
        key="predict",
        title="Predict (forward pass)",
        sentence=f"The line gives a value at each of the {len(example.data)} points. The worst of "
        f"them is {digits(off)} away from its target.",
        symbols=r"\hat y_i = w\,x_i + b",
        latex=_first_rows(rows),
        numbers={f"ŷ {row}": float(value) for row, value in enumerate(done.predictions, start=1)},
        points=True,
    )


def _lose(example: Example) -> Stage:
    done, divisor = example.step, example.convention.divisor(len(example.data))
    total = _sum([rf"{_factor(value)}^2" for value in done.residuals])
    fraction = rf"\frac{{{total}}}{{{divisor}}}" if divisor > 1 else total
    return Stage(
        key="loss",
        title="Measure the loss",
        sentence=f"One number says how bad the line is: the {example.convention.label} of the residuals, prediction "
        f"minus target. It is {digits(done.loss)}.",
        symbols=rf"J = {_over('1', example)}\sum_i (\hat y_i - y_i)^2",
        latex=rf"J = {fraction} = {_tex(done.loss)}",
        numbers={f"residual {row}": float(value) for row, value in enumerate(done.residuals, start=1)}
        | {"loss": done.loss},
        points=True,
    )


def _differentiate(example: Example) -> Stage:
    done = example.step
    divisor = example.convention.divisor(len(example.data))
    # The 2 of the derivative stays visible, also where a half was chosen to cancel it.
    factor = rf"\frac{{2}}{{{divisor}}}" if divisor > 1 else "2"
    along_w = [rf"{_tex(r)} \cdot {_factor(x)}" for r, x in zip(done.residuals, example.x, strict=True)]
    along_b = [_tex(r) for r in done.residuals]
    falls = "up" if done.slope_w < 0 else "down"
    if done.slope_w == done.slope_b == 0:
        sentence = "Both slopes are 0: this line is already the best one, and no step will move it."
    elif done.slope_w == 0:
        sentence = f"The slope along w is 0 and along b {digits(done.slope_b)}: only b will move."
    else:
        sentence = (
            f"The slope is {digits(done.slope_w)} along w and {digits(done.slope_b)} along b. The loss falls in the "
            f"opposite direction, so w has to go {falls}."
        )
    return Stage(
        key="gradient",
        title="Find the gradient (backward pass)",
        sentence=f"From the loss back to the parameters. {sentence}",
        symbols=_rows(
            [
                rf"\frac{{\partial J}}{{\partial w}} = {_over('2', example)}\sum_i (\hat y_i - y_i)\,x_i",
                rf"\frac{{\partial J}}{{\partial b}} = {_over('2', example)}\sum_i (\hat y_i - y_i)",
            ]
        ),
        latex=_rows(
            [
                rf"\frac{{\partial J}}{{\partial w}} = {factor}\,\bigl({_sum(along_w)}\bigr)",
                rf"{{}} = {_tex(done.slope_w)}",
                rf"\frac{{\partial J}}{{\partial b}} = {factor}\,\bigl({_sum(along_b)}\bigr)",
                rf"{{}} = {_tex(done.slope_b)}",
            ]
        ),
        numbers={"∂J/∂w": done.slope_w, "∂J/∂b": done.slope_b},
    )


def _update(example: Example) -> Stage:
    done = example.step
    change = done.next_loss - done.loss
    way = "falls" if change < 0 else "rises" if change > 0 else "stays"
    moves = zip("wb", (example.w, example.b), (done.slope_w, done.slope_b), (done.next_w, done.next_b), strict=True)
    return Stage(
        key="update",
        title="Update",
        sentence=f"Each parameter moves against its slope, by lr = {digits(example.lr)} times that slope. "
        f"The loss {way}"
        + (f" from {' to '.join(apart(done.loss, done.next_loss))}." if change else f" at {digits(done.loss)}."),
        symbols=r"\theta_{t+1} = \theta_t - \alpha\,\nabla J(\theta_t)",
        latex=_rows(
            [
                rf"{name}_1 = {_tex(before)} - {_factor(example.lr)} \cdot {_factor(slope)} = {_tex(after)}"
                for name, before, slope, after in moves
            ]
        ),
        numbers={"w": done.next_w, "b": done.next_b, "loss": done.next_loss},
    )


def _repeat(example: Example, steps: int) -> Stage:
    path = example.path(steps)
    last, (w, b) = len(path.x) - 1, path.x[-1]
    best_w, best_b = example.solution
    if last < steps:
        percent, _ = apart(100 * example.share, 100)
        sentence = f"{path.status} This learning rate is {percent} % of the limit."
    else:
        sentence = (
            f"After {counted(last)} of the same kind w = {digits(w)}, b = {digits(b)} and the loss is "
            f"{digits(path.loss[-1])}; "
            + ("a best line has" if example.flat else "the best line has")
            + f" w = {digits(best_w)} and b = {digits(best_b)}, with loss {digits(example.loss(best_w, best_b))}."
        )
    return Stage(
        key="repeat",
        title="Repeat",
        sentence=sentence,
        symbols=_rows(
            [
                r"w_{t+1} = w_t - \alpha\,\frac{\partial J}{\partial w}(w_t, b_t)",
                r"b_{t+1} = b_t - \alpha\,\frac{\partial J}{\partial b}(w_t, b_t)",
            ]
        ),
        latex=_rows(
            [rf"{name}_{{{last}}} = {_tex(value)}" for name, value in (("w", w), ("b", b), ("J", path.loss[-1]))]
        ),
        numbers={f"w after {last} steps": float(w), f"b after {last} steps": float(b), "loss": float(path.loss[-1])},
    )


def _over(above: str, example: Example) -> str:
    """The factor ``above``, divided as the loss of ``example`` is; nothing if that is 1."""
    if below := example.convention.below:
        return rf"\frac{{{above}}}{{{below}}}"
    return above if above != "1" else ""


def _tex(value: float) -> str:
    return measured(float(value)).latex


def _factor(value: float) -> str:
    """``value`` as it stands in a product or before an exponent."""
    text = _tex(value)
    return rf"({text})" if value < 0 or "cdot" in text or "^" in text else text


def _plus(value: float) -> str:
    return f"+ {_tex(value)}" if value >= 0 else f"- {_tex(-value)}"


def _sum(terms: Sequence[str]) -> str:
    """The first terms added up; one that begins with a minus is taken away."""
    written = " + ".join([*terms[:_WRITTEN], *([r"\dots"] if len(terms) > _WRITTEN else [])])
    return written.replace("+ -", "- ")


def _rows(lines: Sequence[str]) -> str:
    """Formulas below each other, aligned at their first sign of equality."""
    return _aligned([line.replace(" = ", " &= ", 1) for line in lines])


def _first_rows(lines: Sequence[str]) -> str:
    """The same, of the first few formulas only."""
    kept = [line.replace(" = ", " &= ", 1) for line in lines[:_WRITTEN]]
    return _aligned([*kept, *([r"&\;\;\vdots"] if len(lines) > _WRITTEN else [])])


def _aligned(lines: Sequence[str]) -> str:
    return r"\begin{aligned}" + r"\\[8pt]".join(lines) + r"\end{aligned}"
