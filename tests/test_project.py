"""What the project promises about its own files: pins, commands, colours, layers and what it never loads."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.catalogue.optimizers import PALETTE
from ui import navigation

ROOT = Path(__file__).parents[1]
RUN_TIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
COMMANDS = (
    f"python3 -m venv .venv && .venv/bin/pip install -r {RUN_TIME} && .venv/bin/streamlit run app.py",
    f"python3 -m venv .venv && .venv/bin/pip install -r {DEVELOPMENT} && .venv/bin/pytest",
)
# A visitor may follow these; nothing on a page is fetched from them.
LINKED_HOSTS = {"arxiv.org", "doi.org"}
SHOWN = sorted(
    path
    for start in (ROOT / "app.py", ROOT / "pages", ROOT / "ui")
    for path in (start.rglob("*") if start.is_dir() else [start])
    if path.suffix in {".css", ".html", ".js", ".py"}
)


def _modules_after(program: str) -> set[str]:
    """The modules a new Python has loaded once it has run ``program``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('modules:', *sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("modules:")[2].split())


@pytest.mark.parametrize("name", [RUN_TIME, DEVELOPMENT])
def test_every_requirement_is_pinned_exactly(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line != f"-r {RUN_TIME}" and not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9]+(\.[0-9]+)+", line)] == []


def test_the_development_requirements_include_the_run_time_ones() -> None:
    assert f"-r {RUN_TIME}" in (ROOT / DEVELOPMENT).read_text().splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_gives_each_command_on_one_line(command: str) -> None:
    assert command in (ROOT / "README.md").read_text().splitlines()


def test_charts_and_paths_share_one_palette() -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    assert theme["chartCategoricalColors"] == list(PALETTE)
    for variant in ("light", "dark"):
        assert "chartCategoricalColors" not in theme[variant]


def test_pages_neither_inject_html_nor_route_by_hand_nor_load_from_elsewhere() -> None:
    texts = {path: path.read_text() for path in SHOWN}
    assert not [path for path, text in texts.items() if "unsafe_allow_" in text]
    # Beside a folder called pages, a first deep link on a fresh server would skip the router.
    assert not [path for path, text in texts.items() if "st.navigation(" in text]
    hosts = {path: {*re.findall(r"https?://([\w.-]+)", text)} - LINKED_HOSTS for path, text in texts.items()}
    assert not {path: foreign for path, foreign in hosts.items() if foreign}


def test_the_science_loads_neither_streamlit_nor_the_heavy_frameworks() -> None:
    # All of core but what is about torch itself, and the code to take home.
    files = [path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / "core").rglob("*.py"))]
    of_torch = {"torch_peer", "torch_code", "code", "nets", "views", "moving", "loop", "stack", "terrain"}
    names = [".".join(file.parts) for file in files if not of_torch & set(file.parts)]
    assert {"core.export.__init__", "core.figures.__init__"} <= set(names)
    loaded = _modules_after("".join(f"import {name.removesuffix('.__init__')}\n" for name in names))
    assert loaded.isdisjoint({"streamlit", "torch", "sklearn"})


def test_opening_every_page_does_not_load_torch() -> None:
    files = [page.file for page in navigation.ALL]
    assert "app.py" in files
    loaded = _modules_after(
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=600).run()\n"
        f"for file in {files}:\n"
        "    assert not app.switch_page(file).run().exception, file"
    )
    assert "streamlit" in loaded
    assert loaded.isdisjoint({"torch", "sklearn"})


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_what_a_guide_to_the_project_names_is_there(name: str) -> None:
    text = (ROOT / name).read_text()
    named = re.findall(r"`((?:core|ui|pages|tests|docs|benchmarks|\.streamlit|\.ci)/[\w./]*)`|\]\(([\w./]+)\)", text)
    assert named
    paths = {path or link for path, link in named}
    assert not [path for path in paths if not (ROOT / path).exists()]
    programs = re.findall(r"python -m ((?:benchmarks|docs)\.\w+)", text)
    assert not [module for module in programs if not (ROOT / f"{module.replace('.', '/')}.py").exists()]
    assert not [key for key in re.findall(r"`(believed_\w+|\w+_dials|stage_payload)`", text) if not _defined(key)]


def _defined(name: str) -> bool:
    return any(f"def {name}(" in path.read_text() for path in (ROOT / "ui").rglob("*.py"))
