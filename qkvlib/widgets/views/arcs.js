// Arcs: the tokens in a row, and from each an arc to the one that reads, as wide as its share. arcs.py draws the same.
import { range } from "../arrays.js";
import { box, curve, percent, register, text } from "../scene.js";

const GAP = 84, SMALL = 52, LEAST = 30, LEFT = 8, FOOT = 44, WIDE = 1040;

/** Of tokens that stand close: smaller letters, lower arcs. */
const sizes = (/** @type {number} */ gap) => (gap < 60 ? { size: 10, letter: 5.6, lift: 7, each: 6 } : { size: 12, letter: 7.5, lift: 11, each: 9 });

/** @typedef {import("../scene.js").Mark} Mark @typedef {import("../scene.js").Value} Value */


function fitted(/** @type {string} */ token, /** @type {number} */ gap) {
  const most = Math.floor((gap - 8) / sizes(gap).letter), letters = Array.from(token);
  return letters.length <= most ? token : letters.slice(0, most - 1).join("") + (token.endsWith("*") ? "…*" : "…");
}

/** @param {string} name @param {Value} value @param {number} head @param {number} reader @param {number} left @param {number} y
 * @param {number} gap @param {string} called @param {boolean} free whether another reader can be chosen @returns {Mark[]} */
function strip(name, value, head, reader, left, y, gap, called, free) {
  const [n, m] = value.shape.slice(-2), row = Math.min(reader, n - 1), tokens = value.cols || value.rows || [];
  const arcs = [], boxes = [], words = [], at = left + (reader + 0.5) * gap, { size, lift, each } = sizes(gap);
  if (called) words.push(text(left, y - 10 - Math.min(m, 8) * each, called, "start", 11, { role: "soft" }));
  for (let c = 0; c < m; c++) {
    const i = (head * n + row) * m + c, share = Number.isFinite(value.data[i]) ? value.data[i] : 0, closed = Boolean(value.masked?.[i]);
    const x = left + (c + 0.5) * gap, reads = c === reader, up = reads ? 26 : 14 + lift * Math.min(8, Math.abs(c - reader));
    const out = reads ? 16 : 0, bend = reads ? 6 : 0;
    if (!closed && share > 0)
      arcs.push(curve(x - out, y, x - out - bend, y - up, at + out + bend, y - up, at + out, y,
        { role: "weights", width: Math.max(0.75, 11 * share), of: [name, i] }));
    const token = tokens[c] ?? String(c), told = closed ? "masked" : percent(share);
    boxes.push(box(left + c * gap + 3, y, gap - 6, 22, 5, { role: reads ? "query" : "soft", width: reads ? 2.5 : 1, closed,
      cell: [name, i], control: free ? "radio" : undefined, on: reads, label: closed ? `${token}, masked` : `${token} gives ${told}${reads ? " to itself" : ""}` }));
    words.push(text(x, y + 11, fitted(token, gap), "middle", size, { role: closed ? "soft" : "ink", bold: reads }));
    words.push(text(x, y + 31, closed ? "—" : told, "middle", 11, { role: closed ? "soft" : "weights", bold: share >= 0.5 }));
  }
  return [...arcs, ...boxes, ...words];
}

register("arcs", {
  scene(entry, values, resolve) {
    const reader = resolve(entry.reader), pick = resolve(entry.pick), marks = /** @type {Mark[]} */ ([]);
    let width = 0, top = 0;
    for (let layer = entry.nodes.length - 1; layer >= 0; layer--) {
      const name = entry.nodes[layer], value = values[name];
      if (!value || value.shape.length < 2) continue;
      const m = value.shape.at(-1) ?? 1, count = value.shape.length === 3 ? value.shape[0] : 1;
      const heads = pick === null ? range(count) : [Math.min(Math.max(0, Math.trunc(pick)), count - 1)];
      const alone = Math.min(GAP, Math.floor(((entry.width || WIDE) - 2 * LEFT) / Math.max(1, m)));
      const gap = heads.length > 1 ? SMALL : Math.max(entry.width ? LEAST : SMALL, alone);
      const each = LEFT * 2 + m * gap, rise = 18 + Math.min(m, 8) * sizes(gap).each;
      const across = Math.max(1, Math.floor(WIDE / each));
      heads.forEach((head, k) => {
        const called = entry.names[layer] || (value.shape.length === 3 ? value.heads?.[head] ?? `head ${head}` : "");
        const x = (k % across) * each, y = top + Math.floor(k / across) * (rise + FOOT);
        marks.push(...strip(name, value, head, Math.min(reader, m - 1), x + LEFT, y + rise, gap, called, Boolean(entry.reader?.param)));
        width = Math.max(width, x + each);
      });
      top += Math.ceil(heads.length / across) * (rise + FOOT);
    }
    // Arcs come and go with the reader: they stand last, so that the element of a token stays its own, and keeps the focus.
    return { width, height: top, marks: marks.sort((a, b) => Number("of" in a) - Number("of" in b)) };
  },

  /** A click on a token makes it the reader, where the reader is a parameter. */
  choose(sheet, entry, name, i, part) {
    const param = entry.reader?.param, spec = sheet.spec.params.find((/** @type {any} */ p) => p.name === param);
    const reader = i % /** @type {number} */ (sheet.engine.values.get(name)?.shape.at(-1));
    if (!spec) return;
    if (reader <= /** @type {number} */ (spec.max ?? spec.options.length - 1)) sheet.setParam(param, reader, sheet.hand.gesture(param));
    sheet.announceAfter(() => sheet.tell({ part, name, i }));
  },

  said(entry, values, resolve) {
    const value = values[entry.nodes.at(-1)], reader = resolve(entry.reader);
    if (!value) return "";
    const [n, m] = value.shape.slice(-2), row = Math.min(reader, n - 1), tokens = value.cols || value.rows || [];
    const shares = range(m).map((c) => [value.data[row * m + c], tokens[c] ?? String(c)]).sort((a, b) => Number(b[0]) - Number(a[0]));
    const who = (value.rows ?? tokens)[row] ?? String(row);
    return `${who} takes ${shares.slice(0, 3).map(([share, token]) => `${percent(Number(share))} from ${token}`).join(", ")}.`;
  },
});
