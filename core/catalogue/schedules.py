"""The catalogue of learning-rate schedules: each is a factor on the learning rate, in the language of the rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.catalogue.hypers import Hyper, own_hyper, unknown_key
from core.formula import FormulaError, Rule, emit, parse_rule
from core.formula.graph import Graph
from core.formula.lower import Values, lower
from core.formula.rule_reader import FACTOR, OWN_FACTOR

# The key of a schedule typed by a visitor.
OWN_SCHEDULE = "own"


@dataclass(frozen=True)
class Schedule:
    """One schedule with its provenance, its formula and its PyTorch counterpart.

    ``rule`` are lines that assign ``factor``, by which ``lr`` is multiplied at step ``t`` (from 1) of ``T``. They know
    ``t``, ``T``, ``loss`` (before the step, without noise) and ``hypers``, and may keep state as an update rule does.
    ``year`` is that of its first public text.

    ``torch`` is a Python expression that builds PyTorch's scheduler of the same factors. Its names are those of
    ``torch.optim.lr_scheduler``, ``optimizer``, ``lr`` (the peak), ``T`` and ``hypers``; ``T`` and whole
    hyperparameters stand for ints, the others for floats. ``torch_edges`` are conditions in the same names under which
    another expression must be built, because torch refuses or mistakes that one. ``trap`` is what people get wrong
    about it.
    """

    key: str
    name: str
    year: int
    authors: str
    source: str
    idea: str
    rule: str
    hypers: tuple[Hyper, ...]
    torch: str
    trap: str
    torch_edges: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """What a ``Run`` calls this schedule: its key, or its text if it is a visitor's own."""
        return self.rule if self.key == OWN_SCHEDULE else self.key

    @cached_property
    def parsed(self) -> Rule:
        """The checked lines, ready to be compiled, printed or exported."""
        symbols = {hyper.name: hyper.symbol for hyper in self.hypers}
        if self.key == OWN_SCHEDULE:
            return parse_rule(self.rule, symbols=symbols, goal=OWN_FACTOR)
        return parse_rule(self.rule, tuple(symbols), symbols, FACTOR)

    def torch_for(self, steps: int, hypers: Mapping[str, float]) -> str:
        """The expression that builds torch's scheduler for a run of ``steps`` with ``hypers``."""
        names = {**hypers, "T": steps, "max": max, "int": int, "__builtins__": {}}
        return next((text for condition, text in self.torch_edges if eval(condition, names)), self.torch)

    @property
    def follows_loss(self) -> bool:
        """Whether a factor depends on what the run did before, so that none can be known in advance."""
        return bool(self.parsed.state) or "loss" in self.parsed.reads

    def factors(self, steps: int, hypers: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """The factor at each of ``steps`` steps, of shape ``(steps,)``.

        ``hypers`` gives every hyperparameter a value. Raises ``ValueError`` for a schedule that follows the loss.
        """
        factor = self._at(np.arange(1.0, steps + 1), steps, hypers)
        return np.broadcast_to(np.asarray(factor, dtype=np.float64), (steps,))

    def each_factor(self, steps: int, hypers: Mapping[str, Any]) -> Iterator[Any]:
        """The factor at one step after another, of the shape that numbers or arrays in ``hypers`` have together.

        Raises ``ValueError`` for a schedule that follows the loss.
        """
        return (self._at(np.float64(t), steps, hypers) for t in range(1, steps + 1))

    def _at(self, t: Any, steps: int, hypers: Mapping[str, Any]) -> Any:
        if self.follows_loss:
            raise ValueError(f"{self.name} follows the loss, so its factors are known only once the run is done.")
        given = (np.asarray(hypers[name], dtype=np.float64)[()] for name in self.parsed.hypers)
        with np.errstate(all="ignore"):
            (factor,) = self._computed(t, np.float64(steps), *given)
        return factor

    @cached_property
    def _computed(self) -> Callable[..., tuple[Any, ...]]:
        """The factor as a function of ``t``, ``T`` and the hyperparameters."""
        graph = Graph()
        inputs = {"t": "t", "T": "T"}
        inputs |= {name: f"{emit.Input.HYPER}{index}" for index, name in enumerate(self.parsed.hypers)}
        names: dict[str, Values] = {name: (graph.input(written),) for name, written in inputs.items()}
        for line in self.parsed.lines:
            names[line.name] = lower(line.tree, graph, names)
        computed: Callable[..., tuple[Any, ...]] = emit.function(
            graph, tuple(inputs.values()), names["factor"], emit.ARRAY
        )
        return computed


_STEPS = (1, 1_000_000)
_SHARE = (0.0, 1.0)

_FLOOR = Hyper("eta_min", r"\eta_{\min}", 0.0, _SHARE, _SHARE, "linear", "The lowest factor, as a share of the peak.")
_WARMUP = Hyper(
    "warmup",
    "w",
    25,
    (0, 1_000_000),
    (1, 500),
    "log",
    "Steps over which the learning rate rises to its peak.",
    whole=True,
)
# torch's LinearLR begins above 0.
_START = Hyper(
    "start",
    r"\eta_1",
    0.01,
    (1e-6, 1.0),
    (0.01, 1.0),
    "linear",
    "The factor of the first step, as a share of the peak.",
    label="First factor",
)
_FALLING = "LinearLR(optimizer, start_factor=1.0, end_factor=eta_min, total_iters="
_LEAVE = "max(warmup, T - int(decay*T + 0.5))"
_STABLE = f"ConstantLR(optimizer, factor=1.0), {_FALLING}max(T - {_LEAVE}, 1))"
_RISING = "LinearLR(optimizer, start_factor=start, total_iters=warmup)"
_LOSHCHILOV = "Loshchilov & Hutter 2017 (ICLR), arXiv:1608.03983"

_DECLARATIONS = (
    Schedule(
        key="constant",
        name="Constant",
        year=1960,
        authors="Widrow & Hoff",
        source="In learning: Widrow & Hoff 1960, Adaptive switching circuits, IRE WESCON Convention Record, part 4, 96",
        idea="The same learning rate at every step.",
        rule="factor = 1",
        hypers=(),
        torch="ConstantLR(optimizer, factor=1.0)",
        trap="Enough for exact gradients. With noisy ones the run ends up jittering around the minimum, at a mean "
        "squared distance that grows with the learning rate.",
    ),
    Schedule(
        key="step",
        name="Step decay",
        year=2014,
        authors="Jia et al.",
        source="The policy “step” of Caffe: Jia et al. 2014, arXiv:1408.5093",
        idea="Multiply the learning rate by gamma every so many steps.",
        rule="factor = gamma**floor((t - 1)/period)",
        hypers=(
            Hyper(
                "gamma",
                r"\gamma",
                0.1,
                _SHARE,
                (0.01, 1.0),
                "linear",
                "What the learning rate is multiplied by.",
            ),
            Hyper("period", "p", 100, _STEPS, (10, 1000), "log", "Steps between two reductions.", whole=True),
        ),
        torch="StepLR(optimizer, step_size=period, gamma=gamma)",
        trap="The period counts calls of scheduler.step(). A period meant in epochs is over after as many batches if "
        "that call stands in the inner loop.",
    ),
    Schedule(
        key="exponential",
        name="Exponential",
        year=2013,
        authors="Senior et al.",
        source="Among those compared by Senior, Heigold, Ranzato & Yang 2013, doi:10.1109/ICASSP.2013.6638963",
        idea="Multiply the learning rate by gamma at every step.",
        rule="factor = gamma**(t - 1)",
        hypers=(
            Hyper(
                "gamma",
                r"\gamma",
                0.99,
                _SHARE,
                (0.9, 1.0),
                "linear",
                ("The share of the learning rate that each step keeps."),
            ),
        ),
        torch="ExponentialLR(optimizer, gamma=gamma)",
        trap="A gamma that is mild per epoch is harsh per step: 0.9 leaves 3·10⁻⁵ of the learning rate after 100 "
        "steps, and the run stands still.",
    ),
    Schedule(
        key="polynomial",
        name="Polynomial",
        year=2016,
        authors="Chen et al.",
        source="Power 0.9 in DeepLab: Chen et al. 2018 (TPAMI), arXiv:1606.00915",
        idea="Fall to 0 at the end of the run: along a straight line at power 1, faster at first with a higher power.",
        rule="factor = (1 - (t - 1)/T)**power",
        hypers=(Hyper("power", "p", 1.0, (0.0, 10.0), (0.5, 3.0), "linear", "The exponent; 1 is a straight line."),),
        torch="PolynomialLR(optimizer, total_iters=T, power=power)",
        trap="It is not LinearLR, which at its defaults is a warm-up: five steps up from a third. PolynomialLR's "
        "own default, total_iters=5, is over after five steps.",
    ),
    Schedule(
        key="cosine",
        name="Cosine",
        year=2016,
        authors="Loshchilov & Hutter",
        source=_LOSHCHILOV,
        idea="Fall along half a cosine from the peak to eta_min.",
        rule="bottom = max(floor(span*T + 0.5), 1)\nfactor = eta_min + (1 - eta_min)*(1 + cos(pi*(t - 1)/bottom))/2",
        hypers=(
            _FLOOR,
            Hyper(
                "span",
                "c",
                1.0,
                (0.01, 10.0),
                (0.1, 2.0),
                "linear",
                "Where the cosine reaches its bottom (torch's T_max), as a share of the run.",
            ),
        ),
        torch="CosineAnnealingLR(optimizer, T_max=max(int(span*T + 0.5), 1), eta_min=lr*eta_min)",
        trap="It does not stay down: past T_max the learning rate climbs again, and at twice T_max it is back at the "
        "peak. A span below 1 shows it.",
    ),
    Schedule(
        key="cosine_restarts",
        name="Cosine with restarts",
        year=2016,
        authors="Loshchilov & Hutter",
        source=_LOSHCHILOV,
        idea="Fall along half a cosine again and again, each time over a longer stretch.",
        # Half a step inside, where rounding cannot move a restart.
        rule="cycle = where(multiply > 1, floor(log(1 + (t - 0.5)*(multiply - 1)/period)/log(multiply)), "
        "floor((t - 1)/period))\n"
        "length = period*multiply**cycle\n"
        "begin = where(multiply > 1, (length - period)/(multiply - 1), period*cycle)\n"
        "factor = eta_min + (1 - eta_min)*(1 + cos(pi*(t - 1 - begin)/length))/2",
        hypers=(
            Hyper("period", "p", 50, _STEPS, (10, 500), "log", "Steps until the first restart.", whole=True),
            Hyper(
                "multiply",
                r"\mu",
                2,
                (1, 10),
                (1, 4),
                "linear",
                "How many times as long each stretch is as the one before.",
                whole=True,
            ),
            _FLOOR,
        ),
        torch="CosineAnnealingWarmRestarts(optimizer, T_0=period, T_mult=multiply, eta_min=lr*eta_min)",
        trap="A restart drives the loss up again, so only the ends of stretches can be compared, and a run should "
        "end at one: period 10 doubled restarts after 10, 30 and 70 steps.",
    ),
    Schedule(
        key="warmup_cosine",
        name="Warm-up and cosine",
        year=2018,
        authors="He et al.",
        source="He et al. 2019 (CVPR), arXiv:1812.01187; the warm-up after Goyal et al. 2017, arXiv:1706.02677",
        idea="Rise along a straight line to the peak, then fall along half a cosine for the rest of the run.",
        rule="rise = start + (1 - start)*(t - 1)/warmup\n"
        "fall = eta_min + (1 - eta_min)*(1 + cos(pi*(t - 1 - warmup)/(T - warmup)))/2\n"
        "factor = where(t <= warmup, rise, fall)",
        hypers=(_WARMUP, _START, _FLOOR),
        torch=f"SequentialLR(optimizer, [{_RISING}, CosineAnnealingLR(optimizer, T_max=max(T - warmup, 1), "
        "eta_min=lr*eta_min)], milestones=[warmup])",
        trap="The cosine has only the steps after the warm-up: with T_max set to the whole run it is not down when the "
        "run ends. Both parts are meant to be stepped per batch.",
        torch_edges=(("warmup == 0", "CosineAnnealingLR(optimizer, T_max=T, eta_min=lr*eta_min)"),),
    ),
    Schedule(
        key="warmup_linear",
        name="Warm-up and linear decay",
        year=2018,
        authors="Devlin et al.",
        source="BERT: Devlin et al. 2019 (NAACL), arXiv:1810.04805",
        idea="Rise along a straight line to the peak, then fall along another for the rest of the run.",
        rule="rise = start + (1 - start)*(t - 1)/warmup\n"
        "fall = 1 - (1 - eta_min)*(t - 1 - warmup)/(T - warmup)\n"
        "factor = where(t <= warmup, rise, fall)",
        hypers=(_WARMUP, _START, _FLOOR),
        torch=f"SequentialLR(optimizer, [{_RISING}, {_FALLING}max(T - warmup, 1))], milestones=[warmup])",
        trap="LinearLR rises unless told otherwise: its default end_factor is 1, so the decay needs one of its own.",
        torch_edges=(("warmup == 0", f"{_FALLING}T)"),),
    ),
    Schedule(
        key="inverse_sqrt",
        name="Inverse square root",
        year=2017,
        authors="Vaswani et al.",
        source="Vaswani et al. 2017, arXiv:1706.03762",
        idea="Rise along a straight line to the peak, then fall as 1/√t, so the end need not be known beforehand.",
        rule="factor = min(t/warmup, sqrt(warmup/t))",
        hypers=(
            Hyper("warmup", "w", 25, _STEPS, (1, 500), "log", "The step at which the peak is reached.", whole=True),
        ),
        torch="LambdaLR(optimizer, lambda n: min((n + 1)/warmup, (warmup/(n + 1))**0.5))",
        trap="In the paper the peak is not a separate setting: it is 1/√(width·warmup), so that a longer warm-up "
        "lowers it. Here the peak is the learning rate that was set.",
    ),
    Schedule(
        key="triangular",
        name="Triangular",
        year=2015,
        authors="Smith",
        source="Smith 2017 (WACV), arXiv:1506.01186",
        idea="Rise and fall along straight lines, over and over.",
        rule="below = abs((t - 1) % (2*half) - half)/half\nfactor = low + (1 - low)*(1 - below)",
        hypers=(
            Hyper("low", r"\ell", 0.1, _SHARE, _SHARE, "linear", "The lowest factor, as a share of the peak."),
            Hyper("half", "h", 50, _STEPS, (5, 500), "log", "Steps up; as many lead down again.", whole=True),
        ),
        torch="CyclicLR(optimizer, base_lr=lr*low, max_lr=lr, step_size_up=half, cycle_momentum=False)",
        trap="Unless cycle_momentum=False, CyclicLR also cycles the momentum between 0.8 and 0.9, which switches it "
        "on for plain SGD; optimizers without such a setting, such as Adagrad, are refused.",
    ),
    Schedule(
        key="one_cycle",
        name="One cycle",
        year=2017,
        authors="Smith & Topin",
        source="Smith & Topin 2019, arXiv:1708.07120; two cosines as in fastai and torch",
        idea="One large rise and fall over the whole run, ending far below where it began.",
        rule="top = pct_start*T - 1\n"
        "low = 1/div_factor\n"
        "end = low/final_div_factor\n"
        "rise = low + (1 - low)*(1 - cos(pi*(t - 1)/top))/2\n"
        "fall = end + (1 - end)*(1 + cos(pi*(t - 1 - top)/(T - 1 - top)))/2\n"
        "factor = where(t - 1 < top, rise, fall)",
        hypers=(
            # At 0 and 1 one of the two halves would have no length.
            Hyper(
                "pct_start",
                "r",
                0.3,
                (0.01, 0.99),
                (0.05, 0.95),
                "linear",
                ("The share of the run over which the rate rises."),
            ),
            Hyper(
                "div_factor",
                "d",
                25.0,
                (1.0, 1e6),
                (1.0, 100.0),
                "log",
                ("The peak divided by the first learning rate."),
            ),
            Hyper(
                "final_div_factor",
                r"d_{\text{end}}",
                1e4,
                (1.0, 1e8),
                (1.0, 1e6),
                "log",
                "The first learning rate divided by the last.",
            ),
        ),
        torch="OneCycleLR(optimizer, max_lr=lr, total_steps=T, pct_start=pct_start, div_factor=div_factor, "
        "final_div_factor=final_div_factor, cycle_momentum=False)",
        trap="It must be stepped per batch: stepped per epoch, a run covers only the first bit of the rise. By default "
        "it also moves the momentum from 0.95 to 0.85 and back, which switches it on for plain SGD.",
        # Without a first part: OneCycleLR divides by its length.
        torch_edges=(
            (
                "pct_start*T - 1 == 0",
                "CosineAnnealingLR(optimizer, T_max=T - 1, eta_min=lr*(1/div_factor/final_div_factor))",
            ),
        ),
    ),
    Schedule(
        key="wsd",
        name="Warm-up, stable, decay",
        year=2024,
        authors="Hu et al.",
        source="MiniCPM: Hu et al. 2024, arXiv:2404.06395, with an exponential fall; along a straight line Hägele et "
        "al. 2024, arXiv:2405.18392",
        idea="Rise to the peak, stay there, and fall along a straight line in the last part of the run.",
        rule="leave = max(warmup, T - floor(decay*T + 0.5))\n"
        "rise = start + (1 - start)*(t - 1)/warmup\n"
        "fall = 1 - (1 - eta_min)*(t - 1 - leave)/(T - leave)\n"
        "factor = where(t <= warmup, rise, where(t <= leave, 1, fall))",
        hypers=(
            _WARMUP,
            _START,
            Hyper(
                "decay",
                "c",
                0.2,
                _SHARE,
                (0.05, 0.5),
                "linear",
                "The share of the run, at its end, over which the rate falls.",
                label="Share that falls",
            ),
            _FLOOR,
        ),
        torch=f"SequentialLR(optimizer, [{_RISING}, {_STABLE}], milestones=[warmup, {_LEAVE}])",
        trap="While it is stable it looks worse than a cosine, and it catches up in the decay: compare the two at "
        "their ends, not on the way.",
        torch_edges=(
            (f"{_LEAVE} == 0", f"{_FALLING}T)"),
            ("warmup == 0", f"SequentialLR(optimizer, [{_STABLE}], milestones=[{_LEAVE}])"),
        ),
    ),
    Schedule(
        key="plateau",
        name="Reduce on plateau",
        year=2012,
        authors="Krizhevsky et al.",
        source="By hand in Krizhevsky, Sutskever & Hinton 2012, NeurIPS; automatic as torch's ReduceLROnPlateau",
        idea="Multiply the learning rate by gamma once the loss has not improved for more than patience steps.",
        rule="scale: state = 1\n"
        "best: state = 1e100\n"
        "factor = scale\n"
        "good = where(loss < best*(1 - threshold), 1, 0)\n"
        "best = where(good > 0, loss, best)\n"
        "bad = where(good > 0, 0, bad + 1)\n"
        "scale = where(bad > patience, max(scale*gamma, eta_min), scale)\n"
        "bad = where(bad > patience, 0, bad)",
        hypers=(
            # torch refuses 1, which would reduce nothing.
            Hyper(
                "gamma",
                r"\gamma",
                0.5,
                (0.0, 0.99),
                (0.05, 0.95),
                "linear",
                ("What each reduction multiplies the learning rate by."),
            ),
            Hyper("patience", "P", 10, (0, 1_000_000), (1, 100), "log", "Steps without progress allowed.", whole=True),
            Hyper(
                "threshold",
                r"\delta",
                1e-4,
                (0.0, 0.5),
                (1e-6, 0.1),
                "log",
                "How much lower, as a share of the best loss, counts as progress.",
            ),
            _FLOOR,
        ),
        torch="ReduceLROnPlateau(optimizer, factor=gamma, patience=patience, threshold=threshold, min_lr=lr*eta_min, "
        "eps=0.0)",
        trap="It must be handed the loss, scheduler.step(loss), and a noisy one runs out of patience by chance. The "
        "threshold is a share of the best loss, so once that is negative a slightly worse loss counts as progress.",
    ),
)

SCHEDULES: Mapping[str, Schedule] = MappingProxyType({schedule.key: schedule for schedule in _DECLARATIONS})


@lru_cache(maxsize=256)
def schedule(text: str) -> Schedule:
    """The shipped schedule with key ``text`` or, if ``text`` writes one itself, a declaration made from it.

    A schedule of one's own knows ``t`` and ``T`` alone, and keeps nothing, so that its factors are known beforehand.
    Raises ``ValueError`` for an unknown key and ``FormulaError`` for a text that is not a schedule.
    """
    if text in SCHEDULES:
        return SCHEDULES[text]
    if text.replace("_", "").isalnum():
        raise ValueError(unknown_key("schedule", text, SCHEDULES))
    rule = parse_rule(text, goal=OWN_FACTOR)
    if rule.state:
        name = rule.state[0]
        at = text.index(name)
        message = f"A schedule of your own keeps nothing from step to step, but {name} is read before it is assigned."
        raise FormulaError(message, text, at, at + len(name))
    hypers = tuple(own_hyper(one, _shipped_hypers()) for one in rule.declarations)
    # What torch calls n counts from 0; a name that begins so is none of the language.
    numbers = ", ".join(["_n + 1", "T", *(hyper.name for hyper in hypers)])
    return Schedule(
        key=OWN_SCHEDULE,
        name="Own schedule",
        year=0,
        authors="",
        source="",
        idea="A schedule of your own.",
        rule=text,
        hypers=hypers,
        torch=f"LambdaLR(optimizer, lambda _n: factor({numbers}))",
        trap="",
    )


def own_schedule(text: str) -> Schedule:
    """The declaration made from a visitor's ``text``. Raises ``FormulaError`` with a sentence and a place."""
    if text.replace("_", "").isalnum():
        raise FormulaError("Every line is an assignment, such as factor = 1.", text, 0, len(text))
    return schedule(text)


def _shipped_hypers() -> list[Hyper]:
    return [hyper for shipped in SCHEDULES.values() for hyper in shipped.hypers]
