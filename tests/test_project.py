"""What the project promises about its own files: pins, commands, colours, layers and what it never loads."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.catalogue.optimizers import PALETTE
from ui import navigation

ROOT = Path(__file__).parents[1]
RUN_TIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
HASHED = "deploy/requirements.lock"
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


def _modules_after(program: str, folder: Path = ROOT) -> set[str]:
    """The modules a new Python has loaded once it has run ``program`` in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('modules:', *sys.modules)"],
        cwd=folder,
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


def _pins(lines: Iterable[str]) -> set[tuple[str, str]]:
    """The packages, as an index calls them, and their versions in ``lines`` that pin one."""
    found = (re.match(r"([A-Za-z0-9_.-]+)==([^\s\\]+)", line) for line in lines)
    return {(re.sub(r"[-_.]+", "-", pin[1]).lower(), pin[2]) for pin in found if pin}


def test_the_server_installs_what_is_required_by_its_hashes() -> None:
    text = (ROOT / HASHED).read_text()
    packages = re.findall(r"^(?![# ]).+(?:\n    .+)*", text, re.MULTILINE)
    assert [
        package for package in packages if not re.search(r"^[\w.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}\b", package)
    ] == []
    installed = {(name, version.removesuffix("+cpu")) for name, version in _pins(text.splitlines())}
    assert len(packages) == len(installed)
    assert _pins((ROOT / RUN_TIME).read_text().splitlines()) <= installed
    assert "://" not in text


def test_the_licences_and_the_bill_of_materials_are_of_what_the_server_installs(tmp_path: Path) -> None:
    installed = _pins((ROOT / HASHED).read_text().splitlines())
    rows = re.findall(r"^\| (\S+) +\| (\d\S*) +\| (.+?) +\|$", (ROOT / "docs/licences.md").read_text(), re.MULTILINE)
    assert _pins(f"{name}=={version}" for name, version, _ in rows) == installed
    assert not [row for row in rows if re.search("unknown|GPL", row[2], re.IGNORECASE)]
    bill = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", HASHED, "--output-file", str(bill)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    listed = json.loads(bill.read_text())["components"]
    assert _pins(f"{one['name']}=={one['version']}" for one in listed) == installed


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


def test_the_image_holds_all_that_the_pages_read_and_opening_them_does_not_load_torch(tmp_path: Path) -> None:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            kept = ROOT / line[1:]
            copy = tmp_path / line[1:]
            copy.parent.mkdir(parents=True, exist_ok=True)
            if kept.is_dir():
                shutil.copytree(kept, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(kept, copy)
    files = [page.file for page in navigation.ALL]
    assert "app.py" in files
    loaded = _modules_after(
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=600).run()\n"
        f"for file in {files}:\n"
        "    assert not app.switch_page(file).run().exception, file\n"
        "import ui\n"
        f"assert ui.__file__.startswith({str(tmp_path)!r})",
        tmp_path,
    )
    assert "streamlit" in loaded
    assert loaded.isdisjoint({"torch", "sklearn"})


def test_no_clock_decides_a_test() -> None:
    clocks = re.compile(r"(?:process|thread)_time\(|perf_counter\(")
    assert [path.name for path in (ROOT / "tests").rglob("*.py") if clocks.search(path.read_text())] == []


def test_every_page_first_loads_what_all_share() -> None:
    for page in navigation.ALL:
        ours = re.findall(r"^(?:import|from) ((?:core|ui)\b[\w.]*)", (ROOT / page.file).read_text(), re.MULTILINE)
        assert ours[0] == "ui.whole", page.file
    # Python hands out half of a package, if one imports it while the other imports a module in it.
    inits = [path for part in ("core", "ui") for path in (ROOT / part).rglob("__init__.py")]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in inits}
    assert packages - _modules_after("import ui.whole") == {"core.export.torch_peer"}


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
