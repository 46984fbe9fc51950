// One matrix as a table of numbers. heat_grid.js is the other way, for large ones: it has the same methods, and both put real,
// labelled, focusable grid cells on the page.
import { frame, range } from "./arrays.js";
import { focusable, h } from "./dom.js";
import { inCell, short } from "./numbers.js";

/**
 * @typedef {import("./arrays.js").Value} Value
 * @typedef {{ end: number, decimals: number|null, ramp: "sign"|"share", base: Value|null, other: Value|null, bars: boolean|"log",
 *   lit: number|null }} Look how a panel's numbers are drawn: `base` is the value before the gesture, `other` what it is compared with
 * @typedef {{ value: Value, title: string, editable: boolean, ramp: "sign"|"share", columns: number[], slots: number,
 *   colour: (share: number, ramp?: string, dim?: boolean) => string, rgb: (share: number, ramp?: string, dim?: boolean) => number[],
 *   label: (name: string, i: number) => string, name: string, css: (name: string) => string }} Owner
 */

/** What both grids share: which matrix of which panel they show. */
export class Grid {
  /** @param {Owner} panel @param {number} head @param {string} tag @param {string} className */
  constructor(panel, head, tag, className) {
    const { value, title } = panel, [, n, m] = frame(value);
    this.panel = panel;
    this.n = n;
    this.m = m;
    this.first = head * n * m;
    this.columns = panel.columns;
    this.headName = value.shape.length === 3 ? value.heads?.[head] ?? `head ${head}` : "";
    this.grid = h(tag, { class: className, role: "grid", "aria-readonly": String(!panel.editable),
      "aria-label": `${title} [${value.shape.join(", ")}]${this.headName && `, ${this.headName}`}` });
    this.root = h("div", {}, this.headName ? h("div", { class: "ws-head-name" }, this.headName) : null, this.grid);
    /** @type {any} the cell in the tab order, an element as `h` makes them */
    this.current = null;
    /** @type {any[]} what is lit up, as each kind of grid puts it */
    this.marks = [];
  }

  /** What stands in a cell; an input's number as it was given. @param {number} v @param {number|null} decimals */
  text(v, decimals) {
    return this.panel.editable ? short(v) : inCell(v, decimals, this.panel.ramp === "share" ? 0 : undefined);
  }

  deactivate() {
    if (this.current) this.current.tabIndex = -1;
  }
}

const DENSE_OVER = 4;   // rows; more of them are lower

/** How long a bar is, of 1; a quarter of a logarithmic one is a factor of 10. @param {number} share @param {boolean|"log"} bars */
const lengthOf = (share, bars) => Math.max(0, Math.min(1, (bars === "log" ? 1 + Math.log10(share) / 4 : share) || 0));

/** A name of a row or column; the * of a made-up word stays in sight when the word is too long. @param {string} text @param {"col"|"row"} scope */
function heading(text, scope) {
  const star = text.endsWith("*");
  return h("th", { class: `ws-${scope}`, scope, title: text },
    h("span", { class: "ws-word" }, star ? text.slice(0, -1) : text), star ? "*" : null);
}

export class TableGrid extends Grid {
  /** @param {Owner} panel @param {number} head */
  constructor(panel, head) {
    super(panel, head, "table", "ws-grid");
    const { rows, cols } = panel.value, { n, m, grid } = this;
    /** @type {Map<number, HTMLElement>} */
    this.cells = new Map();
    if (cols) {
      const line = grid.createTHead().insertRow();
      if (rows) line.append(h("td"));
      for (const c of this.columns) line.append(c < 0 ? h("td", { class: "ws-gap" }) : heading(cols[c], "col"));
    }
    const body = grid.createTBody(), tall = Math.max(n, panel.slots);
    grid.classList.toggle("ws-dense", tall > DENSE_OVER);
    for (let r = 0; r < tall; r++) {
      const line = body.insertRow();
      if (rows) line.append(r < n ? heading(rows[r], "row") : h("td", { class: "ws-row" }));
      for (const c of this.columns) line.append(r >= n ? h("td", { class: "ws-slot" }) : c < 0 ? h("td", { class: "ws-gap",
        "aria-label": `${m - this.columns.length + 1} more columns` }, "…") : this.cell(this.first + r * m + c));
      if (panel.slots && r === n - 1) line.className = "ws-newest";
    }
    if (!n || !m) body.insertRow().append(h("td", { class: "ws-empty" }, "empty"));
  }

  /** @param {number} i @returns {HTMLElement} */
  cell(i) {
    const { editable } = this.panel;
    const cell = focusable("td", { class: "ws-cell", tabindex: "-1", "data-i": String(i), "aria-readonly": editable ? "false" : null }, " ");
    this.cells.set(i, cell);
    return cell;
  }

  /** Writes what differs from `before` (all of it, when null). @param {Value} value @param {Look} look @param {Value|null} before */
  paint(value, look, before) {
    const { end, decimals, base, other, bars, lit, ramp } = look, { panel } = this;
    for (const [i, cell] of this.cells) {
      const v = value.data[i], closed = value.masked?.[i] ?? 0;
      if (before && Object.is(before.data[i], v) && (before.masked?.[i] ?? 0) === closed) continue;
      const text = closed ? "" : this.text(v, decimals), old = base && !base.masked?.[i] ? this.text(base.data[i], decimals) : text;
      if (cell.firstChild instanceof Text) cell.firstChild.data = text;
      else if (!cell.firstChild) cell.textContent = text;
      const dim = lit !== null && Math.floor((i - this.first) / this.m) !== lit, share = v / end;
      cell.style.backgroundColor = closed ? "" : panel.colour(share, ramp, dim);
      if (bars) cell.style.setProperty("--ws-share", String(closed ? 0 : lengthOf(Math.abs(share), bars)));
      for (const [name, on] of /** @type {[string, unknown][]} */ ([["ws-masked", closed], ["ws-dim", dim], ["ws-bar", bars],
        ["ws-differs", other && differs(v, other.data[i])]])) cell.classList.toggle(name, Boolean(on));
      if (closed) cell.setAttribute("aria-label", "masked");
      else cell.removeAttribute("aria-label");
      if (old !== text && !closed) cell.dataset.was = old;
      else delete cell.dataset.was;
    }
  }

  /** @param {import("./types.js").Pointed} event @returns {number|null} */
  hit({ target }) {
    const cell = /** @type {HTMLElement|null} */ (target.closest("[data-i]"));
    return cell ? Number(cell.dataset.i) : null;
  }

  /** @param {number} i @returns {HTMLElement|undefined} */
  activate(i) {
    this.current = this.cells.get(i);
    if (this.current) this.current.tabIndex = 0;
    return this.current;
  }

  /** @param {number[]} cells @param {string} className */
  mark(cells, className) {
    for (const i of cells) {
      const cell = this.cells.get(i);
      if (!cell) continue;
      cell.classList.add(className);
      this.marks.push([cell, className]);
    }
  }

  unmark() {
    for (const [cell, className] of this.marks) cell.classList.remove(className);
    this.marks = [];
  }

  /** @param {number} i */
  box(i) {
    return /** @type {HTMLElement} */ (this.cells.get(i)).getBoundingClientRect();
  }
}

/** Two numbers that a learner should see as different. @param {number} a @param {number} b */
export const differs = (a, b) => !(Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)));

/** The columns shown of m: long rows fold in the middle, where -1 stands for what is left out. @param {number} m @param {number[]} keep */
export function folded(m, keep) {
  const columns = range(m);
  columns.splice(keep[0], m - keep[0] - keep[1], -1);
  return columns;
}

/** The grid for large matrices, where the sheet was sent one. @type {{ Grid: new (panel: Owner, head: number) => import("./types.js").AnyGrid }} */
export const LARGE = { Grid: TableGrid };
