"""Rules that ask for more than the gradient at the point: elsewhere, at an average, or for the curvature."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.declaration import (
    BETA,
    BETA2,
    CYAN,
    GREEN,
    PINK,
    RED,
    SECOND_MOMENT,
    VIOLET,
    Family,
    Optimizer,
    Sight,
    Training,
    decoupled_decay,
    epsilon,
    learning_rate,
    memory,
)

_CLOSENESS = "Closeness to the average"

RULES = (
    Optimizer(
        key="sam",
        name="SAM",
        family=Family.BEYOND,
        year=2020,
        venue=2021,
        authors="Foret, Kleiner, Mobahi, Neyshabur",
        source="Foret et al. 2021, arXiv:2010.01412",
        idea="First look a distance rho uphill and use the gradient there, which steers towards flat regions. Each "
        "step costs two gradients.",
        rule="x = x - lr*grad(x + rho*g/(global_norm(g) + 1e-12))",
        hypers=(
            learning_rate(0.001),
            Hyper(
                "rho",
                r"\rho",
                0.05,
                (0.0, 1e3),
                (0.0, 1.0),
                "linear",
                "How far uphill the gradient is taken.",
                label="Radius",
            ),
        ),
        color=RED,
        dash="dash",
        parent="sgd",
        fixes="Gradient descent leaves only minima whose curvature is above 2/lr; among the others it does not look "
        "for the flat ones.",
        use="Vision and fine-tuning, where twice the gradients per step are affordable.",
        picture="It does not come to rest: on ½x² at lr 0.1 and rho 0.5 it ends by jumping between ±0.0263. Along a "
        "valley of equal minima it drifts towards the flat part.",
        suits=(Training.CONVOLUTIONAL,),
    ),
    Optimizer(
        key="schedule_free",
        name="Schedule-Free",
        family=Family.BEYOND,
        year=2024,
        authors="Defazio et al.",
        source="Defazio et al. 2024, arXiv:2405.15682",
        idea="Gradient descent on a fast sequence, evaluated at its running average: the average replaces a decaying "
        "schedule. The gradient is taken between the two.",
        rule="z: state = x\ny = (1 - beta)*z + beta*x\nz = z - lr*grad(y)\nx = (1 - 1/t)*x + z/t",
        hypers=(
            learning_rate(0.01),
            memory("beta", r"\beta", 0.9, "How close to the average the gradient is taken.", label=_CLOSENESS),
        ),
        color=GREEN,
        dash="dash",
        state={"z": "fast iterate: plain gradient descent"},
        parent="sgd",
        fixes="A decaying learning rate needs to know when training ends; an average does not.",
        use="Training without a fixed end.",
        momentum="averaging",
        picture="The path shows the average, in which each of t points weighs 1/t; without noise it lags behind "
        "gradient descent at the same lr.",
        suits=(Training.OPEN_ENDED,),
    ),
    Optimizer(
        key="adamw_schedule_free",
        name="Schedule-Free AdamW",
        family=Family.BEYOND,
        year=2024,
        authors="Defazio et al.",
        source="Defazio et al. 2024, arXiv:2405.15682",
        idea="Schedule-Free with Adam's denominator: the fast sequence divides by the recent size of the gradients, "
        "and the average does the work of momentum and of a decaying schedule.",
        rule="z: state = x\n"
        "y = (1 - beta1)*z + beta1*x\n"
        "d = grad(y)\n"
        "v = beta2*v + (1 - beta2)*d**2\n"
        "z = z - lr*(d/(sqrt(v/(1 - beta2**t)) + eps) + weight_decay*y)\n"
        "x = (1 - 1/t)*x + z/t",
        hypers=(
            learning_rate(0.0025),
            memory("beta1", r"\beta_1", 0.9, "How close to the average the gradient is taken.", label=_CLOSENESS),
            BETA2,
            epsilon(1e-8),
            decoupled_decay(0.0),
        ),
        color=VIOLET,
        dash="dash",
        state={"z": "fast iterate: descent with Adam's denominator", "v": SECOND_MOMENT},
        sights={"d": Sight.PUSH, "v": Sight.SQUARE},
        parent="schedule_free",
        fixes="Schedule-Free descent has one learning rate for all weights.",
        use="Transformers and other networks that AdamW trains, without a fixed end.",
        scaling="decaying mean of g²",
        momentum="averaging",
        picture="The first step is lr along each coordinate, as Adam's. The path shows the average, in which each of t "
        "points weighs 1/t; the authors' code gives points after a warm-up more weight.",
        suits=(Training.OPEN_ENDED, Training.TRANSFORMERS),
    ),
    Optimizer(
        key="lookahead",
        name="Lookahead",
        family=Family.BEYOND,
        year=2019,
        authors="Zhang, Lucas, Hinton, Ba",
        source="Zhang, Lucas, Hinton & Ba 2019, arXiv:1907.08610",
        idea="Slow weights wait while a fast rule, here momentum, takes k steps; then they move part of the way to "
        "where it is, and it goes on from there.",
        rule="slow: state = x\n"
        "v = beta*v + g\n"
        "fast = x - lr*v\n"
        "x = where(t % k == 0, slow + share*(fast - slow), fast)\n"
        "slow = where(t % k == 0, x, slow)",
        hypers=(
            learning_rate(0.001),
            BETA,
            Hyper(
                "k",
                "k",
                5,
                (1, 1000),
                (1, 50),
                "linear",
                "Steps of the fast rule between two of the slow weights.",
                whole=True,
                label="Steps ahead",
            ),
            Hyper(
                "share",
                "a",
                0.5,
                (0.0, 1.0),
                (0.1, 1.0),
                "linear",
                "The part of the way that the slow weights go; the paper's α.",
                label="Share of the way",
            ),
        ),
        color=PINK,
        dash="dot",
        velocity="v",
        state={"slow": "slow copy of the weights", "v": "velocity: decaying sum of gradients"},
        parent="momentum",
        fixes="Fast weights swing around the way they should take; part of the way between two of their points is "
        "steadier.",
        use="Around a rule that is already tuned; by its authors' account it makes settings matter less.",
        momentum="heavy ball",
        picture="The path shows the fast weights; every 5 steps they are pulled back half the way to the slow ones. At "
        "share 1 it is momentum.",
        suits=(Training.CONVOLUTIONAL,),
    ),
    Optimizer(
        key="newton",
        name="Newton (damped)",
        family=Family.BEYOND,
        year=1966,
        authors="Goldfeld, Quandt, Trotter",
        source="Newton's method with the damping of Goldfeld, Quandt & Trotter 1966, doi:10.2307/1909768; for least "
        "squares, without second derivatives, Levenberg 1944, doi:10.1090/qam/10666",
        idea="Step to the bottom of the local quadratic model. One step solves a quadratic; where the curvature is "
        "negative it climbs, unless the damping outweighs it.",
        rule="x = x - lr*newton_direction(x, damping)",
        hypers=(
            learning_rate(1.0, (1e-2, 2.0)),
            Hyper(
                "damping",
                r"\lambda",
                0.0,
                (0.0, 1e6),
                (0.0, 10.0),
                "linear",
                "Added to the Hessian's diagonal: 0 is Newton's step, large values give short gradient steps.",
            ),
        ),
        color=CYAN,
        parent="sgd",
        fixes="First-order rules know the slope but not how soon it changes.",
        use="Small smooth problems, close to a minimum.",
        picture="The whole Hessian has 4 numbers here and 10¹² for a network of a million weights, which is why it is "
        "not offered there. Near a saddle it heads for the saddle.",
        suits=(Training.SMOOTH,),
    ),
)
