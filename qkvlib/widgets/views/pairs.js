// Pairs: two tables of shares, each number as a pale bar and a solid one beside it, row by row. pairs.py draws the same.
import { range } from "../arrays.js";
import { box, line, percent, register, text } from "../scene.js";

const GAP = 44, BAR = 14, LEFT = 56, LEGEND = 250, TALL = 34, TOP = 22, ROW = TALL + 16;

/** @typedef {import("../scene.js").Mark} Mark @typedef {import("../scene.js").Value} Value */

const part = (/** @type {number} */ share) => Math.max(0, Math.min(1, share));

/** @param {any} entry @param {Record<string, Value>} values */
function tablesOf(entry, values) {
  const found = entry.nodes.map((/** @type {string} */ name) => values[name]);
  if (found.some((/** @type {Value} */ v) => !v || v.shape.length < 2 || !v.data.length) || found[0].shape.join() !== found[1].shape.join()) return null;
  const after = found[1], m = after.shape.at(-1), n = after.data.length / m;
  const names = (/** @type {any} */ given, /** @type {number} */ count) => given ?? range(count).map(String);
  return { m, n, rows: names(after.shape.length === 3 ? after.heads : after.rows, n), cols: names(after.cols, m),
    share: (/** @type {number} */ k, /** @type {number} */ i) => (Number.isFinite(found[k].data[i]) ? found[k].data[i] : 0) };
}

register("pairs", {
  scene(entry, values) {
    const found = tablesOf(entry, values);
    if (!found) return { width: 0, height: 0, marks: [] };
    const { m, n, rows, cols, share } = found, right = LEFT + m * GAP;
    /** @type {Mark[]} */
    const marks = [];
    for (let c = 0; c < m; c++) marks.push(text(LEFT + (c + 0.5) * GAP, TOP / 2, Array.from(cols[c]).slice(0, 8).join(""), "middle", 10, { role: "soft" }));
    for (let r = 0; r < n; r++) {
      const foot = TOP + (r + 1) * ROW;
      marks.push(text(LEFT - 10, foot - TALL / 2, rows[r], "end", 12), line(LEFT, foot, right, foot, { role: "line", width: 1 }));
      for (let c = 0; c < m; c++) {
        const middle = LEFT + (c + 0.5) * GAP, i = r * m + c, now = share(1, i);
        for (const k of [0, 1]) {
          const high = part(share(k, i)) * TALL;
          marks.push(box(middle + (k - 1) * (BAR + 2) + 1, foot - high, BAR, high, 1, { role: "weights", width: 1, fill: k ? 0.7 : 0.12, dash: !k,
            cell: [entry.nodes[k], i], label: `${rows[r]}, ${entry.names[k]}: ${cols[c]} ${percent(share(k, i))}` }));
        }
        marks.push(text(middle + 8, foot - part(now) * TALL - 7, now >= 0.05 ? percent(now) : "", "middle", 10, { bold: true }));
      }
    }
    const y = TOP + n * ROW + 16;
    marks.push(box(LEFT, y - 6, BAR, 12, 1, { role: "weights", width: 1, fill: 0.12, dash: true }),
      text(LEFT + BAR + 6, y, entry.names[0], "start", 11, { role: "soft" }),
      box(LEFT + 120, y - 6, BAR, 12, 1, { role: "weights", width: 1, fill: 0.7 }),
      text(LEFT + 120 + BAR + 6, y, entry.names[1], "start", 11, { role: "soft" }));
    return { width: LEFT + Math.max(m * GAP, LEGEND), height: y + 10, marks };
  },

  said(entry, values) {
    const found = tablesOf(entry, values);
    if (!found) return "";
    const { m, n, rows, cols, share } = found, every = range(m);
    return range(n).map((r) => `${rows[r]}: ${entry.names.map((/** @type {string} */ name, /** @type {number} */ k) => {
      const best = every.reduce((a, c) => (share(k, r * m + c) > share(k, r * m + a) ? c : a), 0);
      return `${name} ${percent(share(k, r * m + best))} on ${cols[best]}`;
    }).join(", ")}`).join("; ");
  },
});
