// Views: the kinds of pictures that a stage draws on, and what each of them draws at one moment of the clock.

import { START } from './grips.js';
import { placed, shortened, stacked } from './labels.js';
import { ARROW, BALL, HEAD, arrow, lettering, line, outwards, ring, shape, text } from './marks.js';
import { steady } from './numbers.js';
import { drawSights, spoken } from './sights.js';
import { exit, flat, inner, inside, onSurface, space } from './projections.js';
import { drawTrails, placeAt, sane } from './trails.js';
import { between, channel } from './tracks.js';

const LINE_HEIGHT = 16;
// Pixels: on a curve a push, which points along the same axis as the slope, is drawn this far above it.
const ABOVE = 10;
const STAR = 9;

// Draws what stays within a frame, and returns what `draw` does.
function clipped(pen, [left, top, right, bottom], draw) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, right - left, bottom - top);
  pen.clip();
  const made = draw();
  pen.restore();
  return made;
}

const block = ([x, y], size) => [x - size, y - size, x + size, y + size];

// What every view has. `scene` is one moment of a stage: tracks as {track, pixels}, t, minimum, colors, arrows, font,
// scale, `ledger`, `ends`, and `ring`, the place where a start is chosen, if one is.
export class View {
  // What a hand can take hold of in it, if anything.
  grip = null;
  flat = true;

  frame(gd) {
    return inner(gd);
  }

  // What tells that pixels have moved: range, size or camera; empty as long as there are none.
  signature(gd) {
    const layout = gd._fullLayout;
    return layout.xaxis?.d2p ? `${layout.width}x${layout.height}|${layout.xaxis.range}|${layout.yaxis.range}` : '';
  }

  // The pixels of every row of a track, as [x0, y0, x1, y1, …].
  pixels(gd, view, track, minimum) {
    const project = flat(gd);
    const [across, up] = view.channels.map((name) => channel(track, name, minimum));
    const made = new Float32Array(2 * track.n);
    for (let row = 0; row < track.n; row++) [made[2 * row], made[2 * row + 1]] = project(across[row], up[row]);
    return made;
  }

  // Where the minima are that the figure marks.
  stars(gd, view) {
    const project = flat(gd);
    return (view.stars ?? []).map(([x, y]) => project(x, y));
  }

  below(_pen, _shown, _scene) {}

  // What the ledger says of what is pointed at in it.
  above(_pen, _shown, { tracks, ledger, t, colors }) {
    const one = tracks.find(({ track }) => track === ledger?.track);
    return one ? spoken(ledger.marks, placeAt(one.pixels, one.track.n, t), colors) : [];
  }

  draw(pen, shown, scene) {
    const { gd } = shown;
    const { width, height } = gd._fullLayout;
    const frame = this.frame(gd);
    const { tracks, colors } = scene;
    const labels = clipped(pen, frame, () => {
      const below = this.below(pen, shown, scene) ?? [];
      drawTrails(pen, shown, scene, width, height);
      return below;
    });
    const blocks = this.stars(gd, shown.view).map((at) => block(at, STAR));
    if (tracks.length) blocks.push(...this.start(pen, shown, scene));
    tracks.forEach((one, place) => {
      const at = placeAt(one.pixels, one.track.n, Math.min(scene.t, one.track.n - 1));
      const label = inside(at, frame) ? this.ball(pen, shown, scene, one, at, place) : this.edge(pen, scene, one, frame);
      if (!label) return;
      labels.push(label);
      blocks.push(block(label.at, BALL + 2));
    });
    labels.push(...this.above(pen, shown, scene));
    lettering(pen, scene.font, scene.scale);
    this.letters(pen, shown, scene, labels.filter(({ words }) => words), blocks, frame);
  }

  start(pen, _shown, { tracks, colors, ring: chosen }) {
    const at = chosen ?? [tracks[0].pixels[0], tracks[0].pixels[1]];
    ring(pen, at, colors);
    return [block(at, BALL + 4)];
  }

  named({ track }, t) {
    return track.note && t >= track.n - 1 ? `${track.name}: ${track.note}` : track.name;
  }

  ball(pen, shown, { t, colors }, one, at) {
    shape(pen, one.track.shape, at, BALL, one.track.color, colors.background);
    return { key: one.track.key, at, words: this.named(one, t), color: one.track.ink };
  }

  // A triangle on the edge of the frame where a track that is outside now left it.
  edge(pen, { t, colors }, one, frame) {
    const { track, pixels } = one;
    for (let row = Math.min(Math.floor(t), track.n - 1) - 1; row >= 0; row--) {
      const from = [pixels[2 * row], pixels[2 * row + 1]];
      if (!inside(from, frame)) continue;
      const to = [pixels[2 * row + 2], pixels[2 * row + 3]];
      const at = exit(from, to, frame);
      if (!at.every(Number.isFinite)) return null;
      outwards(pen, at, from, track.color, colors.background);
      return { key: track.key, at, words: this.named(one, t), color: track.ink };
    }
    return null;
  }

  letters(pen, shown, { colors, scale }, labels, blocks, frame) {
    const sides = (shown.sides ??= new Map());
    const boxes = placed(
      labels.map((label) => ({
        at: label.at, width: pen.measureText(label.words).width + 4, height: LINE_HEIGHT * scale, side: sides.get(label.key),
      })),
      blocks, frame,
    );
    labels.forEach((label, place) => {
      const { box, side, far } = boxes[place];
      if (label.key && side >= 0) sides.set(label.key, side);
      const middle = (box[1] + box[3]) / 2;
      if (far) line(pen, label.at, [box[0] > label.at[0] ? box[0] : box[2], middle], label.color, 1, [2, 3]);
      text(pen, label.words, box[0] + 2, middle, label.color, colors.background);
    });
  }
}

export class Plane extends View {
  grip = START;

  below(pen, shown, { ends }) {
    ends.draw(pen, shown);
  }

  // A vector in data coordinates as a way on the screen.
  way(gd, [x, y = 0]) {
    const { xaxis, yaxis } = gd._fullLayout;
    const across = xaxis._length / Math.abs(xaxis.range[1] - xaxis.range[0]);
    const up = yaxis._length / Math.abs(yaxis.range[1] - yaxis.range[0]);
    return [x * across, -y * up];
  }

  // A direction in data coordinates as one on the screen.
  towards(gd, vector) {
    return vector ? this.way(gd, vector) : [0, 0];
  }

  // Where the arrow of a push begins at a ball.
  heel(at) {
    return at;
  }

  // What the ledger shows of its step, which began at the foot and led to the ball.
  above(pen, shown, scene) {
    const { tracks, ledger, t, colors } = scene;
    const one = tracks.find(({ track }) => track === ledger?.track);
    const row = one && Math.min(Math.floor(t), one.track.n - 1);
    shown.hits = [];
    const asked = this.asked(pen, shown, scene);
    if (!row) return asked;
    const ball = placeAt(one.pixels, one.track.n, t);
    const foot = [one.pixels[2 * row - 2], one.pixels[2 * row - 1]];
    if (!sane(...ball) || !sane(...foot)) return asked;
    const place = {
      ball, foot, heel: this.heel(ball), towards: (vector) => this.towards(shown.gd, vector), way: (vector) => this.way(shown.gd, vector),
    };
    const { hits, labels } = clipped(pen, this.frame(shown.gd), () => drawSights(pen, place, ledger.marks, one.track.color, colors));
    shown.hits = hits;
    return [...asked, ...labels];
  }

  // The place that a reader pointed at, and the one that was asked for.
  asked(pen, { gd }, { places, colors }) {
    const project = flat(gd);
    return places.map(({ at, words, mark }) => {
      const spot = project(...at);
      ring(pen, spot, colors);
      shape(pen, mark, spot, BALL / 2, colors.text, colors.background);
      return { at: spot, words, color: colors.text };
    });
  }

  ball(pen, shown, scene, one, at) {
    const { track } = one;
    if (scene.arrows && scene.t < track.n - 1) this.pointers(pen, shown.gd, scene, track, at);
    return super.ball(pen, shown, scene, one, at);
  }

  pointers(pen, gd, { t, colors }, track, at) {
    const row = Math.floor(t);
    arrow(pen, at, this.towards(gd, track.downhill(row)), ARROW, track.color, colors.background, false);
    if (track.push) arrow(pen, at, this.towards(gd, track.push(row)), ARROW, track.color, colors.background, true);
  }
}

export class Curve extends Plane {
  heel([x, y]) {
    return [x, y - ABOVE];
  }

  // Along a curve there are only right and left.
  towards(_gd, vector) {
    return vector ? [Math.sign(vector[0]), 0] : [0, 0];
  }

  pointers(pen, gd, { t, colors }, track, at) {
    const row = Math.floor(t);
    arrow(pen, at, this.towards(gd, track.downhill(row)), ARROW, track.color, colors.background, false);
    if (track.push) arrow(pen, this.heel(at), this.towards(gd, track.push(row)), ARROW, track.color, colors.background, true);
  }

  below(pen, shown, scene) {
    const labels = scene.tracks.length === 1 ? [this.tangent(pen, shown.gd, scene, scene.tracks[0].track)] : [];
    return [...labels, ...this.steps(pen, shown.gd, scene)];
  }

  // The tangent at the ball, with its slope.
  tangent(pen, gd, { t, minimum, colors }, track) {
    const row = Math.min(Math.floor(t), track.n - 1);
    const project = flat(gd);
    const [x, f] = [track.x[0][row], track.height[row] + minimum];
    const down = track.downhill(row);
    const slope = down ? -down[0] * track.norm[row] : 0;
    const { range } = gd._fullLayout.xaxis;
    const reach = (range[1] - range[0]) / 6;
    const [from, to] = [project(x - reach, f - slope * reach), project(x + reach, f + slope * reach)];
    line(pen, from, to, colors.text, 1.5, [7, 5]);
    const [, top, right, bottom] = this.frame(gd);
    const at = [Math.min(to[0], right), Math.min(Math.max(to[1], top + 8), bottom - 8)];
    return { at, words: `slope ${steady(slope)}`, color: colors.text };
  }

  // Under the curve, the step that each track takes next along the axis, each on a level of its own.
  steps(pen, gd, { tracks, t, colors }) {
    const [left, , right, bottom] = this.frame(gd);
    return tracks.flatMap(({ track, pixels }, place) => {
      const row = Math.floor(t);
      if (row + 1 >= track.n) return [];
      const level = bottom - 18 - LINE_HEIGHT * place;
      const [from, to] = [row, row + 1].map((at) => [pixels[2 * at], pixels[2 * at + 1]]);
      for (const at of [from, to]) if (sane(...at)) line(pen, at, [at[0], level], track.color, 1, [2, 4]);
      const way = to[0] - from[0];
      const side = Math.sign(way);
      if (Math.abs(way) > 2 && to[0] > left - 1e4 && to[0] < right + 1e4) {
        // An arrow begins beside its ball and its head is beyond its end; here there is no ball, and the head ends there.
        const foot = [from[0] - side * BALL, level];
        arrow(pen, foot, [side, 0], Math.abs(way) + BALL - HEAD, track.color, colors.background, false);
      }
      if (!inside([from[0], level], this.frame(gd))) return [];
      const move = track.x[0][row + 1] - track.x[0][row];
      return [{ at: [Math.max(from[0], to[0]), level], words: `step ${steady(move)}`, color: track.ink }];
    });
  }

  named(one, t, alone) {
    // The ball of a single track needs no name.
    return alone && !(one.track.note && t >= one.track.n - 1) ? '' : super.named(one, t);
  }

  ball(pen, shown, scene, one, at) {
    return { ...super.ball(pen, shown, scene, one, at), words: this.named(one, scene.t, scene.tracks.length === 1) };
  }
}

export class Space extends View {
  flat = false;

  frame(gd) {
    return [0, 0, gd._fullLayout.width, gd._fullLayout.height];
  }

  signature(gd) {
    const layout = gd._fullLayout;
    const camera = layout.scene?._scene?.glplot?.cameraParams;
    return camera ? `${layout.width}x${layout.height}|${camera.view.join()}` : '';
  }

  pixels(gd, view, track, minimum) {
    const project = space(gd);
    const made = new Float32Array(2 * track.n);
    for (let row = 0; row < track.n; row++) {
      const z = onSurface(track.height[row], minimum, view.space);
      [made[2 * row], made[2 * row + 1]] = project(track.x[0][row], track.x[1][row], z);
    }
    return made;
  }

  stars(gd, view) {
    const project = space(gd);
    return (view.stars ?? []).map(([x, y, above]) => project(x, y, onSurface(above, 0, view.space)));
  }
}

// The names of tracks in the margin, each as near to its height as the others let it.
function beside(pen, gd, { colors, scale }, labels) {
  const [, top, right, bottom] = inner(gd);
  const heights = stacked(labels.map(({ at }) => at[1]), LINE_HEIGHT * scale, top, bottom);
  const room = gd._fullLayout.width - right - 12;
  labels.forEach(({ words, color }, place) => {
    const fits = shortened(words, room, (some) => pen.measureText(some).width);
    text(pen, fits, right + 10, heights[place], color, colors.background);
  });
}

// A number of each track over the steps, or over what they cost.
export class Time extends View {
  pixels(gd, view, track, minimum) {
    const project = flat(gd);
    const [across, up] = view.channels.map((name) => channel(track, name, minimum));
    const made = new Float32Array(2 * track.n);
    // On a log axis nothing is lower than the floor; a loss that is exactly the minimum stands there.
    const floor = gd._fullLayout.yaxis.type === 'log' ? view.floor : -Infinity;
    for (let row = 0; row < track.n; row++) {
      [made[2 * row], made[2 * row + 1]] = project(across[row], up[row] < floor ? floor : up[row]);
    }
    return made;
  }

  below(pen, { gd, view }, { t, colors }) {
    if (view.channels[0] !== 'step') return;
    const [, top, , bottom] = this.frame(gd);
    const [x] = flat(gd)(t, 1);
    line(pen, [x, top], [x, bottom], colors.quiet);
  }

  above() {
    return [];
  }

  start() {
    return [];
  }

  // In the margin there is no room for more; that a track failed and when stands in its row.
  named({ track }) {
    return track.name;
  }

  letters(pen, { gd }, scene, labels) {
    beside(pen, gd, scene, labels);
  }
}

// Every point of a track as the line with that slope and intercept: where it started, dashed, and where it is; with its
// name in the margin unless it is the only one.
export class Fit extends View {
  draw(pen, { gd }, scene) {
    const { tracks, t } = scene;
    const project = flat(gd);
    const ends = gd._fullLayout.xaxis.range;
    const labels = clipped(pen, this.frame(gd), () => tracks.map(({ track }) => {
      let end;
      for (const [at, width, dash] of [[0, 1.5, [6, 5]], [t, 3, []]]) {
        const [slope, rise] = track.x.map((values) => between(values, at));
        const [from, to] = ends.map((x) => project(x, slope * x + rise));
        // Steeper than any screen can show.
        if (sane(...from) && sane(...to)) line(pen, from, to, track.color, width, dash);
        end = to;
      }
      return { at: end, words: this.named({ track }, t), color: track.ink };
    }));
    lettering(pen, scene.font, scene.scale);
    if (tracks.length > 1) beside(pen, gd, scene, labels.filter(({ at }) => at.every(Number.isFinite)));
  }
}
