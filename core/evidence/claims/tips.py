"""What is advised for training in practice: the seven usual tips, and how far each of them goes."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE, _TOPIC = "reference", "tips"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C132",
        page=_PAGE,
        topic=_TOPIC,
        said="Start with AdamW at 0.0003: it works for almost everything.",
        verdict=Verdict.FALSE,
        correct="It is a place to start a search, not a rule, and was said of Adam: good rates run from 2·10⁻⁵ for "
        "fine-tuning BERT to 0.01 for the small network of the experiment. That network, of two hidden layers of 64, "
        "is left with more than 20 times the loss of the best rate after 600 steps at 0.0003, and on Rosenbrock's "
        "function Adam needs {steps on Rosenbrock at the chosen rate:.0f} steps at 0.0003 and "
        "{steps on Rosenbrock at 0.1:.0f} at 0.1.",
        source="Karpathy 2016, twitter.com/karpathy/status/801621764144971776, half in jest; BERT, arXiv:1810.04805; "
        "recomputed here",
        experiment="X64",
    ),
    Claim(
        key="C133",
        page=_PAGE,
        topic=_TOPIC,
        said="Warm up during the first 5 to 10 % of training.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Long runs from random weights use less: 4 % for the first Transformer (4000 of 100 000 steps), 1 % "
        "for BERT, about 0.6 % for LLaMA (2000 of 350 000) and 0.1 % for GPT-3. Shorter runs do use as much: "
        "BERT's code for fine-tuning 10 %, ResNet-50 in large batches 5 of 90 epochs. The purpose is a "
        "larger peak rate: on ¼x⁴ from 5 gradient descent is stable up to {largest rate, no warm-up:.2f}, "
        "with 50 steps of linear warm-up up to {largest rate, warm-up:.2f}, because the curve gets flatter "
        "on the way down. On a parabola, where the curvature stays the same, warm-up does not move the limit "
        "at all.",
        source="Vaswani et al. 2017, arXiv:1706.03762; BERT, arXiv:1810.04805 and its code for fine-tuning; LLaMA, "
        "arXiv:2302.13971; GPT-3, arXiv:2005.14165; Goyal et al. 2017, arXiv:1706.02677; Kalra & Barkeshli 2024, "
        "arXiv:2406.09405",
        experiment="X62",
    ),
    Claim(
        key="C134",
        page=_PAGE,
        topic=_TOPIC,
        said="Clip gradients at a norm of 1.0 to prevent explosions.",
        verdict=Verdict.CONDITIONS,
        correct="Clipping bounds a step of gradient descent by α times the limit. The loss ½(w⁵⁰ − ½)² has at w = "
        "1.2, where w⁵⁰ is 9100, a gradient of {gradient at the start:.1e}, which throws the weight out of "
        "all bounds; clipped at 1, α = 0.001 takes it to the minimum. But α = 0.01 ends at a loss of {loss "
        "at the end, clipped | lr=0.01:.4f}, because near the minimum it is beyond the limit of 0.0031, "
        "clipped or not, and α = 0.0001 moves the weight by only 0.03 in 300 steps. A constant factor on all "
        "gradients makes no difference to Adam, so clipping affects it only where the factor changes. A "
        "gradient that is NaN stays NaN.",
        source="Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063; Zhang et al. 2020, arXiv:1905.11881",
        experiment="X48",
    ),
    Claim(
        key="C135",
        page=_PAGE,
        topic=_TOPIC,
        said="Watch the gradient norms while you train.",
        verdict=Verdict.TRUE,
        correct="PyTorch's clipping function returns the norm before clipping, so watching it costs nothing. The "
        "level says little, since it scales with the loss and grows with the model, in the experiment by "
        "{level, your width / this:.1f} where it is four times as wide. A jump or a steady drift tells you "
        "more: one batch with targets ten times too large lifts it {jump at the bad batch:.0f}-fold. The "
        "norm of a layer's step over that of its weights can be compared between layers and models.",
        source="Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063; PyTorch's documentation of gradient clipping",
        experiment="X84",
    ),
    Claim(
        key="C136",
        page=_PAGE,
        topic=_TOPIC,
        said="A learning rate range test finds the optimal learning rate.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It finds a range to start in. On the small network of this experiment the rate at which the loss "
        "falls fastest is within a factor of 2 of the best constant rate, for gradient descent and for AdamW; with "
        "other seeds it may be 5 times off. The rate at which the loss is lowest misleads: for AdamW it is more than "
        "10 times too large.",
        source="Smith 2017, arXiv:1506.01186; recomputed here",
        experiment="X63",
    ),
    Claim(
        key="C137",
        page=_PAGE,
        topic=_TOPIC,
        said="Smaller batches generalise better.",
        verdict=Verdict.CONTESTED,
        correct="Compared at one learning rate, it depends on the rate. With 10 % of the labels wrong and a rate of "
        "0.1, batches of 4, 16, 64 and 256 get about {right in %, batch 4, same rate:.0f}, {right in %, "
        "batch 16, same rate:.0f}, {right in %, batch 64, same rate:.0f} and {right in %, batch 256, same "
        "rate:.0f} % of new points right; with the rate chosen for each size all get about {right in %, "
        "batch 4, own rate:.0f} %. With right labels the same rate favours the smallest batch, with {right "
        "in %, batch 4, same rate | noise=0:.0f} against {right in %, batch 256, same rate | noise=0:.0f} %, "
        "and the best rate of each gives about {right in %, batch 4, own rate | noise=0:.0f} % to all. What "
        "the batch size does decide is speed: the number of steps on the one hand, the computing on the "
        "other.",
        source="Keskar et al. 2017, arXiv:1609.04836; Masters & Luschi 2018, arXiv:1804.07612; "
        "McCandlish et al. 2018, arXiv:1812.06162; Shallue et al. 2019, arXiv:1811.03600",
        experiment="X58",
    ),
    Claim(
        key="C138",
        page=_PAGE,
        topic=_TOPIC,
        said="Use a weight decay of 0.01 to 0.1, always.",
        verdict=Verdict.FALSE,
        correct="The range is usual for AdamW; “always” is wrong. Fitting 50 weights to 60 noisy points, λ = 0.1 "
        "lowers the error from {error, λ = 0:.2f} to {error, this λ:.2f}; without noise it raises it from 0 to "
        "{error without noise, this λ:.3f}. What acts in a step is αλ: at 0.0003 and 0.01 a weight without gradient "
        "halves in {half-life in steps | weight_decay=0.01:.0f} steps. Biases and the gains of normalisation are "
        "commonly left out, as in BERT's code. In deep networks decay mostly changes how training proceeds, and a run "
        "of AdamW on all data that converges ends with every weight within ±1/λ.",
        source="D'Angelo et al. 2024, arXiv:2310.04415; Xie & Li 2024, arXiv:2404.04454; BERT, optimization.py",
        experiment="X61",
    ),
)
