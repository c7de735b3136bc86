// Gestures: a click, or a drag of what a view gives a hand to hold (`grips.js`), puts it in another place.

import { PLACE, START } from './grips.js';
import { VIEWS } from './kinds.js';

// Pixels: what moves less is a click, and what is nearer to the grip takes hold of it.
const DRAG = 4;
const GRAB = 16;
// Milliseconds in which a second click may follow, which sets the zoom back and moves nothing.
const DOUBLE = 250;

// Listens on the figure of a view; `stage` is told where its grip is dragged, where it is let go, and what is given up.
export function listen(stage, shown) {
  const { gd } = shown;
  const spot = (event) => {
    const box = gd.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const place = (event) => {
    const { xaxis, yaxis } = gd._fullLayout;
    const [x, y] = spot(event);
    return [xaxis.p2d(x - xaxis._offset), yaxis.p2d(y - yaxis._offset)];
  };
  const grip = () => {
    const own = shown.view && stage.tracks.length > 0 ? VIEWS[shown.view.kind].grip : null;
    const taken = own === START && stage.ask.wantsPlace ? PLACE : own;
    return taken?.moves(stage, shown) ? taken : null;
  };
  const taken = ([x, y]) => {
    if (grip().clamps) return true;
    const { xaxis, yaxis } = gd._fullLayout;
    const holds = (value, range) => value >= Math.min(...range) && value <= Math.max(...range);
    return holds(x, xaxis.range) && holds(y, yaxis.range);
  };
  const near = (event) => Boolean(grip()) && grip().away(stage, shown, spot(event)) < GRAB;
  let grabbed = false;
  let clicking;
  gd.addEventListener('pointerdown', (event) => {
    const again = clicking !== undefined;
    clearTimeout(clicking);
    clicking = undefined;
    if (again) grip()?.undo(stage, shown);
    if (event.target.closest('.modebar')) return;
    // Plotly keeps the browser from moving the focus here.
    stage.root.focus({ preventScroll: true });
    if (!grip() || event.button !== 0) return;
    grabbed = near(event);
    const drag = (move) => grabbed && taken(place(move)) && grip().drag(stage, shown, place(move), spot(move));
    const drop = (up) => {
      window.removeEventListener('pointermove', drag, true);
      window.removeEventListener('pointerup', drop, true);
      window.removeEventListener('pointercancel', drop, true);
      const clicked = Math.hypot(up.clientX - event.clientX, up.clientY - event.clientY) <= DRAG;
      const at = place(up);
      if (up.type === 'pointerup' && !again && (clicked || grabbed) && taken(at)) {
        grip().drag(stage, shown, at, spot(up));
        if (grabbed) grip().drop(stage, shown);
        else {
          clicking = setTimeout(() => {
            clicking = undefined;
            grip()?.drop(stage, shown);
          }, DOUBLE);
        }
      } else grip()?.undo(stage, shown);
      grabbed = false;
    };
    // Plotly covers the page while a button is down, so the end of the gesture is only seen from the window.
    window.addEventListener('pointermove', drag, true);
    window.addEventListener('pointerup', drop, true);
    window.addEventListener('pointercancel', drop, true);
  }, true);
  // A drag of the grip is ours: Plotly would zoom, and a finger would scroll the page.
  gd.addEventListener('mousedown', (event) => grabbed && event.stopPropagation(), true);
  gd.addEventListener('touchstart', (event) => {
    if (!grabbed) return;
    event.stopPropagation();
    event.preventDefault();
  }, { capture: true, passive: false });
  gd.addEventListener('pointermove', (event) => gd.classList.toggle('gd-grab', grabbed || near(event)));
}
