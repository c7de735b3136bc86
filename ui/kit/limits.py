"""What a page accepts, whoever asks: a widget, a link or the stage."""

from core.engine.run import Run
from core.formula.words import apart

# A start beyond this is a slip of the hand; the engine itself allows far more.
MAX_START = 1e6
# A path of this length is still computed, sent and drawn within a blink.
MAX_STEPS = 5000
# Racers that can be told apart by colour and dash in one picture.
MAX_RACERS = 8
# As many when they are all on one line, the curve of a function of one variable.
MAX_CURVE_RACERS = 4
# Rules of a visitor's own that race at once.
MAX_OWN = 5
# The choice among the objectives that stands for a formula typed by the visitor.
OWN = "Own formula"
# Beyond these, noise drowns every slope and a limit on the gradient's norm limits nothing.
MAX_NOISE = 1000.0
MAX_CLIP = 1e6
# What the engine takes for a limit; anything smaller is none.
MIN_CLIP = 1e-12
MAX_SEED = 1e6
# Characters that a box takes, far more than can be used of them: Streamlit's client drops a longer text without a word,
# and the page can say what is wrong only with what it is given. The first is for boxes whose text a link holds.
MAX_TEXT = 20_000
MAX_PASTE = 900_000
# Characters of something pasted that a link carries: addresses of some thousand characters pass everywhere.
MAX_LINKED = 1_500
# Characters of a link: mail programs and forums keep an address of four thousand whole, and it begins with the place.
MAX_LINK = 3900


def unsuited(run: Run) -> str:
    """Why no page can show ``run``; empty if one can."""
    for name, value, most in (
        ("steps", run.steps, MAX_STEPS),
        ("start", max(map(abs, run.start)), MAX_START),
        ("noise", run.noise, MAX_NOISE),
        ("clip_norm", run.clip_norm or 0.0, MAX_CLIP),
        ("seed", run.seed, MAX_SEED),
    ):
        if value > most:
            bound, own = apart(most, value)
            return f"A page shows runs with {name} up to {bound}; this one has {own}."
    return ""
