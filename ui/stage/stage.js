// The stage: several views of the same paths on one clock. It sends nothing while it plays or while a hand turns
// something; when the clock rests, or the hand lets go, it tells Python, whose paths then take the place of its own.
//
// It is mounted in parts, so that what did not change need not be sent again: the code itself, `ground`s, which are
// figures without paths, `programs` and `normals`, which the runs are computed with here, `map`s, programs of many runs,
// the `stage`, which has the paths, and a `cue`, which tells a stage which step to show, also in numbers.

import { Ask } from './ask.js';
import { decades, reach, widened } from './axes.js';
import { Bar } from './bar.js';
import { Clock } from './clock.js';
import { Dial } from './dials.js';
import { element } from './elements.js';
import { Ends } from './ends.js';
import { listen } from './gestures.js';
import { Heading } from './heading.js';
import { VIEWS, drawView } from './kinds.js';
import { Ledger } from './ledger.js';
import { Runner, bring } from './live.js';
import { digits } from './numbers.js';
import { retell } from './outcome.js';
import { configOf, figureOf, homeOf, layoutOf, loadPlotly, tracesOf } from './plots.js';
import { Rows } from './rows.js';
import { channel, decodeTracks, unpacked } from './tracks.js';
import { spread } from './scales.js';

const stages = new Map();
const grounds = new Map();
const tables = new Map();
const maps = new Map();
const states = new WeakMap();
const pending = new Map();
// More than any page shows at once.
const KEPT = 8;
// Milliseconds: after which a rest of the clock is told; after which what Python did not take up is forgotten; and
// between two times that axes are made wider.
const REST = 120;
const PATIENCE = 4000;
const WIDEN = 120;
// How near a reader must be for a stage to be drawn: within half a screen, also where only a part of the page scrolls.
const NEAR = { rootMargin: '50%', scrollMargin: '50%' };

const nextFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const keep = (map, key, value) => {
  map.delete(key);
  map.set(key, value);
  if (map.size > KEPT) map.delete(map.keys().next().value);
};

class Stage {
  constructor(root, send) {
    Object.assign(this, {
      root, send, arrows: true, hidden: new Set(), views: [], tracks: [], runners: new Map(), dirty: true,
      queue: Promise.resolve(), turn: 0, told: [], chosen: 0,
    });
    // What the hand has changed and Python has not taken up yet: values by the key of their dial, and the start.
    this.turning = new Map();
    this.start = null;
    this.stands = null;
    this.stale = false;
    this.clock = new Clock();
    this.calm = window.matchMedia('(prefers-reduced-motion: reduce)');
    this.contrast = window.matchMedia('(prefers-contrast: more)');
    this.contrast.onchange = () => (this.dirty = true);
    this.coarse = window.matchMedia('(pointer: coarse)').matches;
    this.heading = new Heading(this);
    this.title = element('p', { class: 'gd-title' });
    this.hint = element('p', { class: 'gd-hint' });
    this.result = element('p', { class: 'gd-said' });
    this.scene = element('div', { class: 'gd-views' });
    this.tabs = element('div', { class: 'gd-tabs', role: 'group', 'aria-label': 'View' });
    this.ask = new Ask(this);
    this.bar = new Bar(this);
    this.ends = new Ends(this);
    this.rows = new Rows(this);
    this.ledger = new Ledger(this);
    const rows = element('div', { class: 'gd-scroll' }, this.rows.element);
    root.append(
      this.heading.element, this.title, this.ask.element, this.result, this.tabs, this.scene, this.ends.element, this.bar.element, rows,
      this.ledger.element, this.hint,
    );
    root.addEventListener('keydown', (event) => this.key(event));
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(root);
    document.addEventListener('fullscreenchange', (this.filled = () => this.resize()));
    this.paper = window.matchMedia('print');
    this.paper.onchange = () => this.print();
    this.watched = new IntersectionObserver(([{ isIntersecting }]) => {
      this.visible = isIntersecting;
      this.begin();
    }, { threshold: 0.5 });
    this.watched.observe(this.scene);
    // What is far below is drawn when the reader comes near: the first picture of a page need not wait for the last.
    this.near = new Promise((come) => {
      this.awaited = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && come(), NEAR);
      this.awaited.observe(this.scene);
    });
    let last = performance.now();
    const frame = (now) => {
      this.frame = requestAnimationFrame(frame);
      this.tick((now - last) / 1000);
      last = now;
    };
    this.frame = requestAnimationFrame(frame);
  }

  get steps() {
    return this.clock.steps;
  }

  // Letters and marks are larger where a view fills a large screen.
  get scale() {
    if (document.fullscreenElement === this.root) return Math.max(1, Math.min(2.2, this.root.clientHeight / 700));
    return this.data?.heading?.enlarged ?? 1;
  }

  end() {
    this.ended = true;
    this.ends.end();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    clearTimeout(this.forgetting);
    this.resized.disconnect();
    this.watched.disconnect();
    this.awaited.disconnect();
    this.paper.onchange = this.contrast.onchange = null;
    document.removeEventListener('fullscreenchange', this.filled);
    for (const { gd } of this.views) window.Plotly?.purge(gd);
    this.root.replaceChildren();
  }

  // Takes what Python sent: paths, views and looks. Zoom, camera, clock and hidden tracks stay.
  update(data) {
    const previous = this.data;
    const first = previous === undefined;
    // New paths are drawn at once where the landscape under them stays, and Plotly's share of them a frame later.
    // Otherwise they wait for their landscape.
    this.held = data.minimum !== this.minimum || !data.views.every(
      ({ kind, ground }, place) => this.views[place]?.view.kind === kind && this.views[place].view.ground === ground,
    );
    this.data = data;
    this.minimum = data.minimum;
    this.variables = data.variables;
    this.confirm();
    this.tracks = this.settled = decodeTracks(data);
    this.clock.lasts(data.steps);
    if (first) this.clock.t = data.steps;
    if (this.wanted !== undefined) this.clock.t = Math.min(this.wanted, data.steps);
    this.wanted = undefined;
    // A stage plays once when it is first seen, and a scenario when it is opened.
    const opens = first ? data.first : data.look_for && data.look_for !== previous.look_for;
    if (opens && !this.calm.matches) {
      this.clock.seek(0);
      this.eager = true;
      this.begin();
    }
    const places = data.tracks.map(({ key, live }) => [key, live]).filter(([, live]) => live);
    this.runners = new Map(places.map(([key, { program }]) => {
      const runner = this.runners.get(key);
      // One that was too slow has another try under another hand.
      return [key, runner?.program.id === program.id && !runner.heavy ? runner : new Runner(program)];
    }));
    this.root.setAttribute('aria-label', data.label);
    this.result.id = `${data.id}_result`;
    this.root.setAttribute('aria-describedby', this.result.id);
    this.title.textContent = data.look_for ?? '';
    this.title.hidden = !data.look_for;
    this.heading.fill(data.heading);
    this.ask.fill(data.ask);
    this.describe();
    this.hint.textContent = data.hint;
    this.paint();
    // They keep the place before there is anything to draw with.
    if (first) this.lay();
    this.rows.fill();
    this.stale = this.moved;
    this.dirty = true;
    this.draw();
    this.heading.arrive();
  }

  // Says what the views show, to who cannot see them.
  describe() {
    this.result.textContent = this.ask.hides ? 'The paths are hidden until the question is answered or skipped.' : retell(this.settled.filter(({ key }) => !this.hidden.has(key)), this.minimum);
  }

  // Colours and heights as the theme and the number of rows are now.
  paint() {
    const style = getComputedStyle(this.root);
    const background = style.getPropertyValue('--st-background-color').trim();
    const [r, g, b] = (background.match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i) ?? [0, 'ff', 'ff', 'ff'])
      .slice(1).map((part) => parseInt(part, 16));
    const scheme = 0.3 * r + 0.6 * g + 0.1 * b < 128 ? 'dark' : 'light';
    const font = style.getPropertyValue('--st-font').trim() || 'sans-serif';
    this.colors = { ...this.data.looks[scheme], scheme, font };
    for (const track of new Set([...this.settled, ...this.tracks])) Object.assign(track, track.tints[scheme]);
    this.root.style.setProperty('--gd-height', `${this.data.height}px`);
    this.root.style.setProperty('--gd-rows', this.data.tracks.length + 1);
    this.root.style.colorScheme = scheme;
  }

  // Draws the figures that changed, in the colours of the theme as it is now; of several calls the last one counts.
  draw() {
    const turn = ++this.turn;
    this.queue = this.queue.then(() => this.near).then(nextFrame).then(() => turn === this.turn && this.react())
      .catch((error) => console.error(error));
  }

  async react() {
    const { data } = this;
    // All of them before any is drawn: they share the width.
    const views = this.lay();
    const Plotly = await loadPlotly(data.plotly);
    if (this.ended) return;
    this.paint();
    this.rows.fill();
    const { scale } = this;
    for (const shown of views) {
      const { view } = shown;
      // One that is not chosen is drawn when it is.
      if (!shown.box.clientWidth) continue;
      const text = view.figure ?? grounds.get(view.ground);
      if (text === undefined) {
        this.waiting = view.ground;
        continue;
      }
      // What this figure is made of: some have no paths in them, and the margin of curves follows the width.
      const paths = view.traces.length ? `${JSON.stringify(view.traces)} ${[...this.hidden]} ${data.numbers}` : '';
      const width = view.kind === 'time' ? shown.box.clientWidth : '';
      const made = `${text} ${JSON.stringify(this.colors)} ${paths} ${width} ${scale}`;
      if (shown.made === made && !shown.wide) continue;
      shown.made = made;
      shown.wide = false;
      const figure = figureOf(text, this.colors.map);
      const layout = layoutOf(figure.layout, shown.box.clientWidth, shown.box.clientHeight, this.colors, this.coarse, scale);
      const traces = [...figure.data, ...tracesOf(view, this.settled, this.hidden, this.minimum, layout)];
      shown.home = homeOf(layout);
      await Plotly.react(shown.gd, traces, layout, configOf(this.coarse));
      if (this.ended) return;
      // Its tools are for the mouse; the keyboard has the bar.
      for (const tool of shown.gd.querySelectorAll('.modebar-btn')) tool.setAttribute('tabindex', '-1');
      shown.drawn = undefined;
    }
    this.held = false;
    this.dirty = true;
    this.ends.fill();
  }

  // A box for every view.
  lay() {
    const { views } = this.data;
    while (this.views.length > views.length) this.drop(this.views.pop());
    const boxes = views.map((view, place) => this.viewAt(place, view));
    // Made again, a button would lose the focus.
    const names = views.map(({ tab }) => tab);
    if (names.join() !== [...this.tabs.children].map((made) => made.textContent).join()) {
      this.tabs.replaceChildren(...names.map((name, place) => {
        const made = element('button', { type: 'button', class: 'gd-button' }, name);
        made.addEventListener('click', () => {
          this.choose(place);
          this.draw();
        });
        return made;
      }));
    }
    this.choose(Math.min(this.chosen, views.length - 1));
    return boxes;
  }

  // Which view is seen where there is room for one.
  choose(place) {
    this.chosen = place;
    this.tabs.hidden = this.views.length < 2;
    for (const [index, { box }] of this.views.entries()) {
      box.classList.toggle('gd-chosen', index === place);
      this.tabs.children[index].setAttribute('aria-pressed', index === place);
    }
  }

  drop({ gd, box }) {
    window.Plotly?.purge(gd);
    this.resized.unobserve(box);
    box.remove();
  }

  // The element of a view, made if there is none of its kind yet: a flat figure does not turn into one in space.
  viewAt(place, view) {
    let shown = this.views[place];
    if (shown && shown.view.kind !== view.kind) {
      this.drop(shown);
      shown = undefined;
    }
    if (!shown) {
      const gd = element('div', { class: 'gd-plot' });
      const box = element('div', { class: `gd-view gd-${view.kind}` }, gd);
      this.scene.insertBefore(box, this.scene.children[place] ?? null);
      this.resized.observe(box);
      shown = this.views[place] = { gd, box, canvas: element('canvas', { class: 'gd-canvas' }) };
      listen(this, shown);
    }
    shown.view = view;
    shown.box.classList.toggle('gd-broad', Boolean(view.broad));
    shown.box.setAttribute('role', 'group');
    shown.box.setAttribute('aria-label', view.label);
    shown.box.setAttribute('aria-describedby', this.result.id);
    return shown;
  }

  tick(seconds) {
    if (this.clock.playing) {
      if (this.clock.run(seconds)) this.rest();
      this.dirty = true;
    }
    if (this.held && this.views.some(({ made }) => made)) return;
    if (this.stale) this.compute();
    else if (this.narrow) this.widen();
    this.ask.follow();
    const held = this.holding || [...this.turning.values()].some((turned) => turned.held);
    let moved = this.ends.follow(maps, held) || this.dirty;
    const views = this.views.filter((shown) => {
      shown.seen = shown.gd._fullLayout ? VIEWS[shown.view.kind].signature(shown.gd) : '';
      moved ||= shown.seen !== '' && shown.seen !== shown.drawn;
      return shown.seen;
    });
    // Rows and bar are written also while no view has been drawn.
    if (!moved || !this.data) return;
    this.dirty = false;
    // Without motion the balls jump from step to step.
    const t = this.calm.matches ? Math.floor(this.clock.t) : this.clock.t;
    const { minimum, colors, arrows, scale, ledger } = this;
    const { hides, places } = this.ask;
    const ends = hides ? { draw() {} } : this.ends;
    const shared = {
      t, minimum, colors, arrows, scale, ledger, ends, hides, places, font: colors.font, moved: this.moved, contrast: this.contrast.matches,
      turned: (key) => this.turning.get(key)?.value,
    };
    const visible = this.ask.seen(this.tracks).filter(({ key }) => !this.hidden.has(key));
    const now = Math.floor(this.clock.t);
    ledger.write(now);
    for (const shown of views) {
      const holder = shown.gd.querySelector('.svg-container');
      if (shown.canvas.parentElement !== holder) holder.append(shown.canvas);
      const ring = this.ghost?.shown === shown ? this.ghost.at : undefined;
      drawView(shown, { ...shared, ring }, visible);
    }
    this.rows.write(now);
    this.bar.write(now, this.steps, this.clock.playing);
  }

  // --- The clock ---

  // Plays what was to be played once it can be seen.
  begin() {
    if (!this.eager || !this.visible) return;
    this.eager = false;
    this.clock.playing = this.dirty = true;
  }

  toggle() {
    this.ask.leave();
    this.eager = false;
    this.clock.toggle();
    this.dirty = true;
    if (!this.clock.playing) this.rest();
  }

  seek(step) {
    this.ask.leave();
    this.eager = false;
    this.clock.seek(step);
    this.dirty = true;
  }

  nudge(by) {
    this.seek(Math.floor(this.clock.t) + by);
    this.rest();
  }

  // The clock has come to rest: Python may want to know. Held keys are counted as one.
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      const step = Math.floor(this.clock.t);
      this.bar.say(`Step ${digits(step)} of ${digits(this.steps)}`);
      if (step === this.told.at(-1)) return;
      this.told.push(step);
      this.send('clock', step);
    }, REST);
  }

  // Python asks for a step, from a number box or a link. What only repeats what it was told must not turn back a clock
  // that has moved on since.
  cue(step) {
    const place = this.told.lastIndexOf(step);
    if (place >= 0) {
      this.told.splice(0, place);
      return;
    }
    // The first that comes only says where a link has the clock.
    if (this.ask.hides && !this.told.length) {
      this.told = [step];
      return;
    }
    this.told = [step];
    if (this.data === undefined) this.wanted = step;
    else if (!this.clock.playing && !this.eager) this.seek(step);
  }

  // As it was opened: before the first step, and nothing zoomed or turned.
  reset() {
    this.nudge(-Infinity);
    // Plotly keeps what it is given, and changes it with the next zoom.
    for (const { gd, home } of this.views) if (gd._fullLayout && home) window.Plotly.relayout(gd, structuredClone(home));
  }

  // --- The hand ---

  // Whether anything is not as Python has it.
  get moved() {
    return this.start !== null || this.turning.size > 0;
  }

  // What Python has taken up is no longer the hand's.
  confirm() {
    const { data } = this;
    const values = new Map(
      [...data.tracks.flatMap(({ dials }) => dials), ...data.everyone].map(({ key, value }) => [key, value]),
    );
    for (const [key, { value, held }] of this.turning) {
      if (!held && (!values.has(key) || values.get(key) === value)) this.turning.delete(key);
    }
    if (this.start && !this.holding && data.start.every((value, place) => value === this.start[place])) this.forget();
  }

  // Nothing more is expected of the start that was chosen.
  forget() {
    clearTimeout(this.forgetting);
    this.start = this.stands;
    this.ghost = null;
    this.stale = this.dirty = true;
  }

  undone() {
    this.holding = false;
    this.forget();
  }

  // The start is being dragged to a place, in data coordinates and in pixels of a view.
  dragged(shown, place, at) {
    clearTimeout(this.forgetting);
    this.holding = true;
    this.start = this.data.domain.map(([low, high], axis) => {
      if (this.data.fixed[axis]) return this.data.start[axis];
      // As Python will round it.
      const digits = Math.min(100, Math.max(0, 3 - Math.floor(Math.log10(high - low))));
      return Number(place[axis].toFixed(digits)) + 0;
    });
    this.ghost = { shown, at };
    this.stale = this.dirty = true;
  }

  dropped() {
    this.holding = false;
    this.send('start', this.start);
    // Where no one answers, what a hand sets stands.
    if (this.data.alone) this.stands = this.start;
    else this.forgetting = setTimeout(() => this.forget(), PATIENCE);
  }

  // What Python says of the dial of a key.
  spec(key) {
    const { tracks, everyone } = this.data;
    return [...tracks.flatMap(({ dials }) => dials), ...everyone].find((one) => one.key === key);
  }

  // A number has a value that Python does not know, and its dial shows it; once it is let go, Python has some time to
  // take it up.
  hold(key, value, held) {
    this.turning.set(key, { value, held });
    this.rows.follow(key, value);
    this.stale = this.dirty = true;
    if (!held && !this.data.alone) setTimeout(() => this.lapse(key, value), PATIENCE);
  }

  // Tells Python what was turned. Held arrow keys are counted as one.
  report() {
    clearTimeout(this.releasing);
    this.releasing = setTimeout(() => {
      this.send('dial', Object.fromEntries([...this.turning].map(([key, turned]) => [key, turned.value])));
      this.rows.fill();
    }, REST);
  }

  // A dial for a number of one racer, or of all of them.
  dial(spec) {
    const turn = (value) => this.hold(spec.key, value, true);
    const release = (value) => {
      if (spec.spread) this.settle(spec, value);
      else this.hold(spec.key, value, false);
      this.report();
    };
    return new Dial(spec, turn, release);
  }

  // A value that Python did not take up in time.
  lapse(key, value) {
    const turned = this.turning.get(key);
    if (turned && !turned.held && turned.value === value) this.unturn([key]);
  }

  // The numbers of these keys are Python's again.
  unturn(keys) {
    for (const key of keys) this.turning.delete(key);
    this.rows.fill();
    this.stale = this.dirty = true;
  }

  // The numbers of a racer's run as the hand has them.
  numbersOf({ live, dials = [] }) {
    const numbers = Float64Array.from(live.numbers);
    for (const { key, index } of dials) numbers[index] = this.turning.get(key)?.value ?? numbers[index];
    for (const spec of this.data.everyone) {
      const turned = this.turning.get(spec.key);
      if (!turned) continue;
      if (!spec.spread) numbers[spec.index] = turned.value;
      for (const own of spec.spread ? dials.filter(({ name, locked }) => name === spec.name && !locked) : []) {
        numbers[own.index] = spread(spec, turned.value, numbers[own.index], own);
      }
    }
    return numbers;
  }

  // Lets go of a dial that all racers share: what it made of the number of each becomes that number.
  settle(spec, value) {
    const free = ({ name, locked }) => name === spec.name && !locked;
    for (const own of this.data.tracks.flatMap(({ dials }) => dials).filter(free)) {
      const now = this.turning.get(own.key)?.value ?? own.value;
      this.hold(own.key, spread(spec, value, now, own), false);
    }
    this.turning.delete(spec.key);
  }

  get normals() {
    return tables.get(this.data.normals) ?? new Float64Array(0);
  }

  // Where the runs begin.
  get begins() {
    return this.start ?? this.data.start;
  }

  // Whether there is too little noise here for a run with `numbers`.
  lacks(numbers) {
    return numbers[1] > 0 && this.normals.length < numbers[0] * this.data.dimension;
  }

  // Takes the runs anew as the hand has them; what cannot be computed here stays as Python computed it.
  compute() {
    this.stale = false;
    const { data } = this;
    let last = data.steps;
    this.tracks = this.settled.map((track) => {
      const runner = this.runners.get(track.key);
      if (!this.moved || !runner) return track;
      const numbers = this.numbersOf(track);
      const noisy = this.lacks(numbers);
      if (!runner.ready || (runner.heavy && !data.alone) || noisy) {
        if (!runner.ready) this.stale = true;
        return { ...track, heavy: runner.heavy || noisy };
      }
      last = numbers[0];
      return runner.take(track, numbers, this.begins, this.normals, this.minimum);
    });
    if (data.alone) {
      this.settled = this.tracks;
      this.describe();
    }
    this.clock.lasts(this.moved ? last : data.steps);
    // The ring is drawn where the paths begin as soon as they follow.
    if (this.moved && this.runners.size) this.ghost = null;
    this.widen();
    this.dirty = true;
  }

  // Makes the axes of curves over time wide enough for what the hand has made of them.
  widen() {
    const now = performance.now();
    // A hand that stays where it is gives no other occasion.
    this.narrow = this.moved && this.widening > now - WIDEN;
    if (this.narrow || !this.moved) return;
    this.widening = now;
    for (const shown of this.views) {
      if (shown.view.kind !== 'time' || shown.view.channels[0] !== 'step' || !shown.gd._fullLayout?.yaxis) continue;
      const { xaxis, yaxis } = shown.gd._fullLayout;
      const values = this.tracks.map((track) => channel(track, shown.view.channels[1], this.minimum));
      const up = widened(yaxis.range, reach(values, yaxis.type === 'log', shown.view.floor));
      const across = [xaxis.range[0], this.steps];
      if (up === yaxis.range && across[1] === xaxis.range[1]) continue;
      shown.wide = true;
      const ticks = yaxis.type === 'log' ? { 'yaxis.dtick': decades(up) } : {};
      window.Plotly.relayout(shown.gd, { 'yaxis.range': up, 'xaxis.range': across, ...ticks });
    }
  }

  hide(key) {
    if (!this.hidden.delete(key)) this.hidden.add(key);
    this.rows.mark();
    this.describe();
    this.dirty = true;
    this.draw();
  }

  key(event) {
    if (event.target.matches('select, input, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ' ': () => this.toggle(), ArrowLeft: () => this.nudge(-1), ArrowRight: () => this.nudge(1),
      Home: () => this.nudge(-Infinity), End: () => this.nudge(Infinity),
      h: () => this.bar.copy(), r: () => this.reset(), f: () => this.fill(),
      ...(this.heading.shown && { Escape: () => this.heading.leave() }),
    };
    const act = acts[event.key.length > 1 ? event.key : event.key.toLowerCase()];
    // A focused button answers to the space bar itself.
    if (!act || (event.key === ' ' && event.target.matches('button'))) return;
    event.preventDefault();
    act();
  }

  fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  resize() {
    const shown = this.views.filter(({ gd }) => gd._fullLayout && gd.clientWidth);
    if (!shown.length) return;
    for (const { gd } of shown) window.Plotly.Plots.resize(gd);
    this.dirty = true;
    this.draw();
  }

  // Is as wide as the paper, or as the screen again. A browser that prints waits for no frame.
  async print() {
    await this.react();
    for (const { gd } of this.views) if (gd._fullLayout && gd.clientWidth) window.Plotly.relayout(gd, { autosize: true });
    this.dirty = true;
    this.tick(0);
  }
}

// Does something with a stage, once it has come.
function tell(id, act) {
  const stage = stages.get(id);
  if (stage) act(stage);
  else pending.set(id, [...(pending.get(id) ?? []), act]);
}

// What a part of a stage does when it comes to the page, by its kind; it may return how it leaves.
const PARTS = {
  ground({ id, figure }) {
    keep(grounds, id, figure);
    for (const stage of stages.values()) if (stage.waiting === id) stage.draw();
  },
  programs({ sources }) {
    for (const [id, source] of Object.entries(sources)) {
      bring(id, source, () => {
        for (const stage of stages.values()) stage.dirty = true;
      });
    }
  },
  map({ id, source }) {
    keep(maps, id, source);
  },
  normals({ id, bytes }) {
    keep(tables, id, new Float64Array(bytes.slice().buffer));
  },
  cue({ stage, step, ledger }) {
    tell(stage, (told) => {
      told.cue(step);
      if (ledger) told.ledger.fill(ledger);
    });
  },
  stage(data, { parentElement, setTriggerValue }) {
    let state = states.get(parentElement);
    if (!state) {
      const root = element('div', { class: 'gd-stage', tabindex: 0, role: 'group', 'aria-roledescription': 'animation' });
      parentElement.append(root);
      state = { stage: new Stage(root, setTriggerValue), root };
      states.set(parentElement, state);
    }
    const { stage } = state;
    stage.send = setTriggerValue;
    stages.set(data.id, stage);
    for (const act of pending.get(data.id) ?? []) act(stage);
    pending.delete(data.id);
    stage.update(data);
    return () => {
      stage.end();
      state.root.remove();
      states.delete(parentElement);
      if (stages.get(data.id) === stage) stages.delete(data.id);
    };
  },
};

// One part comes to the page, or comes again with other data or another theme; returns how it leaves.
function mount(part) {
  const data = part.data instanceof Uint8Array ? unpacked(part.data) : part.data;
  return PARTS[data.part](data, part) ?? (() => {});
}

// The code itself is mounted: parts that came before it are waiting (`mount.js`).
export function enter() {
  const desk = (window.gradientDescentStage ??= { early: [] });
  if (desk.mount) return;
  desk.mount = mount;
  for (const begin of desk.early.splice(0)) begin();
}
