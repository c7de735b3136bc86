// Trails: the ways of all tracks up to a moment of the clock, with a halo that parts them from what lies below.

import { line } from './marks.js';

const DASHES = { solid: [], dash: [9, 5], dot: [2, 5], dashdot: [9, 5, 2, 5] };
const WIDTH = 2.4;
// So many times as wide as the line that it parts from what lies below.
const HALO = 2.25;
// Rows of all tracks together beyond which halos take too long to draw for a hand that waits.
const HALOED = 12000;
// How strong the way is that a track will still go, also for who asks for more contrast.
const AHEAD = 0.35;
const STRONG = 0.8;
// Pixels: points nearer to the last one than this are passed over, which spares long runs most of them.
const NEAR = 0.8;

// Numbers beyond this are far outside every screen; a canvas draws nothing sensible with them.
export const sane = (x, y) => Math.abs(x) < 1e5 && Math.abs(y) < 1e5;

export function fitted(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

// The place at time t between two rows; past the end, the last one.
export function placeAt(pixels, n, t) {
  const row = Math.min(Math.floor(t), n - 1);
  const [x, y] = [pixels[2 * row], pixels[2 * row + 1]];
  const part = t - row;
  if (row + 1 >= n || part <= 0) return [x, y];
  return [x + (pixels[2 * row + 2] - x) * part, y + (pixels[2 * row + 3] - y) * part];
}

// Adds the rows from `head.next` to `until` to the path of the pen; `head` says how far it has come.
function follow(pen, pixels, until, head) {
  if (head.at) pen.moveTo(...head.at);
  for (; head.next <= until; head.next++) {
    const [x, y] = [pixels[2 * head.next], pixels[2 * head.next + 1]];
    if (!sane(x, y)) head.at = null;
    else if (!head.at) {
      pen.moveTo(x, y);
      head.at = [x, y];
    } else {
      const way = Math.hypot(x - head.at[0], y - head.at[1]);
      if (way < NEAR) continue;
      pen.lineTo(x, y);
      head.at = [x, y];
      head.length += way;
    }
  }
}

const beginning = () => ({ next: 0, at: null, length: 0 });

function stroke(pen, path, width, color, dash, offset) {
  pen.lineJoin = 'round';
  pen.lineCap = dash === 'solid' ? 'round' : 'butt';
  pen.lineWidth = width;
  pen.strokeStyle = color;
  pen.setLineDash(DASHES[dash]);
  pen.lineDashOffset = offset;
  pen.stroke(path);
}

// Whole steps are kept on canvases of their own, to which a frame of playing only adds the new ones: thousands of steps
// drawn anew would take longer than a frame. Halos have one below that of the lines, or each new piece of a line would
// wipe out the end of the one before. `cache.layer` is dropped by whoever moves pixels.
export function drawTrails(pen, cache, { tracks: visible, t, colors, moved, contrast }, width, height) {
  const row = Math.floor(t);
  const stroked = cache.view.stroke ?? WIDTH;
  const keys = visible.map(({ track }) => track.key).join();
  if (!cache.layer || cache.layer.keys !== keys || row < cache.layer.row || cache.layer.background !== colors.background) {
    cache.layer = {
      halos: document.createElement('canvas'), lines: document.createElement('canvas'), ahead: document.createElement('canvas'),
      keys, background: colors.background, heads: visible.map(beginning), row: 0,
    };
    const faint = fitted(cache.layer.ahead, width, height);
    for (const { track, pixels } of visible) {
      if (t >= track.n - 1) continue;
      const path = new Path2D();
      follow(path, pixels, track.n - 1, beginning());
      stroke(faint, path, Math.min(1.5, stroked), track.color, track.dash, 0);
    }
  }
  const { layer } = cache;
  const [halos, lines] = [layer.halos, layer.lines].map((canvas) => fitted(canvas, width, height));
  layer.row = row;
  const haloed = !moved || visible.reduce((sum, { track }) => sum + track.n, 0) <= HALOED;
  visible.forEach(({ track, pixels }, k) => {
    const head = layer.heads[k];
    const until = Math.min(row, track.n - 1);
    if (head.next > until) return;
    const offset = head.length;
    const path = new Path2D();
    follow(path, pixels, until, head);
    if (haloed) stroke(halos, path, HALO * stroked, colors.background, 'solid', 0);
    stroke(lines, path, stroked, track.color, track.dash, offset);
  });
  pen.globalAlpha = contrast ? STRONG : AHEAD;
  pen.drawImage(layer.ahead, 0, 0, width, height);
  pen.globalAlpha = 1;
  for (const canvas of [layer.halos, layer.lines]) pen.drawImage(canvas, 0, 0, width, height);
  visible.forEach(({ track, pixels }, k) => {
    const at = placeAt(pixels, track.n, t);
    if (layer.heads[k].at && sane(...at)) line(pen, layer.heads[k].at, at, track.color, stroked);
  });
}
