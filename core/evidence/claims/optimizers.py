"""What is said about the rules themselves, from momentum to Sophia."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "optimizers"

_ADAGRAD = "Duchi, Hazan & Singer 2011, JMLR 12:2121"
_LECTURE = "Tieleman & Hinton 2012, Coursera Neural Networks for Machine Learning, lecture 6e"
_ADAM = "Kingma & Ba 2015, arXiv:1412.6980"
_ADAMW = "Loshchilov & Hutter 2019, arXiv:1711.05101"
_LION = "Chen et al. 2023, arXiv:2302.06675"
_SOPHIA = "Liu et al. 2024, arXiv:2305.14342"
_LLAMA = "LLaMA, arXiv:2302.13971"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C045",
        page=_PAGE,
        topic="race",
        said="The optimizers of the usual list power every large language model in production.",
        verdict=Verdict.FALSE,
        correct="Most large language models are trained with one of them, AdamW. Others used rules that the list "
        "leaves out: T5 and PaLM used Adafactor, Kimi K2 a variant of Muon. AdaGrad, RMSProp and plain "
        "momentum are not used for them.",
        source="T5, arXiv:1910.10683; PaLM, arXiv:2204.02311; Kimi K2, arXiv:2507.20534",
    ),
    Claim(
        key="C046",
        page=_PAGE,
        topic="momentum",
        said="Momentum is v = βv + g, then x = x − αv, with β = 0.9.",
        verdict=Verdict.TRUE,
        correct="This is Polyak's heavy ball and PyTorch's form. On a steady slope its step grows to α/(1 − β), ten "
        "times the learning rate at β = 0.9. The best β depends on the problem: on a quadratic with condition number "
        "κ it is ((√κ − 1)/(√κ + 1))², which is 0.67 for κ = 100.",
        source="Polyak 1964, doi:10.1016/0041-5553(64)90137-5; torch.optim.SGD",
        experiment="X23",
    ),
    Claim(
        key="C047",
        page=_PAGE,
        topic="nesterov",
        said="Nesterov's method looks ahead and therefore converges faster than momentum.",
        verdict=Verdict.CONDITIONS,
        correct="It is proven to be faster than gradient descent on smooth convex functions: O(1/k²) against O(1/k), "
        "with the right β. On a quadratic with κ = 100 the heavy ball is faster still: with all three at "
        "their best settings, it comes a million times closer to the minimum in {steps, heavy ball:.0f} "
        "steps, Nesterov's method in {steps, Nesterov, best lr:.0f} and gradient descent in {steps, gradient "
        "descent:.0f}. With noisy gradients neither is faster in general.",
        source="Nesterov 1983, Dokl. Akad. Nauk SSSR 269:543; Sutskever et al. 2013, ICML; "
        "Lessard, Recht & Packard 2016, arXiv:1408.3595",
        experiment="X19",
    ),
    Claim(
        key="C048",
        page=_PAGE,
        topic="momentum",
        said="Stochastic gradient descent with momentum is the standard for training convolutional networks.",
        verdict=Verdict.CONDITIONS,
        correct="It was from 2012 to about 2020, mostly without Nesterov's look-ahead: ResNet was trained with plain "
        "momentum 0.9. Nesterov's form appeared in some code bases, such as those of Wide ResNet and DenseNet.",
        source="He et al. 2016, arXiv:1512.03385; Zagoruyko & Komodakis 2016, arXiv:1605.07146; "
        "Huang et al. 2017, arXiv:1608.06993",
    ),
    Claim(
        key="C049",
        page=_PAGE,
        topic="adagrad",
        said="AdaGrad divides the learning rate by √(G + ε).",
        verdict=Verdict.CONDITIONS,
        correct="That is a textbook variant. The paper and PyTorch add the small number outside the root, PyTorch "
        "10⁻¹⁰. It matters for small gradients: with ε = 10⁻⁸ a first gradient of 10⁻⁶ gives {step / lr, √G + ε:.2f} "
        "of a full step with ε outside and {step / lr, √(G + ε):.2f} with ε inside.",
        source=f"{_ADAGRAD}; torch.optim.Adagrad",
        experiment="X29",
    ),
    Claim(
        key="C050",
        page=_PAGE,
        topic="adagrad",
        said="AdaGrad's sum of squares grows for ever, so its learning rate shrinks to zero and training stalls.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It shrinks like 1/√t as long as gradients stay away from zero, as they do under noise. Without noise "
        "on a strongly convex function the sum stays finite: on a bowl with curvatures 1 and 10 a rate of 0.1 settles "
        "at {effective rate after 1000 steps:.4f} in the flat direction and at a tenth of that in the steep one, and "
        "1000 steps come within 8·10⁻¹⁵ of the minimum. The shrinking is also what the O(√T) regret guarantee rests "
        "on.",
        source=f"{_ADAGRAD}; Ward, Wu & Bottou 2019, arXiv:1806.01811",
        experiment="X27",
    ),
    Claim(
        key="C051",
        page=_PAGE,
        topic="rmsprop",
        said="RMSProp keeps a running average of squared gradients with γ = 0.9.",
        verdict=Verdict.TRUE,
        correct="0.9 is the lecture's value; PyTorch's default is 0.99. There is no bias correction, so the first "
        "step is 1/√(1 − γ) learning rates long: {RMSProp: first step as a multiple of lr | gamma=0.9:.2f} at 0.9, "
        "and {RMSProp: first step as a multiple of lr:.0f} at 0.99.",
        source=f"{_LECTURE}; torch.optim.RMSprop",
        experiment="X66",
    ),
    Claim(
        key="C052",
        page=_PAGE,
        topic="rmsprop",
        said="RMSProp divides by √(v + ε).",
        verdict=Verdict.CONDITIONS,
        correct="The lecture has no ε at all. PyTorch adds it outside the root; older TensorFlow and Keras added it "
        "inside. On a curvature of 10⁻⁵, 100 steps from 1 with ε = 10⁻⁸ and the lecture's γ = 0.9 end at "
        "{RMSProp after 100 steps, √v + ε:.3f} with ε outside and at {RMSProp after 100 steps, √(v + ε):.3f} with ε "
        "inside; with PyTorch's γ = 0.99 they end at {RMSProp after 100 steps, √v + ε | gamma=0.99:.3f} and "
        "{RMSProp after 100 steps, √(v + ε) | gamma=0.99:.3f}.",
        source=f"{_LECTURE}; torch.optim.RMSprop",
        experiment="X29",
    ),
    Claim(
        key="C053",
        page=_PAGE,
        topic="rmsprop",
        said="RMSProp is Hinton's fix for AdaGrad, from a Coursera lecture, and was never published.",
        verdict=Verdict.CONDITIONS,
        correct="It was never published as a paper of its own. The lecture presents it as a version of Rprop for "
        "mini-batches; the idea that it repairs AdaGrad came later. The rule that was made to repair AdaGrad "
        "is Adadelta, of the same year. Graves printed a centred variant in 2013.",
        source=f"{_LECTURE}; Zeiler 2012, arXiv:1212.5701; Graves 2013, arXiv:1308.0850",
    ),
    Claim(
        key="C054",
        page=_PAGE,
        topic="adam",
        said="Adam is king: the default choice for everything.",
        verdict=Verdict.CONTESTED,
        correct="It is a good first choice, for Transformers above all. Against momentum on convolutional networks "
        "the evidence is divided: Wilson et al. found momentum ahead, Choi et al. found that Adam is never "
        "behind if all its settings are tuned. In the AlgoPerf competition newer rules beat it. Adam also "
        "depends on the direction of the axes: at a rate of 0.01 a ravine that takes it {steps, Adam:.0f} "
        "steps takes it {steps, Adam, turned:.0f} when turned by 45°, while gradient descent at its best "
        "rate needs {steps, gradient descent, turned:.0f} either way. The gap is smaller at larger rates: "
        "{steps, Adam | lr=0.1:.0f} and {steps, Adam, turned | lr=0.1:.0f} at 0.1.",
        source="Wilson et al. 2017, arXiv:1705.08292; Choi et al. 2019, arXiv:1910.05446; "
        "Schmidt et al. 2021, arXiv:2007.01547; AlgoPerf results 2025, arXiv:2502.15015",
        experiment="X32",
    ),
    Claim(
        key="C055",
        page=_PAGE,
        topic="adam",
        said="Adam's m = β₁m + (1 − β₁)g is momentum.",
        verdict=Verdict.TRUE,
        correct="It is momentum with dampening, an average instead of a sum. On a steady slope the heavy ball's step "
        "grows to ten learning rates at β = 0.9; the average stays at one.",
        source=_ADAM,
        experiment="X23",
    ),
    Claim(
        key="C056",
        page=_PAGE,
        topic="adam",
        said="Adam's v = β₂v + (1 − β₂)g² is RMSProp.",
        verdict=Verdict.TRUE,
        correct="It is the same average. Dividing by its root takes the scale out of the gradient: with the loss "
        "multiplied by 1000, Adam's path on Rosenbrock's function changes by less than 10⁻⁸ in 2000 steps.",
        source=_ADAM,
        experiment="X31",
    ),
    Claim(
        key="C057",
        page=_PAGE,
        topic="adam",
        said="Adam corrects m and v for their start at zero.",
        verdict=Verdict.TRUE,
        correct="Without the correction early steps would not be too short, as one might think, but too long, because "
        "v starts even further below its true value than m does. For a constant gradient the uncorrected first step "
        "is {ratio at step 1:.2f} times as long, the twelfth {largest ratio:.2f} times, and the thousandth still "
        "{ratio at step 1000:.2f} times.",
        source=f"{_ADAM}, section 3",
        experiment="X30",
    ),
    Claim(
        key="C058",
        page=_PAGE,
        topic="adam",
        said="Adam's step is α·m̂/(√v̂ + ε).",
        verdict=Verdict.TRUE,
        correct="The ε stands outside the root, in the paper and in PyTorch. The paper's shorter form moves the bias "
        "corrections into the learning rate and uses another constant, ε̂. Inside the root the same ε would weigh far "
        "more: with 10⁻⁸, a first gradient of 10⁻⁶ would give {step / lr, √(G + ε):.2f} of a step instead of "
        "{step / lr, √G + ε:.2f}.",
        source=f"{_ADAM}; torch.optim.Adam",
        experiment="X29",
    ),
    Claim(
        key="C059",
        page=_PAGE,
        topic="adam",
        said="Adam's settings are α = 0.001, β₁ = 0.9, β₂ = 0.999 and ε = 10⁻⁸.",
        verdict=Verdict.TRUE,
        correct="They are the paper's. Large language models are usually trained with β₂ = 0.95 and a warm-up. A "
        "long memory has a price: at β₂ = 0.999 the first gradient after a long silence moves a weight by "
        "{first step / lr:.2f} learning rates, at 0.95 by {first step / lr | beta2=0.95:.2f}.",
        source=f"{_ADAM}; {_LLAMA}",
        experiment="X34",
    ),
    Claim(
        key="C060",
        page=_PAGE,
        topic="adamw",
        said="AdamW's step is α(m̂/(√v̂ + ε) + λx).",
        verdict=Verdict.TRUE,
        correct="It is PyTorch's form, in which the decay in a step is αλ: halving the learning rate halves it. In "
        "the paper only the schedule scales λ, not α. Where the loss has no gradient, α = 0.01 and λ = 0.1 leave "
        "{AdamW after 100 steps:.4f} of a weight after 100 steps, 0.999 to the power of 100.",
        source=f"{_ADAMW}; torch.optim.AdamW",
        experiment="X35",
    ),
    Claim(
        key="C061",
        page=_PAGE,
        topic="adamw",
        said="AdamW is the default for Transformers such as GPT, BERT and LLaMA.",
        verdict=Verdict.CONDITIONS,
        correct="LLaMA used AdamW with β₂ = 0.95 and λ = 0.1. BERT's code has its own optimizer, with decoupled "
        "decay but without bias correction, with ε = 10⁻⁶, and without decay on biases and normalisation; "
        "GPT-3's paper names Adam, with a decay of 0.1. T5 and PaLM used Adafactor.",
        source=f"{_LLAMA}; GPT-3, arXiv:2005.14165; BERT, github.com/google-research/bert, "
        "optimization.py; Mosbach et al. 2021, arXiv:2006.04884; "
        "T5, arXiv:1910.10683; PaLM, arXiv:2204.02311",
    ),
    Claim(
        key="C062",
        page=_PAGE,
        topic="adamw",
        said="The insight behind AdamW is to keep weight decay out of the adaptive step.",
        verdict=Verdict.TRUE,
        correct="For plain gradient descent a penalty on the weights and weight decay are the same; for Adam they are "
        "not, because it divides the penalty by the gradients' size. In 2000 steps with λ = 0.1, under gradients that "
        "alternate in sign, AdamW keeps {left, AdamW:.3f} of a weight whatever their size; with the penalty "
        "{left, Adam + L2 | size=0.01:.3f} is left at a size of 0.01 and {left, Adam + L2:.4f} at a size of 100.",
        source=_ADAMW,
        experiment="X36",
    ),
    Claim(
        key="C063",
        page=_PAGE,
        topic="lion",
        said="Lion uses only the sign of the gradient.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It takes the sign of a mix of momentum and gradient, and the momentum remembers how large gradients "
        "were. Apart from weight decay every weight moves by exactly α, so a step is α√d long for d weights, "
        "and near a minimum it ends in a cycle of size α. Its learning rate should be 3 to 10 times smaller "
        "than AdamW's, and its decay larger by the same factor.",
        source=f"{_LION}; google/automl, README of Lion",
        experiment="X39",
    ),
    Claim(
        key="C064",
        page=_PAGE,
        topic="lion",
        said="Because it uses signs, Lion needs dramatically less memory.",
        verdict=Verdict.FALSE,
        correct="The sign itself saves nothing; the saving comes from having no second moment. Lion keeps one number "
        "per weight where AdamW keeps two, as much as plain momentum does. With weights and gradients in "
        "float32 that is 12 instead of 16 bytes per weight, 25 % less, and activations come on top unchanged.",
        source=f"{_LION}; google/automl, README of Lion",
        experiment="X38",
    ),
    Claim(
        key="C065",
        page=_PAGE,
        topic="sophia",
        said="Sophia is a second-order method.",
        verdict=Verdict.CONDITIONS,
        correct="It uses an estimate of the Hessian's diagonal only, refreshed every 10 steps, and clips each "
        "weight's step at α. Where the clip holds, it is momentum reduced to its sign. From one random vector the "
        "estimate is rough: on Rosenbrock's function, where the curvature is {curvature along x at the start:.0f}, "
        "random signs miss it by ±{scatter of one estimate, signs:.0f}.",
        source=_SOPHIA,
        experiment="X40",
    ),
    Claim(
        key="C066",
        page=_PAGE,
        topic="sophia",
        said="Sophia trains language models twice as fast as Adam.",
        verdict=Verdict.CONTESTED,
        correct="That is its authors' result, for models of 125 million to 1.5 billion weights. Kaddour et al. found "
        "no gain left against a baseline whose learning rate had fully decayed; Zhao et al., who swept the "
        "settings of each rule, found Sophia, Lion, Adafactor and Adam about equally good; and of the rules "
        "that Wen et al. tuned none reached a factor of 2, the best being 1.4 times as fast as AdamW at 0.1 "
        "billion weights and 1.1 times at 1.2 billion.",
        source=f"{_SOPHIA}; Kaddour et al. 2023, arXiv:2307.06440; Zhao et al. 2024, arXiv:2407.07972; "
        "Wen et al. 2025, arXiv:2509.02046",
    ),
)
