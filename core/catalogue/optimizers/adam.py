"""Adam and the rules that change one thing about it."""

from core.catalogue.hypers import Hyper
from core.catalogue.optimizers.declaration import (
    BETA1,
    BETA2,
    CYAN,
    FIRST_MOMENT,
    MOMENT_SIGHTS,
    MOMENTS,
    PINK,
    RED,
    TEAL,
    TORCH_MOMENTS,
    VIOLET,
    Family,
    Optimizer,
    Sight,
    TorchPeer,
    Training,
    decoupled_decay,
    epsilon,
    learning_rate,
)

HEAD = """\
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
"""
_ARGUMENTS = "lr=lr, betas=(beta1, beta2), eps=eps"

RULES = (
    Optimizer(
        key="adam",
        name="Adam",
        family=Family.ADAM,
        year=2014,
        venue=2015,
        authors="Kingma, Ba",
        source="Kingma & Ba 2015, arXiv:1412.6980",
        idea="Momentum divided by the recent gradient size, both corrected for starting at zero. Each coordinate moves "
        "by about lr per step whatever the scale of the loss.",
        rule=HEAD + "x = x - lr*m_hat/(sqrt(v_hat) + eps)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-8)),
        color=VIOLET,
        velocity="m",
        state=MOMENTS,
        sights=MOMENT_SIGHTS,
        parent="rmsprop",
        fixes="RMSProp has no momentum and starts with steps that are far too long; Adam adds the first and corrects "
        "the second.",
        use="A first choice for most networks, Transformers above all.",
        torch=TorchPeer("Adam", _ARGUMENTS, state=TORCH_MOMENTS),
        scaling="decaying mean of g²",
        momentum="decaying mean",
        picture="The first step is lr along each coordinate, however steep the slope, so every path sets off at 45°.",
        suits=(Training.TRANSFORMERS, Training.CONVOLUTIONAL, Training.RECURRENT, Training.LARGE_BATCHES),
    ),
    Optimizer(
        key="amsgrad",
        name="AMSGrad",
        family=Family.ADAM,
        year=2018,
        authors="Reddi, Kale, Kumar",
        source="Reddi, Kale & Kumar 2018, arXiv:1904.09237",
        idea="Adam whose denominator may only grow, because Adam can forget a rare large gradient and walk the wrong "
        "way. PyTorch takes the maximum before the bias correction.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "v = beta2*v + (1 - beta2)*g**2\n"
        "v_max = max(v_max, v)\n"
        "m_hat = m/(1 - beta1**t)\n"
        "v_hat = v_max/(1 - beta2**t)\n"
        "x = x - lr*m_hat/(sqrt(v_hat) + eps)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-8)),
        color=VIOLET,
        dash="dot",
        velocity="m",
        state={**MOMENTS, "v_max": "largest second moment so far"},
        sights={**MOMENT_SIGHTS, "v_max": Sight.SQUARE},
        parent="adam",
        fixes="Adam may forget a rare, large gradient and then converge to the wrong place; a maximum does not forget.",
        use="Rarely: the failure it prevents is hard to meet in practice.",
        experiments=("X33",),
        torch=TorchPeer("Adam", _ARGUMENTS + ", amsgrad=True", state={**TORCH_MOMENTS, "v_max": "max_exp_avg_sq"}),
        scaling="largest decaying mean of g²",
        momentum="decaying mean",
        picture="A smooth landscape is often steepest at the start; the maximum keeps that, and the path falls "
        "behind Adam's. The rare, large gradients for which it was made come only with data.",
    ),
    Optimizer(
        key="adamax",
        name="Adamax",
        family=Family.ADAM,
        year=2014,
        venue=2015,
        authors="Kingma, Ba",
        source="Kingma & Ba 2015, arXiv:1412.6980, section 7.1",
        idea="Adam with the largest recent gradient in place of the root mean square, which needs no bias correction "
        "of its own.",
        rule="m = beta1*m + (1 - beta1)*g\nu = max(beta2*u, abs(g) + eps)\nx = x - lr/(1 - beta1**t)*m/u",
        hypers=(learning_rate(0.002), BETA1, BETA2, epsilon(1e-8)),
        color=PINK,
        dash="dash",
        velocity="m",
        state={"m": FIRST_MOMENT, "u": "largest recent gradient, decaying"},
        sights={"m": Sight.PUSH, "u": Sight.SIDES},
        parent="adam",
        fixes="A root mean square reacts to every outlier; the largest recent gradient is steadier.",
        use="Rarely; embeddings with very uneven gradients.",
        torch=TorchPeer("Adamax", _ARGUMENTS, state={"m": "exp_avg", "u": "exp_inf"}),
        scaling="largest recent gradient",
        momentum="decaying mean",
        picture="The first step is lr along each coordinate, as with Adam.",
        suits=(Training.SPARSE,),
    ),
    Optimizer(
        key="nadam",
        name="NAdam",
        family=Family.ADAM,
        year=2016,
        authors="Dozat",
        source="Dozat 2016, ICLR workshop",
        idea="Adam with Nesterov's look-ahead folded into the bias-corrected mean, and a momentum that warms up.",
        rule="P: state = 1\n"
        "mu = beta1*(1 - 0.5*0.96**(t*momentum_decay))\n"
        "mu_next = beta1*(1 - 0.5*0.96**((t + 1)*momentum_decay))\n"
        "P = P*mu\n"
        "m = beta1*m + (1 - beta1)*g\n"
        "v = beta2*v + (1 - beta2)*g**2\n"
        "m_bar = (1 - mu)/(1 - P)*g + mu_next/(1 - P*mu_next)*m\n"
        "x = x - lr*m_bar/(sqrt(v/(1 - beta2**t)) + eps)",
        hypers=(
            learning_rate(0.002),
            BETA1,
            BETA2,
            epsilon(1e-8),
            Hyper(
                "momentum_decay",
                r"\psi",
                0.004,
                (0.0, 10.0),
                (0.0, 0.1),
                "linear",
                "How quickly the momentum warms up to beta1.",
            ),
        ),
        color=TEAL,
        dash="dash",
        velocity="m_bar",
        state={**MOMENTS, "P": "product of the momenta so far"},
        sights={"m": Sight.PUSH, "v": Sight.SQUARE, "m_bar": Sight.PUSH},
        parent="adam",
        fixes="Adam's momentum looks back; Nesterov's looks ahead.",
        use="Like Adam, where a little more momentum helps.",
        torch=TorchPeer(
            "NAdam",
            _ARGUMENTS + ", momentum_decay=momentum_decay",
            "PyTorch keeps the product of momenta in the default dtype (float32 unless it is set to float64).",
            state={**TORCH_MOMENTS, "P": "mu_product"},
        ),
        scaling="decaying mean of g²",
        momentum="decaying mean, look-ahead",
        picture="The look-ahead makes the first step 1.056·lr along each coordinate, where Adam's is lr.",
        suits=(Training.TRANSFORMERS, Training.RECURRENT),
    ),
    Optimizer(
        key="radam",
        name="RAdam",
        family=Family.ADAM,
        year=2019,
        venue=2020,
        authors="Liu, Jiang, He, Chen, Liu, Gao, Han",
        source="Liu et al. 2020, arXiv:1908.03265",
        idea="Adam that waits until its second moment can be trusted. Until then (five steps at the default beta2, "
        "four in the paper) it takes raw momentum steps, which explode on a steep start.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "v = beta2*v + (1 - beta2)*g**2\n"
        "m_hat = m/(1 - beta1**t)\n"
        "rho_inf = 2/(1 - beta2) - 1\n"
        "rho = rho_inf - 2*t*beta2**t/(1 - beta2**t)\n"
        "r = sqrt((rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho))\n"
        "x = x - lr*m_hat*where(rho > 5, r*sqrt(1 - beta2**t)/(sqrt(v) + eps), 1)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-8)),
        color=CYAN,
        dash="dash",
        velocity="m",
        state=MOMENTS,
        sights={"m": Sight.PUSH, "v": Sight.SQUARE, "m_hat": Sight.PUSH},
        parent="adam",
        fixes="In its first steps Adam divides by a second moment that it has hardly begun to estimate.",
        use="Like Adam without a warm-up; watch the first five steps, which are as long as the gradient.",
        experiments=("X66",),
        torch=TorchPeer("RAdam", _ARGUMENTS, state=TORCH_MOMENTS),
        scaling="decaying mean of g², once it is known well",
        momentum="decaying mean",
        picture="At beta2 0.999 the first 5 steps are raw momentum, as long as the slope is steep. On Rosenbrock's "
        "function from (−1.5, 2) they are 1.63, 2.60, 1.21, 0.768 and 0.515 long at lr 0.01, and the next is 7·10⁻⁵; "
        "at lr 0.02 the run diverges at step 5.",
        suits=(Training.TRANSFORMERS,),
    ),
    Optimizer(
        key="adamw",
        name="AdamW",
        family=Family.ADAM,
        year=2017,
        venue=2019,
        authors="Loshchilov, Hutter",
        source="Loshchilov & Hutter 2019, arXiv:1711.05101",
        idea="Adam with weight decay applied to the weights themselves instead of to the gradient, so that the "
        "decay is not divided away by the second moment.",
        rule=HEAD + "x = x - lr*(m_hat/(sqrt(v_hat) + eps) + weight_decay*x)",
        hypers=(learning_rate(0.001), BETA1, BETA2, epsilon(1e-8), decoupled_decay(0.01)),
        color=RED,
        velocity="m",
        state=MOMENTS,
        sights=MOMENT_SIGHTS,
        parent="adam",
        fixes="Decay added to the gradient is divided by the second moment, so that the weights with large "
        "gradients hardly decay.",
        use="The default for Transformers, and for recent convolutional networks such as ConvNeXt.",
        experiments=("X37",),
        torch=TorchPeer("AdamW", _ARGUMENTS + ", weight_decay=weight_decay", state=TORCH_MOMENTS),
        scaling="decaying mean of g²",
        momentum="decaying mean",
        picture="The decay pulls towards the origin, wherever the minimum is. At lr 0.001 and weight_decay 0.01 it "
        "needs 69 315 steps to halve a weight, so a picture at the defaults shows nothing of it.",
        suits=(Training.TRANSFORMERS, Training.CONVOLUTIONAL),
    ),
)
