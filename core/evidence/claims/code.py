"""What is said about PyTorch code for optimizers, schedulers, training loops and their tools."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE, _TOPIC = "reference", "code"

_CHECKED = "run here with PyTorch 2.13"
_DOCUMENTATION = "PyTorch's documentation of torch.optim, docs.pytorch.org/docs/stable/optim.html"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C105",
        page=_PAGE,
        topic=_TOPIC,
        said="One line of PyTorch makes any of the common optimizers.",
        verdict=Verdict.TRUE,
        correct="It does, for gradient descent with and without momentum, Nesterov, AdaGrad, RMSProp, Adam and "
        "AdamW, and by now each of them has a default learning rate. Nesterov's form needs a momentum above "
        "0 and no dampening. To exempt biases and the scales of normalisation from weight decay takes "
        "parameter groups, which one line does not show.",
        source=_DOCUMENTATION,
    ),
    Claim(
        key="C106",
        page=_PAGE,
        topic=_TOPIC,
        said="The usual lines that make schedulers run one after the other, as they are printed.",
        verdict=Verdict.CONDITIONS,
        correct="Each works on its own. On one optimizer they overwrite each other as soon as they are built: AdamW "
        "at 0.0003 stands at {learning rate after building all:.4f} and its beta1 at {beta1 after building "
        "all:.2f} before the first step, which is where one-cycle starts. And a cosine climbs again once its "
        "steps are over, and one-cycle counts batches: stepped after each of 100 epochs of ten batches, it "
        "gets to {one-cycle, largest, by epoch:.4f} of its peak of {one-cycle, largest, by batch:.2f}.",
        source=f"PyTorch's documentation of learning-rate schedulers; {_CHECKED}",
        experiment="X67",
    ),
    Claim(
        key="C107",
        page=_PAGE,
        topic=_TOPIC,
        said="Zero the gradients, compute the loss, go backward, step: that is a training loop.",
        verdict=Verdict.TRUE,
        correct="It is, and the order matters: without the zeroing, three backward passes over one batch leave three "
        "times its gradient. What the usual listing lacks is evaluation, with dropout off and no gradients, "
        "and a scheduler stepped after each batch: a cosine over three epochs from 0.0003, stepped after "
        "each epoch, trains only at {rate in the first epoch:.4f}, 0.000225 and {rate in the last "
        "epoch:.1e}, and prints {rate printed after it:.0f} for the last.",
        source=f"PyTorch's tutorial on optimization; {_CHECKED}",
        experiment="X82",
    ),
    Claim(
        key="C108",
        page=_PAGE,
        topic=_TOPIC,
        said="To train with a batch N times as large, step and zero the gradients after every N-th batch.",
        verdict=Verdict.CONDITIONS,
        correct="It is right if all batches are equal, their number is a multiple of N, each loss is divided by N and "
        "nothing is normalised over a batch. Of 130 items in batches of 16, with N = 4, eight batches make two steps; "
        "the ninth is lost, and its gradient leaks into the next epoch. So zero first, step after the last batch too, "
        "and weight each by its items: 256 items in parts of 40, each counted alike, are wrong by "
        "{relative error, uneven, divided by their number:.0%}, and BatchNorm over parts of 32 by "
        "{relative error, BatchNorm:.0%}.",
        source=f"Unsloth 2024 and Hugging Face 2024, posts on gradient accumulation; {_CHECKED}",
        experiment="X47",
    ),
    Claim(
        key="C109",
        page=_PAGE,
        topic=_TOPIC,
        said="The norm of the gradient is the root of the sum of the squared norms of all parameters' gradients.",
        verdict=Verdict.TRUE,
        correct="It is: that of the entries 3 and 0.4 together is {norm before clipping:.3f}, less than their sum. "
        "PyTorch measures it in one call; its clipping function returns it as well, as it was before "
        "clipping. Reading it through the attribute called data is an old habit that serves no purpose today.",
        source=f"PyTorch's documentation of torch.nn.utils; {_CHECKED}",
        experiment="X49",
    ),
    Claim(
        key="C110",
        page=_PAGE,
        topic=_TOPIC,
        said="The package torch-lr-finder gives the learning rate: the one where the loss falls most steeply.",
        verdict=Verdict.CONDITIONS,
        correct="It is not part of PyTorch, it needs a reset at the end because the test ruins the weights, and it "
        "starts at the rate that the optimizer was given. The steepest point is fastai's rule; Smith reads off where "
        "the accuracy begins to rise and where it slows, becomes ragged or falls. Here the steepest point is "
        "{steepest / best, Gradient descent:.1f} times the best rate of a sweep for gradient descent and "
        "{steepest / best, AdamW:.1f} times for AdamW, if every step sees all items; in batches of 32 it only finds "
        "the noise, a hundred times too low or worse.",
        source="Smith 2017, arXiv:1506.01186; the package's page; recomputed here",
        experiment="X63",
    ),
    Claim(
        key="C111",
        page=_PAGE,
        topic=_TOPIC,
        said="Mixed precision in PyTorch is autocast and GradScaler from torch.cuda.amp.",
        verdict=Verdict.FALSE,
        correct="Not any more: both warn that they are deprecated. They are now torch.amp.autocast and "
        "torch.amp.GradScaler, and take the device as an argument. The usual listing also lacks the zeroing "
        "of the gradients and the unscaling before they are clipped: at a scale of 65 536 a gradient of norm "
        "1.28 looks {norm seen before unscaling:.0f} long, and clipping at 1 leaves {norm left, clipped "
        "before unscaling:.6f} of it.",
        source=f"PyTorch's documentation of torch.amp; {_CHECKED}",
        experiment="X65",
    ),
    Claim(
        key="C112",
        page=_PAGE,
        topic=_TOPIC,
        said="Mixed precision is twice as fast and takes half the memory.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Speed depends on the hardware: the gain is large on GPUs with tensor cores and large matrices, and "
        "nothing to count on elsewhere. Memory for weights, gradients and Adam's moments is {bytes per "
        "weight, Adam in float32:.0f} bytes per weight in float32, and the same under autocast, which leaves "
        "them there; 16-bit weights and gradients with float32 copies are 2 + 2 + 12, {bytes per weight, "
        "Adam in 16 bits with a float32 copy:.0f} again. What halves are the activations. And bfloat16, with "
        "float32's range, needs no scaling of the loss.",
        source="Micikevicius et al. 2018, arXiv:1710.03740; Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054",
        experiment="X65",
    ),
    Claim(
        key="C113",
        page=_PAGE,
        topic=_TOPIC,
        said="PyTorch has code for every optimizer that is discussed.",
        verdict=Verdict.FALSE,
        correct="PyTorch 2.13 has Muon, NAdam, RAdam and Adafactor beside the classics, but not Lion, Sophia, LAMB, "
        "SAM, Schedule-Free or Newton's method. Here every rule can be exported: where PyTorch has no class, one is "
        "written from the rule's own lines.",
        source=_DOCUMENTATION,
    ),
)
