// The stage: several views of the same paths on one clock. It sends nothing while it plays; when the clock rests, or
// a start is chosen, it tells Python.
//
// It is mounted in parts, so that what did not change need not be sent again: the code itself, `ground`s, which are
// figures without paths, the `stage`, which has the paths, and a `cue`, which tells a stage which step to show.

const stages = new Map();
const grounds = new Map();
const states = new WeakMap();
const pending = new Map();
// More than any page shows at once.
const GROUNDS = 8;
const DRAG = 4;
const GRAB = 16;
const RUN_SECONDS = 8;
const SLOWEST = 4;
// Milliseconds: after which a rest of the clock is told, and a chosen start that led to nothing is forgotten.
const REST = 120;
const PATIENCE = 2000;
// The largest share of a view's width that names beside curves may take.
const MARGIN = 0.25;
// Plotly's tools that have no use here, and those that would take a finger's drag from the page.
const NO_BUTTONS = ['select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines', 'resetCameraLastSave3d'];
const NO_TOUCH_BUTTONS = ['toImage', 'zoom2d', 'pan2d', 'zoom3d', 'pan3d', 'tableRotation'];

const nextFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

class Stage {
  constructor(root, send) {
    Object.assign(this, {
      root, send, t: 0, playing: false, loop: false, arrows: true, speed: 1, hidden: new Set(), views: [], tracks: [],
      cells: [], dirty: true, queue: Promise.resolve(), turn: 0, told: [],
    });
    this.calm = window.matchMedia('(prefers-reduced-motion: reduce)');
    this.coarse = window.matchMedia('(pointer: coarse)').matches;
    this.scene = element('div', { class: 'gd-views' });
    this.panel = buildPanel(this);
    root.append(this.scene, this.panel.bar, element('div', { class: 'gd-scroll' }, this.panel.table));
    root.addEventListener('keydown', (event) => this.key(event));
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(root);
    document.addEventListener('fullscreenchange', (this.filled = () => this.resize()));
    let last = performance.now();
    const frame = (now) => {
      this.frame = requestAnimationFrame(frame);
      this.tick((now - last) / 1000);
      last = now;
    };
    this.frame = requestAnimationFrame(frame);
  }

  end() {
    this.ended = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    clearTimeout(this.choosing);
    this.resized.disconnect();
    document.removeEventListener('fullscreenchange', this.filled);
    for (const view of this.views) window.Plotly?.purge(view.gd);
    this.root.replaceChildren();
  }

  // Takes what Python sent: paths, views and looks. Zoom, camera, clock and hidden tracks stay.
  update(data) {
    const first = this.steps === undefined;
    const wasAtEnd = first || this.t >= this.steps;
    // New paths are drawn at once where the landscape under them stays, and Plotly's share of them a frame later.
    // Otherwise they wait for their landscape.
    this.held = data.minimum !== this.minimum || !data.views.every(
      ({ kind, ground }, place) => this.views[place]?.view.kind === kind && this.views[place].view.ground === ground,
    );
    if (data.numbers !== this.data?.numbers) this.choose(null);
    this.data = data;
    this.steps = data.steps;
    this.minimum = data.minimum;
    this.variables = data.variables;
    this.tracks = decodeTracks(data);
    this.t = wasAtEnd ? this.steps : Math.min(this.t, this.steps);
    if (this.wanted !== undefined) this.t = Math.min(this.wanted, this.steps);
    this.wanted = undefined;
    if (first && data.autoplay && !this.calm.matches) Object.assign(this, { t: 0, playing: true });
    this.root.setAttribute('aria-label', data.label);
    fillTable(this);
    this.dirty = true;
    this.draw();
  }

  // Draws the figures that changed, in the colours of the theme as it is now; of several calls the last one counts.
  draw() {
    const turn = ++this.turn;
    this.queue = this.queue.then(nextFrame).then(() => turn === this.turn && this.react())
      .catch((error) => console.error(error));
  }

  async react() {
    const { data } = this;
    const Plotly = await loadPlotly(data.plotly);
    if (this.ended) return;
    this.colors = this.palette();
    const colors = JSON.stringify(this.colors);
    this.root.style.setProperty('--gd-height', `${data.height}px`);
    this.root.style.setProperty('--gd-rows', data.tracks.length + 1);
    this.root.style.colorScheme = this.colors.scheme;
    while (this.views.length > data.views.length) {
      const gone = this.views.pop();
      Plotly.purge(gone.gd);
      gone.box.remove();
    }
    for (const [place, view] of data.views.entries()) {
      const text = view.figure ?? grounds.get(view.ground);
      if (text === undefined) {
        this.waiting = view.ground;
        continue;
      }
      let shown = this.views[place];
      if (shown && shown.view.kind !== view.kind) {
        // A flat figure does not turn into one in space; both keep listeners of their own.
        Plotly.purge(shown.gd);
        shown.box.remove();
        shown = undefined;
      }
      if (!shown) {
        const gd = element('div', { class: 'gd-plot' });
        const box = element('div', { class: 'gd-view' }, gd);
        this.scene.insertBefore(box, this.scene.children[place] ?? null);
        shown = this.views[place] = { gd, box, cache: {}, canvas: element('canvas', { class: 'gd-canvas' }) };
        this.listen(shown);
      }
      shown.view = view;
      shown.box.setAttribute('role', 'img');
      shown.box.setAttribute('aria-label', view.label);
      // What this figure is made of: a landscape in space has no paths in it, and the margin of curves follows the width.
      const paths = view.kind === 'space' ? '' : `${JSON.stringify(view.traces)} ${[...this.hidden]} ${data.numbers}`;
      const made = `${text} ${colors} ${paths} ${view.kind === 'time' ? shown.box.clientWidth : ''}`;
      if (shown.made === made) continue;
      shown.made = made;
      const figure = figureOf(text, this.colors.map);
      const layout = this.layoutOf(figure.layout, shown.box.clientWidth);
      const traces = [...figure.data, ...tracesOf(view, this.tracks, this.colors.map, this.minimum, layout, this.hidden)];
      await Plotly.react(shown.gd, traces, layout, {
        displaylogo: false, scrollZoom: false, responsive: false, doubleClick: 'reset', showSendToCloud: false,
        modeBarButtonsToRemove: this.coarse ? [...NO_BUTTONS, ...NO_TOUCH_BUTTONS] : NO_BUTTONS,
      });
      if (this.ended) return;
      shown.cache = {};
    }
    this.held = false;
    this.dirty = true;
  }

  layoutOf(layout, width) {
    layout.font = { ...layout.font, family: this.colors.font };
    layout.autosize = true;
    const clear = 'rgba(0,0,0,0)';
    layout.modebar = { bgcolor: clear, color: this.colors.quiet, activecolor: this.colors.text };
    layout.margin.r = Math.min(layout.margin.r, Math.max(14, MARGIN * width));
    // A finger must be able to scroll the page past a plot.
    if (this.coarse) {
      layout.dragmode = false;
      if (layout.scene) layout.scene.dragmode = false;
      // Plotly's tools are always in sight there, so they need a place of their own.
      layout.margin.t = Math.max(layout.margin.t, 32);
    }
    return layout;
  }

  palette() {
    const style = getComputedStyle(this.root);
    const background = style.getPropertyValue('--st-background-color').trim();
    const [r, g, b] = (background.match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i) ?? [0, 'ff', 'ff', 'ff'])
      .slice(1).map((part) => parseInt(part, 16));
    const scheme = 0.3 * r + 0.6 * g + 0.1 * b < 128 ? 'dark' : 'light';
    return { ...this.data.looks[scheme], scheme, font: style.getPropertyValue('--st-font').trim() || 'sans-serif' };
  }

  tick(seconds) {
    if (this.playing) {
      const pace = Math.max(SLOWEST, this.steps / RUN_SECONDS) * this.speed;
      this.t += Math.min(seconds, 0.1) * pace;
      if (this.t >= this.steps) {
        if (this.loop) this.t = 0;
        else {
          this.t = this.steps;
          this.playing = false;
          this.rest();
        }
      }
      this.dirty = true;
    }
    if (this.held) return;
    let moved = this.dirty;
    const views = this.views.filter((shown) => {
      shown.seen = shown.gd._fullLayout ? signature(shown.view, shown.gd) : '';
      moved ||= shown.seen !== '' && shown.seen !== shown.cache.signature;
      return shown.seen;
    });
    if (!moved || !views.length) return;
    this.dirty = false;
    // Without motion the balls jump from step to step.
    const t = this.calm.matches ? Math.floor(this.t) : this.t;
    const scene = { ...this, t, font: this.colors.font };
    for (const { gd, view, canvas, cache, seen } of views) {
      const holder = gd.querySelector('.svg-container');
      if (canvas.parentElement !== holder) holder.append(canvas);
      drawView(view, gd, canvas, cache, scene, seen);
    }
    writeNumbers(this);
    setPlaying(this);
  }

  toggle() {
    if (!this.playing && this.t >= this.steps) this.t = 0;
    this.playing = !this.playing;
    this.dirty = true;
    if (!this.playing) {
      this.t = Math.floor(this.t);
      this.rest();
    }
  }

  seek(step) {
    this.playing = false;
    this.t = Math.min(Math.max(step, 0), this.steps);
    this.dirty = true;
  }

  nudge(by) {
    this.seek(Math.floor(this.t) + by);
    this.rest();
  }

  // The clock has come to rest: Python may want to know. Held keys are counted as one.
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      const step = Math.floor(this.t);
      this.panel.said.textContent = `Step ${step} of ${this.steps}`;
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
    this.told = [step];
    if (this.steps === undefined) this.wanted = step;
    else if (!this.playing) this.seek(step);
  }

  // The ring is shown where a start was chosen until its paths come; `at` is in pixels of `view`, or there is none.
  choose(view, at) {
    clearTimeout(this.choosing);
    this.ghost = view && { view, at };
    this.dirty = true;
  }

  hide(key) {
    if (!this.hidden.delete(key)) this.hidden.add(key);
    markHidden(this);
    this.dirty = true;
    this.draw();
  }

  key(event) {
    if (event.target.matches('select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ' ': () => this.toggle(), ArrowLeft: () => this.nudge(-1), ArrowRight: () => this.nudge(1),
      Home: () => { this.seek(0); this.rest(); }, End: () => { this.seek(this.steps); this.rest(); },
      h: () => copyLink(this.panel),
    };
    const act = acts[event.key];
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

  // A click in a landscape, or the start dragged to another place, is a new start.
  listen(shown) {
    const place = (event) => {
      const { xaxis, yaxis } = shown.gd._fullLayout;
      const box = shown.gd.getBoundingClientRect();
      return [
        xaxis.p2d(event.clientX - box.left - xaxis._offset), yaxis.p2d(event.clientY - box.top - yaxis._offset),
      ];
    };
    const usable = () => shown.view && ['plane', 'curve'].includes(shown.view.kind) && this.tracks.length > 0;
    const within = ([x, y]) => {
      const { xaxis, yaxis } = shown.gd._fullLayout;
      const between = (value, range) => value >= Math.min(...range) && value <= Math.max(...range);
      return between(x, xaxis.range) && between(y, yaxis.range);
    };
    const near = (event) => {
      const pixels = shown.cache.pixels?.[0];
      if (!pixels || !usable()) return false;
      const box = shown.gd.getBoundingClientRect();
      return Math.hypot(event.clientX - box.left - pixels[0], event.clientY - box.top - pixels[1]) < GRAB;
    };
    const spot = (event) => {
      const box = shown.gd.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let grabbed = false;
    shown.gd.addEventListener('pointerdown', (event) => {
      if (event.target.closest('.modebar')) return;
      // Plotly keeps the browser from moving the focus here.
      this.root.focus({ preventScroll: true });
      if (!usable() || event.button !== 0) return;
      grabbed = near(event);
      const drag = (move) => grabbed && this.choose(shown.view, spot(move));
      const drop = (up) => {
        window.removeEventListener('pointermove', drag, true);
        window.removeEventListener('pointerup', drop, true);
        window.removeEventListener('pointercancel', drop, true);
        const at = place(up);
        const clicked = Math.hypot(up.clientX - event.clientX, up.clientY - event.clientY) <= DRAG;
        if (up.type === 'pointerup' && (clicked || grabbed) && within(at)) {
          this.choose(shown.view, spot(up));
          this.choosing = setTimeout(() => this.choose(null), PATIENCE);
          this.send('start', at.slice(0, this.data.dimension));
        } else this.choose(null);
        grabbed = false;
      };
      // Plotly covers the page while a button is down, so the end of the gesture is only seen from the window.
      window.addEventListener('pointermove', drag, true);
      window.addEventListener('pointerup', drop, true);
      window.addEventListener('pointercancel', drop, true);
    }, true);
    // A drag of the start is ours: Plotly would zoom, and a finger would scroll the page.
    shown.gd.addEventListener('mousedown', (event) => grabbed && event.stopPropagation(), true);
    shown.gd.addEventListener('touchstart', (event) => {
      if (!grabbed) return;
      event.stopPropagation();
      event.preventDefault();
    }, { capture: true, passive: false });
    shown.gd.addEventListener('pointermove', (event) => {
      shown.gd.classList.toggle('gd-grab', grabbed || near(event));
    });
  }
}

function setPlaying(stage) {
  const name = stage.playing ? 'pause' : 'play';
  if (stage.shownIcon === name) return;
  stage.shownIcon = name;
  setIcon(stage.panel.play, name, stage.playing ? 'Pause' : 'Play', 'space');
}

// One part of a stage comes to the page, or comes again with other data or another theme; returns how it leaves.
function mount({ data: given, parentElement, setTriggerValue }) {
  const data = given instanceof Uint8Array ? unpacked(given) : given;
  if (data.part === 'ground') {
    grounds.delete(data.id);
    grounds.set(data.id, data.figure);
    if (grounds.size > GROUNDS) grounds.delete(grounds.keys().next().value);
    for (const stage of stages.values()) if (stage.waiting === data.id) stage.draw();
    return () => {};
  }
  if (data.part === 'cue') {
    const stage = stages.get(data.stage);
    if (stage) stage.cue(data.step);
    else pending.set(data.stage, data.step);
    return () => {};
  }
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
  if (pending.has(data.id)) {
    stage.cue(pending.get(data.id));
    pending.delete(data.id);
  }
  stage.update(data);
  return () => {
    stage.end();
    state.root.remove();
    states.delete(parentElement);
    if (stages.get(data.id) === stage) stages.delete(data.id);
  };
}

// The code itself is mounted: parts that came before it are waiting (`mount.js`).
export default function () {
  const desk = (window.gradientDescentStage ??= { early: [] });
  if (desk.mount) return;
  desk.mount = mount;
  for (const begin of desk.early.splice(0)) begin();
}
