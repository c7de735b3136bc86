// Tracks: the paths of a stage as typed arrays, and the numbers that views ask of them.
//
// A track has `n` rows: `x`, an array for each variable, `height`, the loss above the minimum, `norm` and, where a view
// shows them, `rate` and `cost`; and functions `downhill(row)` and `push(row)` that give directions [across, up] in data
// coordinates, or null.

const UNDIRECTED = 255;

// A message is the length of a JSON text in four bytes, the text, and the numbers of all tracks (`packed` in payload.py).
export function unpacked(message) {
  const size = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(message.subarray(4, 4 + size));
  return { ...JSON.parse(text), bytes: message.subarray(4 + size) };
}

// The direction that a byte stands for.
function turned(byte) {
  if (byte === UNDIRECTED) return null;
  const angle = (2 * Math.PI * byte) / UNDIRECTED;
  return [Math.cos(angle), Math.sin(angle)];
}

// One track is its rows of x (d floats each), height, gradient norm and the columns that it names (floats), then a byte
// of direction per row, and another one if the rule has a velocity.
export function decodeTracks({ bytes, tracks, dimension }) {
  let at = 0;
  const floats = (count) => {
    // A copy begins where floats may; the message does not.
    const values = new Float32Array(bytes.slice(at, at + 4 * count).buffer);
    at += 4 * count;
    return values;
  };
  const directions = (count) => {
    const values = bytes.subarray(at, at + count);
    at += count;
    return (row) => turned(values[Math.min(count - 1, row)]);
  };
  return tracks.map((track) => {
    const n = track.rows;
    const flat = floats(n * dimension);
    return {
      ...track, n, x: Array.from({ length: dimension }, (_, c) => flat.subarray(c * n, (c + 1) * n)),
      height: floats(n), norm: floats(n), ...Object.fromEntries(track.columns.map((name) => [name, floats(n)])),
      downhill: directions(n), push: track.pushes ? directions(n) : null,
    };
  });
}

// A track as the browser has just computed it: `column` gives the numbers of a name, row by row.
export function freshTrack(track, n, column, minimum, note) {
  const loss = column('loss');
  const against = (first, second) => {
    const across = column(first);
    const up = column(second);
    return (row) => {
      const here = Math.min(n - 1, row);
      const x = -across[here];
      const y = up ? -up[here] : 0;
      const size = Math.hypot(x, y);
      return size > 0 && size < Infinity ? [x / size, y / size] : null;
    };
  };
  return {
    ...track, n, note, x: ['x0', 'x1'].map(column).filter(Boolean).map((values) => values.subarray(0, n)),
    height: moved(loss.subarray(0, n), -minimum), norm: column('norm').subarray(0, n),
    rate: column('factor').subarray(0, n), downhill: against('g0', 'g1'), push: track.pushes ? against('v0', 'v1') : null,
  };
}

// Loops, because `from` with a function takes longer than to compute a run.
function moved(values, by) {
  const made = new Float64Array(values.length);
  for (let row = 0; row < made.length; row++) made[row] = values[row] + by;
  return made;
}

function counted(n) {
  const made = new Float32Array(n);
  for (let row = 0; row < n; row++) made[row] = row;
  return made;
}

// The values of `name` at every row: step, x0, x1, height, norm, rate, cost or loss.
export function channel(track, name, minimum) {
  if (name === 'step') return counted(track.n);
  if (name === 'loss') return moved(track.height, minimum);
  if (name === 'x0') return track.x[0];
  if (name === 'x1') return track.x[1];
  return track[name];
}

// A value between two rows; past the end, the last one.
export function between(values, t) {
  const last = values.length - 1;
  if (t >= last) return values[last];
  const row = Math.floor(t);
  return values[row] + (values[row + 1] - values[row]) * (t - row);
}
