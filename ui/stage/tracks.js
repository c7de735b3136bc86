// Tracks: the paths of a stage as typed arrays, and the numbers that views ask of them.

const UNDIRECTED = 255;

// A message is the length of a JSON text in four bytes, the text, and the numbers of all tracks (`packed` in payload.py).
function unpacked(message) {
  const size = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(message.subarray(4, 4 + size));
  return { ...JSON.parse(text), bytes: message.subarray(4 + size) };
}

// One track is its rows of x (d floats each), height, gradient norm and perhaps learning rate (floats), then two bytes
// of direction per row.
function decodeTracks(data) {
  const { bytes } = data;
  let at = 0;
  const floats = (count) => {
    // A copy begins where floats may; the message does not.
    const values = new Float32Array(bytes.slice(at, at + 4 * count).buffer);
    at += 4 * count;
    return values;
  };
  const angles = (count) => {
    const values = bytes.subarray(at, at + count);
    at += count;
    return values;
  };
  return data.tracks.map((track) => {
    const n = track.rows;
    const flat = floats(n * data.dimension);
    const x = [];
    for (let c = 0; c < data.dimension; c++) x.push(flat.subarray(c * n, (c + 1) * n));
    return {
      ...track, n, x, height: floats(n), norm: floats(n), rate: track.rated ? floats(n) : null, downhill: angles(n),
      push: track.pushes ? angles(n) : null,
    };
  });
}

// The values of `name` at every row: step, x0, x1, height, norm, rate or loss.
function channel(track, name, minimum) {
  if (name === 'step') return Float32Array.from({ length: track.n }, (_, i) => i);
  if (name === 'loss') return Float64Array.from(track.height, (value) => value + minimum);
  if (name === 'x0') return track.x[0];
  if (name === 'x1') return track.x[1];
  return track[name];
}

// A value between two rows; past the end, the last one.
function valueAt(values, t) {
  const last = values.length - 1;
  if (t >= last) return values[last];
  const row = Math.floor(t);
  return values[row] + (values[row + 1] - values[row]) * (t - row);
}

// The direction stored for a row as [across, up] in data coordinates, or null.
function direction(angles, t) {
  const byte = angles[Math.min(angles.length - 1, Math.floor(t))];
  if (byte === UNDIRECTED) return null;
  const angle = (2 * Math.PI * byte) / UNDIRECTED;
  return [Math.cos(angle), Math.sin(angle)];
}

// What Plotly may be given of a coordinate: values far beyond the view, or none, become gaps.
function within(values, range) {
  const reach = 3 * Math.abs(range[1] - range[0]);
  const low = Math.min(...range) - reach;
  const high = Math.max(...range) + reach;
  return Array.from(values, (value) => (value >= low && value <= high ? value : null));
}

// Python sends nothing larger than this (`payload.py`), so it stands for whatever is.
const LARGEST = 3.4e38;
const RAISED = { '-': '⁻', '+': '', ...'⁰¹²³⁴⁵⁶⁷⁸⁹' };

// A number as Python writes it (`core/formula/words.py`): four significant digits, whole ones below a million in full.
function digits(value) {
  const size = Math.abs(value);
  if (Number.isNaN(size)) return '–';
  if (size >= LARGEST) return value > 0 ? '> 3.4·10³⁸' : '< −3.4·10³⁸';
  let text = String(Number(value.toPrecision(4)));
  if (Number.isInteger(value) && size < 1e6) {
    text = size < 1e4 ? String(value + 0) : String(value).replace(/(?=\d{3}$)/, ' ');
  } else {
    const [mantissa, power] = value.toExponential(3).split('e');
    const raised = `10${[...power].map((sign) => RAISED[sign]).join('')}`;
    const factor = Number(mantissa);
    if (power < -4 || power > 3) text = Math.abs(factor) === 1 ? `${factor}0${raised.slice(2)}` : `${factor}·${raised}`;
  }
  return text.replace('-', '−');
}

// The same with all four digits, even where the last are zeros: a number that moves would jump without them.
function steady(value) {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 9999.5 ? value.toPrecision(4).replace('-', '−') : digits(value);
}
