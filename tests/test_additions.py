"""One of everything is added by a declaration each: in a copy of the project, all else finds them by itself."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core import OPTIMIZERS, SCHEDULES
from core.catalogue import objectives, schedules
from core.catalogue.events import early
from core.catalogue.optimizers import descent
from core.evidence.claims import CLAIMS
from core.evidence.claims import foundations as claims
from core.evidence.experiments import EXPERIMENTS
from core.evidence.experiments import minima as experiments
from ui import navigation

ROOT = Path(__file__).parents[1]
PARTS = ("app.py", "benchmarks", "core", "ui", "pages", "tests", ".streamlit", "docs", "pyproject.toml")

# Where each declaration is added: a module, and its tuple of declarations.
DECLARATIONS: tuple[tuple[ModuleType, str, str], ...] = (
    (
        descent,
        "RULES",
        """Optimizer(
            key="throwaway",
            name="Throwaway",
            family=Family.DESCENT,
            year=1999,
            authors="Nobody",
            source="Nobody 1999, nowhere",
            idea="Momentum once more.",
            rule="v = beta*v + g\\nx = x - lr*v",
            hypers=(learning_rate(0.001), BETA),
            color=TEAL,
            dash="dot",
            velocity="v",
            state={"v": "velocity: decaying sum of gradients"},
            parent="momentum",
            fixes="Momentum was not thrown away.",
            use="Never.",
            torch=TorchPeer("SGD", "lr=lr, momentum=beta", state={"v": "momentum_buffer"}),
            momentum="heavy ball",
            suits=(Training.OPEN_ENDED,),
        )""",
    ),
    (
        objectives,
        "_DECLARATIONS",
        """Objective(
            key="throwaway",
            name="Throwaway bowl",
            formula="(x - 1)**2 + 4*(y + 1)**2",
            domain=((-4.0, 4.0), (-4.0, 4.0)),
            start=(-2.5, 2.0),
            minima=((1.0, -1.0),),
            minimum=0.0,
            idea="A bowl that is thrown away.",
            source="Nobody 1999, nowhere",
        )""",
    ),
    (
        schedules,
        "_DECLARATIONS",
        """Schedule(
            key="throwaway",
            name="Throwaway decay",
            year=1999,
            authors="Nobody",
            source="Nobody 1999, nowhere",
            idea="Multiply the learning rate by gamma at every step.",
            rule="factor = gamma**(t - 1)",
            hypers=(
                Hyper("gamma", r"\\gamma", 0.98, _SHARE, (0.9, 1.0), "linear", "What a step leaves of the rate."),
            ),
            torch="ExponentialLR(optimizer, gamma=gamma)",
            trap="It is thrown away.",
        )""",
    ),
    (
        experiments,
        "ALL",
        """Experiment(
            key="X999",
            question="How much is twice a number?",
            settings=(Hyper("number", "n", 3.0, (1.0, 9.0), (1.0, 9.0), "linear", "What is doubled."),),
            find=lambda settings: Finding(
                {"twice": 2 * settings["number"]}, f"Twice the number is {2 * settings['number']:.4g}."
            ),
            expected=(Expected("twice", 6.0, 0.0, "Exact."),),
        )""",
    ),
    (
        claims,
        "ALL",
        """Claim(
            key="C999",
            page=_PAGE,
            topic="mountain",
            said="Twice three is seven, as the throwaway says.",
            verdict=Verdict.FALSE,
            correct="It is six.",
            source="recomputed here",
            experiment="X999",
        )""",
    ),
    (
        early,
        "EVENTS",
        """Event(
            key="throwaway_event",
            name="Throwaway event",
            year=1999,
            authors="Nobody",
            source="Nobody 1999, nowhere",
            idea="Nothing happened.",
            consequence="Nothing followed.",
        )""",
    ),
    (
        navigation,
        "ALL",
        """(
            THROWAWAY := Page(
                "pages/throwaway.py",
                "Throwaway page",
                ":material/delete:",
                "Look up",
                "After this page you can say that a page is one script and one entry.",
                prefix="w",
            )
        )""",
    ),
)
PAGE = """\
import ui.whole
from ui import navigation

navigation.begin(navigation.THROWAWAY)
navigation.onwards(navigation.THROWAWAY)
"""


def _added(text: str, name: str, declaration: str) -> str:
    """The source ``text`` with ``declaration`` at the end of its tuple ``name``."""
    (end,) = (
        (node.value.end_lineno, node.value.end_col_offset)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if ast.unparse(target) == name
    )
    lines = text.splitlines(keepends=True)
    # Offsets count bytes of UTF-8; a tuple ends with a bracket.
    last = lines[end[0] - 1].encode()
    before, after = last[: end[1] - 1].decode(), last[end[1] - 1 :].decode()
    comma = "" if "".join([*lines[: end[0] - 1], before]).rstrip().endswith(",") else ","
    return "".join([*lines[: end[0] - 1], before, comma, declaration, ",", after, *lines[end[0] :]])


def _make(root: Path) -> None:
    """Copies the project to ``root`` and adds one of everything to it."""
    for part in PARTS:
        # Byte code comes along, because compiling everything again would take longer than the tests.
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, root / part)
    for module, name, declaration in DECLARATIONS:
        path = root / Path(str(module.__file__)).relative_to(ROOT)
        path.write_text(_added(path.read_text(encoding="utf-8"), name, declaration), encoding="utf-8")
    (root / "pages" / "throwaway.py").write_text(PAGE, encoding="utf-8")


def test_without_the_declarations_nobody_knows_them() -> None:
    assert "throwaway" not in {*OPTIMIZERS, *objectives.OBJECTIVES, *SCHEDULES}
    assert not {"C999", "X999"} & {*CLAIMS, *EXPERIMENTS}


@pytest.mark.long
def test_everything_finds_them(tmp_path: Path) -> None:
    _make(tmp_path)
    # What a visitor meets, by the tests of ``throwaway``, and what catalogues promise: the copy's own tests of all of
    # their entries, whose cases are named by their keys, and of the catalogues as a whole.
    names = "throwaway or X999 or C999 or test_optimizers or test_objectives or test_claims or test_history"
    chosen = ("-k", names, "tests/throwaway.py", "tests/core", "tests/ui")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-m", "pytest", "-n", "0", "-q", *chosen]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
