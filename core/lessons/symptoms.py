"""What goes wrong in training, told from what is seen: the symptom, its cause, a test for it, and what helps."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Symptom:
    """One row: what is seen, its ``cause``, a ``test`` that tells it from other causes, and the ``fix``.

    ``experiment`` is the key of the experiment that shows it; ``section`` is the part of ``page`` about it.
    """

    key: str
    symptom: str
    cause: str
    test: str
    fix: str
    experiment: str
    section: str
    page: str = "pitfalls"


# In the order in which they are met: from the first steps of a run to its end.
_ALL = (
    Symptom(
        key="exploding",
        symptom="A deep network overflows in its first steps, or its gradient is huge in every layer at once.",
        cause="Each layer makes the values larger: weights √2 times He's are enough, and so are skip connections "
        "that only add.",
        test="Measure the size of the values after each layer before training; it should stay near that of the inputs.",
        fix="He's variance for ReLU, Xavier's for tanh; divide each residual branch by the root of the depth, or "
        "normalise it.",
        experiment="X50",
        section="depth",
    ),
    Symptom(
        key="vanishing",
        symptom="The last layers learn and the first ones stay as they were.",
        cause="The gradient shrinks in every layer on its way back, as the slope of a sigmoid, at most 1/4, makes it.",
        test="Compare the norm of the gradient layer by layer before the first step.",
        fix="ReLU with He's weights or tanh with Xavier's, skip connections, normalisation. Clipping does not help: "
        "it can only shorten a gradient.",
        experiment="X50",
        section="depth",
    ),
    Symptom(
        key="forgetting",
        symptom="A recurrent network learns what is near and nothing that lies many steps back.",
        cause="The gradient is multiplied in every step: in a tanh RNN even at spectral radius 1, and in an LSTM or a "
        "GRU whose gates stand half open.",
        test="Compare the gradient with respect to the inputs of the first step with that of the last.",
        fix="An LSTM or a GRU, with a bias at the start that opens the gate which keeps the memory.",
        experiment="X75",
        section="depth",
    ),
    Symptom(
        key="diverging",
        symptom="The loss grows from step to step, with the weights jumping to and fro, until it is infinite or NaN.",
        cause="The learning rate is above 2/L, where L is the largest curvature: each step overshoots by more than it "
        "corrects.",
        test="Start again at a tenth of the rate. If the loss falls, it was the rate.",
        fix="Lower the rate, or warm up to it.",
        experiment="X09",
        section="divergence",
    ),
    Symptom(
        key="poisoned",
        symptom="After a long good run the loss suddenly becomes NaN and stays NaN.",
        cause="One number became infinite or undefined, by log 0, a division by 0 or an overflow. Clipping by norm "
        "then spreads it to every weight.",
        test="Check loss and gradient for finite values in each step, and turn on PyTorch's anomaly detection to find "
        "the operation.",
        fix="Correct the operation, and skip any step whose gradient is not finite. Clipping does not help.",
        experiment="X49",
        section="divergence",
    ),
    Symptom(
        key="underflow",
        symptom="In float16 many gradients are exactly 0 and the loss stands still.",
        cause="They are below about 3·10⁻⁸, half the smallest positive number of the format.",
        test="Count the zeros among the gradients of one step in float16 and in float32.",
        fix=(
            "Multiply the loss by a large number and divide the gradients by it again before clipping, or use bfloat16."
        ),
        experiment="X65",
        section="divergence",
    ),
    Symptom(
        key="spiking",
        symptom="Now and then the norm of the gradient is many times its usual size, and the loss jumps.",
        cause="A steep wall of the loss, or an unusual batch: the step is as long as the slope is steep.",
        test="Record the norm before clipping and compare it with its own running median.",
        fix="Clip the norm somewhat above its usual size. The rate must still be small enough for the usual steps.",
        experiment="X48",
        section="divergence",
    ),
    Symptom(
        key="zigzag",
        symptom="The loss falls quickly at first and then crawls, while the steps zigzag.",
        cause="The curvature differs between directions: the steepest limits the rate, the flattest needs many steps.",
        test="Compare the scales of the features, or the largest curvature with the smallest.",
        fix=(
            "Standardise the features; use momentum: the steps it needs grow with √κ, where κ is the condition "
            "number, and those of gradient descent with κ."
        ),
        experiment="X19",
        section="ravines",
    ),
    Symptom(
        key="plateau",
        symptom="The loss is high and hardly moves, with a gradient that is small in all layers alike.",
        cause="The loss is nearly flat here, and a step is as short as the slope is small.",
        test="Take a few hundred steps with momentum or Adam: they get away from a plateau.",
        fix="Momentum, or a rule that divides by the size of the gradient. A schedule that lowers the rate makes it "
        "worse.",
        experiment="X55",
        section="plateaus",
    ),
    Symptom(
        key="saddle",
        symptom="The loss rests for a long time with a gradient of almost 0, and then falls abruptly.",
        cause="A saddle: the run leaves it only as a tiny offset grows, by a constant factor in each step.",
        test="Add a little noise to the weights and go on: from a saddle the loss soon falls; from a minimum it does "
        "not.",
        fix="Noise, such as mini-batches have; momentum or Adam shorten the wait.",
        experiment="X53",
        section="saddles",
    ),
    Symptom(
        key="unlucky",
        symptom="Runs from different seeds end at very different training losses.",
        cause="The network is only just wide enough for its task and gets stuck in bad minima.",
        test="Train several seeds at this width and at twice the width.",
        fix="A wider network, or the best of several seeds.",
        experiment="X04",
        section="minima",
    ),
    Symptom(
        key="fading",
        symptom="AdaGrad learns well at first and less and less later on.",
        cause="It divides by the root of a sum that never shrinks; with noisy gradients the sum grows for ever.",
        test="Plot its effective rate: with noise it falls like 1/√t, without noise it settles.",
        fix="RMSProp or Adam, which forget old gradients.",
        experiment="X27",
        section="decay",
    ),
    Symptom(
        key="circling",
        symptom="A rule of signs such as Lion comes near a minimum and swings about it for ever.",
        cause="Its steps are as long as the learning rate, however small the gradient is.",
        test="Halve the rate: the swing halves too.",
        fix="Let the rate decay to 0.",
        experiment="X39",
        section="cycles",
    ),
    Symptom(
        key="edge",
        symptom="With full batches the loss goes up in many steps and still falls in the long run.",
        cause="The curvature has risen to about 2/α and hovers there: the edge of stability.",
        test="Measure the largest curvature and compare it with 2/α.",
        fix="None is needed while the loss falls in the long run. At a smaller rate the curvature rises further.",
        experiment="X11",
        section="edge",
    ),
    Symptom(
        key="batch",
        symptom="After a change of the batch size the results on new data are worse.",
        cause="The learning rate was kept, and the best one depends on the batch size.",
        test="Tune the rate again for this batch size, on validation data.",
        fix="Tune the rate again for each batch size before comparing sizes.",
        experiment="X58",
        section="sharpness",
    ),
)

SYMPTOMS: Mapping[str, Symptom] = MappingProxyType({symptom.key: symptom for symptom in _ALL})
