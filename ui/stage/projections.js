// Projections: where numbers are on the canvas of a view that Plotly has drawn.

// Where numbers are along one of Plotly's axes, as its own `d2p` says, which also reads texts and is as much slower.
function along({ type, _offset, _m, _b }) {
  const from = _offset + _b;
  return type === 'log' ? (value) => from + _m * Math.log10(value) : (value) => from + _m * value;
}

// Of a flat view: data coordinates to pixels.
export function flat(gd) {
  const across = along(gd._fullLayout.xaxis);
  const up = along(gd._fullLayout.yaxis);
  return (x, y) => [across(x), up(y)];
}

// The rectangle [left, top, right, bottom] inside the axes of a flat view.
export function inner(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  return [xaxis._offset, yaxis._offset, xaxis._offset + xaxis._length, yaxis._offset + yaxis._length];
}

// The product of two matrices, column by column, as WebGL keeps them.
const product = (a, b) => Array.from({ length: 16 }, (_, at) => {
  const [row, column] = [at % 4, at - (at % 4)];
  return a[row] * b[column] + a[row + 4] * b[column + 1] + a[row + 8] * b[column + 2] + a[row + 12] * b[column + 3];
});

// Of a view in space, through the camera as it is now.
export function space(gd) {
  const scene = gd._fullLayout.scene._scene;
  const { projection, view, model } = scene.glplot.cameraParams;
  const [a, b, c] = scene.dataScale;
  const box = scene.container.getBoundingClientRect();
  const outer = gd.getBoundingClientRect();
  const [left, top] = [box.left - outer.left, box.top - outer.top];
  const m = product(projection, product(view, model));
  return (x, y, z) => {
    const [p, q, r] = [a * x, b * y, c * z];
    const depth = m[3] * p + m[7] * q + m[11] * r + m[15];
    return [
      left + (0.5 + (0.5 * (m[0] * p + m[4] * q + m[8] * r + m[12])) / depth) * box.width,
      top + (0.5 - (0.5 * (m[1] * p + m[5] * q + m[9] * r + m[13])) / depth) * box.height,
    ];
  };
}

// The height of a track on a surface, slightly above it; `surface` is what Python says of it.
export function onSurface(above, minimum, surface) {
  const z = surface.log ? Math.log10(Math.max(above, 1e-300)) : above + minimum;
  return Math.min(Math.max(z, surface.low), surface.high) + surface.lift;
}

export function inside([x, y], [left, top, right, bottom]) {
  return x >= left && x <= right && y >= top && y <= bottom;
}

// Where the way from a point inside the frame to one outside leaves it.
export function exit([ax, ay], [bx, by], [left, top, right, bottom]) {
  let part = 1;
  const cut = (from, to, edge) => {
    if (to === from) return;
    const share = (edge - from) / (to - from);
    if (share > 0 && share < part) part = share;
  };
  if (bx < left) cut(ax, bx, left);
  if (bx > right) cut(ax, bx, right);
  if (by < top) cut(ay, by, top);
  if (by > bottom) cut(ay, by, bottom);
  return [ax + (bx - ax) * part, ay + (by - ay) * part];
}
