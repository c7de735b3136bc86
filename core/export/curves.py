"""The curves of trainings as a table, and as event files for TensorBoard. Importing this does not import torch."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from core.problems.training.reports import Report

# Columns of the table that every report has.
_COLUMNS = ("step", "epoch", "train_loss", "valid_loss", "train_accuracy", "valid_accuracy", "batch_loss", "rate")


def curves_csv(reports: Mapping[str, Sequence[Report]]) -> str:
    """The numbers of all ``reports``, which are by the names of their configurations, as CSV.

    Each layer has a column for its gradient's norm and one for how long a step was as a share of its weights. A layer
    that another configuration does not have, and what cannot be known, stays empty; losses that are not finite are
    written as ``nan`` and ``inf``.
    """
    layers = list(dict.fromkeys(layer for told in reports.values() for layer in _names(told)))
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    measured = [f"{what} {layer}" for what in ("gradient_norm", "ratio") for layer in layers]
    writer.writerow(["configuration", *_COLUMNS, *measured])
    for name, told in reports.items():
        for report in told:
            norms = dict(zip(_names(told), report.gradient_norms, strict=False))
            ratios = dict(zip(_names(told), report.ratios, strict=False))
            numbers = [getattr(report, column) for column in _COLUMNS]
            parts = [values.get(layer) for values in (norms, ratios) for layer in layers]
            writer.writerow([name, *("" if one is None else repr(one) for one in [*numbers, *parts])])
    return target.getvalue()


def _names(reports: Sequence[Report]) -> tuple[str, ...]:
    facts = reports[0].facts if reports else None
    return facts.layers if facts is not None else ()


def writes_events() -> bool:
    """Whether TensorBoard is installed, which is what event files take."""
    return find_spec("torch") is not None and find_spec("tensorboard") is not None


def event_files(reports: Mapping[str, Sequence[Report]]) -> bytes:
    """The same numbers as a ZIP of event files, a folder for each configuration; it takes ``writes_events``."""
    from torch.utils.tensorboard import SummaryWriter

    target = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, told in enumerate(reports.values()):
            with SummaryWriter(str(Path(folder, str(place)))) as writer:
                for report in told:
                    for column in _COLUMNS[1:]:
                        if (value := getattr(report, column)) is not None:
                            writer.add_scalar(column, value, report.step)
        for place, name in enumerate(reports):
            safe = "".join(letter if letter.isalnum() else "_" for letter in name)
            for file in sorted(Path(folder, str(place)).iterdir()):
                archive.write(file, f"{place + 1}_{safe}/{file.name}")
    return target.getvalue()
