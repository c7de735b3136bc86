"""The first rules with a learning rate for each coordinate, made from the gradients it has seen."""

from core.catalogue.optimizers.declaration import (
    GOLD,
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
        parent="sgd",
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
