"""What the text calls things: what it imports, what it assigns, and which functions it defines."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.lessons.clinic.values import Open, Value, dotted, value_of

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Names that stand for other names, one after the other.
_MOST_HOPS = 5
# What an expression may grow to while names in it are written out.
_MOST_FACTORS = 40


@dataclass(frozen=True)
class Binding:
    """A name is given ``value`` on ``line``: by ``node`` if by an expression, ``sure`` unless in a branch or a loop.

    ``scope`` is the function it is local to, ``None`` for the module.
    """

    line: int
    value: Value | Open
    sure: bool
    scope: Function | None
    node: ast.expr | None = None


@dataclass
class Names:
    """All names of a text, as far as it tells what they stand for."""

    imports: dict[str, str] = field(default_factory=dict)
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))
    classes: set[str] = field(default_factory=set)
    # How often each function of the text is called or handed on in it.
    uses: Counter[str] = field(default_factory=Counter)

    def path(self, node: ast.AST) -> str:
        """What ``node`` names in full, such as "torch.optim.SGD"; empty if it is no name."""
        path = dotted(node)
        for _ in range(_MOST_HOPS):
            first, dot, rest = path.partition(".")
            bound = self.bindings.get(first, [])
            if first in self.imports and not bound:
                path = self.imports[first] + dot + rest
                break
            target = dotted(bound[0].node) if len(bound) == 1 and bound[0].node is not None else ""
            if not target or target == first:
                break
            path = target + dot + rest
        return path

    def value(self, node: ast.expr, scope: Function | None = None) -> Value | Open:
        """The value of ``node`` where it stands, in the function ``scope``."""
        return value_of(node, lambda path: self.named(path, node.lineno, scope))

    def named(self, path: str, line: int, scope: Function | None) -> Value | Open:
        """The value of the name ``path`` on ``line``: the last that it was given, if that is sure."""
        bound = self._visible(path, scope)
        if not bound:
            return Open(path)
        first = bound[0].value
        if all(_same(one.value, first) for one in bound):
            return first
        if not all(one.sure for one in bound):
            return Open(path)
        before = [one for one in bound if one.line <= line]
        return (before or bound)[-1].value

    def expression(self, path: str, scope: Function | None) -> ast.expr | None:
        """The expression that the name ``path`` was assigned, if that was done once."""
        bound = self._visible(path, scope)
        return bound[0].node if len(bound) == 1 else None

    def _visible(self, path: str, scope: Function | None) -> Sequence[Binding]:
        bound = self.bindings.get(path, [])
        local = [one for one in bound if one.scope is scope]
        return local or [one for one in bound if one.scope is None or "." in path]

    def factors(self, node: ast.expr, scope: Function | None = None) -> Counter[str] | None:
        """``node`` as a product: how often each factor stands in it, numbers in one of them; ``None`` if too long.

        Names that were assigned once are written out, so that products can be compared that say the same.
        """
        number: float = 1
        others: Counter[str] = Counter()
        waiting = [(node, 0)]
        for _ in range(_MOST_FACTORS):
            if not waiting:
                return others + Counter({repr(float(number)): 1}) if number != 1 or not others else others
            part, hops = waiting.pop()
            value = self.value(part, scope)
            if isinstance(value, int | float):
                number *= value
                continue
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
                waiting += [(part.left, hops), (part.right, hops)]
                continue
            path = dotted(part)
            meant = self.expression(path, scope) if path and hops < _MOST_HOPS else None
            if meant is not None and dotted(meant) != path:
                waiting.append((meant, hops + 1))
            else:
                others[ast.unparse(part)] += 1
        return None


def names_of(tree: ast.Module) -> Names:
    """The names of the program ``tree``."""
    names = Names()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.functions[node.name].append(node)
            case ast.ClassDef(name):
                names.classes.add(name)
            case ast.Import(aliases):
                names.imports |= {
                    alias.asname or alias.name.partition(".")[0]: alias.name
                    if alias.asname
                    else alias.name.partition(".")[0]
                    for alias in aliases
                }
            case ast.ImportFrom(module, aliases):
                names.imports |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
            case ast.Name(name, ast.Load()):
                names.uses[name] += 1
            case ast.Attribute(ast.Name("self"), name, ast.Load()):
                names.uses[name] += 1
            case _:
                pass
    _bind(names, tree.body, None, True)
    return names


def _bind(names: Names, body: Sequence[ast.stmt], scope: Function | None, sure: bool) -> None:
    """Enters what the statements of ``body`` assign, in their order."""
    for statement in body:
        for target, value in _assigned(statement):
            given = names.value(value, scope) if value is not None else Open(target)
            names.bindings[target].append(Binding(statement.lineno, given, sure, scope, value))
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _bind_parameters(names, statement)
                _bind(names, statement.body, statement, True)
            case ast.ClassDef():
                _bind(names, statement.body, scope, sure)
            case ast.With() | ast.AsyncWith():
                _bind(names, statement.body, scope, sure)
            case _:
                main = isinstance(statement, ast.If) and "__name__" in ast.dump(statement.test)
                for part in blocks(statement):
                    _bind(names, part, scope, sure and main)


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements inside ``statement``, in their order."""
    for name in ("body", "orelse", "finalbody"):
        part = getattr(statement, name, None)
        if name == "orelse":
            for handler in getattr(statement, "handlers", []):
                yield handler.body
        if isinstance(part, list) and part:
            yield part
    for case in getattr(statement, "cases", []):
        yield case.body


def _bind_parameters(names: Names, function: Function) -> None:
    """Parameters are what their defaults say, unless the text calls the function and so may say otherwise."""
    arguments = function.args
    listed = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(listed) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(listed, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for parameter, default in pairs:
        known = default is not None and not names.uses[function.name]
        given = names.value(default) if known and default is not None else Open(parameter.arg)
        names.bindings[parameter.arg].append(Binding(function.lineno, given, True, function))


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that ``statement`` itself assigns, each with the expression if it is given that one alone."""
    match statement:
        case ast.Assign(targets, value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target, _, value) if value is not None:
            yield from _pairs(target, value)
        case ast.AugAssign(target) | ast.For(target) | ast.AsyncFor(target):
            yield from _pairs(target, None)
        case ast.With(items) | ast.AsyncWith(items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _pairs(item.optional_vars, None)
        case _:
            pass


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Tuple | ast.List):
        parts: Sequence[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            parts = value.elts
        for one, part in zip(target.elts, parts, strict=True):
            yield from _pairs(one, part)
    elif path := dotted(target):
        yield path, value


def _same(first: Value | Open, second: Value | Open) -> bool:
    return type(first) is type(second) and bool(first == second)
