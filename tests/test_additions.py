"""One of everything is added by a declaration each: in a copy of the project, all else finds them by itself."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core import OPTIMIZERS, SCHEDULES, objectives, schedules
from core.claim_texts import foundations as claims
from core.claims import CLAIMS
from core.events import early
from core.experiments import EXPERIMENTS
from core.experiments import foundations as experiments
from core.optimizers import descent
from ui import navigation

ROOT = Path(__file__).parents[1]
PARTS = ("app.py", "core", "ui", "pages", "tests", ".streamlit", "docs", "pyproject.toml")

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
            idea="Momentum at half the learning rate.",
            rule="v = beta*v + g\\nx = x - 0.5*lr*v",
            hypers=(learning_rate(0.001), BETA),
            color=TEAL,
            dash="dot",
            velocity="v",
            state={"v": "velocity: decaying sum of gradients"},
            parent="momentum",
            fixes="Momentum was not thrown away.",
            use="Never.",
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
            source="nowhere",
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


def make(root: Path) -> None:
    """Copies the project to ``root`` and adds to it."""
    for part in PARTS:
        # Byte code comes along, because compiling everything again would take longer than the tests.
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, root / part)
    for module, name, declaration in DECLARATIONS:
        path = root / Path(str(module.__file__)).relative_to(ROOT)
        path.write_text(_added(path.read_text(encoding="utf-8"), name, declaration), encoding="utf-8")
    (root / "pages" / "throwaway.py").write_text(PAGE, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one more of everything."""
    root = tmp_path_factory.mktemp("project")
    make(root)
    return root


def _run(root: Path, *arguments: str) -> None:
    """Runs Python with ``arguments`` in the project at ``root``, which must go well."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-W", "error", *arguments]
    ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


def test_without_the_declarations_nobody_knows_them() -> None:
    assert "throwaway" not in {*OPTIMIZERS, *objectives.OBJECTIVES, *SCHEDULES}
    assert not {"C999", "X999"} & {*CLAIMS, *EXPERIMENTS}


# Each part is what a visitor meets in another place.
MET = """
import runpy
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, torch_peer, trace
from core.claim_ledger import claim_rows
from core.experiments import EXPERIMENTS
from core.export import numpy_script, torch_script
from core.figures import LIGHT
from core.figures.family import family_tree
from core.figures.timeline import timeline
from core.history import known_by, successors, timeline_entries
from core.racers import RACERS
from core.reference import as_csv, matching, narrowed, optimizer_rows, schedule_rows
from ui import navigation

# The catalogue and the racers.
assert OPTIMIZERS["throwaway"].parsed.numbers_per_weight == 1
assert RACERS["throwaway"].name == "Throwaway"
assert RACERS["throwaway2"].dash != RACERS["throwaway"].dash
new = trace(Run("throwaway", "throwaway", (2.0, 1.0), 50, {"lr": 0.02}, "throwaway"))
old = trace(Run("(x - 1)**2 + 4*(y + 1)**2", "momentum", (2.0, 1.0), 50, {"lr": 0.01}, "exponential", {"gamma": 0.98}))
assert abs(new.x - old.x).max() < 1e-12
assert EXPERIMENTS["X999"].run({"number": 4.0}).numbers == {"twice": 8.0}

# The tables.
(row,) = matching(optimizer_rows(), "throwaway nobody")
assert (row.years, row.memory, row.gradients, row.torch) == ("1999", 1, "1", "")
assert row in narrowed(optimizer_rows(), "Training with no fixed end", "1", "no")
assert "Throwaway" in as_csv(optimizer_rows())
assert "Throwaway decay" in [row.name for row in schedule_rows()]
assert [(row.verdict, row.experiment) for row in claim_rows() if row.key == "C999"] == [("false", "X999")]

# The history.
entries = timeline_entries()
found = {entry.key: entry for entry in entries if entry.key.startswith("throwaway")}
assert {key: (entry.kind, entry.year, entry.parent) for key, entry in found.items()} == {
    "throwaway": ("rule", 1999, "momentum"),
    "throwaway_event": ("event", 1999, ""),
}
assert "throwaway" in known_by(1999) and "throwaway" not in known_by(1998)
assert "throwaway" in [entry.key for entry in successors("momentum")]
for figure in (timeline(entries, LIGHT), timeline(entries, LIGHT, narrow=True), family_tree(LIGHT)):
    keys = {str(key) for trace in figure.data if trace.customdata is not None for key in trace.customdata}
    assert any("throwaway" in key for key in keys), keys

# The exports and the check against PyTorch.
for write in (torch_script, numpy_script):
    text = write(Run("throwaway", "throwaway", (-1.5, 2.0), 60, {"lr": 0.01}, "throwaway"))
    assert "assert" in text
    Path("exported.py").write_text(text, encoding="utf-8")
    runpy.run_path("exported.py", run_name="__main__")
assert "throwaway" in [parity.key for parity in torch_peer.check()]
assert "throwaway" in [parity.key for parity in torch_peer.check_schedules()]


def opened(page, **link):
    app = AppTest.from_file("app.py", default_timeout=600)
    app.switch_page(page.file)
    for key, value in link.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


# The pages.
link = {"rules": ["Throwaway", "Momentum"], "throwaway_beta": "0.5", "rule_throwaway": "true", "f": "Throwaway bowl"}
app = opened(navigation.OPTIMIZERS, throwaway_schedule="Throwaway decay", **link)
assert app.multiselect(key="rules").value == ["Throwaway", "Momentum"]
assert app.selectbox(key="f").value == "Throwaway bowl"
assert app.session_state["throwaway_beta"] == 0.5
assert float(app.session_state["throwaway_lr"]) == 0.001
assert app.session_state["throwaway_schedule"] == "Throwaway decay"
assert any("**Throwaway**" in section.label for section in app.expander)
assert any("Momentum at half the learning rate." in element.value for element in app.markdown)
app = opened(navigation.FOUNDATIONS, run_C999="true")
assert any("Twice the number is 6." in element.value for element in app.markdown)
app = opened(navigation.THROWAWAY)
assert [title.value for title in app.title] == ["Throwaway page"]
assert "Throwaway page" in [link.proto.label for link in app.sidebar.get("page_link")]
"""


def test_each_appears_wherever_its_kind_does(copy: Path) -> None:
    _run(copy, "-c", MET)


def test_the_tests_of_its_kind_take_it_as_it_is(copy: Path) -> None:
    # They are the copy's own; the names of cases are the keys of declarations.
    _run(copy, "-m", "pytest", "-n", "0", "-q", "-k", "throwaway or X999 or C999", "tests/core", "tests/ui")
