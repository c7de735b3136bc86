"""What follows from the text of a rule: its state, its shapes, its cost, and one step of it."""

from typing import NamedTuple

import numpy as np
import pytest

from core import Run, trace
from core.catalogue.optimizers import OPTIMIZERS, Optimizer
from core.formula import parse, parse_rule
from core.formula.latex import expression_latex
from core.formula.rule import Kind
from core.formula.source import python_source

SHARED, LAYER, TENSOR = Kind.SHARED, Kind.LAYER, Kind.TENSOR


class Facts(NamedTuple):
    state: tuple[str, ...]
    numbers_per_weight: int
    cost: tuple[int, int]
    # The kinds of what the rule assigns, in its order.
    kinds: dict[str, Kind]


def tensors(names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), TENSOR)


# Worked out by hand from the rules as printed in their papers.
FACTS = {
    "sgd": Facts((), 0, (1, 0), tensors("x")),
    "momentum": Facts(("v",), 1, (1, 0), tensors("v x")),
    # The gradient at x itself is never asked for.
    "nesterov": Facts(("v",), 1, (1, 0), tensors("v x")),
    "adagrad": Facts(("G",), 1, (1, 0), tensors("G x")),
    "rmsprop": Facts(("v",), 1, (1, 0), tensors("v x")),
    "adadelta": Facts(("v", "u"), 2, (1, 0), tensors("v delta u x")),
    "adam": Facts(("m", "v"), 2, (1, 0), tensors("m v m_hat v_hat x")),
    "amsgrad": Facts(("m", "v", "v_max"), 3, (1, 0), tensors("m v v_max m_hat v_hat x")),
    "adamax": Facts(("m", "u"), 2, (1, 0), tensors("m u x")),
    # P is one number for the whole model.
    "nadam": Facts(
        ("P", "m", "v"), 2, (1, 0), {"mu": SHARED, "mu_next": SHARED, "P": SHARED, **tensors("m v m_bar x")}
    ),
    "radam": Facts(
        ("m", "v"), 2, (1, 0), {**tensors("m v m_hat"), "rho_inf": SHARED, "rho": SHARED, "r": SHARED, "x": TENSOR}
    ),
    "adamw": Facts(("m", "v"), 2, (1, 0), tensors("m v m_hat v_hat x")),
    "lion": Facts(("m",), 1, (1, 0), tensors("c x m")),
    # The Hessian is asked for every k steps only.
    "sophia": Facts(("m", "h"), 2, (1, 1), tensors("m h x")),
    "lamb": Facts(("m", "v"), 2, (1, 0), {**tensors("m v m_hat v_hat u"), "ratio": LAYER, "x": TENSOR}),
    "muon": Facts(("m",), 1, (1, 0), tensors("m u x")),
    "sam": Facts((), 0, (2, 0), tensors("x")),
    "schedule_free": Facts(("z",), 1, (1, 0), tensors("y z x")),
    # A gradient and a Hessian.
    "newton": Facts((), 0, (2, 0), tensors("x")),
}


def test_every_shipped_rule_is_listed_here() -> None:
    assert [key for key in OPTIMIZERS if key in FACTS] == list(FACTS)


@pytest.mark.parametrize("key", FACTS)
def test_a_shipped_rule_keeps_and_costs_what_its_paper_says(key: str) -> None:
    rule, facts = OPTIMIZERS[key].parsed, FACTS[key]
    assert rule.state == facts.state
    assert rule.numbers_per_weight == facts.numbers_per_weight
    assert rule.cost == facts.cost
    assert rule.assigned == tuple(facts.kinds)
    assert {name: rule.kinds[name] for name in rule.assigned} == facts.kinds
    assert rule.kinds["x"] is TENSOR
    assert rule.kinds["g"] is TENSOR
    assert {rule.kinds[name] for name in (*rule.hypers, "t", "T", "loss", "pi", "e")} == {SHARED}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_text_a_visitor_edits_is_the_shipped_rule(optimizer: Optimizer) -> None:
    rule, shipped = parse_rule(optimizer.text), optimizer.parsed
    assert rule.hypers == shipped.hypers
    assert [(line.name, expression_latex(line.tree)) for line in rule.lines] == [
        (line.name, expression_latex(line.tree)) for line in shipped.lines
    ]
    assert (rule.state, rule.cost, rule.kinds, set(rule.initial)) == (
        shipped.state,
        shipped.cost,
        shipped.kinds,
        set(shipped.initial),
    )
    assert [(hyper.name, hyper.bounds, hyper.default) for hyper in rule.declarations] == [
        (hyper.name, tuple(map(float, hyper.bounds)), float(hyper.default)) for hyper in optimizer.hypers
    ]


def test_a_visitors_rule_declares_its_hyperparameters_and_where_its_state_starts() -> None:
    rule = parse_rule(
        "# Heavy ball that starts moving\n"
        "\n"
        "lr: (0, 2) = 0.1\n"
        "beta: (0, 1 - 1e-6) = 9/10   # kept\r\n"
        "v: state = beta*x + 1\n"
        "   \t\n"
        "v = beta*v + g\n"
        "x = x - lr*v  # the step\n"
    )
    assert rule.hypers == ("lr", "beta")
    assert [(hyper.name, hyper.bounds, hyper.default) for hyper in rule.declarations] == [
        ("lr", (0.0, 2.0), 0.1),
        ("beta", (0.0, 1 - 1e-6), 0.9),
    ]
    assert [(line.name, python_source(line.tree, "numpy")) for line in rule.lines] == [
        ("v", "beta*v + g"),
        ("x", "x - lr*v"),
    ]
    assert rule.state == ("v",)
    assert list(rule.initial) == ["v"]
    assert rule.numbers_per_weight == 1


def test_lr_always_exists_and_comes_first() -> None:
    assert parse_rule("x = x - g").hypers == ("lr",)
    assert parse_rule("b: (0, 1) = 0.5\nx = x - b*g").hypers == ("lr", "b")
    assert parse_rule("x = x - b*g", hypers=("b", "lr")).hypers == ("lr", "b")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # A number becomes a vector only through another state that does, and only in the next step.
        ("a = b\nb = c\nc = c + g\nx = x - a", {"a": TENSOR, "b": TENSOR, "c": TENSOR}),
        ("x = x - a\na = b\nb = c\nc = d\nd = g", {"a": TENSOR, "b": TENSOR, "c": TENSOR, "d": TENSOR}),
        ("n = n + 1\nx = x - g/n", {"n": SHARED}),
        ("s = s + norm(g)\nx = x - g/s", {"s": LAYER}),
        ("s = s + dot(g, x)\nx = x - g/s", {"s": SHARED}),
        ("s = s + sum(g)\nx = x - g/s", {"s": SHARED}),
        ("s = value(x - g)\nx = x - g/s", {"s": SHARED}),
        ("s: state = norm(x)\ns = 2*s\nx = x - g/s", {"s": LAYER}),
        ("s = s + global_norm(g)\nx = x - g/s", {"s": SHARED}),
        ("s = max(s, norm(g)*t)\nr = r + s\nx = x - g/r", {"s": LAYER, "r": LAYER}),
        ("s = loss\nx = x - g*s", {"s": SHARED}),
        ("a: state = x\nx = x - (g + x - a)", {"a": TENSOR}),
        ("a: state = lr\nx = x - a*g", {"a": SHARED}),
        ("a = where(t > 3, g, 0)\nx = x - a", {"a": TENSOR}),
        ("a = where(norm(g) > 1, 2, 3)\nx = x - a*g", {"a": LAYER}),
        ("a = where(x > 1, 2, 3)\nx = x - a*g", {"a": TENSOR}),
        ("a = grad(x)\nb = hessian_diag(x)\nx = x - a/b", {"a": TENSOR, "b": TENSOR}),
        # The name is a vector in one of its two lines, so in both.
        ("a = t\nb = a\na = a*g\nx = x - b*a", {"a": TENSOR, "b": TENSOR}),
    ],
)
def test_a_value_is_as_large_as_anything_that_flows_into_it(text: str, kinds: dict[str, Kind]) -> None:
    rule = parse_rule(text)
    assert {name: rule.kinds[name] for name in kinds} == kinds


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("x = x - lr*g", ()),
        ("x = x - lr*m\nm = g", ("m",)),
        ("m = g\nx = x - lr*m", ()),
        ("m = m + g\nm = 2*m\nx = x - lr*m", ("m",)),
        ("b = a\na = b + g\nx = x - lr*b", ("a",)),
        ("x = x - lr*(p + q)\nq = p\np = g", ("p", "q")),
        # Read only, for ever what it was at the start.
        ("a: state = x\nx = x - lr*(g + x - a)", ("a",)),
        ("x = x - lr*g\nx = x - lr*x", ()),
    ],
)
def test_state_is_what_is_read_before_it_is_assigned(text: str, state: tuple[str, ...]) -> None:
    assert parse_rule(text).state == state


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("x = 0.5*x", (0, 0)),
        ("x = x - loss", (0, 0)),
        ("x = x - g - g*g", (1, 0)),
        ("x = x - grad(x)", (1, 0)),
        ("x = x - g - grad(x)", (2, 0)),
        ("x = x - g/hessian_diag(x)", (2, 0)),
        ("x = x - newton_direction(x, 1) - g", (3, 0)),
        ("x = x - where(t > 5, grad(x), g)", (1, 1)),
        ("x = x - where(t > 5, grad(x), newton_direction(x, 1))", (0, 3)),
        # Per coordinate both branches are needed, and a condition is always evaluated.
        ("x = x - where(x > 5, grad(x), 0)", (1, 0)),
        ("x = x - where(norm(x) > 5, grad(x), 0)", (1, 0)),
        ("x = x - where(global_norm(grad(x)) > 5, 1, 0)*g", (2, 0)),
        ("x = x - where(t > 5, where(t > 9, grad(x), 0), g)", (1, 1)),
        ("x = x - where(t > 5, where(x > 9, grad(x), 0), g)", (1, 1)),
    ],
)
def test_a_rule_costs_the_gradients_it_asks_for(text: str, cost: tuple[int, int]) -> None:
    assert parse_rule(text).cost == cost


def test_a_conditional_gradient_is_counted_only_when_it_is_asked_for() -> None:
    text = "x = x - lr*where(t % 3 == 0, grad(x), x)"
    assert trace(Run("x**2 + y**2", text, (1, 1), steps=10, hypers={"lr": 0.1})).evaluations == 3


OBJECTIVE = "x**2 + 3*x*y + 4*y**2 - x + sin(y)"
START = (0.5, -0.7)


def first_step(text: str) -> np.ndarray:
    return trace(Run(OBJECTIVE, text, START, steps=1, hypers={"lr": 1.0})).x[1]


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("x = grad(x)", (0.5, -0.7)),
        ("x = grad(2*x + 1)", (2.0, -0.4)),
        ("x = grad(-x)", (-0.5, 0.7)),
        ("x = grad(1 - x)", (0.5, 1.7)),
        ("q = x**4\nx = grad(x**2) + 0*q", (0.25, 0.49)),
        ("x = grad(x**0)", (1.0, 1.0)),
        ("x = grad(x*0 + t)", (1.0, 1.0)),
        ("m = t\nq = grad(m)\nm = m + x\nx = q", (1.0, 1.0)),
        ("p = max(x, 2)\nx = grad(p)", (2.0, 2.0)),
        ("x = grad(sin(x))", (np.sin(0.5), np.sin(-0.7))),
        ("z: state = x\nz = z + 1\nx = grad(z)", (1.5, 0.3)),
    ],
)
def test_the_gradient_is_taken_at_the_point_asked_for_however_it_was_computed(
    text: str, point: tuple[float, float]
) -> None:
    # Half a dozen operations in another order.
    np.testing.assert_allclose(first_step(text), parse(OBJECTIVE).grad(point), rtol=1e-14)


@pytest.mark.parametrize("point", [("x", START), ("-x", (-0.5, 0.7)), ("x**0", (1.0, 1.0)), ("2*x + 1", (2.0, -0.4))])
def test_curvature_is_taken_at_the_point_asked_for(point: tuple[str, tuple[float, float]]) -> None:
    text, at = point
    hessian, gradient = parse(OBJECTIVE).hessian(at), parse(OBJECTIVE).grad(at)
    # Cramer's rule against LAPACK on a matrix of condition 10.
    np.testing.assert_allclose(first_step(f"x = hessian_diag({text})"), np.diag(hessian), rtol=1e-14)
    newton = np.linalg.solve(hessian + 0.5 * np.eye(2), gradient)
    np.testing.assert_allclose(first_step(f"x = newton_direction({text}, 0.5)"), newton, rtol=1e-13)


def test_g_and_loss_stay_those_of_the_point_where_the_step_began() -> None:
    formula = parse(OBJECTIVE)
    np.testing.assert_allclose(first_step("x = 0*x\nx = x + g"), formula.grad(START), rtol=1e-14)
    np.testing.assert_allclose(first_step("x = 0*x\nx = x + loss"), np.full(2, formula.value(START)), rtol=1e-14)


def test_the_last_value_of_x_is_the_new_point() -> None:
    assert first_step("x = x + 1\nx = 2*x\nx = x - 1").tolist() == [2.0, 2 * (START[1] + 1) - 1]


def test_state_starts_at_zero_or_where_it_is_declared_and_is_kept() -> None:
    text = "n: state = 10\nb: (0, 5) = 2\na: state = b*x\nn = n + 1\nk = k + 1\nx = x + 0*a"
    path = trace(Run(OBJECTIVE, text + "\nq = a", START, steps=3, hypers={"lr": 1.0}))
    assert path.terms["n"].tolist() == [11, 12, 13]
    assert path.terms["k"].tolist() == [1, 2, 3]
    assert path.terms["q"].tolist() == [[1.0, -1.4]] * 3


def test_t_counts_from_one_and_T_is_the_number_of_steps() -> None:
    path = trace(Run(OBJECTIVE, "a = t\nb = T\nx = 1*x", START, steps=3))
    assert path.terms["a"].tolist() == [1, 2, 3]
    assert path.terms["b"].tolist() == [3, 3, 3]


def test_orthogonalize_is_the_polynomial_of_muon_on_the_norm() -> None:
    vector = np.array(START)
    size = 1.0
    for _ in range(5):
        size = 3.4445 * size - 4.7750 * size**3 + 2.0315 * size**5
    # Five rounds of five operations.
    np.testing.assert_allclose(first_step("x = orthogonalize(x)"), size * vector / np.linalg.norm(vector), rtol=1e-13)


@pytest.mark.parametrize("norm", ["norm", "global_norm"])
def test_a_norm_is_euclidean(norm: str) -> None:
    np.testing.assert_allclose(first_step(f"x = 0*x + {norm}(x)"), np.full(2, np.hypot(*START)), rtol=1e-15)
