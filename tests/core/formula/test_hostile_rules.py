"""Rules that are wrong, malicious or only strange: each is refused in one sentence at one place, or runs."""

from pathlib import Path

import numpy as np
import pytest

from core import Run, trace
from core.formula import FormulaError, parse_rule
from tests.work import at_most

END = "\nx = x - lr*g"

# What is wrong: the rule, a part of the message, and the part of the text that the error speaks of.
REFUSED: dict[str, tuple[str, str, str]] = {
    "nothing": ("", "nothing here yet", ""),
    "only blank lines": (" \n\t\n\r\n", "nothing here yet", " \n\t\n\r\n"),
    "only comments": ("# x = x - lr*g\n# nothing", "nothing here yet", "# x = x - lr*g\n# nothing"),
    "no x": ("m = 0.9*m + g", "never assigns x", "m = 0.9*m + g"),
    "X for x": ("X = x - lr*g", "never assigns x", "X = x - lr*g"),
    "unknown name": ("x = x - lr*gg", "Unknown name gg", "gg"),
    "unknown function": ("x = x - lr*foo(g)", "Unknown function foo", "foo"),
    "name of no line": ("x = x - lr*m_hat", "Unknown name m_hat", "m_hat"),
    "synonym": ("x = x - alpha*g", "Unknown name alpha", "alpha"),
    "function as a name": ("x = x - lr*grad", "grad is a function", "grad"),
    "variable as a function": ("x = x - lr*g(x)", "g is not a function", "g"),
    "hyperparameter as a function": ("x = x - lr(g)", "lr is not a function", "lr"),
    "state as a function": ("m = m + g\nx = x - m(lr)", "m is not a function", "m"),
    "assigns g": ("g = 2*g" + END, "g is given", "g"),
    "assigns lr": ("lr = 0.1" + END, "lr is a hyperparameter", "lr"),
    "assigns t": ("t = t + 1" + END, "t is given", "t"),
    "assigns T": ("T = 5" + END, "T is given", "T"),
    "assigns loss": ("loss = 0" + END, "loss is given", "loss"),
    "assigns pi": ("pi = 3" + END, "pi is a constant", "pi"),
    "assigns e": ("e = 3" + END, "e is a constant", "e"),
    "assigns a function": ("sqrt = 3" + END, "sqrt is a function", "sqrt"),
    "assigns an oracle": ("grad = g" + END, "grad is a function", "grad"),
    "assigns a keyword": ("lambda = 3" + END, "lambda is a word", "lambda"),
    "assigns None": ("None = 3" + END, "None is a word", "None"),
    "assigns a declared hyperparameter": ("b: (0, 1) = 0.5\nb = 1" + END, "b is a hyperparameter", "b"),
    "assigns np": ("np = 1" + END, "np is a word", "np"),
    "assigns torch": ("torch = 1" + END, "torch is a word", "torch"),
    "assigns self": ("self = 1" + END, "self is a word", "self"),
    "assigns math": ("math = 1" + END, "math is a word", "math"),
    "assigns state": ("state = 1" + END, "state is a word", "state"),
    "declares x": ("x: (0, 1) = 0.5" + END, "x is given", "x"),
    "declares g": ("g: (0, 1) = 0.5" + END, "g is given", "g"),
    "declares pi": ("pi: (0, 1) = 0.5" + END, "pi is a constant", "pi"),
    "declares a function": ("exp: (0, 1) = 0.5" + END, "exp is a function", "exp"),
    "declares torch": ("torch: (0, 1) = 0.5" + END, "torch is a word", "torch"),
    "state called x": ("x: state = 1" + END, "x is given", "x"),
    "state called g": ("g: state = 1" + END, "g is given", "g"),
    "state called as a hyperparameter": ("b: (0, 1) = 0.5\nb: state = 1" + END, "b is a hyperparameter", "b"),
    "underscore first": ("_m = g" + END, "begins with a letter", "_m"),
    "only underscores": ("__ = g" + END, "begins with a letter", "__"),
    "dunder": ("__class__ = g" + END, "begins with a letter", "__class__"),
    "dunder read": ("x = x - __builtins__", "Unknown name __builtins__", "__builtins__"),
    "long name": ("a" * 25 + " = g" + END, "at most 24 characters", "a" * 25),
    "very long name": ("a" * 1000 + " = g" + END, "at most 24 characters", "a" * 1000),
    "rate below zero": ("lr: (-1, 1) = -0.5" + END, "never negative", " (-1, 1) = -0.5"),
    "bounds a denormal apart": ("b: (0, 5e-324) = 5e-324" + END, "further apart", " (0, 5e-324) = 5e-324"),
    "bounds a rounding apart": ("b: (1, 1 + 2**-52) = 1" + END, "further apart", " (1, 1 + 2**-52) = 1"),
    "bounds beyond measure": ("b: (0, 1e90*1e90) = 0" + END, "lie between", " (0, 1e90*1e90) = 0"),
    "backward bounds": ("b: (1, 0) = 0.5" + END, "lower bound 1 must be below", " (1, 0) = 0.5"),
    "equal bounds": ("b: (1, 1) = 1" + END, "must be below", " (1, 1) = 1"),
    "default above": ("b: (0, 1) = 2" + END, r"default must lie in \[0, 1\]; 2 was given", " (0, 1) = 2"),
    "default below": ("b: (0, 1) = -0.1" + END, "must lie in", " (0, 1) = -0.1"),
    "bound inf": ("b: (0, inf) = 1" + END, "Unknown name inf", "inf"),
    "bound computed infinite": ("b: (0, 1/0) = 1" + END, "finite numbers", " 1/0"),
    "bound nan": ("b: (0/0, 1) = 1" + END, "finite numbers", "0/0"),
    "bound too large": ("b: (0, 1e400) = 1" + END, "number is too large", "1e400"),
    "bound with a name": ("b: (0, lr) = 1" + END, "Unknown name lr", "lr"),
    "default with a name": ("a: (0, 1) = 0.5\nb: (0, 1) = a" + END, "Unknown name a", "a"),
    "bound missing": ("b: (0, ) = 1" + END, "nothing here yet", " "),
    "one bound": ("b: (1) = 1" + END, "is declared as in b", "b: (1) = 1"),
    "three bounds": ("b: (0, 1, 2) = 1" + END, "is declared as in b", "b: (0, 1, 2) = 1"),
    "default missing": ("b: (0, 1) =" + END, "nothing here yet", ""),
    "no default": ("b: (0, 1)" + END, "is declared as in b", "b: (0, 1)"),
    "annotation": ("b: float = 1" + END, "is declared as in b", "b: float = 1"),
    "empty annotation": ("b:" + END, "is declared as in b", "b:"),
    "declared twice": ("b: (0, 1) = 1\nb: (0, 1) = 1" + END, "declared twice", "b"),
    "state twice": ("m: state = 1\nm: state = 2\nm = m + g" + END, "declared twice", "m"),
    "state without a value": ("m: state =\nm = m + g" + END, "nothing here yet", ""),
    "state from g": ("m: state = g\nm = m + g" + END, "Unknown name g", "g"),
    "state from t": ("m: state = t\nm = m + g" + END, "Unknown name t", "t"),
    "state from itself": ("m: state = m\nm = m + g" + END, "Unknown name m", "m"),
    "state from an oracle": ("m: state = grad(x)\nm = m + g" + END, "only available in an update rule|start", "grad"),
    "state never read": ("m: state = 1" + END, "never read", "m"),
    "state assigned before it is read": ("m: state = 1\nm = g\nx = x - lr*m", "never read before", "m"),
    "in-place minus": ("x -= lr*g", "Write -= out in full", "x -= lr*g"),
    "in-place plus": ("m += g" + END, r"Write \+= out in full", "m += g"),
    "in-place power": ("m **= 2" + END, "Every line is an assignment", "m **= 2"),
    "walrus": ("(x := x - lr*g)", "Every line is an assignment", "(x := x - lr*g)"),
    "two targets": ("x, m = x - lr*g, 1", "Every line is an assignment", "x, m = x - lr*g, 1"),
    "chained": ("x = m = x - lr*g", "= is not part of an expression", "="),
    "no target": ("= x - lr*g", "Every line is an assignment", "= x - lr*g"),
    "number as a target": ("5 = x" + END, "Every line is an assignment", "5 = x"),
    "comparison as a line": ("x == 1" + END, "Every line is an assignment", "x == 1"),
    "expression as a line": ("x - lr*g", "Every line is an assignment", "x - lr*g"),
    "nothing assigned": ("x =", "nothing here yet", ""),
    "comment for a value": ("x = # x - lr*g", "nothing here yet", ""),
    "comparison outside where": ("x = x - lr*g*(t > 5)", "comparison can only", "t > 5"),
    "comparison in a branch": ("x = x - lr*where(t > 5, g > 0, g)", "comparison can only", "g > 0"),
    "where without comparison": ("x = x - lr*where(t, g, 0)", "must be a comparison", "t"),
    "where with two arguments": ("x = x - lr*where(t > 5, g)", "where takes 3 arguments; 2 given", "where(t > 5, g)"),
    "chained comparison": ("x = x - lr*where(1 < t < 5, g, 0)", "Only two values", "<"),
    "and": ("x = x - lr*where(t > 1 and t < 5, g, 0)", "word and", "and"),
    "if": ("x = x - lr*g if t > 5 else x", "word if", "if"),
    "norm of a number": ("x = x - lr*g/norm(t)", "single number", "t"),
    "norm of a norm": ("x = x - lr*g/norm(norm(g))", "single number", "norm(g)"),
    "sum of a number": ("x = x - lr*g/sum(2)", "single number", "2"),
    "dot with a number": ("x = x - lr*g/dot(g, 2)", "two points or vectors", "2"),
    "value of a number": ("x = x - lr*g*value(2)", "single number", "2"),
    "a dot at the start": ("s: state = dot(x, x)\nx = x - s*g\ns = 2*s", "only available in an update rule", "dot"),
    "global norm of a number": ("x = x - lr*g/global_norm(2)", "single number", "2"),
    "orthogonalize a number": ("x = x - lr*orthogonalize(lr)", "single number", "lr"),
    "gradient at a number": ("x = x - lr*grad(1)", "single number", "1"),
    "gradient at scalar state": ("P = P + 1\nx = x - lr*grad(P)", "single number", "P"),
    "diagonal at a number": ("x = x - lr*hessian_diag(t)", "single number", "t"),
    "damping per coordinate": ("x = x - lr*newton_direction(x, g)", "second argument", "g"),
    "damping per layer": ("x = x - lr*newton_direction(x, norm(g))", "second argument", "norm(g)"),
    "direction without damping": ("x = x - newton_direction(x)", "takes 2 arguments; 1 given", "newton_direction(x)"),
    "gradient of nothing": ("x = x - grad()", "grad takes 1 argument; 0 given", "grad()"),
    "gradient inside a gradient": ("x = x - lr*grad(x - lr*grad(x))", "cannot stand inside", "grad(x)"),
    "gradient inside a diagonal": ("x = x - hessian_diag(grad(x))", "cannot stand inside", "grad(x)"),
    "gradient in the damping": ("x = x - newton_direction(x, norm(grad(x)))", "cannot stand inside", "grad(x)"),
    "twenty gradients": ("x = x" + " - lr*grad(x)" * 20, "at most 4 times", "grad(x)"),
    "five gradients in five lines": ("m = grad(x)\n" * 4 + "x = x - lr*grad(m)", "at most 4 times", "grad(m)"),
    "400 lines": ("m = m + g\n" * 399 + "x = m", "at most 1500 characters", ""),
    "25 lines": ("m = g\n" * 24 + "x = m", "at most 24 lines; this one has 25", "x = m"),
    "one megabyte": ("x = x - lr*g # " + "a" * 1_000_000, "at most 1500 characters", ""),
    "one megabyte of brackets": ("x = " + "(" * 1_000_000, "at most 1500 characters", ""),
    "one megabyte of lines": ("\n" * 1_000_000, "at most 1500 characters", ""),
    "1000 nodes": ("x = x" + "+x" * 500, "the limit is 400 parts", ""),
    "1000 nodes in lines": (("m = " + "+".join("g" * 30) + "\n") * 20 + "x = m", "the limit is 400 parts", ""),
    "deep nesting": ("x = " + "(" * 100 + "x" + ")" * 100, "nested too deeply", "("),
    "deep signs": ("x = " + "-" * 500 + "x", "nested too deeply", "-"),
    "deep powers": ("x = " + "**".join("x" * 60), "nested too deeply", "x"),
    "open bracket over two lines": ("x = x - lr*(g\n+ g)", "Every line is an assignment", "+ g)"),
    "continued line": ("x = x - \\\n lr*g", "Every line is an assignment", "lr*g"),
    "semicolon": ("m = g; x = x - lr*m", "character ; is not allowed", ";"),
    "string": ("x = x - lr*g + 'a'", "character ' is not allowed", "'"),
    "docstring": ('"""hello"""' + END, "Every line is an assignment", '"""hello"""'),
    "f-string": ("x = f'{g}'", "character '", "'"),
    "lambda": ("x = lambda: g", "word lambda|character :", ""),
    "attribute": ("x = g.T", "point only appears inside a number", "."),
    "attribute assigned": ("x.data = g", "Every line is an assignment", "x.data = g"),
    "dunder attribute": ("x = g.__class__.__mro__", "point only appears inside a number", "."),
    "index": ("x = g[0]", "only brackets here are round", "["),
    "item assigned": ("x[0] = g", "Every line is an assignment", "x[0] = g"),
    "import": ("import os" + END, "Every line is an assignment", "import os"),
    "import call": ("x = __import__('os')", "character '", "'"),
    "eval": ("x = eval(g)", "Unknown function eval", "eval"),
    "open": ("x = open(x)", "Unknown function open", "open"),
    "print": ("print(x)" + END, "Every line is an assignment", "print(x)"),
    "torch call": ("x = torch.zeros(3)", "point only appears inside a number", "."),
    "numpy read": ("x = x - lr*np", "Unknown name np", "np"),
    "self read": ("x = x - lr*self", "Unknown name self", "self"),
    "loop": ("for i in x:" + END, "Every line is an assignment", "for i in x:"),
    "function": ("def f(x): x = 1" + END, "Every line is an assignment", "def f(x): x = 1"),
    "decorator": ("@x\nx = g", "Every line is an assignment", "@x"),
    "star": ("x = *g", r"value is expected before \*", "*"),
    "keyword argument": ("x = min(x, g=1)", "= is not part", "="),
    "dictionary": ("x = {g: 1}", "only brackets here are round", "{"),
    "bit operators": ("x = x & g", "character & is not allowed", "&"),
    "whole division": ("x = x // 2", "Two operators follow each other", "//"),
    "matrix product": ("x = x @ g", "character @ is not allowed", "@"),
    "complex": ("x = 2j*g", "operator is missing", "2j"),
    "underscored number": ("x = 1_000*g", "A number is written", "1_000"),
    "hexadecimal": ("x = 0x10*g", "A number is written", "0x10"),
    "missing operator": ("x = x - 2g", "operator is missing", "2g"),
    "NUL": ("x = x - lr*g\x00", r"U\+0000", "\x00"),
    "NUL in a comment": ("x = x - lr*g # \x00", r"U\+0000", "\x00"),
    "form feed": ("x = x - lr*g\x0cm = 1", r"U\+000C", "\x0c"),
    "vertical tab in a comment": ("# a\x0bx = 5" + END, r"U\+000B", "\x0b"),
    "line separator in a comment": ("# a\u2028x = 5" + END, r"U\+2028", "\u2028"),
    "next line in a comment": ("# a\x85x = 5" + END, r"U\+0085", "\x85"),
    "old line end": ("m = g\rx = x - lr*m", r"U\+000D", "\r"),
    "old line end in a comment": ("# a\rm = 5" + END, r"U\+000D", "\r"),
    "no-break space": ("x =\u00a0x - lr*g", r"U\+00A0", "\u00a0"),
    "right-to-left override in a comment": ("# \u202e" + END, r"U\+202E", "\u202e"),
    "zero-width space": ("x\u200b = x - lr*g", r"U\+200B", "\u200b"),
    "byte-order mark": ("\ufeffx = x - lr*g", r"U\+FEFF", "\ufeff"),
    "half a character": ("x = x - lr*g # \ud800", r"U\+D800", "\ud800"),
    "Greek letter": ("x = x - α*g", "write lr", "α"),
    "Greek target": ("θ = θ - lr*g", "Every line is an assignment", "θ = θ - lr*g"),
    "Cyrillic x": ("х = x - lr*g", "Every line is an assignment", "х = x - lr*g"),
    "full-width x": ("x = x - lr*ｇ", "character ｇ is not allowed", "ｇ"),
    "typographic minus": ("x = x − lr*g", "write -", "−"),
    "superscript": ("x = x - lr*g²", r"write \*\*2", "²"),
    "markup": ("x = <b>g</b>", "expected before <", "<"),
}  # fmt: skip

# Unusual, and meant: each runs.
STRANGE: dict[str, str] = {
    "spaces around": "   x   =   x - lr * g   ",
    "tabs": "\tx\t=\tx\t-\tlr*g\t",
    "Windows line ends": "m = 0.9*m + g\r\nx = x - lr*m\r\n",
    "no gradient": "x = 0.5*x",
    "constant": "x = 3",
    "step counter": "x = x - lr*g/t + 0*T",
    "loss": "x = x - lr*g*min(loss, 1)",
    "comment with code": "x = x - lr*g # import os; x = 5 'a' \"\"\" → € 日本",
    "comment without space": "#\nx = x - lr*g#",
    "many blank lines": "\n" * 200 + "x = x - lr*g" + "\n" * 200,
    "reassigned x": "x = x - lr*g\nx = x - lr*g",
    "reassigned name": "a = g\na = 2*a\nx = x - lr*a",
    "state that only counts": "n = n + 1\nx = x - lr*g/n",
    "state read in the last line": "x = x - lr*m\nm = g",
    "anchor": "a: state = x\nx = x - lr*(g + x - a)",
    "declared after use": "x = x - lr*b*g\nb: (0, 1) = 0.5",
    "state declared after use": "m = m + g\nx = x - lr*m\nm: state = x",
    "lr declared": "lr: (0, 1) = 0.1\nx = x - lr*g",
    "computed bounds": "b: (-2**2, pi*e) = 1/2\nx = x - lr*b*g",
    "bounds in brackets": "b: ((0), (1)) = (1)\nx = x - lr*b*g",
    "state from a hyperparameter": "b: (0, 1) = 0.5\nm: state = b*x\nm = m + g\nx = x - lr*m",
    "four gradients": "x = x - lr*(grad(x) + grad(x + 1) + grad(x - 1) + grad(2*x))/4",
    "gradients line by line": "a = grad(x)\nb = grad(x - lr*a)\nx = x - lr*(a + b)/2",
    "oracles under a condition": "x = x - lr*where(t % 3 == 0, newton_direction(x, 1), hessian_diag(x))",
    "oracles under a condition per coordinate": "x = x - lr*where(x > 0, grad(x), hessian_diag(x))",
    "conditions inside conditions": "x = x - lr*where(t > 2, where(t > 4, grad(x), g), where(t > 1, 2*g, 0))",
    "norms": "x = x - lr*g/(norm(g) + global_norm(x) + norm(orthogonalize(g)) + 1)",
    "kinds through another name": "a = b\nb = b + g\nx = x - lr*orthogonalize(a + g)",
    "Python's words in names": "if_ = g\nimport1 = if_\nx = x - lr*import1",
    "names of numpy's functions": "mean = g\nmedian = mean\nx = x - lr*median",
    "names of generated code": "v0 = g\nk1 = v0\nx_0 = k1\nn_0 = x_0\ns_0 = s_0 + n_0\nx = x - lr*s_0",
    "names of the loop": "steps = g\nobserve = steps\npoint = observe\nstop = point\nrun = stop\nx = x - lr*run",
    "long name": "a" * 24 + " = g\nx = x - lr*" + "a" * 24,
    "huge power": "x = x - lr*g**9**9**9",
    "undefined": "x = x - lr*g/(x - x)",
    "infinite": "x = x*1e100**9",
    "24 lines": "m = g\n" * 23 + "x = x - lr*m",
    "long line": "x = x" + " - lr*g" * 60,
}  # fmt: skip


@pytest.mark.parametrize(("text", "message", "marked"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_rule_is_refused_with_a_sentence_and_a_place(
    text: str,
    message: str,
    marked: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # Ten times what the longest takes, and less than reading a megabyte symbol by symbol would.
    with at_most(calls=200_000), pytest.raises(FormulaError, match=message) as refused:
        parse_rule(text)
    error = refused.value
    assert error.text == text
    assert 0 <= error.start <= error.end <= len(text)
    if marked:
        assert text[error.start : error.end] == marked
    assert error.message.endswith(".")
    assert "\n" not in error.message
    assert error.message[0].isupper() or error.message.split()[0] in text
    line, carets = error.pointer().split("\n")
    assert set(carets.lstrip(" ")) == {"^"}
    # At the end of a line the one caret stands behind it.
    assert len(carets) <= max(len(line), carets.index("^") + 1)
    assert len(line) <= 120
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("start", [(0.5,), (0.5, -0.7)], ids=len)
@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_strange_rule_runs(
    text: str,
    start: tuple[float, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    objective = "x**2 + x + 1" if len(start) == 1 else "x**2 + x*y + 2*y**2 + y"
    path = trace(Run(objective, text, start, steps=5, hypers={"lr": 0.1}))
    assert path.x.dtype == np.float64
    assert path.x.shape[1] == len(start)
    assert np.isfinite(path.x).all()
    assert set(parse_rule(text).assigned) <= {"x", *path.terms}
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_there_are_many_hostile_rules() -> None:
    assert len(REFUSED) > 120
    assert len({text for text, _, _ in REFUSED.values()}) == len(REFUSED)
