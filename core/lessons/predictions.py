"""The predictions of the Learn pages: each asks what a run will do, and catches a common belief about it.

They are asked about whatever a stage is set to show. What is right is computed from that (``core.lessons.foreseen``),
and what does not apply to it is not asked.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.formula.words import digits
from core.lessons import foreseen as see
from core.lessons.prediction import Prediction, Shown

# The rate at which look-ahead is tried beyond the one that is set.
_BEYOND = 1.8


def _of(text: str, key: str = "") -> Callable[[Shown], str]:
    """``text`` with the name of the racer ``key``, or else of the first, before it."""
    return lambda shown: f"{shown.lead(key)[0]}: {text}"


def _names(shown: Shown) -> tuple[str, ...]:
    return shown.names


def _survivors(shown: Shown) -> tuple[str, ...]:
    return (*shown.names, see.BOTH, see.NEITHER)


_RACE = ("foundations/race",)
_HILL = ("foundations/hill",)
_DESCENT = ("update_rule/descent",)
_SHAPE = ("learning_rate/shape",)
_CASE = ("learning_rate/case",)
_BATCHES = ("variants/batches",)
_RULES = ("optimizers/race",)

_ALL = (
    # --- Foundations ---
    Prediction(
        "fate",
        _RACE,
        _of("what becomes of it?"),
        see.fate(),
        "A run that is given enough steps arrives.",
        see.FATES,
        trap=(see.ARRIVES,),
    ),
    Prediction(
        "first_way",
        _RACE,
        _of("which way does its first step go?"),
        see.first_way,
        "The gradient points downhill, and a step follows it.",
        see.WAYS,
    ),
    Prediction(
        "step_length",
        _RACE,
        _of("how long is its last step, beside its first?"),
        see.last_length,
        "The learning rate is the length of a step.",
        see.LENGTHS,
        trap=(see.ALIKE,),
    ),
    Prediction(
        "after_three",
        _RACE,
        _of("where is it after 3 steps?"),
        see.place(steps=3),
        "Every step covers the same distance.",
        kind="place",
    ),
    Prediction(
        "way_down",
        _RACE,
        _of("after how many steps has it 99 % of the way down behind it?"),
        see.way_down(0.01),
        "The last steps cover as much of the way down as the first.",
        kind="number",
        unit="steps",
    ),
    Prediction(
        "valley",
        _HILL,
        "Where does the ball end?",
        see.place(),
        "The ball finds the deepest valley, wherever it starts.",
        kind="place",
    ),
    Prediction(
        "steepest",
        _HILL,
        "By how many degrees does the first step miss the way to where the ball ends?",
        see.angle,
        "The steepest way down points at the bottom.",
        kind="number",
        unit="degrees",
        near=(0.0, 15.0),
    ),
    # --- Update rule ---
    Prediction(
        "slope_way",
        _DESCENT,
        "What does the first step do to the slope w?",
        see.weight_change,
        "A negative gradient makes the weight smaller.",
        see.CHANGES,
    ),
    Prediction(
        "rate_settles",
        _DESCENT,
        "Does this learning rate settle in this bowl?",
        see.rate_settles,
        "Whether a learning rate is small can be told without the data.",
        see.SETTLING,
    ),
    Prediction(
        "tenth",
        _DESCENT,
        "After how many steps is a tenth of the loss left?",
        see.way_down(0.1),
        "At a rate of 0.01 each step takes away one per cent.",
        kind="number",
        unit="steps",
    ),
    Prediction(
        "after_ten",
        _DESCENT,
        "Where in the bowl is the line after 10 steps?",
        see.place(steps=10),
        "The line goes straight to the best one.",
        kind="place",
    ),
    Prediction(
        "nearest_weight",
        _DESCENT,
        "Which is nearer to its best value at the end?",
        see.nearest_weight,
        "All weights are learned at the same speed.",
        ("w", "b"),
    ),
    Prediction(
        "sum_settles",
        _DESCENT,
        "With the sum of the squares in place of their mean, does it settle?",
        see.sum_settles,
        "Sum or mean makes no difference, because the best line is the same.",
        see.SETTLING,
        trap=(see.SETTLES,),
    ),
    # --- Learning rate ---
    Prediction(
        "approach",
        _SHAPE,
        _of("how does it come to the minimum?"),
        see.approach,
        "A run slides to the minimum from one side, only faster at a larger rate.",
        see.SIDES,
        trap=(see.ONE_SIDE,),
    ),
    Prediction(
        "half_rate",
        _SHAPE,
        "At half this rate, how near to the minimum does it end?",
        see.half_rate,
        "A smaller learning rate is always slower.",
        see.NEARNESS,
        trap=(see.FARTHER,),
    ),
    Prediction(
        "tenth_more",
        _SHAPE,
        "At a tenth more than this rate, does it settle?",
        see.other_rate(1.1),
        "A little more learning rate makes a run a little faster.",
        see.SETTLING,
        trap=(see.SETTLES,),
    ),
    Prediction(
        "hundredth",
        _SHAPE,
        _of("after how many steps is a hundredth of the distance left?"),
        see.hundredth,
        "The nearer a rate is to the limit, the faster it arrives.",
        kind="number",
        unit="steps",
    ),
    Prediction(
        "case_fate",
        _CASE,
        _of("what becomes of it?"),
        see.fate(),
        "A learning rate either arrives or runs away.",
        see.FATES,
        trap=(see.ARRIVES, see.AWAY),
    ),
    Prediction(
        "places",
        _CASE,
        "In the long run, at how many places does gradient descent call in turn?",
        see.places,
        "Above the limit 2/L every run goes to infinity.",
        kind="number",
        unit="in all",
        near=(0.0, 0.5),
    ),
    Prediction(
        "best_schedule",
        ("learning_rate/schedules",),
        "Which schedule ends with the lowest loss?",
        see.lowest,
        "A good constant rate is as good as any schedule.",
        _names,
        trap=("Constant",),
    ),
    # --- Variants ---
    Prediction(
        "lowest_batch",
        _BATCHES,
        "After all updates, which run has the lowest loss?",
        see.lowest,
        "Small batches get lower, because their noise helps.",
        _names,
        trap=("1 at",),
    ),
    Prediction(
        "one_epoch",
        _BATCHES,
        "Which is lowest once it has looked at as many samples as the table has?",
        see.one_epoch,
        "To use all samples for every update is to learn most from them.",
        _names,
        trap=("all",),
    ),
    Prediction(
        "half_batch",
        _BATCHES,
        "With half the batch size, how high does the middle run hover above the lowest loss?",
        see.half_batch,
        "The batch size changes the speed, not the place where a run ends.",
        see.HEIGHTS,
        trap=(see.AS_HIGH,),
    ),
    Prediction(
        "rises",
        _BATCHES,
        f"1 at a time: in how many of the first {see.LOOKED} updates does the loss rise?",
        see.rises_alone,
        "Every update lowers the loss.",
        kind="number",
        near=(0.0, 12.0),
    ),
    Prediction(
        "full_place",
        _BATCHES,
        "Where is the run with all samples after 20 updates?",
        see.place("full", 20),
        "With the exact gradient a few updates are enough.",
        kind="place",
    ),
    # --- Optimizers ---
    Prediction(
        "winner",
        _RULES,
        "Which rule ends with the lowest loss?",
        see.lowest,
        "The newest rule wins, whatever its learning rate.",
        _names,
        trap=("Adam",),
    ),
    Prediction(
        "longest_way",
        _RULES,
        "Which rule goes the longest way, from start to end?",
        see.longest_way,
        "The best rule takes the shortest way.",
        _names,
    ),
    Prediction(
        "ten_times",
        _RULES,
        "On ten times the function, how long is Adam's first step?",
        see.tenfold,
        "Ten times the gradient is ten times the step.",
        see.TENFOLD,
        trap=(see.TEN_TIMES,),
    ),
    Prediction(
        "run_away",
        _RULES,
        "How many of these rules run away?",
        see.runaways,
        "A learning rate that suits one rule is safe for all.",
        kind="number",
        near=(0.0, 0.5),
    ),
    Prediction(
        "every_step",
        _RULES,
        _of("does its loss fall at every step?", "momentum"),
        see.never_rises("momentum"),
        "An optimizer lowers the loss at every step.",
        see.RISING,
        trap=(see.ALWAYS_FALLS,),
    ),
    Prediction(
        "after_hundred",
        _RULES,
        _of("where is it after 100 steps?", "momentum"),
        see.place("momentum", 100),
        "Momentum makes a run faster from its first step on.",
        kind="place",
    ),
    # --- Techniques ---
    Prediction(
        "clipped",
        ("techniques/clip",),
        "Which run is still there at the end?",
        see.survivor(),
        "Clipping only slows a run down.",
        _survivors,
    ),
    Prediction(
        "look_ahead",
        ("techniques/ahead",),
        f"At {digits(_BEYOND)} times this rate, which run is still there at the end?",
        see.survivor(_BEYOND),
        "Looking ahead allows larger learning rates.",
        _survivors,
        trap=("Nesterov", see.BOTH),
    ),
    Prediction(
        "decayed",
        ("techniques/decay",),
        "Which run ends farthest from the minimum?",
        see.farthest,
        "Weight decay and an L2 penalty are the same thing.",
        _names,
    ),
    Prediction(
        "uncorrected",
        ("techniques/correct",),
        "Uncorrected, how many learning rates long is the first step along x?",
        see.uncorrected,
        "Averages that begin at zero make the first steps too short.",
        kind="number",
        unit="learning rates",
        near=(0.2, 0.0),
    ),
    Prediction(
        "warmed",
        ("techniques/warm",),
        "Which run is still there at the end?",
        see.survivor(),
        "A rate that is too large at the start is too large for good.",
        _survivors,
        trap=(see.NEITHER,),
    ),
    Prediction(
        "averaged",
        ("techniques/average",),
        "Which run ends with the lowest loss?",
        see.lowest,
        "At the bottom of a bowl all runs come to rest, noise or not.",
        _names,
        trap=("Gradient descent",),
    ),
    Prediction(
        "sharpness",
        ("techniques/sam", "pitfalls/sam"),
        "Where along the floor of the valley does SAM end?",
        see.walk,
        "Minima that are equally low are the same to every rule.",
        see.WALK,
        trap=(see.CAME_DOWN,),
    ),
    # --- Pitfalls ---
    Prediction(
        "growth",
        ("pitfalls/slow",),
        "By what factor does the last step multiply the loss?",
        see.growth,
        "A run that diverges explodes at once.",
        kind="number",
        near=(0.05, 0.0),
    ),
    Prediction(
        "swings",
        ("pitfalls/harmless",),
        "The loss rises again and again. What becomes of this run?",
        see.fate(),
        "A loss that rises is the beginning of the end.",
        see.FATES,
        trap=(see.AWAY,),
    ),
    Prediction(
        "edge",
        ("pitfalls/edge",),
        "Where does the run at the larger rate come to rest?",
        see.edge,
        "The learning rate decides how fast a run arrives, not where.",
        see.EDGE,
        trap=(see.SAME_PLACE,),
    ),
    Prediction(
        "lion_step",
        ("pitfalls/cycle",),
        "How long is Lion's last step?",
        see.sign_step,
        "Near a minimum the steps of every rule get short.",
        kind="number",
        near=(0.2, 0.0),
    ),
    Prediction(
        "lively",
        ("pitfalls/adagrad",),
        "Of the two runs with noise, whose steps are longer at the end?",
        see.liveliest,
        "Noise keeps all rules equally lively.",
        see.noisy_names,
    ),
    Prediction(
        "layers",
        ("pitfalls/layers",),
        _of("what becomes of it?", "sgd"),
        see.fate("sgd"),
        "Where there is a slope at all, a run gets down it sooner or later.",
        see.FATES,
        trap=(see.ARRIVES,),
    ),
    Prediction(
        "well",
        ("pitfalls/wells",),
        "Where does the run at the small rate end?",
        see.place("small"),
        "Given time, a run finds the deeper well.",
        kind="place",
    ),
    Prediction(
        "leaves_saddle",
        ("pitfalls/saddle",),
        "Which run leaves the saddle first?",
        see.leaves_saddle,
        "At a saddle every rule is stuck alike.",
        _names,
    ),
    Prediction(
        "plateau",
        ("pitfalls/flat",),
        "Which run is first to have a tenth of its loss left?",
        see.first_below(0.1),
        "On flat ground only a larger learning rate helps.",
        _names,
    ),
    Prediction(
        "turned",
        ("pitfalls/turned",),
        "Which rule ends with the lower loss?",
        see.lowest,
        "Adam copes with every ravine.",
        _names,
        trap=("Adam",),
    ),
)

PREDICTIONS: Mapping[str, Prediction] = MappingProxyType({one.key: one for one in _ALL})
"""All predictions by their keys, page by page in the order in which they are asked."""


def asked_at(spot: str) -> list[Prediction]:
    """The predictions of the stage ``spot``, in the order in which they are asked."""
    return [one for one in _ALL if spot in one.spots]
