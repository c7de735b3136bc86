"""What the catalogue of update rules promises: its declarations agree with themselves and with the design."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from math import cos, sin
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.hypers import Hyper
from core.catalogue.optimizers import PALETTE, Family, Optimizer, Training, optimizer
from core.catalogue.optimizers.declaration import Sight
from core.engine.trace import Path
from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS
from core.formula import FormulaError, parse_rule
from core.formula.graph import Graph, Value
from core.formula.lower import Values
from core.formula.rule import GIVEN, Kind
from core.formula.words import digits

# The keys in teaching order, the hyperparameters that design.md §3 fixes for each, and the numbers kept for each weight
# as the papers count them.
CONTRACT = {
    "sgd": ("lr", 0),
    "momentum": ("lr beta", 1),
    "nesterov": ("lr beta", 1),
    "rprop": ("lr eta_minus eta_plus step_min step_max", 2),
    "adagrad": ("lr eps", 1),
    "rmsprop": ("lr gamma eps", 1),
    "adadelta": ("lr rho eps", 2),
    "adam": ("lr beta1 beta2 eps", 2),
    "amsgrad": ("lr beta1 beta2 eps", 3),
    "adamax": ("lr beta1 beta2 eps", 2),
    "nadam": ("lr beta1 beta2 eps momentum_decay", 2),
    "radam": ("lr beta1 beta2 eps", 2),
    "adamw": ("lr beta1 beta2 eps weight_decay", 2),
    "adabelief": ("lr beta1 beta2 eps", 2),
    "adan": ("lr beta1 beta2 beta3 eps weight_decay", 4),
    "ademamix": ("lr beta1 beta2 beta3 mix eps weight_decay", 3),
    "adopt": ("lr beta1 beta2 eps", 2),
    "cautious": ("lr beta1 beta2 eps weight_decay", 2),
    "mars": ("lr beta1 beta2 gamma eps weight_decay", 3),
    "lion": ("lr beta1 beta2 weight_decay", 1),
    "sophia": ("lr beta1 beta2 gamma eps weight_decay k", 2),
    "lamb": ("lr beta1 beta2 eps weight_decay", 2),
    "muon": ("lr beta weight_decay", 1),
    "sam": ("lr rho", 0),
    "schedule_free": ("lr beta", 1),
    "adamw_schedule_free": ("lr beta1 beta2 eps weight_decay", 2),
    "lookahead": ("lr beta k share", 2),
    "newton": ("lr damping", 0),
    "armijo": ("lr c", 0),
    "barzilai_borwein": ("lr", 2),
    "polyak": ("lr f_min", 0),
    "dog": ("lr r_eps eps", 1),
    "prodigy": ("lr beta1 beta2 eps d0", 4),
}

every = pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
every_hyper = pytest.mark.parametrize(
    ("entry", "hyper"),
    [pytest.param(one, h, id=f"{one.key}-{h.name}") for one in OPTIMIZERS.values() for h in one.hypers],
)


def _names(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def test_keys_and_hyperparameters_are_those_of_the_contract_in_order() -> None:
    contract = {key: one for key, one in OPTIMIZERS.items() if key in CONTRACT}
    assert list(contract) == list(CONTRACT)
    for key, (hypers, numbers) in CONTRACT.items():
        assert " ".join(h.name for h in contract[key].hypers) == hypers
        assert contract[key].parsed.numbers_per_weight == numbers
    assert [one.key for one in OPTIMIZERS.values()] == list(OPTIMIZERS)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OPTIMIZERS["adam"] = OPTIMIZERS["sgd"]  # type: ignore[index]


@every
def test_each_rule_has_a_name_an_author_a_source_and_an_idea(entry: Optimizer) -> None:
    assert entry.name
    assert entry.authors
    assert entry.idea.endswith(".")
    assert entry.source
    # Between Cauchy's paper and today.
    assert 1847 <= entry.year <= datetime.now(UTC).year
    assert _names(entry.authors.split(",")[0]) & _names(entry.source)


@every
def test_the_years_are_those_of_the_source(entry: Optimizer) -> None:
    years = {int(year) for year in re.findall(r"\b(?:18|19|20)\d\d\b", entry.source)}
    first_public = re.search(r"arXiv:(\d\d)\d\d\.", entry.source)
    # AMSGrad was in its conference's proceedings a year before it was on arXiv.
    if first_public and entry.key != "amsgrad":
        assert entry.year == 2000 + int(first_public[1])
    if entry.venue is None:
        # A workshop or conference prints in the year in which it is held; Adamax is the paper of Adam.
        assert entry.year in years
    else:
        assert entry.venue in years
        assert 1 <= entry.venue - entry.year <= 2
        assert entry.years == f"{entry.year} / {entry.venue}"


@every
def test_each_rule_has_a_family_and_parents_come_before_it(entry: Optimizer) -> None:
    assert entry.family in Family
    keys = list(OPTIMIZERS)
    assert not entry.parent or keys.index(entry.parent) < keys.index(entry.key)
    # Cauchy's method alone grew from no other.
    assert bool(entry.parent) == (entry.key != "sgd")


def test_families_are_told_in_a_sentence_and_are_taught_one_after_the_other() -> None:
    assert [family for family, _ in groupby(one.family for one in OPTIMIZERS.values())] == list(Family)
    assert all(family.idea.endswith(".") for family in Family)


def test_every_training_is_suited_by_a_rule_and_no_rule_names_one_twice() -> None:
    assert {what for one in OPTIMIZERS.values() for what in one.suits} == set(Training)
    assert all(len(set(one.suits)) == len(one.suits) for one in OPTIMIZERS.values())


@every
def test_the_experiments_of_a_rule_exist_and_no_claim_shows_them_already(entry: Optimizer) -> None:
    assert set(entry.experiments) <= set(EXPERIMENTS)
    cited = {claim.experiment for claim in CLAIMS.values() if (claim.page, claim.topic) == ("optimizers", entry.key)}
    assert not cited & set(entry.experiments)


@every
def test_pictures_are_told_in_sentences(entry: Optimizer) -> None:
    if entry.picture:
        assert entry.picture[0].isupper()
        assert entry.picture.endswith(".")
        # Shown as Markdown.
        assert not set("*_$`~|<>#\\") & set(entry.picture.replace("weight_decay", ""))


def test_names_are_unique() -> None:
    assert len({one.name for one in OPTIMIZERS.values()}) == len(OPTIMIZERS)


@every
def test_the_learning_rate_comes_first_and_no_name_twice(entry: Optimizer) -> None:
    names = [hyper.name for hyper in entry.hypers]
    assert names[0] == "lr"
    assert len(set(names)) == len(names)
    assert len({hyper.symbol for hyper in entry.hypers}) == len(names)


@every
def test_exactly_the_declared_hyperparameters_appear_in_the_rule(entry: Optimizer) -> None:
    rule = entry.parsed
    free = rule.reads - set(rule.assigned) - set(rule.state) - set(GIVEN) - {"pi", "e"}
    assert free == {hyper.name for hyper in entry.hypers}
    assert rule.hypers == tuple(hyper.name for hyper in entry.hypers)


@every_hyper
def test_the_default_lies_within_the_slider_and_the_slider_within_the_bounds(entry: Optimizer, hyper: Hyper) -> None:
    low, high = hyper.bounds
    assert low <= hyper.slider[0] < hyper.slider[1] <= high
    assert low <= hyper.default <= high
    # An eps so small that it matters to nobody is left of the slider's end.
    assert hyper.slider[0] <= hyper.default <= hyper.slider[1] or (hyper.name == "eps" and hyper.default < 1e-10)
    assert np.isfinite([low, high]).all()


@every_hyper
def test_logarithmic_sliders_are_positive_and_wide(entry: Optimizer, hyper: Hyper) -> None:
    if hyper.scale == "log":
        assert hyper.slider[0] > 0
        assert hyper.slider[1] / hyper.slider[0] >= 100
    else:
        assert hyper.scale == "linear"


@every_hyper
def test_hyperparameters_say_what_they_do_and_whole_ones_are_whole(entry: Optimizer, hyper: Hyper) -> None:
    assert hyper.help.endswith(".")
    assert hyper.symbol
    if hyper.whole:
        assert all(number == round(number) for number in (hyper.default, *hyper.bounds, *hyper.slider))


@every_hyper
def test_the_text_of_a_rule_keeps_bounds_and_default(entry: Optimizer, hyper: Hyper) -> None:
    (written,) = (one for one in parse_rule(entry.text).declarations if one.name == hyper.name)
    assert (written.bounds, written.default) == (hyper.bounds, hyper.default)


@every
def test_what_the_rule_keeps_is_described_and_nothing_else(entry: Optimizer) -> None:
    assert set(entry.state) == set(entry.parsed.state)
    assert all(entry.state.values())


def test_numbers_for_the_whole_model_are_a_product_of_momenta_and_what_rates_are_chosen_from() -> None:
    kinds = {(key, name): one.parsed.kinds[name] for key, one in OPTIMIZERS.items() for name in one.parsed.state}
    assert not [where for where, kind in kinds.items() if kind is Kind.LAYER]
    shared = [where for where, kind in kinds.items() if kind is Kind.SHARED]
    assert [where for where in shared if OPTIMIZERS[where[0]].family is not Family.RATES] == [("nadam", "P")]


def test_each_rule_has_a_look_of_its_own_from_the_palette() -> None:
    looks = Counter((one.color, one.dash) for one in OPTIMIZERS.values())
    assert max(looks.values()) == 1
    assert {color for color, _ in looks} <= set(PALETTE)
    assert {dash for _, dash in looks} <= {"solid", "dash", "dot", "dashdot"}
    # A visitor's own rule is drawn beside all of them.
    own = optimizer("x = x - lr*g")
    assert (own.color, own.dash) not in looks


def test_the_palette_has_no_colour_twice() -> None:
    assert len(set(PALETTE)) == len(PALETTE)
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in PALETTE)


def _luminance(color: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("color", PALETTE)
def test_colours_can_be_seen_on_white_and_on_a_dark_page(color: str) -> None:
    # The palette promises about 3:1, WCAG's threshold for graphics; the dark page is Streamlit's.
    for page in (1.0, _luminance("#0E1117")):
        lighter, darker = sorted([_luminance(color), page])[::-1]
        assert (lighter + 0.05) / (darker + 0.05) >= 2.9


@every
def test_the_torch_counterpart_exists_and_takes_these_arguments(entry: Optimizer) -> None:
    if entry.torch is None:
        return
    import torch

    arguments: dict[str, Any] = {hyper.name: hyper.default for hyper in entry.hypers}
    made = eval(
        f"optimizer([weights], {entry.torch.arguments})",
        {"optimizer": getattr(torch.optim, entry.torch.name), "weights": torch.zeros(2, 2), **arguments},
    )
    assert isinstance(made, torch.optim.Optimizer)
    assert _names(entry.torch.arguments) >= {hyper.name for hyper in entry.hypers}


@every
def test_a_key_gives_the_catalogues_rule(entry: Optimizer) -> None:
    assert optimizer(entry.key) is entry


def test_a_rule_of_ones_own_is_a_declaration_like_any_other() -> None:
    own = optimizer("lr: (0.1, 1) = 0.2\nshare: (0, 0.5) = 0.25\nv = share*v + g\nx = x - lr*v")
    assert own.key == "own"
    assert [(h.name, h.bounds, h.default) for h in own.hypers] == [("lr", (0.1, 1), 0.2), ("share", (0, 0.5), 0.25)]
    assert own.parsed.state == ("v",)
    # The learning rate always exists, whether or not it is declared.
    assert [h.name for h in optimizer("x = x - g").hypers] == ["lr"]


@pytest.mark.parametrize("text", ["", "x = x -", "y = x", "x = x - lr*gg"])
def test_a_text_that_is_no_rule_is_refused_by_the_language(text: str) -> None:
    with pytest.raises(FormulaError):
        optimizer(text)


@every
def test_every_rule_moves_downhill_from_a_slope_at_its_defaults(entry: Optimizer) -> None:
    path = trace(Run("bowl", entry.key, (-2.5, 2.0), 100))
    assert path.loss[-1] < path.loss[0]


# ---- PyTorch's defaults


@every
def test_defaults_are_those_of_pytorch_or_differ_for_a_reason(entry: Optimizer) -> None:
    if entry.torch is None:
        return
    import torch

    theirs = inspect.signature(getattr(torch.optim, entry.torch.name)).parameters
    call = ast.parse(f"made({entry.torch.arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    defaults = {hyper.name: hyper.default for hyper in entry.hypers}
    for keyword in call.keywords:
        default = theirs[str(keyword.arg)].default
        if eval(ast.unparse(keyword.value), defaults) != default:
            # A switch that makes it this rule, momentum where theirs has none until it is told, or said in the note.
            switch = isinstance(keyword.value, ast.Constant) or (keyword.arg, default) == ("momentum", 0)
            assert switch or f"{keyword.arg} {default:g}" in entry.torch.note, keyword.arg


# ---- What the declarations say of a rule's behaviour, found out from its behaviour

ANGLE = 0.5
# Long enough for RAdam's first five steps, which do not scale, to be over.
TURNED_STEPS = 40


def _turned_path(key: str, angle: float, lr: float) -> npt.NDArray[np.float64]:
    """A path on a quadratic that is turned by ``angle`` with its start, turned back: the same for all angles or not."""
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    a, b = turn.T.tolist()
    # Curvature 1 along the first direction and 9 along the second.
    text = f"(({a[0]!r})*x + ({a[1]!r})*y)**2/2 + 9*(({b[0]!r})*x + ({b[1]!r})*y)**2/2"
    path = trace(Run(text, key, tuple(turn @ (2.0, 1.0)), TURNED_STEPS, {"lr": lr}))
    return path.x @ turn


@every
def test_a_rule_scales_coordinates_exactly_if_turning_the_axes_changes_its_path(entry: Optimizer) -> None:
    paths = {lr: _turned_path(entry.key, 0.0, lr) for lr in 0.02 * 2.0 ** np.arange(12)}
    # Paths that stand still would never change.
    lr = next(lr for lr, path in paths.items() if np.linalg.norm(path[-1] - path[0]) > 0.1)
    change = np.abs(_turned_path(entry.key, ANGLE, lr) - paths[lr]).max()
    if entry.scaling:
        assert change > 1e-2
    else:
        # Rounding of 40 steps, which a rate that grows with the distance multiplies.
        assert change < 1e-11


@dataclass(frozen=True)
class GivenSlope:
    """An objective that has the same slope everywhere, given step by step, and the curvature 1."""

    slope: Sequence[float]

    def loss(self, graph: Graph, point: Values) -> Value:
        return graph.constant(1.0)

    def gradient(self, graph: Graph, point: Values) -> Values:
        return tuple(graph.constant(number) for number in self.slope)

    def hessian(self, graph: Graph, point: Values) -> Sequence[Values]:
        return [tuple(graph.constant(float(row == column)) for column in range(2)) for row in range(2)]


def _driven(entry: Optimizer, slopes: Sequence[Sequence[float]]) -> list[list[float | None]]:
    """Where ``entry`` goes from (3, 2) when it is given ``slopes``, without weight decay."""
    rule, graph = entry.parsed, Graph()
    hypers = {h.name: (graph.constant(0.0 if h.name == "weight_decay" else h.default),) for h in entry.hypers}
    point: Values = (graph.constant(3.0), graph.constant(2.0))
    state = rule.start(graph, point, hypers)
    points = []
    for t, slope in enumerate(slopes, start=1):
        given = {**hypers, **state, "t": (graph.constant(float(t)),), "T": (graph.constant(float(len(slopes))),)}
        step = rule.step(graph, point, given, GivenSlope(slope))
        point, state = step.names["x"], {name: step.names[name] for name in rule.state}
        points.append([graph.number(value) for value in point])
    return points


@every
def test_a_rule_has_momentum_exactly_if_it_moves_on_when_the_gradient_is_zero(entry: Optimizer) -> None:
    before, after = _driven(entry, [(1.0, -2.0)] * 8 + [(0.0, 0.0)])[-2:]
    assert None not in before
    # A mask may hold a mean back: what is zero agrees with nothing.
    assert bool(entry.momentum) == (before != after or "agrees" in entry.momentum)


@every
def test_the_momentum_of_heavy_balls_and_means_is_their_declared_velocity(entry: Optimizer) -> None:
    # What averages points has nothing that could be drawn as a push.
    assert bool(entry.velocity) == (entry.momentum not in ("", "averaging"))


# ---- What the declarations say of pictures, number by number


def _picture_path(key: str, steps: int, objective: str = "rosenbrock", **hypers: float) -> Path:
    start = (-1.5, 2.0) if objective == "rosenbrock" else OBJECTIVES[objective].start
    return trace(Run(objective, key, start, steps, hypers))


def _moves(path: Path) -> npt.NDArray[np.float64]:
    return np.abs(np.diff(path.x, axis=0))


def _lengths(path: Path) -> npt.NDArray[np.float64]:
    return np.linalg.norm(np.diff(path.x, axis=0), axis=1)


def _first_move(key: str, lr: float = 0.01, **hypers: float) -> float:
    """The first step along each coordinate as a multiple of lr; the same for both, and on a steep start as a flat."""
    steep, flat = (_moves(_picture_path(key, 1, where, lr=lr, **hypers))[0] / lr for where in ("rosenbrock", "bowl"))
    # Adadelta's eps against the squares of these starts' gradients, of which the smallest is 2.5.
    np.testing.assert_allclose([*steep, *flat], steep[0], rtol=1e-4)
    return float(steep[0])


def _nesterov() -> list[str]:
    path = _picture_path("nesterov", 1, lr=1e-4)
    slope = OBJECTIVES["rosenbrock"].parsed.grad(path.x[0])
    np.testing.assert_allclose(path.x[0] - path.x[1], 1e-4 * slope, rtol=1e-12)
    stored = path.x[1] - 0.9 * path.terms["v"][0]
    return [f"{((path.x[0] - stored) / (1e-4 * slope)).mean():.1f}", "0.9"]


def _sets_off(key: str) -> list[str]:
    assert _first_move(key) == pytest.approx(1.0)
    move = _moves(_picture_path(key, 1))[0]
    return [f"{np.degrees(np.arctan2(move[1], move[0])):.0f}"]


def _rmsprop() -> list[str]:
    for gamma in (0.5, 0.9, 0.99):
        assert _first_move("rmsprop", gamma=gamma) == pytest.approx((1 - gamma) ** -0.5, rel=1e-6)
    firsts = [_first_move("rmsprop", gamma=gamma) for gamma in (0.99, 0.9)]
    return ["1", f"{firsts[0]:.3g}", "0.99", f"{firsts[1]:.3g}", "0.9"]


def _adadelta() -> list[str]:
    for rho, eps in ((0.9, 1e-6), (0.5, 1e-4)):
        assert _first_move("adadelta", 1.0, rho=rho, eps=eps) == pytest.approx((eps / (1 - rho)) ** 0.5, rel=1e-3)
    # Slow: fifty steps on, none is a hundredth long yet.
    assert _lengths(_picture_path("adadelta", 50)).max() < 0.01
    return ["1", f"{_first_move('adadelta', 1.0):.3g}"]


def _amsgrad() -> list[str]:
    for objective in ("rosenbrock", "ravine", "bowl"):
        behind, ahead = (_picture_path(key, 500, objective, lr=0.01) for key in ("amsgrad", "adam"))
        assert behind.loss[-1] > ahead.loss[-1]
        assert (behind.terms["v_max"][-1] > behind.terms["v"][-1]).all()
    return []


def _adamax() -> list[str]:
    assert _first_move("adamax") == pytest.approx(_first_move("adam"))
    return []


def _nadam() -> list[str]:
    assert _first_move("adam") == pytest.approx(1.0)
    return [f"{_first_move('nadam'):.3f}"]


def _radam() -> list[str]:
    path = _picture_path("radam", 6, lr=0.01)
    raw = (
        int((path.terms["rho"][:, 0] <= 5).sum()) if path.terms["rho"].ndim > 1 else int((path.terms["rho"] <= 5).sum())
    )
    np.testing.assert_allclose(np.diff(path.x, axis=0)[:raw], -0.01 * path.terms["m_hat"][:raw], rtol=1e-12)
    lengths = _lengths(path)
    diverged = _picture_path("radam", 500, lr=0.02).status
    assert diverged.outcome == "diverged"
    strides = [f"{length:#.3g}" for length in lengths[:raw]]
    return ["0.999", str(raw), "1.5", "2", *strides, "0.01", digits(lengths[raw], ".1g"), "0.02", str(diverged.step)]


def _adamw() -> list[str]:
    path = trace(Run("0*x", "adamw", (1.0, 1.0), 70_000))
    assert dict(path.run.settings) | {"lr": 0.001, "weight_decay": 0.01} == path.run.settings
    halved = int(np.flatnonzero(path.x[:, 0] <= 0.5)[0])
    return ["0.001", "0.01", f"{halved:,}".replace(",", " ")]


def _lion() -> list[str]:
    path = _picture_path("lion", 3000, "bowl", lr=0.01)
    # Rounding of positions of size 1.
    np.testing.assert_allclose(_moves(path), 0.01, rtol=1e-12)
    np.testing.assert_allclose(_moves(_picture_path("lion", 50, lr=0.01)), 0.01, rtol=1e-12)
    return [f"{(_lengths(path)[0] / 0.01) ** 2:.0f}"]


def _sophia() -> list[str]:
    path = _picture_path("sophia", 300, lr=0.01)
    assert _moves(path).max() <= 0.01 * (1 + 1e-12)
    exact = OBJECTIVES["rosenbrock"].parsed.hessian(path.x[0])
    np.testing.assert_allclose(path.terms["h"][0], 0.01 * np.diag(exact), rtol=1e-12)
    changed = np.flatnonzero((np.diff(path.terms["h"], axis=0) != 0).any(axis=1)) + 2
    assert set(changed) == set(range(11, 301, 10))
    return []


def _lamb() -> list[str]:
    for objective in ("rosenbrock", "bowl"):
        path = _picture_path("lamb", 200, objective, lr=0.02)
        np.testing.assert_allclose(_lengths(path), 0.02 * np.linalg.norm(path.x[:-1], axis=1), rtol=1e-12)
    return []


def _muon() -> list[str]:
    lengths = np.concatenate([_lengths(_picture_path("muon", 100, where, lr=0.01)) for where in ("rosenbrock", "bowl")])
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-9)
    return [f"{lengths[0] / 0.01:.3f}"]


def _sam() -> list[str]:
    path = trace(Run("x**2/2", "sam", (2.0,), 500, {"lr": 0.1, "rho": 0.5}))
    assert path.x[-1, 0] == pytest.approx(-path.x[-2, 0], rel=1e-9)
    valley = _picture_path("sam", 5000, "hyperbola_valley", lr=0.05, rho=0.2)
    # On xy = 1 the curvature across the valley is x² + y²; the flattest place has 2.
    curvature = (valley.x[[100, -1]] ** 2).sum(axis=1)
    assert curvature[0] > 8 > 2.1 > curvature[1]
    plain = _picture_path("sgd", 5000, "hyperbola_valley", lr=0.05)
    assert (plain.x[-1] ** 2).sum() > 25
    return ["0.1", "0.5", f"{abs(path.x[-1, 0]):.3g}"]


def _schedule_free() -> list[str]:
    for objective in ("rosenbrock", "ravine", "bowl"):
        path = _picture_path("schedule_free", 300, objective, lr=5e-4)
        average = np.cumsum(path.terms["z"], axis=0) / np.arange(1, 301)[:, None]
        # Rounding of 300 additions.
        np.testing.assert_allclose(path.x[1:], average, rtol=1e-11)
        assert path.loss[-1] > _picture_path("sgd", 300, objective, lr=5e-4).loss[-1]
    return ["1"]


def _newton() -> list[str]:
    hessian = OBJECTIVES["saddle"].parsed.hessian(np.array([1.0, 0.001]))
    assert np.abs(trace(Run("saddle", "newton", (1.0, 0.001), 20)).x[-1]).max() < 1e-9
    assert np.abs(trace(Run("saddle", "sgd", (1.0, 0.001), 20_000)).x[-1, 1]) > 0.9
    assert (10**6) ** 2 == 10**12
    return [str(hessian.size), "10¹²"]


def _lr_first(key: str) -> list[str]:
    assert _first_move(key) == pytest.approx(1.0)
    return []


def _rprop() -> list[str]:
    for name in ("eta_minus", "eta_plus"):
        (hyper,) = (one for one in OPTIMIZERS["rprop"].hypers if one.name == name)
        assert f"{hyper.default:g}" in ("0.5", "1.2")
    path = _picture_path("rprop", 25, "bowl")
    factors = path.terms["step"][1:] / path.terms["step"][:-1]
    np.testing.assert_allclose(np.unique(factors.round(9)), [0.5, 1.0, 1.2])
    assert _first_move("rprop") == pytest.approx(1.0)
    needed = [int(np.flatnonzero(_picture_path("rprop", 100, "bowl", lr=lr).loss < 1e-3)[0]) for lr in (1e-3, 0.1)]
    return ["1.2", "0.5", "0.001", str(needed[0]), "0.001", "0.1", str(needed[1])]


def _adabelief() -> list[str]:
    hundredth = {
        key: _moves(trace(Run("2*y - x", key, (0.3, 0.2), 100, {"lr": 0.01})))[-1] / 0.01
        for key in ("adabelief", "adam")
    }
    np.testing.assert_allclose(hundredth["adam"], 1.0, rtol=1e-6)
    np.testing.assert_allclose(hundredth["adabelief"], hundredth["adabelief"][0], rtol=1e-9)
    assert _first_move("adam") == pytest.approx(1.0)
    return [f"{_first_move('adabelief'):.2f}", f"{hundredth['adabelief'][0]:.2f}"]


def _ademamix() -> list[str]:
    return [f"{100 * (_first_move('ademamix') / _first_move('adam') - 1):.2f}"]


def _adopt() -> list[str]:
    for objective in ("rosenbrock", "bowl"):
        moves = _moves(_picture_path("adopt", 2, objective, lr=0.01)) / 0.01
        np.testing.assert_array_equal(moves[0], 0)
        np.testing.assert_allclose(moves[1], 0.1, rtol=1e-9)
    return [f"{moves[1, 0]:.1f}", "0.9"]


def _cautious() -> list[str]:
    path = _picture_path("cautious", 400, lr=0.05, weight_decay=0.0)
    step, agree = -np.diff(path.x, axis=0), path.terms["agree"]
    agreeing = agree.sum(axis=1)
    assert set(agreeing) == {0, 1, 2}
    adamw = 0.05 * path.terms["u"]
    for count, factor in ((2, 1.0), (1, 2.0), (0, 0.0)):
        at = agreeing == count
        # Rounding of positions of size 1.
        np.testing.assert_allclose(step[at], factor * (adamw * agree)[at], rtol=0, atol=1e-14)
    return ["2"]


def _adamw_schedule_free() -> list[str]:
    assert _first_move("adamw_schedule_free") == pytest.approx(1.0)
    path = _picture_path("adamw_schedule_free", 300)
    average = np.cumsum(path.terms["z"], axis=0) / np.arange(1, 301)[:, None]
    # Rounding of 300 additions.
    np.testing.assert_allclose(path.x[1:], average, rtol=1e-11)
    return ["1"]


def _lookahead() -> list[str]:
    path = _picture_path("lookahead", 40)
    pulled = np.flatnonzero((path.x[1:] != path.terms["fast"]).any(axis=1)) + 1
    np.testing.assert_array_equal(pulled, range(5, 41, 5))
    before = np.vstack([path.x[0], path.terms["slow"]])[pulled - 1]
    np.testing.assert_allclose(path.x[pulled], (before + path.terms["fast"][pulled - 1]) / 2, rtol=1e-14)
    whole, momentum = (
        _picture_path(key, 40, **more) for key, more in (("lookahead", {"share": 1.0}), ("momentum", {}))
    )
    np.testing.assert_allclose(whole.x, momentum.x, rtol=1e-12)
    return ["5", "1"]


def _armijo() -> list[str]:
    for objective in ("rosenbrock", "beale", "himmelblau"):
        path = _picture_path("armijo", 300, objective)
        assert (np.diff(path.loss) <= 0).all()
        rates = path.terms["rate"]
        ratios = rates[1:] / np.minimum(1.0, 2 * rates[:-1])
        assert set(ratios) <= {1.0, 0.5, 0.25, 0.125}
        stays = path.terms["fits"] == 0
        assert not np.diff(path.x, axis=0)[stays].any()
        assert np.diff(path.x, axis=0)[:20][~stays[:20]].any(axis=1).all()
        assert (rates[1:][stays[:-1]] < rates[:-1][stays[:-1]]).any()
    assert OPTIMIZERS["armijo"].parsed.values == 4
    return ["4", "2"]


def _barzilai_borwein() -> list[str]:
    path = _picture_path("barzilai_borwein", 150)
    moving = np.linalg.norm(path.grad[1:-1] - path.grad[:-2], axis=1) > 0
    assert path.terms["rate"][0] == 0.001
    assert (path.terms["rate"][1:-1][moving[:-1]] != 0.001).all()
    assert trace(Run("2*y - x", "barzilai_borwein", (0.3, 0.2), 9)).terms["rate"].max() == 0.001
    assert (np.diff(path.loss) > 0).any()
    assert path.loss[-1] < 1e-9 < 1e-4 < min(_picture_path("sgd", 150, lr=lr).loss[-1] for lr in (1e-4, 1e-3, 2e-3))
    signed = OPTIMIZERS["barzilai_borwein"].text.replace("abs(dot(s, y))", "dot(s, y)")
    # Around its maximum a cosine is curved downwards.
    ours, theirs = (trace(Run("cos(x)", rule, (0.3,), 2, {"lr": 0.1})) for rule in ("barzilai_borwein", signed))
    assert theirs.loss[2] > theirs.loss[1] > ours.loss[2]
    return []


def _polyak() -> list[str]:
    for steepness in (0.01, 1.0, 100.0):
        path = trace(Run(f"{steepness}*(x - 1)**2 + 3", "polyak", (3.0,), 10, {"lr": 100.0, "f_min": 3.0}))
        np.testing.assert_allclose(path.x[:, 0] - 1, 2 * 0.5 ** np.arange(11), rtol=0, atol=1e-9)
    assert trace(Run("x**2", "polyak", (2.0,), 1, {"lr": 0.1})).x[1, 0] == pytest.approx(2 - 0.1 * 4)
    high = trace(Run("x**2", "polyak", (0.5,), 1, {"f_min": 1.0}))
    assert high.loss[1] > high.loss[0]
    low = trace(Run("x**2", "polyak", (2.0,), 500, {"f_min": -1.0}))
    assert np.abs(np.diff(low.x[-50:, 0])).max() > 0.1
    return []


def _dog() -> list[str]:
    path = _picture_path("dog", 1)
    assert path.run.settings["r_eps"] == 1e-6
    return ["10⁻⁶", "1", "1.5", "2", digits(float(_lengths(path)[0]), ".2g")]


def _prodigy() -> list[str]:
    first = _moves(_picture_path("prodigy", 1))[0] / 1e-6
    np.testing.assert_allclose(first, first[0], rtol=1e-6)
    estimates = _picture_path("prodigy", 200).terms["d"]
    assert (np.diff(estimates) >= 0).all()
    return [f"{first[0]:.2f}", "1.5", "2", f"{estimates[-1]:.3g}", "200"]


# For each picture: a run of all it says, which gives the numbers in it in their order.
PICTURES: Mapping[str, Callable[[], list[str]]] = {
    "nesterov": _nesterov,
    "adagrad": lambda: _sets_off("adagrad"),
    "rmsprop": _rmsprop,
    "adadelta": _adadelta,
    "adam": lambda: _sets_off("adam"),
    "amsgrad": _amsgrad,
    "adamax": _adamax,
    "nadam": _nadam,
    "radam": _radam,
    "adamw": _adamw,
    "lion": _lion,
    "sophia": _sophia,
    "lamb": _lamb,
    "muon": _muon,
    "sam": _sam,
    "schedule_free": _schedule_free,
    "newton": _newton,
    "rprop": _rprop,
    "adabelief": _adabelief,
    "adan": lambda: _lr_first("adan"),
    "ademamix": _ademamix,
    "adopt": _adopt,
    "cautious": _cautious,
    "mars": lambda: _lr_first("mars"),
    "adamw_schedule_free": _adamw_schedule_free,
    "lookahead": _lookahead,
    "armijo": _armijo,
    "barzilai_borwein": _barzilai_borwein,
    "polyak": _polyak,
    "dog": _dog,
    "prodigy": _prodigy,
}


@every
def test_every_picture_says_what_a_run_shows(entry: Optimizer) -> None:
    assert bool(entry.picture) == (entry.key in PICTURES)
    if entry.picture:
        # Names such as beta2 are no numbers.
        prose = re.sub(r"[A-Za-z]\w*", "", entry.picture)
        numbers = re.findall(r"\d+(?: \d{3})*(?:\.\d+)?(?:·10)?[⁻⁰¹²³⁴-⁹]*", prose.replace("½x²", ""))
        assert numbers == PICTURES[entry.key]()


@every
def test_what_can_be_drawn_of_a_rule_is_what_its_picture_says(entry: Optimizer) -> None:
    rule = entry.parsed
    assert set(entry.sights) <= set(rule.assigned) - {"x"}
    assert all(rule.kinds[name] is Kind.TENSOR for name in entry.sights)
    assert not entry.velocity or entry.sights[entry.velocity] is Sight.PUSH
    # Where the slope is the same everywhere, what points against the push has its signs, and sides are no less than 0.
    path = trace(Run("2*y - x", entry.key, (0.3, 0.2), 20, {"lr": 0.01}))
    for name, sight in entry.sights.items():
        assert ((path.terms[name] * (path.grad[1:] if sight is Sight.PUSH else 1)) >= 0).all(), name


def test_a_visitors_rule_is_drawn_where_it_keeps_the_lines_of_a_shipped_one() -> None:
    changed = OPTIMIZERS["adam"].text.replace("m_hat/(sqrt(v_hat) + eps)", "m_hat").replace("v/(1", "2*v/(1")
    own = optimizer(changed)
    assert own.sights == {"m": Sight.PUSH, "v": Sight.SQUARE, "m_hat": Sight.PUSH}
