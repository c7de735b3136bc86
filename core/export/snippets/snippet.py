"""What a snippet is: Python that runs as it stands, with the traps that it avoids; how its long calls are laid out."""

import ast
from dataclasses import dataclass

_WIDTH = 100


@dataclass(frozen=True)
class Snippet:
    """One tab of code: ``title`` of the tab, an introduction of one sentence, ``notes`` (traps), and the ``code``.

    The code is a whole file: it needs only torch, prints a few lines, and asserts what it claims.
    """

    key: str
    title: str
    introduction: str
    notes: tuple[str, ...]
    code: str


def laid_out(expression: str, indent: int, before: int = 0) -> str:
    """``expression`` with one argument a line where it does not fit on one; further lines stand ``indent`` spaces in.

    ``before`` is the number of characters that stand before it on its first line.
    """
    return _broken(ast.parse(expression, mode="eval").body, indent, before)


def _broken(node: ast.expr, indent: int, before: int) -> str:
    line = ast.unparse(node)
    if before + len(line) <= _WIDTH:
        return line
    inner = indent + 4
    match node:
        case ast.Lambda(arguments, body):
            head = f"lambda {ast.unparse(arguments)}: "
            return head + _broken(body, indent, before + len(head))
        case ast.Call(function, positional, named):
            parts = [_broken(each, inner, inner) for each in positional]
            parts += [f"{each.arg}={_broken(each.value, inner, inner + len(str(each.arg)) + 1)}" for each in named]
            return _rows(f"{ast.unparse(function)}(", parts, ")", indent)
        case ast.List(items):
            return _rows("[", [_broken(each, inner, inner) for each in items], "]", indent)
        case _:
            return line


def _rows(opening: str, parts: list[str], closing: str, indent: int) -> str:
    rows = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
    return f"{opening}\n{rows}{' ' * indent}{closing}"
