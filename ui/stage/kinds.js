// Kinds: which view draws which kind of picture.

import { Gauge, Tuning } from './gauges.js';
import { fitted } from './trails.js';
import { Curve, Fit, Plane, Space, Time } from './views.js';

export const VIEWS = {
  plane: new Plane(), curve: new Curve(), space: new Space(), time: new Time(), fit: new Fit(), gauge: new Gauge(),
  tuning: new Tuning(),
};

// Draws one view of a stage: `shown` is its element, figure and canvas, with what it keeps from frame to frame.
export function drawView(shown, scene, tracks) {
  const { gd, view, canvas } = shown;
  const kind = VIEWS[view.kind];
  if (shown.drawn !== shown.seen) {
    shown.drawn = shown.seen;
    shown.pixels = new Map();
  }
  const before = shown.pixels;
  shown.pixels = new Map(
    tracks.map((track) => [track, before.get(track) ?? kind.pixels(gd, view, track, scene.minimum)]),
  );
  if (before.size !== shown.pixels.size || tracks.some((track) => !before.has(track))) shown.layer = null;
  // A rectangle that is cleared would be printed, in white.
  canvas.getContext('2d').reset();
  const pen = fitted(canvas, gd._fullLayout.width, gd._fullLayout.height);
  kind.draw(pen, shown, { ...scene, tracks: tracks.map((track) => ({ track, pixels: shown.pixels.get(track) })) });
}
