"""The words of the guide: what each means, its symbol, where it is best seen, and how it is marked where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlencode

# The page with the glossary, what its link says to show it, and what it calls the box in which a term is looked up.
PAGE, SHOWS, SEARCH = "reference", ("rtopic", "glossary"), "rterm"
# Texts kept marked for all visitors together: about three times what all pages say with every fold open.
_TEXTS = 1024


@dataclass(frozen=True)
class Term:
    """One term: its ``meaning`` in a sentence, and where on which ``page`` it is best seen: the key or id ``at``.

    ``symbol`` is LaTeX, empty if the guide has none. ``forms`` are the other ways in which texts write it. An
    ``everyday`` term is so common here that it is explained in the glossary only.
    """

    name: str
    meaning: str
    page: str
    at: str
    symbol: str = ""
    forms: tuple[str, ...] = ()
    everyday: bool = False


_ALL = (
    Term(
        "activation function",
        "The nonlinear function that a unit applies to the weighted sum of its inputs, such as ReLU, tanh or the "
        "sigmoid.",
        page="pitfalls",
        at="depth",
        forms=("activation functions", "activation"),
    ),
    Term(
        "activations",
        "The values that layers pass on; in training they are kept until the backward pass has used them.",
        page="techniques",
        at="memory",
    ),
    Term(
        "backpropagation",
        "The chain rule applied from the loss back through the layers, for the slopes along all weights at once.",
        page="update_rule",
        at="network",
    ),
    Term(
        "backward pass",
        "The way back through a network, from the loss to every weight, on which the gradient is computed.",
        page="update_rule",
        at="network",
        forms=("backward passes",),
    ),
    Term(
        "basin",
        "All the starts from which a rule ends in the same minimum.",
        page="pitfalls",
        at="minima",
        forms=("basins",),
    ),
    Term(
        "batch",
        "The samples over which one step averages the gradient.",
        page="variants",
        at="rule",
        symbol=r"\mathcal B_t",
        forms=("batches",),
        everyday=True,
    ),
    Term(
        "batch normalisation",
        "A layer that brings each input to mean 0 and variance 1 over the batch, then scales and shifts it as learned.",
        page="techniques",
        at="batch_norm",
        forms=("BatchNorm",),
    ),
    Term(
        "batch size",
        "How many samples a step averages the gradient over.",
        page="variants",
        at="rates",
        symbol="B",
        forms=("batch sizes",),
        everyday=True,
    ),
    Term(
        "bias correction",
        "Division of a decaying mean by 1 − βᵗ, because it began at 0 and is too small in the first steps.",
        page="techniques",
        at="correction",
        forms=("bias-corrected",),
    ),
    Term(
        "chain rule",
        "The derivative of one function applied to another is the product of their derivatives.",
        page="update_rule",
        at="network",
    ),
    Term(
        "clipping",
        "Shortening a gradient that is above a limit: by norm it keeps its direction, by value it may turn.",
        page="techniques",
        at="clipping",
        forms=("gradient clipping",),
    ),
    Term(
        "condition number",
        "The largest curvature divided by the smallest; the steps that gradient descent needs grow in proportion to "
        "it.",
        page="techniques",
        at="scaling",
        symbol=r"\kappa",
        forms=("condition numbers",),
    ),
    Term(
        "contour line",
        "A line along which the objective has one and the same value; the gradient is at right angles to it.",
        page="foundations",
        at="mountain",
        forms=("contour lines", "contours"),
    ),
    Term(
        "convex",
        "Never above the straight line between two points of its graph, so that every local minimum is a global one.",
        page="optimizers",
        at="chosen_nesterov",
        forms=("strongly convex",),
    ),
    Term(
        "cosine decay",
        "A schedule that lowers the learning rate along half a cosine: slowly, then quickly, then slowly again.",
        page="learning_rate",
        at="schedules",
    ),
    Term(
        "curvature",
        "The second derivative along a direction: how quickly the slope changes that way.",
        page="learning_rate",
        at="bounded",
        forms=("curvatures",),
    ),
    Term(
        "damping",
        "A number added to the Hessian's diagonal, which shortens Newton's step where the curvature is small.",
        page="optimizers",
        at="chosen_newton",
    ),
    Term(
        "decaying mean",
        "A mean in which every step makes older values count less by the same factor; also called exponential moving "
        "average.",
        page="optimizers",
        at="chosen_adam",
        forms=("decaying means",),
    ),
    Term(
        "decoupled weight decay",
        "Weight decay that acts on the weights beside the gradient, so that no second moment divides it.",
        page="techniques",
        at="decay",
        forms=("decoupled decay", "decoupled"),
    ),
    Term(
        "divergence",
        "Running away without end; a run has diverged once its point or its loss is infinite or beyond a huge bound.",
        page="pitfalls",
        at="divergence",
        forms=("diverge", "diverges", "diverged", "diverging"),
        everyday=True,
    ),
    Term(
        "edge of stability",
        "Full-batch training in which the sharpness has risen to about 2/α and stays there while the loss still falls.",
        page="pitfalls",
        at="edge",
    ),
    Term(
        "effective rate",
        "What a coordinate's gradient is really multiplied by: the learning rate over what the rule divides by.",
        page="pitfalls",
        at="decay",
        forms=("effective rates", "effective learning rate"),
    ),
    Term(
        "eigenvalue",
        "A factor by which a matrix stretches a direction that it does not turn; the Hessian's are curvatures.",
        page="update_rule",
        at="limit",
        forms=("eigenvalues",),
    ),
    Term(
        "epoch",
        "One pass through all the training samples.",
        page="variants",
        at="variants",
        forms=("epochs",),
    ),
    Term(
        "exploding gradient",
        "A gradient that grows from layer to layer on its way back until the steps are far too long.",
        page="pitfalls",
        at="depth",
        forms=("exploding gradients", "exploding"),
    ),
    Term(
        "first moment",
        "A decaying mean of the gradients, along which Adam steps.",
        page="optimizers",
        at="chosen_adam",
        symbol="m",
        forms=("first moments",),
    ),
    Term(
        "Fisher matrix",
        "How strongly a model's output distribution changes with each pair of weights; a kind of curvature.",
        page="history",
        at="found",
    ),
    Term(
        "flat minimum",
        "A minimum where the curvature is small, so that a small change of the weights hardly raises the loss.",
        page="pitfalls",
        at="sharpness",
        forms=("flat minima", "flatter minimum", "flatter minima"),
    ),
    Term(
        "forward pass",
        "The way through a network from its inputs to its prediction and the loss.",
        page="update_rule",
        at="network",
        forms=("forward passes",),
    ),
    Term(
        "full batch",
        "All the training samples at once, which give the exact gradient of the loss.",
        page="variants",
        at="variants",
        forms=("full batches", "full-batch"),
    ),
    Term(
        "gate",
        "A unit of an LSTM or a GRU that decides what share of the memory is kept or passed on.",
        page="pitfalls",
        at="depth",
        forms=("gates", "forget gate", "update gate"),
    ),
    Term(
        "generalisation",
        "Doing well on data that were not used for training.",
        page="variants",
        at="claims",
        forms=("generalise", "generalises"),
    ),
    Term(
        "global minimum",
        "A point where the objective is as low as it gets anywhere.",
        page="foundations",
        at="playground",
        forms=("global minima",),
    ),
    Term(
        "gradient",
        "The vector of the slopes along all coordinates; it points where the objective rises fastest.",
        page="foundations",
        at="mountain",
        symbol=r"g = \nabla J(\theta)",
        forms=("gradients",),
        everyday=True,
    ),
    Term(
        "gradient accumulation",
        "Adding up the gradients of several small batches for one step, as if they were one large batch.",
        page="techniques",
        at="accumulation",
        forms=("accumulation",),
    ),
    Term(
        "gradient descent",
        "The rule that subtracts the learning rate times the gradient, again and again.",
        page="foundations",
        at="idea",
        forms=("steepest descent",),
        everyday=True,
    ),
    Term(
        "gradient evaluation",
        "Computing the gradient once at one point; some rules need two of them for a step.",
        page="optimizers",
        at="chosen_sam",
        forms=("gradient evaluations",),
    ),
    Term(
        "gradient norm",
        "The length of the gradient: the slope in the steepest direction, and 0 where the ground is level.",
        page="foundations",
        at="story",
        symbol=r"\lVert g \rVert",
        forms=("gradient norms", "norm of the gradient"),
    ),
    Term(
        "heavy ball",
        "Momentum as Polyak wrote it: a velocity adds up gradients, and each step is the learning rate times it.",
        page="optimizers",
        at="chosen_momentum",
    ),
    Term(
        "Hessian",
        "The matrix of all second derivatives: how each slope changes along each coordinate.",
        page="optimizers",
        at="chosen_newton",
        forms=("Hessians",),
    ),
    Term(
        "Hutchinson's estimate",
        "An estimate of the Hessian's diagonal: random signs times the Hessian times the same signs.",
        page="optimizers",
        at="chosen_sophia",
    ),
    Term(
        "hyperparameter",
        "A number that is chosen before a run and not learned in it, such as the learning rate.",
        page="optimizers",
        at="rules",
        forms=("hyperparameters",),
    ),
    Term(
        "inflection",
        "A place where a curve changes the way it bends; if it is level there too, gradient descent creeps.",
        page="foundations",
        at="playground",
        forms=("inflections",),
    ),
    Term(
        "initialisation",
        "The weights with which training begins: drawn at random, at a size that suits the layers.",
        page="techniques",
        at="initialisation",
        forms=("first weights",),
    ),
    Term(
        "iterate",
        "Where a run stands after one of its steps.",
        page="foundations",
        at="idea",
        symbol=r"\theta_t",
        forms=("iterates",),
    ),
    Term(
        "L2 regularisation",
        "A penalty on the squared weights as part of the loss, which pulls every weight towards 0.",
        page="techniques",
        at="decay",
        forms=("L2",),
    ),
    Term(
        "learning rate",
        "The factor by which a gradient is multiplied to make a step; how long the step is depends on both.",
        page="learning_rate",
        at="sizes",
        symbol=r"\alpha",
        forms=("learning rates", "rate", "rates", "lr"),
        everyday=True,
    ),
    Term(
        "line search",
        "Looking along a direction for the best step length, anew for every step.",
        page="techniques",
        at="scaling",
    ),
    Term(
        "local minimum",
        "A point lower than all points near it, though others further away may be lower still.",
        page="foundations",
        at="playground",
        forms=("local minima",),
    ),
    Term(
        "logits",
        "The outputs of a classifier before they are turned into probabilities.",
        page="pitfalls",
        at="divergence",
    ),
    Term(
        "look-ahead",
        "Nesterov's idea: take the gradient where the velocity is about to carry the point, not where it stands.",
        page="techniques",
        at="nesterov",
        forms=("Nesterov's look-ahead", "looks ahead"),
    ),
    Term(
        "loss",
        "The objective of training: how wrong a model is, on average over the data.",
        page="update_rule",
        at="repeat",
        symbol=r"J(\theta)",
        forms=("losses",),
        everyday=True,
    ),
    Term(
        "mini-batch",
        "A batch of a few samples, others for each step.",
        page="variants",
        at="variants",
        forms=("mini-batches",),
    ),
    Term(
        "minimum",
        "A point that is lower than all points around it.",
        page="foundations",
        at="playground",
        forms=("minima",),
        everyday=True,
    ),
    Term(
        "mixed precision",
        "Computing most of a network with 16-bit numbers while its weights keep 32 bits.",
        page="techniques",
        at="formats",
    ),
    Term(
        "momentum",
        "Going on in the direction of earlier steps: each step keeps a share β of the velocity before it.",
        page="optimizers",
        at="chosen_momentum",
        symbol=r"\beta",
    ),
    Term(
        "Newton's method",
        "A step to the bottom of the quadratic that has the same slope and curvature here as the objective.",
        page="optimizers",
        at="chosen_newton",
    ),
    Term(
        "noise",
        "The random error of a gradient, mostly because it was taken over only a few samples.",
        page="variants",
        at="noise",
        everyday=True,
    ),
    Term(
        "noise floor",
        "The height above the lowest loss at which noise holds a run whose learning rate does not fall.",
        page="variants",
        at="noise",
    ),
    Term(
        "objective",
        "The function that a run tries to make as small as possible.",
        page="foundations",
        at="idea",
        symbol="f",
        forms=("objectives",),
        everyday=True,
    ),
    Term(
        "optimizer",
        "A method that lowers an objective step by step: an update rule with its hyperparameters.",
        page="optimizers",
        at="rules",
        forms=("optimizers",),
        everyday=True,
    ),
    Term(
        "orthogonalizing",
        "Bringing all singular values of a matrix to about 1, so that it learns in all its directions.",
        page="optimizers",
        at="chosen_muon",
    ),
    Term(
        "oscillating",
        "Landing on the other side of the minimum with every step, nearer to it each time or not.",
        page="learning_rate",
        at="sizes",
        forms=("oscillate", "oscillates"),
    ),
    Term(
        "overfitting",
        "Learning what is peculiar to the training data, so that new data are predicted worse.",
        page="pitfalls",
        at="sharpness",
        forms=("overfit", "overfits"),
    ),
    Term(
        "overshooting",
        "Going past the minimum, because a step is too long or a velocity has not died down.",
        page="techniques",
        at="nesterov",
        forms=("overshoot", "overshoots"),
    ),
    Term(
        "parameter",
        "A number that training changes; in a network it is a weight or a bias.",
        page="update_rule",
        at="repeat",
        symbol=r"\theta",
        forms=("parameters", "weight", "weights"),
        everyday=True,
    ),
    Term(
        "path",
        "All the points of a run, in order.",
        page="foundations",
        at="mountain",
        forms=("paths",),
        everyday=True,
    ),
    Term(
        "plateau",
        "A region that is high and nearly level, where steps in proportion to the slope are tiny.",
        page="pitfalls",
        at="plateaus",
        forms=("plateaus",),
    ),
    Term(
        "preconditioner",
        "A matrix by which the gradient is multiplied, so that the step suits the curvature.",
        page="history",
        at="found",
        forms=("preconditioners",),
    ),
    Term(
        "quadratic",
        "A function of the second degree, whose curvature is the same everywhere; a bowl is one.",
        page="learning_rate",
        at="bounded",
        forms=("quadratics",),
    ),
    Term(
        "range test",
        "A run whose learning rate grows at every step, to see at which rates the loss falls fast.",
        page="learning_rate",
        at="rates",
        forms=("range tests", "learning-rate range test", "learning rate range test"),
    ),
    Term(
        "ravine",
        "A long narrow valley: curved strongly across and weakly along.",
        page="pitfalls",
        at="ravines",
        forms=("ravines",),
    ),
    Term(
        "regret",
        "The sum of the losses that a run has met, minus what the best single point would have had.",
        page="optimizers",
        at="chosen_adagrad",
    ),
    Term(
        "residual",
        "The error of a prediction: the prediction minus the target.",
        page="update_rule",
        at="repeat",
        forms=("residuals",),
        everyday=True,
    ),
    Term(
        "restart",
        "A jump of the learning rate back to its peak, from which the schedule falls again.",
        page="learning_rate",
        at="schedules",
        forms=("restarts",),
    ),
    Term(
        "rule of signs",
        "A rule that steps by the signs of its gradient or momentum, so that the learning rate alone sets how far.",
        page="pitfalls",
        at="cycles",
        forms=("rules of signs",),
    ),
    Term(
        "saddle",
        "A point where the slope is 0 and from which the ground rises in some directions and falls in others.",
        page="pitfalls",
        at="saddles",
        forms=("saddles", "saddle point", "saddle points"),
    ),
    Term(
        "schedule",
        "A plan that says for every step by what factor the learning rate is multiplied.",
        page="learning_rate",
        at="schedules",
        forms=("schedules",),
    ),
    Term(
        "second moment",
        "Adam's v: a decaying mean of the squared gradients, by whose root each coordinate's step is divided.",
        page="optimizers",
        at="chosen_adam",
        forms=("second moments",),
    ),
    Term(
        "seed",
        "The number from which random draws begin; the same seed gives the same draws again.",
        page="learning_rate",
        at="schedules",
        forms=("seeds",),
    ),
    Term(
        "sharp minimum",
        "A minimum where the curvature is large, so that a small change of the weights raises the loss a lot.",
        page="pitfalls",
        at="sharpness",
        forms=("sharp minima", "sharper minimum", "sharper minima"),
    ),
    Term(
        "sharpness",
        "The largest curvature of the loss at a point, which is the largest eigenvalue of the Hessian.",
        page="pitfalls",
        at="edge",
        symbol="L",
    ),
    Term(
        "skip connection",
        "A way past a layer: what goes in is added to what comes out, so that gradients can pass unchanged.",
        page="pitfalls",
        at="depth",
        forms=("skip connections", "residual connections", "skips"),
    ),
    Term(
        "slope",
        "How much the objective rises for a small move, divided by the length of that move.",
        page="foundations",
        at="idea",
        symbol=r"f'",
        forms=("slopes",),
        everyday=True,
    ),
    Term(
        "spectral radius",
        "The size of a matrix's largest eigenvalue; it decides whether the powers of the matrix grow or vanish.",
        page="pitfalls",
        at="depth",
    ),
    Term(
        "stability limit",
        "The learning rate above which gradient descent moves away from a minimum whose largest curvature is L.",
        page="update_rule",
        at="limit",
        symbol="2/L",
    ),
    Term(
        "standardisation",
        "Shifting and scaling every feature to mean 0 and standard deviation 1.",
        page="techniques",
        at="scaling",
        forms=("standardise", "standardised", "standardising"),
    ),
    Term(
        "step",
        "One application of the update rule.",
        page="foundations",
        at="idea",
        symbol="t",
        forms=("steps",),
        everyday=True,
    ),
    Term(
        "step decay",
        "A schedule that multiplies the learning rate by a factor below 1 every so many steps.",
        page="learning_rate",
        at="schedules",
    ),
    Term(
        "stochastic gradient descent",
        "Gradient descent with the gradient of a few samples drawn at random in place of the exact one.",
        page="variants",
        at="variants",
        forms=("SGD",),
    ),
    Term(
        "update rule",
        "The lines that say how the next point follows from this one.",
        page="update_rule",
        at="repeat",
        forms=("update rules",),
        everyday=True,
    ),
    Term(
        "vanishing gradient",
        "A gradient that shrinks from layer to layer on its way back until the first layers no longer learn.",
        page="pitfalls",
        at="depth",
        forms=("vanishing gradients", "vanishing"),
    ),
    Term(
        "velocity",
        "What momentum keeps from step to step: a sum of the gradients so far in which old ones fade.",
        page="optimizers",
        at="chosen_momentum",
        symbol="v",
        forms=("velocities",),
    ),
    Term(
        "warm-up",
        "A rise of the learning rate over the first steps, from nearly 0 to its peak.",
        page="techniques",
        at="warmup",
        forms=("warm-ups", "warmup", "warm up"),
    ),
    Term(
        "weight decay",
        "Shrinking every weight by a small share of itself at each step.",
        page="techniques",
        at="decay",
        symbol=r"\lambda",
    ),
    Term(
        "without replacement",
        "Drawn so that no sample comes a second time before all have come once.",
        page="variants",
        at="noise",
    ),
    Term(
        "zigzag",
        "A path that goes to and fro across a valley and creeps along it.",
        page="techniques",
        at="scaling",
        forms=("zigzags", "zigzagging"),
    ),
)

GLOSSARY: Mapping[str, Term] = MappingProxyType({term.name: term for term in _ALL})

# What a text writes and which term that is.
_WRITTEN = {form.casefold(): term for term in _ALL for form in (term.name, *term.forms)}
_LONGEST_FIRST = "|".join(re.escape(form) for form in sorted(_WRITTEN, key=len, reverse=True))
# Code, formulas, links, bold labels, headings and addresses stay as they are.
_FINDS = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|!?\[[^\]]*\](?P<link>\([^)]*\))|\*\*.+?\*\*|^#{1,6} [^\n]*|https?://\S+"
    rf"|(?<![\w!-])(?P<term>(?ai:{_LONGEST_FIRST}))(?![\w-])",
    re.MULTILINE | re.DOTALL,
)


def way(term: Term) -> str:
    """The address of ``term`` in the glossary, as it is called from any page."""
    return f"{PAGE}?{urlencode([(SEARCH, term.name), SHOWS])}"


@lru_cache(maxsize=_TEXTS)
def marked(text: str) -> str:
    """``text``, Markdown, in which the first occurrence of each term that is not everyday links to its entry.

    The title of that link is the meaning. Marked again, the text stays the same.
    """
    seen: set[Term | None] = set()

    def mark(match: re.Match[str]) -> str:
        found = match[0]
        if match["term"] is None:
            seen.add(_MARKS.get(match["link"]))
            return found
        term = _WRITTEN[found.casefold()]
        if term.everyday or term in seen:
            return found
        seen.add(term)
        return f"[{found}]{_target(term)}"

    return _FINDS.sub(mark, text)


def _target(term: Term) -> str:
    return f'({way(term)} "{term.meaning}")'


_MARKS = {_target(term): term for term in _ALL}
