"""A race as one file: its script and its notebook run from top to bottom and check every run."""

import json
import re
from pathlib import Path

import pytest

from core import OPTIMIZERS, Run, trace
from core.export import facts, race_notebook, race_script
from core.formula.source import Library
from tests.programs import Ran, fails, imported, run_here

libraries = pytest.mark.parametrize("library", ["numpy", "torch"])
_OWN = "steps: (0, 2) = 0.5\nlosses = steps*g\nx = x - lr*losses"
_ALL = {entry.name: Run("ackley", key, (0.5, 0.7), 40) for key, entry in OPTIMIZERS.items()}
RACES = {
    "every rule": _ALL,
    "alone": {"Adam": Run("beale", "adam", (0.5, -0.7), 40)},
    "with all settings": {
        "Adam": Run("beale", "adam", (0.5, -0.7), 40, schedule="plateau", noise=0.1, clip_norm=1.0),
        "SAM": Run("beale", "sam", (0.5, -0.7), 40, {"lr": 0.01}, schedule="one_cycle", noise=0.1, seed=3),
        "Lion": Run("beale", "lion", (0.5, -0.7), 30, schedule="step"),
        "Own rule": Run("beale", _OWN, (0.5, -0.7), 40, {"lr": 0.01}),
        "Own rule!": Run("beale", _OWN, (0.5, -0.7), 40, {"lr": 0.02}),
    },
    "own formula": {
        "Momentum": Run("max(0, 1 - x*y) + 0.05*(x**2 + y**2)", "momentum", (1.0, 1.0), 40, {"lr": 0.1}),
        "Newton": Run("max(0, 1 - x*y) + 0.05*(x**2 + y**2)", "newton", (1.0, 1.0), 40),
    },
    "with one that fails": {
        "Gradient descent": Run("rosenbrock", "sgd", (-1.5, 2.0), 50, {"lr": 0.01}),
        "Adam": Run("rosenbrock", "adam", (-1.5, 2.0), 50),
    },
    "with one of which nothing is sure": {
        "Gradient descent": Run("sin(1e17*x) + y**2", "sgd", (0.3, 1.0), 30, {"lr": 1e-15}),
        "At rest": Run("sin(1e17*x) + y**2", "sgd", (0.3, 1.0), 30, {"lr": 0.0}),
    },
}
races = pytest.mark.parametrize("name", RACES)


def _run_notebook(text: str, folder: Path) -> Ran:
    """What a notebook does whose cells are run one after the other."""
    cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return run_here("\n".join(cells), folder)


@libraries
@races
def test_a_race_ends_with_the_losses_of_its_runs(name: str, library: Library, tmp_path: Path) -> None:
    runs = RACES[name]
    script = run_here(race_script(runs, library), tmp_path)
    notebook = _run_notebook(race_notebook(runs, library), tmp_path)
    assert notebook.printed == script.printed
    assert list(script.names["losses"]) == list(runs)
    for racer, run in runs.items():
        if facts(run).checked == facts(run).steps:
            # A script asserts this itself; here it is compared with the path, so that none can assert something else.
            assert script.names["losses"][racer] == pytest.approx(trace(run).loss[-1], rel=1e-6, abs=1e-12)
    needs = {library, "numpy"} if any(run.noise for run in runs.values()) else {library}
    assert imported(race_script(runs, library)) - {"math"} == needs


@libraries
def test_every_run_of_a_race_is_checked(library: Library, tmp_path: Path) -> None:
    text = race_script(RACES["with all settings"], library)
    rates = re.compile(r"^    lr = (.*)$", re.MULTILINE)
    starts = [match.start() for match in rates.finditer(text)]
    assert len(starts) == 5
    for start in starts:
        assert fails(text[:start] + rates.sub(r"    lr = 1.001*\1", text[start:], count=1), tmp_path)


@libraries
def test_the_objective_stands_in_a_race_once(library: Library) -> None:
    text = race_script(_ALL, library)
    for function in ("def objective(" if library == "numpy" else "def value(", "def gradient(", "def hessian("):
        # What a class defines for itself is further in.
        assert text.count(f"\n{function}") == 1


@races
def test_a_notebook_is_of_the_format_that_jupyter_reads(name: str) -> None:
    notebook = json.loads(race_notebook(RACES[name], "numpy"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len({*ids}) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", one) for one in ids)
    for cell in notebook["cells"]:
        more = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"id", "cell_type", "metadata", "source"} | more


def test_runs_on_different_objectives_are_no_race() -> None:
    with pytest.raises(ValueError, match="2 were given"):
        race_script({"A": Run("bowl", "sgd", (1.0, 1.0)), "B": Run("beale", "sgd", (1.0, 1.0))}, "numpy")
