"""The gallery of the playground: runs worth opening by name, those that fail among them."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.engine.scenarios import DESCENTS, RACES, Scenario
from core.lessons.asked import QUESTIONS, Race
from core.lessons.playground import CASES


class Group(StrEnum):
    """What a scenario is about."""

    START = "Start here"
    RATES = "Too fast, too slow"
    STUCK = "Stuck"
    ADAM = "Adam and its kin"
    NOISE = "Noise and schedules"
    ODD = "Odd and instructive"


def _asked(question: str, key: str, title: str, idea: str) -> Scenario:
    """The race that answers ``question``, as a scenario."""
    shown = QUESTIONS[question].shown
    if not isinstance(shown, Race):
        raise TypeError(f"{question} is not answered by a race.")
    runs = shown.runs
    first = next(iter(runs.values()))
    given: dict[str, Any] = {"noise": first.noise, "clip_norm": first.clip_norm, "seed": first.seed}
    return Scenario(
        key,
        title,
        idea,
        first.objective,
        {racer: dict(run.hypers) for racer, run in runs.items()},
        first.steps,
        first.start,
        given,
        {
            racer: {"schedule": run.schedule, "schedule_hypers": dict(run.schedule_hypers)}
            for racer, run in runs.items()
        },
    )


def _and_cosine(scenario: Scenario) -> Scenario:
    """``scenario`` with its first rule once more, along a cosine."""
    rule, hypers = next(iter(scenario.rules.items()))
    again = f"{rule}2"
    return replace(
        scenario, rules={**scenario.rules, again: hypers}, own={**scenario.own, again: {"schedule": "cosine"}}
    )


_COSINE = {"schedule": "cosine"}

# The rungs of the ladder from gradient descent to Lion: each changes one line or two of the one before it.
_AVERAGED = """\
# Averaged gradient
beta1: (0, 1) = 0.9
m = beta1*m + (1 - beta1)*g
x = x - lr*m"""
_SECOND = """\
# Second moment
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
eps: (0, 1) = 1e-8
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
x = x - lr*m/(sqrt(v) + eps)"""
_CORRECTED = """\
# Bias correction (Adam)
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
eps: (0, 1) = 1e-8
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
x = x - lr*m_hat/(sqrt(v_hat) + eps)"""
_DECOUPLED = """\
# Decoupled decay (AdamW)
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
eps: (0, 1) = 1e-8
weight_decay: (0, 10) = 0.1
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
x = x - lr*(m_hat/(sqrt(v_hat) + eps) + weight_decay*x)"""
_SIGNS = """\
# Signs (Lion)
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.99
weight_decay: (0, 10) = 0.1
c = beta1*m + (1 - beta1)*g
m = beta2*m + (1 - beta2)*g
x = x - lr*(sign(c) + weight_decay*x)"""

_COUPLED = """\
# Adam with L2
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
eps: (0, 1) = 1e-8
weight_decay: (0, 10) = 1
d = g + weight_decay*x
m = beta1*m + (1 - beta1)*d
v = beta2*v + (1 - beta2)*d**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
x = x - lr*m_hat/(sqrt(v_hat) + eps)"""
_CLIPPED = """\
# Clipped
x = x - lr*g*min(1, 1/norm(g))"""
_CLIPPED_MOMENTUM = """\
# Clipped momentum
beta: (0, 1) = 0.9
v = beta*v + g*min(1, 1/norm(g))
x = x - lr*v"""
_AVERAGED_MOMENTUM = """\
# Averaged momentum
beta: (0, 1) = 0.9
v = beta*v + (1 - beta)*g
x = x - lr*v"""
# docs/language.md says what it does.
_REMEMBERING = """\
# L-BFGS of one step
y = g - g_old
fresh = where(dot(s, y) > 1e-10, 1, 0)
p = where(fresh > 0, s, p)
q = where(fresh > 0, y, q)
pq = dot(p, q)
a = where(pq > 0, dot(p, g)/pq, 0)
r = where(pq > 0, pq/dot(q, q), 1)*(g - a*q)
b = where(pq > 0, dot(q, r)/pq, 0)
s = -where(t > 1, lr, lr*min(1, 1/sum(abs(g))))*(r + (a - b)*p)
g_old = g
x = x + s"""

# ½(u² + 100v²) along the axes and turned by 45°, where u is (x + y)/√2 and v is (y − x)/√2, from the same place on it.
_STRAIGHT, _STRAIGHT_START = "(x**2 + 100*y**2)/2", (-2.4, 0.8)
_TURNED, _TURNED_START = "((x + y)**2 + 100*(y - x)**2)/4", (-2.262742, -1.131371)
_RAVINE_RULES = {"sgd": {"lr": 0.018}, "adam": {"lr": 0.05}}
# Lessard, Recht & Packard 2016, arXiv:1408.3595, section 4.6: strongly convex, with curvatures of 25, 1 and 25.
_THREE_PIECES = "where(x < 1, 12.5*x**2, where(x < 2, x**2/2 + 24*x - 12, 12.5*x**2 - 24*x + 36))"

_GROUPED: Mapping[Group, tuple[Scenario, ...]] = {
    Group.START: (
        replace(
            RACES["valley"],
            key="four-rules",
            idea="Each rule has a learning rate that suits it, and after 500 steps Adam at 0.1 has the lowest loss, "
            "0.00943, ahead of momentum at 0.0008 with 0.013. The rate decides this more than the rule: at "
            "0.0008 Adam would come last.",
        ),
        replace(
            RACES["one_rate"],
            key="one-rate",
            title="One rate for all",
            idea="At 0.0008 Nesterov and momentum arrive at losses of 3.9·10⁻⁷ and 4.5·10⁻⁷, while gradient descent "
            "is at 0.475. No step of Adam is longer than the rate in x or in y, however steep the slope, and "
            "after 2000 its loss is still 5.43, RMSProp's 3.39.",
        ),
        replace(
            RACES["basins"],
            key="basins",
            idea="From (−0.2, 0.7) gradient descent ends at (−2.81, 3.13), momentum at (3.58, −1.85), RMSProp and "
            "Adam at (3, 2). All four minima are equally low, and how far the first steps carry a rule decides "
            "between them.",
        ),
        _asked(
            "escapes",
            "wrong-well",
            "The wrong well, and a way out",
            "Gradient descent and Adam end in the nearer well, at 0.946, while momentum rolls over the ridge into the "
            "lower one, at −1.05. It does not know which is which: start at −1.7, and momentum alone ends in the "
            "higher one.",
        ),
        Scenario(
            "ladder",
            "From gradient descent to Lion",
            "Each rung changes a few lines of the one before: an averaged gradient, a second moment, bias "
            "correction, decoupled decay, signs. The second moment makes the first step as long in x as in y, the "
            "correction cuts the overshoot from x = 3.33 to 2.2, and the decay stops AdamW short of 2, at 1.89.",
            "0.05*(x - 2)**2 + 5*(y - 1)**2",
            {
                "sgd": {"lr": 0.15},
                _AVERAGED: {"lr": 0.15},
                _SECOND: {"lr": 0.1},
                _CORRECTED: {"lr": 0.1},
                _DECOUPLED: {"lr": 0.1},
                _SIGNS: {"lr": 0.1},
            },
            200,
            (-0.7, -1.6),
        ),
    ),
    Group.RATES: (
        replace(
            RACES["too_fast"],
            key="too-fast",
            idea="At 0.003 Nesterov diverges at step 5, gradient descent at step 6 and momentum at step 8. RMSProp "
            "and Adam, whose steps do not grow with the slope, take all 2000 and end at losses of 0.00885 and "
            "2.2.",
        ),
        Scenario(
            "above-limit",
            "2/L plus one per cent",
            "Across the ravine the curvature L is 100 and 2/L is 0.02, so at a rate of 0.0202 every step multiplies y "
            "by −1.02: from 0.83 it has grown to 4.05 after 80. Along the ravine the same steps arrive all the while, "
            "and x shrinks from −2.7 to −0.528.",
            "ravine",
            {"sgd": {"lr": 0.0202}},
            80,
        ),
        Scenario(
            "below-limit",
            "2/L minus one per cent",
            "At a rate of 0.0198 every step multiplies y by −0.98, so the jumps from wall to wall shrink, from 0.83 "
            "to 0.165 after 80. At the limit itself, 2/L = 0.02, they would go on for ever as they began.",
            "ravine",
            {"sgd": {"lr": 0.0198}},
            80,
        ),
        replace(
            DESCENTS["tenfold"],
            key="uphill",
            title="Each step twice as far away",
            idea="At a rate of 3 every step multiplies x by −2: from −4 to 8, to −16, and out of all bounds at step "
            "38. At any rate below 2 the distance would shrink.",
        ),
        replace(
            DESCENTS["bounce"],
            key="two-places",
            title="Hopping between two places",
            idea="The rate of 0.12 is above the limit of 8/81 for the minimum at 2.25, yet the curve's walls hold the "
            "point. It ends up hopping between 1.77 and 2.49 for ever.",
        ),
        replace(
            CASES["chaos"],
            key="chaos",
            title="Chaos at 0.14",
            idea="At 0.14 the point hops about between 1.21 and 2.62 and never repeats itself. Begun a millionth to "
            "the side, it is more than 0.1 away from this path after 29 steps.",
        ),
        Scenario(
            "clipping",
            "Clipping saves two runs",
            "At 0.003 gradient descent and momentum diverge at steps 6 and 8, while the same two rules with the "
            "gradient's norm cut to 1 follow the valley. A clipped step of gradient descent is at most 0.003 long, so "
            "it is still at a loss of 0.00118 after 5000; clipped momentum is below 0.001 after 296.",
            "rosenbrock",
            {rule: {"lr": 0.003} for rule in ("sgd", "momentum", _CLIPPED, _CLIPPED_MOMENTUM)},
            5000,
        ),
        Scenario(
            "two-momentums",
            "Momentum as sum and as average",
            "PyTorch's momentum is a sum, v = 0.9v + g, and is below a loss of 0.001 after 69 steps. The average, v = "
            "0.9v + 0.1g, begins with a step a tenth as long and needs 144, little fewer than the 165 of gradient "
            "descent.",
            "0.05*x**2 + 5*y**2",
            {rule: {"lr": 0.18} for rule in ("sgd", "momentum", _AVERAGED_MOMENTUM)},
            200,
            (-2.8, 1.5),
        ),
    ),
    Group.STUCK: (
        replace(
            DESCENTS["stall"],
            key="never-arrives",
            idea="The minimum is at 2.25, but the slope vanishes at 0 on the way there, and each step is as short as "
            "the slope is small. After 500 steps x is −0.0173, and after ten times as many it would be −0.00183.",
        ),
        replace(
            DESCENTS["through"],
            key="rolls-through",
            title="Two rules roll through",
            idea="At 0.012 momentum and Nesterov roll through the flat place at 0 and settle at 2.25. Gradient "
            "descent is at −0.0401 after 200 steps and RMSProp, which remembers how steep it was but not where "
            "it was going, at −0.00937.",
        ),
        Scenario(
            "plateau",
            "Waiting on a plateau",
            "The slope at the start is 0.00134, and gradient descent at 0.5 needs 443 steps to come within 1 of the "
            "minimum. Momentum gathers speed and needs 73; Adam divides by the size of the slope and needs 49 at a "
            "tenth of the rate.",
            "plateau",
            {"sgd": {"lr": 0.5}, "momentum": {"lr": 0.5}, "adam": {"lr": 0.05}},
            500,
        ),
        Scenario(
            "late-saddle",
            "A saddle that is left late",
            "The start is a millionth beside the line on which every rule here would end in the saddle. Gradient "
            "descent multiplies that offset by 1.1 in each step and is half-way to the minimum after 139, momentum "
            "after 50, and Adam, which divides by the size of the gradient, after 6.",
            "saddle",
            {rule: {"lr": 0.1} for rule in ("sgd", "momentum", "adam")},
            200,
            (1.0, 1e-6),
        ),
        Scenario(
            "newton-saddle",
            "Newton climbs to a saddle",
            "Newton's step goes where the local quadratic is level, be it up or down: the loss climbs from 55.2 to "
            "67.7, and the run ends on the saddle at (0.0867, 2.88). With a damping of 50 it goes down to (3, 2) as "
            "gradient descent does.",
            "himmelblau",
            {"newton": {}, "newton2": {"damping": 50.0}, "sgd": {"lr": 0.01}},
            50,
            (1.0, 2.8),
        ),
        Scenario(
            "bottomless",
            "Over the edge with momentum",
            "x³ has a flat place at 0 and no minimum: gradient descent creeps towards it and is at 0.247 after 100 "
            "steps, Adam at 0.344. Momentum and Nesterov roll over the edge and diverge at steps 52 and 54.",
            "cubic",
            {rule: {"lr": 0.01} for rule in ("sgd", "momentum", "nesterov", "adam")},
            100,
        ),
    ),
    Group.ADAM: (
        _and_cosine(
            _asked(
                "up_again",
                "adam-rises",
                "Adam rises again",
                "Adam's loss is down to 7·10⁻¹⁸⁵ at step 4025 and back at 0.72 at step 4417: once gradients have been "
                "tiny for long, it divides by next to nothing. AMSGrad, which keeps the largest average it has seen, "
                "stays down, and so does Adam along a cosine.",
            )
        ),
        Scenario(
            "straight",
            "A ravine along the axes",
            "The ravine lies along the axes, and Adam at 0.05 scales x and y apart: its loss is below 0.001 after 88 "
            "steps. Gradient descent at 0.018 zigzags from wall to wall and needs 220.",
            _STRAIGHT,
            _RAVINE_RULES,
            400,
            _STRAIGHT_START,
        ),
        Scenario(
            "turned",
            "The same ravine, turned",
            "The same function, start and rates, all turned by 45°: gradient descent needs 220 steps again, since it "
            "knows no axes. Adam still scales x and y, but the ravine now lies between them, and after 400 steps its "
            "loss is 0.0274.",
            _TURNED,
            _RAVINE_RULES,
            400,
            _TURNED_START,
        ),
        Scenario(
            "rmsprop-first",
            "RMSProp's first step is ten lr",
            "At γ = 0.99 RMSProp's average begins at a hundredth of the squared gradient, so its first step is 10 "
            "rates long, 1.5 in x and in y. At γ = 0.9 it is 3.16 rates, 0.474, and Adam, which corrects its "
            "averages, begins with 0.15.",
            "bowl",
            {"rmsprop": {"lr": 0.15}, "rmsprop2": {"lr": 0.15, "gamma": 0.9}, "adam": {"lr": 0.15}},
            60,
        ),
        Scenario(
            "nadam-first",
            "NAdam's first step is 1.056 lr",
            "NAdam's first step is 1.056 rates long, 0.528 in x and in y, and Adam's is 0.5. Its look-ahead also "
            "brakes: the loss is below 0.001 after 25 steps, while Adam overshoots to x = 1.02 and is still at "
            "0.00682 after 60.",
            "bowl",
            {"adam": {"lr": 0.5}, "nadam": {"lr": 0.5}},
            60,
        ),
        _asked(
            "radam",
            "radam",
            "RAdam explodes at once",
            "In its first 5 steps RAdam does not divide by the size of the gradient: the first alone is 3.26 long, "
            "and at 0.02 the run diverges at step 5. Adam's first step at the same rate is 0.02 in each coordinate, "
            "and it takes all 500.",
        ),
        Scenario(
            "two-decays",
            "Adam with L2 is not AdamW",
            "Adam with L2 divides the decay by the size of the gradient as it divides the gradient, and ends where "
            "gradient descent with L2 would, at (1.5, 1.36). AdamW's decay is not divided, so at λ = 1 it is "
            "drawn to within 1/λ = 1 of 0 and ends at (0.996, 0.879).",
            "(x - 3)**2/2 + 5*(y - 1.5)**2",
            {"adam": {"lr": 0.1}, _COUPLED: {"lr": 0.1}, "adamw": {"lr": 0.1, "weight_decay": 1.0}},
            1000,
            (0.5, -2.0),
        ),
        Scenario(
            "lion",
            "Lion circles",
            "Every step of Lion moves x and y by the whole rate of 0.5, so it cannot settle: it circles the minimum "
            "in rounds of 4 steps, at a loss that hops between 0.125 and 0.375. Along a cosine the rate falls to 0 "
            "and the circle with it, to a loss of 10⁻⁶.",
            "bowl",
            {"lion": {"lr": 0.5}, "lion2": {"lr": 0.5}},
            100,
            own={"lion2": _COSINE},
        ),
        _asked(
            "wrong_point",
            "breaking-adam",
            "Adam walks to the wrong end",
            "The gradient is 3 at every third step and −1 otherwise, so on average the way down leads to −1. Adam, "
            "which forgets the 3 too soon, ends at 0.997, AMSGrad at −0.997.",
        ),
    ),
    Group.NOISE: (
        Scenario(
            "noise-floor",
            "The noise floor at two rates",
            "With noise of size 2 neither run comes to rest: over the last 500 steps the mean loss is 0.493 at a rate "
            "of 0.2 and 0.0432 at 0.02. A tenth of the rate brings the floor down to less than a tenth, and costs 24 "
            "steps instead of 3 to a loss of 1.",
            "bowl",
            {"sgd": {"lr": 0.2}, "sgd2": {"lr": 0.02}},
            1000,
            given={"noise": 2.0},
        ),
        Scenario(
            "schedules",
            "Three schedules under noise",
            "Under noise of size 2 gradient descent at a constant 0.2 has a mean loss of 0.864 over the last 30 "
            "steps. Along a cosine it is 0.144 and along one cycle 0.241, since both let the rate fall to next to "
            "nothing.",
            "bowl",
            {rule: {"lr": 0.2} for rule in ("sgd", "sgd2", "sgd3")},
            300,
            given={"noise": 2.0},
            own={"sgd2": _COSINE, "sgd3": {"schedule": "one_cycle"}},
        ),
        _asked(
            "adam_decay",
            "adam-noise",
            "Adam needs a schedule too",
            "Under noise of size 2 Adam keeps jittering at a constant 0.1: over the last 100 of 500 steps its mean "
            "loss is 0.0935. Along a cosine from the same rate to 0 it is 0.0151.",
        ),
        Scenario(
            "starved",
            "AdaGrad starved by noise",
            "AdaGrad divides by the root of a sum of squares that noise of size 5 makes larger and larger: its "
            "effective rate in x is 0.00012 after 1000 steps and 6.9·10⁻⁵ after 3000, when it is still at (−1.62, "
            "0.733). RMSProp forgets old squares, keeps a rate of about 0.004 and has a mean loss of 0.0688 over the "
            "last 600 steps.",
            "bowl",
            {"adagrad": {"lr": 0.02}, "rmsprop": {"lr": 0.02}},
            3000,
            given={"noise": 5.0},
        ),
        Scenario(
            "noisy-saddle",
            "Noise finds the way off a saddle",
            "On the line y = 0 neither rule would ever leave for a minimum, but noise of size 0.01 is enough: gradient "
            "descent is half-way to one after 68 steps, momentum after 22. Which of the two minima it will be is "
            "chance, and here gradient descent ends at y = −1, momentum at 1.",
            "saddle",
            {rule: {"lr": 0.1} for rule in ("sgd", "momentum")},
            200,
            (1.0, 0.0),
            {"noise": 0.01},
        ),
    ),
    Group.ODD: (
        Scenario(
            "polyak",
            "Polyak's step halves the distance",
            "Polyak's step knows the lowest value, and on a parabola it halves the distance to the minimum each time, "
            "whatever the curvature: −4, −2, −1. After 30 steps the loss is 7·10⁻¹⁸, while gradient descent at 0.1 is "
            "at 0.0144.",
            "parabola",
            {"polyak": {}, "sgd": {"lr": 0.1}},
            30,
        ),
        Scenario(
            "box",
            "A minimum outside the box",
            "The minimum at (1, 1) lies outside the box, and a step that leads out of it ends at its edge. Momentum "
            "and Adam come to rest at (0.5, 0.25), the best place inside, and gradient descent is at (−0.874, 0.772) "
            "after 1000 steps.",
            "(1 - x)**2 + 100*(y - x**2)**2; x: (-2, 0.5); y: (-1, 3)",
            {"sgd": {"lr": 0.0008}, "momentum": {"lr": 0.0008}, "adam": {"lr": 0.1}},
            1000,
            (-1.5, 2.0),
        ),
        Scenario(
            "undefined",
            "A step out of the logarithm",
            "Towards the edge of the disc the slope grows without end, and at 1.5 step 3 of gradient descent leads "
            "out of it, to a point where the formula asks for log(−373.7), which has no value. At 0.1 it arrives at "
            "(−1.68, −1.67), and so does Armijo, which begins with 1.5 and halves a rate that does not pay.",
            "x + y - log(9 - x**2 - y**2)",
            {"sgd": {"lr": 0.1}, "sgd2": {"lr": 1.5}, "armijo": {"lr": 1.5}},
            100,
            (0.5, 2.0),
        ),
        Scenario(
            "three-places",
            "Momentum that circles for ever",
            "This curve is convex, with curvatures between 1 and 25, and yet momentum at a rate of 1/9 and β = 4/9 "
            "goes round three places for ever: 2.12, 0.647 and −1.8. Gradient descent and Nesterov at 0.04 arrive at "
            "0.",
            _THREE_PIECES,
            {"momentum": {"lr": 1 / 9, "beta": 4 / 9}, "sgd": {"lr": 0.04}, "nesterov": {"lr": 0.04, "beta": 4 / 9}},
            60,
            (2.8,),
        ),
        Scenario(
            "sam",
            "SAM drifts to the flat end",
            "The whole curve xy = 1 is minimal, and gradient descent stays where it meets it, at (5, 0.2), where the "
            "curvature is 25.1. SAM takes the gradient a little uphill and so drifts on along the valley: with ρ = 0.1 "
            "to (2.81, 0.358), with 0.2 to (1.09, 0.915), where the curvature is 2.03.",
            "hyperbola_valley",
            {"sgd": {"lr": 0.01}, "sam": {"lr": 0.01, "rho": 0.1}, "sam2": {"lr": 0.01, "rho": 0.2}},
            5000,
        ),
        Scenario(
            "curvature",
            "Curvature from gradients alone",
            "Newton, which is given the Hessian, needs 5 steps to a loss of 0.001. Barzilai–Borwein and L-BFGS guess "
            "the curvature from two gradients and need 61 and 80, L-BFGS by way of y = −13.4, while gradient descent "
            "is at 4.77 after 500.",
            "rosenbrock",
            {"newton": {}, _REMEMBERING: {"lr": 0.5}, "barzilai_borwein": {"lr": 0.0008}, "sgd": {"lr": 0.0008}},
            500,
        ),
    ),
}

GALLERY: Mapping[str, Scenario] = MappingProxyType(
    {scenario.key: scenario for scenarios in _GROUPED.values() for scenario in scenarios}
)
"""All scenarios by their keys, which links hold; the first is what the page opens with."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {group: tuple(scenario.key for scenario in scenarios) for group, scenarios in _GROUPED.items()}
)
"""The keys of the scenarios by what they are about."""
