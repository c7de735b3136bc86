"""A rule is added by one declaration: in a copy of the project with one more, all else has found it by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("app.py", "core", "ui", "pages", ".streamlit", "docs")
FAMILY = Path("core", "optimizers", "descent.py")
DECLARATION = """\
    Optimizer(
        key="throwaway",
        name="Throwaway",
        family=Family.DESCENT,
        year=1999,
        authors="Nobody",
        source="Nobody 1999, nowhere",
        idea="Momentum at half the learning rate.",
        rule="v = beta*v + g\\nx = x - 0.5*lr*v",
        hypers=(learning_rate(0.001), BETA),
        color=TEAL,
        dash="dot",
        velocity="v",
        state={"v": "velocity: decaying sum of gradients"},
        parent="momentum",
        momentum="heavy ball",
        suits=(Training.OPEN_ENDED,),
    ),
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one more declaration in one file."""
    root = tmp_path_factory.mktemp("project")
    for part in PARTS:
        # Byte code comes along, because compiling everything again would take longer than the tests.
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, root / part)
    text = (root / FAMILY).read_text(encoding="utf-8")
    assert text.endswith("    ),\n)\n")
    (root / FAMILY).write_text(text.removesuffix(")\n") + DECLARATION + ")\n", encoding="utf-8")
    return root


def _holds(root: Path, code: str) -> None:
    """Runs ``code``, which asserts, by itself in the project at ``root``."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_without_the_declaration_nobody_knows_the_rule() -> None:
    _holds(ROOT, "from core import OPTIMIZERS\nassert 'throwaway' not in OPTIMIZERS")


def test_the_catalogue_the_racers_and_the_table_have_it(copy: Path) -> None:
    _holds(
        copy,
        """
from core import OPTIMIZERS, Run, trace
from core.racers import RACERS
from core.reference import as_csv, matching, narrowed, optimizer_rows

assert OPTIMIZERS["throwaway"].parsed.numbers_per_weight == 1
assert RACERS["throwaway"].name == "Throwaway"
assert RACERS["throwaway2"].dash != RACERS["throwaway"].dash

# The same step as momentum's at half the rate.
new = trace(Run("bowl", "throwaway", (2.0, 1.0), 50, {"lr": 0.02}))
old = trace(Run("bowl", "momentum", (2.0, 1.0), 50, {"lr": 0.01}))
assert abs(new.x - old.x).max() < 1e-12

(row,) = matching(optimizer_rows(), "throwaway nobody")
assert (row.years, row.memory, row.gradients, row.torch) == ("1999", 1, "1", "")
assert row in narrowed(optimizer_rows(), "Training with no fixed end", "1", "no")
assert "Throwaway" in as_csv(optimizer_rows())
""",
    )


def test_the_history_and_the_family_tree_have_it(copy: Path) -> None:
    _holds(
        copy,
        """
from core.figures import LIGHT
from core.figures.family import family_tree
from core.figures.timeline import timeline
from core.history import known_by, successors, timeline_entries

entries = timeline_entries()
(entry,) = [entry for entry in entries if entry.key == "throwaway"]
assert (entry.kind, entry.year, entry.parent) == ("rule", 1999, "momentum")
assert "throwaway" in known_by(1999) and "throwaway" not in known_by(1998)
assert "throwaway" in [found.key for found in successors("momentum")]
for figure in (timeline(entries, LIGHT), timeline(entries, LIGHT, narrow=True), family_tree(LIGHT)):
    keys = {str(key) for trace in figure.data if trace.customdata is not None for key in trace.customdata}
    assert any("throwaway" in key for key in keys), keys
""",
    )


def test_the_optimizers_page_offers_it_with_its_controls(copy: Path) -> None:
    _holds(
        copy,
        """
from streamlit.testing.v1 import AppTest

from ui import navigation

app = AppTest.from_file("app.py", default_timeout=60)
app.switch_page(navigation.OPTIMIZERS.file)
app.query_params["rules"] = ["Throwaway", "Momentum"]
app.query_params["throwaway_beta"] = "0.5"
app.query_params["rule_throwaway"] = "true"
app.run()
assert not app.exception, app.exception
assert "Throwaway" in app.multiselect(key="rules").options
assert app.multiselect(key="rules").value == ["Throwaway", "Momentum"]
assert app.session_state["throwaway_beta"] == 0.5
assert float(app.session_state["throwaway_lr"]) == 0.001
assert any("**Throwaway**" in section.label for section in app.expander)
assert any("Momentum at half the learning rate." in element.value for element in app.markdown)
""",
    )


def test_its_exports_run_and_assert_themselves(copy: Path) -> None:
    _holds(
        copy,
        """
import runpy
from pathlib import Path

from core import Run
from core.export import numpy_script, torch_script

run = Run("rosenbrock", "throwaway", (-1.5, 2.0), 60, {"lr": 0.0004})
for write in (torch_script, numpy_script):
    text = write(run)
    assert "assert" in text
    Path("exported.py").write_text(text, encoding="utf-8")
    runpy.run_path("exported.py", run_name="__main__")
""",
    )


def test_the_check_against_pytorch_includes_it(copy: Path) -> None:
    _holds(
        copy,
        """
from core import torch_peer

assert "throwaway" in [parity.key for parity in torch_peer.check()]
""",
    )
