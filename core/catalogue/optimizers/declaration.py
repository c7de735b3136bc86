"""What the declaration of an update rule holds, and the pieces that declarations share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from core.catalogue.hypers import Hyper
from core.formula import Rule, parse_rule

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

# How the line of a path is drawn.
Dash = Literal["solid", "dash", "dot", "dashdot"]

# The key of a rule typed by a visitor.
OWN_KEY = "own"


class Family(StrEnum):
    """Rules that share an idea, in teaching order; the value is the family's name."""

    DESCENT = "Gradient descent and momentum"
    ADAPTIVE = "A rate per coordinate"
    ADAM = "Adam and its variants"
    MODERN = "Signs, curvature, whole layers"
    BEYOND = "Look-ahead, averages, Newton"
    RATES = "Rules that choose their own rate"

    @property
    def idea(self) -> str:
        """What its rules have in common, in a sentence."""
        return _IDEAS[self]


_IDEAS = {
    Family.DESCENT: "One learning rate for all coordinates, and at most a velocity that adds up past gradients.",
    Family.ADAPTIVE: "Each coordinate has a step of its own, made from the gradients it has seen.",
    Family.ADAM: "Momentum and a rate per coordinate together, most of them corrected for starting at zero.",
    Family.MODERN: "Made for large networks: signs in place of sizes, curvature, and steps that suit a whole layer.",
    Family.BEYOND: (
        "More than the gradient at the current point: one taken elsewhere, an average of points, or the curvature."
    ),
    Family.RATES: "The length of a step follows from the loss, from earlier steps or from trials, and hardly from lr.",
}


class Sight(StrEnum):
    """How what a line assigns is drawn beside the point."""

    # An arrow against it: a step is taken against a mean of gradients.
    PUSH = "push"
    # A rectangle with its square roots as sides, as it is a mean of squares.
    SQUARE = "square"
    # A rectangle with these sides.
    SIDES = "sides"


class Training(StrEnum):
    """What people train, as far as it bears on the choice of a rule; the value is how it is called."""

    TRANSFORMERS = "Transformers and language models"
    CONVOLUTIONAL = "Convolutional networks"
    SPARSE = "Sparse features and embeddings"
    RECURRENT = "Recurrent networks and reinforcement learning"
    LARGE_BATCHES = "Very large batches"
    SMOOTH = "Small smooth problems"
    OPEN_ENDED = "Training with no fixed end"


@dataclass(frozen=True)
class TorchPeer:
    """The class of ``torch.optim`` that computes the same thing: its name and how its arguments are called.

    ``arguments`` is the Python text between the parentheses after the parameters, with hyperparameter names in it;
    ``note`` says what differs, if anything does; ``matrices_only`` that it takes no vectors. ``state`` has its name of
    each number that the rule keeps, where it keeps the same.
    """

    name: str
    arguments: str
    note: str = ""
    matrices_only: bool = False
    state: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def looks_ahead(self) -> bool:
        """Whether it stores the point where the next gradient is taken, and not the one that the rule shows."""
        return "nesterov=True" in self.arguments


@dataclass(frozen=True)
class Optimizer:
    """One update rule with its provenance, hyperparameters, look and PyTorch counterpart.

    ``state`` says what each name in the state is a memory of; ``velocity`` names the term that points against the
    momentum's push, if the rule has one, and ``sights`` says how else its lines can be drawn. ``parent`` is the key of
    the rule it grew from, ``fixes`` what it mended, ``use`` when to reach for it, ``suits`` the same as tags.
    ``experiments`` are keys of experiments about it that no claim mentions. ``year`` is that of its first public text,
    ``venue`` that of its publication if that came later. ``scaling`` says by what each coordinate's step is scaled on
    its own, ``momentum`` how the way so far pushes the rule on; either is empty if it does not. ``picture``
    tells what a picture of two variables cannot show of the rule, or what surprises in it.
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
    dash: Dash = "solid"
    state: Mapping[str, str] = field(default_factory=dict, hash=False)
    velocity: str = ""
    sights: Mapping[str, Sight] = field(default_factory=dict, hash=False)
    parent: str = ""
    fixes: str = ""
    use: str = ""
    experiments: tuple[str, ...] = ()
    torch: TorchPeer | None = None
    family: Family | None = None
    venue: int | None = None
    scaling: str = ""
    momentum: str = ""
    picture: str = ""
    suits: tuple[Training, ...] = ()

    def __post_init__(self) -> None:
        if self.velocity:
            object.__setattr__(self, "sights", {self.velocity: Sight.PUSH, **self.sights})

    @property
    def reference(self) -> str:
        """What a ``Run`` calls this rule: its key, or its text if it is a visitor's own."""
        return self.rule if self.key == OWN_KEY else self.key

    @property
    def years(self) -> str:
        """The year, or both years as "2017 / 2019" if it came out in print later."""
        return str(self.year) if self.venue is None else f"{self.year} / {self.venue}"

    @cached_property
    def text(self) -> str:
        """The complete rule as a visitor would edit it: hyperparameter declarations, then the algorithm box."""
        declarations = [f"{h.name}: ({h.bounds[0]:.12g}, {h.bounds[1]:.12g}) = {h.default:.12g}" for h in self.hypers]
        return "\n".join([*declarations, self.rule])

    @cached_property
    def parsed(self) -> Rule:
        """The checked rule, ready to be compiled, printed or exported."""
        return parse_rule(
            self.rule,
            hypers=tuple(h.name for h in self.hypers),
            symbols={h.name: h.symbol for h in self.hypers},
        )


def learning_rate(default: float, slider: tuple[float, float] = (1e-4, 1.0)) -> Hyper:
    """The learning rate, which every rule has."""
    return Hyper(
        "lr", r"\alpha", default, (0.0, 1e6), slider, "log", ("Learning rate: the factor that multiplies every step.")
    )


def memory(
    name: str,
    symbol: str,
    default: float,
    meaning: str,
    slider: tuple[float, float] = (0.0, 0.999),
    label: str = "",
) -> Hyper:
    """A decay rate: the share of a running mean or sum that a step keeps."""
    # 1 itself would never forget (and divides by zero in bias corrections), so the bound stays just below it.
    return Hyper(name, symbol, default, (0.0, 0.999999), slider, "linear", meaning, label=label)


def epsilon(default: float) -> Hyper:
    """What is added to a denominator."""
    return Hyper(
        "eps",
        r"\epsilon",
        default,
        (0.0, 10.0),
        (1e-10, 1e-1),
        "log",
        "Keeps the denominator away from zero.",
    )


def decoupled_decay(default: float) -> Hyper:
    """Weight decay beside the gradient, in the sense of Loshchilov and Hutter (2019, arXiv:1711.05101)."""
    return Hyper(
        "weight_decay",
        r"\lambda",
        default,
        (0.0, 100.0),
        (0.0, 1.0),
        "linear",
        "Decoupled weight decay: each step shrinks the weights by the factor 1 − lr·weight_decay.",
    )


BETA = memory("beta", r"\beta", 0.9, "Momentum: the share of the previous velocity that is kept.")
BETA1 = memory("beta1", r"\beta_1", 0.9, "Memory of the mean gradient; about 1/(1 − beta1) steps.")
BETA2 = memory(
    "beta2",
    r"\beta_2",
    0.999,
    "Memory of the mean squared gradient; about 1/(1 − beta2) steps.",
    (0.5, 0.9999),
)

FIRST_MOMENT = "memory of gradients (first moment)"
SECOND_MOMENT = "memory of squared gradients (second moment)"
MOMENTS = {"m": FIRST_MOMENT, "v": SECOND_MOMENT}
MOMENT_SIGHTS = {"m": Sight.PUSH, "v": Sight.SQUARE, "m_hat": Sight.PUSH, "v_hat": Sight.SQUARE}
# What torch.optim calls them.
TORCH_MOMENTS = {"m": "exp_avg", "v": "exp_avg_sq"}
