"""Schedules that visitors write: what public reports asked for, the same in NumPy, torch and JavaScript."""

from pathlib import Path

import numpy as np
import pytest

from core import Run, trace
from core.catalogue.schedules import OWN_SCHEDULE, SCHEDULES, schedule
from core.engine.live import live
from core.export import numpy_script, torch_script
from core.export.torch_peer.paths import scheduler_rates
from core.formula import FormulaError
from tests.programs import run_here

# Six of sixty public reports wanted one of these.
WANTED: dict[str, tuple[str, int, list[float]]] = {
    # pytorch#20486: MultiStepLR with milestones 2 and 8.
    "milestones": (
        "gamma: (0, 1) = 0.1\nfactor = where(t > 8, gamma**2, where(t > 2, gamma, 1))",
        11,
        [1.0, 1.0, *[0.1] * 6, *[0.01] * 3],
    ),
    # pytorch#40362: two equal linear legs and an annihilation.
    "three-phase one-cycle": (
        "up: (0.01, 0.49) = 0.4\nn = up*T\nfactor = where(t <= n, t/n, where(t <= 2*n, 2 - t/n, 0))",
        10,
        [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0],
    ),
    "cooldown": (
        "cool: (0.01, 1) = 0.5\nfactor = min(1, (T - t + 1)/(cool*T))",
        8,
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25],
    ),
    # pytorch#62640: restarts with falling peaks.
    "shrinking restarts": (
        "period: (1, 1000) = 4\nk = floor((t - 1)/period)\nfactor = 0.5**k*(1 + cos(pi*((t - 1) % period)/period))/2",
        9,
        [*(1 + np.cos(np.pi * np.arange(4) / 4)) / 2, *(1 + np.cos(np.pi * np.arange(4) / 4)) / 4, 0.25],
    ),
}
each = pytest.mark.parametrize(("text", "steps", "factors"), WANTED.values(), ids=WANTED)


@each
def test_what_was_wished_for_can_be_written(text: str, steps: int, factors: list[float]) -> None:
    path = trace(Run("bowl", "sgd", (1.0, 1.0), steps, {"lr": 0.1}, text))
    np.testing.assert_allclose(path.rate_share[1:], factors, rtol=0, atol=1e-15)


@each
def test_torch_follows_it_too(text: str, steps: int, factors: list[float]) -> None:
    own = schedule(text)
    settings = {hyper.name: hyper.default for hyper in own.hypers}
    rates = scheduler_rates(own, 0.1, settings, np.ones(steps))
    np.testing.assert_allclose(rates, 0.1 * np.array(factors), rtol=0, atol=1e-15)


@each
def test_the_scripts_of_a_run_assert_its_end(text: str, steps: int, factors: list[float], tmp_path: Path) -> None:
    run = Run("rosenbrock", "momentum", (-1.5, 2.0), 40, {"lr": 0.0005}, text)
    for script in (numpy_script(run), torch_script(run)):
        assert "assert" in script
        run_here(script, tmp_path)


def test_its_hyperparameters_are_those_of_the_text_and_can_be_set() -> None:
    text, *_ = WANTED["milestones"]
    own = schedule(text)
    assert (own.key, own.reference) == (OWN_SCHEDULE, text)
    (gamma,) = own.hypers
    assert (gamma.default, gamma.bounds) == (0.1, (0.0, 1.0))
    run = Run("bowl", "sgd", (1.0, 1.0), 11, {"lr": 0.1}, text, {"gamma": 0.5})
    assert trace(run).rate_share[-1] == 0.25
    assert live(run).hypers == ("lr", "own_gamma")
    with pytest.raises(ValueError, match="gamma must lie in"):
        Run("bowl", "sgd", (1.0, 1.0), 11, schedule=text, schedule_hypers={"gamma": 2.0})


@pytest.mark.parametrize("key", SCHEDULES)
def test_a_key_gives_the_catalogues_schedule(key: str) -> None:
    assert schedule(key) is SCHEDULES[key]
    assert SCHEDULES[key].reference == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("factor = loss", "Unknown name loss"),
        ("factor = g", "Unknown name g"),
        ("factor = grad(t)", "only available in an update rule"),
        ("a = a + 1\nfactor = a", "keeps nothing from step to step"),
        ("y = 1", "never assigns factor"),
        ("", "nothing here yet"),
        ("factor = 1\n" * 30, "at most"),
        ("t = 1\nfactor = t", "cannot be assigned"),
    ],
)
def test_what_is_no_schedule_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(FormulaError, match=words):
        schedule(text)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"Unknown schedule 'cosin'.*Did you mean cosine"):
        Run("bowl", "sgd", (1.0, 1.0), 10, schedule="cosin")
