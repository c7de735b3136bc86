"""What is said about where training goes wrong: minima, saddles, depth, plateaus, and sharp minima."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "pitfalls"

_PASCANU = "Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063"
_YANG = "Yang et al. 2019, arXiv:1902.08129"
_LSTM = "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735"
_ANDRIUSHCHENKO = "Andriushchenko et al. 2023, arXiv:2302.07011"
_KESKAR = "Keskar et al. 2017, arXiv:1609.04836"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C114",
        page=_PAGE,
        topic="minima",
        said="In high dimensions most local minima are nearly as good as the global one.",
        verdict=Verdict.CONDITIONS,
        correct="Width is what helps, not the dimension as such: trained on the outputs of a network of three units, "
        "no network of one or two units fits, {width 3: fitted (%):.0f} % of those with three do, and all with ten. "
        "For very wide networks near their first weights this is proved, for the training loss. With the usual "
        "activation functions bad minima still exist at any width, and minima that fit the training data equally well "
        "can differ on new data.",
        source="Du et al. 2019, arXiv:1811.03804; Safran & Shamir 2018, arXiv:1712.08968; Ding, Li & Sun, "
        "arXiv:1911.01413",
        experiment="X04",
    ),
    Claim(
        key="C115",
        page=_PAGE,
        topic="saddles",
        said="In high dimensions saddle points are far more common than minima.",
        verdict=Verdict.TRUE,
        correct="That is true of random landscapes. Their matrices of second derivatives have no downhill direction "
        "in half of all draws in one dimension, in {minima in %, n = 2:.1f} % in two, {minima in %, n = "
        "3:.1f} % in three, {minima in %, n = 4:.2f} % in four and {exact minima in %, n = 6:.5f} % in six; "
        "with n dimensions the share falls about as 3 to the power −n²/4. The loss of a network is no random "
        "landscape, but there too points of zero slope have more downhill directions the higher they lie. "
        "Low down it is the other way round: with 4 added to every curvature, which alone scatters by 1 "
        "about 0 along each axis, {minima in %, n = 6 | shift=4:.0f} % of the draws in six dimensions are "
        "minima.",
        source="Dean & Majumdar 2008, arXiv:0801.1730; Bray & Dean 2007, doi:10.1103/PhysRevLett.98.150201; "
        "Dauphin et al. 2014, arXiv:1406.2572",
        experiment="X54",
    ),
    Claim(
        key="C116",
        page=_PAGE,
        topic="saddles",
        said="Momentum and adaptive rules escape from saddle points.",
        verdict=Verdict.CONDITIONS,
        correct="They are faster, but not the only ones: from 10⁻⁶ beside the line that leads into a saddle, at a "
        "rate of 0.1, gradient descent gets away in {steps, Gradient descent:.0f} steps, momentum in "
        "{steps, Momentum:.0f} and Adam in {steps, Adam:.0f}, and of 2000 random starts none ends there. Exactly on "
        "that line no rule gets away without noise, and with noise of 0.01 gradient descent does in about "
        "{steps with noise from y = 0, Gradient descent, median:.0f} steps. In many dimensions it may need "
        "exponentially long. Where the curvature is 0 too, speed does not help: on x⁴ − 3x³ + 2 from −0.5, at a rate "
        "of 0.012, Adam and RMSProp are still short of the inflection at 0 after 5000 steps.",
        source="Lee et al. 2016, arXiv:1602.04915; Jin et al. 2017, arXiv:1703.00887; Du et al. 2017, "
        "arXiv:1705.10412; Staib et al. 2019, arXiv:1901.09149",
        experiment="X53",
    ),
    Claim(
        key="C117",
        page=_PAGE,
        topic="depth",
        said="Deep networks lose the gradient on its way back to the first layers.",
        verdict=Verdict.CONDITIONS,
        correct="With sigmoid units they do: of 30 layers with Xavier's weights the first has a gradient of {first / "
        "last layer, sigmoid, Xavier:.1e} times the last. With tanh it is {first / last layer, tanh, "
        "Xavier:.1f} times, with ReLU and He's weights {first / last layer, ReLU, He:.2f} times. The units "
        "and the size of the weights decide, not depth alone; normalisation and orthogonal matrices help "
        "too. All of this holds before training and for one draw of the weights; another draw may give three "
        "times as much.",
        source="Bengio, Simard & Frasconi 1994, doi:10.1109/72.279181; Glorot & Bengio 2010, AISTATS; He et al. 2015, "
        "arXiv:1502.01852",
        experiment="X50",
    ),
    Claim(
        key="C118",
        page=_PAGE,
        topic="depth",
        said="Residual connections, batch normalisation, gradient clipping and ReLU cure vanishing gradients.",
        verdict=Verdict.FALSE,
        correct="Clipping does not: it only shortens the gradient, by one factor for all layers. In 20 sigmoid "
        "layers the first gradient is {first / last layer, before:.1e} times the last before it and after "
        "it. The others do not work alone: in one draw of the weights the first gradient of 30 ReLU layers "
        "is {X50 first layer, ReLU, He:.2f} with He's and {X50 first layer, ReLU, Xavier:.1e} with Xavier's. "
        "Skip connections lift 30 sigmoid layers from {X50 first / last layer, sigmoid, Xavier:.1e} to {X50 "
        "first / last layer, residual sigmoid, Xavier:.3f}, and BatchNorm without skip connections turns "
        "vanishing into exploding gradients: the first gradient is {X50 first / last layer, BatchNorm ReLU, "
        "He:.0f} times the last. Other draws give other digits.",
        source=f"{_PASCANU}; {_YANG}; He et al. 2016, arXiv:1512.03385",
        experiment="X49",
    ),
    Claim(
        key="C119",
        page=_PAGE,
        topic="plateaus",
        said="Warm-up with cosine decay, and patience, get training across a plateau.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="A schedule with the same peak takes smaller steps for part of the time, which makes a plateau "
        "longer. On 1 − exp(−½x²) from 4 gradient descent needs {steps, Gradient descent, constant:.0f} "
        "steps to leave it at a constant rate, {steps, Gradient descent, cosine:.0f} with cosine decay and "
        "{steps, Gradient descent, warm-up + cosine:.0f} with warm-up and cosine decay. Warm-up helps only "
        "if it makes a larger peak possible, and a scheduler with patience only ever lowers the rate. What "
        "helps is a rule that adds up past gradients or divides by their size: momentum needs {steps, "
        "Momentum, constant:.0f}, Adam {steps, Adam, constant:.0f} at a tenth of the rate.",
        source="recomputed here; PyTorch's documentation of ReduceLROnPlateau",
        experiment="X55",
    ),
    Claim(
        key="C120",
        page=_PAGE,
        topic="saddles",
        said="On the saddle of x³ plain gradient descent is stuck, and momentum escapes.",
        verdict=Verdict.FALSE,
        correct="A function of one variable has no saddle: x³ is flat at 0 and has no minimum to escape to. From x = "
        "1 at a rate of 0.01 gradient descent creeps towards 0 and is at {x after 10 000 steps, Gradient descent:.3g} "
        "after 10 000 steps, Adam and RMSProp creep too, and momentum falls past it for ever: it is below −1000 after "
        "{steps to x < −1000, Momentum:.0f} steps. From 0.3 momentum stops short of 0 as well, and from −0.1 every "
        "rule falls, plain gradient descent too. A real saddle with minima beyond it is ½x² − ½y² + ¼y⁴.",
        source="calculus, recomputed here",
        experiment="X52",
    ),
    Claim(
        key="C121",
        page=_PAGE,
        topic="depth",
        said="Gradients can grow exponentially through the layers.",
        verdict=Verdict.CONDITIONS,
        correct="They can grow with the number of layers, rather than from one layer to the next. With weights √2 "
        "times those of He, 30 ReLU layers have gradients of some {first layer, ReLU, He | gain=1.41421:.1e} "
        "in one draw where He's give {first layer, ReLU, He:.2f}, but the first layer has {first / last "
        "layer, ReLU, He | gain=1.41421:.2f} times the gradient of the last, as it has with He's ({first / "
        "last layer, ReLU, He:.2f}): it is the level that explodes, in every layer at once. From step to "
        "step gradients do grow in a recurrent network.",
        source=_PASCANU,
        experiment="X50",
    ),
    Claim(
        key="C122",
        page=_PAGE,
        topic="depth",
        said="Exploding gradients show as spikes of the loss, NaN, and a gradient norm above 1000.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Spikes and NaN, yes; but no norm is too large in itself. The same line on the same three points has "
        "the slope {slope along w, mean:.1f} if the squares are averaged and {slope along w, sum:.1f} if "
        "they are added up, and a larger model or another unit changes it too. Compare the norm with its own "
        "running median instead.",
        source=f"{_PASCANU}; recomputed here",
        experiment="X06",
    ),
    Claim(
        key="C123",
        page=_PAGE,
        topic="depth",
        said="By the chain rule the gradient of the first weights is ∂L/∂Wₙ·Wₙ·…·W₂.",
        verdict=Verdict.FALSE,
        correct="For layers zₖ = Wₖaₖ₋₁ with outputs aₖ = φ(zₖ) it is ∂L/∂W₁ = δ₁xᵀ, where x are the inputs and δₖ = "
        "φ′(zₖ) ⊙ Wₖ₊₁ᵀδₖ₊₁. So the way back starts from the gradient with respect to the last outputs, not "
        "to the last weights, and in each layer it takes the transposed matrix and the slopes of the units. "
        "It is these slopes that make sigmoid units vanish. Small differences of the loss agree with δ₁xᵀ to "
        "rounding, and not at all with the product.",
        source="Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
        experiment="X83",
    ),
    Claim(
        key="C124",
        page=_PAGE,
        topic="depth",
        said="If the norm of the weight matrices is above 1, gradients explode.",
        verdict=Verdict.FALSE,
        correct="If they explode, some norm was above 1; the reverse does not follow. The matrix with 0.5 twice on "
        "the diagonal and 10 above it has norm {norm of W:.2f}, and its 50th power has norm "
        "{norm of the power 50:.1e}: where one matrix is applied again and again, the spectral radius decides, here "
        "{spectral radius of W:.1f}. The slopes of the units shrink gradients further.",
        source=_PASCANU,
        experiment="X51",
    ),
    Claim(
        key="C125",
        page=_PAGE,
        topic="depth",
        said="Clipping, He or Xavier weights, LSTM or GRU cells and skip connections cure exploding gradients.",
        verdict=Verdict.CONDITIONS,
        correct="Clipping bounds the step, and the right variance helps only at the start. LSTM and GRU were built "
        "against vanishing gradients, and their gates have to be open for that: over 100 steps the first "
        "gradient is {first / last step, LSTM, bias 0:.1e} times the last in an LSTM whose gates start "
        "without bias, and {first / last step, LSTM, chosen bias:.1f} times with a bias of 4 in its forget "
        "gate; a tanh RNN of spectral radius 1 keeps {first / last step, tanh RNN:.1e}, one of radius 2 "
        "explodes to {first / last step, tanh RNN | radius=2:.1e}. Skip connections alone make it worse: 30 "
        "residual ReLU layers with He's weights start with a gradient of {X50 first layer, residual ReLU, "
        "He:.1e}, and of {X50 first layer, residual ReLU, He, scaled:.1f} if each branch is divided by √30. "
        "All numbers are from one draw of the weights.",
        source=f"{_LSTM}; Jozefowicz, Zaremba & Sutskever 2015, ICML; Zhang, Dauphin & Ma 2019, arXiv:1901.09321",
        experiment="X75",
    ),
    Claim(
        key="C126",
        page=_PAGE,
        topic="sharpness",
        said="Sharp minima generalise poorly, flat ones well.",
        verdict=Verdict.CONTESTED,
        correct="In some settings the two go together. But curvature is not a property of what a network computes: on "
        "½(w₁w₂ − 1)² all points (a, 1/a) are the same function with loss 0, and the largest curvature is "
        "{sharpness, a = 1:.0f} at a = 1, {sharpness, a = 10:.2f} at a = 10 and {sharpness, a = 100:.0f} at a = 100. "
        "In modern networks the correlation is weak, and in several cases negative.",
        source=f"{_KESKAR}; Jiang et al. 2020, arXiv:1912.02178; Dinh et al. 2017, arXiv:1703.04933; {_ANDRIUSHCHENKO}",
        experiment="X56",
    ),
    Claim(
        key="C127",
        page=_PAGE,
        topic="sharpness",
        said="At a sharp minimum a small change of the weights raises the loss a lot.",
        verdict=Verdict.TRUE,
        correct="That is what sharp means. Along a direction of curvature λ a change of length r raises the loss by "
        "about ½λr²: for r = 0.1 by 0.01 where λ = 2 and by 0.5 where λ = 100.",
        source="Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.1.1",
        experiment="X56",
    ),
    Claim(
        key="C128",
        page=_PAGE,
        topic="sharpness",
        said="Flat minima are robust.",
        verdict=Verdict.CONDITIONS,
        correct="Against changes of the weights, such as rounding them, by definition: at two minima of one valley a "
        "shift by 0.01 raises the loss to at most {largest loss nearby, a = 1:.4f} where the sharpness is "
        "{sharpness, a = 1:.0f}, and to {largest loss nearby, your a:.3f} where it is {sharpness, a = 10:.0f}. Against "
        "changes of the data that does not follow: on shifted data, sharper minima came out ahead in several cases of "
        "one study.",
        source=_ANDRIUSHCHENKO,
        experiment="X56",
    ),
    Claim(
        key="C130",
        page=_PAGE,
        topic="sharpness",
        said="Large batches end in sharp minima and overfit.",
        verdict=Verdict.CONTESTED,
        correct="With one learning rate for all sizes, it depends on the rate and the data. With 10 % of the labels "
        "wrong and a rate of 0.1 the smallest batch of 4 does worst, about {right in %, batch 4, same "
        "rate:.0f} % right on new points against {right in %, batch 64, same rate:.0f} % for 64 and {right "
        "in %, batch 256, same rate:.0f} % for 256; with the rate chosen for each all get about {right in %, "
        "batch 4, own rate:.0f} %. Sharpness follows the learning rate as well, and training on all data at "
        "once can match small batches if it is regularised.",
        source=f"{_KESKAR}; Hoffer, Hubara & Soudry 2017, arXiv:1705.08741; Shallue et al. 2019, arXiv:1811.03600; "
        "Geiping et al. 2022, arXiv:2109.14119",
        experiment="X58",
    ),
)
