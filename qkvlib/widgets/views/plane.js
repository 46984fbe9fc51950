// A plane: rows of two numbers as arrows and points, shadows of keys on a query, values and their blend. plane.py draws the same.
import { range } from "../arrays.js";
import { niceCeiling, short } from "../numbers.js";
import { area, arrow, dot, line, register, text } from "../scene.js";

/** @typedef {import("../scene.js").Mark} Mark @typedef {import("../scene.js").Value} Value @typedef {[number, number]} Pair */

/** @type {(v: Value|undefined) => v is Value} */
const fitsPlane = (v) => v?.shape.length === 2 && v.shape[1] === 2;
const pairs = (/** @type {Value} */ v) => range(v.shape[0]).map((r) => /** @type {Pair} */ ([v.data[2 * r], v.data[2 * r + 1]]));
const roleOf = (/** @type {any} */ entry, /** @type {string} */ name) => entry.roles[name] || "ink";
const finite = (/** @type {number} */ v) => (Number.isFinite(v) ? v : 0);

/** How the plane lies on the picture. @param {any} entry @param {Record<string, Value>} values */
function ground(entry, values) {
  const { size } = entry, shown = Object.fromEntries(entry.nodes.filter((/** @type {string} */ n) => fitsPlane(values[n])).map((/** @type {string} */ n) => [n, values[n]]));
  let peak = 0, { reach } = entry;
  for (const v of Object.values(shown)) for (const x of v.data) if (Number.isFinite(x)) peak = Math.max(peak, Math.abs(x));
  while (reach * 1.05 < peak && peak < 1e12) reach *= 2;
  const half = size / 2, unit = (size / 2 - 14) / reach;
  return { shown, reach, half, unit, place: (/** @type {Pair} */ [x, y]) => /** @type {Pair} */ ([half + finite(x) * unit, half - finite(y) * unit]) };
}

/** @param {Value} value @param {number} row @param {string} name */
const nameOf = (value, row, name) => [value.rows?.[row] ?? String(row + 1), name[0].toLowerCase()];

/** The corners of the convex hull (Andrew's monotone chain). @param {Pair[]} points */
export function hull(points) {
  const sorted = [...new Map(points.map((p) => [p.join(), p])).values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const turn = (/** @type {Pair} */ a, /** @type {Pair} */ b, /** @type {Pair} */ c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const half = (/** @type {Pair[]} */ run) => {
    /** @type {Pair[]} */
    const chain = [];
    for (const p of run) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

/** @param {any} entry @param {any} g @param {number} reader @returns {Mark[]} */
function shadows(entry, { shown, place }, reader) {
  const [keys, queries] = (entry.shadow ?? []).map((/** @type {string} */ name) => shown[name]);
  if (!keys || !queries || reader >= queries.shape[0]) return [];
  const [qx, qy] = pairs(queries)[reader], length = qx * qx + qy * qy;
  if (!(length > 0) || !Number.isFinite(length)) return [];
  return pairs(keys).flatMap(([x, y]) => {
    const share = (x * qx + y * qy) / length, foot = place([share * qx, share * qy]), tip = place([x, y]);
    return [line(tip[0], tip[1], foot[0], foot[1], { role: "soft", width: 1, dash: true }), dot(foot[0], foot[1], 3, { role: "soft", fill: 1 })];
  });
}

const wide = (/** @type {string} */ label) => 6.3 * Array.from(label).length;

/** Labels that make room for one another: each goes down (or up) a line while it lies on another; returns where it lies. */
function room() {
  /** @type {[number, number, number][]} */
  const taken = [];   // left, right, middle
  return (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ string, /** @type {string} */ anchor, /** @type {boolean} */ down) => {
    const width = wide(string), left = anchor === "end" ? x - width : x;
    if (!width) return y;
    for (let k = 0; k < 8 && taken.some(([start, end, m]) => Math.abs(y - m) < 11 && left < end && start < left + width); k++) y += down ? 12 : -12;
    taken.push([left, left + width, y]);
    return y;
  };
}

/** A name beside a place: to its left where it is wanted there, or where there is no room on the right. @param {any} entry @param {Function} words @param {Pair} at
 * @param {string} label @param {boolean} left @param {number} gap @param {boolean} down @param {import("../scene.js").More} more */
function nameBeside(entry, words, [x, y], label, left, gap, down, more) {
  const anchor = left || x + gap + wide(label) > entry.size ? "end" : "start", beside = x + (anchor === "end" ? -gap : gap);
  return text(beside, words(beside, y + (down ? 9 : -9), label, anchor, down), label, anchor, 11, more);
}

/** @param {any} entry @param {any} g @param {number} reader @param {Function} words @returns {Mark[]} */
function arrows(entry, { shown, place }, reader, words) {
  const marks = /** @type {Mark[]} */ ([]), origin = place([0, 0]);
  for (const name of entry.arrows) {
    if (!shown[name]) continue;
    const value = shown[name], role = roleOf(entry, name);
    pairs(value).forEach((pair, row) => {
      const [x, y] = place(pair), read = role !== "query" || row === reader, [token, letter] = nameOf(value, row, name);
      marks.push(arrow(origin[0], origin[1], x, y, { role, width: read ? 2.5 : 1, dash: !read, cell: [name, 2 * row], cells: [2 * row, 2 * row + 1],
        control: entry.pulls[name] ? "slider" : undefined, label: `${letter} of ${token}` }));
      marks.push(nameBeside(entry, words, [x, y], read ? `${letter} ${token}` : "", x < origin[0], 5, role === "key" || y > origin[1], { role, bold: read }));
    });
  }
  return marks;
}

/** @param {any} entry @param {any} g @param {number} reader @param {Function} words @returns {Mark[]} */
function points(entry, { shown, place }, reader, words) {
  const marks = /** @type {Mark[]} */ ([]);
  for (const name of entry.points) {
    if (!shown[name]) continue;
    const value = shown[name], role = roleOf(entry, name), corners = hull(pairs(value).filter((p) => p.every(Number.isFinite)));
    if (corners.length > 1) marks.push(area(corners.map(place), { role, width: 1, fill: 0.1, dash: true }));
    const middle = pairs(value).reduce((sum, pair) => sum + place(pair)[0], 0) / Math.max(1, value.shape[0]);
    pairs(value).forEach((pair, row) => {
      const [x, y] = place(pair), [token, letter] = nameOf(value, row, name);
      marks.push(dot(x, y, 5, { role, fill: 1, cell: [name, 2 * row], cells: [2 * row, 2 * row + 1],
        control: entry.pulls[name] ? "slider" : undefined, label: `${letter} of ${token}` }));
      marks.push(nameBeside(entry, words, [x, y], `${letter} ${token}`, x < middle - 0.5, 8, false, { role }));
    });
  }
  const value = shown[entry.blend];
  if (value && reader < value.shape[0]) {
    const [x, y] = place(pairs(value)[reader]), token = value.rows?.[reader] ?? String(reader + 1);
    marks.push(dot(x, y, 6, { role: "out", fill: 1, cell: [entry.blend, 2 * reader], cells: [2 * reader, 2 * reader + 1], label: `${entry.blend} of ${token}` }));
    const label = `${entry.blend} ${token}`;
    marks.push(text(x + 9, words(x + 9, y + 11, label, "start", true), label, "start", 11, { role: "out", bold: true }));
  }
  return marks;
}

register("plane", {
  scene(entry, values, resolve) {
    const g = ground(entry, values), { size } = entry, reader = resolve(entry.reader), step = niceCeiling(g.reach / 4);
    const marks = [line(0, size / 2, size, size / 2, { role: "line", width: 1.5 }), line(size / 2, 0, size / 2, size, { role: "line", width: 1.5 })];
    for (let k = 1; k <= Math.trunc(g.reach / step + 1e-9); k++)
      for (const at of [k * step, -k * step]) {
        const [x, y] = g.place([at, at]);
        marks.push(line(x, 0, x, size, { role: "line", width: 0.5 }), line(0, y, size, y, { role: "line", width: 0.5 }),
          text(x, size / 2 + 9, short(at), "middle", 9, { role: "soft" }));
      }
    const words = room();
    const drawn = [...shadows(entry, g, reader), ...arrows(entry, g, reader, words), ...points(entry, g, reader, words)];
    return { width: size, height: size, marks: [...marks, ...drawn.sort((a, b) => Number(a.mark === "text") - Number(b.mark === "text"))] };   // no arrow lies on a name
  },

  /** An input takes the numbers as they are; a product takes the smallest change of its matrix that gives them. */
  drag(sheet, entry, name, i) {
    const pull = entry.pulls[name], row = Math.floor(i / 2), now = sheet.engine.values.get(name);
    if (!pull || !fitsPlane(now)) return null;
    const { half, unit, reach } = ground(entry, Object.fromEntries(sheet.engine.values));
    const snap = (/** @type {number} */ v, fine = false) => {
      const step = fine ? entry.step / 5 : entry.step;
      return Math.max(-reach, Math.min(reach, Number((Math.round(v / step) * step).toPrecision(12))));
    };
    const [x, y] = [half + now.data[2 * row] * unit, half - now.data[2 * row + 1] * unit], by = entry.step * unit;
    return {
      keys: { ArrowUp: [x, y - by], ArrowDown: [x, y + by], ArrowLeft: [x - by, y], ArrowRight: [x + by, y] },
      move(px, py, event) {
        const to = event?.keys ? [(px - half) / unit, (half - py) / unit].map((v) => Number(v.toPrecision(12)))
          : [snap((px - half) / unit, event?.shiftKey), snap((half - py) / unit, event?.shiftKey)];
        return pull.input ? [name, to.map((v, k) => /** @type {Pair} */ ([2 * row + k, v]))] : smallest(sheet, pull, name, row, to);
      },
    };
  },

  said(entry, values, resolve) {
    const reader = resolve(entry.reader), { shown } = ground(entry, values), [keys, queries] = (entry.shadow ?? []).map((/** @type {string} */ n) => shown[n]);
    if (!keys || !queries || reader >= queries.shape[0]) return "";
    const [qx, qy] = pairs(queries)[reader], size = Math.hypot(qx, qy);
    const told = pairs(keys).map(([x, y], row) => `k of ${nameOf(keys, row, "k")[0]} ${short((x * qx + y * qy) / size)}`);
    return `q of ${nameOf(queries, reader, "q")[0]}: ${short(qx)}, ${short(qy)}. Shadows on it: ${told.join(", ")}.`;
  },
});

/** ΔW = xᵀ Δq / |x|². @param {any} sheet @param {{ x: string, w: string }} pull @param {string} name @param {number} row @param {number[]} to
 * @returns {[string, [number, number][]]|null} */
function smallest(sheet, { x: of, w }, name, row, to) {
  const x = sheet.engine.values.get(of), q = sheet.engine.values.get(name), W = sheet.engine.values.get(w), d = x.shape.at(-1);
  const token = Array.from(x.data.subarray(row * d, (row + 1) * d), Number), square = token.reduce((sum, v) => sum + v * v, 0);
  if (!(square > 0) || !Number.isFinite(square)) return null;
  const cells = token.flatMap((v, t) => to.map((goal, k) => /** @type {Pair} */ ([2 * t + k,
    Math.round((W.data[2 * t + k] + (v * (goal - q.data[2 * row + k])) / square) * 1e10) / 1e10])));
  return [w, cells];
}
