// The rows under the bar: one for each racer, with its dials and what it reads at this moment, and one for all of them.

import { Dial } from './dials.js';
import { button, element } from './elements.js';
import { SHAPES } from './marks.js';
import { steady } from './numbers.js';

const SWATCH = 30;

// The dash and the shape of a racer, as they are in the picture.
function swatch(track) {
  const ratio = window.devicePixelRatio || 1;
  const made = element('canvas', { class: 'gd-swatch', width: SWATCH * ratio, height: 16 * ratio, 'aria-hidden': 'true' });
  const pen = made.getContext('2d');
  pen.scale(ratio, ratio);
  pen.strokeStyle = pen.fillStyle = track.color;
  pen.lineWidth = 2.4;
  pen.setLineDash({ solid: [], dash: [5, 3], dot: [2, 3], dashdot: [5, 3, 2, 3] }[track.dash]);
  pen.beginPath();
  pen.moveTo(0, 8);
  pen.lineTo(SWATCH, 8);
  pen.stroke();
  pen.setLineDash([]);
  pen.translate(SWATCH / 2, 8);
  pen.beginPath();
  SHAPES[track.shape](pen, 5);
  pen.fill();
  return made;
}

export class Rows {
  constructor(stage) {
    this.stage = stage;
    this.element = element('table', { class: 'gd-table' });
    this.unfolded = new Set();
  }

  // Made anew only when what stands in them changes, so that a dial keeps the focus; otherwise just their numbers are.
  fill() {
    const { tracks, variables, data } = this.stage;
    this.written = undefined;
    const stays = ({ key, name, color, ink, dash, shape, dials, schedule, follows }) =>
      [key, name, color, ink, dash, shape, schedule, follows, dials.map(({ value, ...spec }) => spec)];
    const made = JSON.stringify([variables, tracks.map(stays), data.everyone.map(({ value, ...spec }) => spec)]);
    if (this.made !== made) {
      this.made = made;
      this.build();
    }
    for (const { dials, specs } of this.groups) dials.forEach((dial, place) => this.refresh(dial, specs()[place]));
    this.mark();
  }

  // Python's value, unless the hand has moved on since it was told.
  refresh(dial, spec) {
    dial.spec = spec;
    dial.fix(spec);
    if (!this.stage.turning.has(spec.key) && document.activeElement !== dial.box) dial.show(spec.value);
  }

  // The dial of a key shows a number that was turned elsewhere.
  follow(key, value) {
    const dials = this.groups.flatMap((group) => group.dials);
    for (const dial of dials) if (dial.spec.key === key && dial.value !== value) dial.show(value);
  }

  build() {
    const { stage } = this;
    const { tracks, variables, data } = stage;
    const dialled = tracks.some(({ dials }) => dials.length);
    const columns = [...variables, 'loss', 'gradient norm'];
    const head = element('tr', {}, element('th', { scope: 'col' }, data.who));
    if (dialled) head.append(element('th', { scope: 'col', class: 'gd-rate' }, 'learning rate'));
    const numeric = (column) => `gd-number gd-${column.replace(' ', '-')}`;
    for (const column of columns) head.append(element('th', { scope: 'col', class: numeric(column) }, column));
    if (dialled) head.append(element('th', { scope: 'col', class: 'gd-acts' }, element('span', { class: 'gd-said' }, 'more')));
    const body = element('tbody');
    this.groups = [];
    this.cells = tracks.map((track, place) => {
      const mark = element('button', { type: 'button', class: 'gd-track' });
      mark.title = `Show or hide ${track.name}`;
      const note = element('span', { class: 'gd-note' });
      const name = element('span', { style: `color: ${track.ink}` }, track.name);
      mark.append(swatch(track), element('span', { class: 'gd-name' }, name, note));
      mark.addEventListener('click', () => stage.hide(track.key));
      const row = element('tr', {}, element('th', { scope: 'row' }, mark));
      const cells = columns.map((column) => element('td', { class: numeric(column) }));
      const specs = () => stage.data.tracks[place].dials;
      const dials = specs().map((spec) => stage.dial(spec));
      this.groups.push({ dials, specs });
      if (dialled) row.append(element('td', {}, ...(dials.length ? [dials[0].element] : [])));
      row.append(...cells);
      if (dialled) row.append(element('td', { class: 'gd-acts' }, ...this.acts(track, dials.slice(1), row)));
      body.append(row);
      if (this.folds(dials)) body.append(this.fold(track.key, dials.slice(1), columns.length + 3, track.schedule));
      return { row, mark, cells, note };
    });
    if (data.everyone.length) this.everyone(body, columns.length + 3);
    this.element.replaceChildren(element('thead', {}, head), body);
  }

  // Whether more belongs to a row than its first dial.
  folds(dials) {
    return dials.length > 1 || (dials.length && this.stage.data.schedules.length);
  }

  acts(track, others, row) {
    const { stage } = this;
    const made = [];
    if (this.folds(['', ...others])) {
      const more = button('more', `More of ${track.name}`, () => {
        const open = !this.unfolded.delete(track.key) && this.unfolded.add(track.key);
        row.nextElementSibling.hidden = !open;
        more.setAttribute('aria-expanded', String(Boolean(open)));
      });
      more.setAttribute('aria-expanded', String(this.unfolded.has(track.key)));
      made.push(more);
    }
    if (track.twin) made.push(button('double', `Race ${track.name} against itself`, () => stage.send('racers', { add: track.twin })));
    if (track.leaves) made.push(button('remove', `Take ${track.name} out`, () => stage.send('racers', { remove: track.name })));
    return made;
  }

  fold(key, dials, width, schedule) {
    const cell = element('td', { colspan: width, class: 'gd-unfolded' }, ...dials.map((dial) => this.named(dial)));
    if (this.stage.data.schedules.length) cell.append(this.schedules(key, schedule));
    const row = element('tr', {}, cell);
    row.hidden = !this.unfolded.has(key);
    return row;
  }

  // A list of schedules for one racer, or for all of them, which have `chosen` if they have one.
  schedules(racer, chosen) {
    const list = element('select', { class: 'gd-speed' });
    for (const name of [...(chosen ? [] : ['each its own']), ...this.stage.data.schedules]) {
      const option = element('option', {}, name);
      option.selected = name === chosen;
      list.append(option);
    }
    const follows = this.stage.data.tracks.filter(({ key }) => !racer || key === racer);
    list.disabled = follows.every((track) => track.follows === false);
    list.addEventListener('change', () => this.stage.send('schedule', { racer, name: list.value }));
    return element('label', { class: 'gd-named' }, element('span', {}, 'Schedule'), list);
  }

  // One row that turns something for all racers at once.
  everyone(body, width) {
    const { stage } = this;
    const specs = () => stage.data.everyone;
    const dials = specs().map((spec) => stage.dial(spec));
    this.groups.push({ dials, specs });
    const row = element('tr', { class: 'gd-everyone' }, element('th', { scope: 'row' }, 'all of them'));
    row.append(element('td', { colspan: width - 2 }, ...dials.slice(0, 1).map((dial) => this.named(dial))));
    row.append(element('td', { class: 'gd-acts' }, ...this.acts({ key: '', name: 'all of them' }, dials.slice(1), row)));
    body.append(row);
    const [first, ...others] = new Set(stage.tracks.map(({ schedule }) => schedule));
    if (this.folds(dials)) body.append(this.fold('', dials.slice(1), width, others.length ? '' : first));
  }

  named(dial) {
    const made = element('label', { class: 'gd-named' }, element('span', {}, dial.spec.label), dial.element);
    made.hidden = dial.element.hidden;
    return made;
  }

  mark() {
    const { tracks, hidden } = this.stage;
    this.cells.forEach(({ row, mark }, place) => {
      const away = hidden.has(tracks[place].key);
      row.classList.toggle('gd-hidden', away);
      mark.setAttribute('aria-pressed', String(!away));
    });
  }

  write(now) {
    const { tracks, minimum } = this.stage;
    if (this.written === now && this.of === tracks) return;
    this.written = now;
    this.of = tracks;
    tracks.forEach((track, place) => {
      const row = Math.min(now, track.n - 1);
      const values = [...track.x.map((x) => x[row]), track.height[row] + minimum, track.norm[row]];
      const { cells, note } = this.cells[place];
      cells.forEach((cell, column) => (cell.textContent = steady(values[column])));
      note.textContent = track.heavy ? 'follows when the hand lets go' : track.note && now >= track.n - 1 ? track.note : '';
    });
  }
}
