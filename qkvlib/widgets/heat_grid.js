// A large matrix as a painted canvas; sent where a sheet may show one.
import { focusable, h } from "./dom.js";
import { Grid, LARGE } from "./grids.js";
import { short } from "./numbers.js";

/**
 * @typedef {import("./arrays.js").Value} Value @typedef {import("./grids.js").Look} Look @typedef {import("./types.js").Pointed} Pointed
 * @typedef {[left: number, top: number, row: number, place: number]} Spot where a cell is, its row and its place among the columns shown
 */

const LABEL = 70;   // pixels for row names

/** One pixel block per cell; numbers where they fit. A single real cell, the cursor, moves over it for keys and readers. */
export class HeatGrid extends Grid {
  /** @param {import("./grids.js").Owner} panel @param {number} head */
  constructor(panel, head) {
    super(panel, head, "div", "ws-heat");
    const { rows, cols } = panel.value, { n, m, grid, columns } = this;
    this.numbers = columns.length <= 16;
    const side = Math.max(3, Math.min(16, Math.floor(600 / Math.max(n, columns.length))));
    const [w, h1] = this.numbers ? [42, 16] : [side, side];
    this.w = w;
    this.h1 = h1;
    this.left = rows && h1 >= 8 ? LABEL : 0;
    this.top = cols && this.numbers ? 16 : 0;
    const width = this.left + columns.length * w, height = this.top + n * h1, ratio = globalThis.devicePixelRatio || 1;
    /** @type {HTMLCanvasElement} */
    this.canvas = grid.appendChild(h("canvas", { "aria-hidden": "true", width: width * ratio, height: height * ratio,
      style: `width: ${width}px; height: ${height}px` }));
    this.ink = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {HTMLCanvasElement} a pixel for every cell */
    this.small = h("canvas", { width: columns.length, height: n });
    this.ink.scale(ratio, ratio);
    grid.setAttribute("aria-rowcount", n);
    grid.setAttribute("aria-colcount", m);
    this.current = focusable("div", { class: "ws-cell ws-cursor", role: "gridcell", tabindex: "-1" });
    this.line = grid.appendChild(h("div", { role: "row" }, this.current));
  }

  /** @param {Value} value @param {Look} look */
  paint(value, { end, decimals, ramp, lit }) {
    const { ink, columns, n, m, w, h1, left, top, first, panel } = this;
    const soft = panel.css("--ws-soft"), text = panel.css("--ws-ink");
    const block = new ImageData(columns.length, n), closed = new Path2D();
    for (let r = 0, p = 0; r < n; r++)
      columns.forEach((c, x) => {
        const i = first + r * m + c, v = value.data[i], hatched = c >= 0 && value.masked?.[i];
        if (hatched) closed.rect(left + x * w, top + r * h1, w, h1);
        if (c >= 0 && !hatched && !Number.isNaN(v)) block.data.set([...panel.rgb(v / end, ramp, lit !== null && lit !== r), 255], p);
        p += 4;
      });
    this.small.getContext("2d")?.putImageData(block, 0, 0);
    ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.small, left, top, columns.length * w, n * h1);
    ink.fillStyle = this.hatch(panel.css("--ws-hatch"));
    ink.fill(closed);
    ink.font = `11px ${panel.css("font-family")}`;
    ink.textBaseline = "middle";
    ink.textAlign = "right";
    ink.fillStyle = soft;
    if (left) value.rows?.forEach((name, r) => ink.fillText(name, left - 6, top + (r + 0.5) * h1, LABEL - 6));
    ink.textAlign = "center";
    columns.forEach((c, x) => {
      const middle = left + (x + 0.5) * w;
      if (top && c >= 0) ink.fillText(/** @type {string[]} */ (value.cols)[c], middle, top / 2, w - 2);
      if (!this.numbers) return;
      ink.fillStyle = text;
      for (let r = 0; r < n; r++) {
        const i = first + r * m + c;
        if (!value.masked?.[i]) ink.fillText(c < 0 ? "…" : this.text(value.data[i], decimals), middle, top + (r + 0.5) * h1, w - 2);
      }
      ink.fillStyle = soft;
    });
    this.value = value;
    if (this.current.dataset.i) this.write(Number(this.current.dataset.i));
  }

  /** @param {string} colour */
  hatch(colour) {
    if (this.hatchColour !== colour) {
      const tile = h("canvas", { width: 5, height: 5 }), ink = tile.getContext("2d");
      ink.strokeStyle = colour;
      ink.stroke(new Path2D("M0 5L5 0"));
      /** @type {string} */
      this.hatchColour = colour;
      this.pattern = this.ink.createPattern(tile, "repeat");
    }
    return /** @type {CanvasPattern} */ (this.pattern);
  }

  /** Null where the cell is folded away. @param {number} i @returns {Spot|null} */
  place(i) {
    const { columns, m, w, h1, left, top, first } = this, r = Math.floor((i - first) / m), x = columns.indexOf((i - first) % m);
    return x < 0 ? null : [left + x * w, top + r * h1, r, x];
  }

  /** @param {Pointed} event @returns {number|null} */
  hit(event) {
    const { current, columns, n, m, w, h1, left, top, first } = this;
    if (event.target === current) return Number(current.dataset.i);
    const box = this.canvas.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left - left) / w), r = Math.floor((event.clientY - box.top - top) / h1);
    return r >= 0 && r < n && columns[x] >= 0 ? first + r * m + columns[x] : null;
  }

  /** @param {number} i @returns {HTMLElement} */
  activate(i) {
    const [left, top, r] = /** @type {Spot} */ (this.place(i)), { current } = this;
    current.dataset.i = i;
    current.tabIndex = 0;
    Object.assign(current.style, { left: `${left}px`, top: `${top}px`, width: `${this.w}px`, height: `${this.h1}px` });
    this.line.setAttribute("aria-rowindex", r + 1);
    current.setAttribute("aria-colindex", ((i - this.first) % this.m) + 1);
    if (this.value) this.write(i);
    return current;
  }

  /** @param {number} i */
  write(i) {
    const { masked, data } = /** @type {Value} */ (this.value), told = masked?.[i] ? "masked" : short(data[i]);
    this.current.setAttribute("aria-label", `${this.panel.label(this.panel.name, i)}: ${told}`);
  }

  /** One frame around the cells when they fill a rectangle, as the sources of nearly every op do. @param {number[]} cells @param {string} className */
  mark(cells, className) {
    const spots = cells.map((i) => this.place(i)).filter((s) => !!s);
    if (!spots.length) return;
    const ends = (/** @type {number} */ k) => [Math.min(...spots.map((s) => s[k])), Math.max(...spots.map((s) => s[k]))];
    const [r0, r1] = ends(2), [x0, x1] = ends(3), whole = (r1 - r0 + 1) * (x1 - x0 + 1) === spots.length;
    const boxes = whole ? [[x0, r0, x1, r1]] : spots.slice(0, 64).map(([, , r, x]) => [x, r, x, r]);
    for (const [xa, ra, xb, rb] of boxes)
      this.marks.push(this.grid.appendChild(h("span", { class: `ws-box ${className}`, style: `left: ${this.left + xa * this.w}px; ` +
        `top: ${this.top + ra * this.h1}px; width: ${(xb - xa + 1) * this.w}px; height: ${(rb - ra + 1) * this.h1}px` })));
  }

  unmark() {
    for (const box of this.marks) box.remove();
    this.marks = [];
  }

  /** @param {number} i */
  box(i) {
    const [x, y] = /** @type {Spot} */ (this.place(i)), { left, top } = this.canvas.getBoundingClientRect();
    return { left: left + x, top: top + y, bottom: top + y + this.h1 };
  }
}

LARGE.Grid = HeatGrid;
