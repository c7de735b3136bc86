"""Rules that choose their own learning rate: from the loss, from the last step, by trying, from the way travelled."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.declaration import (
    BETA1,
    BETA2,
    BLUE,
    FIRST_MOMENT,
    GREEN,
    ORANGE,
    RED,
    SECOND_MOMENT,
    VIOLET,
    Family,
    Optimizer,
    Sight,
    Training,
    epsilon,
    learning_rate,
)

_TRIAL = "rate = where(value(x - rate*g) <= loss - c*rate*size, rate, rate/2)\n"

RULES = (
    Optimizer(
        key="armijo",
        name="Armijo",
        family=Family.RATES,
        year=1966,
        authors="Armijo",
        source="Armijo 1966, doi:10.2140/pjm.1966.16.1",
        idea="Try a step and halve it until the loss falls by at least a share of what the slope promises. Each trial "
        "costs a loss and no gradient.",
        rule="rate: state = lr\n"
        "size = dot(g, g)\n"
        "rate = min(lr, 2*rate)\n" + 3 * _TRIAL + "fits = where(value(x - rate*g) <= loss - c*rate*size, 1, 0)\n"
        "x = x - fits*rate*g",
        hypers=(
            learning_rate(1.0, (1e-2, 100.0)),
            Hyper(
                "c",
                "c",
                1e-4,
                (0.0, 1.0),
                (1e-5, 0.5),
                "log",
                "The share of the promised decrease that is asked for; 0.5 in Armijo's paper.",
                label="Share of the decrease",
            ),
        ),
        color=RED,
        dash="dashdot",
        state={"rate": "rate that was tried last"},
        parent="sgd",
        fixes="Cauchy's descent leaves open how long a step should be; here the loss itself decides.",
        use="Smooth problems with exact losses; noise makes trials meaningless.",
        picture="Armijo begins every search at lr and halves without end. Here a step makes 4 trials at most, from 2 "
        "times the last rate; if none of them fits, the point stays and the next step goes on halving. The loss "
        "never rises.",
        suits=(Training.SMOOTH,),
    ),
    Optimizer(
        key="barzilai_borwein",
        name="Barzilai–Borwein",
        family=Family.RATES,
        year=1988,
        authors="Barzilai, Borwein",
        source="Barzilai & Borwein 1988, doi:10.1093/imanum/8.1.141",
        idea="The last step and the change of the gradient along it tell the curvature; its inverse is the next rate. "
        "It is Newton's step with a single number in place of the Hessian.",
        rule="s = x - x_old\n"
        "y = g - g_old\n"
        "rate = where((t - 1)*dot(y, y) > 0, abs(dot(s, y))/dot(y, y), lr)\n"
        "x_old = x\n"
        "g_old = g\n"
        "x = x - rate*g",
        hypers=(learning_rate(0.001),),
        color=ORANGE,
        dash="dashdot",
        state={"x_old": "point of the step before", "g_old": "gradient of the step before"},
        parent="newton",
        fixes="Newton's step needs the whole Hessian; two gradients already tell the curvature along the last step.",
        use="Smooth problems with exact gradients; noise drowns the difference of two gradients.",
        picture="Only the first step uses lr, unless the gradient stops changing. The loss rises at times and still "
        "falls much faster than that of plain descent. The absolute value is not in the paper: without it the rule "
        "would climb where the curvature is negative.",
        suits=(Training.SMOOTH,),
    ),
    Optimizer(
        key="polyak",
        name="Polyak step",
        family=Family.RATES,
        year=2020,
        venue=2021,
        authors="Loizou et al.",
        source="Loizou et al. 2021, AISTATS, arXiv:2002.10542; the step itself Polyak 1969, USSR Computational "
        "Mathematics and Mathematical Physics 9:14",
        idea="If it is known how low the loss can get, the height above that and the slope give the rate: the step "
        "that would reach the minimum on a straight slope, and no more than lr times the gradient.",
        rule="size = dot(g, g)\nx = x - where(size > 0, min((loss - f_min)/size, lr), 0)*g",
        hypers=(
            learning_rate(1.0, (1e-2, 100.0)),
            Hyper(
                "f_min",
                "f^*",
                0.0,
                (-1e6, 1e6),
                (-10.0, 1.0),
                "linear",
                "The lowest value of the loss, known or guessed.",
                label="Lowest loss",
            ),
        ),
        color=BLUE,
        dash="dashdot",
        parent="sgd",
        fixes="The best rate of plain descent depends on the distance to the minimum; the loss is a measure of it.",
        use="Models that can fit all their data, whose lowest loss is 0.",
        picture="On a parabola whose lowest loss is known every step halves the distance to the minimum, however "
        "steep it is, unless lr is less than the rate for that. A guess that is too high makes it climb wherever the "
        "loss is lower; with one that is too low it does not come to rest.",
        suits=(Training.SMOOTH,),
    ),
    Optimizer(
        key="dog",
        name="DoG",
        family=Family.RATES,
        year=2023,
        authors="Ivgi, Hinder, Carmon",
        source="Ivgi, Hinder & Carmon 2023, arXiv:2302.12022",
        idea="Distance over gradients: the rate is the largest distance from the start so far, divided by the root of "
        "all squared gradients so far.",
        rule="x0: state = x\n"
        "r = max(max(r, r_eps*(1 + global_norm(x0))), global_norm(x - x0))\n"
        "G = G + dot(g, g)\n"
        "x = x - lr*r/sqrt(G + eps)*g",
        hypers=(
            learning_rate(1.0, (1e-2, 2.0)),
            Hyper(
                "r_eps",
                r"r_\epsilon",
                1e-6,
                (0.0, 1.0),
                (1e-8, 1e-2),
                "log",
                "The first distance, as a share of 1 and the norm of the start together.",
                label="First distance",
            ),
            epsilon(1e-8),
        ),
        color=GREEN,
        dash="dashdot",
        state={"x0": "start of the run", "r": "largest distance from the start", "G": "sum of squared gradient norms"},
        parent="adagrad",
        fixes="AdaGrad's sum says how fast the rate should fall but not from what height; the way travelled so far "
        "does.",
        use="Fine-tuning without a search for the learning rate; the authors report the average of the points.",
        picture="It starts slowly, because the first distance is a guess on the safe side: the first step "
        "is 10⁻⁶ times 1 plus the norm of the start long, which from (−1.5, 2) is 3.5·10⁻⁶.",
        suits=(Training.CONVOLUTIONAL, Training.TRANSFORMERS),
    ),
    Optimizer(
        key="prodigy",
        name="Prodigy",
        family=Family.RATES,
        year=2023,
        authors="Mishchenko, Defazio",
        source="Mishchenko & Defazio 2023, arXiv:2306.06101",
        idea="Adam whose learning rate is an estimate d of the distance to the solution. The estimate only grows: "
        "gradients that still point away from the start say that it is too small.",
        rule="x0: state = x\n"
        "d: state = d0\n"
        "rate = lr*d\n"
        "m = beta1*m + (1 - beta1)*d*g\n"
        "v = beta2*v + (1 - beta2)*(d*g)**2\n"
        "r = sqrt(beta2)*r + d/d0*rate*dot(g, x0 - x)\n"
        "s = sqrt(beta2)*s + d/d0*rate*g\n"
        "d = where(sum(abs(s)) > 0, max(d, r/sum(abs(s))), d)\n"
        "x = x - rate*m/(sqrt(v) + d*eps)",
        hypers=(
            learning_rate(1.0, (1e-2, 100.0)),
            BETA1,
            BETA2,
            epsilon(1e-8),
            Hyper(
                "d0",
                "d_0",
                1e-6,
                (1e-12, 1.0),
                (1e-8, 1e-2),
                "log",
                "The first estimate of the distance; it should be too small.",
                label="First estimate",
            ),
        ),
        color=VIOLET,
        dash="dashdot",
        velocity="m",
        state={
            "x0": "start of the run",
            "d": "estimate of the distance",
            "m": FIRST_MOMENT,
            "v": SECOND_MOMENT,
            "r": "memory of how far the gradients reach back to the start",
            "s": "memory of gradients for the estimate",
        },
        sights={"v": Sight.SQUARE, "s": Sight.PUSH},
        parent="adam",
        fixes="Adam's learning rate has to be searched for; what gradients tell of the distance bounds it from below.",
        use="Fine-tuning, and wherever a search for the learning rate costs too much; lr stays at 1 or follows a "
        "schedule.",
        scaling="decaying mean of g²",
        momentum="decaying mean",
        picture="The first step is 3.16·d0 along each coordinate, because moments that start at zero are not "
        "corrected; then the estimate grows. On Rosenbrock's function from (−1.5, 2) it has grown to 0.272 after "
        "200 steps.",
        suits=(Training.TRANSFORMERS, Training.CONVOLUTIONAL),
    ),
)
