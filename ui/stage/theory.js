// Theory: what is known of a rule near a minimum, at any settings, and what a run measures of it. Pure.
//
// A `theory` is what Python says of a rule and the quadratic that touches the loss at the minimum (`theory.py`).

// Smaller shares of a distance are rounding; distances that are this share of the point, or this small, lose digits; and
// a fit needs so many steps. Where the loss is no quadratic, it begins where this share of the first distance is left
// for good. All as in `core/lessons/rate_check.py`.
const FELT = 1e-12;
const ROUNDING = 1e-11;
const SMALLEST = 1e-150;
const FEWEST = 6;
const NEAR = 1e-2;

// How far a row of the points `x` is from the minimum along a direction.
function away(minimum, direction, x, row) {
  let sum = 0;
  for (let axis = 0; axis < x.length; axis++) sum += direction[axis] * (x[axis][row] - minimum[axis]);
  return sum;
}

// The directions, by place, in which a track starts away from the minimum; all of them if there is none.
function felt(theory, x) {
  const distances = x ? theory.directions.map((direction) => Math.abs(away(theory.minimum, direction, x, 0))) : [];
  const largest = Math.max(...distances);
  const places = theory.curvatures.map((_, place) => place).filter((place) => distances[place] > FELT * largest);
  return places.length ? places : theory.curvatures.map((_, place) => place);
}

// The curvatures that a track with the points `x` feels, in ascending order; without one, all.
export const curvaturesOf = (theory, x) => felt(theory, x).map((place) => theory.curvatures[place]);

// The line a + b·s of trace or determinant in s = lr·λ, for a β.
const linear = ([none, s, beta, both], at) => [none + beta * at, s + both * at];

// The factor on the distance per step, in the long run.
export function factor({ trace, determinant }, curvatures, lr, beta) {
  const [[sum, sums], [product, products]] = [linear(trace, beta), linear(determinant, beta)];
  return Math.max(...curvatures.map((curvature) => {
    const s = lr * curvature;
    const [t, d] = [sum + sums * s, product + products * s];
    const inside = t * t - 4 * d;
    return inside < 0 ? Math.sqrt(d) : (Math.abs(t) + Math.sqrt(inside)) / 2;
  }));
}

// The learning rates at which the rule begins to change sides and at which it stops to settle, for a largest curvature.
export function limits({ trace, determinant }, largest, beta) {
  const [[sum, sums], [product, products]] = [linear(trace, beta), linear(determinant, beta)];
  // One eigenvalue is −1 where trace + determinant = −1; both are the same where trace² = 4·determinant.
  const stable = -(1 + sum + product) / (sums + products);
  const half = sum * sums - 2 * products;
  const rest = sum * sum - 4 * product;
  const smooth = rest / (Math.sqrt(Math.max(half * half - sums * sums * rest, 0)) - half);
  return { smooth: smooth / largest, stable: stable / largest };
}

// The factor on the distance per step over the second half, or that of its near part, of a track with `n` points `x`, or null if they are too few.
export function measured(theory, x, n) {
  const directions = felt(theory, x).map((place) => theory.directions[place]);
  const distances = new Float64Array(n);
  let last = 0;
  for (let row = 0; row < n; row++) {
    let [square, size] = [0, 0];
    for (const direction of directions) square += away(theory.minimum, direction, x, row) ** 2;
    for (const values of x) size += values[row] ** 2;
    distances[row] = Math.sqrt(square);
    if (distances[row] > Math.max(ROUNDING * Math.sqrt(size), SMALLEST)) last = row;
  }
  let within = 0;
  if (!theory.everywhere) for (let row = 0; row <= last; row++) if (distances[row] > NEAR * distances[0]) within = row + 1;
  let first = within + Math.floor((last - within) / 2);
  if (last - first < FEWEST) first = Math.floor(last / 2);
  if (last - first < FEWEST) return null;
  // With momentum the distance swings; two points in a row swing less than one.
  const middle = (last - first - 1) / 2;
  let [along, size] = [0, 0];
  for (let row = first; row < last; row++) {
    const step = row - first - middle;
    along += step * Math.log(Math.hypot(distances[row], distances[row + 1]));
    size += step * step;
  }
  return Math.exp(along / size);
}
