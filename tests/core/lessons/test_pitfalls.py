"""The sections of the Pitfalls page: their pictures are quick, small, and show what is said of them."""

import re

import numpy as np
import pytest

from core.engine.findings import Plot
from core.lessons.pitfalls import SECTIONS
from core.lessons.sections import Section
from tests.work import at_most

every = pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
PREVIEWS = {section.key: section.preview for section in SECTIONS}


def _series(key: str) -> dict[str, np.ndarray]:
    return {series.name: series.y for series in PREVIEWS[key]().series}


def test_no_two_sections_share_a_key() -> None:
    assert len(PREVIEWS) == len(SECTIONS)


@every
def test_a_section_is_told_in_plain_sentences(section: Section) -> None:
    assert re.fullmatch(r"[a-z_]+", section.key)
    assert section.title[0].isupper()
    assert section.introduction.endswith(".")
    assert not set("*_$`|<>#\\") & set(section.introduction)
    assert section.alt
    assert len(set(section.experiments)) == len(section.experiments)


@every
def test_a_picture_is_quick_and_small(section: Section) -> None:
    # Five times what the longest takes, and about a second.
    with at_most(calls=1_000_000):
        picture = section.preview()
    assert isinstance(picture, Plot)
    assert 1 <= len(picture.series) <= 3
    assert all(len(series.name) <= 12 and series.x.size <= 1000 for series in picture.series)
    assert all(np.isfinite(series.y).any() for series in picture.series)


def test_two_starts_end_in_two_minima() -> None:
    ends = [y[-1] for y in _series("minima").values()]
    # The minima of the double well; 120 steps leave less than this.
    assert ends == pytest.approx([0.94565, -1.04668], abs=1e-4)


def test_adam_leaves_the_saddle_before_momentum_and_momentum_before_descent() -> None:
    first = [int((series.y > 0.5).argmax()) for series in PREVIEWS["saddles"]().series]
    descent, momentum, adam = first
    assert 0 < adam < momentum < descent


def test_sigmoids_vanish_relu_does_not_and_residual_layers_are_large() -> None:
    layers = {name: 10**powers for name, powers in _series("depth").items()}
    assert layers["sigmoid"][0] < 1e-6 * layers["sigmoid"][-1]
    assert 0.1 < layers["ReLU, He"][0] / layers["ReLU, He"][-1] < 10
    assert layers["residual"].min() > 1000 * layers["ReLU, He"].max()


def test_cosine_decay_is_later_off_the_plateau_than_no_decay_and_momentum_is_first() -> None:
    off = {name: (y < 1).argmax() if (y < 1).any() else np.inf for name, y in _series("plateaus").items()}
    assert off["momentum"] < off["plain"] < off["cosine"]


def test_adam_is_slower_where_the_ravine_is_turned() -> None:
    ends = {name: y[-1] for name, y in _series("ravines").items()}
    assert ends["Adam"] < ends["descent"] < ends["turned"]


def test_adagrads_rate_settles_without_noise_and_falls_with_it() -> None:
    rates = _series("decay")
    # Half of the points drawn lie in the last steps.
    half = len(rates["no noise"]) // 2
    assert rates["no noise"][-1] > 0.999 * rates["no noise"][half]
    assert rates["noise 1"][-1] < 0.8 * rates["noise 1"][half]


def test_lion_never_settles() -> None:
    lion, descent = _series("cycles").values()
    assert np.abs(lion[-10:]).max() > 0.02
    assert np.ptp(descent[-10:]) < 0.005


def test_sharpness_rises_to_the_limit_and_hovers() -> None:
    picture = PREVIEWS["edge"]()
    (limit,) = (mark.value for mark in picture.marks)
    (series,) = picture.series
    assert series.y[0] < 0.6 * limit
    assert np.median(series.y[-15:]) == pytest.approx(limit, rel=0.1)


def test_sam_walks_to_the_flat_end_and_descent_stays() -> None:
    sharpness = _series("sharpness")
    assert sharpness["descent"][-1] > 25
    assert sharpness["SAM"][-1] < 3
