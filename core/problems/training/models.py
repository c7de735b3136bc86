"""The models that are trained, each declared once: what it takes, its settings, and how many weights it has.

Nothing here imports torch; ``nets`` builds what is declared here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.catalogue.hypers import Hyper, unknown_key
from core.formula.words import digits
from core.problems.training.split import Dataset, Kind

Setting = float | str
Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Choice:
    """A setting that is one of a few words: each option's key with what it is called, the default first."""

    name: str
    label: str
    options: Mapping[str, str]
    help: str

    @property
    def default(self) -> str:
        """The key of the option that is taken unless another is given."""
        return next(iter(self.options))

    def check(self, value: Setting) -> str:
        """``value``, if it is one of the options. Raises ``ValueError`` naming them."""
        if value not in self.options:
            raise ValueError(f"{self.name} must be one of {', '.join(self.options)}; {value!r} was given.")
        return str(value)


ACTIVATION = Choice(
    "activation",
    "Activation",
    MappingProxyType(
        {
            "relu": "ReLU",
            "tanh": "tanh",
            "gelu": "GELU",
            "silu": "SiLU",
            "leaky_relu": "Leaky ReLU",
            "sigmoid": "Sigmoid",
            "identity": "None (a linear network)",
        }
    ),
    "What bends the values between two layers.",
)
INITIALISATION = Choice(
    "initialisation",
    "Initialisation",
    MappingProxyType(
        {"pytorch": "PyTorch's", "xavier": "Xavier", "he": "He", "orthogonal": "Orthogonal", "zeros": "Zeros"}
    ),
    "How the first weights are drawn. All but PyTorch's begin with every bias at 0.",
)
NORMALISATION = Choice(
    "normalisation",
    "Normalisation",
    MappingProxyType({"none": "None", "batch": "Batch norm", "layer": "Layer norm"}),
    "What brings the values in front of each activation to mean 0 and spread 1: over the batch, or over the layer.",
)
RESIDUAL = Choice(
    "residual",
    "Residual connections",
    MappingProxyType({"off": "Off", "on": "On"}),
    "Whether each hidden layer but the first adds to what it was given.",
)


def _whole(name: str, symbol: str, default: float, bounds: tuple[float, float], help: str, label: str) -> Hyper:
    return Hyper(name, symbol, default, bounds, bounds, "linear", help, whole=True, label=label)


_DEPTH = _whole("depth", "L", 2, (1, 8), "Hidden layers.", "Hidden layers")
_WIDTH = _whole("width", "n", 32, (1, 256), "Units in each hidden layer.", "Units in a layer")
_CHANNELS = _whole(
    "channels", "c", 8, (1, 32), "Channels of the first convolution; the second has twice as many.", "Channels"
)
_EMBEDDING = _whole("width", "n", 48, (4, 64), "Numbers that stand for a character; a multiple of the heads.", "Width")
_HEADS = _whole("heads", "h", 4, (1, 8), "Parts in which attention looks separately.", "Heads")


@dataclass(frozen=True)
class Model:
    """One model: what it is, the data it takes, its settings, its size and its cost.

    ``refusal`` says why a set of data does not suit it, or nothing. ``counted`` is the number of weights, ``work`` that
    of multiplications for a row, forward only.
    """

    key: str
    name: str
    idea: str
    kinds: tuple[Kind, ...]
    hypers: tuple[Hyper, ...]
    choices: tuple[Choice, ...]
    counted: Callable[[Dataset, Settings], int]
    work: Callable[[Dataset, Settings], int]
    unsuited: Callable[[Dataset], str] = lambda dataset: ""

    def refusal(self, dataset: Dataset) -> str:
        """Why ``dataset`` does not suit this model, in a sentence; empty if it does."""
        if dataset.kind not in self.kinds:
            return f"{self.name} does not take {dataset.name}: {_WANTED[self.kinds]}."
        return self.unsuited(dataset)

    def complete(self, given: Settings) -> dict[str, Setting]:
        """A value for each setting: the one given, checked, or the default. Raises ``ValueError``."""
        known = [*(hyper.name for hyper in self.hypers), *(choice.name for choice in self.choices)]
        for name in given:
            if name not in known:
                raise ValueError(f"{self.name} has no setting {name}; its settings: {', '.join(known) or 'none'}.")
        numbers = {hyper.name: hyper.check(float(given.get(hyper.name, hyper.default))) for hyper in self.hypers}
        words = {choice.name: choice.check(given.get(choice.name, choice.default)) for choice in self.choices}
        _check_heads(numbers)
        return {**numbers, **words}

    def weights(self, dataset: Dataset, settings: Settings) -> int:
        """How many weights it has on ``dataset``; ``settings`` may leave out defaults."""
        return self.counted(dataset, self.complete(settings))


_WANTED: Mapping[tuple[Kind, ...], str] = {
    ("numbers",): "it predicts numbers",
    ("classes",): "it predicts classes",
    ("classes", "numbers"): "it reads features, not text",
    ("text",): "it reads text",
}


def _check_heads(numbers: Mapping[str, float]) -> None:
    if "heads" in numbers and numbers["width"] % numbers["heads"]:
        raise ValueError(
            f"width must be a multiple of heads; {digits(numbers['width'])} and {digits(numbers['heads'])} were given."
        )


def outputs(dataset: Dataset) -> int:
    """How many numbers a model answers with: one for each class, or one."""
    return dataset.classes or 1


def _one(dataset: Dataset, settings: Settings) -> int:
    return dataset.features + 1


def _softmax(dataset: Dataset, settings: Settings) -> int:
    return (dataset.features + 1) * outputs(dataset)


def _mlp(dataset: Dataset, settings: Settings) -> int:
    depth, width = int(settings["depth"]), int(settings["width"])
    norms = 2 * width * depth if settings["normalisation"] != "none" else 0
    first, last = (dataset.features + 1) * width, (width + 1) * outputs(dataset)
    return first + (depth - 1) * (width + 1) * width + last + norms


# Pixels on each side and of a filter, by which the convolutional net is measured.
_FILTER = 9


def _pooled(dataset: Dataset) -> int:
    assert dataset.image is not None
    rows, columns = dataset.image
    return (rows // 2) * (columns // 2)


def _conv(dataset: Dataset, settings: Settings) -> int:
    channels = int(settings["channels"])
    first, second = (_FILTER + 1) * channels, (_FILTER * channels + 1) * 2 * channels
    norms = 2 * 3 * channels if settings["normalisation"] != "none" else 0
    return first + second + norms + (2 * channels * _pooled(dataset) + 1) * outputs(dataset)


def _conv_work(dataset: Dataset, settings: Settings) -> int:
    channels = int(settings["channels"])
    filters = _FILTER * channels + _FILTER * channels * 2 * channels
    return filters * dataset.features + 2 * channels * _pooled(dataset) * outputs(dataset)


def _transformer(dataset: Dataset, settings: Settings) -> int:
    width, characters = int(settings["width"]), dataset.classes
    embeddings = (characters + dataset.features) * width
    attention = 3 * width * width + (width + 1) * width
    perceptron = (width + 1) * 4 * width + (4 * width + 1) * width
    # Two norms in the block and one behind it.
    return embeddings + attention + perceptron + 6 * width + (width + 1) * characters


def _transformer_work(dataset: Dataset, settings: Settings) -> int:
    return dataset.features * _transformer(dataset, settings)


def _only_two(dataset: Dataset) -> str:
    if dataset.classes == 2:
        return ""
    return (
        f"Logistic regression tells two classes apart; {dataset.name} has {dataset.classes}. Softmax takes any number."
    )


def _only_images(dataset: Dataset) -> str:
    return "" if dataset.image else f"The convolutional net reads images; the features of {dataset.name} form none."


_ALL = (
    Model(
        key="linear",
        name="Linear regression",
        idea="One weight for each feature and an intercept: the loss is a bowl with a single lowest place.",
        kinds=("numbers",),
        hypers=(),
        choices=(INITIALISATION,),
        counted=_one,
        work=_one,
    ),
    Model(
        key="logistic",
        name="Logistic regression",
        idea="A straight boundary between two classes; the loss is convex.",
        kinds=("classes",),
        hypers=(),
        choices=(INITIALISATION,),
        counted=_one,
        work=_one,
        unsuited=_only_two,
    ),
    Model(
        key="softmax",
        name="Softmax regression",
        idea="One score for each class, the largest wins: straight boundaries, and a convex loss.",
        kinds=("classes",),
        hypers=(),
        choices=(INITIALISATION,),
        counted=_softmax,
        work=_softmax,
    ),
    Model(
        key="mlp",
        name="Multilayer perceptron",
        idea="Layers of units one behind the other: the boundary bends, and the loss is no longer convex.",
        kinds=("classes", "numbers"),
        hypers=(_DEPTH, _WIDTH),
        choices=(ACTIVATION, INITIALISATION, NORMALISATION, RESIDUAL),
        counted=_mlp,
        work=_mlp,
    ),
    Model(
        key="conv",
        name="Convolutional net",
        idea="Two convolutions that slide small filters over the image, then one layer that decides.",
        kinds=("classes",),
        hypers=(_CHANNELS,),
        choices=(
            ACTIVATION,
            INITIALISATION,
            Choice(
                "normalisation",
                "Normalisation",
                MappingProxyType({"none": "None", "batch": "Batch norm"}),
                "Whether each channel is brought to mean 0 and spread 1 over the batch.",
            ),
        ),
        counted=_conv,
        work=_conv_work,
        unsuited=_only_images,
    ),
    Model(
        key="transformer",
        name="Character transformer",
        idea="One layer of attention and a small perceptron guess the next character from those before it.",
        kinds=("text",),
        hypers=(_EMBEDDING, _HEADS),
        choices=(),
        counted=_transformer,
        work=_transformer_work,
    ),
)

MODELS: Mapping[str, Model] = MappingProxyType({entry.key: entry for entry in _ALL})


def model(key: str) -> Model:
    """The declaration with this key. Raises ``ValueError`` naming the known ones."""
    if key not in MODELS:
        raise ValueError(unknown_key("model", key, MODELS))
    return MODELS[key]


def suited(dataset: Dataset) -> tuple[Model, ...]:
    """The models that take ``dataset``."""
    return tuple(entry for entry in _ALL if not entry.refusal(dataset))
