"""The LaTeX of a formula: its own order, brackets where they are needed, and nothing that reads as something else."""

import json
import re
from pathlib import Path

import pytest

from core.catalogue.optimizers import OPTIMIZERS
from core.formula import parse, parse_rule
from core.formula.latex import measured, number, plain_symbol, symbol
from core.formula.rule_latex import Line, pointed_lines, step_lines

FORMULAS = [case["formula"] for case in json.loads(Path(__file__).with_name("valid.json").read_text())["formulas"]]
CASES = r"\begin{cases} x & \text{if } x > 0 \\ y & \text{otherwise} \end{cases}"

TABLE = {
    # Sums: brackets only around what a minus would change, and around a second sign.
    "x+y": r"x + y",
    "(x)": r"x",
    "+x": r"x",
    "x-y-1": r"x - y - 1",
    "x-(y-1)": r"x - \left(y - 1\right)",
    "x-(y+1)": r"x - \left(y + 1\right)",
    "x+(y-1)": r"x + y - 1",
    "(x-y)+1": r"x - y + 1",
    "x+-y": r"x + \left(-y\right)",
    "x--y": r"x - \left(-y\right)",
    "-x+y": r"-x + y",
    "-(x+y)": r"-\left(x + y\right)",
    "-(x-y)": r"-\left(x - y\right)",
    "-(x*y)": r"-x\,y",
    "-(x/y)": r"-\frac{x}{y}",
    "--x": r"-\left(-x\right)",
    "-(-x)": r"-\left(-x\right)",
    # Products: a dot only where digits would run together.
    "x*y": r"x\,y",
    "2*x": r"2\,x",
    "x*2": r"x \cdot 2",
    "2*3": r"2 \cdot 3",
    "2*.5": r"2 \cdot .5",
    "x*(y*2)": r"x \cdot y \cdot 2",
    "(x+1)*(y-1)": r"\left(x + 1\right)\,\left(y - 1\right)",
    "2*(x+1)": r"2\,\left(x + 1\right)",
    "x*-y": r"x\,\left(-y\right)",
    "-x*y": r"-x\,y",
    "-2*x": r"-2\,x",
    "2*-3": r"2\,\left(-3\right)",
    "2*pi*x": r"2\,\pi\,x",
    "2*sin(x)": r"2\,\sin\left(x\right)",
    "sqrt(2)*3": r"\sqrt{2} \cdot 3",
    # Fractions hold themselves together.
    "x/2": r"\frac{x}{2}",
    "(x+y)/2": r"\frac{x + y}{2}",
    "x/(y/2)": r"\frac{x}{\frac{y}{2}}",
    "x/y/2": r"\frac{\frac{x}{y}}{2}",
    "x/y*2": r"\frac{x}{y} \cdot 2",
    "2*(x/y)": r"2 \cdot \frac{x}{y}",
    "x*(y/2)": r"x\,\frac{y}{2}",
    "x-y/2": r"x - \frac{y}{2}",
    "(x/2)**2": r"\left(\frac{x}{2}\right)^{2}",
    # Powers.
    "x**2": r"x^{2}",
    "x^2": r"x^{2}",
    "-x**2": r"-x^{2}",
    "(-x)**2": r"\left(-x\right)^{2}",
    "(x+y)**2": r"\left(x + y\right)^{2}",
    "(x*y)**2": r"\left(x\,y\right)^{2}",
    "x**-1": r"x^{-1}",
    "x**(y+1)": r"x^{y + 1}",
    "x**y**2": r"x^{y^{2}}",
    "(x**y)**2": r"\left(x^{y}\right)^{2}",
    "x**(1/3)": r"x^{\frac{1}{3}}",
    "x**2*y": r"x^{2}\,y",
    "2**3*4": r"2^{3} \cdot 4",
    "1/x**2": r"\frac{1}{x^{2}}",
    # Functions. sin^{-1} would be read as the arc sine, so only positive powers stand at the name.
    "sin(x)": r"\sin\left(x\right)",
    "sin(x)**2": r"\sin^{2}\left(x\right)",
    "2*sin(x)**2": r"2\,\sin^{2}\left(x\right)",
    "sin(x)**-1": r"\left(\sin\left(x\right)\right)^{-1}",
    "tanh(x)**-2": r"\left(\tanh\left(x\right)\right)^{-2}",
    "sin(x)*cos(y)": r"\sin\left(x\right)\,\cos\left(y\right)",
    "asin(x)": r"\arcsin\left(x\right)",
    "acos(x)": r"\arccos\left(x\right)",
    "atan(x)": r"\arctan\left(x\right)",
    "sinh(x)": r"\sinh\left(x\right)",
    "log(x)": r"\ln\left(x\right)",
    "ln(x)": r"\ln\left(x\right)",
    "exp(x)**2": r"\left(\mathrm{e}^{x}\right)^{2}",
    "exp(-x)": r"\mathrm{e}^{-x}",
    "-exp(x)": r"-\mathrm{e}^{x}",
    "x*exp(-x)": r"x\,\mathrm{e}^{-x}",
    "exp(exp(x))": r"\mathrm{e}^{\mathrm{e}^{x}}",
    "e**x": r"\mathrm{e}^{x}",
    "sqrt(x)": r"\sqrt{x}",
    "sqrt(x)**2": r"\sqrt{x}^{2}",
    "abs(x-y)": r"\left|x - y\right|",
    "abs(x)**2": r"\left|x\right|^{2}",
    "floor(x)": r"\left\lfloor x \right\rfloor",
    "sign(x)": r"\operatorname{sign}\left(x\right)",
    "min(x,y)": r"\min\left(x,\, y\right)",
    "max(x, 0)": r"\max\left(x,\, 0\right)",
    "clip(x,-1,1)": r"\operatorname{clip}\left(x,\, -1,\, 1\right)",
    "where(x>0,x,y)": CASES,
    "2*where(x>0,x,y)": rf"2\,{CASES}",
    "where(x<=y,1,2)": r"\begin{cases} 1 & \text{if } x \le y \\ 2 & \text{otherwise} \end{cases}",
    "where(x!=y,1,2)": r"\begin{cases} 1 & \text{if } x \ne y \\ 2 & \text{otherwise} \end{cases}",
    "where(x==y,1,2)": r"\begin{cases} 1 & \text{if } x = y \\ 2 & \text{otherwise} \end{cases}",
    # Cases are open to the right: what follows would be read as part of the second line.
    "where(x>0,x,y)+1": rf"\left({CASES}\right) + 1",
    "where(x>0,x,y)**2": rf"\left({CASES}\right)^{{2}}",
    # mod has no accepted rank among products, so it is always set apart from them.
    "x%y": r"x \bmod y",
    "x%y+1": r"x \bmod y + 1",
    "(x+1)%(y-1)": r"\left(x + 1\right) \bmod \left(y - 1\right)",
    "2*(x%y)": r"2\,\left(x \bmod y\right)",
    "(x%y)*2": r"\left(x \bmod y\right) \cdot 2",
    "-(x%y)": r"-\left(x \bmod y\right)",
    "x%(y%2)": r"x \bmod \left(y \bmod 2\right)",
    # Numbers as written, exponents as powers of ten.
    "1e-3": r"10^{-3}",
    "1e-3*x": r"10^{-3}\,x",
    "x*1e-3": r"x \cdot 10^{-3}",
    "2.5E2*y": r"2.5 \cdot 10^{2} \cdot y",
    "x-1e-3": r"x - 10^{-3}",
    "1e-3**2": r"\left(10^{-3}\right)^{2}",
    "(2e-3)**2": r"\left(2 \cdot 10^{-3}\right)^{2}",
    "0.50*x": r"0.50\,x",
    "pi*e": r"\pi\,\mathrm{e}",
}


@pytest.mark.parametrize(("text", "latex"), TABLE.items(), ids=TABLE)
def test_a_formula_has_exactly_this_latex(text: str, latex: str) -> None:
    assert parse(text).latex == latex


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2*(x%y)", "2*x%y"),
        ("-(x%y)", "-x%y"),
        ("x%y*2", "x%(y*2)"),
        ("sin(x)**-1", "asin(x)"),
        ("(-x)**2", "-x**2"),
        ("(x**y)**2", "x**y**2"),
    ],
)
def test_formulas_with_different_values_look_different(one: str, other: str) -> None:
    point = (0.5, 0.7)
    assert parse(one).value(point) != parse(other).value(point)
    assert parse(one).latex != parse(other).latex


@pytest.mark.parametrize("text", [*FORMULAS, *TABLE])
def test_braces_brackets_and_environments_balance(text: str) -> None:
    latex = parse(text).latex
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left\b", latex)) == len(re.findall(r"\\right\b", latex))
    assert latex.count(r"\begin{cases}") == latex.count(r"\end{cases}")
    assert "--" not in latex


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("G", "G"),
        ("m_hat", r"\hat{m}"),
        ("m_bar", r"\bar{m}"),
        ("m_tilde", r"\tilde{m}"),
        ("beta", r"\beta"),
        ("beta1", r"\beta_{1}"),
        ("beta_1", r"\beta_{1}"),
        ("beta2_hat", r"\hat{\beta}_{2}"),
        ("Delta", r"\Delta"),
        ("rho_inf", r"\rho_{\infty}"),
        ("v_max", r"v_{\max}"),
        ("mu_next", r"\mu_{\text{next}}"),
        ("m_hat_max", r"\hat{m}_{\max}"),
        ("a_b_c", r"a_{b,c}"),
        ("z12", r"z_{12}"),
        ("eps", r"\epsilon"),
        ("lr", r"\mathrm{lr}"),
        ("ratio", r"\mathrm{ratio}"),
        ("weight_decay", r"\mathrm{weight}_{\text{decay}}"),
    ],
)
def test_a_name_becomes_a_symbol(name: str, latex: str) -> None:
    assert symbol(name) == latex


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x_{t}"),
        ("m_hat", r"\hat{m}_{t}"),
        ("v_max", r"v_{\max,t}"),
        ("rho_inf", r"\rho_{\infty,t}"),
        ("beta1", r"\beta_{1,t}"),
        ("mu_next", r"\mu_{\text{next},t}"),
        ("m_hat_max", r"\hat{m}_{\max,t}"),
        ("weight_decay", r"\mathrm{weight}_{\text{decay},t}"),
        ("lr", r"\mathrm{lr}_{t}"),
    ],
)
def test_a_time_index_joins_the_index_a_symbol_has(name: str, latex: str) -> None:
    assert symbol(name, "t") == latex


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1 / 3, "0.3333"),
        (123456.0, r"123\,456"),
        (123456.7, r"1.235 \cdot 10^{5}"),
        (1e-5, "10^{-5}"),
        (-1e-5, "-10^{-5}"),
        (2e-300, r"2 \cdot 10^{-300}"),
        (float("inf"), r"\infty"),
        (float("-inf"), r"-\infty"),
        (float("nan"), r"\text{undefined}"),
    ],
)
def test_a_measured_number_has_four_significant_digits(value: float, latex: str) -> None:
    assert measured(value).latex == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [("1e-3", "10^{-3}"), ("1.e3", "10^{3}"), ("2.5E+2", r"2.5 \cdot 10^{2}"), ("007", "007"), (".5", ".5")],
)
def test_a_number_is_shown_as_it_was_written(text: str, latex: str) -> None:
    assert number(text).latex == latex


@pytest.mark.parametrize("power", ["m**2", "m**-1*2", "2**m*m**0.5", "(m**2)**3", "-m**2", "sqrt(m**2)", "abs(m)**2"])
def test_a_primed_name_has_one_superscript_only(power: str) -> None:
    _, line, _ = step_lines(parse_rule(f"m = g\nm = {power}\nx = x - lr*m"))
    # KaTeX refuses a prime and a power on one symbol: m'_{t}^{2}.
    assert re.search(r"'_\{[^{}]*\}\^", line.right) is None
    assert "'" in line.right


# --- What can be pointed at ---


def _unmarked(latex: str) -> str:
    """``latex`` without ``\\htmlData{…}{`` and the brace that ends it."""
    while (start := re.search(r"\\htmlData\{of=\w+\}\{", latex)) is not None:
        depth, end = 1, start.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(latex[end], 0)
            end += 1
        latex = latex[: start.start()] + latex[start.end() : end - 1] + latex[end:]
    return latex


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_lines_to_point_at_are_the_lines_of_the_rule(key: str) -> None:
    rule = OPTIMIZERS[key].parsed
    assert [Line(line.left, _unmarked(line.right)) for line in pointed_lines(rule)] == step_lines(rule)


def test_what_a_step_computed_says_which_line_it_comes_from() -> None:
    lines = pointed_lines(parse_rule("m = 0.9*m + g**2\nm = 2*m\nq = m*x\nx = x - lr*q/sqrt(m) - m**2"))
    assert [re.findall(r"\\htmlData\{of=(\w+)\}\{([^{}]*)", line.right) for line in lines] == [
        # What is left of the step before is no number of this one.
        [("g", "g_")],
        [("0", "m'_")],
        [("1", "m_")],
        [("2", "q_"), ("1", "m_"), ("1", "m_")],
    ]
    assert r"\htmlData{of=g}{g_{t}^{2}}" in lines[0].right


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("m", "m"),
        ("m_hat", "m\u0302"),
        ("delta", "δ"),
        ("Delta", "Δ"),
        ("lambda", "λ"),
        ("v_max", "v_max"),
        ("u_bar", "u\u0304"),
    ],
)
def test_a_name_is_written_plainly_where_there_is_no_latex(name: str, plain: str) -> None:
    assert plain_symbol(name) == plain
