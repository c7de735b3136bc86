"""The experiment about batch sizes: its networks are trained as torch would train them, its data are as described."""

import numpy as np
import pytest
import torch

from core.evidence.experiments import EXPERIMENTS, batch_size

EXPERIMENT = EXPERIMENTS["X58"]


def test_a_network_is_trained_as_torch_trains_it() -> None:
    noise, seed, batch, rates = 0.1, 3, 64, np.array([0.03, 0.3])
    x, y = batch_size._points(noise, seed)
    validation, test = batch_size._accuracy((x, y), rates, batch, seed)
    repetition, rate = 2, 1
    random = np.random.default_rng((seed, 1))
    shapes = ((10, 32), (32, 1))
    drawn = [random.standard_normal((len(x), *shape)) * (2 / shape[0]) ** 0.5 for shape in shapes]
    first, second = (torch.tensor(weights[repetition], requires_grad=True) for weights in drawn)
    biases = [torch.zeros(width, dtype=torch.float64, requires_grad=True) for width in (32, 1)]
    inputs, labels = torch.tensor(x[repetition]), torch.tensor(y[repetition])

    def score(points: torch.Tensor) -> torch.Tensor:
        return torch.relu(points @ first + biases[0]) @ second + biases[1]

    optimizer = torch.optim.SGD([first, second, *biases], lr=rates[rate])
    for _ in range(60):
        order = random.permuted(np.tile(np.arange(256), (len(x), 1)), axis=1)[repetition]
        for begin in range(0, 256, batch):
            picked = order[begin : begin + batch]
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(score(inputs[picked]), labels[picked]).backward()
            optimizer.step()
    with torch.no_grad():
        right = ((score(inputs) > 0) == (labels > 0.5)).double()
    # Rounding may turn an answer or two that lie on the line.
    assert validation[rate, repetition] == pytest.approx(float(right[256:1256].mean()), abs=0.0021)
    assert test[rate, repetition] == pytest.approx(float(right[1256:].mean()), abs=0.0021)


def test_only_labels_before_the_test_are_wrong() -> None:
    (x, right), (same, noisy) = (batch_size._points(noise, 5) for noise in (0.0, 0.3))
    assert (x == same).all()
    flipped = right != noisy
    assert not flipped[:, 1256:].any()
    # 7536 labels: the share is known to 0.5 %, and four times that is far.
    assert flipped[:, :1256].mean() == pytest.approx(0.3, abs=0.02)
    assert set(np.unique(noisy)) == {0.0, 1.0}


def test_the_rate_is_chosen_on_other_points_than_those_that_judge_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def graded(points: object, rates: np.ndarray, batch: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        validation = -np.abs(np.log(rates / 0.03))[:, None] * np.ones(6)
        return validation, np.tile(rates[:, None], 6) / 100

    monkeypatch.setattr(batch_size, "_accuracy", graded)
    numbers = EXPERIMENT.run({"lr": 0.3}).numbers
    for batch in (4, 16, 64, 256):
        assert numbers[f"best rate, batch {batch}"] == 0.03
        assert numbers[f"right in %, batch {batch}, own rate"] == pytest.approx(0.03, rel=1e-12)
        assert numbers[f"right in %, batch {batch}, same rate"] == pytest.approx(0.3, rel=1e-12)


def test_the_best_rate_grows_with_the_batch() -> None:
    numbers = EXPERIMENT.run().numbers
    rates = [numbers[f"best rate, batch {batch}"] for batch in (4, 16, 64, 256)]
    assert rates == sorted(rates)
    assert rates[-1] >= 10 * rates[0]
