// Drawing: what of Plotly a stage asks for, for a file that carries all it needs: flat figures on a canvas, without
// zoom, tools or anything to point at.

import { decades } from './axes.js';
import { SHAPES } from './marks.js';
import { RAISED, digits } from './numbers.js';
import { fitted, sane } from './trails.js';

// Pixels from one number of an axis to the next, at least; between an axis, its numbers and its title.
const APART = { x: 80, y: 40 };
const [TICK, TITLE] = [4, 8];
const DASHES = { dash: [9, 9], dot: [3, 3] };
const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array };
// Pixels between contour lines nearer than which they fade.
const CROWDED = 3;

// The numbers of a figure, which Python writes as bytes where they are many.
function numbersOf(some) {
  if (!some?.bdata) return some;
  return new ARRAYS[some.dtype](Uint8Array.from(atob(some.bdata), (letter) => letter.charCodeAt(0)).buffer);
}

const clamped = (value, low, high) => Math.min(Math.max(value, low), high);

// Red, green, blue and how strong, of "#rrggbb" or "rgba(…)".
function channelsOf(color) {
  if (color.startsWith('#')) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).concat(1);
  return color.match(/[\d.]+/g).map(Number);
}

// An axis as Plotly has it: pixels begin where it does, and those of a log axis are of powers of ten.
export function axisOf(spec, letter, from, length) {
  const [first, last] = spec.range;
  const log = spec.type === 'log';
  const m = (letter === 'x' ? length : -length) / (last - first);
  const b = (letter === 'x' ? 0 : length) - m * first;
  return {
    ...spec, letter, type: log ? 'log' : 'linear', _offset: from, _length: length, _m: m, _b: b,
    d2p: (value) => m * (log ? Math.log10(value) : value) + b,
    p2d: (pixel) => (log ? 10 ** ((pixel - b) / m) : (pixel - b) / m),
  };
}

// A power of ten as Plotly writes it at a log axis.
const powerText = (at) => (Math.abs(at) > 3 ? `10${[...String(at)].map((sign) => RAISED[sign]).join('')}` : digits(10 ** at));

// Where an axis has numbers, as it counts them: [[at, text], …].
export function ticksOf({ range, type, dtick, letter, _length }) {
  const [low, high] = [Math.min(...range), Math.max(...range)];
  let step = dtick ?? decades(range);
  if (type !== 'log') {
    const wanted = (high - low) / clamped(_length / APART[letter], 3, 9);
    const power = 10 ** Math.floor(Math.log10(wanted));
    step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= wanted * (1 - 1e-9));
  }
  const made = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + 1e-9 * step; count++) {
    const at = Number((count * step).toPrecision(12));
    made.push([at, type === 'log' ? powerText(at) : digits(at)]);
  }
  return made;
}

// An axis with its numbers, its title and, behind all else, its grid.
function drawAxis(pen, axis, across, font) {
  const flat = axis.letter === 'x';
  const edge = flat ? across._offset + across._length : across._offset;
  const size = axis.tickfont.size * (axis.type === 'log' ? 1.25 : 1);
  const line = (from, to) => {
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  };
  pen.lineWidth = 1;
  pen.strokeStyle = axis.gridcolor;
  pen.fillStyle = axis.tickfont.color;
  pen.font = `${size}px ${font}`;
  pen.textAlign = flat ? 'center' : 'right';
  pen.textBaseline = flat ? 'top' : 'middle';
  let widest = 0;
  for (const [value, text] of ticksOf(axis)) {
    const at = axis._offset + axis._m * value + axis._b;
    if (axis.showgrid !== false) line([across._offset, at], [across._offset + across._length, at]);
    pen.fillText(text, flat ? at : edge - TICK, flat ? edge + TICK : at);
    widest = Math.max(widest, pen.measureText(text).width);
  }
  pen.strokeStyle = axis.linecolor;
  if (flat) line([axis._offset, edge], [axis._offset + axis._length, edge]);
  else line([edge, axis._offset], [edge, axis._offset + axis._length]);
  const middle = axis._offset + axis._length / 2;
  const { text, font: { color, size: large } } = axis.title;
  pen.fillStyle = color;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  // A title may have a smaller line below it.
  text.split('<br>').forEach((words, row) => {
    pen.font = `${row ? size : large}px ${font}`;
    const plain = words.replace(/<[^>]*>/g, '');
    const away = (flat ? size : widest) + TICK + TITLE + large / 2 + row * 1.3 * large;
    pen.save();
    pen.translate(flat ? middle : Math.max(edge - away, large / 2 + 1), flat ? edge + away : middle);
    if (!flat) pen.rotate(-Math.PI / 2);
    pen.fillText(plain, 0, 0);
    pen.restore();
  });
}

// Where each of `count` pixels of an axis is on a grid of `n` points: the point before it, and how far it is beyond.
function spots(axis, from, step, n, count) {
  return Array.from({ length: count }, (_, at) => {
    const place = clamped((axis.p2d(((at + 0.5) * axis._length) / count) - from) / step, 0, n - 1);
    const before = Math.min(Math.floor(place), n - 2);
    return [before, place - before];
  });
}

// Contours as a picture of the axes: a colour between each two levels, and a thin line on each.
function land({ z, x0, dx, y0, dy, contours, colorscale, line }, xaxis, yaxis, ratio) {
  const heights = numbersOf(z);
  const n = Math.round(Math.sqrt(heights.length));
  const [wide, high] = [xaxis, yaxis].map(({ _length }) => Math.max(1, Math.round(_length * ratio)));
  const columns = spots(xaxis, x0, dx, n, wide);
  const seen = new Float32Array(wide * high);
  spots(yaxis, y0, dy, n, high).forEach(([row, down], y) => {
    for (let x = 0; x < wide; x++) {
      const [column, right] = columns[x];
      const at = row * n + column;
      const low = heights[at] + (heights[at + 1] - heights[at]) * right;
      seen[y * wide + x] = low + (heights[at + n] + (heights[at + n + 1] - heights[at + n]) * right - low) * down;
    }
  });
  const { start, end, size } = contours;
  const levels = Math.max(1, Math.floor((end - start) / size + 1e-6) + 1);
  const scale = colorscale.map(([, color]) => channelsOf(color));
  // As Plotly does: the first colour below the first level, the last one above the last, evenly between.
  const bands = Array.from({ length: levels + 1 }, (_, band) => {
    const place = (band / levels) * (scale.length - 1);
    const before = Math.min(Math.floor(place), scale.length - 2);
    return [0, 1, 2].map((one) => scale[before][one] + (scale[before + 1][one] - scale[before][one]) * (place - before));
  });
  const [red, green, blue, strong] = channelsOf(line.color);
  const canvas = document.createElement('canvas');
  canvas.width = wide;
  canvas.height = high;
  const pen = canvas.getContext('2d');
  const image = pen.createImageData(wide, high);
  for (let y = 0, at = 0; y < high; y++) {
    for (let x = 0; x < wide; x++, at++) {
      const here = seen[at];
      if (Number.isNaN(here)) continue;
      const [left, right] = [seen[x ? at - 1 : at], seen[x < wide - 1 ? at + 1 : at]];
      const [above, below] = [seen[y ? at - wide : at], seen[y < high - 1 ? at + wide : at]];
      const slope = Math.hypot(right - left, below - above) / 2 || 0;
      const place = (here - start) / size;
      const level = clamped(Math.round(place), 0, levels - 1);
      // Pixels to the nearest level.
      const away = slope > 0 ? ((place - level) * size) / slope : Math.sign(place - level) || 1;
      const upper = clamped(0.5 + away, 0, 1);
      const lined = strong * clamped(0.5 + (line.width * ratio) / 2 - Math.abs(away), 0, 1)
        * (slope > 0 ? Math.min(1, size / slope / (CROWDED * ratio)) : 0);
      [red, green, blue].forEach((ink, one) => {
        const fill = bands[level][one] + (bands[level + 1][one] - bands[level][one]) * upper;
        image.data[4 * at + one] = fill + (ink - fill) * lined;
      });
      image.data[4 * at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

// The points of a trace in pixels; those without numbers, and those far outside, are gaps.
function pointsOf({ x, y }, xaxis, yaxis) {
  const up = numbersOf(y);
  return Array.from(numbersOf(x), (value, at) => [xaxis._offset + xaxis.d2p(value), yaxis._offset + yaxis.d2p(up[at] ?? NaN)]);
}

function drawLine(pen, points, { color, width, dash }) {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.setLineDash(DASHES[dash] ?? []);
  pen.beginPath();
  let drawn = false;
  for (const [x, y] of points) {
    if (!sane(x, y)) drawn = false;
    else if (drawn) pen.lineTo(x, y);
    else {
      pen.moveTo(x, y);
      drawn = true;
    }
  }
  pen.stroke();
  pen.setLineDash([]);
}

function drawStars(pen, points, { symbol, size, color, line }) {
  for (const at of points) {
    pen.save();
    pen.translate(...at);
    pen.beginPath();
    SHAPES.star(pen, size / 2);
    pen.fillStyle = color;
    pen.strokeStyle = line.color;
    pen.lineWidth = line.width;
    if (!symbol.endsWith('open')) pen.fill();
    pen.stroke();
    pen.restore();
  }
}

function draw(gd) {
  const { traces, layout } = gd.figure;
  const { clientWidth: width, clientHeight: height } = gd;
  const { l, r, t, b } = layout.margin;
  const xaxis = axisOf(layout.xaxis, 'x', l, Math.max(1, width - l - r));
  const yaxis = axisOf(layout.yaxis, 'y', t, Math.max(1, height - t - b));
  gd._fullLayout = { width, height, xaxis, yaxis };
  let holder = gd.querySelector('.svg-container');
  if (!holder) {
    holder = document.createElement('div');
    holder.className = 'svg-container';
    holder.append(document.createElement('canvas'));
    gd.append(holder);
  }
  const canvas = holder.firstChild;
  canvas.getContext('2d').reset();
  const pen = fitted(canvas, width, height);
  drawAxis(pen, yaxis, xaxis, layout.font.family);
  drawAxis(pen, xaxis, yaxis, layout.font.family);
  pen.beginPath();
  pen.rect(xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
  pen.clip();
  for (const trace of traces) {
    if (trace.type === 'contour') {
      const picture = land(trace, xaxis, yaxis, window.devicePixelRatio || 1);
      pen.drawImage(picture, xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
    } else if (trace.type === 'scatter' && trace.opacity !== 0) {
      const points = pointsOf(trace, xaxis, yaxis);
      if (trace.mode.includes('lines')) drawLine(pen, points, trace.line);
      if (trace.mode.includes('markers')) drawStars(pen, points, trace.marker);
    }
  }
}

export function react(gd, traces, layout) {
  gd.figure = { traces, layout };
  draw(gd);
}

// `changes` are by the axis and what of it changes: "xaxis.range".
export function relayout(gd, changes) {
  for (const [path, value] of Object.entries(changes)) {
    const [axis, name] = path.split('.');
    if (name) gd.figure.layout[axis][name] = value;
  }
  draw(gd);
}

export function purge(gd) {
  gd.replaceChildren();
  delete gd._fullLayout;
}

export const Plots = { resize: draw };
