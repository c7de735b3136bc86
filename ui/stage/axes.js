// Axes: the ranges that curves over time need. Pure.

// The range [low, high], in powers of ten if `log`, that holds the `values` of all tracks; `floor` stands for less.
export function reach(values, log, floor) {
  let low = Infinity;
  let high = -Infinity;
  for (const some of values) {
    for (const value of some) {
      const seen = log ? Math.log10(Math.max(value, floor)) : value;
      if (!Number.isFinite(seen)) continue;
      if (seen < low) low = seen;
      if (seen > high) high = seen;
    }
  }
  if (low > high) return [0, 1];
  if (log) return [Math.floor(low * 2 - 0.2) / 2, Math.ceil(high * 2 + 0.2) / 2];
  const room = Math.max(0.06 * (high - low), 1e-3 * Math.max(Math.abs(low), Math.abs(high))) || 0.5;
  return [low - room, high + room];
}

// Powers of ten from one tick of a log axis to the next.
export const decades = ([low, high]) => Math.max(1, Math.ceil((high - low) / 6));

// `range` made wider where `wanted` goes beyond it; the same array if it does not.
export function widened(range, wanted) {
  const [low, high] = [Math.min(range[0], wanted[0]), Math.max(range[1], wanted[1])];
  return low === range[0] && high === range[1] ? range : [low, high];
}
