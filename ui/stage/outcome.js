// Outcome: how the paths ended, in a sentence each, the lowest first and those that failed last.

import { digits } from './numbers.js';

// As `core.engine.status.point_text` says it.
const place = (numbers) => (numbers.length > 1 ? `(${numbers.join(', ')})` : `x = ${numbers[0]}`);

// `minimum` is what heights are measured from. All that are written with the lowest loss are lowest.
export function retell(tracks, minimum) {
  const ended = tracks.filter(({ note }) => !note).map(({ name, n, x, height }) => ({
    name, steps: n - 1, loss: height[n - 1] + minimum, point: place(x.map((values) => digits(values[n - 1]))),
  })).sort((one, other) => one.loss - other.loss);
  const lowest = ended.length > 1 ? digits(ended[0].loss) : '';
  return [
    ...ended.map(({ name, steps, loss, point }) => {
      const rank = digits(loss) === lowest ? 'lowest, ' : '';
      return `${name} ends ${rank}with loss ${digits(loss)}, at ${point}, after step ${digits(steps)}.`;
    }),
    ...tracks.filter(({ note }) => note).map(({ name, note }) => `${name} ${note}.`),
  ].join(' ');
}
