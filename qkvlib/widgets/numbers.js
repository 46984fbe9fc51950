// How the course writes and reads a number: numbers.py does the same for pictures and reprs. No DOM here.

/** @typedef {{ shape: number[], data: Array<number|string> }} Packed an array as JSON: NaN and infinities as words */

const signed = (/** @type {number} */ v, /** @type {string} */ text) => (v < 0 ? "−" : "") + text;

/** @param {number} v @returns {string} at most four digits, no trailing zeros: 15, 10.6, 0.893, 1.2e9 */
export function short(v) {
  if (Number.isNaN(v)) return "NaN";
  const size = Math.abs(v);
  if (size === Infinity) return signed(v, "∞");
  if (size === 0) return "0";
  if (size >= 1e7 || size < 1e-3) {
    const [lead, power] = size.toExponential(size < 1 ? 1 : 2).split("e");
    return signed(v, `${lead.replace(/\.?0+$/, "")}e${Number(power)}`);
  }
  const text = size.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 1000 ? 1 : 0);
  return signed(v, text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/** A number in full, as a learner may type it. @param {number} v */
export const exact = (v) => (Number.isFinite(v) ? String(v).replace("-", "−") : short(v));

/** As a factor after another: negative ones in brackets. @param {number} v */
export const wrap = (v) => (v < 0 ? `(${short(v)})` : short(v));

/** "2 − 3 + 4": terms with their signs between them. @param {string[]} terms */
export const added = (terms) => terms.map((t, k) => (k === 0 ? t : t[0] === "−" ? ` − ${t.slice(1)}` : ` + ${t}`)).join("");

/**
 * How many decimals every cell of one matrix is written with; null where only powers of ten tell (or nothing is there).
 * @param {ArrayLike<number>} data @returns {number|null}
 */
export function places(data) {
  let peak = 0;
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) > peak && Number.isFinite(data[i])) peak = Math.abs(data[i]);
  if (peak >= 1e7 || (peak > 0 && peak < 0.01)) return null;
  const most = peak < 2 ? 3 : peak < 10 ? 2 : peak < 1000 ? 1 : 0;
  for (let k = 0; k < most; k++) if (fits(data, k)) return k;
  return most;
}

/** @param {ArrayLike<number>} data @param {number} k */
function fits(data, k) {
  const ten = 10 ** k;
  for (let i = 0; i < data.length; i++) {
    const v = data[i] * ten;
    if (Number.isFinite(v) && Math.abs(v - Math.round(v)) > 1e-9 * ten) return false;
  }
  return true;
}

/**
 * A number in a cell of a matrix written with `decimals`: "≈0" and "≈1" are not quite 0 and 1.
 * What is below `noise` is rounding, and 0; a share can be as small.
 * @param {number} v @param {number|null} decimals
 */
export function inCell(v, decimals, noise = 1e-14) {
  const size = Math.abs(v);
  if (decimals === null || !Number.isFinite(v) || size >= 1e7) return short(v);
  const text = size.toFixed(decimals), told = Number(text);
  if (told === 0) return size <= noise ? "0" : "≈0";
  if (told === 1 && decimals % 3 === 0) return (Math.abs(size - 1) < 1e-14 ? "" : "≈") + signed(v, "1");
  return signed(v, text);
}

/** What a learner typed as a number ("3", "1/2", "75%", "0,5", "−∞"), or undefined. @param {string} text */
export function parse(text) {
  const plain = text.trim().replace(/−/g, "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2").toLowerCase();
  const named = /** @type {Record<string, number>} */ ({ nan: NaN, inf: Infinity, "∞": Infinity, "-inf": -Infinity, "-∞": -Infinity });
  if (Object.hasOwn(named, plain)) return named[plain];
  const [, top, bottom = "1", percent] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?:\/\s*(\d+\.?\d*|\.\d+))?\s*(%)?$/.exec(plain) ?? [];
  const v = Number(top) / Number(bottom) / (percent ? 100 : 1);
  return Number.isFinite(v) ? v : undefined;
}

/** The smallest of 1, 2, 5, 10, ... times a power of ten that is at least `size`: the end of a colour scale. @param {number} size */
export function niceCeiling(size) {
  if (!(size > 1e-300 && size < Infinity)) return 1;
  const power = Number(`1e${Math.floor(Math.log10(size))}`);
  return /** @type {number} */ ([1, 2, 5, 10, 20].map((step) => step * power).find((end) => end >= size * (1 - 1e-12)));
}

/** A number in a sentence; `format` is none, "%", "int" or "bytes". @param {number} v @param {string} [format] */
export function written(v, format) {
  if (Number.isNaN(v)) return "no number";
  if (format === "%") return v > 0 && v < 0.0005 ? "<0.1%" : v < 1 && v >= 0.9995 ? ">99.9%" : `${short(Math.round(v * 1000) / 10)}%`;
  if (format === "int") return Number.isFinite(v) ? String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, ",").replace("-", "−") : short(v);
  if (format !== "bytes") return v !== 0 && Math.abs(v) < 1e-9 ? "≈0" : short(v);
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (v >= 1024 && step < 4) { v /= 1024; step++; }
  return `${short(v)} ${units[step]}`;
}

/** @param {Packed} packed */
export const decode = ({ shape, data }) => ({ shape, data: Float64Array.from(data, Number) });
/** @param {{ shape: number[], data: ArrayLike<number> }} array @returns {Packed} */
export const encode = ({ shape, data }) => ({ shape, data: Array.from(data, (v) => (Number.isFinite(v) ? v : String(v))) });
