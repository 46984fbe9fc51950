// The op that keeps a row in few bits; sent where a sheet uses it.
import { lineOf, make, named, need, refuse } from "./arrays.js";
import { short, wrap } from "./numbers.js";
import { OPS } from "./ops.js";

/** To the nearest whole number, halves to the even one, as numpy does. @param {number} v */
const rint = (v) => { const up = Math.round(v); return up - v === 0.5 && up % 2 ? up - 1 : up; };

/** The scale of the row of cell i, and its code. @param {import("./arrays.js").Value} a @param {number} bits @param {number} i */
function coded(a, bits, i) {
  const scale = Math.max(0, ...lineOf(a, "keys", i).map((k) => Math.abs(a.data[k]))) / (2 ** (bits - 1) - 1);
  return [scale, scale === 0 ? 0 : rint(a.data[i] / scale)];
}

Object.assign(OPS, /** @type {Record<string, import("./ops.js").Op>} */ ({
  quantise: {
    run: ([a], { bits }) => {
      need(a, 2, "quantise");
      if (bits < 2) refuse(`${bits} bits leave no step beside 0: 2 are the least`);
      return make(a.shape, (i) => { const [scale, code] = coded(a, bits, i); return code * scale; }, named(a));
    },
    from: ([a], _, out, i) => [[0, lineOf(a, "keys", i)]],
    text: ([a], { bits }, out, i) => {
      const [scale, code] = coded(a, bits, i);
      return `${wrap(a.data[i])} in steps of ${short(scale)}: ${short(code)} · ${short(scale)}`;
    },
  },
}));
