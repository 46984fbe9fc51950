// A node on the page: heading, one grid per head, shape. It is one of the parts of a sheet; sheet_view.js says what a part is.
import { frame, range } from "./arrays.js";
import { focusable, h } from "./dom.js";
import { differs, folded, LARGE, TableGrid } from "./grids.js";
import { niceCeiling, places, short } from "./numbers.js";

const FOLD_OVER = 16;         // columns; more than this fold
const FOLD_KEEP = [8, 3];     // columns kept at the start and the end of a folded row
const TABLE_MOST = [24, 400]; // rows, cells; larger matrices are painted on a canvas

/** The largest finite size in some values. @param {(import("./arrays.js").Value|undefined)[]} values */
export function peakOf(values) {
  let peak = 0;
  for (const value of values)
    if (value) for (const v of value.data) if (Math.abs(v) > peak && Number.isFinite(v)) peak = Math.abs(v);
  return peak;
}

/**
 * @typedef {import("./types.js").Value} Value
 * @typedef {import("./types.js").Pointed} Pointed
 * @typedef {import("./grids.js").Look} Look
 */

export class Panel {
  /** @param {import("./sheet_view.js").SheetView} sheet @param {import("./types.js").Entry} entry */
  constructor(sheet, entry) {
    this.sheet = sheet;
    this.entry = entry;
    /** @type {string} */
    this.name = entry.node;
    this.nodes = [this.name];
    /** @type {string} */
    this.title = entry.title || this.name;
    /** @type {number} */
    this.slots = entry.slots ?? 0;
    /** @type {"sign"|"share"} */
    this.ramp = entry.ramp ?? "sign";
    this.input = sheet.spec.inputs[this.name];
    this.editable = Boolean(this.input?.editable);
    this.body = h("div", { class: "ws-grids" });
    this.foot = h("div", { class: "ws-shape" });
    this.closed = Boolean(entry.closed);
    this.heading = h("figcaption", { class: "ws-name" }, this.closed ? this.opener() : this.title);
    this.root = h("figure", { class: `ws-panel${this.editable ? " ws-editable" : ""}${(entry.look ?? "").replace(/\w+/g, " ws-$&")}`, "data-node": this.name,
      "data-role": entry.role || null, style: entry.role ? `--ws-of: var(--ws-${entry.role})` : null }, this.heading, this.body, this.foot, entry.note ? h("div", { class: "ws-note" }, entry.note) : null);
    /** @type {Map<number, import("./types.js").AnyGrid>} by head */
    this.grids = new Map();
    /** @type {Value} the last drawn: there is none before the first drawing, while the panel is not `open` */
    this.value;
    /** @type {number[]} the columns shown */
    this.columns = [];
    this.active = 0;
    this.unfolded = false;
    this.shut(this.closed);
  }

  opener() {
    this.button = focusable("button", { type: "button", class: "ws-fold", onclick: () => { this.shut(!this.closed); this.draw(null); } },
      this.title);
    return this.button;
  }

  /** @param {boolean} closed */
  shut(closed) {
    this.closed = closed;
    this.root.classList.toggle("ws-closed", closed);
    this.button?.setAttribute("aria-expanded", String(!closed));
  }

  /** Whether its cells are on the page, and count as shown. */
  get open() {
    return !this.closed && Boolean(this.value) && !this.root.closest("details:not([open])");
  }

  isEditable() {
    return this.editable;
  }

  stepOf() {
    return this.input.step;
  }

  /** @param {number} share @param {string} [ramp] @param {boolean} [dim] */
  rgb(share, ramp, dim) {
    return this.sheet.theme.rgb(share, ramp, dim);
  }

  /** @param {number} share @param {string} [ramp] @param {boolean} [dim] */
  colour(share, ramp, dim) {
    return Number.isNaN(share) ? "" : `rgb(${this.rgb(share, ramp, dim)})`;
  }

  /** @param {string} name */
  css(name) {
    return getComputedStyle(this.sheet.root).getPropertyValue(name);
  }

  /** Whether a change of these nodes, or of what is drawn beside them, shows here. @param {Set<string>} changed */
  concerns(changed) {
    const { diff, pick, lit, scale = [], bands } = this.entry;
    return [this.name, diff, ...scale].some((name) => changed.has(name)) || bands || [pick, lit].some((o) => typeof o === "object" && o);
  }

  /** Draws the sheet's present numbers. `changed` are the names that changed, null for everything. @param {Set<string>|null} changed */
  draw(changed, fresh = false) {
    const { sheet, name, entry } = this, value = sheet.engine.values.get(name), trouble = sheet.engine.errors.get(name);
    const stale = fresh && this.root.querySelector("[data-was]");   // marks of the gesture before
    if (changed && !this.concerns(changed) && !this.dirty && !stale) return;
    this.dirty = this.closed || this.root.closest("details:not([open])");
    if (this.dirty) return;
    this.value = /** @type {Value} */ (value);
    this.root.classList.toggle("ws-stale", Boolean(trouble && value));
    this.nearly = false;
    if (!value) {
      this.signature = null;
      this.grids.clear();
      this.body.replaceChildren(h("div", { class: "ws-trouble" }, trouble ?? ""));
      this.foot.textContent = "";
      return;
    }
    const { shape, rows, cols, heads } = value, pick = sheet.engine.resolve(entry.pick), count = frame(value)[0];
    const shown = shape.length === 3 && pick !== null ? [Math.min(Math.max(0, pick), count - 1)] : range(count);
    const signature = JSON.stringify([shape, rows, cols, heads, shown, this.unfolded]), rebuild = signature !== this.signature;
    if (rebuild) this.build(shown);
    /** @type {string|null|undefined} */
    this.signature = signature;
    const look = this.look(value, rebuild, trouble ? null : sheet.base.get(name) ?? null);
    const drawnAs = JSON.stringify([look.end, look.decimals, look.lit, sheet.theme.name]);
    const all = rebuild || drawnAs !== this.drawnAs || look.other || stale;
    this.drawnAs = drawnAs;
    this.range.textContent = value.data.length ? this.scaleText(look) : "";
    for (const grid of this.grids.values()) grid.paint(value, look, all ? null : this.painted ?? null);
    const { decimals } = look;
    this.nearly = !this.editable && decimals !== null && value.data.some((v, i) => !value.masked?.[i] && nearlyZero(v, decimals, this.ramp === "share" ? 0 : 1e-14));
    /** @type {Value|null|undefined} */
    this.painted = value;
    if (look.other) this.compare(value, look.other);
  }

  /** @param {Value} value @param {boolean} rebuild @param {Value|null} base @returns {Look} */
  look(value, rebuild, base) {
    const { entry, sheet } = this, { values } = sheet.engine;
    const lit = sheet.engine.resolve(entry.lit), light = typeof lit === "string" ? value.rows?.lastIndexOf(lit) ?? -1 : lit;
    const group = entry.scale ? entry.scale.map((/** @type {string} */ name) => values.get(name)) : [value];
    const wanted = entry.max ?? niceCeiling(peakOf(group));
    this.end = sheet.held && this.end && !rebuild ? this.end : wanted;
    return { end: this.end, decimals: entry.decimals ?? places(value.data) ?? (this.ramp === "share" ? 3 : null), ramp: this.ramp, bars: entry.bars, lit: light,
      base: base && base.shape.join() === value.shape.join() ? base : null,
      other: entry.diff ? values.get(entry.diff) ?? null : null };
  }

  /** @param {Look} look */
  scaleText({ end, ramp }) {
    return ramp === "share" ? "shares of 1" : `±${short(end)}`;
  }

  /** @param {Value} value @param {Value} other */
  compare(value, other) {
    const count = value.shape.join() === other.shape.join() ? value.data.filter((v, i) => differs(v, other.data[i])).length : value.data.length;
    this.range.textContent += count ? ` · ${count} of ${value.data.length} differ` : " · all equal";
  }

  /** @param {number[]} shown */
  build(shown) {
    const [, n, m] = frame(this.value), fold = m > FOLD_OVER && (n <= FOLD_OVER || m > 256) && !/small/.test(this.entry.look);
    this.columns = fold && !this.unfolded ? folded(m, FOLD_KEEP) : range(m);
    const Grid = n > TABLE_MOST[0] || n * this.columns.length > TABLE_MOST[1] ? LARGE.Grid : TableGrid;
    this.grids = new Map(shown.map((head) => [head, new Grid(this, head)]));
    this.body.replaceChildren(...[...this.grids.values()].map((grid) => grid.root));
    this.foot.replaceChildren(h("span", {}, `[${this.value.shape.join(", ")}]`), this.range = h("span"));
    if (fold) {
      const word = this.unfolded ? "fold" : `show all ${m}`;
      this.foot.append(focusable("button", { type: "button", "aria-label": `${word} columns of ${this.title}`, onclick: () => {
        this.unfolded = !this.unfolded;
        this.draw(null);
        this.foot.querySelector("button").focus();
      } }, word));
    }
    if (!this.gridOf(this.active) || !this.columns.includes(this.active % m)) this.active = shown[0] * n * m;
    this.gridOf(this.active)?.activate(this.active);
  }

  /** @param {number} i */
  gridOf(i) {
    const [, n, m] = frame(this.value);
    return this.grids.get(Math.floor(i / (n * m)));
  }

  /** @param {Pointed} event */
  hit(event) {
    for (const grid of this.grids.values()) {
      const i = grid.root.contains(event.target) ? grid.hit(event) : null;
      if (i !== null) return { part: this, name: this.name, i };
    }
    return null;
  }

  /** One cell of every panel is in the tab order; arrows lead to the others. @param {string} _ @param {number} i */
  activate(_, i) {
    this.gridOf(this.active)?.deactivate();
    this.active = i;
    return this.gridOf(i)?.activate(i);
  }

  /** @param {string} _ @param {number} i */
  has(_, i) {
    return Boolean(this.open && i < this.value.data.length && this.gridOf(i));
  }

  /** @param {string} _ @param {number} i */
  box(_, i) {
    return /** @type {import("./types.js").AnyGrid} */ (this.gridOf(i)).box(i);
  }

  /** @param {string} _ @param {number[]} cells @param {string} className */
  mark(_, cells, className) {
    for (const grid of this.grids.values()) grid.mark(cells.filter((k) => this.gridOf(k) === grid), className);
  }

  unmark() {
    for (const grid of this.grids.values()) grid.unmark();
  }

  /** @param {string} _ @param {number} i */
  label(_, i) {
    return this.sheet.engine.label(this.name, i, this.title);
  }

  /** What a reader hears of a cell besides its number. @param {string} _ @param {number} i */
  state(_, i) {
    const other = this.entry.diff && this.sheet.engine.values.get(this.entry.diff)?.data[i];
    if (this.value.masked?.[i]) return "masked";
    if (this.editable) return "editable";
    return other !== undefined && differs(this.value.data[i], other) ? `differs: ${short(other)} in ${this.entry.diff}` : "";
  }

  /** The cell an arrow key leads to from i, or undefined at the edge. Sideways it goes on in the next line.
   * @param {string} name @param {number} i @param {string} key */
  next(name, i, key) {
    const [, n, m] = frame(this.value), heads = [...this.grids.keys()], wide = this.columns.filter((c) => c >= 0);
    const head = heads.indexOf(Math.floor(i / (n * m))), line = head * n + (Math.floor(i / m) % n);
    const at = line * wide.length + wide.indexOf(i % m), last = heads.length * n * wide.length - 1;
    const step = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide.length, ArrowDown: wide.length })[key];
    const to = key === "Home" ? 0 : key === "End" ? last : at + step;
    if (to < 0 || to > last) return undefined;
    const row = Math.floor(to / wide.length);
    return { name, i: (heads[Math.floor(row / n)] * n + (row % n)) * m + wide[to % wide.length] };
  }
}

const nearlyZero = (/** @type {number} */ v, /** @type {number} */ decimals, /** @type {number} */ noise) => Math.abs(v) < 0.5 / 10 ** decimals && Math.abs(v) > noise;
