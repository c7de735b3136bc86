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
            idea="",
        ),
        replace(RACES["one_rate"], key="one-rate", title="One rate for all"),
        replace(RACES["basins"], key="basins"),
        _asked(
            "escapes",
            "wrong-well",
            "The wrong well, and a way out",
            "",
        ),
        Scenario(
            "ladder",
            "From gradient descent to Lion",
            "",
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
        replace(RACES["too_fast"], key="too-fast"),
        Scenario(
            "above-limit",
            "2/L plus one per cent",
            "",
            "ravine",
            {"sgd": {"lr": 0.0202}},
            200,
        ),
        Scenario(
            "below-limit",
            "2/L minus one per cent",
            "",
            "ravine",
            {"sgd": {"lr": 0.0198}},
            200,
        ),
        replace(DESCENTS["tenfold"], key="uphill", title="Each step twice as far away"),
        replace(DESCENTS["bounce"], key="two-places", title="Hopping between two places"),
        replace(CASES["chaos"], key="chaos", title="Chaos at 0.14"),
        Scenario(
            "clipping",
            "Clipping saves two runs",
            "",
            "rosenbrock",
            {rule: {"lr": 0.003} for rule in ("sgd", "momentum", _CLIPPED, _CLIPPED_MOMENTUM)},
            5000,
        ),
        _asked(
            "averaged",
            "two-momentums",
            "Momentum as sum and as average",
            "",
        ),
    ),
    Group.STUCK: (
        replace(DESCENTS["stall"], key="never-arrives"),
        replace(DESCENTS["through"], key="rolls-through", title="Two rules roll through"),
        Scenario(
            "plateau",
            "Waiting on a plateau",
            "",
            "plateau",
            {"sgd": {"lr": 0.5}, "momentum": {"lr": 0.5}, "adam": {"lr": 0.05}},
            500,
        ),
        Scenario(
            "late-saddle",
            "A saddle that is left late",
            "",
            "saddle",
            {rule: {"lr": 0.1} for rule in ("sgd", "momentum", "adam")},
            200,
            (1.0, 1e-6),
        ),
        Scenario(
            "newton-saddle",
            "Newton climbs to a saddle",
            "",
            "himmelblau",
            {"newton": {}, "newton2": {"damping": 50.0}, "sgd": {"lr": 0.01}},
            50,
            (1.0, 2.8),
        ),
        Scenario(
            "bottomless",
            "Over the edge with momentum",
            "",
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
                "",
            )
        ),
        Scenario("straight", "A ravine along the axes", "", _STRAIGHT, _RAVINE_RULES, 400, _STRAIGHT_START),
        Scenario("turned", "The same ravine, turned", "", _TURNED, _RAVINE_RULES, 400, _TURNED_START),
        Scenario(
            "rmsprop-first",
            "RMSProp's first step",
            "",
            "bowl",
            {"rmsprop": {"lr": 0.15}, "rmsprop2": {"lr": 0.15, "gamma": 0.9}, "adam": {"lr": 0.15}},
            60,
        ),
        Scenario(
            "nadam-first",
            "NAdam's first step",
            "",
            "bowl",
            {"adam": {"lr": 0.5}, "nadam": {"lr": 0.5}},
            60,
        ),
        _asked(
            "radam",
            "radam",
            "RAdam explodes at once",
            "",
        ),
        Scenario(
            "two-decays",
            "Adam with L2 is not AdamW",
            "",
            "(x - 3)**2/2 + 5*(y - 1.5)**2",
            {"adam": {"lr": 0.1}, _COUPLED: {"lr": 0.1}, "adamw": {"lr": 0.1, "weight_decay": 1.0}},
            300,
            (0.5, -2.0),
        ),
        Scenario(
            "lion",
            "Lion circles",
            "",
            "bowl",
            {"lion": {"lr": 0.5}, "lion2": {"lr": 0.5}},
            100,
            own={"lion2": _COSINE},
        ),
        _asked(
            "wrong_point",
            "breaking-adam",
            "Adam walks to the wrong end",
            "",
        ),
    ),
    Group.NOISE: (
        Scenario(
            "noise-floor",
            "The noise floor at two rates",
            "",
            "bowl",
            {"sgd": {"lr": 0.2}, "sgd2": {"lr": 0.02}},
            1000,
            given={"noise": 2.0},
        ),
        Scenario(
            "schedules",
            "Three schedules under noise",
            "",
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
            "",
        ),
        Scenario(
            "starved",
            "AdaGrad starved by noise",
            "",
            "bowl",
            {"adagrad": {"lr": 0.02}, "rmsprop": {"lr": 0.02}},
            3000,
            given={"noise": 5.0},
        ),
        Scenario(
            "noisy-saddle",
            "Noise finds the way off a saddle",
            "",
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
            "",
            "parabola",
            {"polyak": {}, "sgd": {"lr": 0.1}},
            30,
        ),
        Scenario(
            "box",
            "A minimum outside the box",
            "",
            "(1 - x)**2 + 100*(y - x**2)**2; x: (-2, 0.5); y: (-1, 3)",
            {"sgd": {"lr": 0.0008}, "momentum": {"lr": 0.0008}, "adam": {"lr": 0.1}},
            1000,
            (-1.5, 2.0),
        ),
        Scenario(
            "undefined",
            "A step out of the logarithm",
            "",
            "x + y - log(9 - x**2 - y**2)",
            {"sgd": {"lr": 0.1}, "sgd2": {"lr": 1.5}, "armijo": {"lr": 1.5}},
            100,
            (0.5, 2.0),
        ),
        Scenario(
            "three-places",
            "Momentum that circles for ever",
            "",
            _THREE_PIECES,
            {"momentum": {"lr": 1 / 9, "beta": 4 / 9}, "sgd": {"lr": 0.04}, "nesterov": {"lr": 0.04, "beta": 4 / 9}},
            60,
            (3.3,),
        ),
        Scenario(
            "sam",
            "SAM drifts to the flat end",
            "",
            "hyperbola_valley",
            {"sgd": {"lr": 0.01}, "sam": {"lr": 0.01, "rho": 0.1}, "sam2": {"lr": 0.01, "rho": 0.2}},
            5000,
        ),
        Scenario(
            "curvature",
            "Curvature from gradients alone",
            "",
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
