"""Missions on a page with a race: one to choose, what is still missing, hints, and a link that shows the result."""

import streamlit as st

from core.catalogue.racers import counted_key
from core.engine.summary import Race
from core.lessons.missions import LEVELS, MISSIONS, Mission
from ui.controls import fold, one_of, scenario_state
from ui.kit import share
from ui.kit.elements import bullets, prose
from ui.kit.limits import MAX_OWN
from ui.kit.share import Setting
from ui.panels.memory import recalled

# Session keys: the missions that were solved in this visit, and how many hints of each were asked for.
_SOLVED, _HINTS = "missions:solved", "missions:hints"

_copy = st.components.v2.component(
    "gradient_descent_copy_link",
    html='<button type="button">Copy result link</button>',
    css="""button { font: inherit; font-size: 0.875rem; color: inherit; background: none; cursor: pointer;
  padding: 0.3rem 0.75rem; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  min-height: 2.5rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }""",
    # The address says all settings of the page, the mission among them. Pages without TLS have no clipboard.
    js="""export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy result link"; }, 2000);
    } catch { window.prompt("Copy this link", location.href); }
  };
}""",
)


def mission_claim(race: Race, prefix: str) -> None:
    """Whether ``race`` solves the mission that is chosen, if one is: so a link says what it claims, found anew."""
    key = _key(prefix)
    share.setting(key, "", one_of(MISSIONS), f"it is {' or '.join(MISSIONS)}")
    # There also while it is empty, so that nothing below changes its place.
    with st.container():
        mission = MISSIONS.get(str(st.session_state[key]))
        if mission is None:
            return
        verdict = mission.check(race)
        if verdict.solved:
            st.session_state[_SOLVED] = sorted({*st.session_state.get(_SOLVED, []), mission.key})
            share.done(f"mission_{mission.key}")
            st.success(f"This link solves “{mission.title}”: {verdict.words}.", icon=":material/flag:")
        else:
            missing = share.verbatim(verdict.missing)
            st.info(f"“{mission.title}” is not solved yet. {missing}", icon=":material/outlined_flag:")


def missions_fold(race: Race, prefix: str) -> None:
    """All missions, folded, and the one that is chosen against ``race``; ``mission_claim`` is drawn before it."""
    label = f"Missions: {len(MISSIONS)} things to make happen"
    fold(label, f"{prefix}missions", lambda: _missions(race, prefix), _key(prefix))


def _key(prefix: str) -> str:
    return f"{prefix}mission"


def _missions(race: Race, prefix: str) -> None:
    key = _key(prefix)
    chosen = MISSIONS.get(str(st.session_state[key]))
    solved = sorted({*st.session_state.get(_SOLVED, []), *recalled().missions})
    prose(
        "The runs alone say whether a mission is solved. Nobody keeps a score; par is what the guide's own runs reach."
    )
    for level, name in LEVELS.items():
        _chips(level, name, chosen, solved, prefix)
    if chosen is None:
        return
    st.subheader(chosen.title, anchor=False)
    prose(chosen.task)
    st.caption(f"Fixed: {'; '.join(lock.words for lock in chosen.locked)}. All else is free.")
    hints: dict[str, int] = st.session_state.get(_HINTS, {})
    count = hints.get(chosen.key, 0)

    def hint() -> None:
        st.session_state[_HINTS] = {**hints, chosen.key: count + 1}

    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Begin",
            key=f"{prefix}mission_begin",
            icon=":material/flag:",
            help="Sets the controls to what this mission begins with.",
            on_click=share.ask,
            args=(_state(chosen, prefix),),
        )
        label = f"Hint {min(count + 1, len(chosen.hints))} of {len(chosen.hints)}"
        st.button(label, key=f"{prefix}mission_hint", disabled=count >= len(chosen.hints), on_click=hint)
        verdict = chosen.check(race)
        if verdict.solved:
            _copy(key=f"{prefix}mission_copy", height="content", width="content")
    if count:
        bullets(chosen.hints[:count])
    prose(
        f"**Solved:** {verdict.words}. {chosen.against_par(verdict.value)}"
        if verdict.solved
        else f"**Not solved yet.** {share.verbatim(verdict.missing)}"
    )


def _chips(level: int, name: str, chosen: Mission | None, solved: list[str], prefix: str) -> None:
    """The missions of a ``level``, the one that is ``chosen`` pressed and those that were ``solved`` ticked."""
    titles = {
        f"{':material/check: ' * (mission.key in solved)}{mission.title}": mission.key
        for mission in MISSIONS.values()
        if mission.level == level
    }
    here = next((title for title, key in titles.items() if chosen is not None and key == chosen.key), None)
    # What is pressed follows from what is chosen, so each state is a widget of its own, as for scenarios.
    key = f"{prefix}mission_of_{level}_{titles[here] if here else 'none'}_{len(solved)}"

    def take() -> None:
        share.ask({_key(prefix): titles.get(st.session_state[key] or "", "")})

    st.pills(f"Level {level}: {name}", list(titles), default=here, key=key, on_change=take)


def _state(mission: Mission, prefix: str) -> dict[str, Setting]:
    """The value of every control that the mission begins with; own rules of before are taken out of the race."""
    empty = {counted_key(f"{prefix}own", count): "" for count in range(1, MAX_OWN + 1)}
    return {**empty, **scenario_state(mission.begin, prefix)}
