"""What is said about the six steps of gradient descent, and about the example that is worked out by hand."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "update_rule"

_BOTTOU = "Bottou, Curtis & Nocedal 2018, arXiv:1606.04838"
_BACKPROP = "Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0"
_CAUCHY = "Cauchy 1847, Comptes rendus 25:536"
_TEXTBOOK = "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.5"
_HERE = "recomputed here"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C009",
        page=_PAGE,
        topic="steps",
        said="These six steps power every neural network in production.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="They are the skeleton of training. To it are added gradients from small batches, a rule with "
        "momentum or a rate for each weight, a schedule and often clipping; plain gradient descent on all "
        "the data at once is rare. A network in production that no longer learns only predicts.",
        source="LLaMA, arXiv:2302.13971; Cohen et al. 2021, arXiv:2103.00065",
    ),
    Claim(
        key="C010",
        page=_PAGE,
        topic="steps",
        said="The update rule is θ(t+1) = θ(t) − α∇J(θ(t)).",
        verdict=Verdict.TRUE,
        correct="It is, and the gradient is taken at the point where the step begins. Cauchy, who proposed the "
        "method, searched for a new length at every step along its line; a fixed α is the simplest choice.",
        source=_CAUCHY,
        experiment="X05",
    ),
    Claim(
        key="C011",
        page=_PAGE,
        topic="steps",
        said="Start by giving all weights random values, by Xavier's or He's rule.",
        verdict=Verdict.CONDITIONS,
        correct="Networks with hidden layers need it: units that start equal get equal gradients for ever, so "
        "{different units, random:.0f} of them count as {different units, all 0:.0f}. Biases may start at 0, "
        "and so may all parameters where the loss is a bowl, as it is for a line. Xavier's variance, "
        "2/(inputs + outputs), suits tanh, and He's, 2/inputs, suits ReLU: behind 30 ReLU layers, in one "
        "draw of the weights, values keep {X08 size of the output, He:.2f} of their size with He's and {X08 "
        "size of the output, Xavier:.6f} with Xavier's. PyTorch's linear layer uses neither; its variance is "
        "1/(3·inputs).",
        source="Glorot & Bengio 2010, AISTATS; He et al. 2015, arXiv:1502.01852",
        experiment="X07",
    ),
    Claim(
        key="C012",
        page=_PAGE,
        topic="steps",
        said="The forward pass computes the prediction ŷ = f(x; θ).",
        verdict=Verdict.TRUE,
        correct="In the worked example f is the line w·x + b; from w = 0.5 and b = 0.1 it predicts "
        "{prediction at x = 1:.1f}, {prediction at x = 2:.1f} and {prediction at x = 3:.1f}.",
        source=_TEXTBOOK,
        experiment="X77",
    ),
    Claim(
        key="C013",
        page=_PAGE,
        topic="steps",
        said="The loss J(θ) = L(ŷ, y) measures how wrong a prediction is.",
        verdict=Verdict.CONDITIONS,
        correct="L is the loss of one prediction. J, which is minimised, is its mean over all the data, estimated "
        "from a batch, plus a penalty on the weights if there is one. Whether squares are averaged, halved "
        "or summed changes the slope in the example from {slope along w, mean:.1f} to {slope along w, half "
        "the mean:.1f}, {slope along w, sum:.1f} or {slope along w, half the sum:.1f} and the largest stable "
        "learning rate in inverse proportion.",
        source=_BOTTOU,
        experiment="X06",
    ),
    Claim(
        key="C014",
        page=_PAGE,
        topic="steps",
        said="Backpropagation gives the gradient ∇J(θ) of the loss.",
        verdict=Verdict.TRUE,
        correct="It is the chain rule from the loss backwards and exact apart from rounding. Differences of the loss "
        "are not: in the example, where the slope is {exact slope along w:.1f}, a forward difference gives "
        "{forward difference along w | h=0.1:.2f} with h = 0.1 and, spoilt by rounding, "
        "{forward difference along w | h=1e-12:.4f} with h = 10⁻¹².",
        source=_BACKPROP,
        experiment="X05",
    ),
    Claim(
        key="C015",
        page=_PAGE,
        topic="steps",
        said="Each parameter is updated by θ ← θ − α∇J.",
        verdict=Verdict.TRUE,
        correct="All of them at once, each against its own slope: every slope is taken before any parameter moves. In "
        "the worked example b comes to {b after one step, at once:.3f}; had w moved first, it would come to "
        "{b after one step, in turn:.3f}.",
        source=_CAUCHY,
        experiment="X77",
    ),
    Claim(
        key="C016",
        page=_PAGE,
        topic="steps",
        said="Repeat until convergence.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Deep networks usually stop when a budget of steps is spent or the error on held-out data stops "
        "falling. With noisy gradients a constant rate never converges: on ½x² with noise of size 1 it hovers at a "
        "mean square of α/(2 − α), which is {theory α·σ²/(2 − α) at your rate:.3g} at α = 0.1 and "
        "{theory α·σ²/(2 − α) at your rate | lr=0.01:.3g} at 0.01.",
        source=f"{_BOTTOU}; Zhang et al. 2022, arXiv:2110.06256",
        experiment="X14",
    ),
    Claim(
        key="C017",
        page=_PAGE,
        topic="example",
        said="At w = 0.5, b = 0.1 the slope along w is −13.6.",
        verdict=Verdict.CONDITIONS,
        correct="It is if the loss is the mean of the squares. The residuals are −1.4, −2.9 and −4.4, and ⅔ of the "
        "sum of residual times x is {slope along w, mean:.1f}. With half the mean it is "
        "{slope along w, half the mean:.1f}, with the sum {slope along w, sum:.1f}, with half the sum "
        "{slope along w, half the sum:.1f}.",
        source=_HERE,
        experiment="X06",
    ),
    Claim(
        key="C018",
        page=_PAGE,
        topic="example",
        said="The slope along b is −5.8.",
        verdict=Verdict.CONDITIONS,
        correct="For the mean of the squares it is: ⅔ of the sum of the residuals, −8.7. With half the mean it is "
        "−2.9, with the sum −17.4, with half the sum −8.7.",
        source=_HERE,
        experiment="X05",
    ),
    Claim(
        key="C019",
        page=_PAGE,
        topic="example",
        said="One step at a learning rate of 0.01 takes w from 0.5 to 0.636.",
        verdict=Verdict.CONDITIONS,
        correct="For the mean of the squares it does, and with b the loss falls from {loss before:.2f} to "
        "{loss after:.5f}.",
        source=_HERE,
        experiment="X05",
    ),
    Claim(
        key="C020",
        page=_PAGE,
        topic="example",
        said="It takes b from 0.1 to 0.158.",
        verdict=Verdict.CONDITIONS,
        correct="For the mean of the squares it does, although the best line, w = 2 and b = 0, has a smaller b: the "
        "steep direction comes first. The bowl's curvatures are 0.2404 and 11.09, a condition number of 46.145, so a "
        "learning rate has to stay below {X06 limit 2/L, mean:.6f}, and the best fixed one is 0.176471.",
        source=_HERE,
        experiment="X05",
    ),
)
