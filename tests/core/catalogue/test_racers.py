"""Racers beside one another: no two of one colour, and each in its own where it can be."""

from random import Random

import pytest

from core.catalogue.optimizers import PALETTE
from core.catalogue.racers import RACERS, distinct


@pytest.mark.parametrize("seed", range(20))
def test_racers_of_a_race_have_colours_of_which_no_two_are_alike(seed: int) -> None:
    drawn = Random(seed).sample(list(RACERS.values()), 8)
    race = distinct(drawn)
    assert len({racer.color for racer in race}) == len(race) <= len(PALETTE)
    taken: set[str] = set()
    for racer, one in zip(drawn, race, strict=True):
        assert one.color == racer.color or racer.color in taken
        assert one.optimizer is racer.optimizer
        taken.add(one.color)
