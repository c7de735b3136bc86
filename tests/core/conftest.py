"""Random formulas of the language, written as text."""

from collections.abc import Callable

import numpy as np
import pytest

from core.formula.vocabulary import FUNCTIONS

_NUMBERS = ("0.5", "1", "1.5", "2", "3", ".25", "2.", "1e-1", "7E-1", "0.3e+1")
_OPERATORS = ("+", "-", "*", "/", "%", "**", "^")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def _atom(random: np.random.Generator) -> str:
    kind = random.choice(["x", "y", "number", "number", "pi", "e"], p=[0.3, 0.3, 0.15, 0.15, 0.05, 0.05])
    return str(random.choice(_NUMBERS)) if kind == "number" else str(kind)


def _formula(random: np.random.Generator, levels: int) -> str:
    """A formula at most ``levels`` deep, with brackets and spaces where they may but need not be."""
    if levels == 0 or random.random() < 0.1:
        return _atom(random)
    part = lambda: _formula(random, levels - 1)  # noqa: E731
    kind = random.choice(["operator", "call", "sign", "bracket"], p=[0.52, 0.26, 0.1, 0.12])
    space = " " * int(random.integers(0, 2))
    if kind == "operator":
        return f"{part()}{space}{random.choice(_OPERATORS)}{space}{part()}"
    if kind == "sign":
        return f"{random.choice(['-', '-', '+'])}{part()}"
    if kind == "bracket":
        return f"({space}{part()}{space})"
    name = str(random.choice(list(FUNCTIONS)))
    if name == "where":
        return f"where({part()} {random.choice(_COMPARISONS)} {part()}, {part()},{part()})"
    return f"{name}({', '.join(part() for _ in range(FUNCTIONS[name].arity))})"


@pytest.fixture(scope="session")
def random_formula() -> Callable[[np.random.Generator, int], str]:
    """``random_formula(generator, levels)``; every operator and function turns up."""
    return _formula
