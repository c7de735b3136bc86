// Numbers as texts: four significant digits, the typographic minus, and powers of ten where plain digits would be long.

// Python sends nothing larger than this (`payload.py`), so it stands for whatever is.
const LARGEST = 3.4e38;
const RAISED = { '-': '⁻', '+': '', ...'⁰¹²³⁴⁵⁶⁷⁸⁹' };

export function digits(value) {
  const size = Math.abs(value);
  if (Number.isNaN(size)) return '–';
  if (size >= LARGEST) return value > 0 ? '> 3.4·10³⁸' : '< −3.4·10³⁸';
  if (size === 0) return '0';
  const rounded = Number(value.toPrecision(4));
  let text = Math.abs(rounded) < 1e4 ? rounded.toPrecision(4) : String(rounded);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, power] = value.toExponential(3).split('e');
    text = `${mantissa}·10${[...power].map((sign) => RAISED[sign]).join('')}`;
  }
  return text.replace('-', '−');
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
