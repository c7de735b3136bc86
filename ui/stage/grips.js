// Grips: what a hand takes hold of in a view, and what it tells the stage. One that does not `moves` is locked. `away`
// is how far it is from a place in pixels; a place beyond the axes is not taken, unless the grip `clamps` it.

import { snapped } from './scales.js';

// The start of all paths.
export const START = {
  clamps: false,
  moves: (stage) => stage.data.fixed.includes(false),
  away(stage, shown, [x, y]) {
    const pixels = shown.pixels?.get(stage.tracks.find(({ key }) => !stage.hidden.has(key)));
    return pixels ? Math.hypot(x - pixels[0], y - pixels[1]) : Infinity;
  },
  drag: (stage, shown, place, pixels) => stage.dragged(shown, place, pixels),
  drop: (stage) => stage.dropped(),
  undo: (stage) => stage.undone(),
};

// A place that was asked for: there is nothing to take hold of, a click answers.
export const PLACE = {
  clamps: false,
  moves: () => true,
  away: () => Infinity,
  drag: (stage, _shown, place) => stage.ask.point(place),
  drop: (stage) => stage.ask.give(),
  undo: (stage) => stage.ask.point(null),
};

// The mark at the numbers of a run, one for each axis that `turns` the number of a key: it moves them by their dials'
// stops. Where only the first axis turns one, it is an upright line.
const turns = (stage, { turns }) => turns.map((key, axis) => [key, axis]).filter(([key]) => !stage.spec(key).locked);
export const NUMBERS = {
  clamps: true,
  moves: (stage, { view }) => turns(stage, view).length > 0,
  away: (_stage, { view, mark }, pixels) =>
    mark && view.turns.length ? Math.hypot(...view.turns.map((_, axis) => mark[axis] - pixels[axis])) : Infinity,
  drag(stage, { view }, place) {
    for (const [key, axis] of turns(stage, view)) stage.hold(key, snapped(stage.spec(key), place[axis]), true);
  },
  drop(stage, { view }) {
    for (const [key] of turns(stage, view)) stage.hold(key, stage.turning.get(key).value, false);
    stage.report();
  },
  undo(stage, { view }) {
    stage.unturn(view.turns);
  },
};
