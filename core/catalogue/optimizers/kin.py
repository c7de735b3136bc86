"""Adam's later kin: what is divided, what it is divided by, and which of it is believed."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.adam import HEAD
from core.catalogue.optimizers.declaration import (
    BETA1,
    BETA2,
    BLUE,
    FIRST_MOMENT,
    GOLD,
    GREY,
    MOMENT_SIGHTS,
    MOMENTS,
    ORANGE,
    RED,
    SECOND_MOMENT,
    TEAL,
    Family,
    Optimizer,
    Sight,
    Training,
    decoupled_decay,
    epsilon,
    learning_rate,
    memory,
)

RULES = (
    Optimizer(
        key="adabelief",
        name="AdaBelief",
        family=Family.ADAM,
        year=2020,
        authors="Zhuang et al.",
        source="Zhuang et al. 2020, arXiv:2010.07468",
        idea="Adam divided by how far gradients stray from their mean instead of by their size: where the gradient is "
        "what was expected the step is long, where it surprises the step is short.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "s = beta2*s + (1 - beta2)*(g - m)**2 + eps\n"
        "m_hat = m/(1 - beta1**t)\n"
        "s_hat = s/(1 - beta2**t)\n"
        "x = x - lr*m_hat/(sqrt(s_hat) + eps)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-16)),
        color=BLUE,
        dash="dot",
        velocity="m",
        state={"m": FIRST_MOMENT, "s": "memory of squared surprises"},
        sights={"s": Sight.SQUARE, "m_hat": Sight.PUSH, "s_hat": Sight.SQUARE},
        parent="adam",
        fixes="On a long steady slope Adam divides by the slope itself; what should make a step short is doubt, not "
        "steepness.",
        use="As Adam, mostly for images; it depends on eps more than Adam does.",
        scaling="decaying mean of (g − m)²",
        momentum="decaying mean",
        picture="The first step is 1.11·lr along each coordinate, however steep the slope, where Adam's is lr. Where "
        "the slope is the same everywhere the steps grow: the hundredth is 4.96·lr long along each coordinate, where "
        "Adam's is lr.",
        suits=(Training.CONVOLUTIONAL,),
    ),
    Optimizer(
        key="adan",
        name="Adan",
        family=Family.ADAM,
        year=2022,
        authors="Xie et al.",
        source="Xie et al. 2022, arXiv:2208.06677",
        idea="Nesterov's look-ahead without a gradient elsewhere: the difference of the last two gradients says how "
        "the slope is about to change. Gradients, differences and squares are averaged at rates of their own.",
        rule="d = (g - g_old)*where(t > 1, 1, 0)\n"
        "m = beta1*m + (1 - beta1)*g\n"
        "v = beta2*v + (1 - beta2)*d\n"
        "n = beta3*n + (1 - beta3)*(g + beta2*d)**2\n"
        "u = m/(1 - beta1**t) + beta2*v/(1 - beta2**t)\n"
        "x = (x - lr*u/(sqrt(n/(1 - beta3**t)) + eps))/(1 + lr*weight_decay)\n"
        "g_old = g",
        hypers=(
            learning_rate(0.001),
            memory("beta1", r"\beta_1", 0.98, "Memory of the mean gradient."),
            memory(
                "beta2",
                r"\beta_2",
                0.92,
                "Memory of the mean difference of gradients, and its weight.",
                label="Memory of differences",
            ),
            memory("beta3", r"\beta_3", 0.99, "Memory of the mean square.", (0.5, 0.9999), "Memory of squares"),
            epsilon(1e-8),
            Hyper(
                "weight_decay",
                r"\lambda",
                0.0,
                (0.0, 100.0),
                (0.0, 1.0),
                "linear",
                "Weight decay: each step divides the weights by 1 + lr·weight_decay.",
            ),
        ),
        color=ORANGE,
        dash="dot",
        velocity="u",
        state={
            "m": FIRST_MOMENT,
            "v": "memory of differences of gradients",
            "n": SECOND_MOMENT,
            "g_old": "gradient of the step before",
        },
        sights={"m": Sight.PUSH, "n": Sight.SQUARE},
        parent="nadam",
        fixes="A look-ahead gradient has to be taken at another point; differences of gradients say the same and are "
        "already there.",
        use="Vision and language models, where four numbers per weight are affordable.",
        scaling="decaying mean of a square",
        momentum="decaying mean, look-ahead",
        picture="The first step is lr along each coordinate, as Adam's.",
        suits=(Training.CONVOLUTIONAL, Training.TRANSFORMERS),
    ),
    Optimizer(
        key="ademamix",
        name="AdEMAMix",
        family=Family.ADAM,
        year=2024,
        venue=2025,
        authors="Pagliardini, Ablin, Grangier",
        source="Pagliardini, Ablin & Grangier 2025, ICLR, arXiv:2409.03137",
        idea="AdamW with a second, far longer memory of gradients beside the usual one: the short one reacts, the long "
        "one remembers thousands of steps.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "slow = beta3*slow + (1 - beta3)*g\n"
        "v = beta2*v + (1 - beta2)*g**2\n"
        "m_hat = m/(1 - beta1**t)\n"
        "v_hat = v/(1 - beta2**t)\n"
        "x = x - lr*((m_hat + mix*slow)/(sqrt(v_hat) + eps) + weight_decay*x)",
        hypers=(
            learning_rate(0.001),
            BETA1,
            BETA2,
            memory(
                "beta3",
                r"\beta_3",
                0.9999,
                "Memory of the slow mean of gradients.",
                (0.9, 0.9999),
                "Memory of the slow mean",
            ),
            Hyper(
                "mix",
                "a",
                5.0,
                (0.0, 100.0),
                (0.0, 20.0),
                "linear",
                "Weight of the slow mean beside the fast one; the paper's α.",
                label="Weight of the slow mean",
            ),
            epsilon(1e-8),
            decoupled_decay(0.0),
        ),
        color=GOLD,
        dash="dot",
        velocity="m",
        state={"m": FIRST_MOMENT, "slow": "long memory of gradients", "v": SECOND_MOMENT},
        sights={"slow": Sight.PUSH, "v": Sight.SQUARE, "m_hat": Sight.PUSH, "v_hat": Sight.SQUARE},
        parent="adamw",
        fixes="One mean of gradients either reacts quickly or remembers for long.",
        use="Long training of language models, where three numbers per weight are affordable.",
        scaling="decaying mean of g²",
        momentum="decaying mean, at two rates",
        picture="The slow mean starts at zero and is not corrected for it, so at the defaults the first step is only "
        "0.05 % longer than Adam's. The paper lets mix and beta3 rise over the run; here they stay the same.",
        suits=(Training.TRANSFORMERS,),
    ),
    Optimizer(
        key="adopt",
        name="ADOPT",
        family=Family.ADAM,
        year=2024,
        authors="Taniguchi et al.",
        source="Taniguchi et al. 2024, arXiv:2411.02853",
        idea="Divide the gradient by what was known before it came, clip it, and only then average. By its "
        "authors' proof such a rule converges for every beta2, which Adam does not.",
        rule="c = (t - 1)**0.25\n"
        "n = clip(g/max(sqrt(v), eps), -c, c)\n"
        "m = beta1*m + (1 - beta1)*n\n"
        "x = x - lr*m\n"
        "v = where(t > 1, beta2*v + (1 - beta2)*g**2, g**2)",
        hypers=(
            learning_rate(0.001),
            BETA1,
            memory("beta2", r"\beta_2", 0.9999, "Memory of the mean squared gradient.", (0.5, 0.9999)),
            epsilon(1e-6),
        ),
        color=TEAL,
        dash="dashdot",
        velocity="m",
        state={"m": "memory of normalised gradients", "v": SECOND_MOMENT},
        sights={"v": Sight.SQUARE, "n": Sight.PUSH},
        parent="adam",
        fixes="Adam divides a gradient by a mean that contains it, which is why it can fail to converge.",
        use="As Adam, where its convergence is in doubt.",
        scaling="decaying mean of g², without the present one",
        momentum="decaying mean",
        picture="The first step only measures the slope, and the point stays where it is. The second is 0.1·lr along "
        "each coordinate at beta1 0.9.",
        suits=(Training.TRANSFORMERS, Training.CONVOLUTIONAL),
    ),
    Optimizer(
        key="cautious",
        name="C-AdamW",
        family=Family.ADAM,
        year=2024,
        authors="Liang et al.",
        source="Liang et al. 2024, arXiv:2411.16085",
        idea="AdamW that moves a weight only where its step agrees with the present gradient. The steps that remain "
        "are made longer by the share of those left out.",
        rule=HEAD
        + "u = m_hat/(sqrt(v_hat) + eps)\n"
        + "agree = where(u*g > 0, 1, 0)\n"
        + "share = sum(agree)/sum(0*agree + 1)\n"
        + "x = x - lr*(u*agree/max(share, 0.001) + weight_decay*x)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-8), decoupled_decay(0.0)),
        color=RED,
        dash="dot",
        velocity="m",
        state=MOMENTS,
        sights={**MOMENT_SIGHTS, "u": Sight.PUSH},
        parent="adamw",
        fixes="Momentum goes on pushing a weight uphill after the slope has turned.",
        use="Transformers, as AdamW; one line changes an optimizer that is already tuned.",
        scaling="decaying mean of g²",
        momentum="decaying mean, where the gradient agrees",
        picture="While both coordinates agree with the gradient it is AdamW; where one does not, that one stays and "
        "the other goes 2 times as far; where neither does, the point stays.",
        suits=(Training.TRANSFORMERS,),
    ),
    Optimizer(
        key="mars",
        name="MARS",
        family=Family.ADAM,
        year=2024,
        authors="Yuan et al.",
        source="Yuan et al. 2024, arXiv:2411.10438",
        idea="AdamW on a corrected gradient: a part of what it has changed by since the step before is added, which "
        "makes up for the delay of the mean, and what is longer than 1 is cut to length 1.",
        rule="d = g + gamma*beta1/(1 - beta1)*(g - g_old)\n"
        "c = d/max(1, norm(d))\n"
        "m = beta1*m + (1 - beta1)*c\n"
        "v = beta2*v + (1 - beta2)*c**2\n"
        "m_hat = m/(1 - beta1**t)\n"
        "v_hat = v/(1 - beta2**t)\n"
        "x = x - lr*(m_hat/(sqrt(v_hat) + eps) + weight_decay*x)\n"
        "g_old = g",
        hypers=(
            learning_rate(0.003),
            memory("beta1", r"\beta_1", 0.95, "Memory of the mean corrected gradient."),
            memory("beta2", r"\beta_2", 0.99, "Memory of the mean square of it.", (0.5, 0.9999)),
            Hyper(
                "gamma",
                r"\gamma",
                0.025,
                (0.0, 10.0),
                (0.0, 0.25),
                "linear",
                "Weight of the correction: 0 is AdamW on a clipped gradient.",
                label="Weight of the correction",
            ),
            epsilon(1e-8),
            decoupled_decay(0.0),
        ),
        color=GREY,
        dash="dash",
        velocity="m",
        state={"m": FIRST_MOMENT, "v": SECOND_MOMENT, "g_old": "gradient of the step before"},
        sights={"v": Sight.SQUARE, "c": Sight.PUSH, "m_hat": Sight.PUSH, "v_hat": Sight.SQUARE},
        parent="adamw",
        fixes="A mean of noisy gradients is late; what the gradient has changed by makes up for part of it.",
        use="Language models, where three numbers per weight are affordable.",
        scaling="decaying mean of a square",
        momentum="decaying mean",
        picture="The first step is lr along each coordinate, as Adam's. The paper's exact form takes the old gradient "
        "again on the new batch; this is the approximate one, which keeps it. Exact gradients have no variance that "
        "it could reduce.",
        suits=(Training.TRANSFORMERS,),
    ),
)
