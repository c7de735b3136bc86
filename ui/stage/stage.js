// The stage: several views of the same paths on one clock. It sends nothing while it plays; when the clock rests, or
// a start is chosen, it tells Python.
//
// The component is mounted in three parts, so that what did not change need not be sent again: a `ground` is a figure
// without paths, the `stage` itself has the paths, and a `cue` tells a stage which step to show.

const stages = new Map();
const grounds = new Map();
const states = new WeakMap();
const DRAG = 4;
const GRAB = 16;
const RUN_SECONDS = 8;
const SLOWEST = 4;

class Stage {
  constructor(root, send) {
    Object.assign(this, {
      root, send, t: 0, playing: false, loop: false, arrows: true, speed: 1, hidden: new Set(), views: [], tracks: [],
      cells: [], dirty: true, queue: Promise.resolve(),
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
    cancelAnimationFrame(this.frame);
    this.resized.disconnect();
    document.removeEventListener('fullscreenchange', this.filled);
    for (const view of this.views) window.Plotly?.purge(view.gd);
    this.root.replaceChildren();
  }

  // Takes what Python sent: paths, views and looks. Zoom, camera, clock and hidden tracks stay.
  update(data) {
    const wasAtEnd = this.steps === undefined || this.t >= this.steps;
    this.data = data;
    this.steps = data.steps;
    this.minimum = data.minimum;
    this.variables = data.variables;
    this.tracks = decodeTracks(data);
    this.t = wasAtEnd ? this.steps : Math.min(this.t, this.steps);
    if (this.wanted !== undefined) this.t = Math.min(this.wanted, this.steps);
    this.wanted = undefined;
    this.root.setAttribute('aria-label', data.label);
    fillTable(this);
    this.draw();
  }

  // Draws all figures again, in the colours of the theme as it is now.
  draw() {
    this.queue = this.queue.then(() => this.react()).catch((error) => console.error(error));
  }

  async react() {
    const { data } = this;
    const Plotly = await loadPlotly(data.plotly);
    this.colors = this.palette();
    this.root.style.setProperty('--gd-height', `${data.height}px`);
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
      const figure = figureOf(text, this.colors.map);
      const layout = this.layoutOf(figure.layout);
      const traces = [...figure.data, ...tracesOf(view, this.tracks, this.colors.map, this.minimum, layout, this.hidden)];
      await Plotly.react(shown.gd, traces, layout, {
        displaylogo: false, scrollZoom: false, responsive: false, doubleClick: 'reset',
        modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines', 'resetCameraLastSave3d'],
      });
      shown.cache = {};
    }
    this.dirty = true;
  }

  layoutOf(layout) {
    layout.font = { ...layout.font, family: this.colors.font };
    layout.autosize = true;
    const clear = 'rgba(0,0,0,0)';
    layout.modebar = { bgcolor: clear, color: this.colors.quiet, activecolor: this.colors.text };
    // A finger must be able to scroll the page past a plot.
    if (this.coarse) {
      layout.dragmode = false;
      if (layout.scene) layout.scene.dragmode = false;
    }
    return layout;
  }

  palette() {
    const style = getComputedStyle(this.root);
    const background = style.getPropertyValue('--st-background-color').trim();
    const [r, g, b] = (background.match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i) ?? [0, 'ff', 'ff', 'ff'])
      .slice(1).map((part) => parseInt(part, 16));
    const look = this.data.looks[0.3 * r + 0.6 * g + 0.1 * b < 128 ? 'dark' : 'light'];
    return { ...look, font: style.getPropertyValue('--st-font').trim() || 'sans-serif' };
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
    const views = this.views.filter(({ gd, view }) => gd._fullLayout && signature(view, gd));
    const moved = views.some(({ cache, gd, view }) => cache.signature !== signature(view, gd));
    if (!(this.dirty || moved) || !views.length) return;
    this.dirty = false;
    // Without motion the balls jump from step to step.
    const t = this.calm.matches ? Math.floor(this.t) : this.t;
    const scene = { ...this, t, colors: this.colors, font: this.colors.font };
    for (const { gd, view, canvas, cache } of views) {
      const holder = gd.querySelector('.svg-container');
      if (canvas.parentElement !== holder) holder.append(canvas);
      drawView(view, gd, canvas, cache, scene);
    }
    writeNumbers(this);
    setPlaying(this);
    this.frames = (this.frames ?? 0) + 1;
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
      if (step !== this.told) this.send('clock', (this.told = step));
    }, 120);
  }

  // Python asks for a step, from a number box or a link.
  cue(step) {
    this.told = step;
    if (this.steps === undefined) this.wanted = step;
    else if (!this.playing && step !== Math.floor(this.t)) this.seek(step);
  }

  hide(key) {
    if (!this.hidden.delete(key)) this.hidden.add(key);
    fillTable(this);
    this.draw();
  }

  key(event) {
    if (event.target.matches('select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ' ': () => this.toggle(), ArrowLeft: () => this.nudge(-1), ArrowRight: () => this.nudge(1),
      Home: () => { this.seek(0); this.rest(); }, End: () => { this.seek(this.steps); this.rest(); },
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
    for (const { gd } of this.views) if (gd._fullLayout) window.Plotly.Plots.resize(gd);
    this.dirty = true;
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
    let grabbed = false;
    shown.gd.addEventListener('pointerdown', (event) => {
      if (!usable() || event.button !== 0 || event.target.closest('.modebar')) return;
      grabbed = near(event);
      const drag = (move) => {
        if (!grabbed) return;
        const box = shown.gd.getBoundingClientRect();
        this.ghost = { view: shown.view, at: [move.clientX - box.left, move.clientY - box.top] };
        this.dirty = true;
      };
      const drop = (up) => {
        window.removeEventListener('pointermove', drag, true);
        window.removeEventListener('pointerup', drop, true);
        window.removeEventListener('pointercancel', drop, true);
        this.ghost = null;
        this.dirty = true;
        const at = place(up);
        const clicked = Math.hypot(up.clientX - event.clientX, up.clientY - event.clientY) <= DRAG;
        if (up.type === 'pointerup' && (clicked || grabbed) && within(at)) {
          this.send('start', at.slice(0, this.data.dimension));
        }
        grabbed = false;
      };
      // Plotly covers the page while a button is down, so the end of the gesture is only seen from the window.
      window.addEventListener('pointermove', drag, true);
      window.addEventListener('pointerup', drop, true);
      window.addEventListener('pointercancel', drop, true);
    }, true);
    // A drag of the start is ours; Plotly would zoom.
    for (const name of ['mousedown', 'touchstart']) {
      shown.gd.addEventListener(name, (event) => grabbed && event.stopPropagation(), true);
    }
    shown.gd.addEventListener('pointermove', (event) => {
      shown.gd.classList.toggle('gd-grab', grabbed || near(event));
    });
  }
}

function setPlaying(stage) {
  const name = stage.playing ? 'pause' : 'play';
  if (stage.shownIcon === name) return;
  stage.shownIcon = name;
  setIcon(stage.panel.play, name, stage.playing ? 'Pause (space)' : 'Play (space)');
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (data.part === 'ground') {
    grounds.set(data.id, data.figure);
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
  // The same data comes again when the theme changes.
  if (stage.data?.bytes === data.bytes && stage.data.key === data.key) {
    stage.data = data;
    stage.draw();
  } else stage.update(data);
  return () => {
    stage.end();
    state.root.remove();
    states.delete(parentElement);
    if (stages.get(data.id) === stage) stages.delete(data.id);
  };
}

const pending = new Map();
