// The panel under the views: the clock's buttons and slider, and what every track reads at this moment.

const COPIED = 2500; // Milliseconds for which it is said.
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const ICONS = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  back: 'M6 5h2v14H6zM20 5v14l-10-7z',
  forward: 'M16 5h2v14h-2zM4 5v14l10-7z',
  loop: 'M7 7h10v3l4-4-4-4v3H5v6h2zM17 17H7v-3l-4 4 4 4v-3h12v-6h-2z',
  arrows: 'M5 19 15 9v5h2V5H8v2h5L3 17z',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2 1.4 1.4 1.2-1.2a2 2 0 0 1 2.9 2.9l-3 3a2 2 0 0 1-3-.2zM14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2-1.4-1.4-1.2 1.2a2 2 0 0 1-2.9-2.9l3-3a2 2 0 0 1 3 .2z',
  whole: 'M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z',
};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function icon(name) {
  const holder = document.createElement('span');
  // Only the HTML parser makes an SVG element without naming its namespace.
  holder.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  return holder.firstChild;
}

function button(name, label, act, shortcut = '') {
  const made = element('button', { type: 'button', class: `gd-button gd-${name}`, 'aria-label': label });
  made.title = shortcut ? `${label} (${shortcut})` : label;
  made.append(icon(name));
  made.addEventListener('click', act);
  return made;
}

function setIcon(made, name, label, shortcut) {
  made.replaceChildren(icon(name));
  made.setAttribute('aria-label', label);
  made.title = `${label} (${shortcut})`;
}

function buildPanel(stage) {
  const toggle = (name, label, key) => {
    const made = button(name, label, () => {
      stage[key] = !stage[key];
      made.setAttribute('aria-pressed', String(stage[key]));
      stage.dirty = true;
    });
    made.setAttribute('aria-pressed', String(stage[key]));
    return made;
  };
  const panel = {
    play: button('play', 'Play', () => stage.toggle(), 'space'),
    slider: element('input', { type: 'range', min: 0, step: 1, class: 'gd-slider', 'aria-label': 'Step' }),
    step: element('span', { class: 'gd-step' }),
    speed: element('select', { class: 'gd-speed', 'aria-label': 'Speed' }),
    table: element('table', { class: 'gd-table' }),
    said: element('span', { class: 'gd-said', 'aria-live': 'polite' }),
    copied: element('span', { class: 'gd-copied', role: 'status' }),
  };
  for (const speed of SPEEDS) {
    const option = element('option', { value: speed }, `${speed}×`);
    if (speed === stage.speed) option.selected = true;
    panel.speed.append(option);
  }
  panel.speed.addEventListener('change', () => (stage.speed = Number(panel.speed.value)));
  panel.slider.addEventListener('input', () => stage.seek(Number(panel.slider.value)));
  panel.slider.addEventListener('change', () => stage.rest());
  panel.bar = element(
    'div', { class: 'gd-bar' },
    button('back', 'One step back', () => stage.nudge(-1), '←'), panel.play,
    button('forward', 'One step forward', () => stage.nudge(1), '→'), panel.slider, panel.step, panel.speed,
    toggle('loop', 'Start again at the end', 'loop'), toggle('arrows', 'Show gradient and momentum arrows', 'arrows'),
    button('link', 'Copy link', () => copyLink(panel), 'h'),
    ...(document.fullscreenEnabled ? [button('whole', 'Fill the screen', () => stage.fill())] : []), panel.copied, panel.said,
  );
  return panel;
}

// The address of the page, which opens this very picture, onto the clipboard.
async function copyLink(panel) {
  const { href } = window.location;
  // Where a page is not secure there is no clipboard but that of the text that is chosen.
  const copied = await (navigator.clipboard ? navigator.clipboard.writeText(href) : Promise.reject()).then(
    () => true,
    () => {
      const text = element('textarea', { class: 'gd-said' });
      text.value = href;
      panel.bar.append(text);
      text.select();
      const done = document.execCommand('copy');
      text.remove();
      return done;
    },
  );
  panel.copied.textContent = copied ? 'Link copied' : 'Copy the address above';
  clearTimeout(panel.copying);
  panel.copying = setTimeout(() => (panel.copied.textContent = ''), COPIED);
}

// The table is made anew only when its rows change, so that a button keeps the focus; at each step just its numbers are.
function fillTable(stage) {
  const { tracks, variables, panel } = stage;
  stage.written = undefined;
  const columns = [...variables, 'loss', 'gradient norm'];
  const rows = JSON.stringify([columns, tracks.map(({ key, name, color, dash }) => [key, name, color, dash])]);
  if (stage.rows === rows) return;
  stage.rows = rows;
  const head = element('tr', {}, element('th', { scope: 'col' }, 'update rule'));
  for (const column of columns) head.append(element('th', { scope: 'col', class: 'gd-number' }, column));
  const body = element('tbody');
  stage.cells = tracks.map((track) => {
    const mark = element('button', { type: 'button', class: 'gd-track' });
    mark.title = `Show or hide ${track.name}`;
    const swatch = element('span', { class: `gd-swatch gd-${track.dash}`, style: `border-color: ${track.color}` });
    const note = element('span', { class: 'gd-note' });
    mark.append(swatch, element('span', {}, track.name), note);
    mark.addEventListener('click', () => stage.hide(track.key));
    const row = element('tr', {}, element('th', { scope: 'row' }, mark));
    const cells = columns.map(() => element('td', { class: 'gd-number' }));
    row.append(...cells);
    body.append(row);
    return { row, mark, cells, note };
  });
  panel.table.replaceChildren(element('thead', {}, head), body);
  markHidden(stage);
}

function markHidden(stage) {
  stage.cells.forEach(({ row, mark }, place) => {
    const hidden = stage.hidden.has(stage.tracks[place].key);
    row.classList.toggle('gd-hidden', hidden);
    mark.setAttribute('aria-pressed', String(!hidden));
  });
}

function writeNumbers(stage) {
  const { panel, tracks, t, steps, minimum } = stage;
  const now = Math.floor(t);
  if (stage.written === now) return;
  stage.written = now;
  panel.slider.max = steps;
  panel.slider.value = now;
  panel.slider.style.setProperty('--gd-at', `${(100 * now) / steps}%`);
  panel.slider.setAttribute('aria-valuetext', `Step ${digits(now)} of ${digits(steps)}`);
  panel.step.textContent = `${digits(now)} / ${digits(steps)}`;
  tracks.forEach((track, k) => {
    const row = Math.min(now, track.n - 1);
    const values = [...track.x.map((x) => x[row]), track.height[row] + minimum, track.norm[row]];
    const { cells, note } = stage.cells[k];
    cells.forEach((cell, c) => (cell.textContent = steady(values[c])));
    note.textContent = track.note && now >= track.n - 1 ? track.note : '';
  });
}
