"""The catalogue of objectives: each is declared once, and everything shown or checked about it derives from here.

An objective is written in the formula language (``core.formula``). To add one, add one declaration.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import ceil
from types import MappingProxyType
from typing import Literal

from core.catalogue.explore import explore
from core.catalogue.hypers import unknown_key
from core.formula import Formula, parse
from core.formula.objective import STEP

Point = tuple[float, ...]

VARIABLES = ("x", "y")
# A word of this form was meant as a key: no formula of x and y is one, and single letters are variables.
_KEY = re.compile(r"[a-z_]{3,}")

# Of quarters of its width: how far a domain goes beyond a start that lay outside of it, and by how many it grows at
# most on a side.
_AHEAD, _FARTHEST = 0.1, 8


@dataclass(frozen=True)
class Objective:
    """One function to minimise: its formula, the part of it to show, and what is known about it.

    ``domain`` is ``(low, high)`` for each variable. ``minima`` are all points of the domain with the lowest value,
    ``minimum``, or representatives where they form a curve; there are none, and ``minimum`` is ``None``, if the
    function has no lowest value. ``other_minima`` are the local minima in the domain that are not among them; they
    are left empty for ``rastrigin``, ``ackley`` and ``levy``, which have dozens. ``kink`` says that the gradient does
    not exist at the minima. ``levels`` are the contour lines: ``"log"``, evenly spaced in the logarithm of the height
    above the minimum, where the lowest twentieth of the range of values covers more than a sixth of the domain, which
    evenly spaced lines would leave empty. ``called`` is what a picture calls the variables.
    """

    key: str
    name: str
    formula: str
    domain: tuple[tuple[float, float], ...]
    start: Point
    minima: tuple[Point, ...]
    minimum: float | None
    idea: str
    source: str = ""
    other_minima: tuple[Point, ...] = ()
    kink: bool = False
    levels: Literal["linear", "log"] = "linear"
    called: tuple[str, ...] = VARIABLES

    @property
    def dimension(self) -> int:
        """The number of variables: 1 or 2."""
        return len(self.domain)

    @property
    def reference(self) -> str:
        """What a ``Run`` calls this objective: its key, or the formula if it is a visitor's own."""
        return self.key if self.key in OBJECTIVES else self.formula

    @cached_property
    def parsed(self) -> Formula:
        """The checked formula, ready to be evaluated, differentiated, printed or exported."""
        return parse(self.formula, variables=VARIABLES[: self.dimension])


_BOYD = "Boyd & Vandenberghe 2004, Convex Optimization, section 9.3.2"

_DECLARATIONS = (
    Objective(
        key="parabola",
        name="Parabola",
        formula="x**2/2",
        domain=((-5.0, 5.0),),
        start=(-4.0,),
        minima=((0.0,),),
        minimum=0.0,
        idea="Every step of gradient descent multiplies x by 1 − lr, so it is smooth up to lr = 1, alternates up to 2 "
        "and diverges beyond.",
        source="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 5.1, doi:10.1007/3-540-49430-8_2",
    ),
    Objective(
        key="quartic",
        name="Quartic",
        formula="x**4 - 3*x**3 + 2",
        domain=((-1.0, 3.2),),
        start=(-0.5,),
        minima=((2.25,),),
        minimum=-6.54296875,
        idea="The slope also vanishes at x = 0, where there is no minimum, so gradient descent with small "
        "steps creeps towards that inflection from the left without ever passing it.",
        source="the computational example of Wikipedia's article on gradient descent, as it stood in 2017",
    ),
    Objective(
        key="cubic",
        name="Cubic",
        formula="x**3",
        domain=((-1.5, 1.5),),
        start=(1.0,),
        minima=(),
        minimum=None,
        idea="The slope vanishes at x = 0 but the function is unbounded below and has no minimum, so beyond that "
        "inflection it falls for ever.",
        source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 4.3: a flat place that is no minimum",
    ),
    Objective(
        key="double_well",
        name="Double well",
        formula="x**4/4 - x**2/2 + 0.1*x",
        domain=((-1.8, 1.8),),
        start=(1.7,),
        minima=((-1.0466805318046022,),),
        minimum=-0.35238607380003645,
        other_minima=((0.9456492739235914,),),
        idea="Small steps of gradient descent end in the valley in which they start, which from this start is the "
        "shallower of the two.",
        source="Strogatz 1994, Nonlinear Dynamics and Chaos, section 6.5, with a tilt added here",
    ),
    Objective(
        key="wavy",
        name="Wavy parabola",
        formula="0.05*x**2 + 0.3*cos(5*x)",
        domain=((-5.0, 5.0),),
        start=(4.0,),
        minima=((-0.6200488564070394,), (0.6200488564070394,)),
        minimum=-0.28052055414470733,
        other_minima=(
            (-4.339530197085183,),
            (-3.099959832315774,),
            (-1.8600903797726316,),
            (1.8600903797726316,),
            (3.099959832315774,),
            (4.339530197085183,),
        ),
        idea="Ripples on a bowl: small steps stop in the nearest of eight valleys, and only momentum, noise or large "
        "steps get further.",
        source="after Rastrigin 1974, Systems of Extremal Control, in one variable",
    ),
    Objective(
        key="absolute",
        name="Absolute value",
        formula="abs(x)",
        domain=((-3.0, 3.0),),
        start=(2.35,),
        minima=((0.0,),),
        minimum=0.0,
        kink=True,
        idea="The slope has the same size everywhere and no value at the kink, so steps of constant length end up "
        "hopping back and forth across the minimum.",
        source="Shor 1985, Minimization Methods for Non-Differentiable Functions, doi:10.1007/978-3-642-82118-9",
    ),
    Objective(
        key="plateau",
        name="Plateau",
        formula="1 - exp(-x**2/2)",
        domain=((-5.0, 5.0),),
        start=(4.0,),
        minima=((0.0,),),
        minimum=0.0,
        idea="Far from the minimum the slope is nearly zero (0.0013 at the start), so steps in proportion to it hardly "
        "move, however good the direction is.",
        source="Welsch's loss: Dennis & Welsch 1978, doi:10.1080/03610917808812083; Barron 2019, arXiv:1701.03077",
    ),
    Objective(
        key="flat_quartic",
        name="Flat quartic",
        formula="x**4/4",
        domain=((-6.0, 6.0),),
        start=(5.0,),
        minima=((0.0,),),
        minimum=0.0,
        idea="The curvature vanishes at the minimum, so at a constant learning rate gradient descent shrinks x only "
        "like 1/√(2·lr·t) instead of exponentially.",
        source="a minimum without curvature, as that of Powell's singular function: problem 13 of Moré, Garbow & "
        "Hillstrom 1981, doi:10.1145/355934.355936",
    ),
    Objective(
        key="bowl",
        name="Bowl",
        formula="(x**2 + 3*y**2)/2",
        domain=((-3.0, 3.0), (-3.0, 3.0)),
        start=(-2.5, 2.0),
        minima=((0.0, 0.0),),
        minimum=0.0,
        idea="A well-conditioned quadratic (condition number 3): at the best constant learning rate, 1/2, every step "
        "of gradient descent halves the distance to the minimum.",
        source=_BOYD,
    ),
    Objective(
        key="ravine",
        name="Ravine",
        formula="(x**2 + 100*y**2)/2",
        domain=((-3.0, 3.0), (-1.0, 1.0)),
        start=(-2.7, 0.83),
        minima=((0.0, 0.0),),
        minimum=0.0,
        idea="With condition number 100 even the best constant learning rate, 2/101, keeps 99/101 of the distance at "
        "every step while the path zigzags between the walls.",
        source=_BOYD,
    ),
    Objective(
        key="rosenbrock",
        name="Rosenbrock",
        formula="(1 - x)**2 + 100*(y - x**2)**2",
        domain=((-2.0, 2.0), (-1.0, 3.0)),
        start=(-1.5, 2.0),
        minima=((1.0, 1.0),),
        minimum=0.0,
        levels="log",
        idea="The valley is curved, its walls are steep and its floor is almost flat (condition number 2508 at the "
        "minimum): gradient descent reaches the floor at once and then creeps along it.",
        source="Rosenbrock 1960, doi:10.1093/comjnl/3.3.175",
    ),
    Objective(
        key="beale",
        name="Beale",
        formula="(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
        domain=((-4.5, 4.5), (-4.5, 4.5)),
        start=(1.0, 1.0),
        minima=((3.0, 0.5),),
        minimum=0.0,
        levels="log",
        idea="A flat middle with corners that rise to 180 000, so a learning rate that is safe on the rim hardly moves "
        "in the valley that leads to the minimum.",
        source="Beale 1958, Princeton Statistical Techniques Research Group, report 25; problem 5 of Moré, Garbow & "
        "Hillstrom 1981, doi:10.1145/355934.355936",
    ),
    Objective(
        key="himmelblau",
        name="Himmelblau",
        formula="(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        domain=((-5.0, 5.0), (-5.0, 5.0)),
        start=(-0.5, -0.5),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        minimum=0.0,
        levels="log",
        idea="Four minima are equally low, and near the hilltop between them a small change of the start decides which "
        "one is reached.",
        source="Himmelblau 1972, Applied Nonlinear Programming, McGraw-Hill",
    ),
    Objective(
        key="saddle",
        name="Saddle",
        formula="x**2/2 - y**2/2 + y**4/4",
        domain=((-1.5, 1.5), (-1.7, 1.7)),
        start=(1.0, 0.001),
        minima=((0.0, -1.0), (0.0, 1.0)),
        minimum=-0.25,
        idea="On the line y = 0 gradient descent runs into the saddle at the origin and stays there, but the "
        "slightest offset grows by about the factor 1 + lr at every step and escapes to a minimum.",
        source="Nesterov 2004, Introductory Lectures on Convex Optimization, section 1.2.3",
    ),
    Objective(
        key="monkey_saddle",
        name="Monkey saddle",
        formula="x**3 - 3*x*y**2",
        domain=((-1.5, 1.5), (-1.5, 1.5)),
        start=(1.0, 0.01),
        minima=(),
        minimum=None,
        idea="Gradient and curvature both vanish at the origin, so gradient descent lingers there before it falls "
        "down one of three slopes for ever: the function is unbounded below and has no minimum.",
        source="Hilbert & Cohn-Vossen 1932, Anschauliche Geometrie",
    ),
    Objective(
        key="rastrigin",
        name="Rastrigin",
        formula="20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)",
        domain=((-5.12, 5.12), (-5.12, 5.12)),
        start=(-3.3, 2.6),
        minima=((0.0, 0.0),),
        minimum=0.0,
        idea="A bowl covered with a regular grid of 121 dips, in one of which small steps end near where they started.",
        source="Rastrigin 1974, Systems of Extremal Control; Mühlenbein, Schomisch & Born 1991, "
        "doi:10.1016/S0167-8191(05)80052-3",
    ),
    Objective(
        key="ackley",
        name="Ackley",
        formula="20 + e - 20*exp(-0.2*sqrt((x**2 + y**2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2)",
        domain=((-5.0, 5.0), (-5.0, 5.0)),
        start=(-3.3, 2.6),
        minima=((0.0, 0.0),),
        minimum=0.0,
        kink=True,
        idea="Dips all around, and a sharp tip at the minimum, where the gradient does not die away but keeps a "
        "length of 2.8: steps in proportion to it never settle.",
        source="Ackley 1987, doi:10.1007/978-1-4613-1997-9",
    ),
    Objective(
        key="booth",
        name="Booth",
        formula="(x + 2*y - 7)**2 + (2*x + y - 5)**2",
        domain=((-10.0, 10.0), (-10.0, 10.0)),
        start=(-7.0, -4.0),
        minima=((1.0, 3.0),),
        minimum=0.0,
        levels="log",
        idea="A tilted quadratic (condition number 9): both coordinates have the same curvature, so a learning rate "
        "for each of them cannot improve the conditioning.",
        source="Jamil & Yang 2013, arXiv:1308.4008",
    ),
    Objective(
        key="matyas",
        name="Matyas",
        formula="0.26*(x**2 + y**2) - 0.48*x*y",
        domain=((-10.0, 10.0), (-10.0, 10.0)),
        start=(-3.0, 8.0),
        minima=((0.0, 0.0),),
        minimum=0.0,
        levels="log",
        idea="Along the diagonal the curvature is 25 times smaller than across it, so gradient descent drops into "
        "the trough and then creeps along its floor.",
        source="Jamil & Yang 2013, arXiv:1308.4008",
    ),
    Objective(
        key="three_hump_camel",
        name="Three-hump camel",
        formula="2*x**2 - 1.05*x**4 + x**6/6 + x*y + y**2",
        domain=((-2.5, 2.5), (-2.5, 2.5)),
        start=(2.0, 2.0),
        minima=((0.0, 0.0),),
        minimum=0.0,
        other_minima=((-1.7475523458302888, 0.8737761729151444), (1.7475523458302888, -0.8737761729151444)),
        levels="log",
        idea=(
            "The lowest point lies between two local minima, and from further out gradient descent ends in one of "
            "those."
        ),
        source="Jamil & Yang 2013, arXiv:1308.4008",
    ),
    Objective(
        key="six_hump_camel",
        name="Six-hump camel",
        formula="(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (4*y**2 - 4)*y**2",
        domain=((-2.1, 2.1), (-1.1, 1.1)),
        start=(1.9, 0.1),
        minima=((-0.08984201310031806, 0.7126564030207396), (0.08984201310031806, -0.7126564030207396)),
        minimum=-1.0316284534898774,
        other_minima=(
            (-1.703606714969981, 0.7960835686726251),
            (1.703606714969981, -0.7960835686726251),
            (-1.6071047529201972, -0.5686514548841314),
            (1.6071047529201972, 0.5686514548841314),
        ),
        idea="Six minima at three heights, two of them lowest: where gradient descent ends depends on the start and "
        "on the length of the first steps.",
        source="Dixon & Szegő 1978, Towards Global Optimisation 2, North-Holland",
    ),
    Objective(
        key="styblinski_tang",
        name="Styblinski-Tang",
        formula="(x**4 - 16*x**2 + 5*x + y**4 - 16*y**2 + 5*y)/2",
        domain=((-5.0, 5.0), (-5.0, 5.0)),
        start=(0.5, -4.0),
        minima=((-2.903534027771177, -2.903534027771177),),
        minimum=-78.33233140754282,
        other_minima=(
            (-2.903534027771177, 2.746802770990837),
            (2.746802770990837, -2.903534027771177),
            (2.746802770990837, 2.746802770990837),
        ),
        idea="The coordinates do not interact, and under plain gradient descent each settles in one of its two valleys "
        "on its own; only one of the four combinations is lowest.",
        source="Styblinski & Tang 1990, Neural Networks 3:467",
    ),
    Objective(
        key="levy",
        name="Levy",
        formula="sin(pi*(x + 3)/4)**2 + ((x - 1)/4)**2*(1 + 10*sin(pi*(x + 3)/4 + 1)**2)"
        " + ((y - 1)/4)**2*(1 + sin(pi*(y + 3)/2)**2)",
        domain=((-10.0, 10.0), (-10.0, 10.0)),
        start=(-7.0, 6.0),
        minima=((1.0, 1.0),),
        minimum=0.0,
        levels="log",
        idea="Ripples across a wide bowl leave some forty dips, and a step towards a nearby one can lead away from the "
        "lowest, as it does in x from this start.",
        source="Levy & Montalvo 1985, doi:10.1137/0906002",
    ),
    Objective(
        key="mccormick",
        name="McCormick",
        formula="sin(x + y) + (x - y)**2 - 1.5*x + 2.5*y + 1",
        domain=((-1.5, 4.0), (-3.0, 4.0)),
        start=(3.5, 3.5),
        minima=((-0.5471975511965977, -1.5471975511965979),),
        minimum=-1.9132229549810364,
        other_minima=((2.5943951023931957, 1.5943951023931955),),
        idea="A trough with a dip at every π along the diagonal, each lower by π than the one before, without end; the "
        "minimum given is the lowest point of the part shown.",
        source="Jamil & Yang 2013, arXiv:1308.4008",
    ),
    Objective(
        key="goldstein_price",
        name="Goldstein-Price",
        formula="(1 + (x + y + 1)**2*(19 - 14*x + 3*x**2 - 14*y + 6*x*y + 3*y**2))"
        "*(30 + (2*x - 3*y)**2*(18 - 32*x + 12*x**2 + 48*y - 36*x*y + 27*y**2))",
        domain=((-2.0, 2.0), (-2.0, 2.0)),
        start=(-1.5, 0.5),
        minima=((0.0, -1.0),),
        minimum=3.0,
        other_minima=((-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)),
        levels="log",
        idea="The values run from 3 to a million, so a learning rate that survives the slopes is far too small for the "
        "valleys.",
        source="Goldstein & Price 1971, doi:10.1090/S0025-5718-1971-0312365-X",
    ),
    Objective(
        key="hyperbola_valley",
        name="Hyperbola valley",
        formula="0.5*(x*y - 1)**2",
        domain=((-2.0, 6.0), (-2.0, 3.0)),
        start=(5.0, 0.05),
        minima=((1.0, 1.0), (-1.0, -1.0), (0.5, 2.0), (2.0, 0.5), (4.0, 0.25)),
        minimum=0.0,
        levels="log",
        idea="The whole hyperbola xy = 1 is minimal, not only the points marked, and its curvature x² + y² makes it "
        "sharp far out and flattest at (1, 1) and (−1, −1).",
        source="a linear network of two weights; sharpness under rescaling: Dinh et al. 2017, arXiv:1703.04933",
    ),
)

OBJECTIVES: Mapping[str, Objective] = MappingProxyType({entry.key: entry for entry in _DECLARATIONS})


def objective(text: str, dimension: int) -> Objective:
    """The objective of ``dimension`` variables (1 or 2) that ``text`` names by its key or writes as a formula.

    Raises ``ValueError`` if the named objective has another number of variables or a word is no key, and
    ``FormulaError`` if the text is not a formula of the variables.
    """
    if text in OBJECTIVES:
        entry = OBJECTIVES[text]
        if entry.dimension != dimension:
            raise ValueError(
                f"{text} is a function of {_counted(entry.dimension)}; one of {_counted(dimension)} was asked for."
            )
        return entry
    if dimension not in (1, 2):
        raise ValueError(f"An objective is a function of 1 or 2 variables; one of {dimension} was asked for.")
    if _KEY.fullmatch(text):
        raise ValueError(unknown_key("objective", text, OBJECTIVES))
    return own_objective(text, dimension)


@lru_cache(maxsize=256)
def own_objective(text: str, dimension: int) -> Objective:
    """A declaration for a visitor's formula ``text`` of ``dimension`` variables, with what ``explore`` finds of it.

    Raises ``FormulaError``.
    """
    return Objective(
        key="own",
        name="Own formula",
        formula=text,
        **vars(explore(parse(text, VARIABLES[:dimension]))),
        idea="",
    )


def with_start_in_view(objective: Objective, start: Sequence[float]) -> Objective:
    """``objective`` with a domain in which ``start`` lies, if it is a visitor's, whose domain is but a guess.

    The domain grows by whole quarters of its width, so that it stays as it is while a start is moved a little. A start
    so far away that the domain would be lost in the picture leaves it as it is.
    """
    if objective.reference == objective.key:
        return objective
    domain = []
    for (low, high), at in zip(objective.domain, start, strict=True):
        quarter = (high - low) / 4
        beyond = [max(0, ceil((low - at) / quarter + _AHEAD)), max(0, ceil((at - high) / quarter + _AHEAD))]
        if max(beyond) > _FARTHEST:
            return objective
        inside = low <= at <= high
        domain.append((low, high) if inside else (low - beyond[0] * quarter, high + beyond[1] * quarter))
    return replace(objective, domain=tuple(domain))


def penalised(objective: Objective) -> str:
    """The formula of ``objective`` with an L2 term, a tenth of the squared distance from 0, added to it."""
    squares = " + ".join(f"{name}**2" for name in VARIABLES[: objective.dimension])
    expression, *bounds = objective.formula.split(";")
    return ";".join([f"{expression} + 0.1*({squares})", *bounds])


def boxed(objective: Objective) -> str:
    """The formula of ``objective`` with bounds, the middle half of what is shown; if it has some, without them."""
    expression, *bounds = objective.formula.split(";")
    if objective.parsed.box is not None:
        return ";".join([expression, *(part for part in bounds if part.strip().startswith(STEP))])
    middle = ((low + (high - low) / 4, high - (high - low) / 4) for low, high in objective.domain)
    ends = (f" {name}: ({low:.2g}, {high:.2g})" for name, (low, high) in zip(VARIABLES, middle, strict=False))
    return ";".join([objective.formula, *ends])


def _counted(variables: int) -> str:
    return f"{variables} variable{'' if variables == 1 else 's'}"
