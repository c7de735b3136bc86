"""Demonstrations of techniques and pitfalls that need no words of their own beside what their runs say."""

from core.catalogue.objectives import OBJECTIVES, Objective
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.optimizers.declaration import ORANGE, PINK, RED, TEAL
from core.catalogue.racers import RACERS
from core.engine.summary import Race
from core.evidence.experiments.decay import ADAM_L2
from core.formula.words import digits
from core.lessons.demo import Demo, clip_turn, hyper_turn, noise_turn, schedule_turn, variant
from core.lessons.flat_walk import sharpness

_GD, _MOMENTUM, _NESTEROV, _ADAM, _ADAMW, _ADAGRAD, _RMSPROP, _LION, _FREE = (
    RACERS[key]
    for key in ("sgd", "momentum", "nesterov", "adam", "adamw", "adagrad", "rmsprop", "lion", "schedule_free")
)

CLIPPING = Demo(
    key="clip",
    title="One enormous step",
    look_for="The first gradient is so long that one step of plain gradient descent throws the run out. Clipped, it "
    "keeps its direction and every step is short enough.",
    objective=OBJECTIVES["rosenbrock"],
    steps=2000,
    entrants=((_GD, {}), (variant("clipped", "Clipped", "sgd", ORANGE, "dash"), {})),
    turns=(hyper_turn("lr", 0.003, "sgd", "clipped"), clip_turn(1.0, "clipped")),
)
LOOK_AHEAD = Demo(
    key="ahead",
    title="Across a ravine",
    look_for="Nesterov's method swings less across the ravine. Turn the learning rate up to 0.018: momentum still "
    "holds, Nesterov's method diverges.",
    objective=OBJECTIVES["ravine"],
    steps=200,
    entrants=((_MOMENTUM, {}), (_NESTEROV, {})),
    turns=(hyper_turn("lr", 0.01, "momentum", "nesterov"), hyper_turn("beta", 0.9, "momentum", "nesterov")),
)
DECAY = Demo(
    key="decay",
    title="Two ways to decay",
    look_for="Both pull the weights towards 0. AdamW takes the same share of each weight whatever its gradient, and "
    "ends far from the minimum; the L2 penalty in Adam is divided by the size of the gradients and has "
    "hardly any effect.",
    objective=OBJECTIVES["booth"],
    steps=500,
    entrants=(
        (_ADAM, {}),
        (_ADAMW, {}),
        (variant("coupled", "Adam with L2", ADAM_L2, TEAL, "dot"), {}),
    ),
    turns=(
        hyper_turn("lr", 0.1, "adam", "adamw", "coupled"),
        hyper_turn("weight_decay", 0.5, "adamw", "coupled"),
    ),
)
_UNCORRECTED = OPTIMIZERS["adam"].text.replace("m/(1 - beta1**t)", "m").replace("v/(1 - beta2**t)", "v")
CORRECTION = Demo(
    key="correct",
    title="The first steps",
    look_for="Without the correction the first step is three times as long as the learning rate and overshoots the "
    "valley: the loss rises from 12.5 to 88. With it no step along a coordinate is longer than the learning rate.",
    objective=OBJECTIVES["rosenbrock"],
    steps=100,
    entrants=((_ADAM, {}), (variant("uncorrected", "Uncorrected", _UNCORRECTED, PINK, "dash"), {})),
    turns=(
        hyper_turn("lr", 0.1, "adam", "uncorrected"),
        hyper_turn("beta1", 0.9, "adam", "uncorrected"),
        hyper_turn("beta2", 0.999, "adam", "uncorrected"),
    ),
)
WARMUP = Demo(
    key="warm",
    title="A slow start on a steep wall",
    look_for="At the start the curvature is 75, too much for this learning rate: without a warm-up the run is lost in "
    "three steps. With one it comes down while the steps are small, to where the full rate is stable.",
    objective=Objective(
        key="steep_walls",
        name="Steep walls",
        formula="x**4/4",
        domain=((-6.0, 6.0),),
        start=(5.0,),
        minima=((0.0,),),
        minimum=0.0,
        idea="The curvature is 3x²: large on the walls, and 0 at the bottom.",
    ),
    steps=200,
    entrants=(
        (_GD, {}),
        (
            variant("warmed", "With warm-up", "sgd", ORANGE, "dash"),
            {"schedule": "warmup_linear", "schedule_hypers": {"start": 0.001}},
        ),
    ),
    turns=(hyper_turn("lr", 0.5, "sgd", "warmed"), schedule_turn("warmup_linear", "warmup", 50, "warmed")),
)
AVERAGING = Demo(
    key="average",
    title="Noise at the bottom",
    look_for="With a fixed rate the noise keeps the run moving about the minimum. A falling rate and an average both "
    "calm it down. This is one draw of the noise; the experiment below shows the mean.",
    objective=OBJECTIVES["bowl"],
    steps=500,
    entrants=(
        (_GD, {}),
        (variant("falling", "Falling rate", "sgd", ORANGE, "dash"), {"schedule": "polynomial"}),
        (_FREE, {}),
    ),
    turns=(
        hyper_turn("lr", 0.1, "sgd", "falling", "schedule_free"),
        noise_turn(1.0, 5.0, "sgd", "falling", "schedule_free"),
    ),
)

WELLS = Demo(
    key="wells",
    title="Two wells",
    look_for="The start decides: without noise both runs end in the nearer, shallower well, the one at the small "
    "rate only later. Enough noise carries a run over the hill between the wells, and can carry it back.",
    objective=OBJECTIVES["double_well"],
    steps=400,
    entrants=(
        (_GD, {}),
        (variant("small", "Small rate", "sgd", ORANGE, "dash"), {}),
        (variant("noisy", "With noise", "sgd", RED, "dot"), {}),
    ),
    turns=(hyper_turn("lr", 0.1, "sgd", "noisy"), hyper_turn("lr", 0.02, "small"), noise_turn(1.2, 3.0, "noisy")),
)
PLATEAU = Demo(
    key="flat",
    title="A plateau",
    look_for="Where the run starts, the slope is 0.001. Adam, whose steps do not depend on it, and momentum, which "
    "adds up past slopes, get across long before plain gradient descent; with a falling rate it takes "
    "longer still.",
    objective=OBJECTIVES["plateau"],
    steps=600,
    entrants=(
        (_GD, {}),
        (variant("cosine", "Cosine decay", "sgd", PINK, "dash"), {"schedule": "cosine"}),
        (_MOMENTUM, {}),
        (_ADAM, {}),
    ),
    turns=(hyper_turn("lr", 0.5, "sgd", "cosine", "momentum"), hyper_turn("lr", 0.05, "adam")),
)
ADAGRAD = Demo(
    key="adagrad",
    title="A rate that fades",
    look_for="Without noise AdaGrad arrives: its gradients die out, so their sum stops growing. With noise the sum "
    "grows for ever and the steps fade, which here calms the run down, while RMSProp, which forgets old "
    "gradients, keeps moving.",
    objective=OBJECTIVES["bowl"],
    steps=1000,
    entrants=(
        (_ADAGRAD, {}),
        (variant("noisy", "AdaGrad with noise", "adagrad", RED, "dot"), {}),
        (variant("forgetful", "RMSProp with noise", "rmsprop", PINK, "dash"), {}),
    ),
    turns=(
        hyper_turn("lr", 0.5, "adagrad", "noisy"),
        hyper_turn("lr", 0.05, "forgetful"),
        noise_turn(1.0, 5.0, "noisy", "forgetful"),
    ),
)
CYCLES = Demo(
    key="cycle",
    title="Signs about a minimum",
    look_for="Every step of Lion is as long as the learning rate, so it swings about the minimum to the end. Gradient "
    "descent's steps shrink with the slope.",
    objective=OBJECTIVES["parabola"],
    steps=200,
    entrants=((_LION, {}), (_GD, {})),
    # No part of the way from the start: sign steps of such a length would land exactly on 0 and look perfect.
    turns=(hyper_turn("lr", 0.06, "lion", "sgd"),),
)
DEPTH = Demo(
    key="layers",
    title="Twenty layers of one weight",
    look_for="The output is x multiplied twenty times. From 0.6 the gradient is so small that plain gradient descent "
    "stands still; drag the start to 1.2, and it explodes in one step. Clipping helps only in the second "
    "case, Adam in both.",
    objective=Objective(
        key="twenty_layers",
        name="Twenty layers",
        formula="(x**20 - 1)**2/2",
        domain=((-0.2, 1.25),),
        start=(0.6,),
        minima=((1.0,),),
        minimum=0.0,
        idea=(
            "A network of twenty layers that share a single weight; it should turn an input of 1 into an output of 1."
        ),
    ),
    steps=300,
    entrants=((_GD, {}), (variant("clipped", "Clipped", "sgd", ORANGE, "dash"), {}), (_ADAM, {})),
    turns=(
        hyper_turn("lr", 0.002, "sgd", "clipped"),
        clip_turn(10.0, "clipped"),
        hyper_turn("lr", 0.02, "adam"),
    ),
)


def _edge(race: Race) -> list[str]:
    """How sharp the floor of the valley is where each run ends, beside what its learning rate allows."""
    sentences = []
    for racer, path in race:
        if path.status.failed:
            sentences.append(f"**{racer.name}.** {path.status}")
            continue
        sizes, lr = sharpness(path), path.run.settings["lr"]
        allowed = f"2/α = {digits(2 / lr)}" if lr else "no limit"
        sentences.append(
            f"**{racer.name}** goes from a sharpness of {digits(sizes[0])} to {digits(sizes[-1])}; "
            f"its rate allows {allowed}."
        )
    return sentences


EDGE = Demo(
    key="edge",
    title="Too sharp to stay",
    look_for="The valley is sharpest on the right. The run at the smaller rate stays where it comes down. The one at "
    "the larger rate is thrown out, because 2/α lies below the sharpness there, and comes to rest where the "
    "valley is flat enough.",
    objective=OBJECTIVES["hyperbola_valley"],
    steps=300,
    entrants=((_GD, {}), (variant("large", "Large rate", "sgd", ORANGE, "dash"), {})),
    turns=(hyper_turn("lr", 0.05, "sgd"), hyper_turn("lr", 0.1, "large")),
    tell=_edge,
)
