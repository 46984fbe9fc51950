// Bars: scores, what the exponential makes of them, and the one strip of length 1 they share. bars.py draws the same.
import { short } from "../numbers.js";
import { area, box, line, percent, register, text } from "../scene.js";

const GAP = 96, BAR = 40, LEFT = 74, UP = 60, DOWN = 34, ODDS = 48, FALL = 34, STRIP = 26;
const ZERO = 20 + UP, ODDS_TOP = ZERO + DOWN + 24, ODDS_END = ODDS_TOP + ODDS, STRIP_TOP = ODDS_END + FALL;

/** @typedef {import("../scene.js").Mark} Mark @typedef {import("../scene.js").Value} Value */


function oddsText(/** @type {number} */ odds) {
  if (odds === 0 || odds === 1) return short(odds);
  return 1 / odds < 1e6 ? `1 to ${short(Number((1 / odds).toPrecision(2)))}` : "almost 0";
}

/** The row that is shown, or null where there is none. @param {any} entry @param {Record<string, Value>} values @param {(x: any) => any} resolve */
function rowOf(entry, values, resolve) {
  const [scores, shares] = entry.nodes.map((/** @type {string} */ name) => values[name]);
  if (!scores || !shares || scores.shape.length !== 2 || scores.shape.join() !== shares.shape.join()) return null;
  const [n, m] = scores.shape;
  if (!n || !m) return null;
  const row = Math.min(Math.max(0, Math.trunc(resolve(entry.row))), n - 1), at = row * m;
  const z = Array.from(scores.data.slice(at, at + m), Number);
  const w = Array.from(shares.data.slice(at, at + m), (v) => (Number.isFinite(v) && v > 0 ? v : 0));
  const tokens = scores.cols || shares.cols || z.map((_, c) => String(c));
  let reach = entry.reach;
  const peak = Math.max(0, ...z.filter(Number.isFinite).map(Math.abs));
  while (reach < peak && peak < 1e12) reach *= 2;
  return { scores, at, m, z, w, tokens, reach };
}

register("bars", {
  scene(entry, values, resolve) {
    const found = rowOf(entry, values, resolve);
    if (!found) return { width: 0, height: 0, marks: [] };
    const { scores, at: first, m, z, w, tokens, reach } = found, width = LEFT + m * GAP, [ofScores, ofShares] = entry.nodes;
    const most = Math.max(...w), whole = w.reduce((a, b) => a + b, 0) || 1;
    /** @type {[string, number][]} */
    const storeys = [["score", ZERO], ["e^score", ODDS_TOP + ODDS / 2], ["share", STRIP_TOP + STRIP / 2]];
    const marks = storeys.map(([name, y]) => text(0, y, name, "start", 11, { role: "soft" })), over = [];
    marks.push(line(LEFT, ZERO, width, ZERO, { role: "line", width: 1 }));
    let at = LEFT;
    for (let c = 0; c < m; c++) {
      const i = first + c, middle = LEFT + (c + 0.5) * GAP, closed = Boolean(scores.masked?.[i]), score = Number.isFinite(z[c]) ? z[c] : 0;
      const tall = Math.max(-DOWN, Math.min(UP, (score / reach) * UP)), name = tokens[c];
      marks.push(box(middle - BAR / 2, Math.min(ZERO - tall, ZERO), BAR, Math.max(1, Math.abs(tall)), 2, { role: "query", width: 1.5, fill: 0.25, closed,
        cell: [ofScores, i], control: entry.pull && !closed ? "slider" : undefined, label: `score of ${name}` }),
        text(middle, ZERO - tall + (tall >= 0 ? -8 : 9), closed ? "masked" : short(z[c]), "middle", 12, { bold: true }));
      const odds = most ? w[c] / most : 0, high = ODDS * odds, long = (w[c] / whole) * m * GAP;
      marks.push(box(middle - BAR / 2, ODDS_END - high, BAR, high, 2, { role: "weights", width: 1, fill: 0.45, of: [ofShares, i] }),
        text(middle, ODDS_END - high - 8, oddsText(odds), "middle", 10, { role: "soft" }),
        area([[middle - BAR / 2, ODDS_END], [middle + BAR / 2, ODDS_END], [at + long, STRIP_TOP], [at, STRIP_TOP]],
          { role: "weights", width: 0, fill: 0.14, of: [ofShares, i] }),
        box(at, STRIP_TOP, long, STRIP, 0, { role: "weights", width: 1, fill: 0.45, cell: [ofShares, i],
          label: closed ? "masked" : `${name} gets ${percent(w[c])}` }));
      const told = `${name} ${percent(w[c])}`;
      over.push(text(at + long / 2, STRIP_TOP + STRIP / 2, 7 * Array.from(told).length < long ? told : "", "middle", 12),
        text(middle, STRIP_TOP + STRIP + 13, told, "middle", 12, { bold: odds === 1 }));
      at += long;
    }
    return { width, height: STRIP_TOP + STRIP + 24, marks: [...marks, ...over] };
  },

  /** The end of a bar takes its score along; the input gets what the temperature will divide. */
  drag(sheet, entry, name, i) {
    const { pull, step } = entry, resolve = (/** @type {any} */ x) => sheet.engine.resolve(x);
    const found = rowOf(entry, Object.fromEntries(sheet.engine.values), resolve);
    if (!pull || name !== entry.nodes[0] || !found || i < found.at || i >= found.at + found.m) return null;
    const unit = UP / found.reach, heat = resolve(pull.temperature), now = found.z[i - found.at], most = UP / unit, least = -DOWN / unit;
    return {
      keys: { ArrowUp: [0, 1], ArrowDown: [0, -1] },
      move(x, y, event) {
        const by = event?.keys ? now * heat + y * step * (event.shiftKey ? 10 : 1) : Math.max(least, Math.min(most, (ZERO - y) / unit)) * heat;
        return [pull.input, [[i, Number((event?.keys ? by : Math.round(by / step) * step).toPrecision(12))]]];
      },
    };
  },

  said(entry, values, resolve) {
    const found = rowOf(entry, values, resolve);
    if (!found) return "";
    const order = found.w.map((share, c) => c).sort((a, b) => found.w[b] - found.w[a]), [first, second] = order;
    const share = (/** @type {number} */ c) => `${found.tokens[c]} gets ${percent(found.w[c])}`;
    if (second === undefined || !found.w[second]) return `${share(first)}.`;
    const gap = found.z[first] - found.z[second], odds = Number((found.w[first] / found.w[second]).toPrecision(2));
    return `${found.tokens[first]} before ${found.tokens[second]}: gap ${short(gap)}, odds ${short(odds)} to 1. ${order.slice(0, 4).map(share).join(", ")}.`;
  },
});
