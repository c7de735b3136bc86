"""Panels of what runs did: in words and numbers, step by step, beside theory, as code."""

from collections.abc import Mapping

import streamlit as st

from core.catalogue.optimizers import OPTIMIZERS
from core.engine.run import Run
from core.engine.summary import Race, retell, row, step_sentence
from core.engine.trace import Path
from core.export import facts, torch_script
from core.formula.latex import measured, symbol
from core.formula.words import digits, form_apart
from core.lessons.rate_check import LIMITS, Check, beside_sentences, rate_sentences
from ui.controls import choice, fold, moment_control, view_control
from ui.kit.elements import bullets, formula_line, program, prose, table
from ui.panels.catalogue import rule_lines
from ui.stage import Account


def rate_panel(path: Path, checked: Check | str, prefix: str, beside: Race = ()) -> None:
    """Prediction and measurement in a sentence each; folded, what else theory says, beside the formula.

    Of the rules ``beside`` it says their factors too. ``checked`` is the reason, in words, where theory does not apply.
    """
    if isinstance(checked, str):
        prose(f"**Theory does not apply here.** {checked}")
        return
    shape, share, pace, *others = rate_sentences(path, checked)
    prose(f"{share} {pace}" if checked.everywhere else f"{share} {pace} {shape}")

    def draw() -> None:
        words, formula = st.columns([3, 2], gap="medium")
        with words:
            bullets([*([shape] if checked.everywhere else []), *others, *beside_sentences(beside, checked)])
        with formula:
            rule_lines(OPTIMIZERS[checked.key].parsed)
            formula_line(LIMITS[checked.key])
            st.caption(
                "The limit, and the factor by which a step multiplies the distance along a direction of curvature λ; L "
                "is the largest λ. " + ("" if checked.key == "sgd" else "The factor is the size of the larger z.")
            )

    fold("Where these numbers come from", f"{prefix}predicted", draw)


def story_panel(race: Race) -> None:
    """What happened in this run, in words with its numbers."""
    bullets(retell(race))


def numbers_panel(race: Race, prefix: str) -> None:
    """One row of numbers per run, made only while the fold is open; ``prefix`` begins its key."""
    columns = {
        "rule": "Update rule",
        "rate": "Learning rate",
        "schedule": "Schedule",
        "outcome": "Outcome",
        "steps": "Steps",
        "gradients": st.column_config.NumberColumn(
            "Gradients",
            help="Gradient evaluations that the rule needed. A Hessian counts as one, though with many weights it "
            "costs one for each of them.",
        ),
        "loss": "Loss at the end",
        "best": "Lowest loss",
    }
    rows = [row(racer, path) for racer, path in race]
    fold("All runs in numbers", f"{prefix}numbers", lambda: table(rows, columns, f"{prefix}numbers_table"))


def code_panel(label: str, key: str, of: str, runs: Mapping[str, Run]) -> None:
    """The PyTorch script of one of ``runs``, chosen by the control ``of``, written only while the fold is open."""

    def draw() -> None:
        run = choice("Run of", runs, of) if len(runs) > 1 else next(iter(runs.values()))
        prose(f"The script takes exactly these steps. {facts(run).assertion}")
        program(torch_script(run), 420)

    fold(label, key, draw)


def step_controls(race: Race, steps: int, prefix: str) -> Account:
    """Whose step is looked at, along which coordinate, and which step.

    In one variable there is one coordinate, and nothing to choose.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        racer, path = race[0]
        if len(race) > 1:
            racer, path = choice("Update rule", {racer.name: (racer, path) for racer, path in race}, f"{prefix}of")
        coordinate, variables = 0, path.run.resolved_objective.parsed.variables
        if len(variables) > 1:
            names = {name: index for index, name in enumerate(variables)}
            coordinate = view_control("Coordinate", names, f"{prefix}along")
        step = moment_control(steps, prefix)
    return Account(racer, path, step, coordinate)


def _edge(path: Path, step: int, coordinate: int) -> float | None:
    """The edge of the box at which ``step`` ended along ``coordinate``, if it did."""
    box = path.run.resolved_objective.parsed.box
    at = float(path.x[step, coordinate])
    return at if box is not None and at in box[coordinate] else None


def step_words(account: Account) -> None:
    """How far the step of ``account`` goes along its coordinate, and what the rule's letters mean."""
    path, step, coordinate = account.path, account.step, account.coordinate
    taken = len(path.x) - 1
    if step == 0:
        st.caption("At step 0 nothing has happened yet; move the clock to see a step in numbers.")
        return
    if taken == 0:
        prose(str(path.status))
        return
    if step > taken:
        st.caption(f"This path ended at step {taken}, which is shown. {path.status}")
    optimizer = path.run.resolved_optimizer
    last = min(step, taken)
    if path.x.shape[1] == 1:
        sentence = step_sentence(path, last)
    else:
        start, end = path.x[last - 1 : last + 1, coordinate].tolist()
        form = form_apart(start, end)
        before, after = (measured(value, form).latex for value in (start, end))
        change = measured(end - start).latex
        moved = f"moves by ${change}$, from ${before}$ to ${after}$" if end != start else f"stays at ${after}$"
        sentence = f"So step {digits(last)} {moved}."
    if (edge := _edge(path, last, coordinate)) is not None:
        sentence += f" The edge of the box, at {digits(edge)}, holds it there."
    memory = "; ".join(f"${symbol(name)}$ is the {meaning}" for name, meaning in optimizer.state.items())
    prose(sentence + (f" Here {memory}." if memory else ""))
