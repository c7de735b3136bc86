"""The curves of trainings as a table."""

import csv
import io
from collections.abc import Mapping, Sequence

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
