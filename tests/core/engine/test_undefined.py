"""Why a run became undefined: the operation with its numbers, the coordinate, and the setting that is 0."""

import re

import pytest

from core import OPTIMIZERS, Run, trace
from core.engine.status import Outcome

# DoG divides by the gradients of all coordinates together.
WITH_EPS = [
    key
    for key, one in OPTIMIZERS.items()
    if key != "dog" and any(hyper.name == "eps" and hyper.bounds[0] == 0 for hyper in one.hypers)
]


@pytest.mark.parametrize("key", WITH_EPS)
def test_a_rule_without_its_epsilon_divides_0_by_0_where_the_slope_is_0(key: str) -> None:
    # Sophia's divisor has a γ as well.
    hypers = {"eps": 0.0, **({"gamma": 0.0} if key == "sophia" else {})}
    path = trace(Run("bowl", key, (-2.5, 0.0), 20, hypers))
    assert path.status.outcome is Outcome.UNDEFINED
    cause = "gamma and eps are 0" if key == "sophia" else "eps is 0"
    # RAdam takes its first five steps without that divisor, and then multiplies 0 by what it made infinite.
    step, operation = (6, r"0\*∞") if key == "radam" else (1, "0/0")
    assert re.match(rf"Undefined at step {step}: in y, .* is {operation}, because {cause}; the last", str(path.status))


def test_the_operation_is_quoted_as_the_rule_writes_it() -> None:
    path = trace(Run("bowl", "adam", (-2.5, 0.0), 20, {"eps": 0.0}))
    assert "in y, lr*m_hat/(sqrt(v_hat) + eps) is 0/0, because eps is 0;" in str(path.status)


@pytest.mark.parametrize(
    ("objective", "rule", "start", "said"),
    [
        ("parabola", "x = (x - 1)**0.5", (0.5,), "step 1: in x, (x - 1)**0.5 is (−0.5)**0.5;"),
        ("parabola", "x = x + log(0*t)*0", (0.5,), "step 1: in x, log(0*t)*0 is (−∞)*0;"),
        ("parabola", "x = exp(1000*t) - exp(1000*t)", (0.5,), "step 1: in x, exp(1000*t) - exp(1000*t) is ∞ - ∞;"),
        # Through names, to the line that made it.
        ("bowl", "a = x - 2\nb = sqrt(a)\nx = x - b", (3, 1), "step 1: in y, sqrt(a) is sqrt(−1);"),
        # Through a norm, to the coordinate that spoils both.
        ("bowl", "x = x - g/norm(sqrt(x - 1.5))", (2, 1), "step 1: in y, sqrt(x - 1.5) is sqrt(−0.5);"),
        # Through state, to the step; and not to what was not chosen.
        (
            "bowl",
            "r = sqrt(-t)\na = where(t > 3, sqrt(2 - t), 0)\nm = m + a\nx = x - where(t > 5, m, where(t > 9, r, 0))",
            (1, 1),
            "step 6: in x at step 4, sqrt(2 - t) is sqrt(−2);",
        ),
        ("bowl", "m: state = log(-x)\nm = m + g\nx = x - lr*m", (1, 1), "step 1: in x, m had no value at the start;"),
        ("x**3 + 0*y", "newton", (3, 1), "step 1: in x, newton_direction(x, damping) has no value;"),
    ],
)
def test_the_cause_is_the_operation_whose_own_numbers_were_numbers(
    objective: str, rule: str, start: tuple[float, ...], said: str
) -> None:
    path = trace(Run(objective, rule, start, 10))
    assert path.status.outcome is Outcome.UNDEFINED
    assert said in str(path.status)


def test_a_gradient_without_a_value_is_named_as_such() -> None:
    # A finite value whose slope is ∞ − ∞.
    path = trace(Run("sqrt(x) - sqrt(x) + y", "sgd", (0.0, 1.0), 2))
    assert "step 1: in x, the gradient has no value; the last point was (0, 1)" in str(path.status)


@pytest.mark.parametrize(
    ("objective", "start", "said"),
    [
        ("log(x)", (-1,), "x = −1, where log(x) is log(−1)."),
        ("1/x + y", (0, 1), "(0, 1), where 1/x is 1/0."),
        ("1/(x*y)", (-1, 0), "(−1, 0), where 1/(x*y) is 1/0."),
        ("sqrt(x*y) + 2", (-1, 4), "(−1, 4), where sqrt(x*y) is sqrt(−4)."),
        ("(x - 3)*(y + 1)/(x - 3)", (3, 1), "(3, 1), where (x - 3)*(y + 1)/(x - 3) is 0/0."),
    ],
)
def test_an_objective_without_a_value_names_its_operation(objective: str, start: tuple[float, ...], said: str) -> None:
    path = trace(Run(objective, "adam", start))
    assert str(path.status) == f"Undefined at the start: the objective has no value at {said}"


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_undefined_run_of_the_catalogue_names_coordinate_and_operation(key: str) -> None:
    for objective, start in (("bowl", (1.0, 0.0)), ("x**3 + y**4", (1.0, 0.0)), ("sqrt(x) + y**2", (0.1, 0.0))):
        zeros = {h.name: 0.0 for h in OPTIMIZERS[key].hypers if h.bounds[0] == 0 and h.name in ("eps", "gamma")}
        status = trace(Run(objective, key, start, 50, {**zeros, "lr": 0.3})).status
        if status.outcome is Outcome.UNDEFINED:
            assert "not a number" not in str(status)
            assert " is " in str(status) or "has no value" in str(status)
