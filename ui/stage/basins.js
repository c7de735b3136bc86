// Basins: under the paths on contour lines, where a rule ends from each start, with a legend that says it in words.

import { FAILED, NOWHERE, counted, reader } from './arrival.js';
import { element } from './elements.js';
import { Mapper } from './maps.js';
import { digits } from './numbers.js';
import { flat } from './projections.js';

// How strong tints are; and the strongest and the weakest of minima that are too many for tints of their own.
const STRENGTH = { light: 0.5, dark: 0.42 };
const [STRONG, WEAK] = [0.9, 0.15];

const percent = (count, all) => `${digits(Number(((100 * count) / all).toPrecision(count === all ? 3 : 2)))} %`;
const written = (point) => `(${point.map(digits).join(', ')})`;

// The tint of each value, as a colour and how strong it is: one for each of the minima, the lowest first. If they are too
// many for that, those above the lowest share one, which is the weaker the higher they are. Nowhere has none.
export function tintOf(value, minima, { basins, quiet }) {
  if (value === NOWHERE) return null;
  if (value === FAILED) return { color: quiet, strength: 1 };
  if (minima <= basins.length) return { color: basins[value], strength: 1 };
  if (!value) return { color: basins[0], strength: 1 };
  return { color: basins[1], strength: STRONG - ((STRONG - WEAK) * (value - 1)) / Math.max(1, minima - 2) };
}

const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

export class Basins {
  constructor(stage) {
    Object.assign(this, { stage, mapper: new Mapper(), canvas: document.createElement('canvas') });
    this.list = element('ul', { class: 'gd-basins' });
    this.head = element('span');
    this.said = element('span', { class: 'gd-said', role: 'status' });
    this.element = element('div', { class: 'gd-legend', hidden: '' }, this.head, this.list, this.said);
  }

  // What Python says of the basins to show, if any.
  get told() {
    return this.stage.data?.basins;
  }

  get shown() {
    return this.stage.views.find(({ view }) => view.kind === 'plane');
  }

  fill() {
    this.element.hidden = !this.told;
    this.written = undefined;
    if (!this.told || !this.shown) this.end();
    if (this.told && !this.shown) {
      this.head.textContent = 'Basins are shown on the contour lines.';
      this.list.replaceChildren();
    }
  }

  end() {
    this.mapper.end();
  }

  // Has computed what the hand, the noise and the part of the landscape that is seen ask for; returns whether there is
  // something new to draw.
  follow(sources, held) {
    const { stage, told, shown } = this;
    const track = told && stage.settled.find(({ key }) => key === told.track);
    const layout = shown?.gd._fullLayout;
    const source = sources.get(told?.id);
    if (!track || !layout?.xaxis?.range || source === undefined) return false;
    const own = stage.numbersOf(track);
    if (stage.lacks(own)) return false;
    const ranges = [[...layout.xaxis.range], [...layout.yaxis.range]];
    const place = JSON.stringify(ranges);
    const key = JSON.stringify([told.id, [...own], stage.data.normals, told.known, ranges]);
    if (this.mapper.ask?.key !== key) {
      this.ask = {
        key, place, ranges, id: told.id, source, normals: stage.normals, recorded: told.columns.length, blank: NOWHERE,
        numbers: Float64Array.from([...own, ...stage.begins]), read: reader(told.known, told.columns),
        axes: ranges.map((range, axis) => ({ index: own.length + axis, range })), steps: own[0],
      };
    }
    this.mapper.follow(this.ask, held);
    const { sheet } = this.mapper;
    if (!sheet.changed && this.written !== undefined) return false;
    sheet.changed = false;
    this.paint(sheet);
    this.write(track.name);
    return true;
  }

  // The map as a picture, of which each run is one dot.
  paint({ side, values }) {
    this.canvas.width = this.canvas.height = side;
    const { colors } = this.stage;
    const pen = this.canvas.getContext('2d');
    const image = pen.createImageData(side, side);
    const minima = this.told.known.points.length;
    const dots = new Map([...counted(values).keys()].map((value) => {
      const tint = tintOf(value, minima, colors);
      return [value, tint && [...channels(tint.color), 255 * STRENGTH[colors.scheme] * tint.strength]];
    }));
    values.forEach((value, at) => {
      const dot = dots.get(value);
      // Pictures begin at the top.
      if (dot) image.data.set(dot, 4 * ((side - 1 - Math.floor(at / side)) * side + (at % side)));
    });
    pen.putImageData(image, 0, 0);
  }

  draw(pen, gd) {
    const { sheet } = this.mapper;
    if (!this.told || !sheet) return;
    const [[left, right], [low, high]] = sheet.ask.ranges;
    const project = flat(gd);
    const [from, to] = [project(left, high), project(right, low)];
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.canvas, from[0], from[1], to[0] - from[0], to[1] - from[1]);
  }

  // What each tint stands for and, once all is computed, how much of the picture has it.
  write(name) {
    const { stage: { colors }, mapper: { sheet, complete } } = this;
    const { points } = this.told.known;
    const counts = counted(sheet.values);
    const many = points.length > colors.basins.length;
    const rest = [...counts].reduce((sum, [value, count]) => sum + (value > 0 ? count : 0), 0);
    const steps = `not arrived in ${digits(sheet.ask.steps)} steps`;
    const entries = [
      ...(many
        ? [[0, written(points[0]), counts.get(0)], [1, `${digits(points.length - 1)} other minima, paler the higher`, rest]]
        : points.map((point, value) => [value, written(point), counts.get(value)])),
      [NOWHERE, steps, counts.get(NOWHERE)], [FAILED, 'diverged or undefined', counts.get(FAILED)],
    ].filter(([value, , count]) => count || (value >= 0 && !many));
    const words = entries.map(([, text, count]) => (complete ? `${text} ${percent(count ?? 0, sheet.values.length)}` : text));
    this.written = `${words} ${colors.scheme}`;
    this.head.textContent = `Where ${name} ends from each start:`;
    this.list.replaceChildren(...entries.map(([value], place) => {
      const tint = tintOf(value, points.length, colors);
      const swatch = element('span', { class: 'gd-tint' });
      if (tint) {
        swatch.style.backgroundColor = `rgba(${channels(tint.color)}, ${STRENGTH[colors.scheme] * tint.strength})`;
      }
      return element('li', {}, swatch, words[place]);
    }));
    if (complete) this.said.textContent = `Basins of ${name}: ${words.join('; ')}`;
  }
}
