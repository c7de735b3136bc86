"""Questions as people really ask them, each with its answer and with what of this guide shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from core.engine.run import Run
from core.lessons.reference import matching


class Group(StrEnum):
    """What a question is about."""

    RATE = "Learning rate"
    CURVES = "Loss curves"
    MOMENTUM = "Momentum"
    ADAM = "Adam"
    OTHERS = "Other rules"
    SCHEDULES = "Schedules"
    DECAY = "Decay and clipping"
    DATA = "Batches and data"
    PYTORCH = "PyTorch and networks"


@dataclass(frozen=True)
class Race:
    """Runs beside each other, by the keys of their racers; a text that is no racer's key is a rule of one's own.

    In one variable they are shown on Foundations, in two on Optimizers. ``curve`` is what is drawn beside the landscape
    if it is not the loss.
    """

    runs: Mapping[str, Run] = field(hash=False)
    curve: str = ""


@dataclass(frozen=True)
class Card:
    """The card of the claim ``key``, or of the experiment ``key`` in ``section`` of ``page``, with its experiment on.

    ``settings`` of the experiment differ from its defaults.
    """

    key: str
    page: str = ""
    section: str = ""
    settings: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Question:
    """A question, its answer in two sentences, and what is ``shown`` of it; ``shows`` says what that is.

    ``first`` are the questions of the home page.
    """

    key: str
    group: Group
    text: str
    answer: str
    shows: str
    shown: Race | Card
    first: bool = False


@dataclass(frozen=True)
class _Words:
    """What a search looks through."""

    key: str
    group: str
    text: str
    answer: str
    shows: str


# The loss of a fit of 20 points: stats.stackexchange.com, question 432707.
_REPORTED = "(41678*x**2 + 1704*x*y + 20*y**2 - 228972*x - 5260*y + 347080)/20"
_CORNER = (-2.5, 2.0)
_VALLEY = (-1.5, 2.0)
_STEEP_BOWL = "0.05*x**2 + 5*y**2"
_AVERAGED = "beta: (0, 1) = 0.9\nv = beta*v + (1 - beta)*g\nx = x - lr*v"
_INSIDE = "beta: (0, 1) = 0.9\nv = beta*v + lr*g\nx = x - v"
_UNDER_ROOT = "gamma: (0, 1) = 0.99\neps: (0, 10) = 1\nv = gamma*v + (1 - gamma)*g**2\nx = x - lr*g/sqrt(v + eps)"
_MULTIPLIED = """\
beta1: (0, 1) = 0.9
beta2: (0, 1) = 0.999
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m*(1 - beta1**t)
v_hat = v*(1 - beta2**t)
x = x - lr*m_hat/(sqrt(v_hat) + 1e-8)"""
# Reddi, Kale & Kumar 2018, arXiv:1904.09237, section 3.
_BREAKING = "where(t == 1, 3*x, -x); t: (1, 3); x: (-1, 1)"
_FORGETFUL = {"lr": 0.01, "beta1": 0.0, "beta2": 0.1}
_DECAYED = {"gamma": 0.1, "period": 20}


def _rates(schedule: str, steps: int, lr: float, hypers: Mapping[str, float] = MappingProxyType({})) -> Race:
    """What a schedule does to the learning rate of gradient descent."""
    return Race({"sgd": Run("bowl", "sgd", _CORNER, steps, {"lr": lr}, schedule, dict(hypers))}, "Learning rate")


_ALL = (
    # --- Learning rate ---
    Question(
        key="nan_regression",
        group=Group.RATE,
        text="Why does the loss become NaN in plain linear regression?",
        answer="The learning rate is above 2/L, where L is the largest curvature of the loss: for the 20 points of "
        "this report that limit is 0.00048, and at 0.0005 every step overshoots by more than the one before, until the "
        "run is out of all bounds at step 328. At 0.0004 the loss falls from 17 354 to 1325 in 1000 steps, and with "
        "standardised features the limit would be 1.",
        shows="gradient descent at 0.0005 and at 0.0004",
        shown=Race(
            {
                "sgd": Run(_REPORTED, "sgd", (0.0, 0.0), 1000, {"lr": 0.0005}),
                "sgd2": Run(_REPORTED, "sgd", (0.0, 0.0), 1000, {"lr": 0.0004}),
            }
        ),
        first=True,
    ),
    Question(
        key="too_high",
        group=Group.RATE,
        text="How can I tell that my learning rate is too high?",
        answer="The weights jump from side to side, and what counts is whether the jumps shrink: where learning rate "
        "times curvature is 1.9, a run from 1 is 0.00515 away after 50 steps, and where it is 2.1, it is 117 away. "
        "Divide the rate by ten, and if the loss then falls, it was the rate.",
        shows="a rate of 2.1 on a curvature of 1",
        shown=Card("C025", settings={"rate": 2.1}),
    ),
    Question(
        key="stuck",
        group=Group.RATE,
        text="Does a learning rate that is too small get stuck in a local minimum?",
        answer="It gets to the same place as a larger one, only later. On this wavy curve 25 learning rates between "
        "0.01 and 0.25 all lead from 4 to the same minimum, at 4.34.",
        shows="25 learning rates from one start",
        shown=Card("X10", "foundations", "minima"),
    ),
    Question(
        key="stops_short",
        group=Group.RATE,
        text="Why does gradient descent stop before it reaches the minimum?",
        answer="A step is as short as the slope is small, and on this curve the slope vanishes at 0 on the way to "
        "the minimum at 2.25: from −0.5 at a rate of 0.012 gradient descent is still at −0.0401 after 200 "
        "steps. Momentum rolls through at the same rate and arrives.",
        shows="gradient descent and momentum at 0.012",
        shown=Race({key: Run("quartic", key, (-0.5,), 200, {"lr": 0.012}) for key in ("sgd", "momentum")}),
    ),
    Question(
        key="faster",
        group=Group.RATE,
        text="Is a larger learning rate always faster?",
        answer="Only as long as it does not overshoot: on ½x² a single step at a rate of 1 lands on the minimum, while "
        "1.9 needs 76 steps for a loss below 10⁻⁶, just as many as 0.1 does. From 2 on it never arrives.",
        shows="rates of 1 and 1.9 on ½x²",
        shown=Race(
            {
                "sgd": Run("parabola", "sgd", (-4.0,), 100, {"lr": 1.0}),
                "sgd2": Run("parabola", "sgd", (-4.0,), 100, {"lr": 1.9}),
            }
        ),
    ),
    Question(
        key="three_e4",
        group=Group.RATE,
        text="Is `3e-4` really the best learning rate for Adam?",
        answer="It is a place to begin a search, not the end of one. On the small network of this experiment AdamW has "
        "after 600 steps at 0.0003 a loss 31 times as high as at 0.01.",
        shows="AdamW on one network at many rates",
        shown=Card("C132"),
    ),
    Question(
        key="finder",
        group=Group.RATE,
        text="Which point of the learning rate finder's curve do I take?",
        answer="The one where the loss falls fastest, and only as a rough value: for AdamW it is 0.0142 here, where a "
        "sweep of constant rates finds 0.0178 to be best. The lowest point of the curve lies far too high, at 26 times "
        "the best rate.",
        shows="a range test beside a sweep",
        shown=Card("X63", "learning_rate", "choice"),
    ),
    Question(
        key="sum",
        group=Group.RATE,
        text="Do I have to change the learning rate when the loss is a sum instead of a mean?",
        answer="Yes, divide it by the number of samples: with the three points of the worked example the slope is "
        "−13.6 for the mean of the squares and −40.8 for their sum. The largest stable rate falls with it, from 0.18 "
        "to 0.0601.",
        shows="one line under four losses",
        shown=Card("C017"),
    ),
    # --- Loss curves ---
    Question(
        key="up_again",
        group=Group.CURVES,
        text="Why does my loss go up again long after it has converged?",
        answer="Adam divides by a fading memory of the gradients, so once they have been tiny for long, it divides by "
        "next to nothing: here the loss is down to 7·10⁻¹⁸⁵ at step 4025 and back at 0.72 at step 4417. AMSGrad, which "
        "keeps the largest average it has seen, stays down, and so does Adam where the rate decays to 0.",
        shows="Adam and AMSGrad over 5000 steps",
        shown=Race(
            {
                "adam": Run("(x**2 + 30*y**2)/2", "adam", (1.0, 1.0), 5000, {"lr": 0.3}),
                "amsgrad": Run("(x**2 + 30*y**2)/2", "amsgrad", (1.0, 1.0), 5000, {"lr": 0.3}),
            }
        ),
        first=True,
    ),
    Question(
        key="up_briefly",
        group=Group.CURVES,
        text="Why does the loss rise for a while and then fall again?",
        answer="With momentum the point runs past the minimum and up the other side: from −4 on ½x² it turns only at "
        "2.41. Nesterov's look-ahead brakes earlier and turns at 1.42.",
        shows="momentum and Nesterov on ½x²",
        shown=Race({key: Run("parabola", key, (-4.0,), 100, {"lr": 0.1}) for key in ("momentum", "nesterov")}),
    ),
    Question(
        key="crawls",
        group=Group.CURVES,
        text="Why does my loss fall quickly at first and then crawl?",
        answer="The loss is steep across a ravine and flat along it, so at 0.019 gradient descent jumps from wall to "
        "wall while it creeps along the floor, and after 200 steps its loss is still 0.0017. Momentum at 0.03 "
        "is below 0.001 after 32 steps, and standardised features can make the ravine round.",
        shows="gradient descent and momentum in a ravine",
        shown=Race(
            {
                "sgd": Run("ravine", "sgd", (-2.7, 0.83), 200, {"lr": 0.019}),
                "momentum": Run("ravine", "momentum", (-2.7, 0.83), 200, {"lr": 0.03, "beta": 0.7}),
            }
        ),
    ),
    Question(
        key="flat_start",
        group=Group.CURVES,
        text="Why does the loss not move at all at the beginning?",
        answer="The start may lie on ground so flat that every step is tiny: at a rate of 0.5 gradient descent needs "
        "443 steps to leave this plateau, momentum 73 and Adam, at a tenth of the rate, 49. A cosine schedule makes "
        "the wait longer, 463 steps for gradient descent.",
        shows="three rules on a plateau",
        shown=Card("X55", "learning_rate", "schedules"),
    ),
    Question(
        key="sudden_drop",
        group=Group.CURVES,
        text="Why does the loss stand still for ages and then suddenly drop?",
        answer="That is what a saddle looks like: the run leaves it only as a tiny offset grows, by a constant "
        "factor in each step. From a thousandth beside the ridge gradient descent needs 66 steps to a loss "
        "below −0.1, momentum 25 and Adam 7.",
        shows="three rules beside a saddle",
        shown=Race(
            {key: Run("saddle", key, (1.0, 0.001), 200, {"lr": 0.1}) for key in ("sgd", "momentum", "adam")},
        ),
    ),
    Question(
        key="zero_gradient",
        group=Group.CURVES,
        text="My gradient is zero: am I at a minimum?",
        answer="Not necessarily: from (1, 0) this run ends with a gradient of 7·10⁻¹⁰ at (0, 0), which is a saddle. "
        "The curvatures there, −1 and 1, tell you so, and so does a little noise: from (1, 0.001) the same "
        "run ends at a minimum.",
        shows="a run that ends on a saddle",
        shown=Race({"sgd": Run("saddle", "sgd", (1.0, 0.0), 200, {"lr": 0.1})}),
    ),
    Question(
        key="inf_nan",
        group=Group.CURVES,
        text="Why does my loss print inf first and NaN only later?",
        answer="The loss squares the weight and so overflows first: in float32 this run prints inf after 466 steps, "
        "and only after 926 is the weight NaN. It went wrong long before that, for after 37 steps the loss was 1000 "
        "times what it had been.",
        shows="a run that diverges in float32 and float16",
        shown=Card("X76", "pitfalls", "divergence"),
    ),
    Question(
        key="edge",
        group=Group.CURVES,
        text="My loss goes up and down but falls in the long run: should I lower the learning rate?",
        answer="With full batches nothing is wrong: at a rate of 0.1 the largest curvature of this network rises to "
        "the limit of 20 and stays about there, and 1375 of 4000 steps raise the loss. In the long run it "
        "falls all the same, to 0.00212.",
        shows="a network at the edge of stability",
        shown=Card("X11", "learning_rate"),
    ),
    # --- Momentum ---
    Question(
        key="inside",
        group=Group.MOMENTUM,
        text="Is the learning rate inside or outside the velocity?",
        answer="In PyTorch it is outside, v = βv + g and x = x − αv, while many books multiply the gradient by α "
        "inside v. At a constant rate both take the same path, but once the rate falls to a tenth after 20 steps, the "
        "next step is 0.0201 long with the rate outside and 0.0771 with it inside, where the velocity still holds the "
        "old rate.",
        shows="both forms under a step decay",
        shown=Race(
            {
                "momentum": Run("parabola", "momentum", (-4.0,), 60, {"lr": 0.1}, "step", _DECAYED),
                _INSIDE: Run("parabola", _INSIDE, (-4.0,), 60, {"lr": 0.1}, "step", _DECAYED),
            }
        ),
        first=True,
    ),
    Question(
        key="nesterov_form",
        group=Group.MOMENTUM,
        text="PyTorch's Nesterov differs from the paper: is that a bug?",
        answer="It is no bug: PyTorch stores the point at which the gradient is taken, so a coordinate that begins at "
        "1 is at 0.981 after its first step and at 0.99 in the other form. Shifted by βv, one path is the other to "
        "within rounding.",
        shows="four ways to write Nesterov's method",
        shown=Card("C085"),
    ),
    Question(
        key="nesterov_better",
        group=Group.MOMENTUM,
        text="Is Nesterov better than plain momentum?",
        answer="Not always: on a quadratic with a condition number of 100, each at its best settings, momentum needs "
        "93 steps, Nesterov 133 and gradient descent 691. Nesterov's strength is that it is proven to be fast on every "
        "smooth convex function, where momentum can go round in circles.",
        shows="their steps in one ravine",
        shown=Card("C047"),
    ),
    Question(
        key="ten_times",
        group=Group.MOMENTUM,
        text="Does a momentum of 0.9 make my learning rate ten times as large?",
        answer="On a steady slope it does: the first step is 0.01, the learning rate, and the steps grow to 0.1, which "
        "is α/(1 − β). With a dampening of 0.9 they stay at 0.01.",
        shows="momentum on a steady slope",
        shown=Card("C046"),
    ),
    Question(
        key="averaged",
        group=Group.MOMENTUM,
        text="Why is momentum hardly faster than gradient descent in my code?",
        answer="It is probably an average, v = βv + (1 − β)g, whose steps are a tenth as long at β = 0.9. At a rate of "
        "0.18 gradient descent needs 185 steps to a loss of 0.001 here, the average 159, and PyTorch's momentum, which "
        "is a sum, 69.",
        shows="two kinds of momentum, and none, at 0.18",
        shown=Race(
            {key: Run(_STEEP_BOWL, key, (-4.0, 1.5), 300, {"lr": 0.18}) for key in ("sgd", "momentum", _AVERAGED)}
        ),
    ),
    Question(
        key="higher_beta",
        group=Group.MOMENTUM,
        text="Is a momentum of 0.99 better than 0.9?",
        answer="Only where the curvatures differ far more than here: at a rate of 0.18 a momentum of 0.9 brings the "
        "loss to 3·10⁻¹³ in 300 steps, while with 0.99 it is at 0.93, because the point still swings. The best value "
        "grows with the condition number, and for the 100 of this bowl it is 0.67.",
        shows="a momentum of 0.9 and of 0.99",
        shown=Race(
            {
                "momentum": Run(_STEEP_BOWL, "momentum", (-4.0, 1.5), 300, {"lr": 0.18, "beta": 0.9}),
                "momentum2": Run(_STEEP_BOWL, "momentum", (-4.0, 1.5), 300, {"lr": 0.18, "beta": 0.99}),
            }
        ),
    ),
    Question(
        key="escapes",
        group=Group.MOMENTUM,
        text="Does momentum help to get out of a local minimum?",
        answer="It can carry the point over a low ridge: from 1.7 at a rate of 0.1 momentum ends in the lower well, at "
        "−1.05, gradient descent and Adam in the higher one, at 0.946. It does not know which is which, though: from "
        "−1.7 it is momentum that ends in the higher one.",
        shows="three rules between two wells",
        shown=Race(
            {key: Run("double_well", key, (1.7,), 200, {"lr": 0.1}) for key in ("sgd", "momentum", "adam")},
        ),
    ),
    Question(
        key="stable_rates",
        group=Group.MOMENTUM,
        text="Does momentum allow a larger learning rate?",
        answer="On a quadratic it does: at a curvature of 1 and β = 0.9 it is stable up to a rate of 3.8, where "
        "gradient descent stops at 2. Nesterov's form goes the other way and is stable only up to 1.36.",
        shows="the largest stable rate of both",
        shown=Card("X20", "techniques", "nesterov"),
    ),
    # --- Adam ---
    Question(
        key="slow_adam",
        group=Group.ADAM,
        text="Why does Adam move so slowly?",
        answer="Its steps are about as long as the learning rate, however steep the slope: at 0.0001 it gets in 1000 "
        "steps from 0 to 0.0989, and the minimum is at 2. At 0.01 it arrives.",
        shows="Adam at 0.0001 and at 0.01",
        shown=Race(
            {
                "adam": Run("(x - 2)**2", "adam", (0.0,), 1000, {"lr": 0.0001}),
                "adam2": Run("(x - 2)**2", "adam", (0.0,), 1000, {"lr": 0.01}),
            }
        ),
    ),
    Question(
        key="epsilon",
        group=Group.ADAM,
        text="What does Adam's epsilon do, and when does it matter?",
        answer="It keeps the division finite, and it matters once gradients are no larger than it is: at a gradient of "
        "10⁻⁸ the usual ε of 10⁻⁸ halves the first step. With ε = 0.0001 the same gradient would move a weight by a "
        "ten-thousandth of a step.",
        shows="a gradient of 10⁻⁸ and ε = 10⁻⁸",
        shown=Card("C058", settings={"gradient": 1e-8}),
    ),
    Question(
        key="own_adam",
        group=Group.ADAM,
        text="Why does the Adam that I wrote myself explode in its first steps?",
        answer="It may multiply by 1 − βᵗ where the paper divides: then the first step is 1 in each coordinate, ten "
        "times the learning rate of 0.1, and the loss jumps from 12.5 to 758. Adam's own first step is one learning "
        "rate long, and its loss falls to 7.72.",
        shows="that rule beside Adam",
        shown=Race({key: Run("rosenbrock", key, _VALLEY, 500, {"lr": 0.1}) for key in ("adam", _MULTIPLIED)}),
    ),
    Question(
        key="scaled_loss",
        group=Group.ADAM,
        text="Does it matter for Adam if I multiply the loss by 1000?",
        answer="Hardly: Adam divides by the size of the gradient, and in 2000 steps on Rosenbrock's function no "
        "point moves by as much as 10⁻⁸. Gradient descent survives 2 steps of that loss.",
        shows="Adam on a loss 1000 times as steep",
        shown=Card("C056"),
    ),
    Question(
        key="turned",
        group=Group.ADAM,
        text="Why is Adam slower after I rotated my features?",
        answer="It scales every coordinate by itself, which helps only where the ravine lies along the axes: at a rate "
        "of 0.01 Adam needs 305 steps there and 3306 where it is turned by 45°. Gradient descent needs 440 either way.",
        shows="Adam in a turned ravine",
        shown=Card("C054"),
    ),
    Question(
        key="wrong_point",
        group=Group.ADAM,
        text="Can Adam converge to the wrong point?",
        answer="Yes: where the gradient is 3 at every third step and −1 otherwise, the best point between −1 and 1 is "
        "−1, and Adam, which forgets the 3 too soon, ends at 0.997. AMSGrad ends at −0.997.",
        shows="Adam and AMSGrad on that line",
        shown=Race({key: Run(_BREAKING, key, (0.0,), 5000, _FORGETFUL) for key in ("adam", "amsgrad")}),
    ),
    Question(
        key="memory",
        group=Group.ADAM,
        text="How much more memory does Adam need than SGD?",
        answer="Two numbers per weight: for a billion weights in float32 that is 8 GB, where momentum and Lion keep 4 "
        "GB and plain gradient descent nothing. Weights and gradients take another 8 GB with any rule.",
        shows="the state of every rule",
        shown=Card("C064"),
    ),
    # --- Other rules ---
    Question(
        key="better",
        group=Group.OTHERS,
        text="Adam or SGD: which optimizer is better?",
        answer="A race is decided by the learning rate more than by the rule: on Rosenbrock's function Nesterov is "
        "ahead at 0.0008, RMSProp at 0.003 and Adam at 0.1. Tune the rate of each before you compare them.",
        shows="one race at four learning rates",
        shown=Card("C100"),
    ),
    Question(
        key="epsilon_inside",
        group=Group.OTHERS,
        text="Why do TensorFlow and PyTorch disagree about RMSProp with epsilon = 1?",
        answer="PyTorch adds ε outside the root and TensorFlow long added it inside, which at ε = 1 makes two rules: "
        "the first step along x is 0.2 and 0.243 here, and a loss of 0.001 takes 61 and 44 steps. For tiny gradients "
        "an ε inside the root acts like √ε outside it, so a value cannot simply be copied from one to the other.",
        shows="RMSProp with ε outside and inside the root",
        shown=Race(
            {
                "rmsprop": Run("bowl", "rmsprop", _CORNER, 200, {"lr": 0.1, "eps": 1.0}),
                _UNDER_ROOT: Run("bowl", _UNDER_ROOT, _CORNER, 200, {"lr": 0.1}),
            }
        ),
    ),
    Question(
        key="rmsprop_first",
        group=Group.OTHERS,
        text="Why is RMSProp's first step ten times the learning rate?",
        answer="It has no bias correction, so at γ = 0.99 its average begins at a hundredth of the squared gradient, "
        "and the first step is 10 learning rates long. At the lecture's γ = 0.9 it is 3.16, and Adam, which corrects "
        "its averages, begins with 1.",
        shows="the first step of several rules",
        shown=Card("C051"),
    ),
    Question(
        key="radam",
        group=Group.OTHERS,
        text="Why does RAdam blow up in its first steps?",
        answer="In its first 5 steps it does not divide by the size of the gradient, so they are as long as the slope "
        "is steep: on Rosenbrock's function at 0.02 it diverges at step 5. Adam at the same rate takes all 500 steps.",
        shows="RAdam and Adam at 0.02",
        shown=Race({key: Run("rosenbrock", key, _VALLEY, 500, {"lr": 0.02}) for key in ("radam", "adam")}),
    ),
    Question(
        key="lion",
        group=Group.OTHERS,
        text="Why does Lion keep jumping around the minimum?",
        answer="Every weight moves by exactly the learning rate, however small the gradient is: at 0.01 all steps of "
        "two weights are 0.0141 long, and in the end they swing by one learning rate to each side. Let the rate decay "
        "to 0, and the swing goes with it.",
        shows="how long Lion's steps are",
        shown=Card("C063"),
    ),
    Question(
        key="adagrad",
        group=Group.OTHERS,
        text="Why does AdaGrad learn less and less?",
        answer="It divides by the root of a sum of squares that never shrinks: with noise of size 1 an effective rate "
        "of 0.00444 after 500 steps is down to 0.00159 after 4000. Without noise the sum settles, and the rate with "
        "it, at 0.0316 here.",
        shows="AdaGrad's effective rate",
        shown=Card("C050"),
    ),
    # --- Schedules ---
    Question(
        key="one_cycle",
        group=Group.SCHEDULES,
        text="Why is the last OneCycle learning rate so small?",
        answer="It begins at the peak divided by 25 and ends at that divided by 10 000: with a peak of 0.01 over 50 "
        "steps the last three rates are 8.04·10⁻⁵, 2.02·10⁻⁵ and 4·10⁻⁸. So it is meant, and `final_div_factor` "
        "changes it.",
        shows="the learning rate of all 50 steps",
        shown=_rates("one_cycle", 50, 0.01, {"div_factor": 25, "final_div_factor": 10_000}),
        first=True,
    ),
    Question(
        key="cosine_rises",
        group=Group.SCHEDULES,
        text="Why does CosineAnnealingLR raise the learning rate again?",
        answer="It does not stay down after `T_max` steps but follows the cosine up again: of 100 steps at a peak of "
        "0.01 with `T_max` = 50, the rate is 0 at step 51 and back at 0.00999 at the last. Set `T_max` to the number "
        "of times the scheduler is stepped in the whole run.",
        shows="a cosine that is half as long as its run",
        shown=_rates("cosine", 100, 0.01, {"span": 0.5}),
    ),
    Question(
        key="restarts",
        group=Group.SCHEDULES,
        text="Why do warm restarts never reach `eta_min`?",
        answer="The restart comes one step before the bottom: with a period of 10, a peak of 0.1 and `eta_min` = "
        "3.2·10⁻⁶ the lowest rate is 0.00245. The longer the period, the closer it comes.",
        shows="five periods of 10 steps",
        shown=_rates("cosine_restarts", 50, 0.1, {"period": 10, "multiply": 1, "eta_min": 3.2e-5}),
    ),
    Question(
        key="patience",
        group=Group.SCHEDULES,
        text="Does patience = 2 in ReduceLROnPlateau mean two bad epochs?",
        answer="Two are forgiven, and the third lowers the rate. On a loss that never changes the rate is 0.1 for 4 "
        "epochs, the first of which sets the mark to beat, then 0.01 for 3 and 0.001 for 3.",
        shows="a patience of 2 on a loss that never changes",
        shown=Race(
            {"sgd": Run("0*x", "sgd", (1.0,), 10, {"lr": 0.1}, "plateau", {"gamma": 0.1, "patience": 2})},
            "Learning rate",
        ),
    ),
    Question(
        key="step_lr",
        group=Group.SCHEDULES,
        text="With StepLR(30), does the learning rate drop at epoch 30 or 31?",
        answer="It is the same epoch, number 30 if you count from 0 and number 31 if you count from 1. A rate of 0.05 "
        "holds for exactly 30 epochs, then it is 0.005 for 30 and 0.0005 for 30.",
        shows="the learning rate of 90 epochs",
        shown=_rates("step", 90, 0.05, {"gamma": 0.1, "period": 30}),
    ),
    Question(
        key="warm_up_zero",
        group=Group.SCHEDULES,
        text="Should the first warm-up step have a learning rate of 0?",
        answer="A step at a rate of 0 does nothing, so its batch is wasted. Counted from 1, the first of 100 warm-up "
        "steps has 10⁻⁵ where the peak is 0.001, and the hundredth has the peak.",
        shows="100 steps of warm-up",
        shown=_rates("inverse_sqrt", 500, 0.001, {"warmup": 100}),
    ),
    Question(
        key="warm_up_needed",
        group=Group.SCHEDULES,
        text="Do I really need a warm-up?",
        answer="It pays where the loss is most curved at the start: on ¼x⁴ from 5 the largest stable rate is 0.08 "
        "without one and 3.45 with 50 steps of it. On a parabola, whose curvature is the same everywhere, it "
        "makes no difference to the largest stable rate.",
        shows="the largest rate with and without",
        shown=Card("C029"),
    ),
    Question(
        key="by_epoch",
        group=Group.SCHEDULES,
        text="Why does my OneCycle learning rate hardly rise?",
        answer="It is probably stepped once an epoch instead of once a batch: in 100 epochs of 10 batches it then gets "
        "to 0.00281 instead of 0.01. `OneCycleLR` counts batches, and its `scheduler.step()` belongs into the inner "
        "loop.",
        shows="PyTorch's schedulers stepped in both ways",
        shown=Card("C028"),
    ),
    Question(
        key="adam_decay",
        group=Group.SCHEDULES,
        text="Does Adam need a learning rate schedule?",
        answer="Where gradients are noisy, yes, for at a constant rate Adam keeps jittering: with noise of size 2 its "
        "mean loss over the last 100 of 500 steps is 0.0935. With a cosine from the same rate of 0.1 to 0 it is "
        "0.0151.",
        shows="Adam with and without a cosine",
        shown=Race(
            {
                "adam": Run("bowl", "adam", _CORNER, 500, {"lr": 0.1}, noise=2.0),
                "adam2": Run("bowl", "adam", _CORNER, 500, {"lr": 0.1}, "cosine", noise=2.0),
            }
        ),
    ),
    # --- Decay and clipping ---
    Question(
        key="adam_or_adamw",
        group=Group.DECAY,
        text="Adam with `weight_decay` or AdamW: what is the difference?",
        answer="Adam divides the decay by the size of the gradient as it divides the gradient, AdamW does not. In 2000 "
        "steps at λ = 0.1 under gradients of ±100 Adam leaves 0.9998 of a weight, which is no decay at all, and AdamW "
        "0.82.",
        shows="a weight under either decay",
        shown=Card("C062"),
        first=True,
    ),
    Question(
        key="decay_times_rate",
        group=Group.DECAY,
        text="Is AdamW's weight decay multiplied by the learning rate?",
        answer="In PyTorch it is: at a rate of 0.01 and λ = 0.1 a weight without gradient keeps 0.999 of itself in a "
        "step and 0.905 in 100. In the paper only the schedule multiplies it, so that the same λ would keep 0.9 in a "
        "step.",
        shows="a weight that only decays",
        shown=Card("C060"),
    ),
    Question(
        key="pulled",
        group=Group.DECAY,
        text="Does weight decay move the minimum?",
        answer="Yes: at λ = 0.1, where the loss alone is lowest at 20, gradient descent with L2 ends at 18.2 and AdamW "
        "at 10. AdamW gets no further out than 1/λ, because its step is about one learning rate long while the decay "
        "grows with the weight.",
        shows="four rules with a minimum far out",
        shown=Card("X37", "optimizers", "adamw"),
    ),
    Question(
        key="decay_helps",
        group=Group.DECAY,
        text="Does weight decay always help?",
        answer="No: fitting 50 weights to 60 noisy points, λ = 0.1 lowers the error from 5.65 to 1.15, and without "
        "noise it raises it from 0 to 0.095. It keeps a model from fitting noise, and where there is no noise "
        "it only gets in the way.",
        shows="the error with and without decay",
        shown=Card("C138"),
    ),
    Question(
        key="norm_or_value",
        group=Group.DECAY,
        text="Should I clip gradients by norm or by value?",
        answer="By norm, if the direction is to stay: clipped at 1, the gradient (3, 0.4) becomes (0.991, 0.132) by "
        "norm and (1, 0.4) by value. The latter points 14.2° off.",
        shows="one gradient clipped in both ways",
        shown=Card("C091"),
    ),
    Question(
        key="clip_nan",
        group=Group.DECAY,
        text="Does gradient clipping get rid of NaN?",
        answer="By norm it even spreads it: of two entries one of which is NaN, both are NaN afterwards. Skip every "
        "step whose gradient is not finite, and look for the operation that made it so.",
        shows="what clipping does to a NaN",
        shown=Card("C089"),
    ),
    Question(
        key="clip_saves",
        group=Group.DECAY,
        text="Can gradient clipping save a run that diverges?",
        answer="Often: on Rosenbrock's function at 0.003 gradient descent diverges at step 6 and momentum at step 8, "
        "and with the norm clipped at 1 both take all 500 steps. It also makes them slow, for a clipped step "
        "of gradient descent is 0.003 long, and its loss at the end is still 3.97.",
        shows="gradient descent and momentum, clipped at 1",
        shown=Race(
            {key: Run("rosenbrock", key, _VALLEY, 500, {"lr": 0.003}, clip_norm=1.0) for key in ("sgd", "momentum")}
        ),
    ),
    Question(
        key="clip_adam",
        group=Group.DECAY,
        text="Does gradient clipping do anything with Adam?",
        answer="It does not shorten Adam's steps as such: with every gradient clipped at 0.1, the first one on "
        "Rosenbrock's function is still 0.1 in each coordinate, one learning rate. What it does is keep a single huge "
        "gradient from filling the averages for many steps to come.",
        shows="Adam with gradients clipped at 0.1",
        shown=Race({"adam": Run("rosenbrock", "adam", _VALLEY, 500, {"lr": 0.1}, clip_norm=0.1)}),
    ),
    # --- Batches and data ---
    Question(
        key="noisy",
        group=Group.DATA,
        text="Why is my loss curve so noisy?",
        answer="Each batch gives another gradient, and at a constant rate that noise never dies out: on ½x² with noise "
        "of size 1 the mean of x² settles at 0.0526 at a rate of 0.1. A tenth of the rate brings it down to 0.00497.",
        shows="how high noise holds a run",
        shown=Card("C041"),
    ),
    Question(
        key="batch_rate",
        group=Group.DATA,
        text="Do I have to change the learning rate when I change the batch size?",
        answer="Yes, the best of the rates tried here is 0.01 for batches of 4, 0.1 for 64 and 0.3 for 256. Each with "
        "its own rate, all batch sizes come within 0.57 points of each other, and with one rate for all they are 4.8 "
        "apart.",
        shows="four batch sizes, each with its own rate",
        shown=Card("C129"),
    ),
    Question(
        key="accumulation",
        group=Group.DATA,
        text="Is gradient accumulation the same as a larger batch?",
        answer="It is, to within rounding, if the parts are equal, each loss is divided by their number, and there is "
        "no BatchNorm. With BatchNorm the gradient here is 19 % off, because each part is normalised by itself.",
        shows="gathered gradients beside those of the whole",
        shown=Card("C080"),
    ),
    Question(
        key="undivided",
        group=Group.DATA,
        text="What if I forget to divide the loss by the accumulation steps?",
        answer="The gradient of 8 parts is then 8 times as long, which for gradient descent is a learning rate 8 times "
        "as large. Adam divides by the size of the gradient and hardly notices.",
        shows="the length of a gradient that is not divided",
        shown=Card("C079"),
    ),
    Question(
        key="noise_escapes",
        group=Group.DATA,
        text="Does the noise of SGD help to get out of a local minimum?",
        answer="If it is large enough: of 1000 runs from the higher of two minima, 95.7 % are in the lower one's basin "
        "after 5000 steps with noise of size 1, 1.7 % with 0.6, and none with 0.3. It leads out of the lower one too, "
        "in 2.2 % of as many runs.",
        shows="1000 runs with five sizes of noise",
        shown=Card("C039"),
    ),
    Question(
        key="full_batch",
        group=Group.DATA,
        text="Why is full-batch gradient descent so slow?",
        answer="One pass over the data buys it a single update: the best one leaves 1.1 % of the excess loss here, "
        "while the same pass over 1000 samples in batches of 10 leaves less than 0.01 %. After 20 passes it is ahead, "
        "since no noise holds it up.",
        shows="one pass, spent in four ways",
        shown=Card("C035"),
    ),
    Question(
        key="normalise",
        group=Group.DATA,
        text="Do I have to normalise my features?",
        answer="For gradient descent on a linear model you do: with house areas and numbers of bedrooms as they are it "
        "would take 3.2·10⁸ steps, and standardised it takes 3. What counts is the condition number, which falls from "
        "10⁸ to 1.17.",
        shows="house prices in five scalings",
        shown=Card("C071"),
    ),
    # --- PyTorch and networks ---
    Question(
        key="zero_grad",
        group=Group.PYTORCH,
        text="What happens if I forget `optimizer.zero_grad()`?",
        answer="Gradients add up: after 3 backward passes over one batch there is 3 times its gradient. On a parabola "
        "from 1 the run then never settles and still swings out to 1.01, where with the line it is 0.00515 away after "
        "50 steps.",
        shows="a training loop without that line",
        shown=Card("C107"),
        first=True,
    ),
    Question(
        key="schedulers",
        group=Group.PYTORCH,
        text="Why did my learning rate change as soon as I built the schedulers?",
        answer="A scheduler sets the first rate of its own when it is built, so several on one optimizer overwrite "
        "each other: AdamW given 0.0003 stands at 0.0004 before the first step. One-cycle has even moved its β₁ to "
        "0.95.",
        shows="schedulers that share an optimizer",
        shown=Card("C106"),
    ),
    Question(
        key="unscale",
        group=Group.PYTORCH,
        text="Does `clip_grad_norm_` come before or after `scaler.unscale_`?",
        answer="After it: with a scale of 65 536 a gradient of norm 1.28 looks 83 886 long, and clipped at 1 before it "
        "is unscaled, 1.53·10⁻⁵ of it is left. Unscaled first, it is clipped to 1, as was meant.",
        shows="a gradient clipped before and after",
        shown=Card("C111"),
    ),
    Question(
        key="float16",
        group=Group.PYTORCH,
        text="Why are my gradients exactly 0 in float16?",
        answer="Whatever is below 3·10⁻⁸ is rounded to 0 there: a gradient of 2·10⁻⁸ is lost, while bfloat16 keeps it. "
        "Multiplied by 65 536 on the way and divided again afterwards, it is 2·10⁻⁸ in float16 too.",
        shows="a gradient of 2·10⁻⁸ in 16 bits",
        shown=Card("X65", "techniques", "formats"),
    ),
    Question(
        key="cyclic",
        group=Group.PYTORCH,
        text="Why does CyclicLR complain about momentum?",
        answer="It moves the momentum too, from 0.9 at the lowest rate to 0.8 at the highest, and refuses an optimizer "
        "that has none, such as Adagrad. Build it with `cycle_momentum=False`.",
        shows="what it does to rate and momentum",
        shown=Card("C030"),
    ),
    Question(
        key="zero_weights",
        group=Group.PYTORCH,
        text="Can I start with all weights at zero?",
        answer="The biases can, the weights of hidden units cannot: units that start equal get equal gradients, so "
        "16 of them remain copies of 1 for ever. After 2000 steps that network still has a loss of 1.62, the "
        "one with random weights 0.00425.",
        shows="a network started in three ways",
        shown=Card("C011"),
    ),
    Question(
        key="first_layers",
        group=Group.PYTORCH,
        text="Why do the first layers of my deep network not learn?",
        answer="With sigmoid units every layer shrinks the gradient on its way back: through 30 of them the first gets "
        "2·10⁻¹⁹ of what the last one gets. With tanh and Xavier's weights it is 1.21 times as much, and with ReLU and "
        "He's 0.649.",
        shows="the gradient layer by layer",
        shown=Card("C117"),
    ),
)

QUESTIONS: Mapping[str, Question] = MappingProxyType({question.key: question for question in _ALL})


def found(text: str) -> list[Question]:
    """The questions in whose words, or in whose answers', every word of ``text`` occurs; all of them for no word."""
    rows = [_Words(one.key, one.group, one.text, one.answer, one.shows) for one in QUESTIONS.values()]
    return [QUESTIONS[row.key] for row in matching(rows, text)]
