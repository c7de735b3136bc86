"""What is said about gradient descent in general: the mountain, minima, and the first playground."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "foundations"

_NESTEROV = "Nesterov 2004, Introductory Lectures on Convex Optimization"
_COHEN = "Cohen et al. 2021, arXiv:2103.00065"
_CALCULUS = "calculus on x⁴ − 3x³ + 2, recomputed here"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C001",
        page=_PAGE,
        topic="mountain",
        said="This is the complete truth about gradient descent.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="No guide is. The guide that made this promise opened with a run that never reaches the bottom: "
        "after 1000 steps it stands at {position:.3g}, and the minimum is at 9/4. Here every statement names "
        "its source and, wherever numbers can decide, has an experiment that you can run.",
        source="recomputed here",
        experiment="X01",
    ),
    Claim(
        key="C002",
        page=_PAGE,
        topic="mountain",
        said="Imagine a hiker in the mountains: that picture is all you will ever need.",
        verdict=Verdict.FALSE,
        correct="It is a good first picture with two dimensions, and it hides what matters most with millions: "
        "saddle points, curvature and the limit it sets to the learning rate, momentum, noise, and a "
        "separate rate for each coordinate. Nor does the length of a hiker's steps decide how curved the "
        "ground becomes: a small network trained at a learning rate of 0.1 walks into ever more curved "
        "ground until the largest curvature is about 2/0.1 = {limit 2/α:.0f}, and stays there.",
        source=f"Dauphin et al. 2014, arXiv:1406.2572; {_COHEN}",
        experiment="X11",
    ),
    Claim(
        key="C003",
        page=_PAGE,
        topic="mountain",
        said="Feel the slope under your feet and take a step downhill: that is gradient descent.",
        verdict=Verdict.TRUE,
        correct="It is a local method that knows nothing but the slope. A step is certain to lower the loss only if "
        "it is short enough: the learning rate must stay below 2/L, where L is the largest curvature along "
        "the step.",
        source=_NESTEROV,
        experiment="X09",
    ),
    Claim(
        key="C004",
        page=_PAGE,
        topic="mountain",
        said="Your position is the weights, your altitude is the loss, the slope is the gradient and the length of "
        "your step is the learning rate.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="The gradient is a vector and points uphill. The step is −lr times that vector, so it is as long as lr "
        "times the steepness; only rules that use signs or normalise have steps whose length lr alone decides. Which "
        "direction is steepest depends on how length is measured: for g = (3, 1) it is −(0.949, 0.316), −(1, 1) or "
        "−(1, 0).",
        source="Boyd & Vandenberghe 2004, Convex Optimization, section 9.4",
        experiment="X69",
    ),
    Claim(
        key="C005",
        page=_PAGE,
        topic="minima",
        said="Gradient descent is not guaranteed to find the global minimum.",
        # True where the loss is not convex, false where it is.
        verdict=Verdict.CONDITIONS,
        correct="On a loss with several valleys that is so: of 4001 starts on a double well "
        "{starts that end in the lower minimum (%):.2f} % end in the lower valley and the others in the higher one. "
        "On a smooth convex loss with a minimum it is not: with a learning rate below 2/L gradient descent does "
        "approach the lowest value.",
        source=_NESTEROV,
        experiment="X03",
    ),
    Claim(
        key="C006",
        page=_PAGE,
        topic="minima",
        said="When a network is trained, gradient descent settles in a local minimum.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Often it does not settle at all: the loss levels off while the weights keep moving. With full "
        "batches it tends to hover where the largest curvature is about 2/lr, and runs end on plateaus and "
        "saddles too. What is proved is that from a random start, with a small enough learning rate and "
        "unlimited steps, it almost never ends in a saddle that has a downhill direction.",
        source=f"Zhang et al. 2022, arXiv:2110.06256; {_COHEN}; Lee et al. 2016, arXiv:1602.04915",
        experiment="X11",
    ),
    Claim(
        key="C007",
        page=_PAGE,
        topic="minima",
        said="In networks with more parameters than they need, local minima are nearly as good as the global one.",
        verdict=Verdict.CONDITIONS,
        correct="For the training loss of very wide networks that start at random this is observed and, close to the "
        "start, proved. It does not hold in general: with the usual activation functions bad minima exist at any "
        "width, and they are common when a network is only just wide enough. It says nothing about test error either. "
        "In the experiment one or two hidden units never fit a teacher of three, three units mostly do, and ten "
        "always.",
        source="Allen-Zhu, Li & Song 2019, arXiv:1811.03962; Du et al. 2019, arXiv:1811.03804; Safran & Shamir 2018, "
        "arXiv:1712.08968; Ding, Li & Sun, arXiv:1911.01413; Christof & Kowalczyk, arXiv:2202.12262",
        experiment="X04",
    ),
    Claim(
        key="C008",
        page=_PAGE,
        topic="minima",
        said="That is because thousands of parameters smooth the landscape.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="What counts is not the number of parameters but how wide the network is for its data, its "
        "architecture and its first weights. Width and skip connections make a landscape smoother; depth without skip "
        "connections makes it rougher, although it adds parameters.",
        source="Li et al. 2018, arXiv:1712.09913; Garipov et al. 2018, arXiv:1802.10026; Draxler et al. 2018, "
        "arXiv:1803.00885",
        experiment="X04",
    ),
    Claim(
        key="C094",
        page=_PAGE,
        topic="playground",
        said="Let go of the ball and watch it roll down x⁴ − 3x³ + 2.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="A ball has momentum and gradient descent has none, so it stops short where the slope vanishes. The "
        "slope is x²(4x − 9): it is 0 at the minimum 9/4, where the height is −6.543, and also at the flat inflection "
        "0, which is no minimum. Around the minimum the curvature is 81/4, so the learning rate has to stay below "
        "8/81 = {limit 2/f″ at the minimum:.4f}; above that the point need not fly away, it may hop between two "
        "places for ever.",
        source=_CALCULUS,
        experiment="X02",
    ),
    Claim(
        key="C095",
        page=_PAGE,
        topic="playground",
        said="The descent starts at x = 0 with f = 0.",
        verdict=Verdict.FALSE,
        correct="At 0 the height is {height at the start | start=0:.0f}. The start in that guide's picture is −0.5, "
        "where the height is {height at the start:.4f} and the slope {slope at the start:.2f}.",
        source=_CALCULUS,
        experiment="X01",
    ),
    Claim(
        key="C096",
        page=_PAGE,
        topic="playground",
        said="From −0.5 a learning rate of 0.012 takes the ball to the bottom.",
        verdict=Verdict.FALSE,
        correct="It never gets there. The point creeps towards the flat inflection at 0 like −1/(0.108·t + 2) and "
        "its height approaches 2 instead of −6.54. To leap over 0 in one step from −0.5 the learning rate "
        "would have to be above 2/11 = 0.182, and it must be below {X02 limit 2/f″ at the minimum:.4f} to "
        "settle at the minimum. So no constant rate settles there: a larger one can at best land exactly on "
        "the minimum, as α = 1 does, whose first step ends at {position | lr=1:.2f}. From +0.5 the rate "
        "0.012 comes within a millionth of the minimum in 74 steps.",
        source=_CALCULUS,
        experiment="X01",
    ),
)
