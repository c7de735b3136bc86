// Marks: the ball of each shape, the ring at the start, arrows, and texts, on a canvas.

export const BALL = 6;
export const ARROW = 34;
export const HEAD = 6;
const FONT = 12;

const circle = (pen, r) => pen.arc(0, 0, r, 0, 2 * Math.PI);
const polygon = (pen, r, corners, turn) => {
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (2 * Math.PI * corner) / corners;
    pen.lineTo(r * Math.cos(angle), r * Math.sin(angle));
  }
  pen.closePath();
};
const cross = (pen, r, turn) => {
  for (let arm = 0; arm < 4; arm++) {
    const angle = turn + (Math.PI / 2) * arm;
    for (const [across, along] of [[-0.4, 0.4], [-0.4, 1.1], [0.4, 1.1]]) {
      const [x, y] = [r * across, r * along];
      pen.lineTo(x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle));
    }
  }
  pen.closePath();
};
const star = (pen, r) => {
  for (let corner = 0; corner < 10; corner++) {
    const [angle, size] = [(Math.PI / 5) * corner - Math.PI / 2, corner % 2 ? 0.55 * r : 1.35 * r];
    pen.lineTo(size * Math.cos(angle), size * Math.sin(angle));
  }
  pen.closePath();
};
// One for each racer that a race may have, of about the same area.
export const SHAPES = {
  circle,
  square: (pen, r) => polygon(pen, 1.25 * r, 4, Math.PI / 4),
  triangle: (pen, r) => polygon(pen, 1.35 * r, 3, -Math.PI / 2),
  diamond: (pen, r) => polygon(pen, 1.3 * r, 4, 0),
  down: (pen, r) => polygon(pen, 1.35 * r, 3, Math.PI / 2),
  plus: (pen, r) => cross(pen, 1.15 * r, 0),
  cross: (pen, r) => cross(pen, 1.15 * r, Math.PI / 4),
  star,
};

export function shape(pen, name, [x, y], size, fill, rim) {
  pen.save();
  pen.translate(x, y);
  pen.beginPath();
  SHAPES[name](pen, size);
  pen.lineJoin = 'round';
  pen.lineWidth = 3;
  pen.strokeStyle = rim;
  pen.stroke();
  pen.fillStyle = fill;
  pen.fill();
  pen.restore();
}

export function ring(pen, [x, y], colors) {
  pen.beginPath();
  pen.arc(x, y, BALL + 2, 0, 2 * Math.PI);
  pen.lineWidth = 5;
  pen.strokeStyle = colors.background;
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeStyle = colors.text;
  pen.stroke();
}

// An arrow from the rim of a ball at [x, y]; `hollow` is dashed and not filled.
export function arrow(pen, [x, y], [dx, dy], length, color, halo, hollow) {
  const size = Math.hypot(dx, dy);
  if (!(size > 0)) return;
  const [ux, uy] = [dx / size, dy / size];
  const [ex, ey] = [x + ux * length, y + uy * length];
  pen.lineJoin = 'round';
  for (const [width, style, dash] of [[5, halo, []], [2, color, hollow ? [3, 3] : []]]) {
    pen.strokeStyle = pen.fillStyle = style;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x + ux * BALL, y + uy * BALL);
    pen.lineTo(ex, ey);
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(ex + ux * HEAD, ey + uy * HEAD);
    pen.lineTo(ex - uy * 4, ey + ux * 4);
    pen.lineTo(ex + uy * 4, ey - ux * 4);
    pen.closePath();
    if (hollow || style === halo) pen.stroke();
    if (!hollow) pen.fill();
  }
}

// A triangle at [x, y] that points away from [fx, fy].
export function outwards(pen, [x, y], [fx, fy], color, halo) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(Math.atan2(y - fy, x - fx));
  pen.beginPath();
  pen.moveTo(4, 0);
  pen.lineTo(-8, -6);
  pen.lineTo(-8, 6);
  pen.closePath();
  pen.lineWidth = 3;
  pen.strokeStyle = halo;
  pen.stroke();
  pen.fillStyle = color;
  pen.fill();
  pen.restore();
}

export function line(pen, from, to, color, width = 1, dash = []) {
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  pen.setLineDash([]);
}

// The pen writes in this size; `scale` is more than 1 where a view fills a large screen.
export function lettering(pen, family, scale) {
  pen.font = `600 ${FONT * scale}px ${family}`;
  pen.textBaseline = 'middle';
}

export function text(pen, words, x, y, color, halo) {
  pen.lineWidth = 4;
  pen.lineJoin = 'round';
  pen.strokeStyle = halo;
  pen.strokeText(words, x, y);
  pen.fillStyle = color;
  pen.fillText(words, x, y);
}
