"""Controls of a training: the data or a table of one's own, the model with its settings, what all rules share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.catalogue.hypers import Hyper
from core.catalogue.racers import Racer
from core.problems.batches.own_data import MOST_ROWS
from core.problems.training.data import DATASETS, OWN, dataset
from core.problems.training.models import Model, Setting, suited
from core.problems.training.own_table import own_table
from core.problems.training.settings import MOST_ACCUMULATION, MOST_BATCH, MOST_STEPS
from core.problems.training.split import Dataset
from ui.controls.hypers import hyper_control, hyper_field, stops_control
from ui.controls.racers import hyper_key, schedule_hyper_key, schedule_key, schedules
from ui.kit import share
from ui.kit.basics import choice, named, number_control, refuse, several
from ui.kit.limits import MAX_CLIP, MAX_LINKED, MAX_PASTE, MAX_SEED, MIN_CLIP

_OWN = "Own table"
_STEPS = Hyper("T", "T", 300, (1, MOST_STEPS), (10, MOST_STEPS), "log", "Steps that every rule takes.", True, "Steps")
# The first batch size, and the smallest number of rows of any batch that is offered.
_BATCH = 32
_SMOOTHING = 0.9


@dataclass(frozen=True, eq=False)
class Chosen:
    """The data of the page: the declaration and, of a visitor's own, the table, what is predicted and from what."""

    dataset: Dataset
    table: str = ""
    target: str = ""
    features: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether they are a visitor's: then its names are not to be taken for markup."""
        return self.dataset.key == OWN


@dataclass(frozen=True)
class Common:
    """The fields of a ``Training`` that all configurations share."""

    steps: int
    batch: int
    seed: int
    accumulation: int
    clip_norm: float | None
    smoothing: float


def samples_control(prefix: str) -> Chosen:
    """Chooses a shipped set of data or takes a pasted table.

    A text that is no such table is explained and stays in its box; the first shipped set is used instead.
    """
    shipped = named(DATASETS.values())
    first = next(iter(shipped.values()))
    options: dict[str, Dataset | None] = {**shipped, _OWN: None}
    picked = choice("Data", options, f"{prefix}data")
    if picked is not None:
        return Chosen(picked)
    return _own(prefix, first.name) or Chosen(first)


def _own(prefix: str, instead: str) -> Chosen | None:
    """What is predicted from what in the pasted text; ``None`` while it cannot be, and ``instead`` is used."""
    key = f"{prefix}table"
    label = "Your table"
    share.setting(key, "", lambda text: text, "rows of a table", called=label)
    text = str(
        st.text_area(
            label,
            key=key,
            disabled=share.locked(key),
            height=180,
            max_chars=MAX_PASTE,
            placeholder="height,weight,sport\n1.62,58.1,run\n1.80,77.5,row\n1.71,66.0,run",
            help=f"Two to 20 columns, 8 to {MOST_ROWS} rows; a header is optional. Features are columns of numbers; "
            "what is predicted is a column of numbers or of up to ten different words.",
        )
    )
    if len(text) > MAX_LINKED:
        share.instead(key, None)
        st.caption("This table is too long for a link: the link holds the settings but not the table.")
    if not text.strip():
        st.caption(f"Paste rows and press Ctrl + Enter. Until then {instead} is used.")
        return None
    try:
        table = own_table(text)
        target = choice("Predict", {name: name for name in table.targets}, f"{prefix}target")
        offered = table.features(target)
        features = several(
            "From",
            {name: name for name in offered},
            f"{prefix}features",
            [],
            "None chosen means all columns of numbers.",
            len(offered),
        )
        made = dataset(OWN, text, target, tuple(features))
    except ValueError as error:
        refuse("This table cannot be used yet.", error)
        st.caption(f"Until then {instead} is used.")
        return None
    if table.unusable:
        st.caption("These columns cannot be chosen:")
        # As code, in which nothing is markup.
        st.code("\n".join(table.unusable.values()), language=None, wrap_lines=True)
    return Chosen(made, text, target, tuple(features))


def model_control(chosen: Dataset, prefix: str) -> tuple[Model, dict[str, Setting]]:
    """One of the models that take ``chosen``, and its settings, which are folded."""
    models = named(suited(chosen))
    usual = next((entry.name for entry in models.values() if entry.key == "mlp"), next(iter(models)))
    model = choice("Model", models, f"{prefix}model", usual)
    st.caption(model.idea)
    settings: dict[str, Setting] = {}
    with st.expander(f"Settings of the {model.name[0].lower()}{model.name[1:]}"):
        for hyper in model.hypers:
            settings[hyper.name] = hyper_control(hyper, f"{prefix}{model.key}_{hyper.name}", hyper.words)
        for one in model.choices:
            words = {label: key for key, label in one.options.items()}
            settings[one.name] = choice(one.label, words, f"{prefix}{model.key}_{one.name}")
    return model, settings


def common_control(chosen: Dataset, prefix: str) -> Common:
    """Steps, batch size and seed; accumulation, clipping and smoothing are folded."""

    def to_the_end() -> None:
        st.session_state[f"{prefix}t"] = int(float(st.session_state[f"{prefix}steps"]))

    steps = int(hyper_control(_STEPS, f"{prefix}steps", "Steps", on_change=to_the_end))
    most = max(1, min(chosen.rows, MOST_BATCH))
    stops = {float(most), *(2.0**power for power in range(12) if 2**power < most)}
    help_text = "Rows that a step looks at; the largest is all of them, the whole gradient."
    batch = int(
        stops_control(
            "Batch size", f"{prefix}batch", stops, float(min(_BATCH, most)), (1.0, float(most)), True, help_text
        )
    )
    seed = int(
        number_control(
            "Seed",
            f"{prefix}seed",
            0.0,
            MAX_SEED,
            0.0,
            whole=True,
            help="Chooses the noise in the data and which rows are held back, the first weights and the batches; the "
            "same for every configuration.",
        )
    )
    with st.expander("Fine tuning"):
        accumulation = int(
            number_control(
                "Batches in a step",
                f"{prefix}accumulation",
                1.0,
                float(MOST_ACCUMULATION),
                1.0,
                whole=True,
                help="Their gradients are averaged before the step: accumulation.",
            )
        )
        scaled = "Longer gradients are scaled down to it; 0 sets no limit."
        limit = number_control("Largest gradient norm", f"{prefix}clip", 0.0, MAX_CLIP, 0.0, help=scaled)
        spread = "The share of each answer that is spread over all classes."
        smoothing = (
            number_control("Label smoothing", f"{prefix}smoothing", 0.0, _SMOOTHING, 0.0, help=spread)
            if chosen.classes
            else 0.0
        )
    return Common(steps, batch, seed, accumulation, limit if limit >= MIN_CLIP else None, smoothing)


def rate_fields(racers: Sequence[Racer], opening: Mapping[str, Mapping[str, float]], prefix: str) -> None:
    """A field for the learning rate of each configuration, which ``tuning`` has announced.

    ``opening`` gives, by the key of a rule, other defaults than the declared ones, as ``tuning`` was given them.
    """
    for racer in racers:
        for hyper in racer.optimizer.hypers:
            if hyper.name == "lr":
                label = f"{racer.name}: learning rate"
                hyper_field(
                    hyper, prefix + hyper_key(racer, "lr"), opening.get(racer.optimizer.key, {}).get("lr"), label
                )


def other_fields(racers: Sequence[Racer], opening: Mapping[str, Mapping[str, float]], prefix: str) -> None:
    """Fields for what else each configuration can be set to, and its schedule, likewise."""
    for racer in racers:
        st.markdown(f"**{racer.name}**")
        for hyper in racer.optimizer.hypers:
            if hyper.name != "lr":
                key = prefix + hyper_key(racer, hyper.name)
                hyper_field(hyper, key, opening.get(racer.optimizer.key, {}).get(hyper.name))
        names = schedules(prefix)
        schedule = choice("Schedule of the learning rate", names, prefix + schedule_key(racer))
        for hyper in schedule.hypers:
            hyper_field(hyper, prefix + schedule_hyper_key(racer, schedule, hyper.name))
