// The meaning of a term, shown while the mouse or the keyboard is on a mark of it, and by a tap. A mark is a link to the
// glossary whose title is the meaning. A browser shows titles to the mouse only, so while this tip is on it takes their
// place.

const MARK = 'a[href^="reference?"][href$="topic=glossary"]';
const PAUSE = 200; // Milliseconds in which a mouse may cross a mark, or the gap to the tip, without effect.
const GAP = 6, EDGE = 8; // Pixels to the mark and to the edges of the window.

export default function ({ parentElement }) {
  const tip = Object.assign(document.createElement("div"), { id: "gd-term", className: "gd-term", popover: "manual" });
  tip.setAttribute("role", "tooltip");
  parentElement.append(tip);
  const leave = new AbortController();
  let mark = null;
  let timer = 0;
  let touched = false;

  const soon = (act) => {
    clearTimeout(timer);
    timer = setTimeout(act, PAUSE);
  };
  const place = () => {
    const { left, top, bottom } = mark.getClientRects()[0];
    const below = bottom + GAP + tip.offsetHeight + EDGE <= window.innerHeight;
    tip.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - tip.offsetWidth - EDGE))}px`;
    tip.style.top = `${below ? bottom + GAP : top - GAP - tip.offsetHeight}px`;
  };
  const hide = () => {
    clearTimeout(timer);
    if (!mark) return;
    mark.title = tip.textContent;
    mark.removeAttribute("aria-describedby");
    mark = null;
    tip.hidePopover();
  };
  const show = (next) => {
    clearTimeout(timer);
    if (next === mark) return;
    hide();
    mark = next;
    tip.textContent = mark.title;
    mark.removeAttribute("title");
    mark.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    place();
  };
  const on = (type, act) => document.addEventListener(type, act, { capture: true, signal: leave.signal });

  on("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const over = target.closest(MARK);
    if (over) soon(() => show(over));
    else if (tip.contains(target)) clearTimeout(timer);
    // What the keyboard is on stays.
    else if (!mark?.matches(":focus-visible")) soon(hide);
  });
  on("pointerdown", ({ target, pointerType }) => {
    touched = pointerType === "touch";
    if (!target.closest(MARK) && !tip.contains(target)) hide();
  });
  // A finger cannot hover: its first tap shows the meaning, the next one follows the link.
  on("click", (event) => {
    const over = event.target.closest(MARK);
    if (!over || !touched || over === mark) return;
    event.preventDefault();
    show(over);
  });
  on("focusin", ({ target }) => (target.matches(`${MARK}:focus-visible`) && !touched ? show(target) : hide()));
  on("focusout", hide);
  on("keydown", ({ key }) => {
    touched = false;
    if (key === "Escape") hide();
  });
  on("scroll", () => mark && place());
  return () => {
    hide();
    leave.abort();
    tip.remove();
  };
}
