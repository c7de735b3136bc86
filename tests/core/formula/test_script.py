"""What formulas become in JavaScript: each operation gives the numbers that it gives in Python."""

import itertools

import numpy as np
import pytest

from core.formula import emit
from core.formula.graph import NUMPY, Graph, Operation
from core.formula.lower import COMPARISONS
from core.formula.vocabulary import FUNCTIONS
from tests.javascript import Array, Engine

# What is rounded correctly everywhere, or not rounded at all; the engine's own functions may be off in the last digits.
EXACT = {
    *("add", "sub", "mul", "div", "mod", "neg", "sqrt", "abs", "sign", "floor", "min", "max", "where"),
    *COMPARISONS.values(),
}
CLOSE = 4 * np.finfo(np.float64).eps
NAMES = ("x_0", "x_1", "x_2")


def _arguments() -> Array:
    """Triples of numbers, most of them extreme, of shape (3, n)."""
    random = np.random.default_rng()
    special = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 5e-324, -1e-308, 1e308, np.inf, -np.inf, np.nan]
    common = random.normal(size=(3, 500)) * 10.0 ** random.integers(-3, 3, size=(3, 500))
    pairs = np.array(list(itertools.product(special, special))).T
    return np.concatenate([np.vstack([pairs, pairs[::-1][:1]]), common], axis=1)


def _computed(engine: Engine, operation: Operation, arguments: Array) -> tuple[Array, Array]:
    """``operation`` on each column of ``arguments``, as JavaScript and as Python compute it."""
    graph = Graph()
    values = [graph.input(name) for name in NAMES]
    arity = FUNCTIONS[operation].arity if operation in FUNCTIONS else 1 + (operation != "neg")
    used = values[:arity]
    if operation == "where":
        used[0] = graph.apply("lt", values[0], values[1])
    result = graph.apply(operation, *used)
    if operation in COMPARISONS.values():
        result = graph.apply("where", result, graph.constant(1.0), graph.constant(0.0))
    # A result that is computed on is written into its place.
    wanted = [graph.apply("mul", result, graph.constant(-0.5))]

    writer = emit.Writer(graph, wanted, emit.SCRIPT)
    body = [*writer.statements(), f"results[k] = {writer.text(wanted[0])}"]
    inputs = ", ".join(f"{name} = inputs[k + {row * arguments.shape[1]}]" for row, name in enumerate(NAMES))
    results = engine.array("results", arguments.shape[1])
    engine.array("inputs", *arguments.shape)[:] = arguments
    helpers = "".join(f"const {name} = {text};" for name, text in emit.SCRIPT.environment.items())
    loop = f"for (let k = 0; k < results.length; k++) {{ const {inputs}; {'; '.join(body)}; }}"
    engine.run(f"{{ {helpers} {loop} }}")

    computed = emit.function(graph, NAMES, wanted, emit.SCALAR)
    with np.errstate(all="ignore"):
        return results, np.array([computed(*column)[0] for column in arguments.T])


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize("operation", NUMPY)
def test_an_operation_gives_in_javascript_what_it_gives_in_python(engine: Engine, operation: Operation) -> None:
    script, python = _computed(engine, operation, _arguments())
    np.testing.assert_array_equal(np.isnan(script), np.isnan(python))
    if operation in EXACT:
        np.testing.assert_array_equal(script, python)
        known = ~np.isnan(python)
        np.testing.assert_array_equal(np.signbit(script[known]), np.signbit(python[known]))
    else:
        # Below the smallest number that has all its digits, a last digit is a large part.
        np.testing.assert_allclose(script, python, rtol=CLOSE, atol=1e-307)


def test_a_number_is_written_so_that_javascript_reads_the_same_one(engine: Engine) -> None:
    random = np.random.default_rng()
    numbers = random.integers(0, 2**64, 2000, dtype=np.uint64).view(np.float64)
    numbers = np.concatenate([numbers, [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e16, 1e21, 1e-7, 123456789.0]])
    graph = Graph()
    values = [graph.constant(float(number)) for number in numbers]
    writer = emit.Writer(graph, values, emit.SCRIPT)
    assert writer.statements() == []
    read = engine.array("read", len(numbers))
    engine.run(f"read.set([{', '.join(map(writer.text, values))}])")
    known = ~np.isnan(numbers)
    np.testing.assert_array_equal(read.view(np.uint64)[known], numbers.view(np.uint64)[known])
    assert np.isnan(read[~known]).all()
