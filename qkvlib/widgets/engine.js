// The worksheet's dataflow in the browser: the words of ops.py again, the arithmetic of a cell, and how a number is
// written. No DOM here, so node can test it. A value is { shape, data, rows, cols, heads, masked }.

// -- numbers ---------------------------------------------------------------------------------------------------

/** At most four digits, no trailing zeros; numbers.py writes the same. */
export function short(v) {
  if (Number.isNaN(v)) return "NaN";
  const sign = v < 0 ? "−" : "", size = Math.abs(v);
  if (size === Infinity) return sign + "∞";
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) {
    const [lead, power] = size.toExponential(1).split("e");
    return `${sign}${lead.replace(/\.0$/, "")}e${Number(power)}`;
  }
  const text = size.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 1000 ? 1 : 0);
  return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/** Not zero, and nothing beside the other cells of a matrix whose colours end at ±end. */
export const isNearlyZero = (v, end) => v !== 0 && Math.abs(v) < 0.0005 * Math.min(1, end);

/** A number in a cell of that matrix: `short`, but never smaller than three decimals tell. */
export function inCell(v, end) {
  const size = Math.abs(v);
  if (isNearlyZero(v, end)) return "≈0";
  if (size >= 0.0005 && size < 0.001 && end >= 1) return v < 0 ? "−0.001" : "0.001";
  return short(v);
}

/** What a learner typed as a number, or undefined. */
export function parse(text) {
  const plain = text.trim().replace(/−/g, "-").replace(",", ".").toLowerCase();
  const named = { nan: NaN, inf: Infinity, "∞": Infinity, "-inf": -Infinity, "-∞": -Infinity };
  if (plain in named) return named[plain];
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : undefined;
}

/** The smallest of 1, 2, 5, 10, ... times a power of ten that is at least `size`: the end of a colour scale. */
export function niceCeiling(size) {
  if (!(size > 1e-300 && size < Infinity)) return 1;
  const power = Number(`1e${Math.floor(Math.log10(size))}`);
  return [1, 2, 5, 10, 20].map((step) => step * power).find((end) => end >= size * (1 - 1e-12));
}

/** JSON has no NaN and no infinities: they travel as words. */
export const decode = ({ shape, data }) =>
  ({ shape, data: Float64Array.from(data, (v) => (typeof v === "string" ? Number(v) : v)) });
export const encode = ({ shape, data }) =>
  ({ shape, data: Array.from(data, (v) => (Number.isFinite(v) ? v : String(v))) });

// -- arrays ----------------------------------------------------------------------------------------------------

const size = (shape) => shape.reduce((a, b) => a * b, 1);
const brackets = (shape) => `[${shape.join(", ")}]`;
const refuse = (text) => { throw new RangeError(text); };

/** [matrices, rows, columns] of a value with 0 to 3 axes. */
export const frame = ({ shape }) => [shape.at(-3) ?? 1, shape.at(-2) ?? 1, shape.at(-1) ?? 1];

function make(shape, fill, labels = {}) {
  const data = new Float64Array(size(shape));
  if (fill) for (let i = 0; i < data.length; i++) data[i] = fill(i);
  return { shape, data, rows: null, cols: null, heads: null, masked: null, ...labels };
}

function need(a, axes, op) {
  if (a.shape.length < axes)
    refuse(`${op} needs ${axes === 2 ? "a matrix" : "a stack of heads"}, and got ${brackets(a.shape)}`);
}

/** Shape of a[...lead, n, m] for a stack that may be broadcast against another. */
function leadOf(a, b) {
  const la = a.shape.slice(0, -2), lb = b.shape.slice(0, -2);
  if (la.length && lb.length && la[0] !== lb[0] && la[0] !== 1 && lb[0] !== 1)
    refuse(`${brackets(a.shape)} and ${brackets(b.shape)} have different numbers of heads`);
  return la.length || lb.length ? [la[0] === 1 || !la.length ? lb[0] ?? 1 : la[0]] : [];
}

/** Row i of a meets column j of b (or row j, when `byRow`). Returns where the k-th factors lie. */
function pairing(a, b, byRow) {
  const [ha, n, k] = frame(a), [hb, r, c] = frame(b);
  const m = byRow ? r : c;
  return {
    n, m, k,
    at: (h, i, t) => ((ha === 1 ? 0 : h) * n + i) * k + t,
    bt: (h, j, t) => (hb === 1 ? 0 : h) * r * c + (byRow ? j * c + t : t * c + j),
  };
}

function multiply(a, b, byRow) {
  const { n, m, k, at, bt } = pairing(a, b, byRow);
  const lead = leadOf(a, b);
  const shape = a.shape.length === 1 ? [...lead, m] : [...lead, n, m];
  const out = make(shape);
  let o = 0;
  for (let h = 0; h < (lead[0] ?? 1); h++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) {
        let sum = 0;
        for (let t = 0; t < k; t++) sum += a.data[at(h, i, t)] * b.data[bt(h, j, t)];
        out.data[o++] = sum;
      }
  return out;
}

/** Where a flat index of the broadcast result lies in one operand. */
function stretched(shape, full) {
  const wide = [...Array(full.length - shape.length).fill(1), ...shape];
  return (flat) => {
    let index = 0, stride = 1;
    for (let d = full.length - 1; d >= 0; d--) {
      const i = flat % full[d];
      flat = (flat - i) / full[d];
      if (wide[d] !== 1) index += i * stride;
      stride *= wide[d];
    }
    return index;
  };
}

function broadcast(a, b) {
  const n = Math.max(a.shape.length, b.shape.length), full = [];
  for (let d = 1; d <= n; d++) {
    const x = a.shape.at(-d) ?? 1, y = b.shape.at(-d) ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      refuse(`shapes ${brackets(a.shape)} and ${brackets(b.shape)} do not fit each other`);
    full.unshift(x === 1 ? y : x);
  }
  return full;
}

const numbered = (word, n) => Array.from({ length: n }, (_, i) => `${word} ${i}`);

/** An op that only moves or copies numbers: `from(i)` says where result i comes from. */
function moved(a, shape, from, labels = {}, keepMask = true) {
  const out = make(shape, (i) => a.data[from(i)], labels);
  if (keepMask && a.masked) out.masked = Uint8Array.from(out.data, (_, i) => a.masked[from(i)]);
  return out;
}

function elementwise(sign, apply) {
  const run = ([a, b]) => {
    const shape = broadcast(a, b), ia = stretched(a.shape, shape), ib = stretched(b.shape, shape);
    const [big, small] = a.shape.length >= b.shape.length ? [a, b] : [b, a];
    return make(shape, (i) => apply(a.data[ia(i)], b.data[ib(i)]),
      { rows: big.rows || small.rows, cols: big.cols || small.cols, heads: big.heads || small.heads });
  };
  const terms = ([a, b], _, out, i) => {
    const x = stretched(a.shape, out.shape)(i), y = stretched(b.shape, out.shape)(i);
    return { text: `${short(a.data[x])} ${sign} ${wrap(b.data[y])}`, from: [[0, [x]], [1, [y]]] };
  };
  return { run, terms };
}

const wrap = (v) => (v < 0 ? `(${short(v)})` : short(v));

/** "3·2 + 1·0 + …", at most eight products written out. */
function products(pairs) {
  const text = ([x, y]) => `${short(x)}·${wrap(y)}`;
  if (pairs.length <= 8) return pairs.map(text).join(" + ") || "0";
  return [...pairs.slice(0, 5).map(text), `… ${pairs.length - 6} more …`, text(pairs.at(-1))].join(" + ");
}

function productTerms(byRow) {
  return ([a, b], _, out, flat) => {
    const { n, m, k, at, bt } = pairing(a, b, byRow);
    const j = flat % m, i = ((flat - j) / m) % n, h = Math.floor(flat / (n * m));
    const left = Array.from({ length: k }, (_, t) => at(h, i, t)), right = left.map((_, t) => bt(h, j, t));
    return { text: products(left.map((x, t) => [a.data[x], b.data[right[t]]])), from: [[0, left], [1, right]] };
  };
}

/** Arithmetic of an op that moves numbers: nothing is calculated, one cell is its source. */
const copied = (where) => (args, opts, out, i) => ({ text: "", from: [[0, [where(args[0], opts, out, i)]]] });

/** Index into a[h, i, j] from a flat index of a result with rows × cols as given. */
const unflat = (flat, n, m) => [Math.floor(flat / (n * m)), Math.floor(flat / m) % n, flat % m];

function slice(length, start, stop) {
  const clamp = (v) => (v < 0 ? Math.max(0, length + v) : Math.min(length, v));
  const a = clamp(start ?? 0), b = clamp(stop ?? length);
  return [a, Math.max(a, b)];
}

const cutRows = (a, { start, stop }) => {
  const [h, n, m] = frame(a), [from, to] = slice(n, start, stop), rows = to - from;
  return { shape: [...a.shape.slice(0, -2), rows, m], size: h * rows * m, span: [from, to],
    where: (i) => { const [p, r, c] = unflat(i, rows, m); return (p * n + r + from) * m + c; } };
};
const cutColumns = (a, { start, stop }) => {
  const [h, n, m] = frame(a), [from, to] = slice(m, start, stop), cols = to - from;
  return { shape: [...a.shape.slice(0, -1), cols], size: h * n * cols, span: [from, to],
    where: (i) => { const [p, r, c] = unflat(i, n, cols); return (p * n + r) * m + c + from; } };
};
const split = (a, n) => {
  const [, rows, width] = frame(a), d = width / n;
  return { shape: [n, rows, d], where: (i) => { const [h, r, c] = unflat(i, rows, d); return r * width + h * d + c; } };
};
const merge = (a) => {
  const [h, rows, d] = frame(a);
  return { shape: [rows, h * d],
    where: (i) => { const c = i % (h * d), r = (i - c) / (h * d); return (Math.floor(c / d) * rows + r) * d + (c % d); } };
};
const turned = (a) => {
  const [, n, m] = frame(a);
  return { shape: [...a.shape.slice(0, -2), m, n],
    where: (i) => { const [h, r, c] = unflat(i, m, n); return (h * n + c) * m + r; } };
};
const headsFrom = (a, map, n) => {
  const each = a.shape[1] * a.shape[2];
  return { shape: [n, a.shape[1], a.shape[2]], where: (i) => map(Math.floor(i / each)) * each + (i % each) };
};

/** The cells one softmax shares among: the row of i, or its column. */
function line(a, over, i) {
  const [, n, m] = frame(a), [h, r, c] = unflat(i, n, m);
  return over === "queries" && a.shape.length > 1
    ? Array.from({ length: n }, (_, k) => (h * n + k) * m + c)
    : Array.from({ length: m }, (_, k) => (h * n + r) * m + k);
}

const top = (a, cells) => cells.reduce((best, i) => (a.data[i] > best || Number.isNaN(a.data[i]) ? a.data[i] : best), -Infinity);

/** Cells of a concatenation: which argument, and where in it. */
function joined(args, axis) {
  const down = axis === "rows", [h, n, m] = frame(args[0]);
  const lengths = args.map((a) => frame(a)[down ? 1 : 2]), all = lengths.reduce((x, y) => x + y, 0);
  const shape = [...args[0].shape];
  shape[shape.length - (down ? 2 : 1)] = all;
  const where = (i) => {
    let [p, r, c] = unflat(i, down ? all : n, down ? m : all), k = 0, at = down ? r : c;
    while (at >= lengths[k]) at -= lengths[k++];
    return [k, down ? (p * lengths[k] + at) * m + c : (p * n + r) * lengths[k] + at];
  };
  const fits = args.every((a) => a.shape.length === shape.length &&
    a.shape.every((s, d) => d === shape.length - (down ? 2 : 1) || s === args[0].shape[d]));
  if (!fits)
    refuse(`shapes ${args.map((a) => brackets(a.shape)).join(" and ")} do not fit ${down ? "under" : "beside"} one another`);
  return { shape, where, h };
}

function summed(a, over) {
  if (over === "all") return { shape: [], cells: () => Array.from(a.data.keys()) };
  const [h, n, m] = frame(a);
  if (over === "heads") return { shape: a.shape.slice(1), cells: (i) => Array.from({ length: h }, (_, k) => k * n * m + i) };
  if (over === "rows")
    return { shape: [...a.shape.slice(0, -2), 1, m],
      cells: (i) => Array.from({ length: n }, (_, k) => (Math.floor(i / m) * n + k) * m + (i % m)) };
  return { shape: [...a.shape.slice(0, -1), 1], cells: (i) => Array.from({ length: m }, (_, k) => i * m + k) };
}

/** A word's made-up row: the hash of ops.made_up. */
export function madeUp(word, width) {
  return Float64Array.from({ length: width }, (_, i) => {
    let state = 2166136261;
    for (const byte of new TextEncoder().encode(`${word}/${i}`)) state = Math.imul(state ^ byte, 16777619) >>> 0;
    return ((state >>> 13) % 5) - 2;
  });
}

export function closest(word, known, n = 3) {
  const pairs = (text) => new Set(Array.from(` ${text}`, (c, i) => (c + (` ${text} `)[i + 1])));
  const wanted = pairs(word);
  const near = (other) => {
    const has = pairs(other), both = [...has].filter((p) => wanted.has(p)).length;
    return both / (has.size + wanted.size - both);
  };
  return [...known].map((k) => [near(k), k]).sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1)).slice(0, n).map((k) => k[1]);
}

const wordsOf = (parts) => parts.join(" ").toLowerCase().split(/\s+/)
  .map((w) => w.replace(/^[.,;:!?"'()]+|[.,;:!?"'()]+$/g, "")).filter(Boolean);

// -- the ops ---------------------------------------------------------------------------------------------------
// run(args, opts) -> value; terms(args, opts, out, i) -> { text, from: [[argument, cells], ...] } explains cell i.

export const OPS = {
  matmul: {
    run: ([a, b]) => {
      if (a.shape.length < 1 || b.shape.length < 2 || a.shape.at(-1) !== b.shape.at(-2))
        refuse(`${brackets(a.shape)} times ${brackets(b.shape)} cannot work: ` +
          "the width of the left one must equal the number of rows of the right one");
      return { ...multiply(a, b, false), rows: a.rows, cols: b.cols, heads: a.heads || b.heads };
    },
    terms: productTerms(false),
  },
  scores: {
    run: ([q, k]) => {
      if (q.shape.length < 1 || k.shape.length < 2 || q.shape.at(-1) !== k.shape.at(-1))
        refuse(`queries ${brackets(q.shape)} and keys ${brackets(k.shape)} cannot be compared: their widths must be equal`);
      return { ...multiply(q, k, true), rows: q.rows, cols: k.rows, heads: q.heads || k.heads };
    },
    terms: productTerms(true),
  },
  transpose: {
    run: ([a]) => {
      if (a.shape.length < 2) refuse(`${brackets(a.shape)} has no rows and columns to swap`);
      const { shape, where } = turned(a);
      return moved(a, shape, where, { rows: a.cols, cols: a.rows, heads: a.heads });
    },
    terms: copied((a, _, out, i) => turned(a).where(i)),
  },
  add: elementwise("+", (x, y) => x + y),
  subtract: elementwise("−", (x, y) => x - y),
  multiply: elementwise("·", (x, y) => x * y),
  divide: elementwise("/", (x, y) => x / y),
  scale: {
    run: ([a, like], { by, on, temperature }) => {
      if (!(temperature > 0)) refuse(`temperature is ${temperature}: it must be above 0`);
      const factor = (on ? (like ? by / Math.sqrt(like.shape.at(-1)) : by) : 1) / temperature;
      return moved({ ...a, data: a.data.map((v) => v * factor) }, a.shape, (i) => i,
        { rows: a.rows, cols: a.cols, heads: a.heads });
    },
    terms: ([a, like], { by, on, temperature }, out, i) => {
      const parts = [short(a.data[i])];
      if (on && by !== 1) parts.push(`· ${wrap(by)}`);
      if (on && like) parts.push(`/ √${like.shape.at(-1)}`);
      if (temperature !== 1) parts.push(`/ ${short(temperature)}`);
      return { text: parts.join(" "), from: [[0, [i]]] };
    },
  },
  mask: {
    run: ([a, given], { causal, window, on }) => {
      need(a, 2, "mask");
      const [, n, m] = frame(a);
      const where = given && stretched(given.shape, a.shape);
      if (given && (broadcast(a, given).join() !== a.shape.join()))
        refuse(`the mask ${brackets(given.shape)} does not fit the grid ${brackets(a.shape)}`);
      const out = moved(a, a.shape, (i) => i, { rows: a.rows, cols: a.cols, heads: a.heads });
      out.masked = Uint8Array.from(a.data, (_, i) => {
        const key = i % m, query = (Math.floor(i / m) % n) + m - n;
        const closed = on && ((causal && key > query) || (window && Math.abs(key - query) > window) ||
          (given && given.data[where(i)] === 0));
        if (closed) out.data[i] = -Infinity;
        return closed || a.masked?.[i] ? 1 : 0;
      });
      return out;
    },
    terms: ([a], _, out, i) => ({ text: out.masked[i] ? "masked: this query may not look here" : "", from: [[0, [i]]] }),
  },
  softmax: {
    run: ([a], { over }) => {
      if (a.shape.length < 1) refuse("a single number has no row to share out");
      const out = moved(a, a.shape, (i) => i, { rows: a.rows, cols: a.cols, heads: a.heads });
      const [h, n, m] = frame(a), down = over === "queries" && a.shape.length > 1;
      const first = down
        ? Array.from({ length: h * m }, (_, k) => Math.floor(k / m) * n * m + (k % m))
        : Array.from({ length: h * n }, (_, k) => k * m);
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
    terms: ([a], { over }, out, i) => {
      const cells = line(a, over, i), peak = top(a, cells);
      if (a.data[i] === -Infinity) return { text: "masked: e^(−∞) = 0, no share", from: [[0, cells]] };
      const power = (k) => `e^${wrap(a.data[k] - peak)}`;
      const open = cells.filter((k) => a.data[k] !== -Infinity);
      const below = open.length <= 6 ? open.map(power).join(" + ")
        : `${open.slice(0, 4).map(power).join(" + ")} + … ${open.length - 4} more`;
      return { text: `${power(i)} / (${below})`, note: `each score less the largest, ${short(peak)}`, from: [[0, cells]] };
    },
  },
  split_heads: {
    run: ([a], { n }) => {
      need(a, 2, "split_heads");
      if (n < 1 || a.shape.at(-1) % n) refuse(`${brackets(a.shape)} does not divide into ${n} heads of equal width`);
      const { shape, where } = split(a, n);
      return moved(a, shape, where, { rows: a.rows, heads: numbered("head", n) }, false);
    },
    terms: copied((a, { n }, out, i) => split(a, n).where(i)),
  },
  merge_heads: {
    run: ([a]) => {
      need(a, 3, "merge_heads");
      const { shape, where } = merge(a);
      return moved(a, shape, where, { rows: a.rows }, false);
    },
    terms: copied((a, _, out, i) => merge(a).where(i)),
  },
  repeat_kv: {
    run: ([a], { n_rep }) => {
      need(a, 3, "repeat_kv");
      if (n_rep < 1) refuse(`n_rep is ${n_rep}: every K/V head must be used at least once`);
      const names = a.heads || numbered("head", a.shape[0]);
      const { shape, where } = headsFrom(a, (h) => Math.floor(h / n_rep), a.shape[0] * n_rep);
      return moved(a, shape, where,
        { rows: a.rows, cols: a.cols, heads: names.flatMap((name) => Array(n_rep).fill(name)) }, false);
    },
    terms: copied((a, { n_rep }, out, i) => headsFrom(a, (h) => Math.floor(h / n_rep), 0).where(i)),
  },
  tile_kv: {
    run: ([a], { n_rep }) => {
      need(a, 3, "tile_kv");
      const names = a.heads || numbered("head", a.shape[0]);
      const { shape, where } = headsFrom(a, (h) => h % a.shape[0], a.shape[0] * n_rep);
      return moved(a, shape, where,
        { rows: a.rows, cols: a.cols, heads: Array(n_rep).fill(names).flat() }, false);
    },
    terms: copied((a, _, out, i) => headsFrom(a, (h) => h % a.shape[0], 0).where(i)),
  },
  pool_kv: {
    run: ([a], { n_kv_heads: n }) => {
      need(a, 3, "pool_kv");
      if (n < 1 || a.shape[0] % n) refuse(`${a.shape[0]} heads do not divide into ${n} groups of equal size`);
      const size = a.shape[0] / n, each = a.shape[1] * a.shape[2];
      return make([n, a.shape[1], a.shape[2]], (i) => {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += a.data[(Math.floor(i / each) * size + k) * each + (i % each)];
        return sum / size;
      }, { rows: a.rows, cols: a.cols, heads: numbered("kv", n) });
    },
    terms: ([a], { n_kv_heads: n }, out, i) => {
      const size = a.shape[0] / n, each = a.shape[1] * a.shape[2];
      const cells = Array.from({ length: size }, (_, k) => (Math.floor(i / each) * size + k) * each + (i % each));
      return { text: `(${cells.map((k) => wrap(a.data[k])).join(" + ")}) / ${size}`, from: [[0, cells]] };
    },
  },
  select: {
    run: ([a], { index }) => {
      need(a, 3, "select");
      if (!(index >= 0 && index < a.shape[0]))
        refuse(`there is no head ${index}: ${brackets(a.shape)} has heads 0 to ${a.shape[0] - 1}`);
      const each = a.shape[1] * a.shape[2];
      return moved(a, a.shape.slice(1), (i) => index * each + i, { rows: a.rows, cols: a.cols });
    },
    terms: copied((a, { index }, out, i) => index * a.shape[1] * a.shape[2] + i),
  },
  rows: {
    run: ([a], opts) => {
      need(a, 2, "rows");
      const { shape, where, span } = cutRows(a, opts);
      return moved(a, shape, where, { rows: a.rows?.slice(...span) ?? null, cols: a.cols, heads: a.heads });
    },
    terms: copied((a, opts, out, i) => cutRows(a, opts).where(i)),
  },
  columns: {
    run: ([a], opts) => {
      need(a, 2, "columns");
      const { shape, where, span } = cutColumns(a, opts);
      return moved(a, shape, where, { rows: a.rows, cols: a.cols?.slice(...span) ?? null, heads: a.heads });
    },
    terms: copied((a, opts, out, i) => cutColumns(a, opts).where(i)),
  },
  rows_like: {
    run: ([a, like]) => {
      need(a, 2, "rows_like");
      const n = frame(like)[1];
      if (n > a.shape.at(-2)) refuse(`${n} rows are needed and ${brackets(a.shape)} has only ${a.shape.at(-2)}`);
      const { shape, where } = cutRows(a, { start: 0, stop: n });
      return moved(a, shape, where, { rows: like.rows, cols: a.cols, heads: a.heads }, false);
    },
    terms: ([a, like], _, out, i) => ({ text: "", from: [[0, [cutRows(a, { start: 0, stop: frame(like)[1] }).where(i)]]] }),
  },
  concat: {
    run: (args, { axis }) => {
      const { shape, where } = joined(args, axis), down = axis === "rows";
      const names = args.map((a) => (down ? a.rows : a.cols));
      const all = names.every(Boolean) ? names.flat() : null;
      return make(shape, (i) => { const [k, c] = where(i); return args[k].data[c]; },
        { rows: down ? all : args[0].rows, cols: down ? args[0].cols : all, heads: args[0].heads });
    },
    terms: (args, { axis }, out, i) => {
      const [k, cell] = joined(args, axis).where(i);
      return { text: "", from: [[k, [cell]]] };
    },
  },
  total: {
    run: ([a], { over }) => {
      const axes = { all: 0, heads: 3, rows: 2, columns: 1 }[over];
      if (a.shape.length < axes) refuse(`${brackets(a.shape)} has no ${over} to add up`);
      const { shape, cells } = summed(a, over);
      return make(shape, (i) => cells(i).reduce((sum, k) => sum + a.data[k], 0), {
        rows: over === "rows" || over === "all" ? null : a.rows, cols: over === "columns" || over === "all" ? null : a.cols,
        heads: over === "rows" || over === "columns" ? a.heads : null });
    },
    terms: ([a], { over }, out, i) => {
      const cells = summed(a, over).cells(i), text = cells.slice(0, 8).map((k) => wrap(a.data[k])).join(" + ");
      return { text: cells.length > 8 ? `${text} + … ${cells.length - 8} more` : text, from: [[0, cells]] };
    },
  },
  norm: {
    run: ([a]) => make([], () => Math.sqrt(a.data.reduce((sum, v) => sum + v * v, 0))),
    terms: ([a]) => {
      const shown = Array.from(a.data.slice(0, 6), (v) => `${wrap(v)}²`).join(" + ");
      return { text: `√(${shown}${a.data.length > 6 ? ` + … ${a.data.length - 6} more` : ""})`, from: [[0, [...a.data.keys()]]] };
    },
  },
  number: { run: (_, { value }) => make([], () => Number(value)), terms: () => ({ text: "", from: [] }) },
  choose: {
    run: (args, { index }) => args[index] ?? refuse(`there is no choice ${index}: 0 to ${args.length - 1} are there`),
    terms: (_, { index }, out, i) => ({ text: "", from: [[index, [i]]] }),
  },
  embed: {
    run: ([table], { words, unknown, most }) => {
      if (!table.rows || table.shape.length !== 2) refuse("the table needs a word for every row");
      const list = wordsOf(words), width = table.shape[1];
      if (!list.length) refuse("type at least one word");
      if (list.length > most) refuse(`${list.length} words are more than ${most}, the most this sheet takes`);
      const out = make([list.length, width], null, { cols: table.cols });
      out.rows = list.map((word, i) => {
        const row = table.rows.indexOf(word);
        if (row < 0 && unknown !== "make up")
          refuse(`the word "${word}" is not known here; the closest known: ${closest(word, table.rows).join(", ")}`);
        out.data.set(row < 0 ? madeUp(word, width) : table.data.subarray(row * width, (row + 1) * width), i * width);
        return row < 0 ? `${word}*` : word;
      });
      return out;
    },
    terms: ([table], _, out, i) => {
      const width = out.shape[1], row = table.rows.indexOf(out.rows[Math.floor(i / width)]);
      return row < 0 ? { text: "", note: "this word is not in the vocabulary; its numbers are made up", from: [] }
        : { text: "", from: [[0, [row * width + (i % width)]]] };
    },
  },
};

// -- the dataflow ----------------------------------------------------------------------------------------------

const resolve = (value, spec, params) => {
  if (Array.isArray(value)) return value.map((v) => resolve(v, spec, params));
  if (value === null || typeof value !== "object") return value;
  return "position" in value ? params[value.position].index ?? params[value.position].value : params[value.param].value;
};

/** Computes a sheet and remembers, so that the next call redoes only what a change can reach. */
export class Engine {
  constructor(spec) {
    this.spec = spec;
    this.nodes = new Map(spec.nodes.map((node) => [node.name, node]));
    this.values = new Map();
    this.errors = new Map();
    this.seen = new Map();
    this.made = 0;
  }

  /** inputs: name -> {shape, data}; params: name -> value (of a choice: its position). Returns the changed names. */
  run(inputs, params) {
    const changed = new Set();
    this.params = Object.fromEntries(this.spec.params.map((p) => [p.name,
      p.kind === "choice" ? { value: p.values[params[p.name]], index: params[p.name] } : { value: params[p.name] }]));
    for (const [name, labels] of Object.entries(this.spec.inputs)) {
      if (this.seen.get(name) === inputs[name]) continue;
      this.seen.set(name, inputs[name]);
      const { rows, cols, heads } = labels;
      this.values.set(name, { ...decode(inputs[name]), rows, cols, heads, masked: null });
      changed.add(name);
    }
    for (const { name, op, args, opts } of this.spec.nodes) {
      const now = Object.fromEntries(Object.entries(opts).map(([k, v]) => [k, resolve(v, this.spec, this.params)]));
      const key = JSON.stringify(now);
      if (this.seen.get(name) === key && !args.some((a) => changed.has(a))) continue;
      this.seen.set(name, key);
      changed.add(name);
      this.values.delete(name);
      this.errors.delete(name);
      const broken = args.find((a) => !this.values.has(a));
      if (broken !== undefined) {
        this.errors.set(name, `waits for ${broken}`);
        continue;
      }
      try {
        this.values.set(name, OPS[op].run(args.map((a) => this.values.get(a)), now));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.errors.set(name, error.message);
      }
      this.made++;
    }
    return changed;
  }

  /** The first thing that cannot be computed, as a sentence, or "". */
  get trouble() {
    const first = this.spec.nodes.find(({ name }) => this.errors.has(name));
    return first ? `${first.name}: ${this.errors.get(first.name)}` : "";
  }

  /** The arithmetic of one cell and the shown cells it came from; `shown(name)` says which nodes are on the page. */
  explain(name, i, shown) {
    const node = this.nodes.get(name), out = this.values.get(name);
    if (!out) return { text: "", note: "", sources: [] };
    if (!node) return { text: "", note: "", sources: [] };
    const opts = Object.fromEntries(Object.entries(node.opts).map(([k, v]) => [k, resolve(v, this.spec, this.params)]));
    const { text, note = "", from } = OPS[node.op].terms(node.args.map((a) => this.values.get(a)), opts, out, i);
    const sources = [];
    let deeper = null;
    for (const [arg, cells] of from) {
      const source = node.args[arg];
      if (shown(source)) sources.push([source, cells]);
      else for (const cell of cells) {
        const below = this.explain(source, cell, shown);
        sources.push(...below.sources);
        deeper ??= below;
      }
    }
    return text === "" && deeper ? { text: deeper.text, note: note || deeper.note, sources } : { text, note, sources };
  }

  /** A sentence with live numbers; sheet.Sheet.say describes the template. */
  say(template) {
    return template.replace(/\{(\w+)(?:\[([\d, -]*)\])?(?::(\w+|%))?\}/g, (all, name, index, format) => {
      const param = this.spec.params.find((p) => p.name === name);
      if (param) return typeof this.params[name].value === "number" ? written(this.params[name].value, format) : String(this.params[name].value);
      const value = this.values.get(name);
      if (!value) return "–";
      if (format === "shape") return brackets(value.shape);
      const where = (index ?? "").split(",").filter((t) => t.trim() !== "").map(Number);
      const shape = value.shape;
      let flat = 0, rest = shape.length - where.length;
      where.forEach((w, d) => { flat = flat * shape[d] + (w < 0 ? w + shape[d] : w); });
      if (format === "top" && rest === 1) {
        const n = shape.at(-1), cells = Array.from({ length: n }, (_, k) => flat * n + k);
        const best = cells.reduce((a, b) => (value.data[b] > value.data[a] ? b : a), cells[0]);
        return value.cols?.[best - flat * n] ?? String(best - flat * n);
      }
      for (; rest > 0; rest--) flat *= shape[shape.length - rest];
      return value.data[flat] === undefined ? "–" : written(value.data[flat], format);
    });
  }
}

function written(v, format) {
  if (format === "%" && v > 0 && v < 0.0005) return "<0.1%";
  if (format === "%") return `${short(Math.round(v * 1000) / 10)}%`;
  if (format === "int") return Number.isFinite(v) ? String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, ",") : short(v);
  if (format === "bytes") {
    const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let step = 0;
    while (v >= 1024 && step < 4) { v /= 1024; step++; }
    return `${short(v)} ${units[step]}`;
  }
  return short(v);
}
