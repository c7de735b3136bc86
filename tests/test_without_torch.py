"""Without PyTorch, as on a small host, all works but what is about PyTorch itself, and that says how to get it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.evidence.claims import CLAIMS
from core.evidence.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[1]
_OF_TORCH = {"torch", "functorch", "torchgen"}


@pytest.mark.long
def test_all_pages_files_and_experiments_but_those_of_torch_do_without_it(tmp_path: Path) -> None:
    # Links to all that is installed here, in place of an environment into which torch was not installed.
    for installed in Path(torch.__file__).parents[1].iterdir():
        if installed.name.partition("-")[0] not in _OF_TORCH:
            (tmp_path / installed.name).symlink_to(installed)
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        # Without the module "site", which would find the environment of this process.
        [sys.executable, "-S", "-m", "tests.torchless"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    *asked, files = done.stdout.splitlines()
    need = {experiment.key for experiment in EXPERIMENTS.values() if experiment.needs_torch}
    cards = {f"{claim.key}: This experiment" for claim in CLAIMS.values() if claim.experiment in need}
    panels = {"Real network: Training", "Real network: The landscape", "Reference: The check"}
    assert {*asked} == need | cards | panels
    # Some of each page that has any.
    assert int(files.removeprefix("files: ")) > 50
