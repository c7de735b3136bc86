"""A training: everything that it depends on, as plain values that check themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.engine.run import Hypers, Ruled, check_range, pairs, whole
from core.formula.words import digits, outside
from core.problems.training.data import OWN, dataset
from core.problems.training.models import Model, Setting, model
from core.problems.training.split import Dataset

MixedPairs = Mapping[str, Setting] | tuple[tuple[str, Setting], ...]

MOST_STEPS, MOST_WEIGHTS, MOST_BATCH, MOST_ACCUMULATION = 5000, 100_000, 2000, 16
# A whole Hessian has the square of this many numbers, each of which takes a backward pass.
MOST_NEWTON = 400
# Multiplications of a whole training, a few minutes of one thread; and how many a pass takes as long as, if it hardly
# multiplies.
MOST_WORK, _LEAST_WORK = 5e11, 1e5


@dataclass(frozen=True)
class Training(Ruled):
    """Everything that a training depends on, as plain hashable values.

    ``dataset`` is a key of ``DATASETS``, or ``OWN`` with the pasted ``table``, of which ``target`` is predicted from
    ``features`` (all columns of numbers if there are none). ``model`` is a key of ``MODELS``; what is missing in
    ``model_settings`` takes its default. A step sees ``accumulation`` batches of ``batch`` rows (0 for all rows);
    ``clip_norm`` is the largest gradient norm, ``None`` for no limit; ``smoothing`` the share of each answer that is
    spread evenly over the classes. ``seed`` chooses noise of the data and their split, start and batches.
    Raises ``ValueError`` (of which ``FormulaError`` is one) with name, range and value.
    """

    dataset: str = "moons"
    model: str = "mlp"
    optimizer: str = "adam"
    hypers: Hypers = ()
    model_settings: MixedPairs = ()
    steps: int = 500
    batch: int = 32
    accumulation: int = 1
    schedule: str = "constant"
    schedule_hypers: Hypers = ()
    clip_norm: float | None = None
    smoothing: float = 0.0
    seed: int = 0
    float64: bool = False
    table: str = ""
    target: str = ""
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "hypers", pairs(self.hypers))
        put(self, "schedule_hypers", pairs(self.schedule_hypers))
        put(self, "model_settings", _mixed(self.model_settings))
        put(self, "features", tuple(self.features))
        for name, low, high in (
            ("steps", 1, MOST_STEPS),
            ("batch", 0, MOST_BATCH),
            ("accumulation", 1, MOST_ACCUMULATION),
            ("seed", 0, 2**31 - 1),
        ):
            put(self, name, whole(name, getattr(self, name), low, high))
        check_range("smoothing", self.smoothing, 0.0, 0.9)
        if self.clip_norm is not None:
            check_range("clip_norm", self.clip_norm, 1e-12, 1e12)
        self.settings, self.schedule_settings  # noqa: B018 (each checks what it reads)
        if refusal := self.resolved_model.refusal(self.resolved_dataset):
            raise ValueError(refusal)
        self._check_batches()
        self._check_budget()

    @property
    def resolved_dataset(self) -> Dataset:
        """The declaration that ``dataset`` names, or that of the pasted table."""
        return dataset(self.dataset, self.table, self.target, self.features)

    @property
    def resolved_model(self) -> Model:
        """The declaration that ``model`` names."""
        return model(self.model)

    @property
    def model_values(self) -> dict[str, Setting]:
        """The value of every setting of the model, defaults included."""
        return self.resolved_model.complete(dict(self.model_settings))

    @property
    def weights(self) -> int:
        """How many weights the model has."""
        return self.resolved_model.weights(self.resolved_dataset, dict(self.model_settings))

    @property
    def batch_rows(self) -> int:
        """How many rows a batch has."""
        return self.batch or self.resolved_dataset.rows

    @property
    def work(self) -> float:
        """How many multiplications the whole training takes as long as, roughly: twice as many back as forward."""
        rule = self.resolved_optimizer.parsed
        gradients = sum(rule.cost) + (self.weights if rule.needs_whole_hessian else 0)
        rows = self.batch_rows * self.accumulation
        each = self.resolved_model.work(self.resolved_dataset, self.model_values)
        return 3.0 * (each * rows + _LEAST_WORK) * max(gradients, 1) * self.steps

    @property
    def completed(self) -> "Training":
        """The same training with every default written out: two are the same if these are equal."""
        return replace(
            self,
            hypers=self.settings,
            schedule_hypers=self.schedule_settings,
            model_settings=self.model_values,
            table=self.table if self.dataset == OWN else "",
        )

    def _check_batches(self) -> None:
        rows = self.resolved_dataset.rows
        if self.batch > rows:
            raise ValueError(f"batch must lie in {outside(self.batch, 0, rows)}; 0 takes all rows.")
        if self.model_values.get("normalisation") == "batch" and self.batch_rows < 2:
            raise ValueError(f"batch must be at least 2 with batch norm; {self.batch_rows} was given.")

    def _check_budget(self) -> None:
        if self.weights > MOST_WEIGHTS:
            raise ValueError(
                f"The model has {digits(self.weights)} weights; at most {digits(MOST_WEIGHTS)} are trained here."
            )
        if self.resolved_optimizer.parsed.needs_whole_hessian and self.weights > MOST_NEWTON:
            raise ValueError(
                f"The rule solves with the whole Hessian, which is possible for up to {MOST_NEWTON} weights; the model "
                f"has {digits(self.weights)}."
            )
        if self.work > MOST_WORK:
            raise ValueError(
                f"The training would take as long as about {digits(self.work, '.2g')} multiplications; at most "
                f"{digits(MOST_WORK)} are done here. Take fewer steps, smaller batches or a smaller model."
            )


def _mixed(values: MixedPairs) -> MixedPairs:
    plain = ((str(name), value if isinstance(value, str) else float(value)) for name, value in dict(values).items())
    return tuple(sorted(plain))
