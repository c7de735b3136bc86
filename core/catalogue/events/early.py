"""Events before deep learning: descent under noise, derivatives sent backwards, the first networks."""

from core.catalogue.events.declaration import Event
from core.catalogue.optimizers import Training

EVENTS: tuple[Event, ...] = (
    Event(
        key="hadamard",
        name="Hadamard's descent",
        year=1908,
        authors="Hadamard",
        source="Hadamard 1908, Mémoires présentés par divers savants à l'Académie des sciences 33",
        idea="Meets the same idea independently of Cauchy, in a study of clamped elastic plates: follow the steepest "
        "descent of an energy.",
        consequence=(
            "Gradient descent also makes sense where the unknown is a whole function and not a handful of numbers."
        ),
    ),
    Event(
        key="curry",
        name="Curry's proof",
        year=1944,
        authors="Curry",
        source="Curry 1944, doi:10.1090/qam/10667",
        idea="Examines when steepest descent converges on functions that are not quadratic, which Cauchy had left "
        "open.",
        consequence="The limits of such a path are stationary points, which need not be minima.",
    ),
    Event(
        key="robbins_monro",
        name="SGD (Robbins–Monro)",
        year=1951,
        authors="Robbins, Monro",
        source="Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
        idea="Finds the root of a function of which only noisy values can be seen, with steps whose sum is infinite "
        "and whose squares have a finite sum. Root finding, not yet minimisation.",
        consequence="Read with a gradient as the function, it is stochastic gradient descent; its two conditions on "
        "the steps are why learning rates decay.",
        rule="sgd",
        use="Learning online, an example at a time, and data too many for exact gradients.",
        suits=(Training.CONVOLUTIONAL, Training.OPEN_ENDED),
    ),
    Event(
        key="kiefer_wolfowitz",
        name="Kiefer–Wolfowitz",
        year=1952,
        authors="Kiefer, Wolfowitz",
        source="Kiefer & Wolfowitz 1952, doi:10.1214/aoms/1177729392",
        idea="Turns stochastic root finding into stochastic optimisation: the slope is estimated from differences of "
        "noisy values.",
        consequence="Optimisation under noise had a method that converges, one that does not even need a gradient.",
    ),
    Event(
        key="perceptron",
        name="Perceptron",
        year=1958,
        authors="Rosenblatt",
        source="Rosenblatt 1958, doi:10.1037/h0042519",
        idea="A machine that learns from one example at a time: after a mistake the weights move by that example.",
        consequence="Learning by small corrections, sample by sample, reached neural networks; one layer was its "
        "limit.",
    ),
    Event(
        key="least_mean_squares",
        name="Least mean squares",
        year=1960,
        authors="Widrow, Hoff",
        source="Widrow & Hoff 1960, Adaptive switching circuits, IRE WESCON Convention Record, part 4, 96",
        idea="Lowers the squared error of a linear unit along the gradient of a single sample.",
        consequence="Stochastic gradient descent in today's sense, still at work in adaptive filters.",
    ),
    Event(
        key="amari_descent",
        name="Amari's descent",
        year=1967,
        authors="Amari",
        source="Amari 1967, doi:10.1109/PGEC.1967.264666",
        idea="Stochastic gradient descent as a general way to train a classifier, with an analysis of how fast it "
        "learns and how much it fluctuates.",
        consequence=(
            "Learning rules became gradient descent on an average loss rather than a separate invention for each "
            "machine."
        ),
    ),
    Event(
        key="reverse_mode",
        name="Reverse mode",
        year=1970,
        authors="Linnainmaa",
        source="Linnainmaa 1970, master's thesis, University of Helsinki",
        idea="Passes derivatives backwards through a computation, so that one sweep yields the derivative with respect "
        "to every input.",
        consequence="A gradient costs a small multiple of the function, however many weights there are.",
    ),
    Event(
        key="werbos",
        name="Werbos's thesis",
        year=1974,
        authors="Werbos",
        source="Werbos 1974, PhD thesis, Harvard University",
        idea="Carries derivatives backwards through ordered systems in order to fit them to data.",
        consequence="What was later called backpropagation existed and went almost unnoticed for a decade.",
    ),
    Event(
        key="backpropagation",
        name="Backpropagation",
        year=1986,
        authors="Rumelhart, Hinton, Williams",
        source="Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
        idea="Shows that hidden layers trained by gradient descent find useful representations, and gives the update a "
        "momentum term.",
        consequence="Made training several layers popular, and brought Polyak's momentum to neural networks.",
    ),
    Event(
        key="lbfgs",
        name="L-BFGS",
        year=1989,
        authors="Liu, Nocedal",
        source="Liu & Nocedal 1989, doi:10.1007/BF01589116",
        idea="Estimates curvature from the last few steps and gradients instead of storing a matrix.",
        consequence="The standard for smooth problems with exact gradients; noise spoils its differences of gradients.",
    ),
    Event(
        key="averaging",
        name="Averaging",
        year=1992,
        authors="Polyak, Juditsky",
        source="Polyak & Juditsky 1992, doi:10.1137/0330046; independently Ruppert 1988, technical report, Cornell",
        idea="Take long noisy steps and report the average of the iterates.",
        consequence="The average reaches the best possible asymptotic rate without knowing the curvature; weight "
        "averaging and Schedule-Free go back to it.",
    ),
    Event(
        key="flat_minima",
        name="Flat minima",
        year=1997,
        authors="Hochreiter, Schmidhuber",
        source="Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.1.1",
        idea="A minimum in a wide flat region needs fewer bits to describe its weights, and so should generalise "
        "better.",
        consequence="Began the debate on sharpness, and is an ancestor of SAM.",
    ),
    Event(
        key="lstm",
        name="LSTM",
        year=1997,
        authors="Hochreiter, Schmidhuber",
        source="Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735",
        idea="A recurrent cell with a path along which the error keeps its size through time.",
        consequence="Countered vanishing gradients by changing the network instead of the optimizer.",
    ),
    Event(
        key="natural_gradient",
        name="Natural gradient",
        year=1998,
        authors="Amari",
        source="Amari 1998, doi:10.1162/089976698300017746",
        idea="Measures a step by how much it changes the model's distribution and not by how far the weights move.",
        consequence="Independent of how the model is parametrised, but the Fisher matrix is far too large for "
        "networks.",
    ),
    Event(
        key="efficient_backprop",
        name="Efficient BackProp",
        year=1998,
        authors="LeCun, Bottou, Orr, Müller",
        source="LeCun, Bottou, Orr & Müller 1998, doi:10.1007/3-540-49430-8_2",
        idea="Collects what makes gradient descent work in practice: centred and scaled inputs, shuffled samples, "
        "sensible first weights, a separate rate for each layer.",
        consequence="The condition number became something to be engineered before the optimizer is chosen.",
    ),
)
