// Arrays with 0 to 3 axes (number, row, matrix, stack of one matrix a head), their labels, and where a cell lies in one.

/**
 * @typedef {{ shape: number[], data: Float64Array, rows: string[]|null, cols: string[]|null, heads: string[]|null,
 *   masked: Uint8Array|null }} Value
 * @typedef {Partial<Pick<Value, "rows"|"cols"|"heads">>} Labels
 */

/** @param {number[]} shape */
const size = (shape) => shape.reduce((a, b) => a * b, 1);
/** @param {number[]} shape */
export const brackets = (shape) => `[${shape.join(", ")}]`;
/** @param {string} text @returns {never} */
export const refuse = (text) => { throw new RangeError(text); };

/** [matrices, rows, columns] of a value. @param {{ shape: number[] }} value */
export const frame = ({ shape }) => [shape.at(-3) ?? 1, shape.at(-2) ?? 1, shape.at(-1) ?? 1];

/** @param {number} n @returns {number[]} 0 to n - 1 */
export const range = (n) => [...Array(Math.max(0, n)).keys()];

/** @param {number[]} shape @param {((i: number) => number)|null} [fill] @param {Labels} [labels] @returns {Value} */
export function make(shape, fill = null, labels = {}) {
  const data = new Float64Array(size(shape));
  if (fill) for (let i = 0; i < data.length; i++) data[i] = fill(i);
  return { shape, data, rows: null, cols: null, heads: null, masked: null, ...labels };
}

/** An op that only moves or copies numbers: `from(i)` says where result i comes from.
 * @param {Value} a @param {number[]} shape @param {(i: number) => number} from @param {Labels} labels */
export function moved(a, shape, from, labels = {}, keepMask = true) {
  const out = make(shape, (i) => a.data[from(i)], labels);
  if (keepMask && a.masked) out.masked = Uint8Array.from(out.data, (_, i) => /** @type {Uint8Array} */ (a.masked)[from(i)]);
  return out;
}

/** The labels of a, for an op that keeps its shape. @param {Value} a */
export const named = ({ rows, cols, heads }) => ({ rows, cols, heads });

/** @param {Value} a @param {number} axes @param {string} op */
export function need(a, axes, op) {
  if (a.shape.length < axes)
    refuse(`${op} needs ${axes === 2 ? "a matrix" : "a stack of heads"}, and got ${brackets(a.shape)}`);
}

/** The head axis of a product: none, or as many heads as the operand that has more than one. @param {Value} a @param {Value} b */
function broadcastHeads(a, b) {
  const [mine, theirs] = [a, b].map(({ shape }) => (shape.length > 2 ? shape[0] : null));
  if (mine === null && theirs === null) return [];
  if (mine !== null && theirs !== null && mine !== theirs && mine !== 1 && theirs !== 1)
    refuse(`${brackets(a.shape)} and ${brackets(b.shape)} have different numbers of heads`);
  return [mine === null || mine === 1 ? theirs ?? 1 : mine];
}

/** Row i of a meets column j of b (or row j, when `byRow`): where the t-th factors lie.
 * @param {Value} a @param {Value} b @param {boolean} byRow */
export function pairing(a, b, byRow) {
  const [ha, n, k] = frame(a), [hb, r, c] = frame(b), m = byRow ? r : c;
  return {
    n, m, k,
    at: (/** @type {number} */ h, /** @type {number} */ i, /** @type {number} */ t) => ((ha === 1 ? 0 : h) * n + i) * k + t,
    bt: (/** @type {number} */ h, /** @type {number} */ j, /** @type {number} */ t) =>
      (hb === 1 ? 0 : h) * r * c + (byRow ? j * c + t : t * c + j),
  };
}

/** @param {Value} a @param {Value} b @param {boolean} byRow @param {Labels} labels */
export function multiply(a, b, byRow, labels) {
  const { n, m, k, at, bt } = pairing(a, b, byRow), lead = broadcastHeads(a, b);
  const out = make(a.shape.length === 1 ? [...lead, m] : [...lead, n, m], null, labels);
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

/** Where a flat index of the broadcast result lies in one operand. @param {number[]} shape @param {number[]} full */
export function stretched(shape, full) {
  const wide = [...Array(full.length - shape.length).fill(1), ...shape];
  return (/** @type {number} */ flat) => {
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

/** @param {Value} a @param {Value} b */
export function broadcast(a, b) {
  const full = [];
  for (let d = 1; d <= Math.max(a.shape.length, b.shape.length); d++) {
    const x = a.shape.at(-d) ?? 1, y = b.shape.at(-d) ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      refuse(`shapes ${brackets(a.shape)} and ${brackets(b.shape)} do not fit each other`);
    full.unshift(x === 1 ? y : x);
  }
  return full;
}

/** [matrix, row, column] of a flat index into n × m matrices. @param {number} flat @param {number} n @param {number} m */
export const unflat = (flat, n, m) => [Math.floor(flat / (n * m)), Math.floor(flat / m) % n, flat % m];

/** Where the cells of a transposed matrix come from. @param {Value} a */
export const turned = (a) => {
  const [, n, m] = frame(a);
  return { shape: [...a.shape.slice(0, -2), m, n],
    where: (/** @type {number} */ i) => { const [h, r, c] = unflat(i, m, n); return (h * n + c) * m + r; } };
};
/** The cells that one softmax shares among: the row of i, or its column. @param {Value} a @param {string} over @param {number} i */
export function lineOf(a, over, i) {
  const [, n, m] = frame(a), [h, r, c] = unflat(i, n, m);
  return over === "queries" && a.shape.length > 1
    ? range(n).map((k) => (h * n + k) * m + c) : range(m).map((k) => (h * n + r) * m + k);
}

/** What is added up for each number of a total. @param {Value} a @param {string} over */
export function summed(a, over) {
  if (over === "all") return { shape: [], cells: () => range(a.data.length) };
  const [h, n, m] = frame(a);
  if (over === "heads")
    return { shape: a.shape.slice(1), cells: (/** @type {number} */ i) => range(h).map((k) => k * n * m + i) };
  if (over === "rows")
    return { shape: [...a.shape.slice(0, -2), 1, m],
      cells: (/** @type {number} */ i) => range(n).map((k) => (Math.floor(i / m) * n + k) * m + (i % m)) };
  return { shape: [...a.shape.slice(0, -1), 1], cells: (/** @type {number} */ i) => range(m).map((k) => i * m + k) };
}
