// Scales: what a dial makes of a place along it, from 0 to 1, and of a value. A dial only guides: stops are short
// numbers, while what is typed, within the bounds, is taken as it is.

// Steps of a dial, so that an arrow key moves it by one.
export const STOPS = 200;

const short = (value, count) => Number(value.toPrecision(count));
const within = (value, low, high) => Math.min(Math.max(value, low), high);

const linear = {
  place: (value, low, high) => (value - low) / (high - low),
  value: (place, low, high) => {
    const step = 10 ** Math.floor(Math.log10((high - low) / 100));
    return short(Math.round((low + place * (high - low)) / step) * step, 12);
  },
};
const logarithmic = {
  place: (value, low, high) => Math.log(value / low) / Math.log(high / low),
  value: (place, low, high) => short(low * (high / low) ** place, 2),
};
// For numbers just below 1, of which only the distance to 1 matters: it is what moves by factors.
const nearOne = {
  place: (value, low, high) => 1 - logarithmic.place(1 - value, 1 - high, 1 - low),
  value: (place, low, high) => short(1 - logarithmic.value(1 - place, 1 - high, 1 - low), 12),
};
const SCALES = { linear, log: logarithmic, one: nearOne };

// Where `value` is along the dial; beyond its ends, at them.
export function placeOf({ scale, low, high }, value) {
  const place = SCALES[scale].place(within(value, low, high), low, high);
  return Number.isFinite(place) ? place : 0;
}

// The value at a place along the dial.
export function valueAt({ scale, low, high, whole }, place) {
  const value = within(SCALES[scale].value(within(place, 0, 1), low, high), low, high);
  return whole ? Math.round(value) : value;
}

// What a dial that all racers share makes of the number of one of them, in whose dial `own` it must be allowed.
export function spread({ spread: how }, value, now, { bounds: [low, high] }) {
  return within(how === 'factor' ? short(now * value, 3) : value, low, high);
}

// The stop after `value` on the way up (1) or down (-1) that is another number: short ones may be further apart than stops.
export function nextTo(spec, value, way) {
  for (let stop = Math.round(placeOf(spec, value) * STOPS) + way; stop >= 0 && stop <= STOPS; stop += way) {
    const next = valueAt(spec, stop / STOPS);
    if (way * (next - value) > 0) return next;
  }
  return value;
}

// The value of the dial nearest to one that a hand points at.
export const snapped = (spec, value) => valueAt(spec, placeOf(spec, value));

// What was typed for the dial, within its bounds; NaN for what cannot be taken.
export function allowed({ bounds: [low, high], whole }, value) {
  return value >= low && value <= high && (!whole || Number.isInteger(value)) ? value : NaN;
}
