"""PyTorch code to take home, by key: tabs of whole files that tests execute exactly as they are shown."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from core.export.snippets.optimizers import OPTIMIZERS_TAB
from core.export.snippets.schedulers import SCHEDULERS_TAB
from core.export.snippets.snippet import Snippet

__all__ = ["SNIPPETS", "Snippet", "code_file"]

_FOLDER = Path(__file__).parent / "code"


def code_file(name: str) -> str:
    """The text of a file that is shown as code, by its path below ``code``."""
    return (_FOLDER / name).read_text(encoding="utf-8")


_ALL = (
    OPTIMIZERS_TAB,
    SCHEDULERS_TAB,
    Snippet(
        key="training_loop",
        title="Training loop",
        introduction="A classifier from seeds to a held-out score, with every line where it belongs.",
        notes=(
            "zero_grad comes first: without it backward adds each gradient to the last.",
            "Clip after backward and before the step, over all parameters at once.",
            "model.eval() switches dropout off and BatchNorm to its running averages; torch.no_grad() keeps no graph. "
            "One does not do the other's work.",
            "A mean over batches is not the mean over items if the last batch is smaller.",
            "The scheduler is stepped after the optimizer, and as often as its length was counted in.",
        ),
        code=code_file("training_loop.py"),
    ),
    Snippet(
        key="workshop",
        title="Workshop",
        introduction="Gathered gradients, gradient norms, a learning-rate range test and mixed precision, each with a "
        "check of itself.",
        notes=(
            "Gathering equals one large batch only without BatchNorm, and only if each part counts by its items.",
            "It saves the memory of activations; weights, gradients and optimizer state take what they took.",
            "A range test changes the weights: restore them, and give it an optimizer of its own.",
            "Unscale before clipping: a scaled gradient is too long by the scale, and clipping leaves almost nothing.",
            "torch.cuda.amp is deprecated; torch.amp takes the device. bfloat16 needs no scaler.",
            "Autocast leaves weights, gradients and optimizer state in float32; what shrinks are activations.",
        ),
        code=code_file("workshop.py"),
    ),
)

SNIPPETS: Mapping[str, Snippet] = MappingProxyType({snippet.key: snippet for snippet in _ALL})
