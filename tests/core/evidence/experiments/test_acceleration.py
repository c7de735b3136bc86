"""The experiments about the steps that momentum saves: what is measured agrees with theory."""

import pytest

from tests.core.evidence.experiments.findings import ask


def test_momentum_saves_steps_in_proportion_to_the_root_of_the_condition_number() -> None:
    small, large = (ask("X19", kappa=kappa).numbers["gradient descent / heavy ball"] for kappa in (100, 10_000))
    # Ten times, but for logarithms: transients of the heavy ball grow slowly with κ.
    assert large / small == pytest.approx(10, rel=0.2)


@pytest.mark.parametrize(("kappa", "steps"), [(10, (69, 27, 43, 37)), (1000, (6908, 315, 508, 439))])
def test_the_steps_in_a_ravine_are_the_known_ones(kappa: float, steps: tuple[int, ...]) -> None:
    finding = ask("X19", kappa=kappa)
    # A crossing can move by one step where a platform rounds differently.
    assert list(finding.numbers.values())[:4] == pytest.approx(steps, abs=1)
    assert f"At κ = {kappa}, " in finding.sentence


@pytest.mark.parametrize(("size", "steps", "name"), [(200, 200, "Nesterov's method"), (3, 100, "gradient descent")])
def test_who_is_lower_on_the_chain_is_told(size: int, steps: int, name: str) -> None:
    assert ask("X26", size=size, steps=steps).sentence.endswith(f"; {name} is lower.")


@pytest.mark.parametrize("size", [2, 20, 400])
@pytest.mark.parametrize("steps", [10, 100, 2000])
def test_both_methods_keep_their_guarantees(size: int, steps: int) -> None:
    gd, nag, gd_bound, nag_bound = ask("X26", size=size, steps=steps).numbers.values()
    assert 0 <= gd <= gd_bound
    assert 0 <= nag <= nag_bound
