"""Which names and functions an expression may use, and what to say about one it may not."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from core.formula.errors import FormulaError
from core.formula.tree import Call, Compare, Expression, Name, Span, children
from core.formula.vocabulary import CONSTANTS, FUNCTIONS, RULE_FUNCTIONS, SYNONYMS, Function
from core.formula.words import listed


def check_expression(
    tree: Expression, text: str, names: Collection[str], functions: Mapping[str, Function] = FUNCTIONS
) -> None:
    """Raises ``FormulaError`` unless ``tree`` uses only ``names``, constants and ``functions``, each rightly."""

    def visit(node: Expression) -> None:
        match node:
            case Name(name, span) if name not in names and name not in CONSTANTS:
                raise unknown_name(name, text, span, names, functions)
            case Compare(span=span):
                message = "A comparison can only be the first argument of where(condition, a, b)."
                raise FormulaError(message, text, *span)
            case Call(function="where", arguments=(Compare() as condition, *branches)) if len(branches) == 2:
                for part in (condition.left, condition.right, *branches):
                    visit(part)
                return
            case Call():
                _check_call(node, text, names, functions)
        for part in children(node):
            visit(part)

    visit(tree)


def _check_call(call: Call, text: str, names: Collection[str], functions: Mapping[str, Function]) -> None:
    name, span = call.function, call.span
    name_span = Span(span.start, span.start + len(name))
    if name in names or name in CONSTANTS:
        message = f"{name} is not a function; multiplication needs a *."
        raise FormulaError(message, text, *name_span, suggestion=f"{name}*")
    if name not in functions:
        if name in RULE_FUNCTIONS:
            raise FormulaError(f"{name} is only available in an update rule.", text, *name_span)
        message = f"Unknown function {name}; the functions are {listed(functions)}."
        raise FormulaError(message, text, *name_span, suggestion=_meant(name, functions))
    arity = functions[name].arity
    if len(call.arguments) != arity:
        raise FormulaError(wrong_count(name, arity, len(call.arguments)), text, *span)
    if name == "where":
        first = call.arguments[0].span
        message = "The first argument of where must be a comparison such as x > 0."
        raise FormulaError(message, text, *first)


def wrong_count(name: str, arity: int, given: int) -> str:
    """What to say about a function with too many or too few arguments."""
    return f"{name} takes {arity} argument{'s' if arity > 1 else ''}; {given} given."


def unknown_name(
    name: str, text: str, span: Span, names: Collection[str], functions: Mapping[str, Function]
) -> FormulaError:
    """What to say about a name that stands for nothing; ``names`` are those that do."""
    if name in RULE_FUNCTIONS:
        return FormulaError(f"{name} is a function and needs brackets, as in {name}(x).", text, *span)
    known = [*names, *CONSTANTS]
    message = f"Unknown name {name}; the names here are {listed(known)}."
    return FormulaError(message, text, *span, suggestion=_run_together(name, known, functions) or _meant(name, known))


def _run_together(name: str, names: Collection[str], functions: Mapping[str, Function]) -> str:
    """What ``name`` is if only an operator or brackets are missing: x*y for xy, sin(x) for sinx."""
    if len(name) > 1 and all(letter in names for letter in name):
        return "*".join(name)
    for function, entry in functions.items():
        if entry.arity == 1 and name.startswith(function) and name.removeprefix(function) in names:
            return f"{function}({name.removeprefix(function)})"
    return ""


def _meant(name: str, known: Collection[str]) -> str:
    """The one of ``known`` that ``name`` is a habit or a misspelling of, or nothing."""
    if (synonym := SYNONYMS.get(name)) in known:
        return str(synonym)
    if name.lower() in known:
        return name.lower()
    # Short words resemble each other by chance.
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.8) if len(name) > 2 else []
    # With more around it a name is another function: log2, sinc, acosh.
    return near[0] if near and near[0] not in name.lower() else ""
