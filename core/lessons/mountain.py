"""The picture of a walk down a mountain without sight: what each part of it stands for, with the numbers of a run."""

from core.engine.trace import Path
from core.formula.latex import measured


def mountain_table(path: Path) -> str:
    """What each part of the picture stands for, and what it is before the first step of ``path``, in Markdown."""
    lr, slope = path.run.settings["lr"], float(path.grad_norm[0])
    position = r",\ ".join(measured(float(coordinate)).latex for coordinate in path.x[0])
    rows = (
        ("where you stand", r"weights $\theta$", f"({position})"),
        ("how high", r"loss $J(\theta)$", measured(float(path.loss[0])).latex),
        ("how steep", r"size of the gradient $\nabla J(\theta)$", measured(slope).latex),
        ("how far a given slope takes you", r"learning rate $\alpha$", measured(lr).latex),
        ("your step, downhill", r"update $-\alpha\,\nabla J(\theta)$, its length", measured(lr * slope).latex),
        ("the blindfold", r"nothing is known but $\nabla J(\theta)$", r"\text{here}"),
    )
    lines = [f"| {picture} | {meant} | ${number}$ |" for picture, meant, number in rows]
    return "\n".join(["| on the mountain | in training | at this start |", "|:--|:--|--:|", *lines])
