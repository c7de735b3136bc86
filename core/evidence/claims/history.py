"""What is said about who found what, and when."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE, _TOPIC = "history", "timeline"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C139",
        page=_PAGE,
        topic=_TOPIC,
        said="In 1847 Cauchy described steepest descent.",
        verdict=Verdict.TRUE,
        correct="He did, in a note of 18 October 1847 on systems of equations from astronomy, without a proof that "
        "it converges. Hadamard rediscovered it in 1908, and Curry examined its convergence in 1944.",
        source="Cauchy 1847, Comptes rendus 25:536; Lemaréchal 2012, Documenta Mathematica, extra volume, 251; "
        "Curry 1944, doi:10.1090/qam/10667",
    ),
    Claim(
        key="C140",
        page=_PAGE,
        topic=_TOPIC,
        said="In 1951 Robbins and Monro invented stochastic gradient descent.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Their method finds the root of a function that is observed with noise; there is no loss in it. "
        "Kiefer and Wolfowitz turned it into optimisation in 1952, with differences instead of gradients. As "
        "a way to learn it arrived with Rosenblatt's perceptron (1958), with Widrow and Hoff (1960) and with "
        "Amari (1967).",
        source="Robbins & Monro 1951, doi:10.1214/aoms/1177729586; Kiefer & Wolfowitz 1952, "
        "doi:10.1214/aoms/1177729392",
    ),
    Claim(
        key="C141",
        page=_PAGE,
        topic=_TOPIC,
        said="In 1964 Polyak introduced momentum, the heavy ball.",
        verdict=Verdict.TRUE,
        correct="Yes, for deterministic problems. Neural networks got a momentum term in 1986, from Rumelhart, Hinton "
        "and Williams.",
        source="Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
    ),
    Claim(
        key="C142",
        page=_PAGE,
        topic=_TOPIC,
        said="In 1983 Nesterov published accelerated gradient descent.",
        verdict=Verdict.TRUE,
        correct="Yes, with a rate for smooth convex functions. The look-ahead form that deep learning uses was written "
        "down by Sutskever and others in 2013.",
        source="Nesterov 1983, Dokl. Akad. Nauk SSSR 269:543; Sutskever et al. 2013, ICML, PMLR 28:1139",
    ),
    Claim(
        key="C143",
        page=_PAGE,
        topic=_TOPIC,
        said="In 1986 Rumelhart, Hinton and Williams popularised backpropagation.",
        verdict=Verdict.TRUE,
        correct="Popularised is the right word: Linnainmaa had described the reverse mode of differentiation in "
        "1970, and Werbos its use for fitting models in 1974. The paper of 1986 also trains with momentum.",
        source="Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
    ),
    Claim(
        key="C144",
        page=_PAGE,
        topic=_TOPIC,
        said="In 2011 Duchi, Hazan and Singer published AdaGrad.",
        verdict=Verdict.TRUE,
        correct="The journal article dates from 2011; a first version was presented in 2010. McMahan and Streeter "
        "arrived at much the same method independently in 2010.",
        source="Duchi, Hazan & Singer 2011, JMLR 12:2121; McMahan & Streeter 2010, arXiv:1002.4908",
    ),
    Claim(
        key="C145",
        page=_PAGE,
        topic=_TOPIC,
        said="RMSProp comes from a lecture of 2012 by Tieleman and Hinton.",
        verdict=Verdict.TRUE,
        correct=(
            "It comes from the slides of lecture 6e of an online course; there is no paper about it by its authors."
        ),
        source="Tieleman & Hinton 2012, Coursera Neural Networks for Machine Learning, lecture 6e",
    ),
    Claim(
        key="C146",
        page=_PAGE,
        topic=_TOPIC,
        said="In 2014 Kingma and Ba published Adam.",
        verdict=Verdict.TRUE,
        correct="The preprint dates from 22 December 2014 and the conference was in 2015, so both years are quoted.",
        source="Kingma & Ba 2015, ICLR, arXiv:1412.6980",
    ),
    Claim(
        key="C147",
        page=_PAGE,
        topic=_TOPIC,
        said="In 2019 Loshchilov and Hutter published AdamW and LAMB.",
        verdict=Verdict.FALSE,
        correct="AdamW is theirs: a preprint of 2017, a conference paper of 2019. LAMB is by You and nine others, a "
        "preprint of 2019 and a conference paper of 2020.",
        source="Loshchilov & Hutter 2019, ICLR, arXiv:1711.05101; You et al. 2020, ICLR, arXiv:1904.00962",
    ),
    Claim(
        key="C148",
        page=_PAGE,
        topic=_TOPIC,
        said="Lion appeared in 2023.",
        verdict=Verdict.TRUE,
        correct="By Chen and others, found by a program that searched a space of programs; preprint and conference "
        "are both from 2023.",
        source="Chen et al. 2023, NeurIPS, arXiv:2302.06675",
    ),
    Claim(
        key="C149",
        page=_PAGE,
        topic=_TOPIC,
        said="Sophia appeared in 2023.",
        verdict=Verdict.TRUE,
        correct="By Liu and others: the preprint is of May 2023, the conference was in 2024.",
        source="Liu et al. 2024, ICLR, arXiv:2305.14342",
    ),
    Claim(
        key="C150",
        page=_PAGE,
        topic=_TOPIC,
        said="Muon was published in 2023 or later, as Lion and Sophia were.",
        verdict=Verdict.CONDITIONS,
        correct="It dates from the end of 2024, is by Jordan and others, and was published as code and a web page, "
        "not as a paper. The first large language models trained with it were reported in 2025.",
        source="Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv:2502.16982; "
        "Kimi Team 2025, arXiv:2507.20534",
    ),
)
