"""What is put around rules: a rule again, of any rule, and where it has a name the one that bears it."""

import numpy as np
import pytest

from core import OPTIMIZERS, Run, trace
from core.catalogue.optimizers import Optimizer
from core.catalogue.wraps import WRAPS, Wrap, wrapped
from core.engine.likeness import known_as
from core.formula import FormulaError, parse_rule

every = pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
START = (-0.7, 0.9)


def _path(rule: str, **hypers: float) -> np.ndarray:
    return trace(Run("rosenbrock", rule, START, 30, {"lr": 0.0007, **hypers})).x


@every
@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_any_rule_can_be_wrapped_and_runs(wrap: Wrap, entry: Optimizer) -> None:
    if entry.key == "armijo" and wrap is WRAPS["sam"]:
        with pytest.raises(FormulaError, match="at most 4 times"):
            wrapped(entry.text, wrap)
        return
    text = wrapped(entry.text, wrap)
    assert set(parse_rule(entry.text).hypers) <= set(parse_rule(text).hypers)
    path = trace(Run("bowl", text, (-1.0, 0.5), 5))
    assert path.status.step == 5 or path.status.failed
    assert np.isfinite(path.x).all()


@every
def test_a_wrap_changes_the_path_and_names_its_source(wrap: Wrap) -> None:
    assert wrap.idea.endswith(".")
    assert "arXiv:" in wrap.source
    assert not np.array_equal(_path(wrapped(OPTIMIZERS["adam"].text, wrap)), _path("adam"))


@every
def test_two_of_a_kind_keep_their_names_apart(wrap: Wrap) -> None:
    once = wrapped(OPTIMIZERS["sgd"].text, wrap)
    twice = wrapped(once, wrap)
    assert len(parse_rule(twice).lines) > len(parse_rule(once).lines)


def test_a_rule_that_is_a_visitors_own_is_wrapped_with_its_comments_left_out() -> None:
    own = "beta: (0, 1) = 0.5 # memory\nm = beta*m + g  # g is given\n\nx = x - lr*m"
    assert wrapped(own, WRAPS["warmup"]) == (
        "beta: (0, 1) = 0.5\nwarmup: (1, 1000000) = 25\nrate = lr*min(t/warmup, 1)\nm = beta*m + g\nx = x - rate*m"
    )


@pytest.mark.parametrize(
    ("inner", "wrap", "outer"),
    [("adam", "decay", "adamw"), ("sgd", "sam", "sam"), ("momentum", "lookahead", "lookahead")],
)
def test_a_wrapped_rule_that_has_a_name_is_called_by_it(inner: str, wrap: str, outer: str) -> None:
    text = wrapped(OPTIMIZERS[inner].text, WRAPS[wrap])
    known = [hyper for hyper in OPTIMIZERS[outer].hypers if hyper.name != "lr"]
    hypers = {hyper.name: hyper.default - 1 if hyper.whole else 0.9 * hyper.default for hyper in known}
    np.testing.assert_allclose(_path(text, **hypers), _path(outer, **hypers), rtol=1e-12, atol=1e-12)
    assert known_as(text) is OPTIMIZERS[outer]


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_shipped_text_is_known_and_one_with_another_number_is_not(entry: Optimizer) -> None:
    known = known_as(entry.text)
    assert known is not None
    assert known.text == entry.text
    changed = entry.text + "\nx = x + 0.001*lr*x"
    assert known_as(changed) is None


def test_a_wrap_that_asks_too_often_is_refused() -> None:
    text = OPTIMIZERS["sgd"].text
    for _ in range(4):
        text = wrapped(text, WRAPS["sam"])
    with pytest.raises(FormulaError, match="at most 4 times"):
        wrapped(text, WRAPS["sam"])


# --- The ladder from gradient descent to AdamW and signs: each rung one rewrite of the text before ---

LADDER = (
    ("momentum", "v = beta1*v + g", "x = x - lr*v"),
    ("mean in place of the sum", "v = beta1*v + (1 - beta1)*g", "x = x - lr*v"),
    ("second moment", "s = beta2*s + (1 - beta2)*g**2", "x = x - lr*v/(sqrt(s) + eps)"),
    ("bias correction", "v_hat = v/(1 - beta1**t)\ns_hat = s/(1 - beta2**t)", "x = x - lr*v_hat/(sqrt(s_hat) + eps)"),
)


def test_the_ladder_from_descent_to_adamw_is_climbed_rung_by_rung() -> None:
    hypers = "beta1: (0, 0.999) = 0.9\nbeta2: (0, 0.9999) = 0.999\neps: (0, 1) = 1e-8\n"
    sgd = "x = x - lr*g"
    momentum = "beta: (0, 1) = 0.9\nv = beta*v + g\nx = x - lr*v"
    np.testing.assert_array_equal(_path(sgd), _path("sgd"))
    np.testing.assert_allclose(_path(momentum), _path("momentum"), rtol=1e-12)
    uncorrected = hypers + "\n".join([LADDER[1][1], LADDER[2][1], LADDER[2][2]])
    corrected = hypers + "\n".join([LADDER[1][1], LADDER[2][1], LADDER[3][1], LADDER[3][2]])
    assert not np.allclose(_path(uncorrected), _path("adam"))
    np.testing.assert_allclose(_path(corrected), _path("adam"), rtol=1e-12, atol=1e-14)
    decayed = wrapped(corrected, WRAPS["decay"])
    np.testing.assert_allclose(
        _path(decayed, weight_decay=0.3), _path("adamw", weight_decay=0.3), rtol=1e-12, atol=1e-14
    )
    assert known_as(decayed) is OPTIMIZERS["adamw"]
    lion = (
        "beta1: (0, 0.999) = 0.9\nbeta2: (0, 0.9999) = 0.99\n"
        "c = beta1*m + (1 - beta1)*g\nx = x - lr*sign(c)\nm = beta2*m + (1 - beta2)*g"
    )
    signs = wrapped(lion, WRAPS["decay"])
    np.testing.assert_allclose(_path(signs, weight_decay=0.3), _path("lion", weight_decay=0.3), rtol=1e-12, atol=1e-14)
