"""What is said about the techniques around a rule: scaling, normalisation, accumulation, look-ahead, clipping, SAM."""

from core.evidence.claims.claim import Claim, Verdict

_PAGE = "techniques"

_LECUN = "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp"
_IOFFE = "Ioffe & Szegedy 2015, arXiv:1502.03167"
_BJORCK = "Bjorck et al. 2018, arXiv:1806.02375"
_SUTSKEVER = "Sutskever et al. 2013, ICML"
_PASCANU = "Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063"

ALL: tuple[Claim, ...] = (
    Claim(
        key="C067",
        page=_PAGE,
        topic="all",
        said="Textbooks do not teach these techniques.",
        verdict=Verdict.FALSE,
        correct="Textbooks do: scaling of inputs was standard advice in 1998, and the most widely used book on deep "
        "learning has sections on batch normalisation, Nesterov's look-ahead, clipping and initialisation.",
        source=f"{_LECUN}; Goodfellow, Bengio & Courville 2016, Deep Learning, chapters 8 and 10",
    ),
    Claim(
        key="C068",
        page=_PAGE,
        topic="scaling",
        said="Without scaling, features with large values dominate the gradient.",
        verdict=Verdict.TRUE,
        correct="The gradient of a weight is proportional to the feature that it multiplies. A floor area of 2000 "
        "weighs about 700 times as much in it as 3 bedrooms, and the rate has to suit the larger of the two. This "
        "holds for models that are linear in their features, and for the first layer of a network.",
        source=_LECUN,
        experiment="X44",
    ),
    Claim(
        key="C069",
        page=_PAGE,
        topic="scaling",
        said="Unscaled features stretch the contours to a long ellipse, in which gradient descent oscillates.",
        verdict=Verdict.TRUE,
        correct="How slow it is follows from the condition number κ. With κ = 100 and even the best step length along "
        "each gradient, a step may leave {first factor on the loss:.2%} of the loss, and the path zigzags.",
        source=_LECUN,
        experiment="X68",
    ),
    Claim(
        key="C070",
        page=_PAGE,
        topic="scaling",
        said="Always normalise features to mean 0 and variance 1, or to the range from 0 to 1.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="Decision trees do not need it, sparse data should not be centred, and the scale has to be taken "
        "from the training data only. Nor are the two equivalent: the range from 0 to 1 keeps the means "
        "positive, which leaves a condition number of {condition number, min–max:.1f} and {steps, "
        "min–max:.0f} steps for the house prices here, against {condition number, standardised:.3f} and "
        "{steps, standardised:.0f} steps standardised. Neither removes correlation: features with a "
        "correlation of 0.997 still have a condition number of {condition number, standardised | "
        "correlation=0.997:.0f} and need {steps, standardised | correlation=0.997:.0f} steps.",
        source=f"{_LECUN}; recomputed here",
        experiment="X44",
    ),
    Claim(
        key="C071",
        page=_PAGE,
        topic="scaling",
        said="Scaling features speeds training up ten times.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It may be 3 times or 100 million times: the number of steps grows with the condition number. Where "
        "standardised features need {steps, standardised:.0f} steps, merely centred ones need {steps, only "
        "centred | mean=0, spread=1.414:.0f} if their spreads are alike, {steps, only centred | mean=0, "
        "spread=4.24:.0f} if one is three times as wide, {steps, only centred | mean=0, spread=14.14:.0f} at "
        "ten times and {steps, only centred | mean=0, spread=42.4:.0f} at thirty; house areas and bedrooms "
        "as they are need {steps, as they are:.1e}. Adam, which does its own scaling, gains far less: {steps "
        "of Adam, as they are:.0f} steps before and {steps of Adam, standardised:.0f} after.",
        source="recomputed here",
        experiment="X44",
    ),
    Claim(
        key="C072",
        page=_PAGE,
        topic="scaling",
        said="Standardising is (x − μ)/σ, feature by feature.",
        verdict=Verdict.TRUE,
        correct="The mean μ and the standard deviation σ are those of the training data. A feature that never varies "
        "has σ = 0 and is left out. Afterwards the diagonal of the curvature is the same for every feature.",
        source=_LECUN,
        experiment="X44",
    ),
    Claim(
        key="C073",
        page=_PAGE,
        topic="batch_norm",
        said="Batch normalisation normalises the values within each layer.",
        verdict=Verdict.TRUE,
        correct="Each unit or channel by itself, across the batch. The same value 6 becomes "
        "{your value, normalised:.3f} in a batch with 1, 2 and 3 and {your value with 7, 8 and 9:.3f} in one with 7, "
        "8 and 9. In evaluation running averages take the batch's place, so the layer computes two different "
        "functions.",
        source=_IOFFE,
        experiment="X46",
    ),
    Claim(
        key="C074",
        page=_PAGE,
        topic="batch_norm",
        said="It helps because it reduces internal covariate shift.",
        verdict=Verdict.CONTESTED,
        correct="That was the motivation in 2015 and is mostly rejected today. In an eight-layer network random "
        "shifts and scales behind every BatchNorm move the means by {movement of the means, BatchNorm, disturbed:.2f} "
        "standard deviations a step, against {movement of the means, He's start:.2f} without BatchNorm, and it still "
        "learns up to a rate of {largest rate that learns, BatchNorm, disturbed:.1f}, ten times as far as without. "
        "Larger stable rates and a smoother loss explain more.",
        source=f"Santurkar et al. 2018, arXiv:1805.11604; {_BJORCK}",
        experiment="X45",
    ),
    Claim(
        key="C075",
        page=_PAGE,
        topic="batch_norm",
        said="Batch normalisation allows larger learning rates.",
        verdict=Verdict.TRUE,
        correct="With eight hidden layers gradient descent learns up to a rate of "
        "{largest rate that learns, BatchNorm:.1f} with it and {largest rate that learns, He's start:.2f} without, "
        "both from He's start. That does not make the training loss lower: at its best rate the plain network reaches "
        "less than half as much. From PyTorch's own smaller start it learns at no rate, which makes BatchNorm look "
        "like magic.",
        source=_BJORCK,
        experiment="X45",
    ),
    Claim(
        key="C076",
        page=_PAGE,
        topic="batch_norm",
        said="Batch normalisation acts as regularisation.",
        verdict=Verdict.CONDITIONS,
        correct="Weakly: it is left to chance which other samples are in the batch, and they shift every output. The "
        "larger the batch, the weaker the effect.",
        source="Luo et al. 2019, arXiv:1809.00846",
        experiment="X46",
    ),
    Claim(
        key="C077",
        page=_PAGE,
        topic="batch_norm",
        said="Batch normalisation is in nearly every modern convolutional network.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It is in the ResNet family. ConvNeXt uses LayerNorm, NFNets use no normalisation, and detectors "
        "with few images in a batch often use GroupNorm.",
        source="Liu et al. 2022, arXiv:2201.03545; Brock et al. 2021, arXiv:2102.06171; Wu & He 2018, arXiv:1803.08494",
    ),
    Claim(
        key="C078",
        page=_PAGE,
        topic="batch_norm",
        said="It computes γ(x − μ)/√(σ² + ε) + β with mean and variance of the batch.",
        verdict=Verdict.TRUE,
        correct="The variance σ² is the biased one: of 1, 2, 3 and 6 it is {variance that normalises:.1f}. PyTorch's "
        "running variance takes a tenth of the unbiased one, 4.667, at a time: from 1 to {running variance:.3f}. "
        "There ε is 10⁻⁵. The output does not depend on the size of the weights before it, so ten times the weights "
        "have a tenth of the gradient. A batch of one value is refused.",
        source=f"{_IOFFE}; torch.nn.BatchNorm1d",
        experiment="X46",
    ),
    Claim(
        key="C079",
        page=_PAGE,
        topic="accumulation",
        said="Eight batches of 32 make a batch of 256.",
        verdict=Verdict.TRUE,
        correct="They do if each loss is a mean and is divided by 8. Without the division the gradient is {length "
        "without division:.0f} times as long, which is the same as a rate 8 times as large.",
        source="recomputed here",
        experiment="X47",
    ),
    Claim(
        key="C080",
        page=_PAGE,
        topic="accumulation",
        said="Gradient accumulation is the same mathematics with less memory.",
        verdict=Verdict.CONDITIONS,
        correct="The two are equal to within rounding, 2·10⁻⁷ in float32, without normalisation, with LayerNorm and "
        "with GroupNorm. With BatchNorm the gradient here is {relative error, BatchNorm:.0%} off, because "
        "each part is normalised by itself, and with parts of 40 and a last one of 16 it is {relative error, "
        "uneven, divided by their number:.0%} off unless they are weighted. Means over tokens and losses "
        "that compare the items of a batch have the same problem. Only memory for activations is saved.",
        source="Unsloth and Hugging Face 2024, on the accumulation fault; recomputed here",
        experiment="X47",
    ),
    Claim(
        key="C081",
        page=_PAGE,
        topic="accumulation",
        said="Accumulation is essential for training large models on consumer cards.",
        verdict=Verdict.CONTESTED,
        correct="It does not reduce the memory for weights, gradients and the optimizer's state, which is most of it "
        "for large models. Recent work advises small batches with a rescaled β₂ rather than accumulation on "
        "a single card.",
        source="Marek et al. 2025, arXiv:2507.07101",
        experiment="X38",
    ),
    Claim(
        key="C082",
        page=_PAGE,
        topic="accumulation",
        said="Add up the gradient divided by N, and step after N parts.",
        verdict=Verdict.TRUE,
        correct="That is right for parts of equal size. Otherwise each part must be weighted by its share of the "
        "items: weighted in this way, parts of 40 with a last one of 16 are right to 2·10⁻⁷, divided by "
        "their number they are {relative error, uneven, divided by their number:.0%} off.",
        source="recomputed here",
        experiment="X47",
    ),
    Claim(
        key="C083",
        page=_PAGE,
        topic="nesterov",
        said="Nesterov's method takes the gradient at the look-ahead point.",
        verdict=Verdict.TRUE,
        correct="That point is θ − βv, where momentum alone would carry the point. The look-ahead form, Sutskever's "
        "and the one with two sequences are the same method: their paths differ only by rounding.",
        source=f"Nesterov 1983, Dokl. Akad. Nauk SSSR 269:543; {_SUTSKEVER}",
        experiment="X21",
    ),
    Claim(
        key="C084",
        page=_PAGE,
        topic="nesterov",
        said="Nesterov's look-ahead prevents overshooting and converges faster.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It reduces overshooting: on a parabola of curvature 1 with a rate of 0.1 and β = 0.9 to "
        "{overshoot, Nesterov:.3f} from the heavy ball's {overshoot, heavy ball:.3f}. In return it needs smaller "
        "rates: at β = 0.9 it is stable up to {X20 largest stable lr, Nesterov:.3f}/L, where the heavy ball goes up "
        "to {X20 largest stable lr, heavy ball:.1f}/L.",
        source=f"{_SUTSKEVER}; Lessard, Recht & Packard 2016, arXiv:1408.3595; recomputed here",
        experiment="X24",
    ),
    Claim(
        key="C085",
        page=_PAGE,
        topic="nesterov",
        said="Its two lines are v = βv + α∇J(θ − βv) and θ = θ − v.",
        verdict=Verdict.TRUE,
        correct="PyTorch stores the look-ahead point instead: its parameter is θ − βv, to rounding. Here α stands "
        "inside v; in PyTorch's momentum it stands outside, so the two velocities differ by the factor α, "
        "and when the rate changes the two forms no longer agree.",
        source=f"{_SUTSKEVER}; torch.optim.SGD",
        experiment="X21",
    ),
    Claim(
        key="C086",
        page=_PAGE,
        topic="nesterov",
        said="Nesterov momentum with a schedule is the first choice for vision.",
        verdict=Verdict.OVERSIMPLIFIED,
        correct="It was in some code bases for convolutional networks, from about 2016 to 2020. Vision Transformers, "
        "ConvNeXt and CLIP are trained with Adam or AdamW, Inception and EfficientNet with RMSProp.",
        source="Dosovitskiy et al. 2021, arXiv:2010.11929; Liu et al. 2022, arXiv:2201.03545; CLIP, arXiv:2103.00020; "
        "Szegedy et al. 2016, arXiv:1512.00567; Tan & Le 2019, arXiv:1905.11946",
    ),
    Claim(
        key="C087",
        page=_PAGE,
        topic="nesterov",
        said="Nesterov momentum trained ResNet, VGG and most winners of ImageNet.",
        verdict=Verdict.FALSE,
        correct="The papers of AlexNet, VGG, GoogLeNet, ResNet and SENet report plain momentum 0.9. VGG was second in "
        "the classification of 2014. Nesterov's form trained Wide ResNet and DenseNet, and a later version of ResNet "
        "in Torch's code.",
        source="Krizhevsky, Sutskever & Hinton 2012, NeurIPS; Simonyan & Zisserman 2015, arXiv:1409.1556; GoogLeNet, "
        "arXiv:1409.4842; He et al. 2016, arXiv:1512.03385; SENet, arXiv:1709.01507; Zagoruyko & Komodakis 2016, "
        "arXiv:1605.07146; Huang et al. 2017, arXiv:1608.06993",
    ),
    Claim(
        key="C088",
        page=_PAGE,
        topic="clipping",
        said="Gradients commonly explode in recurrent networks and Transformers.",
        verdict=Verdict.CONDITIONS,
        correct="In recurrent networks they do, since a product over many steps grows or dies: fifty factors of 1.2 "
        "make 9100, and the loss ½(w⁵⁰ − ½)² has at w = 1.2 a gradient of {gradient at the start:.1e}, an error of "
        "9100 times 50·1.2⁴⁹. Transformers that normalise before each block show sudden spikes of the loss rather "
        "than growth with depth.",
        source=f"{_PASCANU}; Xiong et al. 2020, arXiv:2002.04745",
        experiment="X48",
    ),
    Claim(
        key="C089",
        page=_PAGE,
        topic="clipping",
        said="Clipping keeps the norm of the gradient below a threshold.",
        verdict=Verdict.TRUE,
        correct="It limits the gradient, not the step: momentum adds up clipped gradients, and Adam divides by their "
        "size. PyTorch multiplies by the smaller of 1 and c/(norm + 10⁻⁶). An infinite gradient becomes NaN, "
        "and NaN stays.",
        source="torch.nn.utils, clipping of the gradient norm",
        experiment="X49",
    ),
    Claim(
        key="C090",
        page=_PAGE,
        topic="clipping",
        said="One bad batch can destroy a model.",
        verdict=Verdict.TRUE,
        correct="The loss ½(w⁵⁰ − ½)² has at w = 1.2 a gradient of {gradient at the start:.1e}. One step along it at "
        "a rate of 0.001 throws the weight out of all bounds. Clipped at 1, that step is 0.001 long, and the run "
        "arrives.",
        source=_PASCANU,
        experiment="X48",
    ),
    Claim(
        key="C091",
        page=_PAGE,
        topic="clipping",
        said="If the norm exceeds c, multiply the gradient by c/norm.",
        verdict=Verdict.TRUE,
        correct="With one norm over all parameters together, so that the direction stays. Clipping each entry by "
        "value turns it: clipped at 1, (3, 0.4) becomes ({by value, first entry:.0f}, {by value, second entry:.1f}), "
        "which is {turned by value, degrees:.2f} degrees away.",
        source=f"{_PASCANU}, algorithm 1",
        experiment="X49",
    ),
    Claim(
        key="C092",
        page=_PAGE,
        topic="clipping",
        said="Clip at 1.0 in Transformers and at 5.0 in recurrent networks.",
        verdict=Verdict.CONDITIONS,
        correct="These are customs. BERT's code, GPT-3 and LLaMA use 1.0; the first sequence-to-sequence networks "
        "used 5 after dividing by 128, and LSTM language models 5 and 10. A threshold has the unit of the gradient, "
        "so it depends on how the loss is averaged and on the number of weights.",
        source="Sutskever, Vinyals & Le 2014, arXiv:1409.3215; Zaremba et al. 2014, arXiv:1409.2329; "
        "GPT-3, arXiv:2005.14165; LLaMA, arXiv:2302.13971",
        experiment="X48",
    ),
    Claim(
        key="C093",
        page=_PAGE,
        topic="clipping",
        said="Watch the gradient norm: spikes mean that you need clipping.",
        verdict=Verdict.CONDITIONS,
        correct="Watching is right. A spike may also come from a bad batch, a rate that is too large, a warm-up that "
        "is too short or a β₂ so close to 1 that Adam is slow to notice. Clipping limits the step but does "
        "not remove the cause.",
        source=f"{_PASCANU}; Molybog et al. 2023, arXiv:2304.09871",
        experiment="X34",
    ),
    Claim(
        key="C131",
        page=_PAGE,
        topic="sam",
        said="SAM, of 2020, minimises the worst loss nearby.",
        verdict=Verdict.TRUE,
        correct="Approximately: it steps uphill by ρ along the gradient and takes the gradient there, so a step "
        "costs two. In the valley ½(w₁w₂ − 1)² gradient descent stops where the sharpness is {w₁² + w₂² at "
        "the end, gradient descent:.2f}; SAM with ρ = 0.1 goes on to {w₁² + w₂² at the end, SAM:.2f}, almost "
        "the flattest. One variable shows nothing of it: there {in the wide minimum in %, SAM:.0f} % of the "
        "runs reach the wider of two minima, {in the wide minimum in %, gradient descent:.0f} % with "
        "gradient descent, because {on top in %, SAM:.0f} % stay on top between the two. What SAM gains in "
        "networks does not come from flatness alone.",
        source="Foret et al. 2021, arXiv:2010.01412; Wen, Ma & Li 2023, arXiv:2307.11007",
        experiment="X57",
    ),
)
