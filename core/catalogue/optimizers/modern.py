"""Rules for large networks: signs in place of sizes, curvature, and steps that suit a layer or a matrix."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.adam import HEAD
from core.catalogue.optimizers.declaration import (
    BETA1,
    BETA2,
    BLUE,
    FIRST_MOMENT,
    GOLD,
    GREEN,
    MOMENT_SIGHTS,
    MOMENTS,
    ORANGE,
    Family,
    Optimizer,
    Sight,
    TorchPeer,
    Training,
    decoupled_decay,
    epsilon,
    learning_rate,
    memory,
)

RULES = (
    Optimizer(
        key="lion",
        name="Lion",
        family=Family.MODERN,
        year=2023,
        authors="Chen et al.",
        source="Chen et al. 2023, arXiv:2302.06675",
        idea="Only the sign of an interpolated momentum: apart from weight decay every coordinate moves by exactly "
        "lr, and a single number is kept for each weight.",
        rule="c = beta1*m + (1 - beta1)*g\nx = x - lr*(sign(c) + weight_decay*x)\nm = beta2*m + (1 - beta2)*g",
        hypers=(
            learning_rate(0.0001),
            BETA1,
            memory(
                "beta2",
                r"\beta_2",
                0.99,
                "Memory of the momentum that is kept.",
                (0.5, 0.9999),
                "Memory of the kept mean",
            ),
            decoupled_decay(0.0),
        ),
        color=GREEN,
        velocity="c",
        state={"m": FIRST_MOMENT},
        sights={"c": Sight.PUSH, "m": Sight.PUSH},
        parent="adamw",
        fixes="Adam keeps two numbers per weight; the sign of one momentum does nearly as well.",
        use="When optimizer memory is short; at a third to a tenth of AdamW's learning rate.",
        scaling="sign only",
        momentum="decaying mean, at two rates",
        picture="Every step is lr along each coordinate, on a cliff as on a plain, so all steps are √2·lr long. At a "
        "constant lr the path never comes to rest.",
        suits=(Training.TRANSFORMERS,),
    ),
    Optimizer(
        key="sophia",
        name="Sophia",
        family=Family.MODERN,
        year=2023,
        venue=2024,
        authors="Liu, Li, Hall, Liang, Ma",
        source="Liu et al. 2024, arXiv:2305.14342",
        idea="Momentum divided by a running estimate of the Hessian's diagonal, each coordinate's step clipped at lr. "
        "The diagonal is refreshed every k steps.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "h = where((t - 1) % k == 0, beta2*h + (1 - beta2)*hessian_diag(x), h)\n"
        "x = x - lr*weight_decay*x\n"
        "x = x - lr*clip(m/max(gamma*h, eps), -1, 1)",
        hypers=(
            learning_rate(0.001),
            memory(
                "beta1",
                r"\beta_1",
                0.965,
                "Memory of the mean gradient: 0.965 in the authors' code, 0.96 in the paper.",
            ),
            memory(
                "beta2", r"\beta_2", 0.99, "Memory of the Hessian's diagonal.", (0.5, 0.9999), "Memory of the curvature"
            ),
            Hyper(
                "gamma",
                r"\gamma",
                0.01,
                (0.0, 1e3),
                (1e-3, 1.0),
                "log",
                "Scales the curvature: smaller values clip more coordinates.",
                label="Scale of the curvature",
            ),
            epsilon(1e-12),
            decoupled_decay(0.0),
            Hyper(
                "k",
                "k",
                10,
                (1, 1000),
                (1, 50),
                "linear",
                "Steps between two estimates of the curvature.",
                whole=True,
            ),
        ),
        color=GOLD,
        dash="dash",
        velocity="m",
        state={"m": FIRST_MOMENT, "h": "memory of the Hessian's diagonal"},
        sights={"m": Sight.PUSH},
        parent="adamw",
        fixes="Adam's denominator knows the size of the gradients but nothing of the curvature.",
        use="Research: later comparisons did not find the gains that were reported at first.",
        experiments=("X74",),
        scaling="decaying mean of the Hessian's diagonal, clipped",
        momentum="decaying mean",
        picture="Here the diagonal is exact and refreshed every k steps; on a network Hutchinson's estimate takes its "
        "place. Sophia-G, which samples labels from the model, has no meaning for a test function. No step is longer "
        "than lr along a coordinate.",
        suits=(Training.TRANSFORMERS,),
    ),
    Optimizer(
        key="lamb",
        name="LAMB",
        family=Family.MODERN,
        year=2019,
        venue=2020,
        authors="You et al.",
        source="You et al. 2020, arXiv:1904.00962",
        idea="AdamW whose step is rescaled, layer by layer, to the size of the weights, so that the learning "
        "rate is the relative change of a layer.",
        rule=HEAD
        + "u = m_hat/(sqrt(v_hat) + eps) + weight_decay*x\n"
        + "ratio = where(norm(x)*norm(u) > 0, norm(x)/norm(u), 1)\n"
        + "x = x - lr*ratio*u",
        hypers=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-6), decoupled_decay(0.0)),
        color=BLUE,
        dash="dash",
        velocity="m",
        state=MOMENTS,
        sights={**MOMENT_SIGHTS, "u": Sight.PUSH},
        parent="adamw",
        fixes="With very large batches one learning rate is too long for some layers; here each layer gets a step "
        "in proportion to its weights.",
        use="Very large batches; well-tuned Nesterov and Adam were later found to do as well there (Nado et al. 2021, "
        "arXiv:2102.06356).",
        experiments=("X73",),
        scaling="decaying mean of g², then per layer",
        momentum="decaying mean",
        picture="A point is a single layer, so every step is lr times the distance from the origin: the learning rate "
        "is relative, and the rule stalls near the origin.",
        suits=(Training.LARGE_BATCHES, Training.TRANSFORMERS),
    ),
    Optimizer(
        key="muon",
        name="Muon",
        family=Family.MODERN,
        year=2024,
        authors="Jordan et al.",
        source="Jordan et al. 2024, kellerjordan.github.io/posts/muon",
        idea="Momentum whose singular values are all pushed towards one, so that a matrix learns its weak directions "
        "about as fast as its strong ones.",
        rule="m = beta*m + g\nu = g + beta*m\nx = x - lr*(orthogonalize(u) + weight_decay*x)",
        hypers=(
            learning_rate(0.02),
            memory("beta", r"\mu", 0.95, "Momentum: the share of the previous velocity that is kept."),
            decoupled_decay(0.0),
        ),
        color=ORANGE,
        dash="dash",
        velocity="u",
        state={"m": "velocity: decaying sum of gradients"},
        sights={"m": Sight.PUSH, "u": Sight.PUSH},
        parent="momentum",
        fixes="A matrix's update is dominated by a few directions; orthogonalizing it lets all of them learn.",
        use="The weight matrices of large language models, with AdamW for everything else.",
        experiments=("X41", "X72"),
        torch=TorchPeer(
            "Muon",
            "lr=lr, momentum=beta, weight_decay=weight_decay",
            "For matrices only, in bfloat16 inside; its own defaults are lr 0.001 and weight_decay 0.1.",
            matrices_only=True,
        ),
        momentum="heavy ball, look-ahead",
        picture="A point is a vector with a single singular value, so orthogonalizing changes nothing but its "
        "length: here it is normalised momentum, and every step is 0.696·lr long. What it does to a matrix "
        "cannot be seen here.",
        suits=(Training.TRANSFORMERS,),
    ),
)
