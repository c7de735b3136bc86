// Labels: where names stand so that they cover neither one another nor the marks. Pure; all sizes are in pixels.

const SIDES = [[1, 0], [-1, 0], [1, -1], [-1, -1], [1, 1], [-1, 1], [0, -1], [0, 1]];
const REACHES = [12, 24, 38, 54, 72, 96, 124, 156];
// Further than this from what it names, a label needs a line to it.
const CLOSE = 26;

const boxOf = ([x, y], [across, up], reach, width, height) => {
  const left = x + across * reach - (across > 0 ? 0 : across < 0 ? width : width / 2);
  const middle = y + up * reach;
  return [left, middle - height / 2, left + width, middle + height / 2];
};

const shared = (a, b) =>
  Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

function* candidates({ at, width, height, side }, [left, , right]) {
  // The side on which it stood goes first, so that a label does not jump while its ball moves.
  const sides = side === undefined ? SIDES : [SIDES[side], ...SIDES];
  for (const reach of REACHES) for (const towards of sides) yield [boxOf(at, towards, reach, width, height), towards, reach];
  for (let step = 0; step < 40; step++) {
    const y = at[1] + (step % 2 ? 1 : -1) * Math.ceil(step / 2) * height;
    yield [[left + 2, y - height / 2, left + 2 + width, y + height / 2], undefined, Infinity];
    yield [[right - 2 - width, y - height / 2, right - 2, y + height / 2], undefined, Infinity];
  }
}

// A box [left, top, right, bottom] for each of `labels`, {at, width, height, side}, within `frame` and beside `blocks`,
// boxes that nothing may cover; with the side it stands on, and whether it is so far away that it needs a line.
export function placed(labels, blocks, frame) {
  const taken = [...blocks];
  return labels.map((label) => {
    let best;
    for (const [box, towards, reach] of candidates(label, frame)) {
      const outside = (label.width * label.height) - shared(box, frame);
      const cost = outside + taken.reduce((sum, other) => sum + shared(box, other), 0);
      if (!best || cost < best.cost - 1e-9) best = { box, cost, side: SIDES.indexOf(towards), far: reach > CLOSE };
      if (cost < 1e-6) break;
    }
    taken.push(best.box);
    return best;
  });
}

// Heights for labels of one column that wish to stand at `wanted`: in that order, `height` apart, from top to bottom.
export function stacked(wanted, height, top, bottom) {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a] - wanted[b]);
  const heights = [];
  let free = top + height / 2;
  for (const index of order) {
    heights[index] = Math.max(wanted[index], free);
    free = heights[index] + height;
  }
  let last = bottom - height / 2;
  for (const index of order.reverse()) {
    heights[index] = Math.min(heights[index], last);
    last = heights[index] - height;
  }
  return heights;
}

// As much of `text` as is at most `room` wide, as `measure` tells.
export function shortened(text, room, measure) {
  if (measure(text) <= room) return text;
  let end = text.length;
  while (end > 1 && measure(`${text.slice(0, end)}…`) > room) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}
