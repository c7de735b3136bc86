"""What the usual table of optimizers says of each: its year, whether it adapts, its memory, what it is best for."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE, _TOPIC = "reference", "table"

_STOCHASTIC = "Robbins & Monro 1951, doi:10.1214/aoms/1177729586"
_ADAGRAD = "Duchi, Hazan & Singer 2011, JMLR 12:2121"
_ADAMW = "Loshchilov & Hutter 2019, arXiv:1711.05101"
_LION = "Chen et al. 2023, arXiv:2302.06675"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C151",
        page=_PAGE,
        topic=_TOPIC,
        said="Batch gradient descent needs little memory and is best for small convex problems.",
        verdict=Verdict.CONDITIONS,
        correct="It keeps 0 numbers per weight. The data need not be in memory either, although that is often said: "
        "a sum over all examples can be computed in portions and comes out the same. It suits convex "
        "problems with a moderate condition number; size is a matter of patience, because every step reads "
        "all the data.",
        source="Bottou, Curtis & Nocedal 2018, arXiv:1606.04838",
        experiment="X16",
    ),
    Claim(
        key="C152",
        page=_PAGE,
        topic=_TOPIC,
        said="Stochastic gradient descent is from 1951, needs little memory and suits learning online.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It keeps 0 numbers per weight and can use an example once and drop it. The paper of 1951 looks for "
        "the root of a function that is observed only with noise; there is no loss in it, and its use for "
        "learning came later.",
        source=_STOCHASTIC,
    ),
    Claim(
        key="C153",
        page=_PAGE,
        topic=_TOPIC,
        said="Stochastic gradient descent with momentum is from 1964 and is best for convolutional networks.",
        verdict=Verdict.CONDITIONS,
        correct="The heavy ball of 1964 knows no noise; neural networks took it over in 1986. With a schedule it was "
        "the standard for convolutional networks for years, and it is still a strong choice. It keeps 1 "
        "number per weight.",
        source="Polyak 1964, doi:10.1016/0041-5553(64)90137-5; Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
    ),
    Claim(
        key="C154",
        page=_PAGE,
        topic=_TOPIC,
        said="AdaGrad is from 2011, adapts, and is best for sparse features such as words.",
        verdict=Verdict.TRUE,
        correct="It was presented at a conference in 2010 and printed in 2011, and keeps 1 number per weight. On "
        "features of which most are rare, with every rule at its best learning rate, it ends at a loss of "
        "{loss, AdaGrad:.3g}; Adam follows at {loss, Adam:.3g}, RMSProp at {loss, RMSProp:.3g} and gradient "
        "descent at {loss, Gradient descent:.3g}. With other data those three swap places.",
        source=_ADAGRAD,
        experiment="X28",
    ),
    Claim(
        key="C155",
        page=_PAGE,
        topic=_TOPIC,
        said="RMSProp is from 2012 and is best for recurrent networks.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It has also trained agents that learn from rewards (DQN, A3C) and image networks (Inception, "
        "EfficientNet). It keeps 1 number per weight; with PyTorch's centred variant and momentum it keeps 3.",
        source="Mnih et al. 2016, arXiv:1602.01783; Szegedy et al. 2016, arXiv:1512.00567; "
        "Tan & Le 2019, arXiv:1905.11946; "
        "PyTorch's documentation, docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html",
    ),
    Claim(
        key="C156",
        page=_PAGE,
        topic=_TOPIC,
        said="Adam is from 2014, adapts, has momentum, and is the default for most of deep learning.",
        verdict=Verdict.CONDITIONS,
        correct="For Transformers, today in the form of AdamW. On image networks Wilson et al. found momentum with a "
        "schedule ahead, Choi et al. that Adam is never behind if all its settings are tuned. It keeps 2 numbers per "
        "weight.",
        source="Kingma & Ba 2015, arXiv:1412.6980; Wilson et al. 2017, arXiv:1705.08292; "
        "Choi et al. 2019, arXiv:1910.05446",
        experiment="X42",
    ),
    Claim(
        key="C157",
        page=_PAGE,
        topic=_TOPIC,
        said="AdamW is from 2019 and trained GPT and BERT.",
        verdict=Verdict.CONDITIONS,
        correct="It was made public in 2017 and printed in 2019. LLaMA names it; the paper on GPT-3 says Adam, with a "
        "weight decay of 0.1; BERT used a form of its own with decoupled decay and without bias correction. It keeps "
        "2 numbers per weight.",
        source=f"{_ADAMW}; LLaMA, arXiv:2302.13971; GPT-3, arXiv:2005.14165; Mosbach et al. 2021, arXiv:2006.04884",
    ),
    Claim(
        key="C158",
        page=_PAGE,
        topic=_TOPIC,
        said="Lion adapts through the sign and is for when memory is short.",
        verdict=Verdict.CONDITIONS,
        correct="A sign measures nothing: every coordinate moves by the learning rate, whatever gradients it has "
        "seen. Lion keeps 1 number per weight, half of AdamW's 2 and as many as momentum: {state in GB, Lion:.0f} GB "
        "in place of {state in GB, AdamW:.0f} for a thousand million weights.",
        source=_LION,
        experiment="X38",
    ),
    Claim(
        key="C159",
        page=_PAGE,
        topic=_TOPIC,
        said="Sophia is a second-order method that speeds up the training of language models.",
        verdict=Verdict.CONTESTED,
        correct="The only second-order part is an estimate of the Hessian's diagonal, refreshed every 10 steps, and "
        "{clipped in %:.0f} % of the coordinates' steps on Rosenbrock's function are clipped and do not use "
        "it. Later comparisons did not find the authors' factor of two. It keeps 2 numbers per weight.",
        source="Liu et al. 2024, arXiv:2305.14342; Kaddour et al. 2023, arXiv:2307.06440; "
        "Wen et al. 2025, arXiv:2509.02046",
        experiment="X40",
    ),
    Claim(
        key="C160",
        page=_PAGE,
        topic=_TOPIC,
        said="These nine rows are the optimizers in use.",
        verdict=Verdict.FALSE,
        correct="Nesterov, Adadelta, AMSGrad, LAMB, SAM, Schedule-Free and Muon are missing; the table here has them. "
        "It does not have Adafactor, which keeps numbers for the rows and columns of a matrix in place of one for "
        "each weight and trained T5 and PaLM. Nor does it have Shampoo and SOAP, which keep a whole matrix for the "
        "rows and one for the columns: m² + n² numbers for m × n weights, never fewer than 2 per weight, and SOAP "
        "Adam's 2 as well.",
        source="Shazeer & Stern 2018, arXiv:1804.04235; Gupta, Koren & Singer 2018, arXiv:1802.09568; "
        "Vyas et al. 2024, arXiv:2409.11321; T5, arXiv:1910.10683; PaLM, arXiv:2204.02311",
    ),
)
