// The ledger under the rows: every line of one racer's rule at the step of the clock. What is pointed at in it is drawn
// at the ball, and what is pointed at there is marked in it. The arithmetic is Python's, told of the step at which the
// clock rests; while the clock moves or a hand turns something, what each line gives is computed here.

import { element } from './elements.js';
import { loadFormulas } from './formulas.js';
import { Runner } from './live.js';
import { digits, steady } from './numbers.js';
import { SIGHTS, pointedAt } from './sights.js';

// Whether two runs are at the same place at `row`, as far as numbers of single precision can tell.
export function agree(one, other, row, widths) {
  return row < one.n && row < other.n && one.x.every((values, axis) => {
    const [here, there] = [values[row], other.x[axis][row]];
    return Math.abs(here - there) <= 1e-6 * (Math.abs(there) + widths[axis]);
  });
}

export class Ledger {
  constructor(stage) {
    this.stage = stage;
    this.head = element('p', { class: 'gd-step-of' });
    this.lines = element('div', { class: 'gd-lines' });
    this.element = element('section', { class: 'gd-ledger', 'aria-label': 'The step in numbers' }, this.head, this.lines);
    this.element.hidden = true;
    this.cells = [];
    const held = () => (this.lines.contains(document.activeElement) ? document.activeElement.dataset.of : undefined);
    this.lines.addEventListener('pointerover', ({ target }) => this.point(target.closest('[data-of]')?.dataset.of));
    this.lines.addEventListener('pointerleave', () => this.point(held()));
    this.lines.addEventListener('focusin', ({ target }) => this.point(target.dataset.of, true));
    this.lines.addEventListener('focusout', () => this.point());
    stage.scene.addEventListener('pointermove', ({ target, clientX, clientY }) => {
      const shown = this.data && stage.views.find(({ box }) => box.contains(target));
      if (!shown) return;
      const { left, top } = shown.gd.getBoundingClientRect();
      this.point(pointedAt(shown.hits ?? [], [clientX - left, clientY - top]) ?? held());
    });
    stage.scene.addEventListener('pointerleave', () => this.point(held()));
  }

  // Takes what Python sent of a step.
  fill(data) {
    this.data = data;
    this.element.hidden = false;
    if (this.runner?.program.id !== data.program.id) this.runner = new Runner(data.program);
    this.track = undefined;
    const rule = JSON.stringify([data.racer, data.lines.map(({ left, right }) => [left, right])]);
    if (this.rule !== rule) this.build();
    this.rule = rule;
    loadFormulas(data.katex).then((set) => this.data === data && this.typeset(set)).catch(console.error);
  }

  // Lines without formulas, which keep their height for them.
  build() {
    const { data } = this;
    this.cells = data.lines.map(({ right }, row) => {
      const [left, symbols, numbers, now] = ['left', 'symbols', 'numbers', 'now'].map((name) => element('span', { class: `gd-${name}` }));
      const tall = right.includes('\\frac') ? ' gd-tall' : '';
      const whole = element('div', { class: `gd-line${tall}`, 'data-of': row, role: 'group' }, left, symbols, numbers, now);
      if (data.sights[row]) {
        whole.setAttribute('tabindex', 0);
        whole.setAttribute('aria-label', `Line ${row + 1}, drawn at the ball`);
      }
      return { whole, left, symbols, numbers, now };
    });
    this.lines.replaceChildren(...this.cells.map(({ whole }) => whole));
  }

  typeset(set) {
    const { data } = this;
    this.cells.forEach(({ left, symbols, numbers }, row) => {
      const line = data.lines[row];
      if (!left.firstChild) left.append(set(line.left));
      if (!symbols.firstChild) symbols.append(set(`{} = ${line.right}`));
      numbers.replaceChildren(...(data.step ? [set(`{} = ${line.numbers}`)] : []));
    });
    this.written = undefined;
    this.stage.dirty = true;
  }

  // Points at what comes from a line, or at the gradient, or at nothing.
  point(of, aloud = false) {
    if (this.pointed === of) return;
    this.pointed = of;
    for (const part of this.lines.querySelectorAll('[data-of]')) part.classList.toggle('gd-pointed', part.dataset.of === of);
    const mark = this.marks.find(({ pointed }) => pointed);
    if (aloud && mark) this.stage.bar.say(SIGHTS[mark.kind].words(mark));
    this.stage.dirty = true;
  }

  // Takes the run once more as it is drawn, with what each line gives.
  follow() {
    const { stage, data, runner } = this;
    const track = stage.tracks.find(({ key }) => key === data.racer);
    if (this.track === track && this.run) return;
    this.track = track;
    this.largest = new Map();
    const fits = track?.live.program.id === data.twin && runner.ready && !runner.heavy && !stage.lacks(stage.numbersOf(track));
    this.run = fits ? runner.take(track, stage.numbersOf(track), stage.begins, stage.normals, stage.minimum) : null;
  }

  // The step that is looked at, and whether Python has told of this very one.
  at(now) {
    const { stage, data, track } = this;
    const row = Math.min(now, track.n - 1);
    return { row, python: row === data.step && data.numbers === stage.data.numbers && !stage.moved };
  }

  // What a line gave at a step, all coordinates of it; nothing where it is not known.
  vector(of, { row, python }) {
    const { data, track, run, runner, stage } = this;
    if (row === 0) return null;
    if (python) return data.vectors[of] ?? null;
    const widths = stage.data.domain.map(([low, high]) => high - low);
    if (!run || !agree(run, track, row, widths) || !agree(run, track, row - 1, widths)) return null;
    return ['0', '1'].map((axis) => runner.column(`${of}.${axis}`)?.[row]).filter((value) => value !== undefined);
  }

  // What of the step can be seen at the ball, and that which is pointed at.
  get marks() {
    const { data, stage, pointed } = this;
    if (!data || !stage.data) return [];
    this.follow();
    if (!this.track) return [];
    const at = this.at(Math.floor(stage.clock.t));
    return Object.entries(data.sights).filter(([of, { standing }]) => of === pointed || (standing && stage.arrows)).flatMap(
      ([of, { kind, symbol }]) => {
        const vector = this.vector(of, at);
        if (!vector?.every(Number.isFinite)) return [];
        const begins = at.python ? data.before : this.run?.x.map((values) => values[at.row - 1]);
        const way = kind === 'move' ? vector.map((value, axis) => value - begins[axis]) : vector;
        return [{ of, kind, symbol, vector: way, pointed: of === pointed, largest: this.longest(of, kind, vector) }];
      },
    );
  }

  // The longest side that the rectangle of a line has on the path.
  longest(of, kind, vector) {
    const { sides } = SIGHTS[kind];
    if (!sides) return 0;
    if (!this.run) return Math.max(...SIGHTS[kind].sides(vector));
    if (!this.largest.has(of)) {
      let largest = 0;
      for (const axis of ['0', '1']) {
        for (const value of this.runner.column(`${of}.${axis}`)?.subarray(1, this.run.n) ?? []) {
          const [side] = SIGHTS[kind].sides([value]);
          if (side > largest) largest = side;
        }
      }
      this.largest.set(of, largest);
    }
    return this.largest.get(of);
  }

  write(now) {
    const { data } = this;
    if (!data) return;
    this.follow();
    this.element.hidden = !this.track;
    if (!this.track) return;
    const at = this.at(now);
    const { row, python } = at;
    const written = `${row} ${python}`;
    if (this.written === written && this.source === this.run) return;
    this.written = written;
    this.source = this.run;
    const along = data.along && ` along ${data.along}`;
    const note = python ? '' : ': the arithmetic follows when all is at rest';
    this.head.textContent = row === 0 ? `${data.name} before its first step` : `Step ${digits(row)} of ${data.name}${along}${note}`;
    this.cells.forEach(({ numbers, now: cell }, line) => {
      const vector = python ? null : this.vector(String(line), at);
      numbers.hidden = !python || row === 0;
      cell.textContent = vector ? `= ${steady(vector[data.coordinate] ?? vector[0])}` : python || row === 0 ? '' : '= …';
    });
  }
}
