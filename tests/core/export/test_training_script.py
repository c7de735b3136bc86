"""Training scripts run alone, each in a process of its own, and reach the loss that the guide reached."""

import csv
import io
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from core.export.curves import curves_csv, event_files
from core.export.training_script import reached_loss, training_script
from core.problems.training.loop import final
from core.problems.training.reports import Result
from core.problems.training.settings import Training
from tests.programs import fails, run_alone, run_here

CASES = {
    "moons": Training("moons", "mlp", "adam", {"lr": 0.01}, steps=120, schedule="cosine"),
    "digits": Training(
        "digits", "softmax", "m = 0.9*m + g\nx = x - lr*m/(1 + abs(m))", steps=60, clip_norm=1.0, accumulation=2
    ),
    "diabetes": Training("diabetes", "linear", "sam", {"lr": 0.05}, steps=80, schedule="plateau", float64=True),
    "table": Training(
        "own",
        "mlp",
        "muon",
        model_settings={"width": 8, "normalisation": "batch", "residual": "on", "initialisation": "he"},
        steps=20,
        batch=4,
        smoothing=0.1,
        table="a,b,kind\n" + "\n".join(f"{n % 7},{n % 5},{'odd' if n % 2 else 'even'}" for n in range(24)),
    ),
}


def trained(training: Training) -> Result:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return final(training, every=training.steps)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", CASES)
def test_a_script_reaches_the_very_loss(name: str, tmp_path: Path) -> None:
    loss = trained(CASES[name]).reports[-1].train_loss
    script = training_script(CASES[name], loss)
    printed = run_alone(script, tmp_path) if name == "moons" else run_here(script, tmp_path).printed
    # The same arithmetic on the same machine: all digits that are printed.
    assert re.findall(r"training loss ([\d.e-]+)", printed)[-1] == f"{loss:.6g}"


def test_a_script_whose_loss_is_another_fails(tmp_path: Path) -> None:
    loss = trained(CASES["table"]).reports[-1].train_loss
    assert fails(training_script(CASES["table"], 1.1 * loss), tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_a_script_names_nothing_of_the_guide(name: str) -> None:
    source = training_script(CASES[name])
    compile(source, name, "exec")
    assert not re.search(r"^\s*(from|import) (core|ui)\b", source, re.M)
    assert "assert math" not in source


def test_curves_have_a_row_for_each_report_and_empty_cells_for_what_is_not_known() -> None:
    training = Training("diabetes", "mlp", "sgd", {"lr": 0.01}, steps=6)
    reports = final(training, every=3).reports
    rows = list(csv.DictReader(io.StringIO(curves_csv({"One, two": reports, "SGD": reports[:1]}))))
    assert [row["configuration"] for row in rows] == ["One, two"] * 3 + ["SGD"]
    assert [row["step"] for row in rows] == ["0", "3", "6", "0"]
    assert float(rows[1]["train_loss"]) == reports[1].train_loss
    assert rows[0]["train_accuracy"] == rows[0]["gradient_norm hidden 1"] == ""
    assert float(rows[2]["ratio output"]) == reports[2].ratios[-1]


def test_a_loss_is_asserted_only_where_the_script_reaches_it() -> None:
    training = Training("diabetes", "linear", "sgd", {"lr": 0.01}, steps=6, schedule="cosine")
    reports = list(final(training, every=2).reports)
    assert reached_loss(training, reports) == reports[-1].train_loss
    assert reached_loss(training, reports[:-1]) is None
    assert reached_loss(training, [*reports[:2], replace(reports[2], rate=0.5), reports[-1]]) is None
    assert reached_loss(replace(training, steps=60), [reports[0], reports[-1]]) is None
    follows = replace(training, schedule="plateau")
    assert reached_loss(follows, final(follows).reports) is None


def test_event_files_hold_what_the_reports_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    class Writer:
        """Writes what it is told as text, as TensorBoard is not needed for tests."""

        def __init__(self, folder: str) -> None:
            self.path = Path(folder, "events")
            self.path.parent.mkdir()

        def __enter__(self) -> "Writer":
            return self

        def __exit__(self, *failure: object) -> None:
            pass

        def add_scalar(self, name: str, value: float, step: int) -> None:
            with self.path.open("a") as target:
                target.write(f"{name} {value!r} {step}\n")

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    reports = final(Training("diabetes", "linear", "sgd", steps=4), every=2).reports
    archive = zipfile.ZipFile(io.BytesIO(event_files({"SGD/1": reports, "SGD 1": reports})))
    assert archive.namelist() == ["1_SGD_1/events", "2_SGD_1/events"]
    told = archive.read("1_SGD_1/events").decode().splitlines()
    assert f"train_loss {reports[-1].train_loss!r} 4" in told
    assert not any(line.startswith("train_accuracy") for line in told)
