"""Sections of pages that have many: told in sentences, their experiments exist, their pictures come from runs."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from core.catalogue.optimizers import OPTIMIZERS
from core.evidence.experiments import EXPERIMENTS
from core.figures import DARK, LIGHT
from core.figures.plot import PREVIEW_HEIGHT, preview
from core.formula.rule_latex import aligned, step_lines
from core.lessons.pitfalls import SECTIONS as PITFALLS
from core.lessons.sections import Section
from core.lessons.techniques import TECHNIQUES
from tests.core.evidence.experiments.findings import ask
from tests.programs import run_here
from tests.work import at_most

ALL = [*TECHNIQUES, *PITFALLS]
every = pytest.mark.parametrize("section", ALL, ids=lambda section: section.key)
# Names of series that fit above a picture of about 300 pixels.
_LEGEND = 36


def test_every_technique_that_computes_has_its_formula_typeset() -> None:
    # How much is remembered is a table of numbers.
    assert [section.key for section in TECHNIQUES if not section.formula] == ["memory"]
    for section in TECHNIQUES:
        assert section.formula.count("{") == section.formula.count("}")
        assert len(re.findall(r"\\left\b", section.formula)) == len(re.findall(r"\\right\b", section.formula))
        assert "$" not in section.formula


def test_a_formula_of_a_technique_that_is_a_rule_is_the_rules() -> None:
    formulas = {section.key: section.formula for section in TECHNIQUES}
    for key, rule in (("nesterov", "nesterov"), ("sam", "sam"), ("averaging", "schedule_free")):
        assert formulas[key] == aligned(step_lines(OPTIMIZERS[rule].parsed))
    adam = aligned(step_lines(OPTIMIZERS["adam"].parsed))
    for row in formulas["correction"].removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}").split(r" \\ "):
        assert row in adam


@pytest.mark.parametrize("sections", [TECHNIQUES, PITFALLS], ids=["techniques", "pitfalls"])
def test_no_two_sections_of_a_page_share_a_name(sections: tuple[Section, ...]) -> None:
    assert len({section.key for section in sections}) == len(sections)
    assert len({section.title for section in sections}) == len(sections)


@every
def test_a_section_is_told_in_sentences(section: Section) -> None:
    assert re.fullmatch(r"[a-z_]+", section.key)
    assert section.introduction.endswith(".")
    assert 80 < len(section.introduction) < 400
    assert section.alt
    assert not section.alt.endswith(".")


@every
def test_the_experiments_of_a_section_exist(section: Section) -> None:
    assert [key for key in section.experiments if key not in EXPERIMENTS] == []
    assert len(set(section.experiments)) == len(section.experiments)


@every
def test_the_picture_of_a_section_is_small_quick_and_the_same_each_time(section: Section) -> None:
    first = section.preview()
    # Five times what the longest takes, and about a second.
    with at_most(calls=1_000_000):
        again = section.preview()
    named = [series.name for series in first.series if series.name]
    assert 1 <= len(named) <= 3
    assert sum(map(len, named)) <= _LEGEND
    assert first.x_title
    assert len(first.y_title) <= 26
    for series, same in zip(first.series, again.series, strict=True):
        np.testing.assert_array_equal(series.y, same.y)
        assert np.isfinite(series.y).any()


@every
@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_a_picture_fits_and_has_few_numbers_on_its_axes(section: Section, look) -> None:  # type: ignore[no-untyped-def]
    figure = preview(section.preview(), look)
    assert PREVIEW_HEIGHT < 200
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert all(map(math.isfinite, axis.range))
        if axis.type == "log":
            assert (axis.range[1] - axis.range[0]) / axis.dtick <= 5
            assert axis.dtick == int(axis.dtick)


@pytest.mark.parametrize("section", [section for section in ALL if section.code], ids=lambda section: section.key)
def test_the_code_of_a_section_runs_as_it_is_printed(section: Section, tmp_path: Path) -> None:
    assert "assert" in section.code
    assert re.search(r"\d", run_here(section.code, tmp_path).printed)
    assert len(section.code.splitlines()) <= 50


# --- What introductions say, against what the experiments find ---


def _introduction(key: str) -> str:
    (section,) = [section for section in TECHNIQUES if section.key == key]
    return section.introduction


def test_averaging_lies_between_a_fixed_and_a_falling_rate() -> None:
    assert "beats a fixed rate and loses to a falling one" in _introduction("averaging")
    numbers = ask("X71").numbers
    fixed, free, falling = (
        numbers[f"lowest loss, {name}"] for name in ("constant rate", "Schedule-Free", "linear decay")
    )
    assert falling < free < fixed


def test_sam_does_no_better_in_one_variable() -> None:
    assert "in one variable shows nothing of" in _introduction("sam")
    numbers = ask("X57").numbers
    wide, wider = (numbers[f"in the wide minimum in %, {name}"] for name in ("SAM", "gradient descent"))
    assert wide < wider
    assert numbers["on top in %, SAM"] > 0


def test_batch_norm_helps_where_inputs_are_made_unsteady() -> None:
    assert "even where the inputs of each layer are deliberately disturbed" in _introduction("batch_norm")
    numbers = ask("X45").numbers
    plain, disturbed = (numbers[f"largest rate that learns, {name}"] for name in ("He's start", "BatchNorm, disturbed"))
    assert disturbed > 3 * plain
    assert numbers["movement of the means, BatchNorm, disturbed"] > numbers["movement of the means, He's start"]


def test_the_uncorrected_step_is_as_long_as_the_picture_says() -> None:
    (section,) = [section for section in TECHNIQUES if section.key == "correction"]
    assert "up to 6.6 learning rates" in section.alt
    longest = max(float(series.y.max()) for series in section.preview().series)
    assert f"{longest:.1f}" == "6.6"
