// The address of the page: after every run it says what the controls are set to, and its entry in the browser's history
// stays the same one. A link that leads to a place on its page is taken there.

const STILL = 3000; // Milliseconds in which what loads above a place may still push it down.
const MARGIN = "4.5rem"; // Streamlit's header lies over the top of the page.

function address() {
  const shown = { path: "", search: "", hash: "" };
  // Streamlit runs a page again when it is left or come back to, and takes a place on the page for another page as soon
  // as the address is not the one that it knows.
  window.addEventListener(
    "popstate",
    (event) => {
      const { pathname, search, hash } = window.location;
      if (pathname === shown.path && search === shown.search && hash !== shown.hash) event.stopImmediatePropagation();
      shown.hash = hash;
    },
    true,
  );
  return {
    show(query) {
      const { pathname, search, hash } = window.location;
      const embedding = [...new URLSearchParams(search)].filter(([key]) => key.startsWith("embed"));
      const whole = [query, String(new URLSearchParams(embedding))].filter(Boolean).join("&");
      const next = whole && `?${whole}`;
      if (next !== search) window.history.replaceState(window.history.state, "", pathname + next + hash);
      Object.assign(shown, { path: pathname, search: window.location.search, hash });
    },
  };
}

// Scrolls to the element with the key or id `name`, and stays with it until the page is still or the visitor moves.
function arrive(name) {
  const until = performance.now() + STILL;
  const leave = new AbortController();
  for (const type of ["wheel", "touchstart", "pointerdown", "keydown"])
    window.addEventListener(type, () => leave.abort(), { passive: true, signal: leave.signal });
  const approach = () => {
    const place = document.querySelector(`.st-key-${name}, #${name}`);
    if (place) {
      place.style.scrollMarginTop = MARGIN;
      place.scrollIntoView({ block: "start" });
    }
    if (performance.now() > until) leave.abort();
    if (!leave.signal.aborted) setTimeout(approach, 100);
  };
  approach();
}

export default function () {
  if (window.gradientDescentAddress?.show) return;
  const { early } = window.gradientDescentAddress ?? {};
  const { show } = address();
  window.gradientDescentAddress = {
    show({ query, done, at }) {
      show(query);
      remember({ page: window.location.pathname.split("/").pop(), query, done });
      if (at) arrive(at);
    },
    kept,
    forget,
  };
  if (early) window.gradientDescentAddress.show(early);
}
