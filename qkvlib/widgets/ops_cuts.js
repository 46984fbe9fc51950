// The ops that cut and join matrices; sent where a sheet uses one of them.
import { brackets, frame, make, moved, named, need, refuse, unflat } from "./arrays.js";
import { OPS, one } from "./ops.js";

/** @typedef {import("./arrays.js").Value} Value */

/** @param {number} length @param {number|null} start @param {number|null} stop */
function slice(length, start, stop) {
  const clamp = (/** @type {number} */ v) => (v < 0 ? Math.max(0, length + v) : Math.min(length, v));
  const a = clamp(start ?? 0), b = clamp(stop ?? length);
  return [a, Math.max(a, b)];
}

// Where the cells of a moving op come from: { shape, where(i) -> flat index in the argument }.

/** @param {Value} a @param {any} opts */
const cutRows = (a, { start, stop }) => {
  const [, n, m] = frame(a), [from, to] = slice(n, start, stop), rows = to - from;
  return { shape: [...a.shape.slice(0, -2), rows, m], span: [from, to],
    where: (/** @type {number} */ i) => { const [h, r, c] = unflat(i, rows, m); return (h * n + r + from) * m + c; } };
};
/** @param {Value} a @param {any} opts */
const cutColumns = (a, { start, stop }) => {
  const [, n, m] = frame(a), [from, to] = slice(m, start, stop), cols = to - from;
  return { shape: [...a.shape.slice(0, -1), cols], span: [from, to],
    where: (/** @type {number} */ i) => { const [h, r, c] = unflat(i, n, cols); return (h * n + r) * m + c + from; } };
};
/** Cells of a concatenation: which argument, and where in it. @param {Value[]} args @param {string} axis */
function joined(args, axis) {
  const down = axis === "rows", [, n, m] = frame(args[0]), cut = args[0].shape.length - (down ? 2 : 1);
  const lengths = args.map((a) => frame(a)[down ? 1 : 2]), all = lengths.reduce((x, y) => x + y, 0);
  const shape = [...args[0].shape];
  if (!args.every((a) => a.shape.length === shape.length && a.shape.every((s, d) => d === cut || s === shape[d])))
    refuse(`shapes ${args.map((a) => brackets(a.shape)).join(" and ")} do not fit ${down ? "under" : "beside"} one another`);
  shape[cut] = all;
  const where = (/** @type {number} */ i) => {
    const [p, r, c] = unflat(i, down ? all : n, down ? m : all);
    let k = 0, at = down ? r : c;
    while (at >= lengths[k]) at -= lengths[k++];
    return [k, down ? (p * lengths[k] + at) * m + c : (p * n + r) * lengths[k] + at];
  };
  return { shape, where };
}

Object.assign(OPS, /** @type {Record<string, import("./ops.js").Op>} */ ({
  rows: {
    run: ([a], opts) => {
      need(a, 2, "rows");
      const { shape, where, span: [from, to] } = cutRows(a, opts);
      return moved(a, shape, where, { ...named(a), rows: a.rows?.slice(from, to) ?? null });
    },
    from: one(([a], opts, out, i) => cutRows(a, opts).where(i)),
  },
  columns: {
    run: ([a], opts) => {
      need(a, 2, "columns");
      const { shape, where, span: [from, to] } = cutColumns(a, opts);
      return moved(a, shape, where, { ...named(a), cols: a.cols?.slice(from, to) ?? null });
    },
    from: one(([a], opts, out, i) => cutColumns(a, opts).where(i)),
  },
  rows_like: {
    run: ([a, like]) => {
      need(a, 2, "rows_like");
      const n = frame(like)[1], has = frame(a)[1];
      if (n > has) refuse(`${n} rows are needed and ${brackets(a.shape)} has only ${has}`);
      const { shape, where } = cutRows(a, { start: 0, stop: n });
      return moved(a, shape, where, { ...named(a), rows: like.rows }, false);
    },
    from: one(([a, like], _, out, i) => cutRows(a, { start: 0, stop: frame(like)[1] }).where(i)),
  },
  concat: {
    run: (args, { axis, names: given }) => {
      const { shape, where } = joined(args, axis), down = axis === "rows";
      const names = args.map((a) => (down ? a.rows : a.cols));
      const all = given ?? (names.every(Boolean) ? /** @type {string[]} */ (names.flat()) : null);
      return make(shape, (i) => { const [k, c] = where(i); return args[k].data[c]; },
        { rows: down ? all : args[0].rows, cols: down ? args[0].cols : all, heads: args[0].heads });
    },
    from: (args, { axis }, out, i) => { const [k, cell] = joined(args, axis).where(i); return [[k, [cell]]]; },
  },
}));
