"""Plain descent and its momenta: every coordinate takes part of one step along the gradient."""

from core.catalogue.optimizers.declaration import (
    BETA,
    BLUE,
    ORANGE,
    TEAL,
    Family,
    Optimizer,
    TorchPeer,
    Training,
    learning_rate,
)

RULES = (
    Optimizer(
        key="sgd",
        name="Gradient descent",
        family=Family.DESCENT,
        year=1847,
        authors="Cauchy",
        source="Cauchy 1847, Comptes rendus 25:536",
        idea="Step against the gradient. The step is as long as the slope is steep, so one learning rate must suit "
        "the steepest direction and the flattest one alike.",
        rule="x = x - lr*g",
        hypers=(learning_rate(0.001),),
        color=BLUE,
        use="The baseline, and the choice when no memory per weight can be spared.",
        experiments=("X68",),
        torch=TorchPeer("SGD", "lr=lr"),
        suits=(Training.SMOOTH, Training.CONVOLUTIONAL),
    ),
    Optimizer(
        key="momentum",
        name="Momentum",
        family=Family.DESCENT,
        year=1964,
        authors="Polyak",
        source="Polyak 1964, doi:10.1016/0041-5553(64)90137-5; in networks Rumelhart, Hinton & Williams 1986, "
        "doi:10.1038/323533a0",
        idea="Keep a velocity: gradients that agree add up, gradients that alternate cancel. For a constant gradient "
        "the step grows to lr/(1 − beta) times it.",
        rule="v = beta*v + g\nx = x - lr*v",
        hypers=(learning_rate(0.001), BETA),
        color=ORANGE,
        velocity="v",
        state={"v": "velocity: decaying sum of gradients"},
        parent="sgd",
        fixes=(
            "Gradient descent zigzags across a ravine while it creeps along it; the velocity averages the zigzag away."
        ),
        use="Convolutional networks with a schedule; smooth problems with exact gradients, where it needs far fewer "
        "steps than gradient descent.",
        experiments=("X22", "X25"),
        torch=TorchPeer("SGD", "lr=lr, momentum=beta", state={"v": "momentum_buffer"}),
        momentum="heavy ball",
        suits=(Training.CONVOLUTIONAL, Training.LARGE_BATCHES, Training.SMOOTH),
    ),
    Optimizer(
        key="nesterov",
        name="Nesterov",
        family=Family.DESCENT,
        year=1983,
        authors="Nesterov",
        source="Nesterov 1983, Dokl. Akad. Nauk SSSR 269:543; look-ahead form Sutskever et al. 2013, ICML",
        idea="Momentum that takes the gradient where the velocity is about to carry the point. It overshoots less "
        "than the heavy ball, and is stable on a smaller range of learning rates.",
        rule="v = beta*v + lr*grad(x - beta*v)\nx = x - v",
        hypers=(learning_rate(0.001), BETA),
        color=TEAL,
        velocity="v",
        state={"v": "velocity: decaying sum of steps"},
        parent="momentum",
        fixes="The heavy ball notices that it has overshot only after the fact; here the gradient is taken where "
        "the velocity leads.",
        use="Smooth convex problems, where its rate is proven; otherwise as momentum, at a smaller learning rate.",
        experiments=("X20", "X21", "X24", "X26"),
        torch=TorchPeer(
            "SGD",
            "lr=lr, momentum=beta, nesterov=True",
            "PyTorch stores the look-ahead point: its parameter equals x − beta·v at constant lr.",
        ),
        momentum="look-ahead",
        picture="The first step is lr·g, as in gradient descent. PyTorch stores the point to which the velocity "
        "leads, whose first step is 1.9·lr·g at beta 0.9: the same method, drawn as another path.",
        suits=(Training.CONVOLUTIONAL, Training.LARGE_BATCHES, Training.SMOOTH),
    ),
)
