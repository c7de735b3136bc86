"""The landscape of trainings: planes, curvature and lines against what is known of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.catalogue.racers import RACERS
from core.figures import DARK, LIGHT
from core.figures.loss_terrain import sharpness_figure, terrain_figure, terrain_space, ways_figure
from core.lessons.terrain_story import (
    plane_sentences,
    random_sentence,
    rows_sentence,
    sharpness_sentences,
    way_sentences,
)
from core.problems.training import land
from core.problems.training.land import Effort, Terrain, effort, terrain
from core.problems.training.loop import final
from core.problems.training.settings import Training
from core.problems.training.terrain import (
    between,
    filter_plane,
    losses,
    plane_of,
    slice_of,
    snapshots,
    survey,
    top_eigenvalue,
)

TINY = Training(
    "moons", "mlp", "sgd", {"lr": 0.3}, {"depth": 1, "width": 4, "activation": "tanh"}, steps=60, float64=True
)


@pytest.fixture(scope="module")
def seen() -> Terrain:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(land, "EFFORTS", (Effort(13, 4, 80, 1000),))
        return survey([TINY, replace(TINY, optimizer="adam", hypers={"lr": 0.05})])


def test_the_plane_of_paths_that_move_in_two_directions_holds_all_of_them() -> None:
    random = np.random.default_rng(3)
    axes, _ = np.linalg.qr(random.standard_normal((30, 2)))
    start = random.standard_normal(30)
    moved = [np.cumsum(random.standard_normal((12, 2)), axis=0) * (5.0, 1.0) for _ in range(2)]
    paths = [start + np.vstack([np.zeros(2), along]) @ axes.T for along in moved]
    found = plane_of(paths, paths[1][-1])
    assert sum(found.shares) == pytest.approx(1, abs=1e-12)
    # The same plane: what is along one pair of directions is along the other.
    np.testing.assert_allclose(found.directions @ found.directions.T, axes @ axes.T, atol=1e-10)
    np.testing.assert_allclose(found.paths[0] @ found.directions.T + paths[1][-1], paths[0], atol=1e-10)


def test_random_directions_have_the_norm_of_every_filter() -> None:
    shapes = [torch.Size((4, 3)), torch.Size((4,)), torch.Size((2, 4, 3, 3))]
    weights = np.random.default_rng(1).standard_normal(12 + 4 + 72)
    one, other = filter_plane(weights, shapes, 5).T
    assert abs(one @ other) / (np.linalg.norm(one) * np.linalg.norm(other)) < 0.5
    for direction in (one, other):
        np.testing.assert_allclose(
            np.linalg.norm(direction[:12].reshape(4, 3), axis=1), np.linalg.norm(weights[:12].reshape(4, 3), axis=1)
        )
        assert not direction[12:16].any()
        np.testing.assert_allclose(
            np.linalg.norm(direction[16:].reshape(2, 36), axis=1), np.linalg.norm(weights[16:].reshape(2, 36), axis=1)
        )
    assert (filter_plane(weights, shapes, 5)[:, 0] == one).all()
    assert (filter_plane(weights, shapes, 6)[:, 0] != one).any()


def test_the_losses_of_snapshots_are_those_that_the_training_reports() -> None:
    found = losses(TINY)
    path = snapshots(TINY, found, most=6)
    reports = final(TINY, every=10).reports
    assert path.steps.tolist() == [report.step for report in reports]
    # Both in float64, in another order of sums.
    np.testing.assert_allclose(found.many(path.rows), [report.train_loss for report in reports], rtol=1e-12)
    np.testing.assert_allclose(
        found.many(path.rows, found.valid), [report.valid_loss for report in reports], rtol=1e-12
    )


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_top_eigenvalue_is_that_of_the_exact_hessian(place: int, smoothing: float) -> None:
    training = replace(TINY, smoothing=smoothing)
    found = losses(training)
    row = snapshots(training, found, most=4).rows[place]
    hessian = torch.autograd.functional.hessian(found.minimised, torch.tensor(row)).numpy()
    begin = np.random.default_rng(0).standard_normal(len(row))
    value, vector, settled = top_eigenvalue(found.minimised, row, begin, 1e-5, 5000)
    exact = np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1]
    assert settled
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(hessian @ vector, exact * vector, atol=1e-3 * abs(exact))


def test_the_largest_eigenvalue_is_found_where_a_negative_one_is_larger_in_size() -> None:
    curvatures = torch.tensor([-5.0, 1.0, 2.0, -1.0], dtype=torch.float64)
    begin = np.ones(4)
    value, vector, settled = top_eigenvalue(lambda x: (curvatures * x**2).sum() / 2, np.ones(4), begin, 1e-6, 1000)
    assert settled
    assert value == pytest.approx(2, rel=1e-6)
    assert abs(vector[2]) == pytest.approx(1, abs=1e-5)


def test_a_line_begins_and_ends_with_the_losses_of_its_ends() -> None:
    found = losses(TINY)
    rows = snapshots(TINY, found, most=4).rows
    share, train, valid = between(found, rows[0], rows[-1], 5)
    assert share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    ends = found.many([rows[0], rows[-1]])
    np.testing.assert_allclose(train[[0, -1]], ends, rtol=1e-12)
    np.testing.assert_allclose(train[2], found.many([(rows[0] + rows[-1]) / 2])[0], rtol=1e-12)
    assert valid.shape == (5,)


def test_a_picture_is_exact_at_the_end_it_goes_through_and_its_grid_holds_the_losses_there(seen: Terrain) -> None:
    found = losses(TINY)
    walk = seen.joined.walks[seen.best]
    np.testing.assert_allclose(walk.points[-1], 0, atol=1e-9)
    assert walk.drawn[-1] == pytest.approx(walk.actual[-1], rel=1e-12)
    assert np.abs(walk.drawn - walk.actual).max() > 1e-6
    path = snapshots(TINY, found, most=4)
    directions = filter_plane(path.rows[-1], list(found.shapes.values()), 2)
    piece = slice_of(found, [path], path.rows[-1], directions, 5, 0.5)
    there = path.rows[-1] + directions @ [piece.x[3], piece.y[1]]
    assert piece.loss[1, 3] == pytest.approx(found.many([there])[0], rel=1e-12)
    # A few of many dimensions at random hold little of any movement.
    assert sum(seen.random.shares) < 0.9 < sum(seen.joined.shares) <= 1


def test_batch_norm_makes_the_loss_a_function_of_the_weights_alone() -> None:
    training = replace(TINY, model_settings={"depth": 1, "width": 4, "normalisation": "batch"}, steps=4)
    found = losses(training)
    path = snapshots(training, found, most=2)
    once = found.many(path.rows)
    assert np.isfinite(once).all()
    np.testing.assert_array_equal(once, found.many(path.rows))


def test_a_training_that_diverges_keeps_the_finite_part(seen: Terrain) -> None:
    wild = replace(TINY, dataset="diabetes", model="linear", model_settings={}, hypers={"lr": 0.5}, batch=0, steps=500)
    found = survey([replace(wild, hypers={"lr": 0.05}), wild])
    assert found.joined.walks[1].diverged
    assert np.isfinite(found.joined.loss).all()
    assert not found.joined.walks[1].near.all()
    assert terrain_figure([RACERS["sgd"], RACERS["sgd2"]], found.joined, LIGHT).data


def test_figures_and_sentences_tell_what_was_measured(seen: Terrain) -> None:
    racers = [RACERS["sgd"], RACERS["adam"]]
    names = [racer.name for racer in racers]
    for look in (LIGHT, DARK):
        figure = terrain_figure(racers, seen.joined, look)
        assert "of the movement" in figure.layout.xaxis.title.text
        assert "first principal direction, " in figure.layout.xaxis.title.text
        _, threads, walked, *_ = terrain_space(racers, seen.joined, look).data
        walk = seen.joined.walks[0]
        assert [float(text) for text in walked.text] == pytest.approx(walk.actual, rel=1e-3)
        # From the path's own loss to that of the plane below or above it.
        own, drawn, gap = np.reshape(threads.z, (-1, 3)).T
        np.testing.assert_allclose(own, np.interp(own, np.sort(walked.z), np.sort(walked.z)))
        assert len(drawn) == len(own) > 5
        assert np.abs(own - drawn).max() > 0
        assert np.isnan(gap).all()
    curves = sharpness_figure(racers, seen.sharpness, LIGHT).data
    assert [curve.name for curve in curves] == [curve for name in names for curve in (name, f"2/α of {name}")]
    np.testing.assert_allclose(curves[1].y, 2 / 0.3, rtol=1e-6)
    assert len(ways_figure(racers, seen, LIGHT).data) == 1
    said = [
        *plane_sentences(names, seen.joined),
        random_sentence(seen.random),
        *sharpness_sentences(names, seen),
        *way_sentences(names, seen),
    ]
    assert rows_sentence(seen) == ""
    assert "64 of the 300 rows" in rows_sentence(replace(seen, rows=64))
    assert all("nan" not in sentence for sentence in said)
    assert len(said) == 3 + 1 + 3 + 1


def test_what_costs_too_much_is_refused_with_a_sentence() -> None:
    assert effort([TINY]) == land.EFFORTS[0]
    assert effort([Training("text", "transformer", "adamw", steps=50)]) == land.EFFORTS[-2]
    three = [Training("text", "transformer", rule, steps=100) for rule in ("sgd", "momentum", "adamw")]
    assert effort(three) == land.EFFORTS[-1]
    with pytest.raises(ValueError, match=r"takes 10,?.?000 steps; at most 8"):
        effort([replace(TINY, steps=5000), replace(TINY, steps=5000, optimizer="adam", hypers=())])
    with pytest.raises(ValueError, match="multiplications"):
        effort([Training("text", "transformer", "adamw", steps=2000)])
    with pytest.raises(ValueError, match="same data, model and seed"):
        effort([TINY, replace(TINY, seed=1)])
    wide = Training("moons", "mlp", model_settings={"width": 256, "depth": 2}, steps=10)
    with pytest.raises(ValueError, match=r"weights; of 5 configurations"):
        effort([replace(wide, hypers={"lr": 0.001 * (1 + n)}) for n in range(5)])


def test_a_process_of_its_own_finds_the_same(seen: Terrain, monkeypatch: pytest.MonkeyPatch) -> None:
    assert land._FREE.acquire(blocking=False)
    try:
        with pytest.raises(ValueError, match="Another landscape"):
            terrain([TINY])
    finally:
        land._FREE.release()
    there = terrain([TINY])
    # Threads may sum in another order.
    np.testing.assert_allclose(there.joined.walks[0].actual, seen.joined.walks[0].actual, rtol=1e-9)
    assert there.ways[0].one == there.ways[0].other == 0
    monkeypatch.setattr(land, "LONGEST", 0.05)
    with pytest.raises(ValueError, match="not ready after"):
        terrain([TINY])


def test_a_hill_is_higher_than_both_of_its_ends(seen: Terrain) -> None:
    (way,) = seen.ways
    share = np.linspace(0, 1, 11)
    shapes = {"lies a hill": 1 + share * (1 - share), "a bulge": 1 - 0.9 * share**3, "there is no hill": 1 - share}
    for said, train in shapes.items():
        drawn = replace(seen, ways=(replace(way, share=share, train=train),))
        assert said in next(way_sentences(["this", "that"], drawn))
