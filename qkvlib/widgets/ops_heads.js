// The ops that cut a matrix into heads and share K/V heads; sent where a sheet uses one of them.
import { brackets, frame, make, moved, need, range, refuse, unflat } from "./arrays.js";
import { added, short } from "./numbers.js";
import { OPS, one } from "./ops.js";

/** @typedef {import("./arrays.js").Value} Value */

/** @param {Value} a @param {number} n */
const split = (a, n) => {
  const [, rows, width] = frame(a), d = width / n;
  return { shape: [n, rows, d],
    where: (/** @type {number} */ i) => { const [h, r, c] = unflat(i, rows, d); return r * width + h * d + c; } };
};
/** @param {Value} a */
const merge = (a) => {
  const [h, rows, d] = frame(a);
  return { shape: [rows, h * d], where: (/** @type {number} */ i) => {
    const c = i % (h * d), r = (i - c) / (h * d);
    return (Math.floor(c / d) * rows + r) * d + (c % d);
  } };
};
/** @param {Value} a @param {(h: number) => number} map @param {number} n */
const headsFrom = (a, map, n) => {
  const each = a.shape[1] * a.shape[2];
  return { shape: [n, a.shape[1], a.shape[2]],
    where: (/** @type {number} */ i) => map(Math.floor(i / each)) * each + (i % each) };
};

/** The cells averaged into i when heads are pooled to n. @param {Value} a @param {number} n @param {number} i */
function pooled(a, n, i) {
  const together = a.shape[0] / n, each = a.shape[1] * a.shape[2];
  return range(together).map((k) => (Math.floor(i / each) * together + k) * each + (i % each));
}

/** @param {Value} a @param {(h: number) => number} map @param {number} n @param {string[]} heads */
const copies = (a, map, n, heads) => {
  const { shape, where } = headsFrom(a, map, n);
  return moved(a, shape, where, { rows: a.rows, cols: a.cols, heads }, false);
};
/** @param {string} word @param {number} n */
const numbered = (word, n) => range(n).map((i) => `${word} ${i}`);
/** @param {Value} a */
const headNames = (a) => a.heads || numbered("head", a.shape[0]);

Object.assign(OPS, /** @type {Record<string, import("./ops.js").Op>} */ ({
  split_heads: {
    run: ([a], { n }) => {
      need(a, 2, "split_heads");
      if (n < 1 || (a.shape.at(-1) ?? 0) % n) refuse(`${brackets(a.shape)} does not divide into ${n} heads of equal width`);
      const { shape, where } = split(a, n);
      return moved(a, shape, where, { rows: a.rows, heads: numbered("head", n) }, false);
    },
    from: one(([a], { n }, out, i) => split(a, n).where(i)),
  },
  merge_heads: {
    run: ([a]) => {
      need(a, 3, "merge_heads");
      const { shape, where } = merge(a);
      return moved(a, shape, where, { rows: a.rows }, false);
    },
    from: one(([a], _, out, i) => merge(a).where(i)),
  },
  repeat_kv: {
    run: ([a], { n_rep }) => {
      need(a, 3, "repeat_kv");
      if (n_rep < 1) refuse(`n_rep is ${n_rep}: every K/V head must be used at least once`);
      const names = headNames(a).flatMap((name) => Array(n_rep).fill(name));
      return copies(a, (h) => Math.floor(h / n_rep), a.shape[0] * n_rep, names);
    },
    from: one(([a], { n_rep }, out, i) => headsFrom(a, (h) => Math.floor(h / n_rep), 0).where(i)),
  },
  tile_kv: {
    run: ([a], { n_rep }) => {
      need(a, 3, "tile_kv");
      return copies(a, (h) => h % a.shape[0], a.shape[0] * n_rep, Array(n_rep).fill(headNames(a)).flat());
    },
    from: one(([a], _, out, i) => headsFrom(a, (h) => h % a.shape[0], 0).where(i)),
  },
  pool_kv: {
    run: ([a], { n_kv_heads: n }) => {
      need(a, 3, "pool_kv");
      if (n < 1 || a.shape[0] % n) refuse(`${a.shape[0]} heads do not divide into ${n} groups of equal size`);
      return make([n, a.shape[1], a.shape[2]],
        (i) => pooled(a, n, i).reduce((sum, k) => sum + a.data[k], 0) / (a.shape[0] / n),
        { rows: a.rows, cols: a.cols, heads: numbered("kv", n) });
    },
    from: ([a], { n_kv_heads: n }, out, i) => [[0, pooled(a, n, i)]],
    text: ([a], { n_kv_heads: n }, out, i) =>
      `(${added(pooled(a, n, i).map((k) => short(a.data[k])))}) / ${a.shape[0] / n}`,
  },
  select: {
    run: ([a], { index }) => {
      need(a, 3, "select");
      if (!(index >= 0 && index < a.shape[0]))
        refuse(`there is no head ${index}: ${brackets(a.shape)} has heads 0 to ${a.shape[0] - 1}`);
      const each = a.shape[1] * a.shape[2];
      return moved(a, a.shape.slice(1), (i) => index * each + i, { rows: a.rows, cols: a.cols });
    },
    from: one(([a], { index }, out, i) => index * a.shape[1] * a.shape[2] + i),
  },
}));
