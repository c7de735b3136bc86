"""The panels of the Real network page: what is trained on what, what is known before, and what claims say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import streamlit as st

from core.catalogue.racers import Racer
from core.evidence.claims import CLAIMS
from core.formula.words import counted, digits
from core.lessons.trained_claims import TRAINED
from core.lessons.training_rates import OPENING
from core.problems.training.models import Model, Setting
from core.problems.training.settings import Training
from core.problems.training.split import Kind, Split, shares_text
from ui import controls
from ui.controls.training import Chosen
from ui.kit import share
from ui.kit.basics import refuse
from ui.kit.elements import bullets, prose, written_table
from ui.navigation import REAL_NETWORK
from ui.panels import claims
from ui.panels.sweeps import range_panel, sweep_panel
from ui.panels.terrain import terrain_panel, training_code_panel
from ui.panels.training import Entry, told

_PREFIX = REAL_NETWORK.prefix
# Configurations whose curves and boundaries can be told apart on one screen.
MOST = 4


def entry(chosen: Chosen, model: Model, settings: Mapping[str, Setting], racers: Sequence[Racer]) -> Entry:
    """A training for each of ``racers``, from controls of the rates and of what they share.

    None if one of them cannot be, which is said.
    """
    tuned = {racer.key: controls.tuning(racer, OPENING.get(racer.optimizer.key, {}), _PREFIX) for racer in racers}
    controls.rate_fields(racers, OPENING, _PREFIX)
    with st.expander("Hyperparameters and schedules"):
        controls.other_fields(racers, OPENING, _PREFIX)
    common = controls.common_control(chosen.dataset, _PREFIX)
    try:
        trainings = [
            Training(
                dataset=chosen.dataset.key,
                table=chosen.table,
                target=chosen.target,
                features=chosen.features,
                model=model.key,
                model_settings=settings,
                optimizer=racer.optimizer.reference,
                **tuned[racer.key],
                **asdict(common),
            )
            for racer in racers
        ]
    except ValueError as error:
        refuse("These settings cannot be trained.", error)
        trainings = []
    return Entry(chosen, racers, trainings, common.steps, common.seed)


def before_panel(entry: Entry) -> None:
    """What is known before the first step."""
    st.header("Before the first step", anchor="before")
    _data_panel(entry.chosen, entry.split)
    if entry.trainings:
        _rules_panel(entry.racers, entry.trainings)


def _data_panel(chosen: Chosen, split: Split) -> None:
    """What the data are, how they are split, and what guessing scores."""
    dataset = chosen.dataset
    said = [
        f"{dataset.idea} Source: {dataset.source}.",
        f"{digits(len(split.train_x))} {_ROWS[dataset.kind]} to learn from and {digits(len(split.valid_x))} held back, "
        "on which all validation numbers are measured.",
        *([shares_text(split)] if dataset.kind == "classes" else []),
        split.standardised,
        _baseline(split),
    ]
    # Names in a table are the visitor's.
    bullets([share.verbatim(one) for one in said] if chosen.own else said)


_ROWS: Mapping[Kind, str] = {"classes": "samples", "numbers": "samples", "text": "stretches of text"}


def _baseline(split: Split) -> str:
    loss = digits(split.baseline)
    if split.baseline_accuracy is None:
        return f"Always answering the mean has a loss of {loss}, the mean squared error: a network must get below it."
    return (
        f"Always answering with these shares has a loss of {loss}, the cross-entropy, and gets "
        f"{digits(split.baseline_accuracy, '.1%')} right: a network must do better."
    )


def _rules_panel(racers: Sequence[Racer], trainings: Sequence[Training]) -> None:
    """How large the model is, and what each rule keeps of it."""
    (weights,) = {training.weights for training in trainings}
    model = trainings[0].resolved_model
    prose(f"{model.name}: {counted(weights, 'weight')}. {model.idea}")
    rows = ["| Rule | numbers it keeps | gradients a step |", "|:--|--:|--:|"]
    for racer in racers:
        rule = racer.optimizer.parsed
        rows.append(f"| {racer.name} | {digits(rule.numbers_per_weight * weights)} | {digits(rule.cost[0])} |")
    written_table("\n".join(rows), f"{_PREFIX}rules_table")


def closer_panel(entry: Entry) -> None:
    """What else can be asked of these trainings, folded: their rates, their landscape, and the code that makes them."""
    if not entry.trainings:
        return
    first, prefix = entry.trainings[0], _PREFIX
    ranged = f"A range test: which learning rates does {entry.racers[0].name} stand here?"
    controls.fold(ranged, f"{prefix}ranges", lambda: range_panel(first, prefix), f"{prefix}range_")
    swept = "A sweep: rules, learning rates and seeds together"
    controls.fold(swept, f"{prefix}sweeps", lambda: sweep_panel(first, prefix), f"{prefix}sweep_")
    around = "The landscape around what was trained, and how sharp it is"
    controls.fold(around, f"{prefix}terrain", lambda: terrain_panel(entry.racers, entry.trainings, prefix))
    code = "Code: a script that trains exactly this"
    controls.fold(
        code, f"{prefix}code", lambda: training_code_panel(entry.racers, entry.trainings, prefix, told(entry))
    )


def claims_panel() -> None:
    """What is said of networks and their rules, checked."""
    label = "What is said of training networks"
    claims.about(REAL_NETWORK, claims.TRAINING_TOPIC, label, *(CLAIMS[key] for key in TRAINED))
