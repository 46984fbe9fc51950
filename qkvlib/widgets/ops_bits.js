// The op that keeps a row in few bits; sent where a sheet uses it.
import { lineOf, make, named } from "./arrays.js";
import { short } from "./numbers.js";
import { OPS } from "./ops.js";

const BIG = 3 * 2 ** 51;   // added and taken off again, it rounds a small number as numpy does, halves to the even one

OPS.quantise = {
  run: ([a], { bits }) => make(a.shape, (i) => {
    const step = Math.max(...lineOf(a, "", i).map((k) => Math.abs(a.data[k]))) / (2 ** (bits - 1) - 1);
    return step && (a.data[i] / step + BIG - BIG) * step;
  }, named(a)),
  from: ([a], _, out, i) => [[0, lineOf(a, "", i)]],
  text: ([a], { bits }, out, i) => `${short(a.data[i])}, ${bits} bits`,
};
