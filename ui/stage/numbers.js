// Numbers as texts, to be read and to be typed.

// Python sends nothing larger than this (`payload.py`), so it stands for whatever is.
const LARGEST = 3.4e38;
export const RAISED = { '-': '⁻', '+': '', ...'⁰¹²³⁴⁵⁶⁷⁸⁹' };

// A number as Python writes it (`core/formula/words.py`): four significant digits, whole ones below a million in full.
export function digits(value) {
  const size = Math.abs(value);
  if (Number.isNaN(size)) return '–';
  if (size >= LARGEST) return value > 0 ? '> 3.4·10³⁸' : '< −3.4·10³⁸';
  let text = String(Number(value.toPrecision(4)));
  if (Number.isInteger(value) && size < 1e6) {
    text = size < 1e4 ? String(value + 0) : String(value).replace(/(?=\d{3}$)/, ' ');
  } else {
    const [mantissa, power] = value.toExponential(3).split('e');
    const raised = `10${[...power].map((sign) => RAISED[sign]).join('')}`;
    const factor = Number(mantissa);
    if (power < -4 || power > 3) text = Math.abs(factor) === 1 ? `${factor}0${raised.slice(2)}` : `${factor}·${raised}`;
  }
  return text.replace('-', '−');
}

// The same with all four digits, even where the last are zeros: a number that moves would jump without them.
export function steady(value) {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 9999.5 ? value.toPrecision(4).replace('-', '−') : digits(value);
}

// A number as it stands in a link and in a box: short, and read back to the very same one.
export function exact(value) {
  const short = String(Number(value.toPrecision(6)));
  return Number(short) === value ? short : String(value);
}

// What was typed, as a number: a comma for a point and the typographic minus are read as well.
export function typed(text) {
  const plain = text.trim().replace(',', '.').replace('−', '-');
  return plain === '' ? NaN : Number(plain);
}
