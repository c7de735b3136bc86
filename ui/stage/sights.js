// Sights: what the numbers of a step look like beside a ball, as arrows and as rectangles. All sizes are in pixels.

import { ARROW, BALL, HEAD, arrow } from './marks.js';
import { steady } from './numbers.js';

// Half the longest side that a rectangle has on a path, and how near to a line one points at it.
const REACH = 64;
const NEAR = 7;

const told = (vector) => (vector.length > 1 ? `(${vector.map(steady).join(', ')})` : steady(vector[0]));
const against = (vector) => vector.map((value) => -value);
const unit = ([x, y]) => {
  const size = Math.hypot(x, y);
  return size > 0 && size < Infinity ? [x / size, y / size] : null;
};

// Each kind has the lines that it is drawn as, [[x, y], …], none if there is nothing to see, and words for its numbers.
// `place` is where: the pixels of the `ball`, of the `heel` of its momentum and of the `foot` of the step, and functions
// that turn a vector into a direction (`towards`) and into a way on the screen (`way`).

// An arrow against a vector, from one of the points of a place.
class Against {
  constructor(from, hollow) {
    Object.assign(this, { from, hollow });
  }

  lines(place, { vector }) {
    const towards = unit(place.towards(against(vector)));
    const from = place[this.from];
    return towards ? [from, from.map((at, axis) => at + towards[axis] * (ARROW + HEAD))] : [];
  }

  words({ symbol, vector }) {
    return `−${symbol} = ${told(against(vector))}`;
  }

  // The stage itself draws what is not pointed at.
  draw(pen, [from, to], { pointed }, _color, colors) {
    if (pointed) arrow(pen, from, [to[0] - from[0], to[1] - from[1]], ARROW, colors.text, colors.background, this.hollow);
  }
}

// The way of a step, to where it led.
class Move {
  lines({ foot, ball, way }, { vector }) {
    const [x, y] = way(vector);
    if (Math.hypot(x, y) > 2 * HEAD) return [foot, [foot[0] + x, foot[1] + y]];
    // Too short to be seen: only whence it came.
    const towards = unit([x, y]);
    return towards ? [ARROW, 0].map((size) => ball.map((at, axis) => at - towards[axis] * (BALL + size))) : [];
  }

  words({ vector }) {
    return `step ${told(vector)}`;
  }

  draw(pen, [from, to], { pointed }, _color, colors) {
    if (!pointed) return;
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    const [ux, uy] = unit([x, y]);
    // An arrow begins beside its ball and its head is beyond its end; this one goes from point to point.
    const heel = [from[0] - ux * BALL, from[1] - uy * BALL];
    arrow(pen, heel, [x, y], Math.hypot(x, y) + BALL - HEAD, colors.text, colors.background, false);
  }
}

// A rectangle around the ball whose sides are what `side` makes of a vector; `mark.largest` is the longest on the path.
class Box {
  constructor(root) {
    this.root = root;
  }

  sides(vector) {
    return vector.map((value) => (this.root ? Math.sqrt(value) : Math.abs(value)));
  }

  lines({ ball: [x, y] }, { vector, largest }) {
    const sides = this.sides(vector);
    // In one variable it is a square.
    const [across, up] = [sides[0], sides.at(-1)].map((side) => (REACH * side) / largest);
    if (!(across + up > 0 && across + up < Infinity)) return [];
    return [[x - across, y + up], [x - across, y - up], [x + across, y - up], [x + across, y + up], [x - across, y + up]];
  }

  words({ symbol, vector }) {
    return `${this.root ? '√' : ''}${symbol} = ${told(this.sides(vector))}`;
  }

  draw(pen, lines, { pointed }, color, colors) {
    pen.beginPath();
    for (const at of lines) pen.lineTo(...at);
    pen.globalAlpha = pointed ? 0.25 : 0.12;
    pen.fillStyle = color;
    pen.fill();
    pen.globalAlpha = 1;
    for (const [width, style] of pointed ? [[5, colors.background], [2, colors.text]] : [[1, color]]) {
      pen.lineWidth = width;
      pen.strokeStyle = style;
      pen.stroke();
    }
  }
}

export const SIGHTS = {
  push: new Against('heel', true), gradient: new Against('foot', false), move: new Move(), square: new Box(true),
  sides: new Box(false),
};

// What is said of the mark that is pointed at, at a place of which nothing else can be drawn.
export function spoken(marks, at, colors) {
  return marks.filter(({ pointed }) => pointed).map((mark) => ({ at, words: SIGHTS[mark.kind].words(mark), color: colors.text }));
}

// Draws `marks`, {of, kind, symbol, vector, largest, pointed}; returns what can be pointed at, {of, lines}, and labels.
export function drawSights(pen, place, marks, color, colors) {
  const made = marks.map((mark) => ({ mark, kind: SIGHTS[mark.kind], lines: SIGHTS[mark.kind].lines(place, mark) }));
  for (const { mark, kind, lines } of made) if (lines.length) kind.draw(pen, lines, mark, color, colors);
  return {
    hits: made.map(({ mark, lines }) => ({ of: mark.of, lines })),
    labels: made.flatMap(({ mark, lines }) => spoken([mark], lines[2] ?? lines[1] ?? place.ball, colors)),
  };
}

// The distance from a point to the line from one to another.
function away([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const part = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

// Which of `hits` one points at from `at`: the nearest, if it is near enough.
export function pointedAt(hits, at) {
  let best;
  for (const { of, lines } of hits) {
    for (let corner = 1; corner < lines.length; corner++) {
      const distance = away(at, lines[corner - 1], lines[corner]);
      if (distance <= (best?.distance ?? NEAR)) best = { of, distance };
    }
  }
  return best?.of;
}
