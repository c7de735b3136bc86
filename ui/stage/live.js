// Live: runs computed here, by the programs that Python writes from the graphs it computes with (`core/engine/live.py`).

import { digits } from './numbers.js';
import { freshTrack } from './tracks.js';

// Milliseconds that a run may take while a hand waits for it, and how many in a row may take longer.
const HEAVY = 8;
const PATIENCE = 10;
const FAILURES = ['', 'diverged', 'undefined'];

const programs = new Map();

// A program, once it has come: what it is called, its text, and what to do when it can be run.
export function bring(id, source, done) {
  if (programs.has(id)) return;
  const entry = { run: null };
  programs.set(id, entry);
  // Streamlit brings components to the page in this same way, so that whoever allows those allows this.
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  import(url).then((module) => {
    entry.run = module.default;
    done();
  }).catch(console.error).finally(() => URL.revokeObjectURL(url));
}

// What a stage computes one of its tracks with.
export class Runner {
  #columns = [];
  #slow = 0;
  #room = 0;

  constructor(program) {
    this.program = program;
    this.at = new Float64Array(program.size);
  }

  get ready() {
    return Boolean(programs.get(this.program.id)?.run);
  }

  // It is too slow to follow a hand.
  get heavy() {
    return this.#slow >= PATIENCE;
  }

  // The numbers of a name in the run that was taken last, row by row; nothing if the program has none.
  column(name) {
    return this.#columns[this.program.columns.indexOf(name)];
  }

  // The track of a run from `start` with `numbers`, of which the first is the number of steps; `track` says what stays.
  take(track, numbers, start, normals, minimum) {
    const steps = numbers[0];
    if (this.#room < steps) {
      this.#columns = this.program.columns.map(() => new Float64Array(steps + 1));
      this.#room = steps;
    }
    this.at.fill(0);
    this.at.set(start, 1);
    const begun = performance.now();
    const outcome = programs.get(this.program.id).run(numbers, this.at, steps, normals, this.#columns);
    this.#slow = performance.now() - begun > HEAVY ? this.#slow + 1 : 0;
    const [at] = this.at;
    const note = outcome ? `${FAILURES[outcome]} at step ${digits(at)}` : '';
    return freshTrack(track, outcome ? Math.max(1, at) : at + 1, (name) => this.column(name), minimum, note);
  }
}
