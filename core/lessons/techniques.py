"""The sections of the Techniques page, in its order: what each technique is for, and the experiments that test it."""

from core.lessons import technique_previews as previews
from core.lessons.sections import Section
from core.snippets import code_file

TECHNIQUES = (
    Section(
        key="scaling",
        title="Feature scaling",
        introduction="Features in different units make a long valley of the loss, and the best rate for one weight is "
        "too large or too small for another. Dividing each feature by its spread mends that; it cannot mend features "
        "that say nearly the same.",
        preview=previews.scaling,
        alt="Loss against the step on two features, one four times as spread: slow as they are, fast standardised",
        experiments=("X44",),
        code=code_file("techniques/scaling.py"),
    ),
    Section(
        key="batch_norm",
        title="Batch normalisation",
        introduction="Normalising each unit over the batch lets a deep network train at rates that would otherwise "
        "destroy it. Why it does is disputed: it helps even where the inputs of each layer are made unsteady.",
        preview=previews.batch_norm,
        alt="Loss of a deep network against the learning rate: with BatchNorm it learns at larger rates",
        experiments=("X45", "X46"),
        code=code_file("techniques/batch_norm.py"),
    ),
    Section(
        key="accumulation",
        title="Gradient accumulation",
        introduction="Several small batches, one step: the mean of their gradients is that of one large batch, if "
        "every part counts by its items and no layer looks at the batch as a whole.",
        preview=previews.accumulation,
        alt="Relative error of a gathered gradient against the items in a part: rounding, but large with BatchNorm",
        experiments=("X47",),
        code=code_file("techniques/accumulation.py"),
    ),
    Section(
        key="nesterov",
        title="Nesterov's look-ahead",
        introduction="The gradient is taken where momentum is about to carry the point. It overshoots less, and pays "
        "with a smaller range of stable learning rates.",
        preview=previews.nesterov,
        alt="Position against the step on a parabola: Nesterov's method overshoots the minimum less than momentum",
        experiments=("X20", "X21", "X24"),
        code=code_file("techniques/nesterov.py"),
    ),
    Section(
        key="clipping",
        title="Gradient clipping",
        introduction="A limit on the gradient saves a run from one enormous step. Clipping by norm shortens the "
        "gradient, clipping by value also turns it, and neither mends a gradient that has vanished.",
        preview=previews.clipping,
        alt="A gradient as an arrow, the same shortened by its norm, and the same turned by clipping its entries",
        experiments=("X48", "X49"),
        code=code_file("techniques/clipping.py"),
    ),
    Section(
        key="initialisation",
        title="Initialisation",
        introduction="Weights start at random, so that units can become different, and with a variance that lets "
        "values keep their size from layer to layer. Which variance that is depends on the activation.",
        preview=previews.initialisation,
        alt="Size of the values behind each of thirty ReLU layers: kept by He's variance, lost by Xavier's",
        experiments=("X07", "X08"),
        code=code_file("techniques/initialisation.py"),
    ),
    Section(
        key="decay",
        title="Weight decay and AdamW",
        introduction="Shrinking the weights beside the gradient and adding λ times the weights to the gradient are one "
        "thing in gradient descent and two in Adam, which divides the second by the size it has just seen.",
        preview=previews.decay,
        alt="A weight without a gradient against the step: AdamW shrinks it by a fixed share, Adam with L2 far faster",
        experiments=("X35", "X36", "X37", "X61"),
        code=code_file("techniques/decay.py"),
    ),
    Section(
        key="correction",
        title="Bias correction",
        introduction="Adam's averages start at zero and are too small at first. Without the correction the first steps "
        "are too long, not too short, because the average under the root lags most.",
        preview=previews.correction,
        alt="Step length against the step: up to 6.6 learning rates without bias correction, always one with it",
        experiments=("X30", "X31"),
        code=code_file("techniques/correction.py"),
    ),
    Section(
        key="warmup",
        title="Warm-up",
        introduction="A rate that rises over the first steps lets the run reach a flatter place before the large steps "
        "come, so that a larger peak can be used. Where the curvature is the same everywhere it hardly helps.",
        preview=previews.warmup,
        alt="Loss against the step on a quartic at rate 0.5: it explodes at once, and falls with a warm-up of 50 steps",
        experiments=("X62",),
        code=code_file("techniques/warmup.py"),
    ),
    Section(
        key="sam",
        title="Sharpness-aware minimisation",
        introduction="SAM takes the gradient a little uphill, and among equal minima walks to the flat ones, for two "
        "gradients a step. A demonstration in one variable shows the opposite of what it does.",
        preview=previews.sam,
        alt="Sharpness against the step in a valley of equal minima: unchanged by gradient descent, lowered by SAM",
        experiments=("X57",),
    ),
    Section(
        key="formats",
        title="Number formats and loss scaling",
        introduction="float16 loses small gradients unless the loss is multiplied first; bfloat16 keeps their size and "
        "fewer of their digits. A scaled gradient must be divided again before it is clipped.",
        preview=previews.formats,
        alt="Share of a gradient that is left when it is stored: float16 loses what is small, bfloat16 does not",
        experiments=("X65",),
        code=code_file("techniques/formats.py"),
    ),
    Section(
        key="memory",
        title="What an optimizer remembers",
        introduction="Adam keeps two numbers for each weight, momentum and Lion one, gradient descent none. Storing "
        "weights in 16 bits beside a copy in 32 does not change the sum.",
        preview=previews.memory,
        alt="Memory for a model of seven billion weights against the numbers kept for each: from 56 to 112 gigabytes",
        experiments=("X38",),
        code=code_file("techniques/memory.py"),
    ),
    Section(
        key="averaging",
        title="Averaging in place of a schedule",
        introduction="Schedule-Free evaluates the average of the points it visits, which quiets noise without a rate "
        "that has to fall by a fixed step. On the noisy bowl here, at its usual beta of 0.9, it beats a fixed rate and "
        "loses to a falling one; at 0, as a plain average, it beats both.",
        preview=previews.averaging,
        alt="Expected loss against the learning rate for a constant rate, a falling one, and Schedule-Free",
        experiments=("X71",),
        code=code_file("techniques/averaging.py"),
    ),
)
