"""The first rules with a learning rate for each coordinate, made from the gradients it has seen."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.declaration import (
    GOLD,
    GREEN,
    GREY,
    PINK,
    SECOND_MOMENT,
    Family,
    Optimizer,
    Sight,
    TorchPeer,
    Training,
    epsilon,
    learning_rate,
    memory,
)

RULES = (
    Optimizer(
        key="rprop",
        name="Rprop",
        family=Family.ADAPTIVE,
        year=1993,
        authors="Riedmiller, Braun",
        source="Riedmiller & Braun 1993, doi:10.1109/ICNN.1993.298623",
        idea="Only the sign of each partial derivative counts. Each coordinate has a step length that grows while the "
        "sign stays and shrinks when it flips, and a flip also skips one step of that coordinate.",
        rule="agree = g*g_old\n"
        "step = where(t > 1, step, lr)\n"
        "step = clip(step*where(agree > 0, eta_plus, where(agree < 0, eta_minus, 1)), step_min, step_max)\n"
        "g_old = where(agree < 0, 0, g)\n"
        "x = x - step*sign(g_old)",
        hypers=(
            learning_rate(0.01),
            Hyper(
                "eta_minus",
                r"\eta^-",
                0.5,
                (0.01, 0.99),
                (0.1, 0.8),
                "linear",
                "The factor on a step whose gradient has flipped its sign.",
                label="Shrinking factor",
            ),
            Hyper(
                "eta_plus",
                r"\eta^+",
                1.2,
                (1.001, 10.0),
                (1.01, 2.0),
                "linear",
                "The factor on a step whose gradient has kept its sign.",
                label="Growing factor",
            ),
            Hyper(
                "step_min",
                r"\Delta_{\min}",
                1e-6,
                (0.0, 0.01),
                (1e-9, 0.01),
                "log",
                "No step is shorter than this.",
                label="Shortest step",
            ),
            Hyper(
                "step_max",
                r"\Delta_{\max}",
                50.0,
                (0.01, 1e6),
                (0.1, 100.0),
                "log",
                "No step is longer than this.",
                label="Longest step",
            ),
        ),
        color=GREEN,
        dash="dot",
        state={"g_old": "gradient of the step before, 0 after a flip", "step": "length of the step"},
        sights={"step": Sight.SIDES},
        parent="sgd",
        fixes="How steep a slope is says little about how far to go; whether it keeps its sign says more.",
        use="Small networks with exact gradients; small batches make signs flip at random.",
        torch=TorchPeer(
            "Rprop",
            "lr=lr, etas=(eta_minus, eta_plus), step_sizes=(step_min, step_max)",
            state={"g_old": "prev", "step": "step_size"},
        ),
        scaling="sign only, a length of its own",
        picture="The learning rate is only the length of the first step along each coordinate; after that lengths "
        "change by factors of 1.2 and 0.5. On the bowl lr 0.001 needs 43 steps to a loss below 0.001 and lr 0.1 needs "
        "23.",
        suits=(Training.SMOOTH,),
    ),
    Optimizer(
        key="adagrad",
        name="AdaGrad",
        family=Family.ADAPTIVE,
        year=2010,
        venue=2011,
        authors="Duchi, Hazan, Singer",
        source="Duchi, Hazan & Singer 2010, COLT; 2011, JMLR 12:2121",
        idea="Give every coordinate its own rate: the more gradient it has seen in total, the smaller its steps. "
        "Rare features keep large steps; the sum never forgets.",
        rule="G = G + g**2\nx = x - lr*g/(sqrt(G) + eps)",
        hypers=(learning_rate(0.01), epsilon(1e-10)),
        color=GOLD,
        state={"G": "sum of squared gradients"},
        sights={"G": Sight.SQUARE},
        parent="sgd",
        fixes="One learning rate for all coordinates starves those whose gradients are rare.",
        use="Sparse features, such as words or advertisements.",
        experiments=("X28",),
        torch=TorchPeer("Adagrad", "lr=lr, eps=eps", state={"G": "sum"}),
        scaling="sum of g²",
        picture="The first step is lr along each coordinate, however steep the slope, so every path sets off at 45°. "
        "Features that are mostly zero, for which it was made, cannot be shown in two variables.",
        suits=(Training.SPARSE,),
    ),
    Optimizer(
        key="rmsprop",
        name="RMSProp",
        family=Family.ADAPTIVE,
        year=2012,
        authors="Tieleman, Hinton",
        source="Tieleman & Hinton 2012, Coursera Neural Networks for Machine Learning, lecture 6e",
        idea="Divide by the recent size of the gradient instead of its whole history. Without bias correction the "
        "first steps are far too long.",
        rule="v = gamma*v + (1 - gamma)*g**2\nx = x - lr*g/(sqrt(v) + eps)",
        hypers=(
            learning_rate(0.01),
            memory("gamma", r"\gamma", 0.99, "Memory of the mean squared gradient; the lecture used 0.9."),
            epsilon(1e-8),
        ),
        color=PINK,
        state={"v": SECOND_MOMENT},
        sights={"v": Sight.SQUARE},
        parent="rprop",
        fixes="Rprop, which goes by signs alone, gives every coordinate a step of its own, but small batches mislead "
        "it; dividing by the recent size of the gradient does much the same for them.",
        use="Reinforcement learning and some recurrent networks.",
        torch=TorchPeer("RMSprop", "lr=lr, alpha=gamma, eps=eps", state={"v": "square_avg"}),
        scaling="decaying mean of g²",
        picture="The first step is lr/√(1 − gamma) along each coordinate, however steep the slope: 10·lr at gamma "
        "0.99, 3.16·lr at 0.9.",
        suits=(Training.RECURRENT, Training.CONVOLUTIONAL),
    ),
    Optimizer(
        key="adadelta",
        name="Adadelta",
        family=Family.ADAPTIVE,
        year=2012,
        authors="Zeiler",
        source="Zeiler 2012, arXiv:1212.5701",
        idea="Scale each step by the recent size of the steps themselves, so that the units come out right and, in "
        "the paper, no learning rate is needed.",
        rule="v = rho*v + (1 - rho)*g**2\n"
        "delta = sqrt(u + eps)/sqrt(v + eps)*g\n"
        "u = rho*u + (1 - rho)*delta**2\n"
        "x = x - lr*delta",
        hypers=(
            learning_rate(1.0, (1e-2, 100.0)),
            memory("rho", r"\rho", 0.9, "Memory of squared gradients and squared steps; the paper used 0.95."),
            epsilon(1e-6),
        ),
        color=GREY,
        state={"v": SECOND_MOMENT, "u": "memory of squared steps"},
        sights={"v": Sight.SQUARE, "delta": Sight.PUSH, "u": Sight.SQUARE},
        parent="adagrad",
        fixes="AdaGrad's step has the wrong unit and keeps shrinking; here past steps set the length of the next.",
        use="Rarely today; it shows how far one gets without tuning a learning rate.",
        torch=TorchPeer("Adadelta", "lr=lr, rho=rho, eps=eps", state={"v": "square_avg", "u": "acc_delta"}),
        scaling="decaying mean of g², and of past steps",
        picture="The first step is lr·√(eps/(1 − rho)) along each coordinate, however steep the slope: 0.00316 at the "
        "defaults. It starts very slowly.",
    ),
)
