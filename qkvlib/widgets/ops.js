// The worksheet's words in the browser; ops.py has their twins in numpy, and one test compares the two.
import { brackets, broadcast, frame, lineOf, make, moved, multiply, named, need, pairing, range, refuse, stretched, summed, turned, unflat } from "./arrays.js";
import { added, short, wrap } from "./numbers.js";

/**
 * @typedef {import("./arrays.js").Value} Value
 * @typedef {[number, number[]][]} From which cells of which argument a cell is made of
 * @typedef {{ run: (args: Value[], opts: any) => Value, from: (args: Value[], opts: any, out: Value, i: number) => From,
 *   text?: (args: Value[], opts: any, out: Value, i: number) => string,
 *   note?: (args: Value[], opts: any, out: Value, i: number) => string }} Op
 *   `text` is the arithmetic of cell i (none: the cell is a copy), `note` a remark beside it
 */

/** At most `most` terms written out, the rest counted. @param {string[]} terms @param {number} most */
const few = (terms, most) => terms.length <= most ? added(terms) || "0"
  : added([...terms.slice(0, most - 3), `… ${terms.length - most + 2} more …`, terms.at(-1) ?? ""]);

/** An op that moves numbers: one cell is its source. @param {(args: Value[], opts: any, out: Value, i: number) => number} where
 * @returns {Op["from"]} */
export const one = (where) => (args, opts, out, i) => [[0, [where(args, opts, out, i)]]];

/** @param {string} sign @param {(x: number, y: number) => number} apply @returns {Op} */
function elementwise(sign, apply) {
  const cells = (/** @type {Value[]} */ [a, b], /** @type {Value} */ out, /** @type {number} */ i) =>
    [stretched(a.shape, out.shape)(i), stretched(b.shape, out.shape)(i)];
  return {
    run: ([a, b]) => {
      const shape = broadcast(a, b), ia = stretched(a.shape, shape), ib = stretched(b.shape, shape);
      const [big, small] = a.shape.length >= b.shape.length ? [a, b] : [b, a];
      return make(shape, (i) => apply(a.data[ia(i)], b.data[ib(i)]),
        { rows: big.rows || small.rows, cols: big.cols || small.cols, heads: big.heads || small.heads });
    },
    from: (args, _, out, i) => cells(args, out, i).map((cell, k) => [k, [cell]]),
    text: (args, _, out, i) => {
      const [x, y] = cells(args, out, i);
      return `${short(args[0].data[x])} ${sign} ${wrap(args[1].data[y])}`;
    },
  };
}

/** @param {boolean} byRow @returns {Pick<Op, "from"|"text">} */
function products(byRow) {
  const factors = (/** @type {Value[]} */ [a, b], /** @type {number} */ flat) => {
    const { n, m, k, at, bt } = pairing(a, b, byRow), [h, i, j] = unflat(flat, n, m);
    return [range(k).map((t) => at(h, i, t)), range(k).map((t) => bt(h, j, t))];
  };
  return {
    from: (args, _, out, i) => factors(args, i).map((cells, k) => [k, cells]),
    text: (args, _, out, i) => {
      const [left, right] = factors(args, i);
      return few(left.map((x, t) => `${short(args[0].data[x])}·${wrap(args[1].data[right[t]])}`), 8);
    },
  };
}

/** @param {Value} a @param {number[]} cells */
const top = (a, cells) => cells.reduce((best, i) => (a.data[i] > best || Number.isNaN(a.data[i]) ? a.data[i] : best), -Infinity);

/** @type {Record<string, Op>} */
export const OPS = {
  matmul: {
    run: ([a, b]) => {
      if (a.shape.length < 1 || b.shape.length < 2 || a.shape.at(-1) !== b.shape.at(-2))
        refuse(`${brackets(a.shape)} times ${brackets(b.shape)} cannot work: ` +
          "the width of the left one must equal the number of rows of the right one");
      return multiply(a, b, false, { rows: a.rows, cols: b.cols, heads: a.heads || b.heads });
    },
    ...products(false),
  },
  scores: {
    run: ([q, k]) => {
      if (q.shape.length < 1 || k.shape.length < 2 || q.shape.at(-1) !== k.shape.at(-1))
        refuse(`queries ${brackets(q.shape)} and keys ${brackets(k.shape)} cannot be compared: their widths must be equal`);
      return multiply(q, k, true, { rows: q.rows, cols: k.rows, heads: q.heads || k.heads });
    },
    ...products(true),
  },
  transpose: {
    run: ([a]) => {
      if (a.shape.length < 2) refuse(`${brackets(a.shape)} has no rows and columns to swap`);
      const { shape, where } = turned(a);
      return moved(a, shape, where, { rows: a.cols, cols: a.rows, heads: a.heads });
    },
    from: one(([a], _, out, i) => turned(a).where(i)),
  },
  add: elementwise("+", (x, y) => x + y),
  subtract: elementwise("−", (x, y) => x - y),
  multiply: elementwise("·", (x, y) => x * y),
  divide: elementwise("/", (x, y) => x / y),
  scale: {
    run: ([a, like], { by, on, temperature }) => {
      if (!(temperature > 0)) refuse(`temperature is ${temperature}: it must be above 0`);
      const factor = (on ? (like ? by / Math.sqrt(like.shape.at(-1) ?? 1) : by) : 1) / temperature;
      return moved({ ...a, data: a.data.map((v) => v * factor) }, a.shape, (i) => i, named(a));
    },
    from: one((args, _, out, i) => i),
    text: ([a, like], { by, on, temperature }, out, i) => {
      const parts = [short(a.data[i])];
      if (on && by !== 1) parts.push(`· ${wrap(by)}`);
      if (on && like) parts.push(`/ √${like.shape.at(-1)}`);
      if (temperature !== 1) parts.push(`/ ${short(temperature)}`);
      return parts.join(" ");
    },
  },
  mask: {
    run: ([a, given], { causal, window, on }) => {
      need(a, 2, "mask");
      const [, n, m] = frame(a), where = given && stretched(given.shape, a.shape);
      if (given && (broadcast(a, given).join() !== a.shape.join()))
        refuse(`the mask ${brackets(given.shape)} does not fit the grid ${brackets(a.shape)}`);
      const out = moved(a, a.shape, (i) => i, named(a));
      out.masked = Uint8Array.from(a.data, (_, i) => {
        const key = i % m, query = (Math.floor(i / m) % n) + m - n;
        const closed = on && ((causal && key > query) || (window && Math.abs(key - query) > window) ||
          (given && given.data[where(i)] === 0));
        if (closed) out.data[i] = -Infinity;
        return closed || a.masked?.[i] ? 1 : 0;
      });
      return out;
    },
    from: one((args, _, out, i) => i),
    text: (_, opts, out, i) => (out.masked?.[i] ? "masked: this query may not look here" : ""),
  },
  softmax: {
    run: ([a], { over }) => {
      if (a.shape.length < 1) refuse("a single number has no row to share out");
      const out = moved(a, a.shape, (i) => i, named(a));
      const [h, n, m] = frame(a), down = over === "queries" && a.shape.length > 1;
      const first = down ? range(h * m).map((k) => Math.floor(k / m) * n * m + (k % m)) : range(h * n).map((k) => k * m);
      for (const start of first) {
        const step = down ? m : 1, count = down ? n : m;
        let peak = -Infinity, sum = 0;
        for (let k = 0; k < count; k++) {
          const v = a.data[start + k * step];
          if (v > peak || Number.isNaN(v)) peak = v;
          if (Number.isNaN(v)) break;
        }
        if (peak === -Infinity) peak = 0;
        for (let k = 0; k < count; k++) sum += out.data[start + k * step] = Math.exp(a.data[start + k * step] - peak);
        for (let k = 0; k < count; k++) out.data[start + k * step] /= sum === 0 ? 1 : sum;
      }
      return out;
    },
    from: ([a], { over }, out, i) => [[0, lineOf(a, over, i)]],
    text: ([a], { over }, out, i) => {
      if (a.data[i] === -Infinity) return "masked: e^(−∞) = 0, no share";
      const cells = lineOf(a, over, i), peak = top(a, cells);
      const power = (/** @type {number} */ k) => `e^${wrap(a.data[k] - peak)}`;
      const open = cells.filter((k) => a.data[k] !== -Infinity);
      const below = open.slice(0, open.length <= 6 ? 6 : 4).map(power).join(" + ");
      return `${power(i)} / (${below}${open.length <= 6 ? "" : ` + … ${open.length - 4} more`})`;
    },
    note: ([a], { over }, out, i) =>
      (a.data[i] === -Infinity ? "" : `each score less the largest, ${short(top(a, lineOf(a, over, i)))}`),
  },
  total: {
    run: ([a], { over }) => {
      const axes = /** @type {Record<string, number>} */ ({ all: 0, heads: 3, rows: 2, columns: 1 })[over];
      if (a.shape.length < axes) refuse(`${brackets(a.shape)} has no ${over} to add up`);
      const { shape, cells } = summed(a, over);
      return make(shape, (i) => cells(i).reduce((sum, k) => sum + a.data[k], 0), {
        rows: over === "rows" || over === "all" ? null : a.rows, cols: over === "columns" || over === "all" ? null : a.cols,
        heads: over === "rows" || over === "columns" ? a.heads : null });
    },
    from: ([a], { over }, out, i) => [[0, summed(a, over).cells(i)]],
    text: ([a], { over }, out, i) => few(summed(a, over).cells(i).map((k) => short(a.data[k])), 8),
  },
  norm: {
    run: ([a]) => make([], () => Math.sqrt(a.data.reduce((sum, v) => sum + v * v, 0))),
    from: ([a]) => [[0, range(a.data.length)]],
    text: ([a]) => `√(${few(Array.from(a.data, (v) => `${wrap(v)}²`), 6)})`,
  },
  number: { run: (_, { value }) => make([], () => Number(value)), from: () => [] },
  choose: {
    run: (args, { index }) => args[index] ?? refuse(`there is no choice ${index}: 0 to ${args.length - 1} are there`),
    from: (_, { index }, out, i) => [[index, [i]]],
  },
};
