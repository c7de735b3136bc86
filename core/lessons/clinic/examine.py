"""A text from its first to its last line: what it sets, what of it is not taken, and what looks wrong."""

from dataclasses import dataclass, field

from core.engine.run import MAX_STEPS, Run
from core.formula.words import digits
from core.lessons.clinic.calls import Called, call_problems
from core.lessons.clinic.checks import problems, scheduler_of, steps_of, told_total
from core.lessons.clinic.names import Open, is_number, names_of
from core.lessons.clinic.optimizers import Rule, loud_rate, rule
from core.lessons.clinic.program import Act, Program, program_of
from core.lessons.clinic.schedules import Taken, taken, told_steps
from core.lessons.clinic.text import Kind, Note, UnreadableError, left, tree_of, wrong

PLACEHOLDER = """\
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=100)
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
"""
# It runs, and several things in it are wrong.
EXAMPLE = """\
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

epochs = 100
optimizer = torch.optim.Adam(model.parameters(), lr=0.1, weight_decay=1e-2)
scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
model.to("cuda")

total = 0
for epoch in range(epochs):
    for inputs, targets in loader:
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scheduler.step()
        total += loss
"""

# What the engine takes for a limit of the gradient's norm.
_CLIPS = (1e-12, 1e12)
_MOST_NOTES = 60


@dataclass(frozen=True)
class Examined:
    """The settings that a text gives a run, and notes in the order of its lines.

    ``optimizer`` is a key of the catalogue or the text of a rule, ``None`` if none was recognised; ``schedule`` a key
    or the text of a schedule. ``steps`` is how many the text takes, ``None`` if it does not say. ``plain`` is the key
    of the rule that a text of a rule was made from, "" if there is none.
    """

    notes: tuple[Note, ...]
    optimizer: str | None = None
    hypers: dict[str, float] = field(default_factory=dict, hash=False)
    schedule: str = "constant"
    schedule_hypers: dict[str, float] = field(default_factory=dict, hash=False)
    clip_norm: float | None = None
    steps: int | None = None
    plain: str = ""

    def of(self, kind: Kind) -> tuple[Note, ...]:
        """The notes of one kind."""
        return tuple(note for note in self.notes if note.kind is kind)

    def run(self, objective: str, start: tuple[float, ...], steps: int) -> Run:
        """The run with these settings; ``steps`` are taken unless the text says how many.

        Raises ``ValueError`` if no optimizer was recognised.
        """
        if self.optimizer is None:
            raise ValueError("No optimizer was recognised.")
        return Run(
            objective,
            self.optimizer,
            start,
            self.steps or steps,
            self.hypers,
            self.schedule,
            self.schedule_hypers,
            clip_norm=self.clip_norm,
        )


def examine(text: str, most: int = MAX_STEPS) -> Examined:
    """What ``text``, PyTorch's lines about an optimizer, sets here, and what there is to say about it.

    It is parsed and never run. Whatever cannot be read is a note; nothing is raised. A run takes ``most`` steps at
    most: where the text has more, the schedule is made as much shorter.
    """
    if not text.strip():
        return Examined(())
    try:
        tree = tree_of(text)
    except UnreadableError as error:
        return Examined((error.note,))
    names = names_of(tree)
    program = program_of(tree, names)
    first, chosen = (next(iter(calls), None) for calls in (program.optimizers, program.schedulers))
    notes = list(problems(program, tree))
    for what, listed in (("optimizer", program.optimizers), ("scheduler", program.schedulers)):
        for one in listed[1:]:
            said = f"Only the first {what} of a text is taken, and this {one.name} is another."
            notes.append(left(one.line, said))
    for one in program.schedulers:
        notes += call_problems(one, first)
    steps = _steps(program, chosen, notes)
    clip_norm = _clip(program, notes)
    if first is None:
        notes.append(left(1, "No optimizer of torch.optim is made in this text."))
    found = rule(first) if first is not None else Rule(None, {}, ())
    rate = found.hypers.get("lr", 0.0)
    follows = taken(chosen, names, rate, steps, most) if chosen is not None else Taken("constant", {}, rate, ())
    if first is not None:
        peak = chosen.values.get("max_lr") if chosen is not None else None
        notes += [*call_problems(first), *loud_rate(first, peak if is_number(peak) else first.values.get("lr"))]
    notes += [*found.notes, *follows.notes]
    if steps is not None and steps > most:
        sentence = f"The text has {digits(steps)} steps, and a run here has up to {digits(most)}: the schedule is made "
        notes.append(left(1, f"{sentence}as much shorter, and the rule takes fewer steps."))
    return Examined(
        tuple(sorted(dict.fromkeys(notes), key=lambda note: note.line)[:_MOST_NOTES]),
        found.optimizer,
        found.hypers | ({"lr": follows.rate} if "lr" in found.hypers else {}),
        follows.schedule,
        follows.hypers,
        clip_norm,
        min(steps, most) if steps is not None else None,
        found.plain,
    )


def _steps(program: Program, chosen: Called | None, notes: list[Note]) -> int | None:
    """How many steps the text takes, of its loops or else as many as its schedule lasts."""
    event = next(iter(program.of(Act.STEP)), None)
    paced = next(iter(program.of(Act.SCHEDULE)), None)
    if chosen is not None and paced is not None and scheduler_of(program, paced) is chosen:
        inner = steps_of(program, paced)
        event = paced if inner else event
        if inner and len(inner[0].loops) > len(paced.loops):
            notes.append(
                left(paced.line, "The scheduler is stepped once per epoch, so a step here stands for an epoch.")
            )
    total = told_total(event) if event is not None else None
    return total if total is not None or chosen is None else told_steps(chosen)


def _clip(program: Program, notes: list[Note]) -> float | None:
    """The largest norm of a gradient; adds what there is to say of how gradients are clipped."""
    for event in program.of(Act.CLIP):
        assert event.node is not None
        given = {keyword.arg: keyword.value for keyword in event.node.keywords}
        node = event.node.args[1] if len(event.node.args) > 1 else given.get("max_norm")
        value = program.names.value(node) if node is not None else Open("not given")
        if "value" in program.names.path(event.node.func).rpartition(".")[2]:
            said = "Clipping each coordinate by itself has no counterpart; here only the norm can be limited."
            notes.append(left(event.line, said))
        elif value is None or isinstance(value, Open):
            said = "The largest norm is {}, to which the text gives no value; nothing is clipped here."
            notes.append(left(event.line, said, value.text if isinstance(value, Open) else "None"))
        elif not is_number(value) or not _CLIPS[0] <= value <= _CLIPS[1]:
            notes.append(wrong(event.line, "The largest norm must be a number above 0."))
        else:
            if "norm_type" in given and program.names.value(given["norm_type"]) != 2:
                notes.append(left(event.line, "`norm_type` has no counterpart: here the norm is Euclidean."))
            notes.append(Note(Kind.TAKEN, event.line, f"Gradients are clipped to a norm of {digits(value)}."))
            return float(value)
    return None
