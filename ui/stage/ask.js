// Asking: a question before the runs are played, how it is answered, and what is said to the answer.

import { element } from './elements.js';
import { typed } from './numbers.js';

const veils = new WeakMap();
const INTRODUCTION = { number: '', choice: '', place: 'Click in the picture, or type it:' };

// A track of which nothing but the start is seen.
function veiled(track) {
  if (!veils.has(track)) veils.set(track, { ...track, n: 1, note: '' });
  return veils.get(track);
}

export class Ask {
  data = {};

  constructor(stage) {
    this.stage = stage;
    this.element = element('div', { class: 'gd-ask', role: 'group', 'aria-label': 'Predict first', tabindex: -1, hidden: '' });
  }

  // Whether a question is open; what the hand turns ends it, and so does a look at the runs.
  get hides() {
    return Boolean(this.data.key) && !this.data.verdict && !this.left && !this.stage.moved;
  }

  // Whether a click in a picture is an answer.
  get wantsPlace() {
    return this.hides && this.data.kind === 'place';
  }

  seen(tracks) {
    return this.hides ? tracks.map(veiled) : tracks;
  }

  // The places to mark in a picture, with their words.
  get places() {
    const { yours = this.pointed, right } = this.data.places ?? {};
    const marks = this.hides || this.data.verdict ? [yours && { at: yours, words: 'you said', mark: 'cross' }] : [];
    if (!this.waits) marks.push(right && { at: right, words: 'it was here', mark: 'circle' });
    return marks.filter(Boolean);
  }

  // Takes what Python says there is to ask, or to say to an answer.
  fill(data = {}) {
    const { stage } = this;
    const text = JSON.stringify(data);
    if (text === this.text) {
      this.follow();
      return;
    }
    const first = this.text === undefined;
    const before = this.data;
    const hid = this.hides;
    // Ended by other settings, and by nothing that has set the clock itself.
    const back = before.key && !before.verdict && !this.left && !stage.clock.playing && !stage.eager;
    // The picture stays where it is.
    const height = this.element.offsetHeight + (stage.title.hidden ? 0 : stage.title.offsetHeight + 4);
    this.text = text;
    this.data = data;
    this.left = false;
    this.pointed = undefined;
    this.waits = false;
    if (data.verdict) {
      this.waits = !first;
      if (!first) this.play();
    } else if (data.key) {
      if (!hid) this.stood = first ? Infinity : stage.clock.t;
      stage.eager = false;
      stage.clock.seek(0);
    } else if (back) stage.clock.seek(this.stood);
    if (data.key && !before.key && !first) this.element.style.minHeight = `${height}px`;
    if (!data.key) this.element.style.minHeight = '';
    this.build();
    stage.dirty = true;
  }

  // Says what is said to the answer, once the run has been played.
  follow() {
    if (this.waits && !this.stage.clock.playing) {
      this.waits = false;
      this.build();
      this.stage.dirty = true;
    }
    const { hides } = this;
    if (hides === this.hid) return;
    this.hid = hides;
    this.stage.root.classList.toggle('gd-asking', hides);
    if (!hides && !this.data.verdict) this.build();
    this.stage.describe();
    this.stage.dirty = true;
  }

  build() {
    const { data, stage } = this;
    const open = data.key && (data.verdict || this.hides);
    const focused = this.element.contains(document.activeElement);
    this.element.hidden = !open && !data.offer;
    this.element.classList.toggle('gd-open', Boolean(open));
    stage.title.hidden = Boolean(open) || !stage.title.textContent;
    if (!open) this.element.replaceChildren(...(data.offer ? [this.offer()] : []));
    else if (data.verdict) this.tell();
    else this.question();
    if (focused) (this.element.querySelector('button, input') ?? this.element).focus({ preventScroll: true });
  }

  // The line that stands there as long as nothing is asked.
  offer() {
    const made = this.button('gd-offer', () => this.stage.send('ask', { open: this.data.offer }));
    made.append(element('b', {}, 'Predict first:'), ` ${this.data.of}`);
    made.title = this.data.of;
    made.dataset.done = `ask_${this.data.offer}`;
    return made;
  }

  button(kind, act, ...words) {
    const made = element('button', { type: 'button', class: `gd-button ${kind}` }, ...words);
    made.addEventListener('click', act);
    return made;
  }

  question() {
    const { data } = this;
    const choices = data.choices.map((choice) => this.button('gd-choice', () => this.answer(choice), choice));
    this.element.replaceChildren(
      element('span', { class: 'gd-question', role: 'status' }, data.question),
      ...(data.kind === 'choice' ? choices : this.fields()), this.button('gd-skip', () => this.skip(), 'Skip'),
    );
  }

  // Boxes for a number, or for each coordinate of a place.
  fields() {
    const { data, stage } = this;
    const names = data.kind === 'place' ? stage.variables : [data.unit || 'Your number'];
    this.boxes = names.map((name) => element('input', { type: 'text', inputmode: 'decimal', class: 'gd-typed', autocomplete: 'off', 'aria-label': name }));
    const give = () => {
      const numbers = this.boxes.map((box) => typed(box.value));
      this.boxes.forEach((box, at) => box.setAttribute('aria-invalid', String(!Number.isFinite(numbers[at]))));
      if (numbers.every(Number.isFinite)) this.answer(data.kind === 'place' ? numbers : numbers[0]);
      else this.boxes.find((_, at) => !Number.isFinite(numbers[at])).focus();
    };
    for (const box of this.boxes) {
      box.addEventListener('keydown', (event) => {
        // The stage has keys of its own.
        event.stopPropagation();
        if (event.key === 'Enter') give();
      });
    }
    const labels = this.boxes.map((box, at) => element('label', { class: 'gd-answer' }, ...(data.kind === 'place' ? [`${names[at]} `, box] : [box, ` ${data.unit}`])));
    const hint = INTRODUCTION[data.kind];
    return [...(hint ? [element('span', { class: 'gd-note' }, hint)] : []), ...labels, this.button('gd-choice', give, 'Answer')];
  }

  tell() {
    const { data, stage } = this;
    const words = this.waits ? `You said “${data.said}”. Watch.` : data.verdict;
    const another = data.offer && !this.waits
      ? [this.button('gd-choice', () => stage.send('ask', { open: data.offer }), data.offer === data.key ? 'Ask me again' : 'Ask me another')]
      : [];
    this.element.replaceChildren(
      element('p', { class: 'gd-verdict', role: 'status' }, element('b', {}, data.question), ` ${words}`), ...another,
      ...(this.waits ? [] : [this.button('gd-skip', () => stage.send('ask', { open: '' }), 'Close')]),
    );
  }

  // A place was pointed at; none, if it was taken back.
  point(place) {
    this.pointed = place ?? undefined;
    this.boxes?.forEach((box, at) => (box.value = place ? String(Number(place[at].toPrecision(4))) : ''));
    this.stage.dirty = true;
  }

  answer(value) {
    this.stage.send('ask', { answer: value });
  }

  give() {
    this.answer(this.pointed.slice(0, this.stage.data.dimension));
  }

  // The runs are looked at without an answer.
  leave() {
    if (!this.hides) return;
    this.left = true;
    this.stage.send('ask', { open: '' });
    this.follow();
  }

  skip() {
    this.leave();
    this.play();
  }

  // Once, from the start; without motion it is at its end.
  play() {
    const { stage } = this;
    stage.eager = false;
    stage.clock.seek(stage.calm.matches ? stage.steps : 0);
    stage.clock.playing = !stage.calm.matches;
    stage.dirty = true;
  }
}
