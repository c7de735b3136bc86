// Gauges: views of what theory says of the first run on a quadratic, in which its numbers can be turned.

import { NUMBERS } from './grips.js';
import { BALL, lettering, line, ring, shape, text } from './marks.js';
import { digits, exact, steady } from './numbers.js';
import { flat } from './projections.js';
import { curvaturesOf, factor, limits, measured } from './theory.js';
import { View } from './views.js';

const POINTS = 240;
const BAND = 0.13;
const DOTS = [2, 4];

const clamped = (value, [low, high]) => Math.min(Math.max(value, low), high);

// A run is measured once, and drawn by each view at every frame.
const measurements = new WeakMap();
function measurement(theory, track) {
  if (!measurements.has(track)) measurements.set(track, measured(theory, track.x, track.n));
  return measurements.get(track);
}

class Theory extends View {
  grip = NUMBERS;

  // There are no paths in it.
  pixels() {
    return [];
  }

  draw(pen, shown, scene) {
    // It would say what is asked.
    if (scene.hides) return;
    const { gd, view: { theory } } = shown;
    const track = scene.tracks.map((one) => one.track).find(({ key }) => key === theory.track);
    const [lr, beta] = ['lr', 'beta'].map((name) => scene.turned(theory.keys[name]) ?? theory[name]);
    const curvatures = curvaturesOf(theory, track?.x);
    const known = { theory, track, lr, beta, curvatures, predicted: factor(theory, curvatures, lr, beta) };
    if (track) known.measured = scene.moved ? measurement(theory, track) : theory.measured;
    const { xaxis, yaxis } = gd._fullLayout;
    const project = flat(gd);
    // What lies beyond an axis stands at its end.
    const at = (x, y) => project(clamped(x, xaxis.range), clamped(y, yaxis.range));
    const frame = this.frame(gd);
    pen.save();
    lettering(pen, scene.font, scene.scale);
    const labels = this.paint(pen, shown, scene, known, at, frame);
    const marks = [...this.stars(gd, shown.view), shown.mark].map(([x, y]) => [x - BALL, y - BALL, x + BALL, y + BALL]);
    this.letters(pen, shown, scene, labels, marks, frame);
    pen.restore();
  }

  // Where the run was predicted to be, a ring, and where it was measured, its ball, if it was.
  pair(pen, { colors }, { track, measured: value }, predictedAt, measuredAt) {
    if (track && Number.isFinite(value)) shape(pen, track.shape, measuredAt, BALL - 1, track.color, colors.background);
    ring(pen, predictedAt, colors);
  }

  pace({ track, predicted, measured: value }) {
    const words = `predicted ${steady(predicted)}`;
    return track && Number.isFinite(value) ? `${words}, measured ${steady(value)}` : words;
  }
}

// The factor over all learning rates, with the regimes behind it.
export class Gauge extends Theory {
  paint(pen, shown, scene, known, at, frame) {
    const { colors } = scene;
    const { theory, lr, beta, curvatures, predicted, track } = known;
    const [, top, right, bottom] = frame;
    const horizon = shown.gd._fullLayout.xaxis.range[1];
    const { smooth, stable } = limits(theory, curvatures.at(-1), beta);
    const upright = (rate, color, width, dash) => {
      const [x] = at(rate, 0);
      line(pen, [x, top], [x, bottom], color, width, dash);
      return x;
    };
    this.regimes(pen, theory.regimes, [0, smooth, stable, horizon].map((rate) => at(rate, 0)[0]), frame, colors);
    const level = at(0, 1);
    line(pen, level, [right, level[1]], colors.quiet, 1, DOTS);
    pen.strokeStyle = track?.color ?? colors.quiet;
    this.curve(pen, flat(shown.gd), (rate) => factor(theory, curvatures, rate, beta), horizon, frame);
    const share = `${digits((100 * lr) / stable)} % of the limit`;
    const labels = [
      { at: at(lr, predicted), key: 'pace', words: this.pace(known), color: colors.text },
      { at: [upright(lr, colors.text, 1), top + 26], key: 'here', words: `α = ${exact(lr)}: ${share}`, color: colors.text },
    ];
    const mark = (key, rate, color) => {
      labels.push({ at: [upright(rate, color, 1.5, DOTS), bottom - 10], key, words: `${key} ${digits(rate)}`, color });
    };
    if (stable < horizon) mark('limit', stable, theory.regimes.at(-1).inks[colors.scheme]);
    if (theory.best.beta === beta) mark('best', theory.best.lr, colors.text);
    this.pair(pen, scene, known, at(lr, predicted), at(lr, known.measured ?? predicted));
    shown.mark = at(lr, predicted);
    return labels;
  }

  curve(pen, project, height, horizon, [left, top, right, bottom]) {
    pen.save();
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    pen.beginPath();
    for (let point = 0; point <= POINTS; point++) {
      const rate = (horizon * point) / POINTS;
      pen.lineTo(...project(rate, height(rate)));
    }
    pen.lineWidth = 2;
    pen.stroke();
    pen.restore();
  }

  // A band for each regime, with its name above it where there is room.
  regimes(pen, regimes, edges, [, top, , bottom], { scheme, background }) {
    regimes.forEach(({ name, color, inks }, place) => {
      const [from, to] = [edges[place], edges[place + 1]];
      if (!(to > from)) return;
      pen.globalAlpha = BAND;
      pen.fillStyle = color;
      pen.fillRect(from, top, to - from, bottom - top);
      pen.globalAlpha = 1;
      const { width } = pen.measureText(name);
      if (width + 8 < to - from) text(pen, name, (from + to - width) / 2, top - 10, inks[scheme], background);
    });
  }
}

// The factor over learning rate and momentum, which the figure paints, with the run's own place in it.
export class Tuning extends Theory {
  paint(pen, shown, scene, known, at) {
    const { lr, beta } = known;
    scene.ends.draw(pen, shown);
    const mark = (shown.mark = at(lr, beta));
    this.pair(pen, scene, known, mark, mark);
    return [
      { at: mark, key: 'pace', words: this.pace(known), color: scene.colors.text },
      { at: mark, key: 'here', words: `α = ${exact(lr)}, β = ${exact(beta)}`, color: scene.colors.text },
    ];
  }
}
