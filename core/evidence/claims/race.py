"""What is said about races between rules on Rosenbrock's and Beale's functions."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE, _TOPIC = "optimizers", "race"

_ROSENBROCK = "Rosenbrock 1960, doi:10.1093/comjnl/3.3.175"
_BEALE = "problem 5 of Moré, Garbow & Hillstrom 1981, doi:10.1145/355934.355936"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C097",
        page=_PAGE,
        topic=_TOPIC,
        said="Rosenbrock's function, with its narrow valley, is the classic test for an optimizer.",
        verdict=Verdict.TRUE,
        correct="It has been one since 1960. At the minimum (1, 1) the curvature across the valley is "
        "{larger / smaller curvature at the minimum:.0f} times the curvature along it.",
        source=_ROSENBROCK,
        experiment="X80",
    ),
    Claim(
        key="C098",
        page=_PAGE,
        topic=_TOPIC,
        said="At the start (−1.5, 2) Rosenbrock's function is 906.25.",
        verdict=Verdict.FALSE,
        correct="It is {loss at the start:.1f}: 2.5² from the first term and 100·(2 − 2.25)² from the second. "
        "{loss at the start | y0=-0.75:.2f} is its value at (−1.5, −0.75) and at (−1.5, 5.25).",
        source=f"recomputed here from the formula of {_ROSENBROCK}",
        experiment="X80",
    ),
    Claim(
        key="C099",
        page=_PAGE,
        topic=_TOPIC,
        said="A learning rate of 0.0008 works for gradient descent on Rosenbrock's function.",
        verdict=Verdict.CONDITIONS,
        correct="It is stable: the limit 2/L is 0.000956 at the start and {limit 2/L:.6f} near the minimum. Whether "
        "it works depends on patience: the loss is 7.80 after one step, 5.66 after 100, "
        "{final loss | lr=0.0008, steps=1000:.2f} after 1000 and {final loss | lr=0.0008, steps=10000:.6f} after 10 "
        "000.",
        source=f"{_ROSENBROCK}; recomputed here",
        experiment="X43",
    ),
    Claim(
        key="C100",
        page=_PAGE,
        topic=_TOPIC,
        said="A race shows which optimizer reaches the minimum first.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It shows which rule had the learning rate that suited it. On Rosenbrock's function after 2000 steps "
        "Nesterov is ahead at 0.0008 (momentum close behind), RMSProp at 0.003, where gradient descent, "
        "momentum and Nesterov diverge, and Adam at 0.01 and at 0.1. Another start changes the order again, "
        "so compare rules at the best rate of each.",
        source="Choi et al. 2019, arXiv:1910.05446; Schmidt et al. 2021, arXiv:2007.01547",
        experiment="X42",
    ),
    Claim(
        key="C101",
        page=_PAGE,
        topic=_TOPIC,
        said="At (1, 1) Beale's function is 14.2031.",
        verdict=Verdict.TRUE,
        correct="Exactly 909/64 = {loss at the start:.6f}. The minimum is 0, at (3, 0.5).",
        source=_BEALE,
        experiment="X81",
    ),
    Claim(
        key="C102",
        page=_PAGE,
        topic=_TOPIC,
        said="A learning rate of 0.001 takes gradient descent from (1, 1) to the minimum of Beale's function.",
        verdict=Verdict.TRUE,
        correct="It does, and slowly: the loss is still {loss at the end:.3f} after 1000 steps, and only rounding, "
        "below 10⁻²⁴, after 100 000.",
        source=f"{_BEALE}; recomputed here",
        experiment="X81",
    ),
    Claim(
        key="C103",
        page=_PAGE,
        topic=_TOPIC,
        said="On Beale's function the arrow against the gradient at the start (1, 1) points to the minimum.",
        verdict=Verdict.FALSE,
        correct="The gradient there is (0, {slope along y:.2f}), so the first step goes straight down in y, although "
        "the minimum lies two units away in x: it is {degrees between the first step and the way to the "
        "minimum:.0f} degrees off. The curvatures there are {smaller curvature at the start:.2f} and {larger "
        "curvature at the start:.1f}, so the start does not even lie in a bowl.",
        source=f"{_BEALE}; recomputed here",
        experiment="X81",
    ),
)
