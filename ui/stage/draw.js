// Drawing: trails, balls, arrows, labels and marks on the canvas of one view, for one moment of the clock.

// Views with arrows at their balls.
const POINTED = ['plane', 'curve'];
const DASHES = { solid: [], dash: [9, 5], dot: [2, 5] };
const BALL = 6;
const ARROW = 34;
const HEAD = 6;
// Pixels: on a curve a push, which points along the same axis as the slope, is drawn this far above it.
const ABOVE = 10;
const LINE_HEIGHT = 15;
// Pixels: points of a trail nearer to the last one than this are passed over, which spares long runs most of them.
const NEAR = 0.8;

function fitCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.round(width * ratio);
  const high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.lineJoin = 'round';
  return pen;
}

// The last row that can be drawn, and the pixel at time t between rows.
function pixelAt(pixels, n, t) {
  const row = Math.min(Math.floor(t), n - 1);
  const x = pixels[2 * row];
  const y = pixels[2 * row + 1];
  const part = t - row;
  if (row + 1 >= n || part <= 0) return [x, y];
  return [x + (pixels[2 * row + 2] - x) * part, y + (pixels[2 * row + 3] - y) * part];
}

function inside([x, y], [left, top, right, bottom]) {
  return x >= left && x <= right && y >= top && y <= bottom;
}

// Where the segment from a point inside the frame to one outside leaves it.
function exit([ax, ay], [bx, by], [left, top, right, bottom]) {
  let part = 1;
  const cut = (from, to, edge) => {
    if (to !== from) {
      const share = (edge - from) / (to - from);
      if (share > 0 && share < part) part = share;
    }
  };
  if (bx < left) cut(ax, bx, left);
  if (bx > right) cut(ax, bx, right);
  if (by < top) cut(ay, by, top);
  if (by > bottom) cut(ay, by, bottom);
  return [ax + (bx - ax) * part, ay + (by - ay) * part];
}

// Numbers beyond this are far outside every screen; a canvas draws nothing sensible with them.
function sane(x, y) {
  return Math.abs(x) < 1e5 && Math.abs(y) < 1e5;
}

function beginTrail(pen, track, { at, length }) {
  pen.strokeStyle = track.color;
  pen.lineWidth = 2.4;
  pen.lineCap = track.dash === 'solid' ? 'round' : 'butt';
  pen.setLineDash(DASHES[track.dash]);
  pen.lineDashOffset = length;
  pen.beginPath();
  if (at) pen.moveTo(...at);
}

// Adds the rows up to `until` to a trail that has been drawn as far as `head` says.
function extendTrail(pen, pixels, track, until, head) {
  beginTrail(pen, track, head);
  for (; head.next <= until; head.next++) {
    const x = pixels[2 * head.next];
    const y = pixels[2 * head.next + 1];
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
  pen.stroke();
}

// The trails up to time t. Whole steps are kept on a canvas of their own, to which a frame only adds the new ones:
// thousands of steps drawn anew would take longer than a frame.
function drawTrails(pen, cache, visible, t, width, height) {
  const row = Math.floor(t);
  const keys = visible.map(([track]) => track.key).join();
  if (!cache.layer || cache.layer.keys !== keys || row < cache.layer.row) {
    const heads = visible.map(() => ({ next: 0, at: null, length: 0 }));
    cache.layer = { canvas: document.createElement('canvas'), keys, heads };
  }
  const { layer } = cache;
  const layerPen = fitCanvas(layer.canvas, width, height);
  layer.row = row;
  visible.forEach(([track, pixels], k) => extendTrail(layerPen, pixels, track, Math.min(row, track.n - 1), layer.heads[k]));
  pen.drawImage(layer.canvas, 0, 0, width, height);
  visible.forEach(([track, pixels], k) => {
    const [x, y] = pixelAt(pixels, track.n, t);
    if (!layer.heads[k].at || !sane(x, y)) return;
    beginTrail(pen, track, layer.heads[k]);
    pen.lineTo(x, y);
    pen.stroke();
  });
  pen.setLineDash([]);
  pen.lineCap = 'butt';
}

function drawBall(pen, [x, y], color, rim) {
  pen.beginPath();
  pen.arc(x, y, BALL, 0, 2 * Math.PI);
  pen.fillStyle = color;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = rim;
  pen.stroke();
}

function drawRing(pen, [x, y], colors) {
  pen.beginPath();
  pen.arc(x, y, BALL + 2, 0, 2 * Math.PI);
  pen.lineWidth = 5;
  pen.strokeStyle = colors.background;
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeStyle = colors.text;
  pen.stroke();
}

function drawArrow(pen, [x, y], [dx, dy], length, color, hollow) {
  const size = Math.hypot(dx, dy);
  if (!(size > 0)) return;
  const [ux, uy] = [dx / size, dy / size];
  const [ex, ey] = [x + ux * length, y + uy * length];
  pen.strokeStyle = pen.fillStyle = color;
  pen.lineWidth = 2;
  pen.setLineDash(hollow ? [3, 3] : []);
  pen.beginPath();
  pen.moveTo(x + ux * BALL, y + uy * BALL);
  pen.lineTo(ex, ey);
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(ex + ux * HEAD, ey + uy * HEAD);
  pen.lineTo(ex - uy * 4, ey + ux * 4);
  pen.lineTo(ex + uy * 4, ey - ux * 4);
  pen.closePath();
  if (hollow) pen.stroke();
  else pen.fill();
}

function drawLabels(pen, labels, [left, top, right, bottom], halo, font) {
  pen.font = `600 12px ${font}`;
  pen.textBaseline = 'middle';
  labels.sort((a, b) => a.at[1] - b.at[1]);
  let free = -Infinity;
  for (const label of labels) {
    const width = pen.measureText(label.text).width;
    const y = Math.min(Math.max(label.at[1], free, top + 8), bottom - 8);
    free = y + LINE_HEIGHT;
    const beside = label.at[0] + 12;
    const x = beside + width <= right ? beside : Math.max(left + 2, label.at[0] - 12 - width);
    pen.lineWidth = 4;
    pen.strokeStyle = halo;
    pen.strokeText(label.text, x, y);
    pen.fillStyle = label.color;
    pen.fillText(label.text, x, y);
  }
}

// The tangent at the ball of a curve, with its slope.
function drawTangent(pen, view, gd, track, t, minimum, colors) {
  const row = Math.min(Math.floor(t), track.n - 1);
  const project = flatProjection(gd);
  const x = track.x[0][row];
  const f = track.height[row] + minimum;
  const down = direction(track.downhill, row);
  const slope = down === null ? 0 : -down[0] * track.norm[row];
  const range = gd._fullLayout.xaxis.range;
  const reach = (range[1] - range[0]) / 6;
  const [a, b] = [project(x - reach, f - slope * reach), project(x + reach, f + slope * reach)];
  pen.strokeStyle = colors.text;
  pen.lineWidth = 1.5;
  pen.setLineDash([7, 5]);
  pen.beginPath();
  pen.moveTo(...a);
  pen.lineTo(...b);
  pen.stroke();
  pen.setLineDash([]);
  return { at: [Math.min(b[0], frameOf(view, gd)[2]), b[1] - 12], text: `slope ${steady(slope)}`, color: colors.text };
}

// Under a curve, the step that each track takes next along the axis, each on a level of its own.
function drawSteps(pen, view, gd, visible, t) {
  const [left, , right, bottom] = frameOf(view, gd);
  const labels = [];
  visible.forEach(([track, pixels], k) => {
    const row = Math.floor(t);
    if (row + 1 >= track.n) return;
    const level = bottom - 18 - LINE_HEIGHT * k;
    const [from, to] = [row, row + 1].map((i) => [pixels[2 * i], pixels[2 * i + 1]]);
    pen.strokeStyle = track.color;
    pen.lineWidth = 1;
    pen.setLineDash([2, 4]);
    for (const [px, py] of [from, to]) {
      pen.beginPath();
      pen.moveTo(px, py);
      pen.lineTo(px, level);
      pen.stroke();
    }
    pen.setLineDash([]);
    const way = to[0] - from[0];
    const side = Math.sign(way);
    if (Math.abs(way) > 2 && to[0] > left - 1e4 && to[0] < right + 1e4) {
      // An arrow begins beside its ball and its head is beyond its end; here there is no ball, and the head ends there.
      drawArrow(pen, [from[0] - side * BALL, level], [side, 0], Math.abs(way) + BALL - HEAD, track.color, false);
    }
    const move = track.x[0][row + 1] - track.x[0][row];
    // Far outside there is nothing to read.
    if (inside([from[0], level], frameOf(view, gd))) {
      labels.push({ at: [Math.max(from[0], to[0]), level], text: `step ${steady(move)}`, color: track.color });
    }
  });
  return labels;
}

// Every point of a track as the line with that slope and intercept: where it started, dashed, and where it is.
function drawLines(pen, gd, visible, t) {
  const project = flatProjection(gd);
  const ends = gd._fullLayout.xaxis.range;
  for (const [track] of visible) {
    for (const [at, width, dash] of [[0, 1.5, [6, 5]], [t, 3, []]]) {
      const [slope, rise] = track.x.map((values) => valueAt(values, at));
      const [from, to] = ends.map((x) => project(x, slope * x + rise));
      // Steeper than any screen can show.
      if (!sane(...from) || !sane(...to)) continue;
      pen.strokeStyle = track.color;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
    }
  }
  pen.setLineDash([]);
}

// One view at time t. `cache` keeps pixels as long as nothing moved on the screen, as `seen` tells (`signature`).
function drawView(view, gd, canvas, cache, scene, seen) {
  const { tracks, hidden, t, minimum, colors, arrows, font } = scene;
  const layout = gd._fullLayout;
  const pen = fitCanvas(canvas, layout.width, layout.height);
  pen.clearRect(0, 0, layout.width, layout.height);
  const frame = frameOf(view, gd);
  if (cache.signature !== seen || cache.tracks !== tracks) {
    cache.signature = seen;
    cache.tracks = tracks;
    cache.pixels = tracks.map((track) => pixelsOf(view, gd, track, minimum));
    cache.layer = null;
  }
  const labels = [];
  const visible = tracks.map((track, k) => [track, cache.pixels[k]]).filter(([track]) => !hidden.has(track.key));
  pen.save();
  pen.beginPath();
  pen.rect(frame[0], frame[1], frame[2] - frame[0], frame[3] - frame[1]);
  pen.clip();
  if (view.kind === 'fit') {
    drawLines(pen, gd, visible, t);
    pen.restore();
    return;
  }
  if (view.kind === 'time') {
    const [x] = flatProjection(gd)(t, 1);
    pen.strokeStyle = colors.quiet;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, frame[1]);
    pen.lineTo(x, frame[3]);
    pen.stroke();
  }
  drawTrails(pen, cache, visible, t, layout.width, layout.height);
  if (view.kind === 'curve') {
    if (visible.length === 1) labels.push(drawTangent(pen, view, gd, visible[0][0], t, minimum, colors));
    labels.push(...drawSteps(pen, view, gd, visible, t));
  }
  pen.restore();
  if (view.kind !== 'time' && visible.length) {
    const [first] = visible;
    drawRing(pen, scene.ghost?.view === view ? scene.ghost.at : [first[1][0], first[1][1]], colors);
  }
  for (const [k, [track, pixels]] of visible.entries()) {
    const at = pixelAt(pixels, track.n, Math.min(t, track.n - 1));
    const ended = track.note && t >= track.n - 1;
    // On a curve the ball of a single track needs no name.
    const name = view.kind === 'curve' && visible.length === 1 ? '' : track.name;
    const text = ended ? `${track.name}: ${track.note}` : name;
    if (inside(at, frame)) {
      if (POINTED.includes(view.kind) && arrows && t < track.n - 1) {
        drawArrow(pen, at, flatDirection(view, gd, direction(track.downhill, t)), ARROW, track.color, false);
        const aside = [at[0], at[1] - (view.kind === 'curve' ? ABOVE : 0)];
        if (track.push) drawArrow(pen, aside, flatDirection(view, gd, direction(track.push, t)), ARROW, track.color, true);
      }
      drawBall(pen, at, track.color, colors.background);
      // On a curve the balls meet, and their arrows are beside them: the names stand in rows above.
      const high = view.kind === 'curve' ? 2 * ABOVE + LINE_HEIGHT * k : 0;
      labels.push({ at: [at[0], at[1] - high], text, color: track.color });
    } else {
      const mark = edgeMark(pen, pixels, track, t, frame);
      if (mark) labels.push({ at: mark, text, color: track.color });
    }
  }
  // Beside a curve over time the names may stand in the margin.
  const room = view.kind === 'time' ? [frame[0], frame[1], layout.width, frame[3]] : frame;
  drawLabels(pen, labels, room, colors.veil, font);
}

// A direction in data coordinates as one on the screen; along a curve there are only right and left.
function flatDirection(view, gd, vector) {
  if (vector === null) return [0, 0];
  if (view.kind === 'curve') return [Math.sign(vector[0]), 0];
  const { xaxis, yaxis } = gd._fullLayout;
  const across = xaxis._length / Math.abs(xaxis.range[1] - xaxis.range[0]);
  const up = yaxis._length / Math.abs(yaxis.range[1] - yaxis.range[0]);
  return [vector[0] * across, -vector[1] * up];
}

// A triangle on the edge of the frame where a track that is outside now left it; returns its place.
function edgeMark(pen, pixels, track, t, frame) {
  for (let i = Math.min(Math.floor(t), track.n - 1) - 1; i >= 0; i--) {
    const from = [pixels[2 * i], pixels[2 * i + 1]];
    if (!inside(from, frame)) continue;
    const to = [pixels[2 * i + 2], pixels[2 * i + 3]];
    const at = exit(from, to, frame);
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    pen.save();
    pen.translate(...at);
    pen.rotate(angle);
    pen.fillStyle = track.color;
    pen.beginPath();
    pen.moveTo(4, 0);
    pen.lineTo(-8, -6);
    pen.lineTo(-8, 6);
    pen.closePath();
    pen.fill();
    pen.restore();
    return at;
  }
  return null;
}
