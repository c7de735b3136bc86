"""What is said about full-batch, stochastic and mini-batch descent, and about small batches and generalisation."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "variants"

_BOTTOU = "Bottou, Curtis & Nocedal 2018, arXiv:1606.04838"
_ROBBINS = "Robbins & Monro 1951, doi:10.1214/aoms/1177729586"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C031",
        page=_PAGE,
        topic="batch",
        said="There are three kinds of gradient descent: batch, stochastic and mini-batch.",
        verdict=Verdict.TRUE,
        correct="They are one rule with three batch sizes: all n samples, 1, and something between. In today's usage "
        "the letters SGD nearly always mean the third. The experiment runs all three by changing that one "
        "number.",
        source=_BOTTOU,
        experiment="X15",
    ),
    Claim(
        key="C032",
        page=_PAGE,
        topic="batch",
        said="Batch gradient descent averages the gradients of all samples and then takes one step.",
        verdict=Verdict.TRUE,
        correct="A pass over the data, an epoch, is then a single update. In the experiment, with 1000 samples and 10 "
        "weights, the best one along the gradient leaves {left after one epoch, all samples:.1%} of the excess loss.",
        source=_BOTTOU,
        experiment="X15",
    ),
    Claim(
        key="C033",
        page=_PAGE,
        topic="batch",
        said="Batch gradient descent converges stably.",
        verdict=Verdict.CONDITIONS,
        correct="Only below the limit 2/L, where L is the largest curvature. On a parabola 50 steps from a distance "
        "of 1 end at {distance at αL = 1.9:.3g} with αL = 1.9 and at {distance at αL = 2.1:.0f} with αL = "
        "2.1, without any noise.",
        source="Nesterov 2004, Introductory Lectures on Convex Optimization; Cohen et al. 2021, arXiv:2103.00065",
        experiment="X09",
    ),
    Claim(
        key="C034",
        page=_PAGE,
        topic="batch",
        said="The gradient of batch gradient descent is clean.",
        verdict=Verdict.TRUE,
        correct="It is exact for the training set. For the distribution from which the set was drawn it is an "
        "estimate, just as the gradient of a batch is for the set.",
        source=_BOTTOU,
        experiment="X13",
    ),
    Claim(
        key="C035",
        page=_PAGE,
        topic="batch",
        said="Batch gradient descent is slow on large data.",
        verdict=Verdict.TRUE,
        correct="The cost of an update grows with the number of samples. In the experiment one pass in batches of 1, "
        "10 or 100 leaves less than 0.01 % of the excess loss, one exact update {left after one epoch, all "
        "samples:.1%}. With few samples and much noise the one update may be the better pass, and in the end "
        "it always is: at a constant rate batches keep their noise.",
        source=_BOTTOU,
        experiment="X15",
    ),
    Claim(
        key="C036",
        page=_PAGE,
        topic="batch",
        said="Batch gradient descent needs the full data set in memory.",
        verdict=Verdict.FALSE,
        correct="A gradient over all samples is a sum, and a sum can be read in portions. Added up 50 samples at a "
        "time, it differs only by rounding, here by less than 2 parts in 10¹⁵ of its largest component.",
        source="recomputed here",
        experiment="X16",
    ),
    Claim(
        key="C037",
        page=_PAGE,
        topic="stochastic",
        said="Stochastic gradient descent updates with one sample at a time.",
        verdict=Verdict.TRUE,
        correct="The sample is drawn from all at each step, which is what most proofs assume, or the data are "
        "shuffled anew for each pass and taken in turn, which is what programs do. In a shuffled pass the "
        "errors partly cancel.",
        source=f"{_ROBBINS}; Mishchenko, Khaled & Richtárik 2020, arXiv:2006.05988",
        experiment="X15",
    ),
    Claim(
        key="C038",
        page=_PAGE,
        topic="stochastic",
        said="Stochastic gradient descent makes fast updates.",
        verdict=Verdict.TRUE,
        correct="An update looks at one sample of n, so a pass over 1000 samples makes 1000 updates. Per sample it "
        "is the slowest way to compute: hardware processes many samples at once in little more time than one.",
        source=_BOTTOU,
        experiment="X15",
    ),
    Claim(
        key="C039",
        page=_PAGE,
        topic="stochastic",
        said="The noise of stochastic gradient descent lets it escape local minima.",
        verdict=Verdict.CONDITIONS,
        correct="Only where the learning rate times the variance of the noise is large against the height of the "
        "barrier, and then it leaves good minima too. From the higher of two minima, at a rate of 0.1, noise of 0.3 "
        "brings no run in 1000 over the hill, noise of 0.6 {in the lower basin in %, noise 0.6:.0f} %, noise of 1 "
        "more than 90 %, noise of 2 fewer again, because runs come back. At a rate of 0.02 noise of 1 brings none, "
        "but noise of 2 brings {in the lower basin in %, noise 2 | lr=0.02:.0f} %: rate times noise is smaller than "
        "with 0.1 and 0.6, rate times variance is larger.",
        source="Kleinberg, Li & Yuan 2018, arXiv:1802.06175",
        experiment="X17",
    ),
    Claim(
        key="C040",
        page=_PAGE,
        topic="stochastic",
        said="The gradients of stochastic gradient descent have a high variance.",
        verdict=Verdict.TRUE,
        correct="It is S/B for a batch of B, where S is the variance over single samples; for samples drawn without "
        "replacement, multiply by (n − B)/(n − 1), which is 0 once all are in. Measured over 4000 batches "
        "both hold within 10 %.",
        source="Cochran 1977, Sampling Techniques, chapter 2",
        experiment="X13",
    ),
    Claim(
        key="C041",
        page=_PAGE,
        topic="stochastic",
        said="The loss curve of stochastic gradient descent is noisy.",
        verdict=Verdict.TRUE,
        correct="It is, and at a constant learning rate the noise does not die out. On ½x² with noise 1 the mean of "
        "x² settles at α/(2 − α): {theory α·σ²/(2 − α) at your rate | lr=0.2:.3g} at 0.2, {theory α·σ²/(2 − "
        "α) at your rate:.3g} at 0.1, {theory α·σ²/(2 − α) at your rate | lr=0.01:.3g} at 0.01. A rate that "
        "falls as 1/t removes it.",
        source=f"{_BOTTOU}; Mandt, Hoffman & Blei 2017, arXiv:1704.04289; {_ROBBINS}",
        experiment="X14",
    ),
    Claim(
        key="C042",
        page=_PAGE,
        topic="minibatch",
        said="Mini-batch gradient descent averages the gradients over B samples.",
        verdict=Verdict.TRUE,
        correct="Often the same letter B stands for the set of samples and for their number. Here B is the number: "
        "the sum over the samples of the batch is divided by B. The variance of this average falls as 1/B, "
        "as for any average of independent draws.",
        source=_BOTTOU,
        experiment="X13",
    ),
    Claim(
        key="C043",
        page=_PAGE,
        topic="minibatch",
        said="The best batch sizes are 32 to 256, powers of two because of how GPUs are built.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It is a habit. Hardware computes in tiles, so it favours dimensions that are multiples of 8, 16 or "
        "64, and the batch is only one of them; published comparisons of training at 63, 64 and 65, or 127, "
        "128 and 129 see no difference that matters. Time it on this machine: what 64 gains on 63, multiples "
        "of 16 gain as well.",
        source="NVIDIA, Deep Learning Performance Guide; Raschka 2022, No, We Don't Have to Choose Batch Sizes As "
        "Powers Of 2",
        experiment="X18",
    ),
    Claim(
        key="C044",
        page=_PAGE,
        topic="minibatch",
        said="Mini-batches are the standard in industry.",
        verdict=Verdict.TRUE,
        correct="They are, and those of language models are far larger than 256: GPT-3 was trained with 0.5 to 3.2 "
        "million tokens a batch, depending on its size, and LLaMA with 4 million.",
        source="GPT-3, arXiv:2005.14165; LLaMA, arXiv:2302.13971",
    ),
    Claim(
        key="C129",
        page=_PAGE,
        topic="generalisation",
        said="Smaller batches make noisier gradients, which find flatter minima, which generalise better.",
        verdict=Verdict.CONTESTED,
        correct="With one learning rate for all, batch sizes do differ, and which is ahead depends on the data. With "
        "the rate tuned for each size on other data, the gap mostly disappears: in the experiment from "
        "several points to less than one. Training on all samples at once can match small batches with "
        "explicit regularisation, and the learning rate sets flatness too. In some models noise does help.",
        source="Shallue et al. 2019, arXiv:1811.03600; Hoffer et al. 2017, arXiv:1705.08741; Goyal et al. 2017, "
        "arXiv:1706.02677; Geiping et al. 2022, arXiv:2109.14119; Keskar et al. 2017, arXiv:1609.04836",
        experiment="X58",
    ),
)
