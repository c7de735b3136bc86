"""What the catalogue of update rules promises: its declarations agree with themselves and with the design."""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from core import OPTIMIZERS, Run, trace
from core.formula import FormulaError, parse_rule
from core.formula.rule import GIVEN, Kind
from core.hypers import Hyper
from core.optimizers import PALETTE, Optimizer, optimizer

# The keys in teaching order and the hyperparameters of each, as design.md §3 fixes them.
CONTRACT = {
    "sgd": "lr",
    "momentum": "lr beta",
    "nesterov": "lr beta",
    "adagrad": "lr eps",
    "rmsprop": "lr gamma eps",
    "adadelta": "lr rho eps",
    "adam": "lr beta1 beta2 eps",
    "amsgrad": "lr beta1 beta2 eps",
    "adamax": "lr beta1 beta2 eps",
    "nadam": "lr beta1 beta2 eps momentum_decay",
    "radam": "lr beta1 beta2 eps",
    "adamw": "lr beta1 beta2 eps weight_decay",
    "lion": "lr beta1 beta2 weight_decay",
    "sophia": "lr beta1 beta2 gamma eps weight_decay k",
    "lamb": "lr beta1 beta2 eps weight_decay",
    "muon": "lr beta weight_decay",
    "sam": "lr rho",
    "schedule_free": "lr beta",
    "newton": "lr damping",
}
# Numbers kept for each weight, as the papers count them.
NUMBERS_PER_WEIGHT = {
    **dict.fromkeys(CONTRACT, 1),
    **dict.fromkeys(["sgd", "sam", "newton"], 0),
    **dict.fromkeys(["adadelta", "adam", "adamax", "nadam", "radam", "adamw", "sophia", "lamb"], 2),
    "amsgrad": 3,
}

every = pytest.mark.parametrize("declared", OPTIMIZERS.values(), ids=OPTIMIZERS)
every_hyper = pytest.mark.parametrize(
    ("declared", "hyper"),
    [pytest.param(one, h, id=f"{one.key}-{h.name}") for one in OPTIMIZERS.values() for h in one.hypers],
)


def _names(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def test_keys_and_hyperparameters_are_those_of_the_contract_in_order() -> None:
    assert list(OPTIMIZERS) == list(CONTRACT)
    assert {key: " ".join(h.name for h in one.hypers) for key, one in OPTIMIZERS.items()} == CONTRACT
    assert [one.key for one in OPTIMIZERS.values()] == list(OPTIMIZERS)


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OPTIMIZERS["adam"] = OPTIMIZERS["sgd"]  # type: ignore[index]


@every
def test_each_rule_has_a_name_an_author_a_source_and_an_idea(declared: Optimizer) -> None:
    assert declared.name
    assert declared.authors
    assert declared.idea.endswith(".")
    assert declared.source
    # Between Cauchy's paper and today.
    assert 1847 <= declared.year <= datetime.now(UTC).year
    years = [int(year) for year in re.findall(r"\b(?:18|19|20)\d\d\b", declared.source)]
    # The year is that of the first publication, which the source names or is one or two before its print.
    assert any(0 <= year - declared.year <= 2 for year in years), (declared.year, years)
    assert _names(declared.authors.split(",")[0]) & _names(declared.source)


def test_names_are_unique() -> None:
    assert len({one.name for one in OPTIMIZERS.values()}) == len(OPTIMIZERS)


@every
def test_the_learning_rate_comes_first_and_no_name_twice(declared: Optimizer) -> None:
    names = [hyper.name for hyper in declared.hypers]
    assert names[0] == "lr"
    assert len(set(names)) == len(names)
    assert len({hyper.symbol for hyper in declared.hypers}) == len(names)


@every
def test_exactly_the_declared_hyperparameters_appear_in_the_rule(declared: Optimizer) -> None:
    rule = declared.parsed
    free = rule.reads - set(rule.assigned) - set(rule.state) - set(GIVEN) - {"pi", "e"}
    assert free == {hyper.name for hyper in declared.hypers}
    assert rule.hypers == tuple(hyper.name for hyper in declared.hypers)


@every_hyper
def test_the_default_lies_within_the_slider_and_the_slider_within_the_bounds(declared: Optimizer, hyper: Hyper) -> None:
    low, high = hyper.bounds
    assert low <= hyper.slider[0] < hyper.slider[1] <= high
    assert low <= hyper.default <= high
    # An eps so small that it matters to nobody is left of the slider's end.
    assert hyper.slider[0] <= hyper.default <= hyper.slider[1] or (hyper.name == "eps" and hyper.default < 1e-10)
    assert np.isfinite([low, high]).all()


@every_hyper
def test_logarithmic_sliders_are_positive_and_wide(declared: Optimizer, hyper: Hyper) -> None:
    if hyper.scale == "log":
        assert hyper.slider[0] > 0
        assert hyper.slider[1] / hyper.slider[0] >= 100
    else:
        assert hyper.scale == "linear"


@every_hyper
def test_hyperparameters_say_what_they_do_and_whole_ones_are_whole(declared: Optimizer, hyper: Hyper) -> None:
    assert hyper.help.endswith(".")
    assert hyper.symbol
    if hyper.whole:
        assert all(number == round(number) for number in (hyper.default, *hyper.bounds, *hyper.slider))


@every_hyper
def test_the_text_of_a_rule_keeps_bounds_and_default(declared: Optimizer, hyper: Hyper) -> None:
    (written,) = (one for one in parse_rule(declared.text).declared if one.name == hyper.name)
    assert (written.bounds, written.default) == (hyper.bounds, hyper.default)


@every
def test_what_the_rule_keeps_is_described_and_nothing_else(declared: Optimizer) -> None:
    assert set(declared.state) == set(declared.parsed.state)
    assert all(declared.state.values())


@every
def test_numbers_per_weight_are_those_of_the_papers(declared: Optimizer) -> None:
    assert declared.parsed.numbers_per_weight == NUMBERS_PER_WEIGHT[declared.key]
    shared = [name for name in declared.parsed.state if declared.parsed.kinds[name] is Kind.SHARED]
    assert shared == (["P"] if declared.key == "nadam" else [])


def test_each_rule_has_a_look_of_its_own_from_the_palette() -> None:
    looks = Counter((one.color, one.dash) for one in OPTIMIZERS.values())
    assert max(looks.values()) == 1
    assert {color for color, _ in looks} <= set(PALETTE)
    assert {dash for _, dash in looks} <= {"solid", "dash", "dot"}
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
def test_the_torch_counterpart_exists_and_takes_these_arguments(declared: Optimizer) -> None:
    if declared.torch is None:
        return
    import torch

    arguments: dict[str, Any] = {hyper.name: hyper.default for hyper in declared.hypers}
    made = eval(
        f"optimizer([weights], {declared.torch.arguments})",
        {"optimizer": getattr(torch.optim, declared.torch.name), "weights": torch.zeros(2, 2), **arguments},
    )
    assert isinstance(made, torch.optim.Optimizer)
    assert _names(declared.torch.arguments) >= {hyper.name for hyper in declared.hypers}


@every
def test_a_key_gives_the_catalogues_rule(declared: Optimizer) -> None:
    assert optimizer(declared.key) is declared


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
def test_every_rule_moves_downhill_from_a_slope_at_its_defaults(declared: Optimizer) -> None:
    path = trace(Run("bowl", declared.key, (-2.5, 2.0), 100))
    assert path.loss[-1] < path.loss[0]
