// The bar under the views: the clock's buttons and slider, what is drawn, and the way to take the picture along.

import { button, element, setIcon } from './elements.js';
import { digits } from './numbers.js';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const COPIED = 2500; // Milliseconds for which it is said.

export class Bar {
  constructor(stage) {
    this.stage = stage;
    this.play = button('play', 'Play', () => stage.toggle(), { key: 'space' });
    this.slider = element('input', { type: 'range', min: 0, step: 1, class: 'gd-slider', 'aria-label': 'Step' });
    this.step = element('span', { class: 'gd-step' });
    this.speed = element('select', { class: 'gd-speed', 'aria-label': 'Speed' });
    this.said = element('span', { class: 'gd-said', 'aria-live': 'polite' });
    this.copied = element('span', { class: 'gd-copied', role: 'status' });
    for (const speed of SPEEDS) {
      const option = element('option', { value: speed }, `${speed}×`);
      option.selected = speed === stage.clock.speed;
      this.speed.append(option);
    }
    this.speed.addEventListener('change', () => (stage.clock.speed = Number(this.speed.value)));
    this.slider.addEventListener('input', () => stage.seek(Number(this.slider.value)));
    this.slider.addEventListener('change', () => stage.rest());
    const link = button('link', 'Copy link', () => this.copy(), { key: 'h', word: 'Copy link' });
    const whole = button('whole', 'Fill the screen', () => stage.fill(), { key: 'f', word: 'Full' });
    this.element = element(
      'div', { class: 'gd-bar' },
      this.play, button('back', 'One step back', () => stage.nudge(-1), { key: '←' }),
      button('forward', 'One step forward', () => stage.nudge(1), { key: '→' }), this.slider, this.step, this.speed,
      this.switched(stage.clock, 'loop', 'Start again at the end', 'Loop'),
      this.switched(stage, 'arrows', 'Show gradient and momentum arrows', 'Arrows'),
      button('reset', 'Back to the start, as it was opened', () => stage.reset(), { key: 'r', word: 'Reset' }), link,
      ...(document.fullscreenEnabled ? [whole] : []), this.copied, this.said,
    );
  }

  // A button that turns what `of` calls `name` on and off.
  switched(of, name, label, word) {
    const made = button(name, label, () => {
      of[name] = !of[name];
      made.setAttribute('aria-pressed', String(of[name]));
      this.stage.dirty = true;
    }, { word });
    made.setAttribute('aria-pressed', String(of[name]));
    return made;
  }

  // The address of the page, which opens this very picture, or the link of a stage without one, onto the clipboard.
  async copy() {
    const href = this.stage.data.alone?.link || window.location.href;
    // Where a page is not secure there is no clipboard but that of the text that is chosen.
    const copied = await (navigator.clipboard ? navigator.clipboard.writeText(href) : Promise.reject()).then(
      () => true,
      () => {
        const text = element('textarea', { class: 'gd-said' });
        text.value = href;
        this.element.append(text);
        text.select();
        const done = document.execCommand('copy');
        text.remove();
        return done;
      },
    );
    this.copied.textContent = copied ? 'Link copied' : 'Copy the address by hand';
    clearTimeout(this.copying);
    this.copying = setTimeout(() => (this.copied.textContent = ''), COPIED);
  }

  say(text) {
    this.said.textContent = text;
  }

  write(now, steps, playing) {
    this.slider.max = steps;
    this.slider.value = now;
    this.slider.style.setProperty('--gd-at', `${(100 * now) / steps}%`);
    this.slider.setAttribute('aria-valuetext', `Step ${digits(now)} of ${digits(steps)}`);
    this.step.textContent = `${digits(now)} / ${digits(steps)}`;
    const name = playing ? 'pause' : 'play';
    if (this.shown === name) return;
    this.shown = name;
    setIcon(this.play, name, playing ? 'Pause' : 'Play', 'space');
  }
}
