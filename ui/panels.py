"""Panels that several pages show: a rule, a schedule, a step in numbers, what happened, a run's code, prepared runs."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.export import schedule_line, torch_script
from core.figures import regimes
from core.formula.latex import measured, number, symbol
from core.formula.rule import Rule
from core.formula.rule_latex import Line, aligned, start_lines, step_lines
from core.hypers import Hyper
from core.ledger import ledger
from core.lessons.rate_check import LIMITS, Check, rate_sentences
from core.objectives import Objective
from core.optimizers import OPTIMIZERS, Optimizer
from core.racers import Racer
from core.run import Run
from core.scenarios import Scenario
from core.schedules import Schedule
from core.summary import Race, retell, row, step_sentence
from core.trace import Path
from ui import share
from ui.controls import choice, fold, hyper_control, scenario_state
from ui.elements import bullets, look, picture, table
from ui.navigation import Page

# Cards side by side.
_CARDS = 3


def regimes_panel(found: Check, key: str) -> None:
    """What every learning rate does by theory, and where this run stands."""
    told = f"Factor per step against the learning rate; the limit is {found.limit:.4g}, this run at {found.lr:.4g}"
    picture(regimes(found, look()), key, 200, told)


def rate_panel(path: Path, found: Check) -> None:
    """Prediction and measurement in words, beside the formula of both."""
    words, formula = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with words:
        bullets(rate_sentences(path, found))
    with formula:
        rule_lines(OPTIMIZERS[found.key].parsed)
        st.latex(LIMITS[found.key])
        st.caption(
            "The limit, and what a step multiplies the distance by along a direction of curvature λ; L is the largest "
            "λ. " + ("" if found.key == "sgd" else "The factor is the z of larger size.")
        )


def objective_panel(declared: Objective) -> None:
    """The objective's formula, why it is interesting, and its source."""
    st.latex(rf"f({', '.join(declared.parsed.variables)}) = {declared.parsed.latex}")
    if declared.idea:
        st.markdown(declared.idea)
    if declared.source:
        st.caption(f"Source: {declared.source}")


def rule_panel(racer: Racer, settings: Mapping[str, float] | None = None) -> None:
    """A rule: its idea, its lines with time indices, its hyperparameters, what it keeps and costs.

    ``settings`` are those it ran with; what is missing has its default.
    """
    optimizer = racer.optimizer
    rule = optimizer.parsed
    words, formula = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with words:
        st.markdown(f"#### {racer.name}")
        if optimizer.authors:
            st.caption(f"{optimizer.authors} {optimizer.year}")
        st.markdown(optimizer.idea)
        if optimizer.fixes:
            st.markdown(f"**What it mends.** {optimizer.fixes}")
        if optimizer.use:
            st.markdown(f"**When to use it.** {optimizer.use}")
        if optimizer.picture:
            st.markdown(f"**In a picture.** {optimizer.picture}")
        st.markdown(f"{_state(optimizer)} {_cost(optimizer)}")
        if optimizer.source:
            st.caption(f"Source: {optimizer.source}")
    with formula:
        rule_lines(rule)
        given = settings or {}
        st.latex(",\\quad ".join(_setting(hyper, given.get(hyper.name, hyper.default)) for hyper in optimizer.hypers))


def rule_lines(rule: Rule) -> None:
    """The lines of a rule of optimization or of a schedule, with time indices."""
    st.latex(aligned([*start_lines(rule), *step_lines(rule)]))


def schedule_panel(
    schedule: Schedule,
    hypers: Sequence[Hyper],
    key: str,
    lr: float,
    steps: int,
    more: Callable[[dict[str, float]], object] = lambda _: None,
) -> dict[str, float]:
    """A schedule's settings, which are returned, its trap, formula and line of PyTorch over ``steps`` at rate ``lr``.

    ``hypers`` are its hyperparameters as they are to be offered, ``key`` begins their keys; ``more`` is drawn below the
    formula.
    """
    words, formula = st.columns([2, 3], gap="medium")
    with words:
        settings = {hyper.name: hyper_control(hyper, f"{key}_{schedule.key}_{hyper.name}") for hyper in hypers}
        st.markdown(f"**Watch out.** {schedule.trap}")
        st.caption(f"Source: {schedule.source}")
    with formula:
        rule_lines(schedule.parsed)
        more(settings)
    st.code(schedule_line(schedule, settings, lr, steps), language="python", wrap_lines=True)
    return settings


def _setting(hyper: Hyper, value: float) -> str:
    return f"{hyper.symbol} = {number(share.number_text(value)).latex}"


def _state(optimizer: Optimizer) -> str:
    """What a rule keeps, in words."""
    rule = optimizer.parsed
    if not rule.state:
        return "It remembers nothing."
    count = rule.numbers_per_weight
    kept = "; ".join(f"{name}: {optimizer.state[name]}" if name in optimizer.state else name for name in rule.state)
    return f"It keeps {count} {'number' if count == 1 else 'numbers'} per weight ({kept})."


def _cost(optimizer: Optimizer) -> str:
    always, sometimes = optimizer.parsed.cost
    text = f"It asks for {always} gradient{'' if always == 1 else 's'} a step"
    return f"{text}, and sometimes for {sometimes} more." if sometimes else f"{text}."


def story_panel(race: Race) -> None:
    """What happened in this run, in words with its numbers."""
    bullets(retell(race))


def numbers_panel(race: Race) -> None:
    """One row of numbers per run."""
    column = st.column_config.NumberColumn
    columns = {
        "rule": "Update rule",
        "rate": column("Learning rate", format="%.4g"),
        "schedule": "Schedule",
        "outcome": "Outcome",
        "steps": column("Steps"),
        "gradients": column("Gradients", help="Gradient evaluations the rule asked for; a Hessian counts as one."),
        "loss": column("Loss at the end", format="%.4g"),
        "best": column("Lowest loss", format="%.4g"),
        "gradient_norm": column("Gradient norm", format="%.4g"),
        "position": "Last position",
    }
    table([row(racer, path) for racer, path in race], columns, "numbers")


def code_panel(label: str, key: str, of: str, runs: Mapping[str, Run]) -> None:
    """The PyTorch script of one of ``runs``, chosen by the control ``of``, written only while the fold is open."""

    def draw() -> None:
        run = choice("Run of", runs, of) if len(runs) > 1 else next(iter(runs.values()))
        st.markdown("The script takes these very steps and ends by asserting the loss that this run ended with.")
        st.code(torch_script(run), language="python", height=420)

    fold(label, key, draw)


def step_panel(path: Path, step: int) -> None:
    """Step ``step`` of a path in one variable: in words, then line by line with its numbers."""
    if 1 <= step < len(path.x):
        st.markdown(step_sentence(path, step))
    ledger_panel(path, step, 0)


def ledger_panel(path: Path, step: int, coordinate: int) -> None:
    """Every line of a rule, and under it the same line with the numbers that ``step`` has along ``coordinate``."""
    taken = len(path.x) - 1
    if step == 0:
        st.caption("At step 0 nothing has happened yet; move the clock to see a step in numbers.")
        return
    if taken == 0:
        st.markdown(str(path.status))
        return
    if step > taken:
        st.caption(f"This path ended at step {taken}, which is shown. {path.status}")
    optimizer = path.run.resolved_optimizer
    shown = ledger(path, min(step, taken), coordinate)
    filled = [Line("", f"{line.right} = {measured(line.value).latex}") for line in shown.lines]
    st.latex(aligned([line for pair in zip(step_lines(optimizer.parsed), filled, strict=True) for line in pair]))
    change = shown.after - shown.before
    memory = "; ".join(f"${symbol(name)}$ is the {meaning}" for name, meaning in optimizer.state.items())
    st.markdown(
        f"So step {shown.step} moves by ${measured(change).latex}$, from ${measured(shown.before).latex}$ to "
        f"${measured(shown.after).latex}$." + (f" Here {memory}." if memory else "")
    )


def scenario_cards(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs, each with the reason to look at it and a button that opens it on ``page``, another one."""
    st.subheader("Try", anchor=False)
    listed = list(scenarios.values())
    for first in range(0, len(listed), _CARDS):
        for column, scenario in zip(st.columns(_CARDS), listed[first : first + _CARDS], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{scenario.title}**")
                st.markdown(scenario.idea)
                if st.button("Run it", key=f"try_{scenario.key}"):
                    state = scenario_state(scenario, page.prefix)
                    st.switch_page(page.file, query_params=share.as_link(state))


def scenario_row(scenarios: Mapping[str, Scenario], page: Page) -> None:
    """Prepared runs for ``page``, the one that is open: a button each, which tells the reason to look when pointed at.

    A row takes a quarter of the elements of cards, and every element is sent again with every slider.
    """
    with st.container(horizontal=True):
        for scenario in scenarios.values():
            st.button(
                scenario.title,
                key=f"try_{scenario.key}",
                help=scenario.idea,
                on_click=st.session_state.update,
                args=(scenario_state(scenario, page.prefix),),
            )
