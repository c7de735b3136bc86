// Arrival: at which of the known minima a run has arrived, as `core/engine/arrival.py` says it. Pure.

export const NOWHERE = -1;
export const FAILED = -2;

// The place of a minimum in `points`, or NOWHERE: the nearest, distances being counted in `reach`, if it is no farther
// than 1 or the loss is at most `level`, if there is one.
export function arrived({ points, reach, level }, x, loss) {
  let [nearest, least] = [NOWHERE, Infinity];
  points.forEach((point, place) => {
    let away = 0;
    for (let axis = 0; axis < reach.length; axis++) {
      const part = (x[axis] - point[axis]) / reach[axis];
      away += part * part;
    }
    if (away < least) [nearest, least] = [place, away];
  });
  return least <= 1 || (level !== null && loss <= level) ? nearest : NOWHERE;
}

// The same of run `at` of what a program recorded, whose `columns` are named; FAILED if it diverged or became undefined.
export function reader(known, columns) {
  const places = known.reach.map((_, axis) => columns.indexOf(`x${axis}`));
  const [loss, outcome] = ['loss', 'outcome'].map((name) => columns.indexOf(name));
  return (recorded, at) => {
    if (recorded[outcome][at]) return FAILED;
    return arrived(known, places.map((place) => recorded[place][at]), recorded[loss][at]);
  };
}

// How many of `values` there are of each, by value.
export function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
