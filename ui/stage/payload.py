"""What the stage in the browser is given, and what of its messages is believed: pure functions, no Streamlit."""

import hashlib
import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import plotly.io

from core import outside
from core.catalogue.objectives import Objective
from core.catalogue.racers import RACERS, next_copy
from core.engine.arrival import known_minima
from core.engine.live import Live, live, normals
from core.engine.maps import MapScript, map_script
from core.engine.run import Run
from core.engine.script import SHARED
from core.engine.tracks import FLOOR, Entrant, Track, Tracks
from core.figures import (
    DARK,
    LIGHT,
    Look,
    contour,
    curve,
    gauge,
    loss_axes,
    norm_axes,
    rate_axes,
    surface,
    tuning_plane,
)
from core.figures.look import BASINS, readable
from core.figures.surface import surface_heights
from core.formula.words import apart, digits
from core.lessons.rate_check import Check
from core.problems.theory import Tuning
from ui.kit.dials import Dial
from ui.kit.limits import MAX_START
from ui.stage.theory import theory

Array = npt.NDArray[np.float64]
Kind = Literal["plane", "space", "curve", "fit", "loss", "norm", "rate", "cost", "gauge", "tuning"]
# Makes the figure that a view of a page's own draws on.
Paper = Callable[[Look], go.Figure]

# Landscapes kept, of some 100 kB each: those of the catalogue and a few of visitors' own.
_GROUNDS = 64
# The shapes of balls in a race, by place, as ``marks.js`` draws them.
SHAPES = ("circle", "square", "triangle", "diamond", "down", "plus", "cross", "star")
# Contrast to the background of the lines and the letters of a racer (WCAG 2.2, 1.4.11 and 1.4.3).
LINE_CONTRAST, INK_CONTRAST = 3.0, 4.5
# Steps of the shortest table of noise, long enough in the plane for Streamlit's client to keep it (10 kB); longer ones
# are twice as long each.
_NOISE_STEPS = 640
# Directions are sent as one byte: 255 steps of a turn, and this for "none".
_UNDIRECTED = 255
# Colours that stand for those of a look until the browser knows the visitor's theme. Each is a colour that Plotly
# accepts and nobody would choose.
_TOKENS = Look(
    **{
        name.name: f"#01{index:02x}01"
        for index, name in enumerate(fields(Look))
        if name.name not in ("name", "landscape")
    },
    name="tokens",
    landscape=tuple(f"#02{index:02x}02" for index in range(10)),
)
_CHANNELS: Mapping[Kind, tuple[str, str]] = {
    "plane": ("x0", "x1"),
    "space": ("x0", "x1"),
    "curve": ("x0", "loss"),
    "fit": ("x0", "x1"),
    "loss": ("step", "height"),
    "norm": ("step", "norm"),
    "rate": ("step", "rate"),
    "cost": ("cost", "height"),
}
# What a view is called where one is seen at a time.
_TABS: Mapping[Kind, str] = {
    "plane": "Contour",
    "space": "3-D",
    "curve": "Curve",
    "fit": "Data",
    "loss": "Loss",
    "norm": "Gradient norm",
    "rate": "Learning rate",
    "cost": "Loss",
    "gauge": "Theory",
    "tuning": "Both settings",
}
# On a log axis of a page's own nothing positive is too low.
_LOWEST = 1e-300
# Pixels: of a line that noise makes go up and down at every step.
_NOISY_STROKE = 1.3


_OVER_TIME: Mapping[Kind, Callable[[Tracks, Objective], go.Figure]] = {
    "loss": lambda race, objective: loss_axes(race, _TOKENS, objective),
    "norm": lambda race, _: norm_axes(race, _TOKENS),
    "rate": lambda race, _: rate_axes(race, _TOKENS),
}

# What theory is drawn on, of a rule on given curvatures up to a learning rate, and the numbers that a hand turns there.
_THEORY: Mapping[Kind, Callable[[str, tuple[float, ...], Tuning, float], go.Figure]] = {
    "gauge": lambda _key, _curvatures, _best, horizon: gauge(horizon, _TOKENS),
    "tuning": lambda key, curvatures, best, horizon: tuning_plane(key, curvatures, best, horizon, _TOKENS),
}
_TURNED: Mapping[Kind, tuple[str, ...]] = {"gauge": ("lr",), "tuning": ("lr", "beta")}

# What varies along the axes of a view that runs are mapped in, what that is called, and where the map is to be seen.
_MAPPED: Mapping[Kind, tuple[tuple[str, str], str, str]] = {
    "plane": (("x0", "x1"), "from each start", "on the contour lines"),
    "tuning": (("lr", "beta"), "at each learning rate and momentum", "in the plane of both"),
}


@dataclass(frozen=True)
class EndsMap:
    """Where the runs of a racer, by its key ``of``, end at each place of the view ``over``: a map below its marks."""

    of: str
    over: Literal["plane", "tuning"]


@dataclass(frozen=True)
class Ground:
    """A figure without paths, sent by itself because it changes only with the objective. ``id`` is its content's."""

    id: str
    figure: str


@dataclass(frozen=True)
class Noise:
    """The numbers that noise is made of, as float64 bytes row after row; ``id`` says which they are."""

    id: str
    numbers: bytes


@dataclass(frozen=True)
class Payload:
    """All a stage needs. ``data`` is JSON-ready and tells how to read ``numbers``, the tracks of all racers.

    ``programs`` are sources by their ids; without any there is no ``noise``. ``map`` is the program of the ends.
    """

    grounds: tuple[Ground, ...]
    programs: Mapping[str, str]
    map: MapScript | None
    noise: Noise | None
    data: dict[str, Any]
    numbers: bytes


@dataclass(frozen=True, eq=False)
class Costs:
    """What the steps of each track have cost: an array of shape (steps+1,) for each, and axes for the loss over it."""

    across: Sequence[Array]
    axes: Paper
    label: str


@dataclass(frozen=True)
class Dials:
    """What can be turned on a stage: numbers of each racer, by its key, and of all of them at once.

    ``everyone`` are numbers that all racers share. ``factors`` multiply those of each racer that are called like them,
    and ``common`` sets them. ``schedules`` are the keys of the controls of schedules, by the keys of racers, and
    ``followed`` the names to choose from. Up to ``most`` racers may join and leave here; with 0 they may not.
    """

    own: Mapping[str, Sequence[Dial]] = field(default_factory=dict)
    everyone: Sequence[Dial] = ()
    factors: Sequence[Dial] = ()
    common: Sequence[Dial] = ()
    schedules: Mapping[str, str] = field(default_factory=dict)
    most: int = 0
    followed: Sequence[str] = ()
    # Keys of controls that the link has locked: what is turned by them stays; of those that it hides, there is no dial.
    locked: Collection[str] = ()
    hidden: Collection[str] = ()

    @property
    def kept(self) -> list[Dial]:
        """Every dial whose number a control keeps."""
        return [*self.everyone, *(dial for own in self.own.values() for dial in own)]


def stage_payload(
    objective: Objective,
    race: Tracks,
    kinds: Sequence[Kind],
    height: int,
    label: str,
    paper: Paper | None = None,
    dials: Dials = Dials(),
    costs: Costs | None = None,
    checked: Check | None = None,
    who: str = "update rule",
    ends: EndsMap | None = None,
    start_keys: Sequence[str] = (),
    alone: str | None = None,
) -> Payload:
    """The views ``kinds`` of a race on ``objective``, ``height`` pixels high.

    The racers' paths must be descents on ``objective`` with the same number of steps; those with a run can be computed
    in the browser. Numbers go as float32, directions as bytes. The view "fit" shows each point of a path as the line
    with slope x and intercept y, on ``paper``, the view "cost" the loss over ``costs``, and the views "gauge" and
    "tuning" what theory says of the first run, ``checked``; without them they raise ``ValueError``. ``who`` is what the
    rows of the racers are headed by. ``ends`` are shown of a racer with a run, and ``start_keys`` are those of the
    controls of the start, of which ``dials`` say which are locked. A stage that no server answers has a link to copy,
    ``alone``: what a hand sets stands there, and noise lasts for all it can set.
    """
    minimum = _base(objective)
    first = race[0][1]
    steps = first.steps
    own: Mapping[Kind, Callable[[], tuple[Ground | None, dict[str, Any]]]]
    own = {
        "fit": lambda: _fit(paper),
        "cost": lambda: _cost(costs, race),
        "gauge": lambda: _theory("gauge", objective, race, checked, dials),
        "tuning": lambda: _theory("tuning", objective, race, checked, dials),
    }
    views, grounds = [], []
    for kind in kinds:
        ground, view = own[kind]() if kind in own else _view(kind, objective, race)
        if ground is not None:
            grounds.append(ground)
        views.append(view | {"tab": _TABS[kind]})
    columns = {"rate": [path.rate_share for _, path in race]} if "rate" in kinds else {}
    if costs is not None:
        columns["cost"] = [*costs.across]
    numbers = b"".join(
        _numbers(path, minimum, [column[place] for column in columns.values()]) for place, (_, path) in enumerate(race)
    )
    fixed = [key in dials.locked for key in start_keys] or [False]
    lives = [live(path.run) if path.run else None for _, path in race]
    known = [one for one in lives if one]
    data = {
        "part": "stage",
        "dimension": objective.dimension,
        "steps": steps,
        "minimum": minimum,
        "start": first.x[0].tolist(),
        "domain": [list(ends) for ends in objective.domain],
        "variables": list(objective.called[: objective.dimension]),
        "views": views,
        "tracks": [
            {
                **_track(racer, path, [*columns]),
                "shape": SHAPES[place % len(SHAPES)],
                **(_computed(one, dials, racer.key) if one else {"dials": []}),
                **_acts(racer, race, dials),
            }
            for place, ((racer, path), one) in enumerate(zip(race, lives, strict=True))
        ],
        "who": who,
        "schedules": [*dials.followed],
        "everyone": [
            *(_spread(dial, 1.0, "factor", dials) for dial in dials.factors),
            *(_dial(dial, SHARED, known[0].numbers, dials) for dial in dials.everyone),
            *(_spread(dial, _first(dial, known), "set", dials) for dial in dials.common),
        ],
        "fixed": fixed,
        "numbers": _short_hash(numbers),
        "looks": {look.name: _palette(look) for look in (LIGHT, DARK)},
        "height": height,
        "label": label,
        "hint": gestures(kind for kind in kinds if kind not in _SETTING_START or not all(fixed)),
    }
    programs = {one.script.id: one.script.source for one in known}
    script = None
    runs = {racer.key: (racer, path.run) for racer, path in race if path.run is not None}
    if ends is not None and ends.of in runs:
        script, data["ends"] = _ends(objective, *runs[ends.of], ends)
    noise = None
    if first.run is not None:
        most = [dial.hyper.bounds[1] for dial in dials.everyone if dial.name == "T" and alone is not None]
        rows = _NOISE_STEPS * 2 ** max(0, math.ceil(math.log2(max([steps, *most]) / _NOISE_STEPS)))
        noise = _noise(first.run.seed, rows, objective.dimension)
    if alone is not None:
        data["alone"] = {"link": alone}
    return Payload(tuple(grounds), programs, script, noise, data | {"normals": noise.id if noise else ""}, numbers)


def _ends(objective: Objective, racer: Entrant, run: Run, ends: EndsMap) -> tuple[MapScript, dict[str, Any]]:
    """The program that maps where ``run`` of ``racer`` ends, and what the browser is told of that map."""
    names = (*SHARED, *live(run).hypers, *(f"x{axis}" for axis in range(objective.dimension)))
    varied, where, seen = _MAPPED[ends.over]
    axes = [names.index(name) for name in varied]
    script = map_script(run, axes[0])
    return script, {
        "track": racer.key,
        "view": ends.over,
        "axes": axes,
        "id": script.id,
        "columns": script.columns,
        "known": asdict(known_minima(objective)),
        "head": f"Where {racer.name} ends {where}",
        "hint": f"Where {racer.name} ends is shown {seen}.",
    }


def _computed(one: Live, dials: Dials, racer: str) -> dict[str, Any]:
    """How the browser computes the track of a racer, and what its numbers are turned by."""
    script = one.script
    return {
        "live": {
            "program": {"id": script.id, "columns": script.columns, "size": script.size},
            "numbers": one.numbers,
        },
        "dials": [_dial(dial, (*SHARED, *one.hypers), one.numbers, dials) for dial in dials.own.get(racer, ())],
        "follows": dials.schedules.get(racer) not in dials.locked,
    }


@lru_cache(maxsize=_GROUNDS)
def _noise(seed: int, rows: int, dimension: int) -> Noise:
    return Noise(f"{seed} {rows} {dimension}", normals(seed, rows, dimension))


def _first(dial: Dial, lives: Sequence[Live]) -> float:
    """The number called like ``dial`` that the first racer runs with which has one."""
    return next(one.numbers[len(SHARED) + one.hypers.index(dial.name)] for one in lives if dial.name in one.hypers)


def _spread(dial: Dial, value: float, how: str, dials: Dials) -> dict[str, Any]:
    """A dial that turns the numbers of all racers that are called like it; locked if all of those are."""
    own = [one.key for racer in dials.own.values() for one in racer if one.name == dial.name]
    made = _dial(dial, (dial.name,), (value,), dials)
    return made | {"spread": how, "locked": bool(own) and all(key in dials.locked for key in own)}


def _dial(dial: Dial, names: Sequence[str], numbers: Sequence[float], dials: Dials = Dials()) -> dict[str, Any]:
    """``dial`` as the browser builds it; what it turns is that of ``numbers`` which ``names`` calls as it does."""
    hyper, index = dial.hyper, names.index(dial.name)
    low, high = hyper.slider
    near_one = hyper.scale == "linear" and 0.9 <= high < 1
    return {
        "key": dial.key,
        "label": dial.label,
        "name": dial.name,
        "index": index,
        "value": numbers[index],
        "scale": "one" if near_one else hyper.scale,
        "low": low,
        "high": high,
        "bounds": hyper.bounds,
        "whole": hyper.whole,
        "locked": dial.key in dials.locked,
        "hidden": dial.key in dials.hidden,
    }


def _acts(racer: Entrant, race: Tracks, dials: Dials) -> dict[str, Any]:
    """What can be done with a racer in its row: a twin may join it, and it may leave if it is not the only one."""
    if not dials.most or racer.key not in RACERS:
        return {}
    twin = next_copy(RACERS[racer.key], (one.key for one, _ in race)) if len(race) < dials.most else None
    return {"twin": twin.name if twin is not None else "", "leaves": len(race) > 1}


def packed(data: Mapping[str, Any], numbers: bytes) -> bytes:
    """``data`` and ``numbers`` as one message: the length of the JSON text in four bytes, the text, the numbers.

    Numbers inside JSON would take a third more, as base64.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "little") + text + numbers


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _base(objective: Objective) -> float:
    """What losses are measured from: the known minimum, so that small differences survive float32; otherwise 0."""
    return 0.0 if objective.minimum is None else objective.minimum


def _view(kind: Kind, objective: Objective, race: Tracks) -> tuple[Ground | None, dict[str, Any]]:
    if kind in _OVER_TIME:
        figure = _OVER_TIME[kind](race, objective)
        plain = kind == "loss" and figure.layout.yaxis.type != "log"
        channels = ("step", "loss") if plain else _CHANNELS[kind]
        return None, _curves(figure, race, channels, _label(kind, objective), FLOOR)
    view: dict[str, Any] = {"channels": _CHANNELS[kind], "traces": [], "label": _label(kind, objective)}
    # Where runs start on it is not in the picture.
    ground = _ground(kind, replace(objective, start=()))
    view |= {"kind": kind, "ground": ground.id, "stars": _stars(kind, objective)}
    if kind == "space":
        view["space"] = surface_heights(objective)
    else:
        view["traces"] = _traces(race, _CHANNELS[kind])
    return ground, view


def _curves(figure: go.Figure, race: Tracks, channels: tuple[str, str], label: str, floor: float) -> dict[str, Any]:
    """A view of lines and labels on the axes of ``figure``: they move with the clock, so the browser draws them."""
    return {
        "kind": "time",
        "channels": channels,
        "traces": _traces(race, channels),
        "label": label,
        "figure": _json(figure),
        "floor": floor,
    }


def _cost(costs: Costs | None, race: Tracks) -> tuple[None, dict[str, Any]]:
    if costs is None:
        raise ValueError("The view cost needs what the steps cost; nothing was given.")
    view = _curves(costs.axes(_TOKENS), race, _CHANNELS["cost"], costs.label, _LOWEST)
    return None, view | {"stroke": _NOISY_STROKE, "broad": True}


def _stars(kind: Kind, objective: Objective) -> list[list[float]]:
    """Where the figure of ``kind`` marks minima: x and y, the height on a curve, and in space the height above them."""
    points = [*objective.minima, *objective.other_minima]
    heights = [float(objective.parsed.value(np.array(point))) for point in points]
    above = 0.0 if kind == "curve" else _base(objective)
    return [[*point, height - above] for point, height in zip(points, heights, strict=True) if math.isfinite(height)]


def _fit(paper: Paper | None) -> tuple[Ground, dict[str, Any]]:
    if paper is None:
        raise ValueError("The view fit needs a figure to draw its lines on; none was given.")
    text = _json(paper(_TOKENS))
    ground = Ground(_short_hash(text.encode()), text)
    return ground, {
        "channels": _CHANNELS["fit"],
        "traces": [],
        "label": "The data with the line that moves",
        "kind": "fit",
        "ground": ground.id,
    }


def _theory(
    kind: Kind, objective: Objective, race: Tracks, checked: Check | None, dials: Dials
) -> tuple[Ground, dict[str, Any]]:
    if checked is None:
        raise ValueError(f"The view {kind} needs what theory says of the first run; nothing was given.")
    racer, _ = race[0]
    ground = _theory_ground(kind, checked.key, tuple(checked.curvatures.tolist()), checked.best, checked.horizon)
    limit, own = apart(checked.limit, checked.lr)
    keys = {dial.name: dial.key for dial in dials.own.get(racer.key, ())}
    return ground, {
        "kind": kind,
        "ground": ground.id,
        "traces": [],
        "stars": [[checked.best.lr, checked.best.beta]] if kind == "tuning" else [],
        "label": f"Factor per step by theory; the limit is {limit}, this run at {own}",
        # By axis; and all that theory depends on.
        "turns": [keys[name] for name in _TURNED[kind] if name in keys],
        "theory": theory(racer.key, checked) | {"keys": keys},
    }


@lru_cache(maxsize=_GROUNDS)
def _theory_ground(kind: Kind, key: str, curvatures: tuple[float, ...], best: Tuning, horizon: float) -> Ground:
    text = _json(_THEORY[kind](key, curvatures, best, horizon))
    return Ground(_short_hash(text.encode()), text)


@lru_cache(maxsize=_GROUNDS)
def _ground(kind: Kind, objective: Objective) -> Ground:
    text = _json(_landscape(kind, objective))
    return Ground(_short_hash(text.encode()), text)


def _landscape(kind: Kind, objective: Objective) -> go.Figure:
    if kind == "curve":
        return curve(objective, _TOKENS)
    return contour(objective, [], _TOKENS) if kind == "plane" else surface(objective, _TOKENS)


def _label(kind: Kind, objective: Objective) -> str:
    return {
        "plane": f"Contour lines of {objective.name} with the paths",
        "space": f"Surface of {objective.name} with the paths",
        "curve": f"Curve of {objective.name} with the path",
        "loss": "Loss over the steps",
        "norm": "Gradient norm over the steps",
        "rate": "Learning rate over the steps",
    }[kind]


def _traces(race: Tracks, channels: tuple[str, str]) -> list[dict[str, Any]]:
    return [_trace(index, racer, channels) for index, (racer, _) in enumerate(race)]


def _trace(index: int, racer: Entrant, channels: tuple[str, str]) -> dict[str, Any]:
    """The whole path as a faint line that can be pointed at; the browser fills in its numbers."""
    return {
        "track": index,
        "x": channels[0],
        "y": channels[1],
        "style": {
            "type": "scatter",
            "mode": "lines",
            "name": racer.name,
            "showlegend": False,
            # The canvas draws it; this is what the mouse points at.
            "opacity": 0,
            "line": {"color": racer.color, "width": 1.5, "dash": racer.dash},
            "hovertemplate": f"{racer.name}, %{{text}}<extra></extra>",
        },
    }


def _track(racer: Entrant, path: Track, columns: Sequence[str]) -> dict[str, Any]:
    failed, run = path.status.failed, path.run
    return {
        "key": racer.key,
        "name": racer.name,
        "tints": {look.name: _tint(racer.color, look) for look in (LIGHT, DARK)},
        "dash": racer.dash,
        "schedule": run.resolved_schedule.name if run else "",
        "rows": len(path.x),
        "pushes": path.velocity is not None,
        "columns": columns,
        "note": f"{path.status.outcome} at step {digits(path.status.step)}" if failed else "",
    }


def _tint(color: str, look: Look) -> dict[str, str]:
    return {
        "color": readable(color, look.background, LINE_CONTRAST),
        "ink": readable(color, look.background, INK_CONTRAST),
    }


def _numbers(path: Track, minimum: float, columns: Sequence[Array]) -> bytes:
    """The numbers of one track as the browser reads them (``tracks.js``)."""
    # Far beyond what float32 holds only its sign matters, and no picture shows it.
    limit = float(np.finfo(np.float32).max)
    parts = [*path.x.T, path.loss - minimum, path.grad_norm, *columns]
    floats = b"".join(np.clip(part, -limit, limit).astype("<f4").tobytes() for part in parts)
    directions = _directions(-path.grad)
    if path.velocity is not None:
        # The velocity after a step belongs to the point that the step led to; the start has none.
        pushes = -path.velocity
        directions += _directions(np.concatenate([np.zeros((1, pushes.shape[1])), pushes]))
    return floats + directions


def _directions(vectors: Array) -> bytes:
    """The direction of each row of ``vectors`` (n, d) as a byte, rows of zeros and of no numbers as none."""
    across = vectors[:, 0]
    up = vectors[:, 1] if vectors.shape[1] > 1 else np.zeros_like(across)
    with np.errstate(invalid="ignore"):
        turns = np.arctan2(up, across) / (2 * math.pi) % 1
        known = np.isfinite(turns) & ((across != 0) | (up != 0))
        coded = np.where(known, np.round(np.where(known, turns, 0) * _UNDIRECTED) % _UNDIRECTED, _UNDIRECTED)
    return coded.astype(np.uint8).tobytes()


def _palette(look: Look) -> dict[str, Any]:
    """The colours of ``look`` by name for the canvas, and by token for the figures."""
    names = [name.name for name in fields(Look) if name.name not in ("name", "landscape")]
    colors = {name: getattr(look, name) for name in names}
    tokens = {getattr(_TOKENS, name): color for name, color in colors.items()}
    tokens |= dict(zip(_TOKENS.landscape, look.landscape, strict=True))
    return colors | {"map": tokens, "basins": BASINS}


def _json(figure: go.Figure) -> str:
    text: str = plotly.io.to_json(figure, validate=False)
    return text


# What a hand can do with a view.
_GESTURES: Mapping[Kind, str] = {
    "plane": "Click the map, or drag the ring, to set the start.",
    "curve": "Click the curve, or drag the ring, to set the start.",
    "gauge": "Drag the upright line to set the learning rate.",
    "tuning": "Drag the ring in the plane of rate and momentum to set both.",
    "space": "With a mouse, drag the surface to turn it; “Zoom” in its corner makes the drag zoom.",
}


# The views in which a hand sets the start.
_SETTING_START: Collection[Kind] = ("plane", "curve")


def gestures(kinds: Iterable[Kind]) -> str:
    """What can be done with a stage of these views, in sentences."""
    said = [_GESTURES[kind] for kind in kinds if kind in _GESTURES]
    return " ".join([*said, "After a click, space plays and the arrow keys step."])


def believed_start(raw: Any, objective: Objective) -> tuple[float, ...] | None:
    """The start a stage asks for, rounded to what can be told apart in its picture; ``None`` for anything else."""
    start = outside.numbers(raw, objective.dimension, -MAX_START, MAX_START)
    if start is None:
        return None
    # Adding zero makes a plain zero of one with a minus, which a link would show.
    return tuple(
        round(number, max(0, 3 - math.floor(math.log10(high - low)))) + 0.0
        for number, (low, high) in zip(start, objective.domain, strict=True)
    )


def believed_dials(raw: Any, dials: Dials) -> dict[str, float]:
    """The numbers that a stage says its dials were turned to, by their keys; only those that each dial may take."""
    numbers = {
        dial.key: outside.number(outside.part(raw, dial.key), *dial.hyper.bounds, dial.hyper.whole)
        for dial in dials.kept
    }
    return {key: number for key, number in numbers.items() if number is not None}


def believed_schedules(raw: Any, dials: Dials) -> dict[str, str]:
    """The name of a schedule for the control of each racer that a stage asked for: by its key, or for all."""
    name, racer = outside.member(outside.part(raw, "name"), dials.followed), outside.part(raw, "racer")
    return {} if name is None else {key: name for one, key in dials.schedules.items() if racer in (one, "")}


def believed_racers(raw: Any, chosen: Sequence[str], dials: Dials) -> list[str]:
    """The names of the racers after a stage asked that one join or leave; ``chosen`` for anything else."""
    known = [racer.name for racer in RACERS.values() if racer.name not in chosen]
    joins, leaves = outside.member(outside.part(raw, "add"), known), outside.part(raw, "remove")
    stay = [name for name in chosen if name != leaves] or list(chosen)
    return [*stay, joins] if joins is not None and len(stay) < dials.most else stay


def believed_step(raw: Any, steps: int) -> int | None:
    """The step a stage says its clock rests at; ``None`` unless it is a whole number of the run's."""
    step = outside.number(raw, 0, steps, whole=True)
    return None if step is None else int(step)
