// Dials: a slider that guides a hand and a box that takes any number, for one number of a run.

import { element } from './elements.js';
import { exact, typed } from './numbers.js';
import { STOPS, allowed, placeOf, turnedTo } from './scales.js';

// `turn(value)` is told of every value while the hand moves, `release(value)` of the one at which it stays.
export class Dial {
  constructor(spec, turn, release) {
    Object.assign(this, { spec, turn, release });
    const names = { 'aria-label': spec.label, title: spec.label };
    this.slider = element('input', { type: 'range', min: 0, max: STOPS, step: 1, class: 'gd-dial', ...names });
    this.box = element('input', { type: 'text', inputmode: 'decimal', class: 'gd-typed', autocomplete: 'off', ...names });
    this.slider.addEventListener('input', () => this.move(turnedTo(this.spec, this.value, Number(this.slider.value))));
    this.slider.addEventListener('change', () => this.settle());
    this.box.addEventListener('change', () => this.take(allowed(this.spec, typed(this.box.value))));
    this.box.addEventListener('keydown', (event) => {
      // The stage has keys of its own.
      event.stopPropagation();
      if (event.key === 'Escape') this.show(this.value);
      if (event.key === 'Enter') this.box.blur();
    });
    this.element = element('span', { class: 'gd-dials' }, this.slider, this.box);
    this.show(spec.value);
  }

  // Shows a value that came from elsewhere.
  show(value) {
    this.value = value;
    this.slider.value = Math.round(placeOf(this.spec, value) * STOPS);
    this.write();
  }

  write() {
    this.box.value = exact(this.value);
    this.box.classList.remove('gd-refused');
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

  take(value) {
    if (Number.isNaN(value)) {
      const [low, high] = this.spec.bounds;
      this.box.classList.add('gd-refused');
      this.box.title = `${this.spec.label}: ${this.spec.whole ? 'a whole number' : 'a number'} from ${exact(low)} to ${exact(high)}`;
      return;
    }
    this.show(value);
    this.turn(value);
    this.settle();
  }
}
