// The op that keeps a row in few bits; sent where a sheet uses it.
import { lineOf, make, named } from "./arrays.js";
import { short } from "./numbers.js";
import { OPS } from "./ops.js";

const BIG = 3 * 2 ** 51;   // added and taken off again, it rounds a small number as numpy does, halves to the even one

/** The code of cell i, and the step of its row. @param {import("./arrays.js").Value} a @param {any} opts @param {number} i */
function code(a, { bits }, i) {
  const step = Math.max(...lineOf(a, "", i).map((k) => Math.abs(a.data[k]))) / (2 ** (bits - 1) - 1);
  return [step && a.data[i] / step + BIG - BIG, step];
}

OPS.quantise = {
  run: ([a], opts) => make(a.shape, (i) => code(a, opts, i).reduce((x, y) => x * y), named(a)),
  from: ([a], _, out, i) => [[0, lineOf(a, "", i)]],
  text: ([a], opts, out, i) => code(a, opts, i).map(short).join("·"),
};
