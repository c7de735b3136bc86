"""The playground: any rules on any function, as often as wanted, and all of it in a link or a file."""

import numpy as np
import pytest

from core import Run, trace
from core.catalogue.racers import RACERS, own_racer
from core.lessons.gallery import GALLERY
from tests.pages.visits import clean, link_of, notes, open_page, run_table, state
from ui import navigation
from ui.controls import scenario_state
from ui.kit import codec

PAGE = navigation.PLAYGROUND
FIRST = "# Averaged momentum\nbeta: (0, 1) = 0.9\nv = beta*v + (1 - beta)*g\nx = x - lr*v"
SECOND = "x = x - lr*sign(g)"


@pytest.mark.parametrize("key", GALLERY)
def test_a_scenario_is_opened_by_its_short_name(key: str) -> None:
    app = open_page(PAGE, {"scenario": key})
    assert notes(app) == ""
    wanted = scenario_state(GALLERY[key], PAGE.prefix)
    assert {name: state(app, name) for name in wanted} == wanted
    assert [group.value for group in app.button_group if group.key == f"ptry_{key}"] == [GALLERY[key].title]


def test_a_scenario_that_does_not_exist_is_noted() -> None:
    assert "scenario" in notes(open_page(PAGE, {"scenario": "nonsense"}))


def test_one_rule_races_as_often_as_wanted() -> None:
    names = ["Adam", "Adam 2", "Adam 3", "Adam 4", "Adam 5"]
    rates = {f"padam{count}_lr" if count > 1 else "padam_lr": str(0.01 * count) for count in range(1, 6)}
    app = open_page(PAGE, {"prules": names, "psteps": "40", **rates})
    assert notes(app) == ""
    table = run_table(app, PAGE.prefix).set_index("rule")
    for count, name in enumerate(names, start=1):
        run = Run("rosenbrock", "adam", (-1.5, 2.0), 40, {"lr": 0.01 * count})
        assert table.loc[name, "loss"] == trace(run).loss[-1]


def test_several_rules_of_ones_own_race_under_their_names() -> None:
    app = open_page(PAGE, {"pown": FIRST, "pown2": SECOND, "pown2_lr": "0.02", "pown_lr": "0.001", "psteps": "30"})
    assert notes(app) == ""
    table = run_table(app, PAGE.prefix).set_index("rule")
    start = (-1.5, 2.0)
    first, second = (
        trace(Run("rosenbrock", rule, start, 30, {"lr": lr})).loss[-1] for rule, lr in ((FIRST, 0.001), (SECOND, 0.02))
    )
    assert table.loc["Averaged momentum", "loss"] == first
    assert table.loc["Own rule 2", "loss"] == second
    # The one that is edited next gets a box of its own.
    clean(app.button_group(key="pediting").set_value("Rule 3").run())
    clean(app.text_area(key="pown3").set_value("x = x - 2*lr*g").run())
    assert "Own rule 3" in list(run_table(app, PAGE.prefix)["rule"])
    again = open_page(PAGE, link_of(app))
    assert run_table(again, PAGE.prefix).equals(run_table(app, PAGE.prefix))


@pytest.mark.parametrize("name", ["<b>x</b>", "**x**", "![x](y)", "Adam", "Own rule", "$x$", "`x`", ":red[x]"])
def test_a_name_that_is_markup_or_taken_is_none(name: str) -> None:
    assert own_racer(f"# {name}\nx = x - lr*g").name == "Own rule"
    assert own_racer(f"# {name}\nx = x - lr*g", 3).name == "Own rule 3"


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("x**4 - 3*x**3 + 2", (0.3,)),
        ("x*y + x**2 + y**4", (0.5, -0.5)),
        ("y = x^2", (0.7,)),
        ("z = x + y^2", (0.1, 1.0)),
    ],
)
def test_a_formula_has_as_many_variables_as_it_reads(formula: str, start: tuple[float, ...]) -> None:
    link = dict(zip(("px", "py"), map(str, start), strict=False))
    app = open_page(
        PAGE, {"pf": "Own formula", "pformula": formula, "prules": ["Adam"], "psteps": "20", "padam_lr": "0.2", **link}
    )
    assert notes(app) == ""
    assert ("py" in [control.key for control in app.number_input]) == (len(start) == 2)
    strict = state(app, "pformula")
    assert run_table(app, PAGE.prefix)["loss"][0] == trace(Run(strict, "adam", start, 20, {"lr": 0.2})).loss[-1]


def test_a_box_and_a_penalty_are_added_by_a_press_and_the_box_is_taken_away_by_another() -> None:
    app = open_page(PAGE)
    clean(app.button(key="pbox").click().run())
    assert "; x: (" in state(app, "pformula")
    clean(app.button(key="ppenalise").click().run())
    assert "0.1*(x**2 + y**2); x: (" in state(app, "pformula")
    clean(app.button(key="pbox").click().run())
    assert ";" not in state(app, "pformula")


def test_what_a_rule_keeps_is_drawn_for_the_one_that_is_looked_at() -> None:
    app = open_page(PAGE, {"pinside": "true", "pof": "Adam"})
    (chips,) = [group for group in app.button_group if group.key == "pstrip"]
    assert list(chips.options)[:2] == ["effective rate", "g"]
    assert "m" in chips.options
    clean(chips.set_value("m").run())
    assert any("Adam, m: " in caption.value for caption in app.caption)


def test_a_laboratory_is_kept_in_a_file_and_opened_again() -> None:
    link = {"pf": ["Booth"], "padam_lr": ["0.3"], "pkept": ["true"], "psteps": ["77"], "pown": [FIRST]}
    file = codec.written(PAGE.path, link_of(open_page(PAGE, link)))
    app = open_page(PAGE, {"pf": "Beale", "pkept": "true", "pview": "3-D", "pnoise": "0.3"})
    clean(app.text_area(key="plaboratory").set_value(file).run())
    clean(app.button(key="plaboratory_button").click().run())
    assert link_of(app) == link
    assert notes(app) == ""
    clean(app.text_area(key="plaboratory").set_value("{}").run())
    clean(app.button(key="plaboratory_button").click().run())
    assert [error.value for error in app.error] == ["This laboratory cannot be opened."]
    assert link_of(app) == link


def test_a_long_link_is_packed_and_reopens_the_same() -> None:
    rules = {f"pown{count or ''}": f"# Rule number {count}\n" + "x = x - lr*g*1\n" * 20 for count in (0, 2, 3, 4)}
    app = open_page(PAGE, rules)
    packed = link_of(app)
    assert set(packed) == {codec.PACKED}
    assert codec.unpacked(packed[codec.PACKED][0]) is not None
    again = open_page(PAGE, packed)
    assert notes(again) == ""
    assert link_of(again) == packed
    assert len(run_table(again, PAGE.prefix)) == 8
    broken = open_page(PAGE, {codec.PACKED: packed[codec.PACKED][0][:-9]})
    assert "cut off or damaged" in notes(broken)


def test_every_racer_of_a_race_has_its_own_colour_and_name() -> None:
    app = open_page(PAGE, {"pown": "x = x - lr*g", "pown2": "x = x - 2*lr*g"})
    names = list(run_table(app, PAGE.prefix)["rule"])
    assert len(set(names)) == len(names) == 6
    assert np.isin(["Own rule", "Own rule 2"], names).all()
    assert not {"Own rule", "Own rule 2"} & {racer.name for racer in RACERS.values()}
