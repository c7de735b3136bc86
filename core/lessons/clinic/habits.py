"""Old calls and common slips around an optimizer that a text shows by itself."""

import ast
from collections.abc import Callable, Iterator

from core.lessons.clinic.examined import Kind, Note
from core.lessons.clinic.program import Act, Event, Program, class_called
from core.lessons.clinic.values import dotted


def habit_problems(program: Program, tree: ast.Module) -> list[Note]:
    """What looks wrong in ``program``, whose tree is ``tree``, beside settings and the order of a loop."""
    notes = [note for check in _CHECKS for note in check(program)]
    return notes + [note for node in ast.walk(tree) for look in _LOOKS for note in look(program, node)]


def _wrong(line: int, sentence: str, *quotes: str) -> Note:
    return Note(Kind.WRONG, line, sentence, quotes)


# --- In the order of the text ---


def _models(program: Program) -> Iterator[tuple[Event, str]]:
    """Each call that makes an optimizer, and the model whose parameters it is given."""
    for event in program.of(Act.OPTIMIZER):
        assert isinstance(event.node, ast.Call)
        for node in ast.walk(event.node):
            if isinstance(node, ast.Call) and dotted(node.func).endswith(".parameters"):
                yield event, dotted(node.func).removesuffix(".parameters")


def _trained_after(program: Program, event: Event) -> bool:
    """Whether steps follow ``event``; once a model is trained it may well be moved, or give its name to another."""
    steps = [program.events.index(step) for step in program.of(Act.STEP)]
    return not steps or steps[-1] > program.events.index(event)


def _made_again(program: Program, event: Event) -> bool:
    """Whether an optimizer is made once more after ``event``."""
    at = program.events.index(event)
    return any(other.act is Act.OPTIMIZER and other.root == event.root for other in program.events[at + 1 :])


def _later(program: Program, event: Event, *acts: Act) -> Iterator[Event]:
    at = program.events.index(event)
    for other in program.events[at + 1 :]:
        if other.act in acts and other.root == event.root and other.loops == event.loops and other.beside(event):
            yield other


def _moved_later(program: Program) -> Iterator[Note]:
    for event, model in _models(program):
        for other in _later(program, event, Act.MOVE):
            if other.who == model and _trained_after(program, other):
                yield _wrong(
                    event.line,
                    f"The optimizer is made before the model is moved on line {other.line}. PyTorch asks for the other "
                    "order: not every move keeps the parameters that the optimizer was given.",
                )
                break


def _replaced_later(program: Program) -> Iterator[Note]:
    for event, model in _models(program):
        for other in _later(program, event, Act.REPLACE):
            ours = other.who == model or other.who.startswith(f"{model}.")
            if ours and _trained_after(program, other) and not _made_again(program, other):
                yield _wrong(
                    other.line,
                    f"What {{}} is now has parameters that the optimizer of line {event.line} was not given, so it "
                    "never trains them. Make the optimizer afterwards.",
                    other.who,
                )
                break


def _left_in_eval(program: Program) -> Iterator[Note]:
    steps = [step for step in program.of(Act.STEP) if step.loops]
    for event in program.of(Act.EVAL):
        inside = [step for step in steps if step.root == event.root and step.loops[:1] == event.loops[:1]]
        back = any(train.loops or train.root != event.root for train in program.of(Act.TRAIN))
        if event.loops and inside and not back:
            yield _wrong(
                event.line,
                "After this, dropout stays off and batch normalisation keeps its averages in all later passes of the "
                "loop. Call `train()` again before training goes on.",
            )
            return


_CHECKS: tuple[Callable[[Program], Iterator[Note]], ...] = (_moved_later, _replaced_later, _left_in_eval)


# --- In single places ---


def _old_clipping(program: Program, node: ast.AST) -> Iterator[Note]:
    if isinstance(node, ast.Call) and program.names.path(node.func).rpartition(".")[2] == "clip_grad_norm":
        yield _wrong(node.lineno, "`clip_grad_norm` is deprecated; `clip_grad_norm_`, with an underscore, replaces it.")


def _old_rate(program: Program, node: ast.AST) -> Iterator[Note]:
    if isinstance(node, ast.Call) and dotted(node.func).endswith(".get_lr"):
        owner = dotted(node.func).rpartition(".")[0]
        if owner in program.schedulers or "sched" in owner.lower():
            yield _wrong(
                node.lineno,
                "`get_lr()` is for the scheduler's own use and gives wrong numbers elsewhere. Call `get_last_lr()`.",
            )


def _old_precision(program: Program, node: ast.AST) -> Iterator[Note]:
    if isinstance(node, ast.Call):
        path = program.names.path(node.func)
        if path in ("torch.cuda.amp.GradScaler", "torch.cuda.amp.autocast"):
            name = path.rpartition(".")[2]
            yield _wrong(node.lineno, f'`torch.cuda.amp.{name}` is deprecated. Use `torch.amp.{name}("cuda")`.')


def _old_adamw(program: Program, node: ast.AST) -> Iterator[Note]:
    match node:
        case ast.ImportFrom(str() as module, names) if module.partition(".")[0] == "transformers":
            if any(alias.name == "AdamW" for alias in names):
                yield _wrong(
                    node.lineno,
                    "The library transformers no longer has an AdamW. Import it from `torch.optim`, where "
                    "`weight_decay` is 0.01 unless told otherwise; the old one had 0.",
                )


def _old_item(program: Program, node: ast.AST) -> Iterator[Note]:
    match node:
        case ast.Subscript(ast.Attribute(ast.Name(name), "data"), ast.Constant(0)) if "loss" in name.lower():
            yield _wrong(node.lineno, "A loss has no element 0, so this raises an IndexError. Call `.item()`.")


# What does nothing unless it is called.
_CALLED = ("step", "zero_grad", "backward", "update")


def _not_called(program: Program, node: ast.AST) -> Iterator[Note]:
    match node:
        case ast.Expr(ast.Attribute(_, name)) if name in _CALLED:
            yield _wrong(
                node.lineno, f"`{name}` stands here without brackets, so it is not called and nothing happens."
            )


def _parameters_not_called(program: Program, node: ast.AST) -> Iterator[Note]:
    match node:
        case ast.Call(_, [ast.Attribute(owner, "parameters"), *_]) if class_called(program, node):
            if not any(word in dotted(owner).lower() for word in ("model", "net")):
                return
            yield _wrong(
                node.lineno, "`parameters` must be called, `parameters()`; without brackets this raises a TypeError."
            )


# By the loss that takes them: what must not be applied before, because the loss does it.
_TWICE = {
    "CrossEntropyLoss": ("softmax", "Softmax"),
    "cross_entropy": ("softmax", "Softmax"),
    "BCEWithLogitsLoss": ("sigmoid", "Sigmoid"),
    "binary_cross_entropy_with_logits": ("sigmoid", "Sigmoid"),
}


def _twice(program: Program, node: ast.AST) -> Iterator[Note]:
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Call):
        return
    loss = _loss_called(program, node)
    inner = node.args[0].func
    applied = dotted(inner.func if isinstance(inner, ast.Call) else inner).rpartition(".")[2]
    if applied in _TWICE.get(loss, ()):
        yield _wrong(
            node.lineno,
            f"`{loss}` applies the {applied.lower()} itself. Applied twice, it flattens the gradient; hand it the "
            "plain outputs.",
        )


def _loss_called(program: Program, call: ast.Call) -> str:
    """The loss that ``call`` computes, also one that was made before and given a name."""
    made = call.func if isinstance(call.func, ast.Call) else program.names.expression(dotted(call.func), None)
    named = made.func if isinstance(made, ast.Call) else call.func
    return program.names.path(named).rpartition(".")[2]


_LOOKS: tuple[Callable[[Program, ast.AST], Iterator[Note]], ...] = (
    _old_clipping,
    _old_rate,
    _old_precision,
    _old_adamw,
    _old_item,
    _not_called,
    _parameters_not_called,
    _twice,
)
