// Trails: the ways of all tracks up to a moment of the clock, with a halo that parts them from what lies below.

import { line } from './marks.js';

const DASHES = { solid: [], dash: [9, 5], dot: [2, 5] };
const WIDTH = 2.4;
// So many times as wide as the line that it parts from what lies below.
const HALO = 2.25;
// Rows of all tracks together beyond which halos take too long to draw for a hand that waits.
const HALOED = 12000;
// How strong the way is that a track will still go.
const AHEAD = 0.35;
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

// Strokes the newest of `pieces`, {path, offset}. Its halo covers the end of the one before, which is stroked again.
function stroke(pen, pieces, track, width, halo) {
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = HALO * width;
    pen.stroke(pieces.at(-1).path);
  }
  pen.strokeStyle = track.color;
  pen.lineWidth = width;
  pen.lineCap = track.dash === 'solid' ? 'round' : 'butt';
  pen.setLineDash(DASHES[track.dash]);
  for (const { path, offset } of pieces) {
    pen.lineDashOffset = offset;
    pen.stroke(path);
  }
  pen.setLineDash([]);
}

// Whole steps are kept on a canvas of their own, to which a frame of playing only adds the new ones: thousands of steps
// drawn anew would take longer than a frame. `cache.layer` is dropped by whoever moves pixels.
export function drawTrails(pen, cache, { tracks: visible, t, colors, moved }, width, height) {
  const row = Math.floor(t);
  const stroked = cache.view.stroke ?? WIDTH;
  const keys = visible.map(({ track }) => track.key).join();
  if (!cache.layer || cache.layer.keys !== keys || row < cache.layer.row || cache.layer.background !== colors.background) {
    cache.layer = {
      canvas: document.createElement('canvas'), ahead: document.createElement('canvas'), keys,
      background: colors.background, heads: visible.map(beginning), row: 0,
    };
    const faint = fitted(cache.layer.ahead, width, height);
    for (const { track, pixels } of visible) {
      if (t >= track.n - 1) continue;
      const path = new Path2D();
      follow(path, pixels, track.n - 1, beginning());
      faint.strokeStyle = track.color;
      faint.lineWidth = Math.min(1.5, stroked);
      faint.setLineDash(DASHES[track.dash]);
      faint.stroke(path);
    }
  }
  const { layer } = cache;
  const kept = fitted(layer.canvas, width, height);
  layer.row = row;
  const rows = visible.reduce((sum, { track }) => sum + track.n, 0);
  const halo = moved && rows > HALOED ? null : colors.background;
  visible.forEach(({ track, pixels }, k) => {
    const head = layer.heads[k];
    const until = Math.min(row, track.n - 1);
    if (head.next > until) return;
    const piece = { path: new Path2D(), offset: head.length };
    follow(piece.path, pixels, until, head);
    stroke(kept, head.piece ? [head.piece, piece] : [piece], track, stroked, halo);
    head.piece = piece;
  });
  pen.globalAlpha = AHEAD;
  pen.drawImage(layer.ahead, 0, 0, width, height);
  pen.globalAlpha = 1;
  pen.drawImage(layer.canvas, 0, 0, width, height);
  visible.forEach(({ track, pixels }, k) => {
    const at = placeAt(pixels, track.n, t);
    if (layer.heads[k].at && sane(...at)) line(pen, layer.heads[k].at, at, track.color, stroked);
  });
}
