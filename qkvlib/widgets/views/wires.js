// Wires: who is read by whom, as ribbons from column to column, as wide as the entry of a matrix. wires.py draws the same.
import { range } from "../arrays.js";
import { short } from "../numbers.js";
import { box, curve, register, text } from "../scene.js";

const BOX = 116, LOW = 24, SPACE = 12, UNIT = 14, TOP = 26, STEP = 146, MOST = 8;

/** @typedef {import("../scene.js").Mark} Mark @typedef {import("../scene.js").Value} Value
 * @typedef {{ n: number, m: number, size: (r: number, c: number) => number, rows?: any, cols?: any }} Step */

const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0);
const wide = (/** @type {number} */ v) => Math.min(MOST, Math.abs(v)) * UNIT;

/** @param {any} entry @param {Record<string, Value>} values @returns {Step[]|null} */
function stepsOf(entry, values) {
  const found = entry.nodes.map((/** @type {string} */ name) => values[name]);
  if (found.some((/** @type {Value} */ v) => v?.shape.length !== 2 || !v.data.length)) return null;
  const steps = found.map((/** @type {Value} */ v) => ({ n: v.shape[0], m: v.shape[1], rows: v.rows, cols: v.cols,
    size: (/** @type {number} */ r, /** @type {number} */ c) => { const x = v.data[r * v.shape[1] + c]; return Number.isFinite(x) ? x : 0; } }));
  return steps.every((/** @type {Step} */ s, /** @type {number} */ k) => !k || s.m === steps[k - 1].n) ? steps : null;
}

/** [height, name] of every box of every column. @param {Step[]} steps @returns {[number, string][][]} */
function columnsOf(steps) {
  return range(steps.length + 1).map((k) => {
    const into = steps[k - 1], out = steps[k], names = k ? into.rows : out.cols;
    return range(k ? into.n : out.m).map((i) => {
      const most = Math.max(k ? sum(range(into.m).map((c) => Math.abs(into.size(i, c)))) : 0, out ? sum(range(out.n).map((r) => Math.abs(out.size(r, i)))) : 0);
      return /** @type {[number, string]} */ ([Math.max(LOW, Math.min(MOST, most) * UNIT + 6), names ? names[i] : String(i)]);
    });
  });
}

/** @param {string} name @param {[string, number][]} read */
function told(name, read) {
  if (read.length === 1 && read[0][1] === 1) return `${name} reads ${read[0][0]}`;
  if (read.length > 1 && read.every(([, share]) => Math.abs(share - 1 / read.length) < 1e-9))
    return `${name} reads the mean of ${read.map(([other]) => other).join(" and ")}`;
  return `${name} reads ${read.map(([other, share]) => `${other} (${short(share)})`).join(", ")}`;
}

/** What the boxes of column k + 1 read: [index, entry] of what is not 0, or of the first. @param {Step} step @param {number} r */
const readBy = (step, r) => {
  const read = range(step.m).filter((c) => step.size(r, c));
  return read.length ? read : [0];
};

register("wires", {
  scene(entry, values) {
    const steps = stepsOf(entry, values);
    if (!steps) return { width: 0, height: 0, marks: [] };
    const columns = columnsOf(steps), high = columns.map((column) => sum(column.map(([tall]) => tall)) + SPACE * (column.length - 1));
    const height = Math.max(...high), places = columns.map((column, k) => {
      let y = TOP + (height - high[k]) / 2;
      return column.map(([tall]) => (y += tall + SPACE) - tall - SPACE);
    });
    const heads = entry.names.map((/** @type {string} */ name, /** @type {number} */ k) => text(k * STEP + BOX / 2, 10, name, "middle", 12, { bold: true }));
    const ribbons = /** @type {Mark[]} */ ([]), boxes = /** @type {Mark[]} */ ([]);
    steps.forEach(({ n, m, size }, k) => {
      const left = range(m).map((c) => places[k][c] + (columns[k][c][0] - sum(range(n).map((r) => wide(size(r, c))))) / 2);
      const right = range(n).map((r) => places[k + 1][r] + (columns[k + 1][r][0] - sum(range(m).map((c) => wide(size(r, c))))) / 2);
      const x1 = k * STEP + BOX, x2 = (k + 1) * STEP, bend = (x2 - x1) / 2;
      for (const r of range(n))
        for (const c of range(m)) {
          const w = wide(size(r, c)), y1 = left[c] + w / 2, y2 = right[r] + w / 2;
          if (!w) continue;
          left[c] += w;
          right[r] += w;
          ribbons.push(curve(x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2, { role: entry.role, width: Math.max(1, w), dash: size(r, c) < 0,
            of: [entry.nodes[k], r * m + c] }));
        }
    });
    columns.forEach((column, k) => column.forEach(([tall, name], r) => {
      /** @type {import("../scene.js").More} */
      let more = {};
      if (k) {
        const step = steps[k - 1], read = readBy(step, r);
        more = { cell: [entry.nodes[k - 1], r * step.m + read[0]], cells: read.map((c) => r * step.m + c),
          label: told(name, read.map((c) => [columns[k - 1][c][1], values[entry.nodes[k - 1]].data[r * step.m + c]])) };
      }
      boxes.push(box(k * STEP, places[k][r], BOX, tall, 5, { role: "soft", width: 1.2, ...more }),
        text(k * STEP + BOX / 2, places[k][r] + tall / 2, name, "middle", 12));
    }));
    return { width: STEP * steps.length + BOX, height: TOP + height + 4, marks: [...heads, ...ribbons, ...boxes] };
  },

  /** Everything that runs through a cell: what it was made of, and what reads it. */
  path(entry, values, name, cells) {
    const steps = stepsOf(entry, values), at = entry.nodes.indexOf(name);
    if (!steps || at < 0) return [];
    /** @type {[string, number[]][]} */
    const lit = [[name, cells]];
    let from = new Set(cells.map((i) => i % steps[at].m)), to = new Set(cells.map((i) => Math.floor(i / steps[at].m)));
    const follow = (/** @type {number} */ k, /** @type {(r: number, c: number) => boolean} */ runs) => {
      const { n, m, size } = steps[k], on = range(n * m).filter((i) => size(Math.floor(i / m), i % m) && runs(Math.floor(i / m), i % m));
      lit.push([entry.nodes[k], on]);
      return on.map((i) => [Math.floor(i / m), i % m]);
    };
    for (let k = at - 1; k >= 0; k--) from = new Set(follow(k, (r) => from.has(r)).map(([, c]) => c));
    for (let k = at + 1; k < steps.length; k++) to = new Set(follow(k, (r, c) => to.has(c)).map(([r]) => r));
    return lit;
  },

  said(entry, values) {
    const steps = stepsOf(entry, values);
    if (!steps) return "";
    const columns = columnsOf(steps), k = steps.length, step = steps[k - 1];
    return columns[k].map(([, name], r) => told(name, readBy(step, r).map((c) => [columns[k - 1][c][1], step.size(r, c)]))).join("; ");
  },
});
