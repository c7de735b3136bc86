"""What a visitor meets of the throw-away declarations, in the copy of the project that ``test_additions`` makes."""

from pathlib import Path

from core import OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS
from core.evidence.claims import claim_rows
from core.evidence.experiments import EXPERIMENTS
from core.export import numpy_script, torch_peer, torch_script
from core.figures import LIGHT
from core.figures.family import family_tree
from core.figures.timeline import timeline
from core.lessons.history import known_by, successors, timeline_entries
from core.lessons.reference import as_csv, matching, narrowed, optimizer_rows, schedule_rows
from tests.pages.visits import open_page, state, words
from tests.programs import run_here
from ui import navigation


def test_they_run() -> None:
    new = trace(Run("throwaway", "throwaway", (2.0, 1.0), 50, {"lr": 0.02}, "throwaway"))
    formula, schedule = "(x - 1)**2 + 4*(y + 1)**2", ("exponential", {"gamma": 0.98})
    old = trace(Run(formula, "momentum", (2.0, 1.0), 50, {"lr": 0.02}, *schedule))
    assert abs(new.x - old.x).max() < 1e-12
    assert EXPERIMENTS["X999"].run({"number": 4.0}).numbers == {"twice": 8.0}


def test_the_racers_and_the_tables_have_them() -> None:
    assert RACERS["throwaway"].name == "Throwaway"
    assert RACERS["throwaway2"].dash != RACERS["throwaway"].dash
    assert OPTIMIZERS["throwaway"].parsed.numbers_per_weight == 1
    (row,) = matching(optimizer_rows(), "throwaway nobody")
    assert (row.years, row.memory, row.gradients, row.torch) == ("1999", 1, "1", "torch.optim.SGD")
    assert row in narrowed(optimizer_rows(), "Training with no fixed end", "1", "no")
    assert "Throwaway" in as_csv(optimizer_rows())
    assert "Throwaway decay" in [row.name for row in schedule_rows()]
    assert [(row.verdict, row.experiment) for row in claim_rows() if row.key == "C999"] == [("false", "X999")]


def test_the_history_and_the_family_tree_have_them() -> None:
    entries = timeline_entries()
    assert {(entry.key, entry.kind, entry.year, entry.parent) for entry in entries if "throwaway" in entry.key} == {
        ("throwaway", "rule", 1999, "momentum"),
        ("throwaway_event", "event", 1999, ""),
    }
    assert "throwaway" in known_by(1999)
    assert "throwaway" not in known_by(1998)
    assert "throwaway" in [entry.key for entry in successors("momentum")]
    for figure in (timeline(entries, LIGHT), timeline(entries, LIGHT, narrow=True), family_tree(LIGHT)):
        keys = {str(key) for trace in figure.data if trace.customdata is not None for key in trace.customdata}
        assert any("throwaway" in key for key in keys), keys


def test_their_exports_run_and_assert_themselves(tmp_path: Path) -> None:
    run = Run("throwaway", "throwaway", (-1.5, 2.0), 60, {"lr": 0.01}, "throwaway")
    for write in (torch_script, numpy_script):
        text = write(run)
        assert "assert" in text
        run_here(text, tmp_path)


def test_the_check_against_pytorch_includes_them() -> None:
    assert "throwaway" in [parity.key for parity in torch_peer.check()]
    assert "throwaway" in [parity.key for parity in torch_peer.check_schedules()]


def test_the_pages_offer_them_with_their_controls() -> None:
    link = {
        "rules": ["Throwaway", "Momentum"],
        "throwaway_beta": "0.5",
        "topic": "throwaway",
        "f": "Throwaway bowl",
    }
    app = open_page(navigation.OPTIMIZERS, {**link, "throwaway_schedule": "Throwaway decay"})
    assert len(app.warning) == 0
    assert state(app, "rules") == ["Throwaway", "Momentum"]
    assert state(app, "f") == "Throwaway bowl"
    assert (state(app, "throwaway_beta"), float(state(app, "throwaway_lr"))) == (0.5, 0.001)
    assert state(app, "throwaway_schedule") == "Throwaway decay"
    assert "### Throwaway" in words(app)
    assert "Momentum once more." in words(app)
    assert "Twice the number is 6." in words(
        open_page(navigation.FOUNDATIONS, {"run_C999": "true", "dabout_mountain": "true"})
    )


def test_the_page_is_in_the_menu_and_opens() -> None:
    app = open_page(navigation.THROWAWAY)
    assert [title.value for title in app.title] == ["Throwaway page"]
    assert "Throwaway page" in [link.proto.label for link in app.sidebar.get("page_link")]
