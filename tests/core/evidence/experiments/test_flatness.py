"""The experiments about flatness: what is said of the valley holds by hand, and one variable never shows it."""

import numpy as np
import pytest

from core.evidence.experiments import flatness
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("a", [1.0, 3.0, 700.0])
def test_sharpness_grows_with_the_scale_and_that_in_shares_does_not(a: float) -> None:
    numbers = ask("X56", a=a).numbers
    # By hand; an eigenvalue is exact to 1e-16 of the largest.
    assert numbers["sharpness, your a"] == pytest.approx(a**2 + a**-2, rel=1e-12)
    assert numbers["sharpness in shares of the weights, your a"] == pytest.approx(2, rel=1e-12)


@pytest.mark.parametrize("radius", [0.001, 0.1])
@pytest.mark.parametrize("a", [1.0, 10.0])
def test_the_largest_loss_nearby_is_found_by_looking_all_around(a: float, radius: float) -> None:
    random = np.random.default_rng(0)
    directions = random.standard_normal((2, 20_000))
    first, second = np.array([[a], [1 / a]]) + radius * directions / np.linalg.norm(directions, axis=0)
    looked = float(((first * second - 1) ** 2 / 2).max())
    # 3600 directions and 20 000 random ones both miss the largest by less than a millionth.
    assert ask("X56", a=a, radius=radius).numbers["largest loss nearby, your a"] == pytest.approx(looked, rel=1e-5)


def _sharpness(step, start: float, steps: int) -> float:  # type: ignore[no-untyped-def]
    point = np.array([start, 0.05])
    for t in range(steps):
        point = point - step(point, t)
    return float(point @ point)


def _slope(point: np.ndarray, target: float = 1.0) -> np.ndarray:
    return (point[0] * point[1] - target) * point[::-1]


@pytest.mark.parametrize(("rho", "lr", "start"), [(0.1, 0.01, 5.0), (0.05, 0.02, 4.0)])
def test_the_ends_are_those_of_plain_loops(rho: float, lr: float, start: float) -> None:
    steps, noise = 2000, 0.3
    numbers = ask("X57", rho=rho, lr=lr, start=start, steps=steps, noise=noise).numbers
    signs = np.random.default_rng(0).choice([-noise, noise], steps)

    def uphill(point: np.ndarray) -> np.ndarray:
        slope = _slope(point)
        return point + rho * slope / (np.linalg.norm(slope) + 1e-12)

    by_hand = {
        "gradient descent": _sharpness(lambda point, t: lr * _slope(point), start, steps),
        "SAM": _sharpness(lambda point, t: lr * _slope(uphill(point)), start, steps),
        "noisy labels": _sharpness(lambda point, t: lr * _slope(point, 1 - signs[t]), start, steps),
    }
    for name, end in by_hand.items():
        # The same arithmetic in another order, over 2000 steps that do not enlarge it.
        assert numbers[f"w₁² + w₂² at the end, {name}"] == pytest.approx(end, rel=1e-6), name


def test_sam_noise_and_large_rates_walk_further_the_more_there_is_of_them() -> None:
    label = "w₁² + w₂² at the end, {}"
    plain = ask("X57").numbers[label.format("gradient descent")]
    for setting, name, values in (("rho", "SAM", (0.05, 0.1, 0.2)), ("noise", "noisy labels", (0.2, 0.5, 1.0))):
        ends = [ask("X57", **{setting: value}).numbers[label.format(name)] for value in values]
        assert ends == sorted(ends, reverse=True)
        assert ends[0] < plain
    numbers = ask("X57").numbers
    assert plain > numbers[label.format("gradient descent at 0.09")] > numbers[label.format("gradient descent at 0.15")]


def test_the_known_ends_are_found() -> None:
    for rho, end in ((0.05, 8.03), (0.2, 1.99)):
        # Known to three digits.
        size = ask("X57", rho=rho).numbers["w₁² + w₂² at the end, SAM"]
        assert size == pytest.approx(end, abs=0.005)
    for noise, end in ((0.2, 22.9), (1.0, 3.7)):
        # 20 seeds scatter by 0.01 and 0.12.
        size = ask("X57", noise=noise).numbers["w₁² + w₂² at the end, noisy labels"]
        assert size == pytest.approx(end, abs=0.4)


def test_without_noise_labels_change_nothing() -> None:
    numbers = ask("X57", noise=0.0).numbers
    plain, noisy = (numbers[f"w₁² + w₂² at the end, {name}"] for name in ("gradient descent", "noisy labels"))
    # The same arithmetic in another order.
    assert noisy == pytest.approx(plain, rel=1e-9)


def test_sam_pays_two_gradients_a_step() -> None:
    numbers = ask("X57", steps=1500).numbers
    assert numbers["gradients, SAM"] == 2 * numbers["gradients, gradient descent"] == 3000


@pytest.mark.parametrize("lr", [0.001, 0.01, 0.05])
@pytest.mark.parametrize("rho", [0.01, 0.1, 0.2, 0.3])
def test_in_one_variable_sam_never_brings_more_runs_to_the_wide_minimum(rho: float, lr: float) -> None:
    plain, sam = flatness._wells(lr, 0.0), flatness._wells(lr, rho)
    assert sam[0] <= plain[0]
    assert plain[1] == 0
    if rho >= 0.1 and lr <= 0.01:
        # A belt of ρ to each side of the top cannot leave it in short steps: half of it is surely seen in 401 starts.
        assert sam[1] >= 100 * rho / 6
        assert sam[0] < plain[0]


def test_the_two_wells_are_as_described() -> None:
    parsed = flatness.Run(flatness._TWO_WELLS, "sgd", (0.0,), 1).resolved_objective.parsed
    for bottom, curvature in ((-1.0, 2.04), (1.0, 25.0)):
        near = np.linspace(bottom - 0.1, bottom + 0.1, 2001)
        lowest = near[parsed.value(near[None]).argmin()]
        # The other well moves the minimum a little.
        assert lowest == pytest.approx(bottom, abs=0.005)
        assert float(parsed.hessian(np.array([lowest]))[0, 0]) == pytest.approx(curvature, rel=0.05)
    # As deep as each other, but for what the wide one adds to the narrow one.
    assert abs(float(parsed.value(np.array([-1.0])) - parsed.value(np.array([1.0])))) < 0.03
