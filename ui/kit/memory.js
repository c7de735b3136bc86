// Memory: where the reader was and what was done there, kept in this browser and sent nowhere unless a page asks for it.
// What was done bears a tick, which is drawn beside it or over it, so that nothing moves.

const KEPT = "gradient-descent-guide";
const LONGEST = 3900; // Characters of a link that is worth keeping.
const KEY = /^[\w-]{1,80}$/;

// What is kept as a text; nothing where the browser keeps nothing.
function kept() {
  try {
    return window.localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

function recalled() {
  try {
    return { done: [], ...JSON.parse(kept()) };
  } catch {
    return { done: [] };
  }
}

function tick() {
  const { done } = recalled();
  const style = document.getElementById(KEPT) ?? document.head.appendChild(document.createElement("style"));
  style.id = KEPT;
  const keys = [].concat(done).filter((key) => KEY.test(key));
  const rule = (selector, look) => `${keys.map(selector).join(", ")} { ${look} }`;
  style.textContent = keys.length
    ? rule((key) => `.st-key-${key}`, "position: relative;") +
      rule(
        (key) => `.st-key-${key}::after`,
        // In the margin of a card.
        'content: "✓" / "done before"; position: absolute; top: 0.1rem; left: 0.3rem; font-size: 0.8rem; font-weight: 700;',
      ) +
      rule((key) => `[data-done="${key}"]::after`, 'content: " ✓" / " answered before"; font-weight: 700;')
    : "";
}

// Keeps where the reader is, but for the home page, which has no name, and what was `done`, by the keys of elements.
function remember({ page, query, done }) {
  if (!page && !done.length) return tick();
  const before = recalled();
  const now = { ...before, done: [...new Set([].concat(before.done, done))] };
  const stop = Number(new URLSearchParams(query).get("tour"));
  if (page) now.last = { page, query: query.length > LONGEST ? "" : query };
  if (stop) now.tour = stop;
  try {
    window.localStorage.setItem(KEPT, JSON.stringify(now));
  } catch {
    // This browser keeps nothing, and the guide works without.
  }
  tick();
}

function forget() {
  try {
    window.localStorage.removeItem(KEPT);
  } catch {
    // Nothing was kept.
  }
  tick();
}
