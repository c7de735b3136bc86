// Views: Plotly figures made in Python, drawn with Plotly.react, each with a canvas on top for what moves.

// Streamlit ships plotly.js as a chunk that sets window.Plotly; a chart elsewhere on the page may have loaded it.
async function loadPlotly(chunk) {
  if (!window.Plotly) await import(new URL(`./static/js/${chunk}`, document.baseURI).href);
  return window.Plotly;
}

// Figures name colours by tokens; the visitor's theme gives them a value.
function figureOf(text, palette) {
  return JSON.parse(text, (_, value) => (typeof value === 'string' ? palette[value] ?? value : value));
}

// A figure of values in base64, as Python's Plotly writes them, becomes one of typed arrays in Plotly itself.
function tracesOf(view, tracks, palette, minimum, layout, hidden) {
  return view.traces
    .filter((trace) => !hidden.has(tracks[trace.track].key))
    .map(({ track, x, y, style }) => {
      const linear = (axis) => layout[axis].type !== 'log';
      const values = (name, axis) => {
        const found = channel(tracks[track], name, minimum);
        return linear(axis) ? within(found, layout[axis].range) : Array.from(found);
      };
      return {
        ...style, x: values(x, 'xaxis'), y: values(y, 'yaxis'),
        text: Array.from(channel(tracks[track], 'loss', minimum), (loss, step) => `step ${digits(step)}<br>loss ${digits(loss)}`),
      };
    });
}

// Where data coordinates are on the canvas of a flat view.
function flatProjection(gd) {
  const { xaxis, yaxis } = gd._fullLayout;
  return (x, y) => [xaxis._offset + xaxis.d2p(x), yaxis._offset + yaxis.d2p(y)];
}

function multiply(matrix, vector) {
  return [0, 1, 2, 3].map((i) => [0, 1, 2, 3].reduce((sum, j) => sum + matrix[4 * j + i] * vector[j], 0));
}

// Where data coordinates are on the canvas of a 3-D view, through the camera as it is now.
function spaceProjection(gd) {
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

// The rectangle [left, top, right, bottom] of a view in which things may be drawn.
function frameOf(view, gd) {
  const layout = gd._fullLayout;
  if (view.kind === 'space') return [0, 0, layout.width, layout.height];
  const { xaxis, yaxis } = layout;
  return [xaxis._offset, yaxis._offset, xaxis._offset + xaxis._length, yaxis._offset + yaxis._length];
}

// What tells that pixels have moved: range, size or camera.
function signature(view, gd) {
  const layout = gd._fullLayout;
  if (view.kind === 'space') {
    const scene = layout.scene?._scene;
    if (!scene?.glplot?.cameraParams) return '';
    return `${layout.width}x${layout.height}|${scene.glplot.cameraParams.view.join()}`;
  }
  if (!layout.xaxis?.d2p) return '';
  return `${layout.width}x${layout.height}|${layout.xaxis.range}|${layout.yaxis.range}`;
}

// The height of a track on the surface that `space` describes, slightly above it.
function onSurface(above, minimum, space) {
  const z = space.log ? Math.log10(Math.max(above, 1e-300)) : above + minimum;
  return Math.min(Math.max(z, space.low), space.high) + space.lift;
}

// Pixels of every row of a track in a view, as [x0, y0, x1, y1, …].
function pixelsOf(view, gd, track, minimum) {
  const pixels = new Float32Array(2 * track.n);
  const project = view.kind === 'space' ? spaceProjection(gd) : flatProjection(gd);
  const [across, up] = view.channels.map((name) => channel(track, name, minimum));
  for (let i = 0; i < track.n; i++) {
    const place =
      view.kind === 'space' ? project(across[i], up[i], onSurface(track.height[i], minimum, view.space)) : project(across[i], up[i]);
    pixels[2 * i] = place[0];
    pixels[2 * i + 1] = place[1];
  }
  return pixels;
}
