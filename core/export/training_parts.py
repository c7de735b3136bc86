"""The data and the network of a training as source, read from the files of the guide: nothing here imports torch."""

import ast
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from core.formula.update_source import call_source
from core.problems.training.data import DATASETS, HELD_TEXT, STRIDE, WINDOW
from core.problems.training.models import outputs
from core.problems.training.settings import Training
from core.problems.training.split import HELD_BACK
from core.problems.training.text import TEXT

_PARTS = ("train_x", "train_y", "valid_x", "valid_y")


# --- What is read from the files of the guide ---


@lru_cache(maxsize=8)
def _source(module: str) -> tuple[str, ast.Module]:
    spec = find_spec(f"core.problems.training.{module}")
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text()
    return text, ast.parse(text)


def _written(module: str, name: str) -> str:
    """The source of the class or function ``name``."""
    text, tree = _source(module)
    node = next(one for one in tree.body if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name == name)
    source = ast.get_source_segment(text, node)
    assert source is not None
    return source


def _listed(name: str) -> dict[str, str]:
    """The table ``name`` of the networks: what stands for each key, as source."""
    _, tree = _source("nets")
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and isinstance(node.value, ast.Dict):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {ast.literal_eval(key): ast.unparse(value) for key, value in pairs if key is not None}
    raise LookupError(name)


# --- Data ---

# The function of scikit-learn and its arguments, and what makes features and answers of what it returns.
LOADED = {
    "digits": ("load_digits", "", "x, y = measured.data/16, measured.target.astype(np.int64)"),
    "diabetes": ("load_diabetes", "scaled=False", "x, y = measured.data, measured.target.astype(np.float64)"),
}
_SPLIT_CLASSES = f"""\
# A quarter of every class is held back.
drawn = np.random.default_rng((seed, 1))
train, valid = [], []
for label in range(int(y.max()) + 1):
    rows = drawn.permutation(np.flatnonzero(y == label))
    count = max(1, round({HELD_BACK}*len(rows)))
    valid.append(rows[:count])
    train.append(rows[count:])
train, valid = np.sort(np.concatenate(train)), np.sort(np.concatenate(valid))
train_x, train_y, valid_x, valid_y = x[train], y[train], x[valid], y[valid]"""
_SPLIT_NUMBERS = f"""\
# A quarter of the rows is held back; all are standardised by the others.
rows = np.random.default_rng((seed, 1)).permutation(len(x))
count = max(1, round({HELD_BACK}*len(x)))
train, valid = np.sort(rows[count:]), np.sort(rows[:count])
y = (y - y[train].mean())/y[train].std()
mean, spread = x[train].mean(axis=0), x[train].std(axis=0)
spread[spread == 0] = 1
train_x, train_y, valid_x, valid_y = (x[train] - mean)/spread, y[train], (x[valid] - mean)/spread, y[valid]"""
_TENSORS = """\
train_x, train_y, valid_x, valid_y = (
    torch.tensor(part, dtype=dtype if part.dtype == np.float64 else torch.int64)
    for part in (train_x, train_y, valid_x, valid_y)
)"""
_WINDOWS = """\
characters = sorted(set(text))
codes = np.array([characters.index(character) for character in text], dtype=np.int64)


def windows(codes, stride):
    found = np.lib.stride_tricks.sliding_window_view(codes, {window} + 1)[::stride]
    return found[:, :-1].copy(), found[:, 1:].copy()


# The end of the text is held back.
cut = {cut}
(train_x, train_y), (valid_x, valid_y) = windows(codes[:cut], {stride}), windows(codes[cut:], {window})"""


def data_source(training: Training) -> str:
    dataset = training.resolved_dataset
    if training.dataset in LOADED:
        function, arguments, read = LOADED[training.dataset]
        split = _SPLIT_NUMBERS if dataset.kind == "numbers" else _SPLIT_CLASSES
        return f"measured = {function}({arguments})\n{read}\n{split}\n{_TENSORS}"
    if dataset.kind == "text":
        cut = round((1 - HELD_TEXT) * len(TEXT))
        windows = _WINDOWS.format(window=WINDOW, stride=STRIDE, cut=cut)
        pieces = "\n".join(f"    {TEXT[begin : begin + 100]!r}" for begin in range(0, len(TEXT), 100))
        return f"text = (\n{pieces}\n)\n{windows}\n{_TENSORS}"
    if training.dataset in DATASETS:
        # Its types need names that the script has no use for.
        _, _, body = _written("data", f"_{training.dataset}").partition("\n")
        made = f"x, y = {training.dataset}(np.random.default_rng((seed, 0)))"
        return f"\ndef {training.dataset}(random):\n{body}\n\n\n{made}\n{_SPLIT_CLASSES}\n{_TENSORS}"
    rows = dataset.load(training.seed)
    parts = [f"{name} = np.array({getattr(rows, name).tolist()})" for name in _PARTS]
    return "\n".join(["# The table, split and standardised.", *parts, _TENSORS])


# --- The network ---

# The classes that each model is made of, beside torch's.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "linear": ("Output",),
    "logistic": ("Output",),
    "softmax": ("Output",),
    "mlp": ("Block", "Output"),
    "conv": ("Block", "Image", "Output"),
    "transformer": ("Attention", "Perceptron", "Places", "Guess"),
}


def class_sources(training: Training) -> list[str]:
    return [_written("nets", name) for name in CLASSES[training.model]]


def _layers(training: Training) -> dict[str, str]:
    """The calls that make the layers, in the order in which they draw their weights."""
    values, dataset = training.model_values, training.resolved_dataset
    answers = 1 if training.model in ("linear", "logistic") else outputs(dataset)
    activation = f"{_listed('_ACTIVATIONS').get(str(values.get('activation')), '')}()"
    match training.model:
        case "mlp":
            norm = _listed("_NORMS")[str(values["normalisation"])]
            width = int(values["width"])
            norm = "nn.Identity()" if values["normalisation"] == "none" else f"{norm}({width})"
            sizes = [dataset.features, *[width] * int(values["depth"])]
            layers = {
                f"hidden_{place}": call_source(
                    "Block",
                    [
                        f"nn.Linear({one}, {other})",
                        norm,
                        activation,
                        *(["residual=True"] if values["residual"] == "on" and place > 1 else []),
                    ],
                )
                for place, (one, other) in enumerate(pairwise(sizes), start=1)
            }
            return {**layers, "output": f"Output({width}, {answers})"}
        case "conv":
            assert dataset.image is not None
            (rows, columns), channels = dataset.image, int(values["channels"])
            norms = [
                f"nn.BatchNorm2d({count})" if values["normalisation"] == "batch" else "nn.Identity()"
                for count in (channels, 2 * channels)
            ]
            return {
                "image": f"Image({rows}, {columns})",
                "filters_1": f"Block(nn.Conv2d(1, {channels}, 3, padding=1), {norms[0]}, {activation})",
                "filters_2": f"Block(nn.Conv2d({channels}, {2 * channels}, 3, padding=1), {norms[1]}, {activation})",
                "pooling": "nn.MaxPool2d(2)",
                "output": f"Output({2 * channels * (rows // 2) * (columns // 2)}, {answers})",
            }
        case "transformer":
            width = int(values["width"])
            return {
                "characters": f"nn.Embedding({dataset.classes}, {width})",
                "places": f"Places({dataset.features}, {width})",
                "attention": f"Attention({width}, {int(values['heads'])})",
                "perceptron": f"Perceptron({width})",
                "output": f"Guess({width}, {dataset.classes})",
            }
    return {"output": f"Output({dataset.features}, {answers})"}


def network_source(training: Training) -> str:
    lines = ["torch.manual_seed(seed)", "net = nn.Sequential()"]
    lines += [f'net.add_module("{name}", {layer})' for name, layer in _layers(training).items()]
    initial = _listed("_INITIAL").get(str(training.model_values.get("initialisation", "")))
    if initial is not None:
        lines += [
            "for part in net.modules():",
            "    if isinstance(part, nn.Linear | nn.Conv2d):",
            f"        {initial}(part.weight)",
            "        nn.init.zeros_(part.bias)",
        ]
    return "\n".join([*lines, "net.to(dtype)"])


def outer_layers() -> frozenset[str]:
    """The names of the layers whose matrices are no hidden ones."""
    _, tree = _source("nets")
    values = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }
    call = values["_OUTER"]
    assert isinstance(call, ast.Call)
    return frozenset(ast.literal_eval(call.args[0]))
