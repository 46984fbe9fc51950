// Two ways to show one matrix: a table of numbers while it is small, a painted canvas when it is not. Both have the same
// methods, and both put real, labelled, focusable grid cells on the page.
import { short, inCell, frame } from "./engine.js";

export function el(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;   // never innerHTML: a token may look like HTML
  return node;
}

/** Keys stay ours: Lab would take arrows, and letters as commands, from a focused cell. */
export function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

/** What both grids share: which matrix of which panel they show. */
class Grid {
  constructor(panel, h, tag, className) {
    const { value, title } = panel, [, n, m] = frame(value);
    Object.assign(this, { panel, h, n, m, first: h * n * m, columns: panel.columns });
    this.headName = value.shape.length === 3 ? value.heads?.[h] ?? `head ${h}` : "";
    this.grid = el(tag, className);
    this.grid.setAttribute("role", "grid");
    this.grid.setAttribute("aria-label", `${title} [${value.shape.join(", ")}]${this.headName && `, ${this.headName}`}`);
    if (!panel.editable) this.grid.setAttribute("aria-readonly", "true");
    this.root = el("div");
    if (this.headName) this.root.append(el("div", "ws-head-name", this.headName));
    this.root.append(this.grid);
    this.marks = [];
  }

  /** What stands in a cell; an input's number as it was given. */
  text(v, end) {
    return this.panel.editable ? short(v) : inCell(v, end);
  }

  deactivate() {
    if (this.current) this.current.tabIndex = -1;
  }
}

export class TableGrid extends Grid {
  constructor(panel, h) {
    super(panel, h, "table", "ws-grid");
    const { rows, cols } = panel.value, { n, m, grid } = this;
    this.cells = new Map();
    if (cols) {
      const line = grid.createTHead().insertRow();
      if (rows) line.append(el("td"));
      for (const c of this.columns) line.append(c < 0 ? el("td", "ws-gap") : this.name(cols[c], "col"));
    }
    const body = grid.createTBody();
    for (let r = 0; r < n; r++) {
      const line = body.insertRow();
      if (rows) line.append(this.name(rows[r], "row"));
      for (const c of this.columns) {
        const cell = line.appendChild(el("td", c < 0 ? "ws-gap" : "ws-cell", c < 0 ? "…" : ""));
        if (c < 0) {
          cell.setAttribute("aria-label", `${m - this.columns.length + 1} more columns`);
          continue;
        }
        keepKeys(cell).tabIndex = -1;
        cell.dataset.i = this.first + r * m + c;
        this.cells.set(this.first + r * m + c, cell);
      }
    }
    if (!n || !m) body.insertRow().append(el("td", "ws-empty", "empty"));
  }

  name(text, scope) {
    const th = el("th", `ws-${scope}`, text);
    th.scope = scope;
    th.title = text;
    return th;
  }

  /** Writes what differs from `before` (all of it, when null). */
  paint(value, end, before, lit) {
    const { view } = this.panel;
    for (const [i, cell] of this.cells) {
      const v = value.data[i], closed = value.masked?.[i] ?? 0;
      if (before && Object.is(before.data[i], v) && (before.masked?.[i] ?? 0) === closed) continue;
      if (cell.firstChild?.nodeType === Node.TEXT_NODE) cell.firstChild.data = this.text(v, end);
      else if (!cell.firstChild) cell.textContent = this.text(v, end);
      const dim = lit !== null && Math.floor((i - this.first) / this.m) !== lit;
      cell.style.backgroundColor = closed ? "" : view.colour(v / end, dim);
      cell.classList.toggle("ws-masked", closed === 1);
      cell.classList.toggle("ws-dim", dim);
    }
  }

  hit({ target }) {
    const cell = target.closest("[data-i]");
    return cell ? Number(cell.dataset.i) : null;
  }

  activate(i) {
    this.current = this.cells.get(i);
    if (this.current) this.current.tabIndex = 0;
    return this.current;
  }

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

  box(i) {
    return this.cells.get(i).getBoundingClientRect();
  }
}

const LABEL = 70;   // pixels for row names

/** One pixel block per cell; numbers where they fit. A single real cell, the cursor, moves over it for keys and readers. */
export class HeatGrid extends Grid {
  constructor(panel, h) {
    super(panel, h, "div", "ws-heat");
    const { rows, cols } = panel.value, { n, m, grid, columns } = this;
    this.numbers = columns.length <= 16;
    const side = Math.max(3, Math.min(16, Math.floor(600 / Math.max(n, columns.length))));
    [this.w, this.h1] = this.numbers ? [42, 16] : [side, side];
    this.left = rows && this.h1 >= 8 ? LABEL : 0;
    this.top = cols && this.numbers ? 16 : 0;
    this.canvas = grid.appendChild(el("canvas"));
    this.canvas.setAttribute("aria-hidden", "true");
    const width = this.left + columns.length * this.w, height = this.top + n * this.h1, ratio = globalThis.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.ink = this.canvas.getContext("2d");
    this.ink.scale(ratio, ratio);
    grid.setAttribute("aria-rowcount", n);
    grid.setAttribute("aria-colcount", m);
    this.line = grid.appendChild(el("div"));
    this.line.setAttribute("role", "row");
    this.current = this.line.appendChild(keepKeys(el("div", "ws-cell ws-cursor")));
    this.current.setAttribute("role", "gridcell");
    this.current.tabIndex = -1;
  }

  paint(value, end, before, lit) {
    const { ink, columns, n, m, w, h1, left, top, first, panel: { view } } = this;
    const style = getComputedStyle(view.root), soft = style.getPropertyValue("--ws-soft"), text = style.getPropertyValue("--ws-ink");
    const block = new ImageData(columns.length, n);
    const closed = new Path2D();
    for (let r = 0, p = 0; r < n; r++)
      columns.forEach((c, x) => {
        const i = first + r * m + c, v = value.data[i], hatched = c >= 0 && value.masked?.[i];
        if (hatched) closed.rect(left + x * w, top + r * h1, w, h1);
        if (c >= 0 && !hatched && !Number.isNaN(v)) {
          const [red, green, blue] = view.rgb(v / end, lit !== null && lit !== r);
          block.data.set([red, green, blue, 255], p);
        }
        p += 4;
      });
    this.small ??= Object.assign(el("canvas"), { width: columns.length, height: n });
    this.small.getContext("2d").putImageData(block, 0, 0);
    ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(this.small, left, top, columns.length * w, n * h1);
    ink.fillStyle = this.hatch(style.getPropertyValue("--ws-hatch"));
    ink.fill(closed);
    ink.font = `11px ${style.fontFamily}`;
    ink.textBaseline = "middle";
    ink.textAlign = "right";
    ink.fillStyle = soft;
    if (left) value.rows.forEach((name, r) => ink.fillText(name, left - 6, top + (r + 0.5) * h1, LABEL - 6));
    ink.textAlign = "center";
    columns.forEach((c, x) => {
      const middle = left + (x + 0.5) * w;
      if (top && c >= 0) ink.fillText(value.cols[c], middle, top / 2, w - 2);
      if (!this.numbers) return;
      ink.fillStyle = text;
      for (let r = 0; r < n; r++)
        ink.fillText(c < 0 ? "…" : this.text(value.data[first + r * m + c], end), middle, top + (r + 0.5) * h1, w - 2);
      ink.fillStyle = soft;
    });
    this.value = value;
    if (this.current.dataset.i) this.write(Number(this.current.dataset.i));
  }

  hatch(colour) {
    if (this.hatchColour !== colour) {
      const tile = Object.assign(el("canvas"), { width: 5, height: 5 }), ink = tile.getContext("2d");
      ink.strokeStyle = colour;
      ink.stroke(new Path2D("M0 5L5 0"));
      this.hatchColour = colour;
      this.pattern = this.ink.createPattern(tile, "repeat");
    }
    return this.pattern;
  }

  place(i) {
    const r = Math.floor((i - this.first) / this.m), x = this.columns.indexOf((i - this.first) % this.m);
    return x < 0 ? null : [this.left + x * this.w, this.top + r * this.h1, r, x];
  }

  hit(event) {
    if (event.target === this.current) return Number(this.current.dataset.i);
    const box = this.canvas.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left - this.left) / this.w), r = Math.floor((event.clientY - box.top - this.top) / this.h1);
    return r >= 0 && r < this.n && this.columns[x] >= 0 ? this.first + r * this.m + this.columns[x] : null;
  }

  activate(i) {
    const [left, top, r] = this.place(i);
    this.current.dataset.i = i;
    this.current.tabIndex = 0;
    Object.assign(this.current.style, { left: `${left}px`, top: `${top}px`, width: `${this.w}px`, height: `${this.h1}px` });
    this.line.setAttribute("aria-rowindex", r + 1);
    this.current.setAttribute("aria-colindex", ((i - this.first) % this.m) + 1);
    if (this.value) this.write(i);
    return this.current;
  }

  write(i) {
    this.current.setAttribute("aria-label", `${this.panel.label(i)}: ${short(this.value.data[i])}`);
  }

  /** One frame around the cells when they fill a rectangle, as the sources of nearly every op do. */
  mark(cells, className) {
    const spots = cells.map((i) => this.place(i)).filter(Boolean);
    if (!spots.length) return;
    const range = (k) => [Math.min(...spots.map((s) => s[k])), Math.max(...spots.map((s) => s[k]))];
    const [r0, r1] = range(2), [x0, x1] = range(3), whole = (r1 - r0 + 1) * (x1 - x0 + 1) === spots.length;
    const boxes = whole ? [[x0, r0, x1, r1]] : spots.slice(0, 64).map(([, , r, x]) => [x, r, x, r]);
    for (const [xa, ra, xb, rb] of boxes) {
      const box = this.grid.appendChild(el("span", `ws-box ${className}`));
      Object.assign(box.style, {
        left: `${this.left + xa * this.w}px`, top: `${this.top + ra * this.h1}px`,
        width: `${(xb - xa + 1) * this.w}px`, height: `${(rb - ra + 1) * this.h1}px`,
      });
      this.marks.push(box);
    }
  }

  unmark() {
    for (const box of this.marks) box.remove();
    this.marks = [];
  }

  box(i) {
    const [x, y] = this.place(i), { left, top } = this.canvas.getBoundingClientRect();
    return { left: left + x, top: top + y, bottom: top + y + this.h1 };
  }
}
