"""Exact derivatives of a graph, by the chain rule on its values (forward mode), as further values of the same graph.

Conventions where no derivative exists: ``abs`` and ``sign`` have slope 0 at 0, ``min`` and ``max`` have half the slope
of each argument at a tie (as in PyTorch and JAX), ``floor`` has slope 0. Where the inner derivative is 0, so is the
whole, even if the outer one is infinite, and the other way round for what roots are multiplied with: the gradients of
``sqrt(x**2 + y**2)`` and ``x*sqrt(x)`` at the origin are 0.
"""

from collections.abc import Sequence

from core.formula.graph import Graph, Node, Operation, Value

# What torch gives another slope, at the end of a range or far out, or none.
_UNLIKE_TORCH: frozenset[Operation] = frozenset({"sqrt", "pow", "asin", "acos", "tanh", "mod"})
# What may have the slope 0 for an argument whose own slope is infinite; torch multiplies the two.
_FLAT: frozenset[Operation] = frozenset({"min", "max", "where", "sign", "floor"})
# What has a finite slope wherever it has a finite value.
_TAME: frozenset[Operation] = _FLAT | {
    *("constant", "input", "add", "sub", "mul", "neg", "sin", "cos", "atan", "abs"),
    *("lt", "le", "gt", "ge", "eq", "ne"),
}


def differs_in_torch(graph: Graph, value: Value) -> bool:
    """Whether torch's own derivatives of ``value`` may be NaN, or other ones, where those of this module are finite."""
    used = {graph.nodes[part].operation for part in graph.ancestors([value])}
    flat = used & _FLAT or ("exp" in used and _divides(graph, value))
    return bool(used & _UNLIKE_TORCH or (flat and used - _TAME))


def gradient(graph: Graph, value: Value, variables: Sequence[Value]) -> list[Value]:
    """The derivative of ``value`` by each of ``variables``, which are inputs."""
    needed = graph.ancestors([value])
    zero = graph.constant(0.0)
    return [zero if slope is None else slope for slope in (_tangent(graph, value, by, needed) for by in variables)]


def hessian(graph: Graph, value: Value, variables: Sequence[Value]) -> list[list[Value]]:
    """The symmetric matrix of second derivatives of ``value`` by ``variables``."""
    first = gradient(graph, value, variables)
    rows = [gradient(graph, slope, variables[: index + 1]) for index, slope in enumerate(first)]
    size = range(len(variables))
    return [[rows[max(i, j)][min(i, j)] for j in size] for i in size]


def _tangent(graph: Graph, value: Value, by: Value, needed: Sequence[Value]) -> Value | None:
    """The derivative of ``value`` by ``by``; ``None`` stands for a zero that follows from the formula's shape."""
    slopes: dict[Value, Value | None] = {}
    for part in needed:
        node = graph.nodes[part]
        if part == by:
            slopes[part] = graph.constant(1.0)
        elif part in graph.powers:
            base, exponent = graph.powers[part]
            slope = slopes[base]
            outer = graph.power(base, exponent - 1)
            slopes[part] = (
                None if slope is None else _product(graph, graph.constant(exponent), _scaled(graph, outer, slope))
            )
        elif node.operation == "where":
            _, left, right = (slopes[argument] for argument in node.arguments)
            slopes[part] = _chosen(graph, node.arguments[0], left, right)
        elif len(node.arguments) == 1:
            slope = slopes[node.arguments[0]]
            slopes[part] = None if slope is None else _unary(graph, part, node, slope)
        elif len(node.arguments) == 2:
            slopes[part] = _binary(graph, part, node, *(slopes[argument] for argument in node.arguments))
        else:
            slopes[part] = None
    return slopes[value]


def _unary(graph: Graph, value: Value, node: Node, slope: Value) -> Value | None:
    (a,) = node.arguments
    one, apply = graph.constant(1.0), graph.apply
    match node.operation:
        case "neg":
            return _negative(graph, slope)
        case "sqrt":
            return _guarded(graph, slope, apply("div", graph.constant(0.5), value))
        case "exp":
            # Of exp(-1/x**2), which has no digit left where the inner slope is infinite.
            return _guarded(graph, value, slope) if _divides(graph, slope) else _product(graph, value, slope)
        case "log":
            return apply("div", slope, a)
        case "sin":
            return _product(graph, apply("cos", a), slope)
        case "cos":
            return _negative(graph, _product(graph, apply("sin", a), slope))
        case "tan":
            return _product(graph, apply("add", one, graph.power(value, 2)), slope)
        case "asin" | "acos":
            outer = apply("div", one, apply("sqrt", apply("mul", apply("sub", one, a), apply("add", one, a))))
            return _guarded(graph, slope, outer if node.operation == "asin" else _negative(graph, outer))
        case "atan":
            return apply("div", slope, apply("add", one, graph.power(a, 2)))
        case "sinh":
            return _product(graph, apply("cosh", a), slope)
        case "cosh":
            return _product(graph, apply("sinh", a), slope)
        case "tanh":
            # Not 1 - tanh(a)**2, which loses all digits where tanh is close to 1.
            return apply("div", slope, graph.power(apply("cosh", a), 2))
        case "abs":
            return _product(graph, apply("sign", a), slope)
        case _:  # sign and floor are flat between their jumps.
            return None


def _binary(graph: Graph, value: Value, node: Node, first: Value | None, second: Value | None) -> Value | None:
    a, b = node.arguments
    apply = graph.apply
    if first is None and second is None:
        return None
    match node.operation:
        case "add":
            return _sum(graph, first, second)
        case "sub":
            return _sum(graph, first, None if second is None else _negative(graph, second))
        case "mul":
            left = None if first is None else _scaled(graph, b, first)
            return _sum(graph, left, None if second is None else _scaled(graph, a, second))
        case "div":
            # (a/b)' = (a' - (a/b) b')/b
            down = None if second is None else _negative(graph, _product(graph, value, second))
            above = _sum(graph, first, down)
            return None if above is None else apply("div", above, b)
        case "pow":
            return _sum(graph, _pow_by_base(graph, a, b, first), _pow_by_exponent(graph, value, a, second))
        case "mod":
            # a % b = a - floor(a/b) b, and floor is flat.
            whole = apply("floor", apply("div", a, b))
            return _sum(graph, first, None if second is None else _negative(graph, _product(graph, whole, second)))
        case "min" | "max":
            half = graph.constant(0.5)
            tie = _sum(graph, *(None if slope is None else _product(graph, half, slope) for slope in (first, second)))
            other = _chosen(graph, apply("eq", a, b), tie, second)
            return _chosen(graph, apply("lt" if node.operation == "min" else "gt", a, b), first, other)
        case _:  # Comparisons have no slope.
            return None


def _pow_by_base(graph: Graph, a: Value, b: Value, slope: Value | None) -> Value | None:
    if slope is None:
        return None
    lower = graph.apply("pow", a, graph.apply("sub", b, graph.constant(1.0)))
    return _guarded(graph, slope, _guarded(graph, b, lower))


def _pow_by_exponent(graph: Graph, value: Value, a: Value, slope: Value | None) -> Value | None:
    if slope is None:
        return None
    return _guarded(graph, slope, _guarded(graph, value, graph.apply("log", a)))


def _scaled(graph: Graph, outer: Value, slope: Value) -> Value:
    """``outer * slope``, and 0 where ``outer`` is 0 though ``slope`` may be that of a root at 0."""
    rough = any(graph.nodes[part].operation in ("sqrt", "pow") for part in graph.ancestors([slope]))
    return _guarded(graph, outer, slope) if rough else _product(graph, outer, slope)


def _divides(graph: Graph, value: Value) -> bool:
    """Whether a division by what depends on the point is part of ``value``."""
    nodes = (graph.nodes[part] for part in graph.ancestors([value]))
    return any(node.operation == "div" and graph.number(node.arguments[1]) is None for node in nodes)


def _guarded(graph: Graph, inner: Value, outer: Value) -> Value:
    """``inner * outer``, and 0 where ``inner`` is 0 though ``outer`` may be infinite there."""
    zero, product = graph.constant(0.0), _product(graph, inner, outer)
    if (number := graph.number(inner)) is not None:
        return product if number else zero
    return graph.apply("where", graph.apply("eq", inner, zero), zero, product)


def _chosen(graph: Graph, condition: Value, left: Value | None, right: Value | None) -> Value | None:
    if left is None and right is None:
        return None
    zero = graph.constant(0.0)
    return graph.apply("where", condition, zero if left is None else left, zero if right is None else right)


def _sum(graph: Graph, left: Value | None, right: Value | None) -> Value | None:
    if left is None or right is None:
        return right if left is None else left
    return graph.apply("add", left, right)


def _product(graph: Graph, left: Value, right: Value) -> Value:
    """``left * right`` with their numbers merged in front, which spares multiplications at every point."""
    first, one = _split(graph, left)
    second, other = _split(graph, right)
    number = graph.constant(first * second)
    factors = [factor for factor in (one, other) if factor is not None]
    rest = graph.apply("mul", *factors) if len(factors) == 2 else factors[0] if factors else None
    return number if rest is None else graph.apply("mul", number, rest)


def _split(graph: Graph, value: Value) -> tuple[float, Value | None]:
    """``value`` as a number times the rest, which is ``None`` for a number."""
    node = graph.nodes[value]
    if node.operation == "constant":
        return node.number, None
    if node.operation == "neg":
        number, rest = _split(graph, node.arguments[0])
        return -number, rest
    if node.operation == "mul":
        for factor, rest in (node.arguments, node.arguments[::-1]):
            if graph.nodes[factor].operation == "constant":
                return graph.nodes[factor].number, rest
    return 1.0, value


def _negative(graph: Graph, value: Value) -> Value:
    return _product(graph, graph.constant(-1.0), value)
