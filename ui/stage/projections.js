// Projections: where numbers are on the canvas of a view that Plotly has drawn.

// Of a flat view: data coordinates to pixels, through Plotly's own axes.
export function flat(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  return (x, y) => [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
}

// The rectangle [left, top, right, bottom] inside the axes of a flat view.
export function inner(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  return [xaxis._offset, yaxis._offset, xaxis._offset + xaxis._length, yaxis._offset + yaxis._length];
}

const multiply = (matrix, vector) =>
  [0, 1, 2, 3].map((i) => vector.reduce((sum, value, j) => sum + matrix[4 * j + i] * value, 0));

// Of a view in space, through the camera as it is now.
export function space(gd) {
  const scene = gd._fullLayout.scene._scene;
  const { projection, view, model } = scene.glplot.cameraParams;
  const scale = scene.dataScale;
  const box = scene.container.getBoundingClientRect();
  const outer = gd.getBoundingClientRect();
  return (x, y, z) => {
    const seen = multiply(projection, multiply(view, multiply(model, [x * scale[0], y * scale[1], z * scale[2], 1])));
    return [
      box.left - outer.left + (0.5 + (0.5 * seen[0]) / seen[3]) * box.width,
      box.top - outer.top + (0.5 - (0.5 * seen[1]) / seen[3]) * box.height,
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
