// Ends: where a rule ends at each place of a view, whose axes are two of its numbers or those of the start, with a legend.

import { FAILED, NOWHERE, counted, reader } from './arrival.js';
import { element } from './elements.js';
import { Mapper } from './maps.js';
import { digits } from './numbers.js';
import { flat } from './projections.js';

// How strong tints are; and the strongest and the weakest of minima that are too many for tints of their own.
const STRENGTH = { light: 0.5, dark: 0.42 };
const [STRONG, WEAK] = [0.9, 0.15];

const percent = (share) => `${digits(Number((100 * share).toPrecision(2)))} %`;
const written = (point) => (point.length > 1 ? `(${point.map(digits).join(', ')})` : digits(point[0]));

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

export class Ends {
  constructor(stage) {
    Object.assign(this, { stage, mapper: new Mapper(), canvas: document.createElement('canvas') });
    this.list = element('ul', { class: 'gd-ends' });
    this.head = element('span');
    this.said = element('span', { class: 'gd-said', role: 'status' });
    this.element = element('div', { class: 'gd-legend', hidden: '' }, this.head, this.list, this.said);
  }

  // What Python says of the ends to show, if any.
  get told() {
    return this.stage.data?.ends;
  }

  get shown() {
    return this.stage.views.find(({ view }) => view.kind === this.told?.view);
  }

  fill() {
    this.element.hidden = !this.told;
    this.written = false;
    this.known = JSON.stringify(this.told?.known);
    if (this.told && this.shown) return;
    this.end();
    this.head.textContent = this.told?.hint ?? '';
    this.list.replaceChildren();
    this.said.textContent = '';
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
    const numbers = Float64Array.from([...own, ...stage.begins]);
    for (const index of told.axes) numbers[index] = NaN;
    const ranges = [[...layout.xaxis.range], [...layout.yaxis.range]];
    const place = `${this.known} ${ranges}`;
    const key = `${told.id} ${numbers} ${stage.data.normals} ${place}`;
    if (this.mapper.ask?.key !== key) {
      const { id, known, columns, head } = told;
      this.ask = {
        key, place, ranges, known, head, id, source, numbers, normals: stage.normals, recorded: columns.length, blank: NOWHERE,
        read: reader(known, columns), axes: ranges.map((range, axis) => ({ index: told.axes[axis], range })), steps: own[0],
      };
    }
    this.mapper.follow(this.ask, held);
    const { sheet } = this.mapper;
    if (!sheet.changed && this.written) return false;
    sheet.changed = false;
    this.paint(sheet);
    this.write(sheet);
    return true;
  }

  // The map as a picture, of which each run is one dot.
  paint({ side, values, ask: { known } }) {
    this.canvas.width = this.canvas.height = side;
    const { colors } = this.stage;
    const pen = this.canvas.getContext('2d');
    const image = pen.createImageData(side, side);
    const minima = known.points.length;
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

  // Draws it, if `shown` is the view that it belongs to.
  draw(pen, shown) {
    const { sheet } = this.mapper;
    if (shown !== this.shown || !sheet) return;
    const [[left, right], [low, high]] = sheet.ask.ranges;
    const project = flat(shown.gd);
    const [from, to] = [project(left, high), project(right, low)];
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.canvas, from[0], from[1], to[0] - from[0], to[1] - from[1]);
  }

  // What each tint stands for and, once all is computed, how much of the picture has it. All have their place from the
  // beginning, so that nothing moves under a hand.
  write({ values, ask: { known: { points }, head, steps } }) {
    const { stage: { colors }, mapper: { complete } } = this;
    const counts = counted(values);
    const share = (test) => [...counts].reduce((sum, [value, count]) => sum + (test(value) ? count : 0), 0) / values.length;
    const entry = (value, text, test = (one) => one === value) => ({ tint: tintOf(value, points.length, colors), text, share: share(test) });
    const own = points.length > colors.basins.length ? points.slice(0, 1) : points;
    const entries = [
      ...own.map((point, value) => entry(value, written(point))),
      ...(own === points ? [] : [entry(1, `${digits(points.length - 1)} other minima, paler the higher`, (one) => one > 0)]),
      entry(NOWHERE, `not arrived in ${digits(steps)} steps`), entry(FAILED, 'diverged or undefined'),
    ];
    this.written = true;
    this.head.textContent = `${head}:`;
    this.list.replaceChildren(...entries.map(({ tint, text, share }) => {
      const swatch = element('span', { class: 'gd-tint' });
      if (tint) swatch.style.backgroundColor = `rgba(${channels(tint.color)}, ${STRENGTH[colors.scheme] * tint.strength})`;
      return element('li', {}, swatch, text, element('span', { class: 'gd-share' }, complete ? percent(share) : ''));
    }));
    if (complete) {
      this.said.textContent = `${head}: ${entries.map(({ text, share }) => `${text} ${percent(share)}`).join('; ')}`;
    }
  }
}
