// Maps: many runs on a grid, by a program that Python writes (`core/engine/maps.py`), computed in two workers and shown
// row by row: first a coarse map, and a fine one once the hand has let go.

const WORKERS = 2;
const COARSE = 50;
const FINE = 200;
// Milliseconds: after which a coarse map gives way to the one that is wanted now, and for which what is wanted must stay
// the same before a fine one is begun.
const PATIENCE = 250;
const SETTLED = 200;

// All that a worker does. It gets there as text, so it uses nothing from around it. Messages are what to run, `rows` of a
// map; answers are bands of rows with what the program recorded of each.
export function work(scope, load, now, pause) {
  // Milliseconds between two looks at whether something else is wanted.
  const SLICE = 8;
  const programs = new Map();
  let wanted = 0;
  scope.onmessage = async ({ data: { job, id, source, numbers, normals, recorded, across, up, rows } }) => {
    wanted = job;
    if (!programs.has(id)) programs.set(id, load(source));
    const run = await programs.get(id);
    const width = across.values.length;
    let band = [];
    let rested = now();
    const tell = () => {
      scope.postMessage({ job, band }, band.flatMap(({ columns }) => columns.map(({ buffer }) => buffer)));
      band = [];
    };
    // As many runs at once as fit between two looks.
    let count = width;
    for (const row of rows) {
      numbers[up.index] = up.values[row];
      const columns = Array.from({ length: recorded }, () => new Float64Array(width));
      for (let from = 0; from < width;) {
        if (wanted !== job) return;
        const until = Math.min(from + count, width);
        const begun = now();
        run(numbers, across.values.subarray(from, until), normals, columns.map((column) => column.subarray(from, until)));
        count = Math.max(1, Math.min(width, Math.floor(((until - from) * SLICE) / Math.max(now() - begun, 0.1))));
        from = until;
        if (from === width) band.push({ row, columns });
        if (now() - rested > SLICE) {
          if (band.length) tell();
          await pause();
          rested = now();
        }
      }
    }
    if (wanted === job) tell();
  };
}

// The text of a worker, which fetches programs as the page does (`live.js`).
const text = () => `
  const load = (source) => {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    return import(url).then((module) => module.default).finally(() => URL.revokeObjectURL(url));
  };
  const { port1, port2 } = new MessageChannel();
  const pause = () => new Promise((done) => {
    port1.onmessage = done;
    port2.postMessage(0);
  });
  (${work})(self, load, () => performance.now(), pause);
`;

function started(answer) {
  const url = URL.createObjectURL(new Blob([text()], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  URL.revokeObjectURL(url);
  worker.onmessage = ({ data }) => answer(data);
  worker.onerror = (event) => console.error(event.message);
  return worker;
}

// The middles of `side` equal parts of a range.
export const middles = ([low, high], side) => Float64Array.from({ length: side }, (_, k) => low + ((high - low) * (k + 0.5)) / side);

// A map as it is now: `read` of each run, row by row, in a square of `side` rows over `ranges`, and how many rows lack.
class Sheet {
  constructor(ask, side, before) {
    Object.assign(this, { ask, side, lacking: side, changed: true, values: new Int16Array(side * side).fill(ask.blank) });
    if (before?.ask.place !== ask.place) return;
    // Until a row is there, what was known before stands in its place.
    this.values.forEach((_, at) => {
      const [row, column] = [Math.floor(at / side), at % side].map((one) => Math.floor((one * before.side) / side));
      this.values[at] = before.values[row * before.side + column];
    });
  }

  take(band) {
    for (const { row, columns } of band) {
      for (let at = 0; at < this.side; at++) this.values[row * this.side + at] = this.ask.read(columns, at);
    }
    this.lacking -= band.length;
    this.changed = true;
  }
}

// Has one map computed after another. What is asked for: its `key`, which tells it from others; the `place` that it shows,
// which it shares with others; `id` and `source` of its program; `numbers`, `normals` and how many things are `recorded`;
// two `axes`, each the place of a number and a range; `read`, which makes a whole number of what is recorded; and `blank`,
// that of a run which is not computed yet.
export class Mapper {
  constructor(now = () => performance.now(), start = started) {
    Object.assign(this, { now, start, workers: [], job: 0, sheet: null });
  }

  // What is wanted now; while it is `held`, by a hand, only a coarse map of it.
  follow(ask, held) {
    const now = this.now();
    if (this.ask?.key !== ask.key) this.changed = now;
    this.ask = ask;
    const { sheet } = this;
    const busy = sheet?.lacking > 0;
    if (sheet?.ask.key !== ask.key) {
      if (!busy || sheet.side > COARSE || now - this.begun > PATIENCE) this.begin(COARSE);
    } else if (!busy && sheet.side === COARSE && !held && now - this.changed > SETTLED) this.begin(FINE);
  }

  get complete() {
    return this.sheet !== null && this.sheet.side === FINE && !this.sheet.lacking && this.sheet.ask.key === this.ask.key;
  }

  begin(side) {
    const { ask } = this;
    const { key, id, source, numbers, normals, recorded, axes: [across, up] } = ask;
    const job = ++this.job;
    this.begun = this.now();
    this.sheet = new Sheet(ask, side, this.sheet);
    if (!this.workers.length) {
      this.workers = Array.from({ length: WORKERS }, () => this.start(({ job, band }) => job === this.job && this.sheet.take(band)));
    }
    this.workers.forEach((worker, place) => {
      const rows = Array.from({ length: side }, (_, row) => row).filter((row) => row % WORKERS === place);
      worker.postMessage({
        job, id, source, numbers, normals, recorded, rows,
        across: { index: across.index, values: middles(across.range, side) }, up: { index: up.index, values: middles(up.range, side) },
      });
    });
  }

  end() {
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
    this.ask = this.sheet = null;
  }
}
