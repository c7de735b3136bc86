// Dials: a slider that guides a hand and a box that takes any number, for one number of a run.

import { element } from './elements.js';
import { digits, exact, typed } from './numbers.js';
import { STOPS, allowed, nextTo, placeOf, valueAt } from './scales.js';

// Where the keys of a slider lead.
const WAYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

// `turn(value)` is told of every value while the hand moves, `release(value)` of the one at which it stays.
export class Dial {
  constructor(spec, turn, release) {
    Object.assign(this, { spec, turn, release });
    const names = { 'aria-label': spec.label, title: spec.label };
    this.slider = element('input', { type: 'range', min: 0, max: STOPS, step: 1, class: 'gd-dial', ...names });
    this.box = element('input', { type: 'text', inputmode: 'decimal', class: 'gd-typed', autocomplete: 'off', ...names });
    this.slider.addEventListener('input', () => this.move(valueAt(this.spec, Number(this.slider.value) / STOPS)));
    this.slider.addEventListener('change', () => this.settle());
    this.slider.addEventListener('keydown', (event) => {
      const way = WAYS[event.key];
      if (!way) return;
      event.preventDefault();
      this.take(nextTo(this.spec, this.value, way));
    });
    this.box.addEventListener('change', () => this.take(allowed(this.spec, typed(this.box.value))));
    this.box.addEventListener('keydown', (event) => {
      // The stage has keys of its own.
      event.stopPropagation();
      if (event.key === 'Escape') this.show(this.value);
      if (event.key === 'Enter') this.box.blur();
    });
    this.refusal = element('span', { class: 'gd-refusal', role: 'alert' });
    this.element = element('span', { class: 'gd-dials' }, this.slider, this.box, this.refusal);
    this.fix(spec);
    this.show(spec.value);
  }

  // What the link has locked cannot be turned, and what it hides is not there.
  fix({ locked, hidden }) {
    this.slider.disabled = this.box.disabled = Boolean(locked);
    this.element.hidden = Boolean(hidden);
  }

  // Shows a value that came from elsewhere.
  show(value) {
    this.value = value;
    this.slider.value = Math.round(placeOf(this.spec, value) * STOPS);
    this.write();
  }

  write() {
    this.box.value = exact(this.value);
    this.refuse('');
    this.slider.setAttribute('aria-valuetext', exact(this.value));
    this.slider.style.setProperty('--gd-at', `${(100 * Number(this.slider.value)) / STOPS}%`);
  }

  move(value) {
    this.value = value;
    this.write();
    this.turn(value);
  }

  settle() {
    this.release(this.value);
  }

  // Says what is allowed instead of what was typed; nothing, if that is allowed.
  refuse(allowed) {
    this.box.setAttribute('aria-invalid', String(allowed !== ''));
    this.refusal.textContent = allowed;
  }

  take(value) {
    if (Number.isNaN(value)) {
      const [low, high] = this.spec.bounds;
      this.refuse(`${this.spec.whole ? 'a whole number' : 'a number'} from ${digits(low)} to ${digits(high)}`);
      return;
    }
    this.show(value);
    this.turn(value);
    this.settle();
  }
}
