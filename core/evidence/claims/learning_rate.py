"""What is said about the learning rate: too small, too large, and how it should change during training."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "learning_rate"

_NESTEROV = "Nesterov 2004, Introductory Lectures on Convex Optimization"
_COHEN = "Cohen et al. 2021, arXiv:2103.00065"
_SMITH = "Smith 2017, arXiv:1506.01186"
_SGDR = "Loshchilov & Hutter 2017, arXiv:1608.03983"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C021",
        page=_PAGE,
        topic="choice",
        said="The learning rate is the most critical choice you make.",
        verdict=Verdict.TRUE,
        correct="It is an opinion, and a widely shared one: Bengio calls it often the single most important setting. "
        "On Rosenbrock's function it decides which rule wins: Nesterov's at 0.0008, RMSProp at 0.003, Adam at 0.01.",
        source="Bengio 2012, arXiv:1206.5533",
        experiment="X42",
    ),
    Claim(
        key="C022",
        page=_PAGE,
        topic="choice",
        said="If it is too small, training is painfully slow.",
        verdict=Verdict.TRUE,
        correct="The number of steps grows like 1/(αμ), where μ is the smallest curvature. In the worked example the "
        "distance to the best line is below 0.01 after 17 645 steps at α = 0.001, after 1763 at 0.01 and after 175 at "
        "0.1.",
        source=_NESTEROV,
        experiment="X09",
    ),
    Claim(
        key="C023",
        page=_PAGE,
        topic="choice",
        said="If it is too small, you get stuck in shallow local minima.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="The start mostly decides which minimum is reached. In the experiment, where 2/L is {limit 2/L:.3f}, "
        "every rate from 0.01 to 0.25 ends in the same shallow valley at {end at the largest rate:.4f}. "
        "Leaving it takes noise, momentum, or a rate too large for the curvature of that valley.",
        source="recomputed here",
        experiment="X10",
    ),
    Claim(
        key="C024",
        page=_PAGE,
        topic="choice",
        said="If it is too small, computing time is wasted.",
        verdict=Verdict.TRUE,
        correct="Far below the stability limit a tenth of the rate costs ten times the steps, each costing as much as "
        "before. Near the limit more is not better: in the worked example 0.18 needs 1494 steps to come within 0.01, "
        "0.1 needs 175.",
        source=_NESTEROV,
        experiment="X09",
    ),
    Claim(
        key="C025",
        page=_PAGE,
        topic="choice",
        said="If it is too large, the descent overshoots, oscillates or diverges.",
        verdict=Verdict.TRUE,
        correct="On a parabola of curvature L each of these has its range: below 1/L the point comes from one side, "
        "between 1/L and 2/L it changes sides and comes closer, at 2/L it hops for ever, beyond 2/L it "
        "diverges. After 50 steps from 1 the distance is {distance at αL = 1.9:.3g} at αL = 1.9, still "
        "{distance at αL = 2:.0f} at 2, and {distance at αL = 2.1:.0f} at 2.1.",
        source=_NESTEROV,
        experiment="X09",
    ),
    Claim(
        key="C026",
        page=_PAGE,
        topic="choice",
        said="If it is too large, the loss goes to infinity.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="On a parabola it does. Where the curvature changes from place to place the run may stay bounded: on "
        "x⁴ − 3x³ + 2 the limit at the minimum is {limit 2/f″ at the minimum:.4f}, and at 0.12 it hops "
        "between {lowest place at the end:.2f} and {highest place at the end:.2f} for ever. Networks trained "
        "with full batches tend to hover at the limit, with a largest curvature of about 2/α, and still "
        "improve.",
        source=f"{_COHEN}; Damian et al. 2023, arXiv:2209.15594",
        experiment="X02",
    ),
    Claim(
        key="C027",
        page=_PAGE,
        topic="schedules",
        said="Step decay: multiply the learning rate by 0.1 every 30 epochs.",
        verdict=Verdict.CONDITIONS,
        correct="It is the custom of one kind of training, residual networks on ImageNet for 90 epochs, and comes "
        "from a published script. The paper on those networks lowered the rate when the error stopped "
        "falling. In a run of another length, 30 epochs do something else: in 90 epochs the rate falls "
        "{falls:.0f} times, to a hundredth, in 20 not at all, in 300 {falls | epochs=300:.0f} times, to "
        "{last rate / first rate | epochs=300:.0e} of the first rate.",
        source="He et al. 2016, arXiv:1512.03385; github.com/facebookarchive/fb.resnet.torch, train.lua",
        experiment="X78",
    ),
    Claim(
        key="C028",
        page=_PAGE,
        topic="schedules",
        said="The cosine schedule is α(t) = α(min) + ½(α(max) − α(min))(1 + cos(πt/T)).",
        verdict=Verdict.TRUE,
        correct="The t counts from the last restart and ends at T: half of the range is left at T/2 and none of it "
        "at T. PyTorch's CosineAnnealingLR does not stop there: the rate climbs again and is back at its "
        "peak at 2T.",
        source=_SGDR,
        experiment="X67",
    ),
    Claim(
        key="C029",
        page=_PAGE,
        topic="schedules",
        said="Warm-up followed by decay is the standard for Transformers.",
        verdict=Verdict.TRUE,
        correct="Its shape varies: one over the root of the step in the first Transformer, a line in BERT, a cosine "
        "to 10 % of the peak in LLaMA, and lately a constant rate with a final decay, or a line to zero. "
        "Transformers that normalise before each block need much less warm-up. What warm-up buys is a larger "
        "peak rate: in the experiment, on ¼x⁴ from 5, a rise along a straight line over 50 steps lifts the "
        "limit from {largest rate, no warm-up:.2f} to {largest rate, warm-up:.2f}.",
        source="Vaswani et al. 2017, arXiv:1706.03762; BERT, arXiv:1810.04805; LLaMA, arXiv:2302.13971; "
        "Xiong et al. 2020, arXiv:2002.04745; Hägele et al. 2024, arXiv:2405.18392; Bergsma et al. 2025, "
        "arXiv:2502.15938",
        experiment="X62",
    ),
    Claim(
        key="C030",
        page=_PAGE,
        topic="schedules",
        said="Cyclical learning rates oscillate between two bounds.",
        verdict=Verdict.TRUE,
        correct="In the triangular form the rate rises and falls along straight lines, each over the same number of "
        "steps. The steps are batches, not epochs, and PyTorch's CyclicLR also cycles the momentum, between "
        "{momentum at the lowest rate:.1f} and {momentum at the highest rate:.1f}, unless it is told not to.",
        source=f"{_SMITH}; PyTorch's documentation of CyclicLR",
        experiment="X79",
    ),
    Claim(
        key="C104",
        page=_PAGE,
        topic="schedules",
        said="Over 100 epochs every schedule draws its own curve.",
        verdict=Verdict.TRUE,
        correct="As shares of the peak, with epochs counted from 0: a tenth every 30 epochs gives 0.1 from epoch 30, "
        "0.01 from 60 and 0.001 from 90; a cosine 0.854, 0.5 and 0.146 at epochs 25, 50 and 75; ten epochs "
        "of warm-up and then a cosine 0.01, 0.109, 0.505 and 0.901 at epochs 0, 1, 5 and 9, 1 at 10, 0.5 at "
        "55 and 0.000305 at 99.",
        source=f"{_SGDR}; recomputed here",
        experiment="X67",
    ),
)
