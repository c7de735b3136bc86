"""The formula language: a text is checked once and becomes functions, derivatives, LaTeX and source code."""

from core.formula.errors import FormulaError
from core.formula.objective import Formula, parse
from core.formula.read import read
from core.formula.rule import Rule
from core.formula.rule_reader import parse_rule

__all__ = ["Formula", "FormulaError", "Rule", "parse", "parse_rule", "read"]
