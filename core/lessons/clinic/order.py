"""What looks wrong in the order of a loop: gradients that are cleared, clipped or scaled at the wrong moment."""

import ast
from collections.abc import Callable, Iterator

from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.program import Act, Event, Program
from core.lessons.clinic.values import dotted


def order_problems(program: Program) -> list[Note]:
    """What looks wrong in how the loops of ``program`` go about gradients."""
    return [note for check in _CHECKS for note in check(program)]


def _wrong(line: int, sentence: str, *quotes: str) -> Note:
    return Note(Kind.WRONG, line, sentence, quotes)


def passed(program: Program, event: Event) -> list[Event]:
    """What happens in one pass of the innermost loop around ``event``, in order, in the same branches."""
    depth = len(event.loops)
    return [other for other in program.events if other.loops[:depth] == event.loops and other.beside(event)]


def _looped_steps(program: Program) -> Iterator[tuple[Event, list[Event]]]:
    """The steps of optimizers in a loop, each with what happens in its pass."""
    for step in program.of(Act.STEP):
        if step.loops:
            yield step, passed(program, step)


def _is_counted(event: Event) -> bool:
    """Whether the event waits for a count, as in ``if (i + 1) % 4 == 0``."""
    return any(
        isinstance(node, ast.Mod)
        for question, _ in event.arms
        if isinstance(question, ast.If)
        for node in ast.walk(question.test)
    )


def _clears(zero: Event, step: Event, program: Program) -> bool:
    """Whether ``zero`` clears what ``step`` uses: it is the same optimizer's, or a model's."""
    return zero.who == step.who or zero.who not in program.optimizers


def _not_cleared(program: Program) -> Iterator[Note]:
    for step, events in _looped_steps(program):
        if not any(event.act is Act.BACKWARD for event in events) or step.who in program.handed:
            continue
        # With a closure, or with a context that holds its gradients.
        if isinstance(step.node, ast.Call) and step.node.args and not step.scaled:
            continue
        zeros = [zero for zero in program.of(Act.ZERO) if _clears(zero, step, program)]
        if any(zero.loops[: len(step.loops)] == step.loops for zero in zeros) or any(
            zero.root != step.root for zero in zeros
        ):
            continue
        if any(len(zero.loops) < len(step.loops) for zero in zeros):
            how = "Gradients are cleared outside the loop that steps, so every step of it also uses those of the steps "
            yield _wrong(step.line, f"{how}before. Call `zero_grad()` once for each step.")
        else:
            how = "Nothing clears the gradients, and `backward()` adds to them: every step uses the sum of all so far. "
            yield _wrong(step.line, f"{how}Call `optimizer.zero_grad()` once for each step.")


def _cleared_too_soon(program: Program) -> Iterator[Note]:
    for step in program.of(Act.STEP):
        events = passed(program, step)
        at = events.index(step)
        # Backwards from the step and, in a loop, on through the pass before.
        earlier = events[:at][::-1] + (events[at + 1 :][::-1] if step.loops else [])
        for event in earlier:
            if event.act is Act.BACKWARD or (event.act is Act.STEP and event.who == step.who):
                break
            if event.act is Act.ZERO and _clears(event, step, program) and _certain(event, step):
                if any(other.act is Act.BACKWARD for other in earlier):
                    yield _wrong(
                        step.line,
                        f"`zero_grad()` on line {event.line} clears the gradients after `backward()` and before this "
                        "step, which then has none to use.",
                    )
                break


def _certain(event: Event, step: Event) -> bool:
    """Whether ``event`` happens whenever ``step`` does."""
    return set(event.arms) <= set(step.arms)


def _dropped(program: Program) -> Iterator[Note]:
    """Gradients that are gathered for a step every few batches, and cleared in each."""
    for step, events in _looped_steps(program):
        # What waits together with the step is not gathered for it.
        gathered = not any(event.act is Act.BACKWARD and set(step.arms) <= set(event.arms) for event in events)
        if not _is_counted(step) or not gathered:
            continue
        for zero in events:
            if zero.act is Act.ZERO and zero.loops == step.loops and not zero.arms and _clears(zero, step, program):
                yield _wrong(
                    zero.line,
                    f"The step on line {step.line} waits for several batches, but their gradients are cleared in every "
                    "one, so only the last batch counts. Clear them right after the step.",
                )
                return


def _without_backward(program: Program) -> Iterator[Note]:
    if program.of(Act.BACKWARD):
        return
    for step, events in _looped_steps(program):
        assert isinstance(step.node, ast.Call)
        zeroed = any(event.act is Act.ZERO and event.loops == step.loops for event in events)
        if zeroed and (step.scaled or not step.node.args) and not _may_be_elsewhere(program):
            yield _wrong(step.line, "Nothing calls `backward()`, so there are no gradients and the step does nothing.")


def _may_be_elsewhere(program: Program) -> bool:
    """Whether a function that is not in the text may compute gradients: the optimizer is handed to one."""
    return any(name in program.optimizers or "optim" in name.lower() for name in program.handed)


def _without_step(program: Program) -> Iterator[Note]:
    if program.of(Act.STEP) or not program.of(Act.OPTIMIZER) or _may_be_elsewhere(program):
        return
    for backward in program.of(Act.BACKWARD):
        if backward.loops:
            yield _wrong(backward.line, "No `optimizer.step()` follows, so the weights never change.")
            return


def _clipping(program: Program) -> Iterator[Note]:
    for clip in program.of(Act.CLIP):
        events = passed(program, clip)
        at = events.index(clip)
        before = [event for event in events[:at] if event.act in (Act.BACKWARD, Act.STEP)]
        after = [event for event in events[at + 1 :] if event.act in (Act.BACKWARD, Act.STEP)]
        if before and before[-1].act is Act.STEP and not any(event.act is Act.STEP for event in after):
            yield _wrong(
                clip.line,
                f"Gradients are clipped after the step on line {before[-1].line} has used them. Clip between "
                "`backward()` and `step()`.",
            )
        elif not before and after and after[0].act is Act.BACKWARD:
            yield _wrong(
                clip.line,
                f"Gradients are clipped before `backward()` on line {after[0].line} computes them. Clip between "
                "`backward()` and `step()`.",
            )


def _scaled_clipping(program: Program) -> Iterator[Note]:
    for clip in program.of(Act.CLIP):
        assert isinstance(clip.node, ast.Call)
        owner = program.names.path(clip.node.func).rpartition(".")[0]
        # Others, such as an accelerator's, take the scale away by themselves.
        if owner and not owner.endswith("utils"):
            continue
        events = passed(program, clip)
        at = events.index(clip)
        backward = next((event for event in reversed(events[:at]) if event.act is Act.BACKWARD), None)
        if backward is None or not backward.scaled:
            continue
        since = events[events.index(backward) : at]
        if any(event.act in (Act.UNSCALE, Act.STEP) for event in since):
            continue
        late = next((event for event in events[at:] if event.act is Act.UNSCALE), None)
        when = f"only on line {late.line}" if late is not None else "only in `scaler.step()`"
        yield _wrong(
            clip.line,
            f"These gradients are still multiplied by the scaler's factor, which goes {when}, so that clipping leaves "
            "almost nothing of them. Call `scaler.unscale_(optimizer)` before it.",
        )


def _scaling(program: Program) -> Iterator[Note]:
    updates = program.of(Act.UPDATE)
    for step in program.of(Act.STEP):
        events = passed(program, step)
        at = events.index(step)
        backward = next((event for event in reversed(events[:at]) if event.act is Act.BACKWARD), None)
        if step.scaled and not updates:
            yield _wrong(
                step.line,
                "`scaler.update()` is never called, so the scale never changes: it can neither grow nor recover from "
                "an overflow.",
            )
        if backward is None:
            continue
        if backward.scaled and not step.scaled:
            between = events[events.index(backward) : at]
            if not any(event.act is Act.UNSCALE for event in between):
                yield _wrong(
                    step.line,
                    "The loss was scaled, and this step uses the scaled gradients. Call `scaler.step(optimizer)`, "
                    "which divides by the scale first.",
                )
        if step.scaled and not backward.scaled and not _scales_elsewhere(program):
            yield _wrong(
                step.line,
                "`scaler.step()` divides the gradients by a scale by which the loss was never multiplied. Call "
                "`scaler.scale(loss).backward()`.",
            )
        early = [event for event in events[:at] if event.act is Act.UPDATE]
        if step.scaled and early and not any(event.act is Act.UPDATE for event in events[at:]):
            yield _wrong(early[-1].line, "`scaler.update()` belongs after `scaler.step()`.")


def _scales_elsewhere(program: Program) -> bool:
    """Whether something is scaled in a statement of its own, as in ``scaled = scaler.scale(loss)``."""
    return any(name.endswith(".scale") for name in program.methods)


def _backward_twice(program: Program) -> Iterator[Note]:
    """A loss that is added to a sum with its graph."""
    for statement, loops in program.sums:
        name = dotted(statement.value)
        sums = dotted(statement.target)
        losses = {dotted(one) for event in program.of(Act.BACKWARD) if (one := _loss(event)) is not None}
        same_loop = any(event.loops == loops and _is(event, name) for event in program.of(Act.BACKWARD))
        if loops and name and same_loop and sums not in losses:
            yield _wrong(
                statement.lineno,
                "{} is added with the graph that belongs to it, so memory grows from batch to batch. Add its "
                "`.item()`.",
                name,
            )


def _loss(event: Event) -> ast.expr | None:
    """On what ``backward`` is called."""
    node = event.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    if isinstance(owner, ast.Call) and owner.args:
        return owner.args[0]
    return node.args[0] if node.args and not isinstance(owner, ast.Call) and dotted(node.args[0]) else owner


def _is(event: Event, name: str) -> bool:
    loss = _loss(event)
    return loss is not None and dotted(loss) == name


_CHECKS: tuple[Callable[[Program], Iterator[Note]], ...] = (
    _not_cleared,
    _cleared_too_soon,
    _dropped,
    _without_backward,
    _without_step,
    _clipping,
    _scaled_clipping,
    _scaling,
    _backward_twice,
)
