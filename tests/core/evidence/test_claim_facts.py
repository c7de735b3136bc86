"""What statements tell that no experiment finds: it follows by hand, from the catalogues, or is what PyTorch does."""

import inspect
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.optimizers import Training
from core.evidence.claims import CLAIMS, Claim
from core.evidence.experiments import EXPERIMENTS
from core.lessons.history import Entry, timeline_entries
from core.lessons.reference import optimizer_rows
from core.problems.example import Convention, Example
from core.problems.theory import best_settings

EXAMPLE = Example()
ROWS = {row.key: row for row in optimizer_rows()}
ENTRIES = timeline_entries()
every_of_history = pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS.values() if claim.page == "history"], ids=lambda claim: claim.key
)


def _states(key: str, *texts: str) -> None:
    """Asserts that the correction of claim ``key`` contains ``texts``, numbers among them as whole numbers."""
    for text in texts:
        written = re.escape(re.sub("^-", "−", text))
        assert re.search(rf"(?<![\d.−]){written}(?!\d|\.\d)", CLAIMS[key].correct), (key, text)


def _curvatures(objective: str, *point: float) -> np.ndarray:
    return np.linalg.eigvalsh(OBJECTIVES[objective].parsed.hessian(np.array(point)))


# --- Objectives ---


def test_the_numbers_about_the_first_playground_are_the_engines() -> None:
    hill = OBJECTIVES["quartic"].parsed
    start, bottom = np.array([-0.5]), np.array([9 / 4])
    _states("C094", f"{hill.value(bottom):.3f}")
    assert hill.hessian(bottom)[0, 0] == 81 / 4
    _states("C095", f"{hill.value(start)}", f"{hill.grad(start)[0]}")
    assert hill.value(np.array([0.0])) == 2
    after = trace(Run("quartic", "sgd", (0.5,), 200, {"lr": 0.012})).x[:, 0]
    _states("C096", f"in {np.flatnonzero(np.abs(after - 9 / 4) <= 1e-6)[0]} steps", f"{2 / 11:.3f}", f"{9 * 0.012:.3f}")


@pytest.mark.parametrize("rule", ["adam", "rmsprop"])
def test_the_flat_inflection_holds_adaptive_rules_too(rule: str) -> None:
    _states("C116", "Adam and RMSProp are still short of the inflection at 0 after 5000 steps")
    assert -0.5 < trace(Run("quartic", rule, (-0.5,), 5000, {"lr": 0.012})).x[-1, 0] < 0


def test_the_numbers_about_rosenbrock_are_the_engines() -> None:
    valley = OBJECTIVES["rosenbrock"].parsed
    low, high = _curvatures("rosenbrock", 1.0, 1.0)
    _states("C097", f"{high / low:.0f}")
    _states("C098", f"{valley.value(np.array([-1.5, 2.0]))}")
    for point in ((-1.5, -0.75), (-1.5, 5.25)):
        assert valley.value(np.array(point)) == 906.25
    _states("C099", f"{2 / _curvatures('rosenbrock', -1.5, 2.0).max():.6f}")
    loss = trace(Run("rosenbrock", "sgd", (-1.5, 2.0), 100, {"lr": 0.0008})).loss
    _states("C099", f"{loss[1]:.2f}", f"{loss[100]:.2f}")


def test_at_a_rate_that_suits_rmsprop_three_rules_diverge_on_rosenbrock() -> None:
    _states("C100", "RMSProp at 0.003, where gradient descent, momentum and Nesterov diverge")
    for key in ("sgd", "momentum", "nesterov"):
        assert trace(Run("rosenbrock", key, (-1.5, 2.0), 2000, {"lr": 0.003})).status.outcome == "diverged"


def test_the_numbers_about_beale_are_the_engines() -> None:
    beale = OBJECTIVES["beale"].parsed
    start = np.array([1.0, 1.0])
    _states("C101", f"{beale.value(start)}")
    _states("C103", *(f"{curvature:.3g}" for curvature in _curvatures("beale", 1.0, 1.0)))
    assert beale.grad(start).tolist() == [0, 27.75]
    loss = trace(Run("beale", "sgd", (1.0, 1.0), 100_000, {"lr": 0.001})).loss
    _states("C102", f"{loss[1000]:.3f}")
    # What rounding leaves.
    assert loss[-1] < 1e-24


# --- The worked example and learning rates ---


def test_the_worked_examples_numbers_are_those_of_the_example() -> None:
    done = EXAMPLE.step
    _states("C012", *(f"{value:.4g}" for value in done.predictions))
    _states("C017", *(f"{value:.4g}" for value in done.residuals))
    by_convention = [Example(convention=convention).step for convention in Convention]
    _states("C018", *(f"{step.slope_b:.4g}" for step in by_convention[1:]), f"{done.residuals.sum():.4g}")
    assert f"is {by_convention[0].slope_w:.4g}".replace("-", "−") in CLAIMS["C017"].said
    assert f"is {by_convention[0].slope_b:.4g}".replace("-", "−") in CLAIMS["C018"].said
    assert f"to {done.next_w:.4g}." in CLAIMS["C019"].said
    assert f"to {done.next_b:.4g}." in CLAIMS["C020"].said
    _states("C020", *(f"{value:.4g}" for value in EXAMPLE.curvature.values), f"{EXAMPLE.curvature.condition:.3f}")
    _states("C020", f"{best_settings('sgd', *EXAMPLE.curvature.values).lr:.6f}")
    assert EXAMPLE.solution == pytest.approx((2, 0), abs=1e-12)


@pytest.mark.parametrize(
    ("key", "lr", "steps"),
    [
        ("C022", 0.001, "17 645"),
        ("C022", 0.01, "1763"),
        ("C022", 0.1, "175"),
        ("C024", 0.1, "175"),
        ("C024", 0.18, "1494"),
    ],
)
def test_the_steps_to_the_best_line_are_those_told(key: str, lr: float, steps: str) -> None:
    count = int(steps.replace(" ", ""))
    away = np.linalg.norm(Example(lr=lr).path(count).x - EXAMPLE.solution, axis=1)
    assert away[count] <= 0.01 < away[count - 1]
    _states(key, steps)


@pytest.mark.parametrize(
    ("schedule", "given", "epochs", "values"),
    [
        ("step", {"gamma": 0.1, "period": 30}, (30, 60, 90), "0.1 0.01 0.001"),
        ("cosine", {}, (25, 50, 75), "0.854 0.5 0.146"),
        (
            "warmup_cosine",
            {"warmup": 10},
            (0, 1, 5, 9, 10, 55, 99),
            "0.01 0.109 0.505 0.901 1 0.5 0.000305",
        ),
    ],
)
def test_the_schedules_have_the_values_told(
    schedule: str, given: dict[str, float], epochs: tuple[int, ...], values: str
) -> None:
    settings = {hyper.name: hyper.default for hyper in SCHEDULES[schedule].hypers} | given
    factors = SCHEDULES[schedule].factors(100, settings)[list(epochs)]
    assert [f"{factor:.3g}" for factor in factors] == values.split()
    _states("C104", *values.split())
    if schedule == "step":
        # One epoch before each fall the rate is still what it was.
        before = SCHEDULES[schedule].factors(100, settings)[[29, 59, 89]]
        assert before == pytest.approx([1, 0.1, 0.01])


@pytest.mark.parametrize(
    ("share", "warmup", "steps"),
    [
        ("10 %", 0.1, 1),
        ("4 %", 4000, 100_000),
        ("1 %", 10_000, 1_000_000),
        # 1.4·10¹² tokens in batches of 4·10⁶.
        ("0.6 %", 2000, 1.4e12 / 4e6),
        # Tokens.
        ("0.1 %", 375e6, 300e9),
    ],
)
def test_the_shares_of_warm_up_are_those_of_the_recipes(share: str, warmup: float, steps: float) -> None:
    _states("C133", share)
    assert f"{100 * warmup / steps:.1f}".removesuffix(".0") == share.removesuffix(" %")


def test_numbers_that_follow_from_those_of_experiments_are_told() -> None:
    expected = {key: {known.name: known.value for known in EXPERIMENTS[key].expected} for key in ("X48", "X62")}
    ratios = []
    for steps in (1000, 10_000, 100_000):
        # A step multiplies the distance by 1 − α·min(t/50, 1)·L, here for αL from 2 on.
        rates = np.linspace(2, 2.1, 10_001)[1:]
        grown = np.log(np.abs(1 - rates[:, None] * np.arange(1, 50) / 50)).sum(axis=1)
        ratios.append(rates[np.argmax(grown + (steps - 49) * np.log(rates - 1) > 0)] / 2)
    assert ratios[0] == pytest.approx(expected["X62"]["ratio on the parabola"], abs=5e-4)
    assert ratios[-1] < 1.0005
    _states("C133", "warm-up does not move the limit at all")
    # At the minimum the curvature is the square of 50·w⁴⁹, the slope of w⁵⁰ = ½.
    slope = 50 * 0.5 / expected["X48"]["w at the end, clipped"]
    _states("C134", f"the limit of {2 / slope**2:.4f}")
    product = 1.2**50
    assert (product - 0.5) * 50 * 1.2**49 == pytest.approx(expected["X48"]["gradient at the start"], rel=1e-12)
    for key in ("C088", "C134"):
        _states(key, f"{round(product, -2):.0f}")
    _states("C134", f"{1.2 - expected['X48']['w at the end, clipped | lr=0.0001']:.2g} in 300 steps")


# --- Rules ---


def test_the_best_momentum_is_that_of_its_formula() -> None:
    _states("C046", f"{((100**0.5 - 1) / (100**0.5 + 1)) ** 2:.2g} for κ = 100")


def test_adagrads_rates_settle_in_proportion_to_the_curvatures() -> None:
    sums = trace(Run("(x**2 + 10*y**2)/2", "adagrad", (1.0, 1.0), 1000, {"lr": 0.1})).terms["G"][-1]
    assert np.sqrt(sums[1] / sums[0]) == pytest.approx(10, rel=1e-6)
    _states("C050", "in the flat direction and at a tenth of that in the steep one")


def test_rmsprop_is_no_child_of_adagrad_and_adadelta_is() -> None:
    _states("C053", "The lecture presents it as a version of Rprop")
    assert OPTIMIZERS["rmsprop"].parent != "adagrad"
    assert "Rprop" in OPTIMIZERS["rmsprop"].fixes
    assert OPTIMIZERS["adadelta"].parent == "adagrad"


@pytest.mark.parametrize(("claim", "key"), [("C086", "adamw"), ("C156", "adam"), ("C155", "rmsprop")])
def test_a_rule_that_trains_image_networks_in_a_claim_does_so_in_the_table(claim: str, key: str) -> None:
    assert OPTIMIZERS[key].name in CLAIMS[claim].said + CLAIMS[claim].correct
    assert Training.CONVOLUTIONAL in OPTIMIZERS[key].suits


def test_one_fact_has_one_verdict() -> None:
    for key in ("C140", "C152"):
        assert "1951" in CLAIMS[key].said
    assert CLAIMS["C140"].verdict is CLAIMS["C152"].verdict


# The rule that a row of the usual table is about.
@pytest.mark.parametrize(
    ("claim", "key"),
    [
        ("C151", "sgd"),
        ("C152", "sgd"),
        ("C153", "momentum"),
        ("C154", "adagrad"),
        ("C155", "rmsprop"),
        ("C156", "adam"),
        ("C157", "adamw"),
        ("C158", "lion"),
        ("C159", "sophia"),
    ],
)
def test_the_memory_that_a_claim_gives_is_that_of_the_table(claim: str, key: str) -> None:
    kept = re.search(r"keeps (\d) numbers? per weight", CLAIMS[claim].correct)
    assert kept is not None
    assert int(kept[1]) == ROWS[key].memory


@pytest.mark.parametrize(("claim", "key"), [("C154", "adagrad"), ("C157", "adamw")])
def test_the_years_of_a_claim_are_those_of_the_declaration(claim: str, key: str) -> None:
    optimizer = OPTIMIZERS[key]
    _states(claim, str(optimizer.year), str(optimizer.venue))
    # What is commonly said is the year of print.
    assert str(optimizer.venue) in CLAIMS[claim].said


def test_sophia_looks_at_the_curvature_as_often_as_is_told() -> None:
    (every_so_often,) = (hyper.default for hyper in OPTIMIZERS["sophia"].hypers if hyper.name == "k")
    _states("C159", f"every {every_so_often:.0f} steps")


def test_the_rows_said_to_be_missing_are_in_the_table_and_the_others_are_not() -> None:
    present, _, absent = CLAIMS["C160"].correct.partition(" are missing")
    names = {row.name for row in ROWS.values()}
    assert set(re.split(r", | and ", present)) <= names
    for name in ("Adafactor", "Shampoo", "SOAP"):
        assert name in absent
        assert name not in names


# --- History ---


def _identifiers(source: str) -> set[str]:
    return set(re.findall(r"(?:doi|arXiv):[^\s;,]+", source))


def _surname(entry: Entry) -> str:
    return re.split(r"[ ,]", entry.authors)[0]


def _named(text: str) -> list[Entry]:
    """The entries of the timeline whose first author or whose own name stands in ``text``."""
    return [
        entry
        for entry in ENTRIES
        if any(re.search(rf"\b{re.escape(name)}\b", text) for name in (_surname(entry), entry.name))
    ]


@every_of_history
def test_every_year_in_a_claim_is_one_of_somebody_it_names(claim: Claim) -> None:
    named = _named(f"{claim.said} {claim.correct} {claim.source}")
    known = {year for entry in named for year in entry.years.split(" / ")}
    assert set(re.findall(r"\b(?:18|19|20)\d\d\b", f"{claim.said} {claim.correct}")) <= known


@every_of_history
def test_the_identifiers_of_a_claim_are_those_of_the_timeline(claim: Claim) -> None:
    for source in claim.source.split("; "):
        known = [entry for entry in ENTRIES if source.startswith(_surname(entry))]
        # Who is not in the timeline may be cited as well.
        assert not known or _identifiers(source) <= set().union(*(_identifiers(entry.source) for entry in known))


def test_what_is_told_of_three_entries_is_what_they_say() -> None:
    entries = {entry.key: entry for entry in ENTRIES}
    assert not {"Loshchilov", "Hutter"} & set(re.findall(r"\w+", entries["lamb"].authors))
    _states("C147", "LAMB is by You")
    assert "Root finding" in entries["robbins_monro"].idea
    _states("C140", "root")
    assert not _identifiers(entries["muon"].source)
    _states("C150", "not as a paper")


# --- Data and networks, by hand ---


def test_the_chain_rule_is_that_of_small_differences() -> None:
    random = np.random.default_rng(2)
    x, first, second = random.standard_normal(3), random.standard_normal((4, 3)), random.standard_normal((2, 4))

    def loss(matrix: np.ndarray) -> float:
        return float((np.tanh(second @ np.tanh(matrix @ x)) ** 2).sum() / 2)

    hidden = np.tanh(first @ x)
    out = np.tanh(second @ hidden)
    delta = (1 - hidden**2) * (second.T @ ((1 - out**2) * out))
    for index in np.ndindex(first.shape):
        step = np.zeros_like(first)
        step[index] = 1e-6
        slope = (loss(first + step) - loss(first - step)) / 2e-6
        # Central differences of 1e-6 are right to about 1e-9.
        assert np.outer(delta, x)[index] == pytest.approx(slope, abs=1e-8)
    _states("C123", "∂L/∂W₁ = δ₁xᵀ", "δₖ = φ′(zₖ) ⊙ Wₖ₊₁ᵀδₖ₊₁")


@pytest.mark.parametrize(("curvature", "rise"), [(2.0, "0.01 where λ = 2 "), (100.0, "0.5 where λ = 100.")])
def test_a_change_of_weights_raises_the_loss_by_half_the_curvature(curvature: float, rise: str) -> None:
    _states("C127", f"by {rise}")
    assert curvature * 0.1**2 / 2 == pytest.approx(float(rise.split()[0]))


def test_a_floor_area_weighs_as_much_as_is_told() -> None:
    _states("C068", "A floor area of 2000 weighs about 700 times as much in it as 3 bedrooms")
    assert round(2000 / 3, -2) == 700


def test_standardised_features_have_equal_curvatures() -> None:
    _states("C072", "Afterwards the diagonal of the curvature is the same for every feature")
    random = np.random.default_rng(0)
    features = random.normal((5, 100, -3), (0.1, 30, 2), (300, 3))
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    # Rounding of means of 300 numbers.
    assert np.diag(scaled.T @ scaled / 300) == pytest.approx(np.ones(3), rel=1e-12)


def test_the_chance_of_a_batch_fades_as_it_grows() -> None:
    _states("C076", "The larger the batch, the weaker the effect")
    random = np.random.default_rng(0)
    items = random.standard_normal((400, 256))
    moved = []
    for size in (8, 64, 256):
        batches = items[:, :size]
        first = (batches[:, 0] - batches.mean(axis=1)) / batches.std(axis=1)
        moved.append(float(np.std(first - items[:, 0])))
    # 400 draws: a standard deviation is known to 4 %.
    assert moved[0] > 2 * moved[1] > 3 * moved[2]


# --- PyTorch ---


def test_every_common_optimizer_has_a_default_learning_rate() -> None:
    _states("C105", "each of them has a default learning rate")
    for key in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"):
        peer = OPTIMIZERS[key].torch
        assert peer is not None
        assert inspect.signature(getattr(torch.optim, peer.name)).parameters["lr"].default > 0


def test_a_cosine_stepped_per_epoch_has_three_rates_in_three_epochs() -> None:
    optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=3e-4)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    trained, printed = [], []
    for _ in range(3):
        trained.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
        printed.append(scheduler.get_last_lr()[0])
    assert trained == pytest.approx([0.0003, 0.000225, 0.000075])
    assert printed[-1] == pytest.approx(0, abs=1e-18)
    _states("C107", "only at 0.0003, 0.000225 and 7.5·10⁻⁵, and prints 0 for the last")


def test_a_cycle_switches_momentum_on_for_plain_descent_and_is_refused_without_one() -> None:
    trap = SCHEDULES["triangular"].trap
    weight = nn.Parameter(torch.zeros(1))
    plain = torch.optim.SGD([weight], lr=0.1)
    lr_scheduler.CyclicLR(plain, 0.01, 0.1)
    assert plain.param_groups[0]["momentum"] == 0.9
    assert "switches it on for plain SGD" in trap
    with pytest.raises(ValueError, match="must support momentum"):
        lr_scheduler.CyclicLR(torch.optim.Adagrad([weight], lr=0.1), 0.01, 0.1)
    assert "such as Adagrad" in trap


def test_three_backward_passes_leave_three_times_the_gradient() -> None:
    weight = nn.Parameter(torch.tensor([3.0]))
    for _ in range(3):
        (weight**2).sum().backward()
    assert weight.grad.item() == 3 * 6.0
    _states("C107", "three backward passes over one batch leave three times its gradient")


def test_130_items_make_two_steps_and_a_leftover() -> None:
    weight = nn.Parameter(torch.zeros(1))
    steps, batches = 0, torch.ones(130).split(16)
    for i, batch in enumerate(batches):
        ((weight - batch) ** 2).mean().div(4).backward()
        if (i + 1) % 4 == 0:
            steps += 1
            weight.grad = None
    assert (len(batches), steps) == (9, 2)
    # The ninth gradient waits for the next epoch.
    assert weight.grad is not None
    assert weight.grad.norm() > 0
    _states("C108", "with N = 4, eight batches make two steps; the ninth is lost")


def test_the_norm_is_measured_in_one_call_and_returned_by_clipping() -> None:
    torch.manual_seed(0)
    weights = [nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(5))]
    for weight in weights:
        weight.grad = torch.randn_like(weight)
    by_hand = sum(weight.grad.norm() ** 2 for weight in weights) ** 0.5
    measured = torch.nn.utils.get_total_norm([weight.grad for weight in weights])
    assert measured.item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert torch.nn.utils.clip_grad_norm_(weights, 0.1).item() == measured.item()


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_clipping_makes_no_number_of_an_infinite_gradient_and_keeps_one_that_is_none(bad: float) -> None:
    _states("C089", "An infinite gradient becomes NaN, and NaN stays.")
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([bad, 1.0])
    nn.utils.clip_grad_norm_([weight], 1.0)
    assert torch.isnan(weight.grad[0])


def test_batchnorm_in_pytorch_is_as_told() -> None:
    layer = nn.BatchNorm1d(1)
    assert (layer.eps, layer.momentum) == (1e-5, 0.1)
    _states("C078", "takes a tenth of the unbiased one, 4.667,", "ε is 10⁻⁵")
    assert np.var([1, 2, 3, 6], ddof=1) == pytest.approx(4.667, abs=0.0005)


def test_pytorchs_centred_rmsprop_with_momentum_keeps_the_numbers_that_are_told() -> None:
    weight = nn.Parameter(torch.ones(5))
    optimizer = torch.optim.RMSprop([weight], centered=True, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    kept = sum(value.shape == weight.shape for value in optimizer.state[weight].values())
    _states("C155", f"momentum it keeps {kept}.")


def test_what_pytorch_has_and_lacks_is_told() -> None:
    correct = CLAIMS["C113"].correct
    has, _, lacks = correct.partition("but not")
    lacks = lacks.partition(".")[0]
    assert f"PyTorch {'.'.join(torch.__version__.split('.')[:2])} has" in has
    for name in ("Muon", "NAdam", "RAdam", "Adafactor"):
        assert name in has
        assert hasattr(torch.optim, name)
    for optimizer in OPTIMIZERS.values():
        assert optimizer.torch is None or not re.search(rf"\b{re.escape(optimizer.name)}\b", lacks)
    classes = [name.lower() for name in vars(torch.optim)]
    for name in re.findall(r"\b[A-Z][\w-]+", lacks):
        assert not any(known.startswith(name.lower().replace("-", "")) for known in classes), name
