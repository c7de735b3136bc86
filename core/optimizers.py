"""The catalogue of update rules: each is declared once, and everything shown or checked about it derives from here.

A rule is written in the formula language (``core.formula``) as the paper's algorithm box, one assignment a line.
The conventions are PyTorch's, except Nesterov's, whose look-ahead form is shown. To add a rule, add one declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from core.formula import Rule, parse_rule
from core.formula.latex import symbol
from core.hypers import Hyper, unknown_key

# Mid-tone hues that keep a contrast of about 3:1 or more against both the light and the dark page,
# ordered so that neighbours differ in lightness for colour-blind readers.
PALETTE = (
    "#3B7DD8",
    "#D9730D",
    "#0E9384",
    "#D1478C",
    "#8A63D2",
    "#D64545",
    "#4C9A2A",
    "#B7860B",
    "#1E9BC0",
    "#7A8594",
)
BLUE, ORANGE, TEAL, PINK, VIOLET, RED, GREEN, GOLD, CYAN, GREY = PALETTE


@dataclass(frozen=True)
class TorchPeer:
    """The class of ``torch.optim`` that computes the same thing: its name and how its arguments are called.

    ``arguments`` is the Python text between the parentheses after the parameters, with hyperparameter names in it;
    ``note`` says what differs, if anything does.
    """

    name: str
    arguments: str
    note: str = ""


@dataclass(frozen=True)
class Optimizer:
    """One update rule with its provenance, hyperparameters, look and PyTorch counterpart.

    ``state`` says what each name in the state is a memory of; ``velocity`` names the term that points against the
    momentum's push, if the rule has one. ``parent`` is the key of the rule it grew from, ``fixes`` what it mended,
    ``use`` when to reach for it. ``experiments`` are keys of experiments about it that no claim mentions.
    """

    key: str
    name: str
    year: int
    authors: str
    source: str
    idea: str
    rule: str
    hypers: tuple[Hyper, ...]
    color: str
    dash: Literal["solid", "dash", "dot"] = "solid"
    state: Mapping[str, str] = field(default_factory=dict, hash=False)
    velocity: str = ""
    parent: str = ""
    fixes: str = ""
    use: str = ""
    experiments: tuple[str, ...] = ()
    torch: TorchPeer | None = None

    @property
    def reference(self) -> str:
        """What a ``Run`` calls this rule: its key, or its text if it is a visitor's own."""
        return self.key if self.key in OPTIMIZERS else self.rule

    @cached_property
    def text(self) -> str:
        """The complete rule as a visitor would edit it: hyperparameter declarations, then the algorithm box."""
        declared = [f"{h.name}: ({h.bounds[0]:.12g}, {h.bounds[1]:.12g}) = {h.default:.12g}" for h in self.hypers]
        return "\n".join([*declared, self.rule])

    @cached_property
    def parsed(self) -> Rule:
        """The checked rule, ready to be compiled, printed or exported."""
        return parse_rule(
            self.rule,
            hypers=tuple(h.name for h in self.hypers),
            symbols={h.name: h.symbol for h in self.hypers},
        )


def _lr(default: float, slider: tuple[float, float] = (1e-4, 1.0)) -> Hyper:
    return Hyper("lr", r"\alpha", default, (0.0, 1e6), slider, "log", "Learning rate: the length scale of every step.")


def _decay(name: str, symbol: str, default: float, meaning: str, slider: tuple[float, float] = (0.0, 0.999)) -> Hyper:
    # 1 itself would never forget (and divides by zero in bias corrections), so the bound stays just below it.
    return Hyper(name, symbol, default, (0.0, 0.999999), slider, "linear", meaning)


def _eps(default: float) -> Hyper:
    return Hyper(
        "eps",
        r"\epsilon",
        default,
        (0.0, 10.0),
        (1e-10, 1e-1),
        "log",
        "Keeps the denominator away from zero.",
    )


def _weight_decay(default: float) -> Hyper:
    return Hyper(
        "weight_decay",
        r"\lambda",
        default,
        (0.0, 100.0),
        (0.0, 1.0),
        "linear",
        "Decoupled weight decay: each step shrinks the weights by the factor 1 − lr·weight_decay.",
    )


_BETA = _decay("beta", r"\beta", 0.9, "Momentum: the share of the previous velocity that is kept.")
_BETA1 = _decay("beta1", r"\beta_1", 0.9, "Memory of the mean gradient; about 1/(1 − beta1) steps.")
_BETA2 = _decay(
    "beta2",
    r"\beta_2",
    0.999,
    "Memory of the mean squared gradient; about 1/(1 − beta2) steps.",
    (0.5, 0.9999),
)

_FIRST_MOMENT = "memory of gradients (first moment)"
_SECOND_MOMENT = "memory of squared gradients (second moment)"
_MOMENTS = {"m": _FIRST_MOMENT, "v": _SECOND_MOMENT}
_ADAM_HEAD = """\
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
m_hat = m/(1 - beta1**t)
v_hat = v/(1 - beta2**t)
"""
_ADAM_ARGUMENTS = "lr=lr, betas=(beta1, beta2), eps=eps"

_DECLARATIONS = (
    Optimizer(
        key="sgd",
        name="Gradient descent",
        year=1847,
        authors="Cauchy",
        source="Cauchy 1847, Comptes rendus 25:536; stochastic after Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
        idea="Step against the gradient. The step is as long as the slope is steep, so one learning rate must suit "
        "the steepest direction and the flattest one alike.",
        rule="x = x - lr*g",
        hypers=(_lr(0.001),),
        color=BLUE,
        use="The baseline, and the choice when no memory per weight can be spared.",
        experiments=("X68",),
        torch=TorchPeer("SGD", "lr=lr"),
    ),
    Optimizer(
        key="momentum",
        name="Momentum",
        year=1964,
        authors="Polyak",
        source="Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
        idea="Keep a velocity: gradients that agree add up, gradients that alternate cancel. For a constant gradient "
        "the step grows to lr/(1 − beta) times it.",
        rule="v = beta*v + g\nx = x - lr*v",
        hypers=(_lr(0.001), _BETA),
        color=ORANGE,
        velocity="v",
        state={"v": "velocity: decaying sum of gradients"},
        parent="sgd",
        fixes="Plain descent zigzags across a ravine while it creeps along it; the velocity averages the zigzag away.",
        use="Convolutional networks with a schedule; smooth deterministic problems, where it is hard to beat.",
        experiments=("X22", "X25"),
        torch=TorchPeer("SGD", "lr=lr, momentum=beta"),
    ),
    Optimizer(
        key="nesterov",
        name="Nesterov",
        year=1983,
        authors="Nesterov",
        source="Nesterov 1983, Dokl. Akad. Nauk SSSR 269:543; look-ahead form Sutskever et al. 2013, ICML",
        idea="Momentum that asks for the gradient where the velocity is about to carry it. It overshoots less than "
        "the heavy ball, and is stable on a smaller range of learning rates.",
        rule="v = beta*v + lr*grad(x - beta*v)\nx = x - v",
        hypers=(_lr(0.001), _BETA),
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
    ),
    Optimizer(
        key="adagrad",
        name="AdaGrad",
        year=2011,
        authors="Duchi, Hazan, Singer",
        source="Duchi, Hazan & Singer 2011, JMLR 12:2121",
        idea="Give every coordinate its own rate: the more gradient it has seen in total, the smaller its steps. "
        "Rare features keep large steps; the sum never forgets.",
        rule="G = G + g**2\nx = x - lr*g/(sqrt(G) + eps)",
        hypers=(_lr(0.01), _eps(1e-10)),
        color=GOLD,
        state={"G": "sum of squared gradients"},
        parent="sgd",
        fixes="One learning rate for all coordinates starves those whose gradients are rare.",
        use="Sparse features, such as words or advertisements.",
        experiments=("X28",),
        torch=TorchPeer("Adagrad", "lr=lr, eps=eps"),
    ),
    Optimizer(
        key="rmsprop",
        name="RMSProp",
        year=2012,
        authors="Tieleman, Hinton",
        source="Tieleman & Hinton 2012, Coursera Neural Networks for Machine Learning, lecture 6e",
        idea="Divide by the recent size of the gradient instead of its whole history. Without bias correction the "
        "first step is lr/√(1 − gamma).",
        rule="v = gamma*v + (1 - gamma)*g**2\nx = x - lr*g/(sqrt(v) + eps)",
        hypers=(
            _lr(0.01),
            _decay("gamma", r"\gamma", 0.99, "Memory of the mean squared gradient; the lecture used 0.9."),
            _eps(1e-8),
        ),
        color=PINK,
        state={"v": _SECOND_MOMENT},
        parent="adagrad",
        fixes="AdaGrad's sum never forgets, so under noise its steps shrink for ever; a decaying average does forget.",
        use="Reinforcement learning and some recurrent networks.",
        torch=TorchPeer("RMSprop", "lr=lr, alpha=gamma, eps=eps"),
    ),
    Optimizer(
        key="adadelta",
        name="Adadelta",
        year=2012,
        authors="Zeiler",
        source="Zeiler 2012, arXiv:1212.5701",
        idea="Scale each step by the recent size of the steps themselves, so that the units come out right and, in "
        "the paper, no learning rate is needed. It starts very slowly.",
        rule="v = rho*v + (1 - rho)*g**2\n"
        "delta = sqrt(u + eps)/sqrt(v + eps)*g\n"
        "u = rho*u + (1 - rho)*delta**2\n"
        "x = x - lr*delta",
        hypers=(
            _lr(1.0, (1e-2, 100.0)),
            _decay("rho", r"\rho", 0.9, "Memory of squared gradients and squared steps."),
            _eps(1e-6),
        ),
        color=GREY,
        state={"v": _SECOND_MOMENT, "u": "memory of squared steps"},
        parent="adagrad",
        fixes="AdaGrad's step has the wrong unit and keeps shrinking; here past steps set the length of the next.",
        use="Rarely today; it shows how far one gets without tuning a learning rate.",
        torch=TorchPeer("Adadelta", "lr=lr, rho=rho, eps=eps"),
    ),
    Optimizer(
        key="adam",
        name="Adam",
        year=2014,
        authors="Kingma, Ba",
        source="Kingma & Ba 2015, arXiv:1412.6980",
        idea="Momentum divided by the recent gradient size, both corrected for starting at zero. Each coordinate moves "
        "by about lr per step whatever the scale of the loss.",
        rule=_ADAM_HEAD + "x = x - lr*m_hat/(sqrt(v_hat) + eps)",
        hypers=(_lr(0.001), _BETA1, _BETA2, _eps(1e-8)),
        color=VIOLET,
        velocity="m",
        state=_MOMENTS,
        parent="rmsprop",
        fixes="RMSProp has no momentum and starts with steps that are far too long; Adam adds the one and corrects "
        "the other.",
        use="A first choice for most networks, Transformers above all.",
        torch=TorchPeer("Adam", _ADAM_ARGUMENTS),
    ),
    Optimizer(
        key="amsgrad",
        name="AMSGrad",
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
        hypers=(_lr(0.001), _BETA1, _BETA2, _eps(1e-8)),
        color=VIOLET,
        dash="dot",
        velocity="m",
        state={**_MOMENTS, "v_max": "largest second moment so far"},
        parent="adam",
        fixes="Adam may forget a rare, large gradient and then converge to the wrong place; a maximum does not forget.",
        use="Rarely: the failure it mends is hard to meet in practice.",
        experiments=("X33",),
        torch=TorchPeer("Adam", _ADAM_ARGUMENTS + ", amsgrad=True"),
    ),
    Optimizer(
        key="adamax",
        name="Adamax",
        year=2014,
        authors="Kingma, Ba",
        source="Kingma & Ba 2015, arXiv:1412.6980, section 7.1",
        idea="Adam with the largest recent gradient in place of the root mean square, which needs no bias correction "
        "of its own.",
        rule="m = beta1*m + (1 - beta1)*g\nu = max(beta2*u, abs(g) + eps)\nx = x - lr/(1 - beta1**t)*m/u",
        hypers=(_lr(0.002), _BETA1, _BETA2, _eps(1e-8)),
        color=PINK,
        dash="dash",
        velocity="m",
        state={"m": _FIRST_MOMENT, "u": "largest recent gradient, decaying"},
        parent="adam",
        fixes="A root mean square reacts to every outlier; the largest recent gradient is steadier.",
        use="Rarely; embeddings with very uneven gradients.",
        torch=TorchPeer("Adamax", _ADAM_ARGUMENTS),
    ),
    Optimizer(
        key="nadam",
        name="NAdam",
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
            _lr(0.002),
            _BETA1,
            _BETA2,
            _eps(1e-8),
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
        state={**_MOMENTS, "P": "product of the momenta so far"},
        parent="adam",
        fixes="Adam's momentum looks back; Nesterov's looks ahead.",
        use="As Adam, where a little more momentum helps.",
        torch=TorchPeer(
            "NAdam",
            _ADAM_ARGUMENTS + ", momentum_decay=momentum_decay",
            "PyTorch keeps the product of momenta in the default dtype (float32 unless it is set to float64).",
        ),
    ),
    Optimizer(
        key="radam",
        name="RAdam",
        year=2019,
        authors="Liu, Jiang, He, Chen, Liu, Gao, Han",
        source="Liu et al. 2020, arXiv:1908.03265",
        idea="Adam that waits until its second moment can be trusted. Until then (five steps at the default beta2) it "
        "takes raw momentum steps, which explode on a steep start.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "v = beta2*v + (1 - beta2)*g**2\n"
        "m_hat = m/(1 - beta1**t)\n"
        "rho_inf = 2/(1 - beta2) - 1\n"
        "rho = rho_inf - 2*t*beta2**t/(1 - beta2**t)\n"
        "r = sqrt((rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho))\n"
        "x = x - lr*m_hat*where(rho > 5, r*sqrt(1 - beta2**t)/(sqrt(v) + eps), 1)",
        hypers=(_lr(0.001), _BETA1, _BETA2, _eps(1e-8)),
        color=CYAN,
        dash="dash",
        velocity="m",
        state=_MOMENTS,
        parent="adam",
        fixes="In its first steps Adam divides by a second moment that it hardly knows yet.",
        use="As Adam without a warmup; watch the first five steps, which are as long as the gradient.",
        experiments=("X66",),
        torch=TorchPeer("RAdam", _ADAM_ARGUMENTS),
    ),
    Optimizer(
        key="adamw",
        name="AdamW",
        year=2017,
        authors="Loshchilov, Hutter",
        source="Loshchilov & Hutter 2019, arXiv:1711.05101",
        idea="Adam with weight decay applied to the weights themselves instead of to the gradient, so that the "
        "decay is not divided away by the second moment.",
        rule=_ADAM_HEAD + "x = x - lr*(m_hat/(sqrt(v_hat) + eps) + weight_decay*x)",
        hypers=(_lr(0.001), _BETA1, _BETA2, _eps(1e-8), _weight_decay(0.01)),
        color=RED,
        velocity="m",
        state=_MOMENTS,
        parent="adam",
        fixes="Decay added to the gradient is divided by the second moment, so that the weights with large "
        "gradients hardly decay.",
        use="The default for Transformers.",
        experiments=("X37",),
        torch=TorchPeer("AdamW", _ADAM_ARGUMENTS + ", weight_decay=weight_decay"),
    ),
    Optimizer(
        key="lion",
        name="Lion",
        year=2023,
        authors="Chen et al.",
        source="Chen et al. 2023, arXiv:2302.06675",
        idea="Only the sign of an interpolated momentum: every coordinate moves by exactly lr. One number per weight, "
        "and near a minimum it ends in a cycle of size lr.",
        rule="c = beta1*m + (1 - beta1)*g\nx = x - lr*(sign(c) + weight_decay*x)\nm = beta2*m + (1 - beta2)*g",
        hypers=(
            _lr(0.0001),
            _BETA1,
            _decay("beta2", r"\beta_2", 0.99, "Memory of the momentum that is kept.", (0.5, 0.9999)),
            _weight_decay(0.0),
        ),
        color=GREEN,
        velocity="c",
        state={"m": _FIRST_MOMENT},
        parent="adamw",
        fixes="Adam keeps two numbers per weight; the sign of one momentum does nearly as well.",
        use="When optimizer memory is short; at a third to a tenth of AdamW's learning rate.",
    ),
    Optimizer(
        key="sophia",
        name="Sophia",
        year=2023,
        authors="Liu, Li, Hall, Liang, Ma",
        source="Liu et al. 2024, arXiv:2305.14342",
        idea="Momentum divided by a running estimate of the Hessian's diagonal, each coordinate's step clipped at lr. "
        "Here the diagonal is exact and refreshed every k steps; on a network it is estimated.",
        rule="m = beta1*m + (1 - beta1)*g\n"
        "h = where((t - 1) % k == 0, beta2*h + (1 - beta2)*hessian_diag(x), h)\n"
        "x = x - lr*weight_decay*x\n"
        "x = x - lr*clip(m/max(gamma*h, eps), -1, 1)",
        hypers=(
            _lr(0.001),
            _decay("beta1", r"\beta_1", 0.965, "Memory of the mean gradient."),
            _decay("beta2", r"\beta_2", 0.99, "Memory of the Hessian's diagonal.", (0.5, 0.9999)),
            Hyper(
                "gamma",
                r"\gamma",
                0.01,
                (0.0, 1e3),
                (1e-3, 1.0),
                "log",
                "Scales the curvature: smaller values clip more coordinates.",
            ),
            _eps(1e-12),
            _weight_decay(0.0),
            Hyper(
                "k",
                "k",
                10,
                (1, 1000),
                (1, 50),
                "linear",
                "Steps between two looks at the curvature.",
                whole=True,
            ),
        ),
        color=GOLD,
        dash="dash",
        velocity="m",
        state={"m": _FIRST_MOMENT, "h": "memory of the Hessian's diagonal"},
        parent="adamw",
        fixes="Adam's denominator knows the gradients' size and nothing of the curvature.",
        use="Research: the gains reported at first were not found again with equal tuning.",
    ),
    Optimizer(
        key="lamb",
        name="LAMB",
        year=2019,
        authors="You et al.",
        source="You et al. 2020, arXiv:1904.00962",
        idea="AdamW whose step is rescaled, layer by layer, to the size of the weights. In a picture there is one "
        "layer, so the learning rate is relative and the rule stalls near the origin.",
        rule=_ADAM_HEAD
        + "u = m_hat/(sqrt(v_hat) + eps) + weight_decay*x\n"
        + "ratio = where(norm(x)*norm(u) > 0, norm(x)/norm(u), 1)\n"
        + "x = x - lr*ratio*u",
        hypers=(_lr(0.01), _BETA1, _BETA2, _eps(1e-6), _weight_decay(0.0)),
        color=BLUE,
        dash="dash",
        velocity="m",
        state=_MOMENTS,
        parent="adamw",
        fixes="With very large batches one learning rate is too long for some layers; here each layer gets a step "
        "in proportion to its weights.",
        use="Very large batches.",
    ),
    Optimizer(
        key="muon",
        name="Muon",
        year=2024,
        authors="Jordan et al.",
        source="Jordan et al. 2024, kellerjordan.github.io/posts/muon",
        idea="Momentum whose singular values are pushed towards one. A point in a picture is a vector with a single "
        "singular value, so here it is normalised momentum with steps of about 0.7 lr.",
        rule="m = beta*m + g\nu = g + beta*m\nx = x - lr*(orthogonalize(u) + weight_decay*x)",
        hypers=(
            _lr(0.02),
            _decay("beta", r"\mu", 0.95, "Momentum: the share of the previous velocity that is kept."),
            _weight_decay(0.0),
        ),
        color=ORANGE,
        dash="dash",
        velocity="u",
        state={"m": "velocity: decaying sum of gradients"},
        parent="momentum",
        fixes="A matrix's update is dominated by a few directions; orthogonalizing it lets all of them learn.",
        use="The weight matrices of large language models, with AdamW for everything else.",
        experiments=("X41",),
        torch=TorchPeer(
            "Muon",
            "lr=lr, momentum=beta, weight_decay=weight_decay",
            "For matrices only, and in bfloat16 inside.",
        ),
    ),
    Optimizer(
        key="sam",
        name="SAM",
        year=2020,
        authors="Foret, Kleiner, Mobahi, Neyshabur",
        source="Foret et al. 2021, arXiv:2010.01412",
        idea="Climb a distance rho uphill first and use the gradient found there, which steers towards flat regions. "
        "Each step costs two gradients.",
        rule="x = x - lr*grad(x + rho*g/(global_norm(g) + 1e-12))",
        hypers=(
            _lr(0.001),
            Hyper(
                "rho",
                r"\rho",
                0.05,
                (0.0, 1e3),
                (0.0, 1.0),
                "linear",
                "How far uphill the gradient is taken.",
            ),
        ),
        color=RED,
        dash="dash",
        parent="sgd",
        fixes="Descent is content with any low point, however narrow.",
        use="Vision and fine-tuning, where twice the gradients per step are affordable.",
    ),
    Optimizer(
        key="schedule_free",
        name="Schedule-Free",
        year=2024,
        authors="Defazio et al.",
        source="Defazio et al. 2024, arXiv:2405.15682",
        idea="Gradient descent on a fast sequence, evaluated at its running average: the average replaces a decaying "
        "schedule. The gradient is taken between the two.",
        rule="z: state = x\ny = (1 - beta)*z + beta*x\nz = z - lr*grad(y)\nx = (1 - 1/t)*x + z/t",
        hypers=(_lr(0.01), _decay("beta", r"\beta", 0.9, "How close to the average the gradient is taken.")),
        color=GREEN,
        dash="dash",
        state={"z": "fast iterate: plain gradient descent"},
        parent="sgd",
        fixes="A decaying learning rate needs to know when training ends; an average does not.",
        use="Training without a fixed end.",
    ),
    Optimizer(
        key="newton",
        name="Newton (damped)",
        year=1944,
        authors="Levenberg",
        source="Newton's method with Levenberg's damping: Levenberg 1944, doi:10.1090/qam/10666",
        idea="Step to the bottom of the local quadratic model. One step solves a quadratic; where the curvature is "
        "negative it climbs, unless the damping outweighs it.",
        rule="x = x - lr*newton_direction(x, damping)",
        hypers=(
            _lr(1.0, (1e-2, 2.0)),
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
        fixes="First-order steps know the slope and not how soon it changes.",
        use="Small smooth problems, close to a minimum.",
    ),
)

OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType({declared.key: declared for declared in _DECLARATIONS})

# The look of a rule typed by a visitor, unlike any shipped rule's.
OWN_COLOR = "#B0309C"
OWN_KEY = "own"
# What a slider offers for a hyperparameter that no shipped rule has, if its bounds are too wide for one.
_WIDE = 1e3


def optimizer(text: str) -> Optimizer:
    """The shipped rule with key ``text`` or, if ``text`` is a rule itself, a declaration made from it.

    Raises ``ValueError`` for an unknown key and ``FormulaError`` for a text that is not a rule.
    """
    if text in OPTIMIZERS:
        return OPTIMIZERS[text]
    if text.replace("_", "").isalnum():
        raise ValueError(unknown_key("optimizer", text, OPTIMIZERS))
    rule = parse_rule(text)
    declared = {found.name: found for found in rule.declared}
    hypers = [
        _own_hyper(declared[name].bounds, declared[name].default, name) if name in declared else _lr(0.01)
        for name in rule.hypers
    ]
    idea = "A rule of your own."
    return Optimizer(OWN_KEY, "Own rule", 0, "", "", idea, text, tuple(hypers), OWN_COLOR, "dot")


def _own_hyper(bounds: tuple[float, float], default: float, name: str) -> Hyper:
    """A hyperparameter of a visitor's rule, with the slider of a shipped one of the same name where that fits."""
    low, high = bounds
    for known in (hyper for shipped in OPTIMIZERS.values() for hyper in shipped.hypers if hyper.name == name):
        start, end = max(low, known.slider[0]), min(high, known.slider[1])
        if start < end:
            whole = known.whole and default == round(default)
            return Hyper(name, known.symbol, default, bounds, (start, end), known.scale, known.help, whole)
    slider = (low, min(high, max(10 * abs(default), 1.0) + low)) if high - low > _WIDE else bounds
    return Hyper(name, symbol(name), default, bounds, slider, "linear", "")
