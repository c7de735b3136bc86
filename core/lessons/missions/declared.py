"""The missions, each with a par, three hints and runs that solve it."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.engine.scenarios import Scenario
from core.lessons.gallery import GALLERY
from core.lessons.missions import goals
from core.lessons.missions.goals import arrive, end
from core.lessons.missions.mission import Mission

LEVELS: Mapping[int, str] = MappingProxyType({1: "One setting", 2: "Several at once", 3: "Invention"})
"""What the levels ask for, by their numbers."""

_EXACT = ("noise", "clip_norm")
_GIVEN = ("objective", "start", "steps", *_EXACT)
_FALLING = "(1 - t/(T + 1))"
_ADAM = """\
# Edited Adam
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
eps: (0, 1) = 1e-8
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
x = x - lr*m_hat/(sqrt(v_hat) + eps)"""
# The Hessian along the gradient and across it, from two more gradients, and Newton's step in these directions.
_DIFFERENCES = """\
# Newton by differences
h: (1e-12, 1) = 1e-6
u = g/norm(g)
a = (grad(x + h*u) - g)/h
q = a - dot(a, u)*u
w = q/norm(q)
b = (grad(x + h*w) - g)/h
p = dot(u, a)
r = dot(w, a)
s = dot(w, b)
x = x - lr*dot(u, g)/(p*s - r**2)*(s*u - r*w)"""


def _scenario(objective: str, rules: Mapping[str, Mapping[str, float]], steps: int = 500, **more: Any) -> Scenario:
    """Runs that a mission begins with; what is to be thought of them, its text says."""
    return Scenario("begin", "", "", objective, rules, steps, **more)


_MINIMA = GALLERY["basins"]
_WRONG = {
    "sgd": {"lr": 0.12},
    "momentum": {"lr": 0.02, "beta": 0.999},
    "adamw": {"lr": 0.3, "weight_decay": 1.0},
    "lion": {"lr": 0.3},
    "polyak": {"f_min": 1.0},
}
_FIVE = _scenario("booth", _WRONG)

_ALL = (
    Mission(
        "one-rate",
        1,
        """\
Descent beats Adam
Find a learning rate, the same for both, at which gradient descent ends lower in the ravine than Adam, and at a \
loss of at most {limit}.
Adam's steps hardly depend on how steep it is; those of gradient descent do.
Gradient descent is thrown out at rates above 2/L, where L is the largest curvature.
L is 100 here, so 2/L is 0.02. Stay just below.""",
        _scenario("ravine", {"sgd": {"lr": 0.05}, "adam": {"lr": 0.05}}, 200),
        goals.duel(0.01),
        {"rules": {"sgd": {"lr": 0.0195}, "adam": {"lr": 0.0195}}},
        (*_GIVEN, "schedule"),
        rules=("sgd", "adam"),
    ),
    Mission(
        "through",
        1,
        """\
Through the flat place
Get from −0.5 over the flat place at 0 to a loss within {within} of the minimum, in at most {limit} gradient \
evaluations and at a rate of at most {rate}.
Where the slope vanishes, a step as long as the slope does too.
Something must carry the run on while the slope is next to nothing.
Momentum does, at a rate a little above 0.03.""",
        _scenario("quartic", {"sgd": {"lr": 0.012}}),
        arrive(40, 1e-3),
        {"rules": {"momentum": {"lr": 0.034}}},
        rates=(0.0, 0.05),
    ),
    Mission(
        "saddle",
        1,
        """\
Leave the saddle
The start is a millionth beside the line that leads into the saddle. Without noise and at a rate of at most {rate}, \
reach a loss within {within} of the minimum in at most {limit} gradient evaluations.
Near the line the slope away from it is tiny, and so are steps in proportion to it.
There are rules whose steps do not depend on the size of the slope.
Adam's first step is as long in y as in x. Rprop and RMSProp are faster still.""",
        _scenario("saddle", {"sgd": {"lr": 0.1}}, 200, start=(1.0, 1e-6)),
        arrive(20, 1e-3),
        {"rules": {"adam": {"lr": 0.1}}},
        rates=(0.0, 0.1),
    ),
    Mission(
        "other-well",
        1,
        """\
Into the lower well
With gradient descent alone, reach a loss within {within} of the lower well's in at most {limit} gradient evaluations.
A small step cannot cross the ridge between the two wells.
The wall on the right is steep, so the first step from it is the longest.
At a rate of about 0.6 that step lands beyond the ridge.""",
        _scenario("double_well", {"sgd": {"lr": 0.1}}, 200),
        arrive(40, 1e-3),
        {"rules": {"sgd": {"lr": 0.6}}},
        rules=("sgd",),
    ),
    Mission(
        "newton",
        1,
        """\
Newton goes down
Newton's step climbs to a saddle here. Change its damping so that it reaches a loss of {within} in at most {limit} \
gradient evaluations.
Where the curvature is negative, Newton's step leads uphill.
Damping is added to every curvature; enough of it makes all of them positive.
Go beyond the slider: try 20, 30, 50.""",
        _scenario("himmelblau", {"newton": {}}, 50, start=(1.0, 2.8)),
        arrive(40, 1e-6),
        {"rules": {"newton": {"damping": 30.0}}},
        (*_GIVEN, "schedule"),
        rules=("newton",),
    ),
    Mission(
        "quiet",
        1,
        """\
Quiet under noise
Under noise of size {noise}, have gradient descent end with a loss of at most {limit}, on average over its last {last} \
points.
A constant rate keeps shaking, and the more so the larger it is.
A lower rate shakes less and arrives later; a schedule can have both.
Choose the cosine, and a rate well below 0.2.""",
        _scenario("bowl", {"sgd": {"lr": 0.2}}, 300, given={"noise": 2.0}),
        end(0.05, 30),
        {"rules": {"sgd": {"lr": 0.02}}, "own": {"sgd": {"schedule": "cosine"}}},
        (*_GIVEN, "seed"),
        rules=("sgd",),
    ),
    Mission(
        "beale",
        2,
        """\
Beale in 30
From (1, 1), reach a loss of {within} on Beale's function in at most {limit} gradient evaluations.
The curvature changes so much on the way that one fixed rate is either too small or too large.
Some rules choose a rate for every step.
Barzilai–Borwein does, from two gradients. Its first step uses the rate that is set: try some below 0.1.""",
        _scenario("beale", {rule: {"lr": 0.001} for rule in ("sgd", "momentum", "adam")}),
        arrive(30, 1e-8),
        {"rules": {"barzilai_borwein": {"lr": 0.0665}}},
    ),
    Mission(
        "clipped",
        2,
        """\
Fast and in one piece
Gradient descent diverges on Rosenbrock's function at a rate of {rate}. At that rate or a higher one, and a constant \
one, end at a loss of at most {limit}.
It is the very long gradients that throw the run out.
Under “Noise and clipping” gradients can be cut to a length.
Cut them to 1 or less; the shorter the steps, the higher the rate may be.""",
        _scenario("rosenbrock", {"sgd": {"lr": 0.003}}, 5000),
        end(0.002),
        {"rules": {"sgd": {"lr": 0.005}}, "given": {"clip_norm": 0.3}},
        ("objective", "start", "steps", "noise", "schedule"),
        rules=("sgd",),
        rates=(0.003, math.inf),
    ),
    Mission(
        "lion",
        2,
        """\
Lion at rest
Lion's steps are all equally long, so it circles. Bring it to a loss of at most {limit} at the end.
It can settle only if its rate falls.
The rate must fall to next to nothing, and yet the steps must add up to the whole way.
An exponential fall from 0.5 does both if each rate is about nine tenths of the one before.""",
        _scenario("bowl", {"lion": {"lr": 0.5}}, 100),
        end(1e-8),
        {"own": {"lion": {"schedule": "exponential", "schedule_hypers": {"gamma": 0.9}}}},
        _GIVEN,
        rules=("lion",),
    ),
    Mission(
        "four-minima",
        2,
        """\
One start, all the minima
Himmelblau's function has {minima} minima. Find one start from which the rules of one race end in all of them, each \
within {near} of its own.
A start between the minima leaves the choice to the rule.
Momentum carries a run past the nearest minimum, and the more memory it has, the farther.
Race momentum twice, with memories of 0.9 and 0.95, beside gradient descent and RMSProp, from (1, −0.7).""",
        _scenario(_MINIMA.objective, _MINIMA.rules, _MINIMA.steps, start=_MINIMA.start),
        goals.all_minima(_MINIMA),
        {
            "rules": {rule: {"lr": 0.015} for rule in ("sgd", "momentum")}
            | {"momentum2": {"lr": 0.015, "beta": 0.95}, "rmsprop": {"lr": 0.05}},
            "start": (1.0, -0.7),
        },
        ("objective", "steps", *_EXACT),
    ),
    Mission(
        "ridge",
        2,
        """\
Off the ridge by yourself
From (1, 0) every shipped rule ends in the saddle, for the slope along y is exactly 0. Without noise, reach a loss \
within {within} of the minimum in at most {limit} gradient evaluations.
What multiplies a slope of 0 stays 0. Something must be added.
Write a rule of your own that adds a push, and let the push die out.
1/t dies out: take the step along g + 1/t.""",
        _scenario("saddle", {"sgd": {"lr": 0.1}}, 200, start=(1.0, 0.0)),
        arrive(60, 1e-3),
        {"rules": {"sgd": {"lr": 0.1}, "# Pushed\nx = x - lr*(g + 1/t)": {"lr": 0.1}}},
    ),
    Mission(
        "thrice",
        3,
        """\
Beat Adam on three landscapes
With one rule of your own and one set of numbers, be lower after {gradients} gradients than Adam at the best of \
{rates} rates: on {landscapes}, each from its own start. The race shows the first; the verdict runs all.
A tuned rate is a compromise between getting there and coming to rest.
A rule knows the step t and the number of steps T, so it can begin at a high rate and let it fall.
Multiply Adam's step by 1 − t/(T + 1), raise its rate beyond 1, and shorten both memories.""",
        _scenario("rosenbrock", {"adam": {"lr": 0.9}, _ADAM: {"lr": 0.9}}, 100),
        goals.beat_everywhere(("rosenbrock", "three_hump_camel", "goldstein_price"), 100),
        {
            "rules": {
                "adam": {"lr": 0.9},
                _ADAM.replace("lr*", f"lr*{_FALLING}*"): {"lr": 2.4, "beta1": 0.8, "beta2": 0.95},
            }
        },
        (*_GIVEN, "schedule"),
        locks=(goals.OWN,),
    ),
    Mission(
        "exact",
        3,
        """\
Exactly on Rosenbrock's minimum
Come within a distance of {within} of the minimum in at most {limit} gradient evaluations, without a Hessian. The \
fewer, the better.
Newton's method takes seven steps, but each asks for a Hessian.
In two dimensions a Hessian is known from how the gradient changes in two directions.
Ask for two more gradients a step, a millionth along the gradient and a millionth across it; in these two directions \
solve for Newton's step.""",
        _scenario("rosenbrock", {"barzilai_borwein": {"lr": 0.001}}),
        arrive(30, 1e-8, exactly=True),
        {"rules": {"barzilai_borwein": {"lr": 0.001}, _DIFFERENCES: {"lr": 1.0}}},
        locks=(goals.NO_HESSIAN,),
    ),
    Mission(
        "schedule",
        3,
        """\
The schedule that ends lowest
On the parabola, under noise of size {noise}, choose a rate and a schedule for gradient descent so that the expected \
loss at the end is at most {limit}. It is computed exactly, so no lucky seed helps.
The best rates are those that average all gradients seen so far with equal weights.
The average of t numbers takes up the newest of them with a weight of 1/t.
Write a schedule of your own, 1/t, and begin at the rate that reaches the minimum in one step.""",
        _scenario("parabola", {"sgd": {"lr": 0.2}}, 300, given={"noise": 2.0}),
        goals.settle(0.0075),
        {"rules": {"sgd": {"lr": 1.0}}, "own": {"sgd": {"schedule": "factor = 1/t"}}},
        _GIVEN,
        rules=("sgd",),
    ),
    Mission(
        "amsgrad",
        3,
        """\
Break AMSGrad
AMSGrad was made for functions like this one, on which Adam walks to the wrong end. Change numbers of the function or \
the rate so that AMSGrad, too, is on average within {limit} of the wrong end, x = {end}, in the second half of the run.
What protects AMSGrad is proved for rates that fall like 1/√t. This rate is constant.
The rarer the gradient that points the right way, the longer the others push the wrong way.
Let it come once in 181 steps, only just large enough, and take a rate far beyond the slider.""",
        _scenario(
            GALLERY["breaking-adam"].objective, {rule: {"lr": 0.01} for rule in ("adam", "amsgrad")}, 1500, start=(0.0,)
        ),
        goals.mislead(0.5, 1.0),
        {"objective": "where(t == 1, 199*x, -x); t: (1, 181); x: (-1, 1)", "rules": {"amsgrad": {"lr": 3.0}}},
        ("start", "steps", "schedule", *_EXACT),
        rules=("amsgrad",),
        locks=(goals.declared("beta1", "beta2"), goals.LINEAR),
    ),
    Mission(
        "five",
        3,
        """\
Five runs, five pitfalls
None of these {runs} runs arrives, each for a reason of its own. Change one setting of each, and no more, so that all \
of them end at a loss of at most {limit}.
One is too fast, one remembers too much, one is pulled to 0, one cannot stop, and one believes something false.
The largest curvature is 18. A rule of signs needs a schedule. The lowest loss is 0.
Change the rate of gradient descent, momentum's memory, AdamW's decay, Lion's schedule and the Polyak step's guess.""",
        _FIVE,
        goals.repair(_FIVE, 1e-3),
        {
            "rules": _WRONG
            | {"sgd": {"lr": 0.1}, "momentum": {"lr": 0.02}, "adamw": {"lr": 0.3, "weight_decay": 0.0}, "polyak": {}},
            "own": {"lion": {"schedule": "cosine"}},
        },
        _GIVEN,
    ),
)

MISSIONS: Mapping[str, Mission] = MappingProxyType({mission.key: mission for mission in _ALL})
"""All missions by their keys, which links hold, the first ones first."""
