// Elements: the few kinds of HTML that a stage is made of.

const ICONS = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  back: 'M6 5h2v14H6zM20 5v14l-10-7z',
  forward: 'M16 5h2v14h-2zM4 5v14l10-7z',
  loop: 'M7 7h10v3l4-4-4-4v3H5v6h2zM17 17H7v-3l-4 4 4 4v-3h12v-6h-2z',
  arrows: 'M5 19 15 9v5h2V5H8v2h5L3 17z',
  reset: 'M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z',
  link: 'M3.9 12a3.1 3.1 0 0 1 3.1-3.1h4V7H7a5 5 0 0 0 0 10h4v-1.9H7A3.1 3.1 0 0 1 3.9 12zM8 13h8v-2H8zm9-6h-4v1.9h4a3.1 3.1 0 0 1 0 6.2h-4V17h4a5 5 0 0 0 0-10z',
  whole: 'M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z',
  more: 'M7 10l5 5 5-5z',
  double: 'M16 1H4v16h2V3h10zm4 4H8v18h12zm-2 16h-8V7h8z',
  remove: 'M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z',
};

export function element(tag, attributes = {}, ...children) {
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

// A button with an icon; where there is room for it, `word` stands beside it.
export function button(name, label, act, { key = '', word = '' } = {}) {
  const made = element('button', { type: 'button', class: `gd-button gd-${name}`, 'aria-label': label });
  made.title = key ? `${label} (${key})` : label;
  made.append(icon(name), ...(word ? [element('span', { class: 'gd-word' }, word)] : []));
  made.addEventListener('click', act);
  return made;
}

export function setIcon(made, name, label, key) {
  made.firstChild.replaceWith(icon(name));
  made.setAttribute('aria-label', label);
  made.title = `${label} (${key})`;
}
