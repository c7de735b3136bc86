// The heading of a stage on a projector: its title, its formulas and the task, which stand on the page otherwise.

import { element } from './elements.js';
import { loadFormulas } from './formulas.js';

const STILL = 4000; // Milliseconds in which what stands above a stage may push it down, in a window of a new size too.

export class Heading {
  constructor(stage) {
    this.stage = stage;
    this.element = element('div', { class: 'gd-heading', hidden: '' });
  }

  fill(data) {
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    this.shown = Boolean(data);
    this.element.hidden = !data;
    this.stage.root.classList.toggle('gd-projected', this.shown);
    if (!data) return;
    const formulas = element('span', { class: 'gd-formula' });
    this.element.replaceChildren(element('h2', {}, data.title), formulas);
    if (data.task) this.element.append(element('p', {}, element('b', {}, 'Task. '), data.task));
    loadFormulas(data.katex).then((set) => {
      formulas.replaceChildren(...data.formulas.flatMap((formula) => [set(formula), ' \u2003 ']));
    });
  }

  // Back to the page as it is on a desk, by the button for that, which a projector may not have in sight.
  leave() {
    document.querySelector('.st-key-unproject button')?.click();
  }

  // The first stage of a page takes the keys, once: a teacher stands at a distance.
  arrive() {
    const { root } = this.stage;
    if (!this.shown || this.came || root !== document.querySelector('.gd-stage')) return;
    this.came = true;
    root.focus({ preventScroll: true });
    let until = 0;
    const moved = new AbortController();
    for (const type of ['wheel', 'touchstart', 'pointerdown', 'keydown']) {
      window.addEventListener(type, () => moved.abort(), { passive: true, signal: moved.signal });
    }
    const approach = () => {
      if (this.stage.ended) moved.abort();
      if (moved.signal.aborted) return;
      root.scrollIntoView({ block: 'start' });
      if (performance.now() < until) setTimeout(approach, 100);
    };
    const begin = () => {
      const waits = performance.now() < until;
      until = performance.now() + STILL;
      if (!waits) approach();
    };
    window.addEventListener('resize', begin, { signal: moved.signal });
    begin();
  }
}
