// Views that are pictures: marks drawn as SVG, where a mark with `cell` is that cell of a node. scene.py has the same words.
import { h } from "./dom.js";
import { short } from "./numbers.js";
import { VIEWS } from "./sheet_view.js";

/**
 * @typedef {import("./types.js").Value} Value
 * @typedef {import("./types.js").Entry} Entry
 * @typedef {import("./types.js").SheetView} SheetView
 * @typedef {import("./types.js").Target} Target
 * @typedef {Record<string, Value>} Values
 * @typedef {{ mark: string, at: number[], string?: string, anchor?: string, size?: number, role?: string, width?: number, fill?: number,
 *   dash?: boolean, bold?: boolean, closed?: boolean, cell?: [string, number], cells?: number[], label?: string,
 *   of?: [string, number],
 *   control?: string, on?: boolean, was?: boolean }} Mark
 * @typedef {Omit<Partial<Mark>, "mark"|"at">} More
 * @typedef {{ width: number, height: number, marks: Mark[] }} Scene
 * @typedef {{ move: (x: number, y: number, event?: any) => [string, [number, number][]]|null, keys?: Record<string, [number, number]> }} Pull
 * @typedef {{ scene: (entry: Entry, values: Values, resolve: (x: any) => any) => Scene,
 *   drag?: (sheet: SheetView, entry: Entry, name: string, i: number, view: any) => Pull|null,
 *   choose?: (sheet: SheetView, entry: Entry, name: string, i: number, view: any) => void,
 *   path?: (entry: Entry, values: Values, name: string, cells: number[]) => [string, number[]][],
 *   said?: (entry: Entry, values: Values, resolve: (x: any) => any) => string }} Kind
 */

const mark = (/** @type {string} */ kind) => (/** @type {number[]} */ at, /** @type {More} */ more = {}) => ({ mark: kind, at, ...more });
/** @type {(x1: number, y1: number, x2: number, y2: number, more?: More) => Mark} */
export const line = (x1, y1, x2, y2, more) => mark("line")([x1, y1, x2, y2], more);
/** @type {(x1: number, y1: number, x2: number, y2: number, more?: More) => Mark} */
export const arrow = (x1, y1, x2, y2, more) => mark("arrow")([x1, y1, x2, y2], more);
/** @type {(x1: number, y1: number, cx1: number, cy1: number, cx2: number, cy2: number, x2: number, y2: number, more?: More) => Mark} */
export const curve = (x1, y1, cx1, cy1, cx2, cy2, x2, y2, more) => mark("curve")([x1, y1, cx1, cy1, cx2, cy2, x2, y2], more);
/** @type {(points: number[][], more?: More) => Mark} */
export const area = (points, more) => mark("area")(points.flat(), more);
/** @type {(x: number, y: number, r: number, more?: More) => Mark} */
export const dot = (x, y, r, more) => mark("dot")([x, y, r], more);
/** @type {(x: number, y: number, w: number, h: number, r?: number, more?: More) => Mark} */
export const box = (x, y, w, hh, r = 4, more = {}) => mark("box")([x, y, w, hh, r], more);
/** @type {(x: number, y: number, string: string, anchor?: string, size?: number, more?: More) => Mark} */
export const text = (x, y, string, anchor = "middle", size = 12, more = {}) => mark("text")([x, y], { string, anchor, size, ...more });

const PADDING = 8;   // of a picture, both sides together

/** Elements of a picture have a namespace of their own, whose name the parser knows. @type {string|null} */
let namespace = null;

/** As `h`, of a picture. @param {string} tag @param {Record<string, any>} attributes @returns {any} */
function svg(tag, attributes = {}) {
  namespace ??= Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.children[0].namespaceURI;
  const node = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** A share as a view writes it. @param {number} share */
export const percent = (share) => (share > 0 && share < 0.01 ? "<1%" : `${Math.trunc(Math.max(0, share) * 100 + 0.5)}%`);

const TAG = /** @type {Record<string, string>} */ ({ dot: "circle", box: "rect", text: "text" });

/** The attributes of a mark's element. @param {Mark} m */
function shape({ mark: kind, at }) {
  const [a, b, c, d, e, f, g, i] = at;
  if (kind === "dot") return { cx: a, cy: b, r: c };
  if (kind === "box") return { x: a, y: b, width: Math.max(0, c), height: Math.max(0, d), rx: e };
  if (kind === "text") return { x: a, y: b };
  if (kind === "line") return { d: `M${a} ${b}L${c} ${d}` };
  if (kind === "curve") return { d: `M${a} ${b}C${c} ${d} ${e} ${f} ${g} ${i}` };
  if (kind === "area") return { d: `M${at.join(" ")}Z` };
  const turn = Math.atan2(d - b, c - a), far = Math.hypot(c - a, d - b), tip = Math.min(10, far);
  const at2 = (/** @type {number} */ s) => `${c - tip * Math.cos(turn + s)} ${d - tip * Math.sin(turn + s)}`;
  return { d: `M${a} ${b}L${c} ${d}M${at2(0.4)}L${c} ${d}L${at2(-0.4)}` };
}

class SceneView {
  /** @param {SheetView} sheet @param {Entry} entry @param {Kind} kind */
  constructor(sheet, entry, kind) {
    this.sheet = sheet;
    this.entry = entry;
    this.kind = kind;
    /** @type {string[]} */
    this.nodes = entry.nodes;
    /** @type {[string, number]|null} the cell in the tab order */
    this.active = null;
    /** @type {SVGSVGElement} */
    this.picture = svg("svg", { role: "group", "aria-label": entry.title || entry.view });
    this.words = h("p", { class: "ws-live" });
    this.root = h("figure", { class: `ws-panel ws-view ws-view-${entry.view}`, "data-view": entry.view },
      entry.title ? h("figcaption", { class: "ws-name" }, entry.title) : null, this.picture, this.words, entry.note ? h("div", { class: "ws-note" }, entry.note) : null);
    /** @type {SVGElement[]} the elements of the marks, in their order */
    this.drawn = [];
    /** @type {[SVGElement, string][]} the classes of what is lit up */
    this.marks = [];
    /** @type {Scene} the last drawn */
    this.scene;
    this.picture.addEventListener("click", (/** @type {any} */ event) => {
      const target = this.hit(event);
      if (target && kind.choose) kind.choose(sheet, entry, target.name, target.i, this);
    });
  }

  get open() {
    return !this.root.closest("details:not([open])");
  }

  resolve = (/** @type {any} */ option) => this.sheet.engine.resolve(option);

  /** The entry, told how wide it may be where there is little room. @returns {Entry} */
  fitted() {
    const { sheet: { room }, entry } = this;
    return room < Infinity ? { ...entry, width: Math.min(entry.width || room, room - PADDING) } : entry;
  }

  /** @param {Set<string>|null} changed */
  draw(changed, fresh = false) {
    const { sheet, kind, picture } = this, entry = this.fitted();
    const turned = JSON.stringify([sheet.engine.params, sheet.room]);
    if (!this.open) return void (this.waiting = true);
    if (changed && !fresh && !this.waiting && turned === this.turned && !this.nodes.some((name) => changed.has(name))) return;
    /** @type {string|undefined} the parameters and the room it was drawn with */
    this.turned = turned;
    this.waiting = false;
    this.root.classList.toggle("ws-stale", this.nodes.some((name) => sheet.engine.errors.has(name)));
    const values = Object.fromEntries(sheet.engine.values), scene = kind.scene(entry, values, this.resolve);
    scene.marks.push(...this.ghosts(scene, values));
    for (const [name, v] of Object.entries({ viewBox: `0 0 ${scene.width} ${scene.height}`, width: scene.width, height: scene.height }))
      picture.setAttribute(name, String(v));
    picture.style.minWidth = `${scene.width * 0.7}px`;   // on a phone it scrolls rather than shrinks out of sight
    this.scene = scene;
    picture.setAttribute("role", scene.marks.some((m) => m.control === "radio") ? "radiogroup" : "group");
    scene.marks.forEach((m, k) => this.put(m, k));
    for (const old of this.drawn.splice(scene.marks.length)) old.remove();
    if (!this.active || !this.elementOf(...this.active)) this.active = scene.marks.find((m) => m.cell)?.cell ?? null;
    for (const [k, m] of scene.marks.entries()) if (m.cell) this.drawn[k].setAttribute("tabindex", this.active?.join() === m.cell.join() ? "0" : "-1");
      else this.drawn[k].removeAttribute("tabindex");
    const said = kind.said?.(entry, values, this.resolve) ?? "";
    if (this.words.textContent !== said) this.words.textContent = said;
  }

  /** Where the cells that moved in this gesture were before it: dashed, on top, out of the pointer's way.
   * @param {Scene} scene @param {Values} values @returns {Mark[]} */
  ghosts(scene, values) {
    if (!this.nodes.some((name) => this.sheet.base.has(name) && this.sheet.base.get(name) !== values[name])) return [];
    const old = this.kind.scene(this.fitted(), { ...values, ...Object.fromEntries(this.sheet.base) }, this.resolve);
    if (old.width !== scene.width || old.height !== scene.height || old.marks.length !== scene.marks.length) return [];
    return old.marks.filter((m, k) => (m.cell || m.of) && m.mark !== "box" && m.at.some((v, d) => Math.abs(v - scene.marks[k].at[d]) > 1 || m.width !== scene.marks[k].width))
      .map(({ mark: kind, at, role, width, fill }) => ({ mark: kind, at, role, width: Math.min(width ?? 2, 2), fill: fill && 0.2, was: true }));
  }

  /** Draws a mark into the element at its place; elements stay, so that a drag keeps its pointer. @param {Mark} m @param {number} k */
  put(m, k) {
    const tag = TAG[m.mark] ?? "path";
    let node = this.drawn[k];
    if (node?.tagName !== tag) {
      const made = svg(tag);
      if (node) node.replaceWith(made);
      else this.picture.append(made);
      node = this.drawn[k] = made;
    }
    const filled = m.fill !== undefined || m.mark === "text", stroked = m.width !== undefined || !filled;
    const attributes = { ...shape(m), style: `--ws-of: var(--ws-${m.role ?? "ink"})`, class: `ws-mark${m.was ? " ws-ghost" : ""}${m.closed ? " ws-screen" : ""}${m.cell || m.of ? " ws-held" : ""}`,
      "stroke-width": stroked ? m.width ?? 1.5 : 0, "stroke-dasharray": m.dash ? "4 3" : "none",
      "fill-opacity": m.mark === "text" ? 1 : m.fill ?? 0, "text-anchor": m.anchor ?? "start", "font-size": m.size ?? 12, "font-weight": m.bold ? 600 : 400 };
    for (const [name, v] of Object.entries(attributes)) if (node.getAttribute(name) !== String(v)) node.setAttribute(name, v);
    if (m.mark === "text" && node.textContent !== m.string) node.textContent = /** @type {string} */ (m.string);
    this.name(node, m);
  }

  /** What a reader hears of a mark that is a cell. @param {SVGElement} node @param {Mark} m */
  name(node, m) {
    const [of, i] = m.cell ?? m.of ?? [];
    const all = { "data-node": of, "data-i": i, "data-lm-suppress-shortcuts": m.cell && "true", role: m.cell ? m.control ?? "img" : null,
      "aria-hidden": m.cell ? null : "true", "aria-label": m.cell && this.label(...m.cell, m),
      "aria-checked": m.control === "radio" ? String(Boolean(m.on)) : null, "aria-valuetext": m.control === "slider" ? this.told(m) : null,
      "aria-valuenow": m.control === "slider" ? this.number(.../** @type {[string, number]} */ (m.cell)) : null };
    for (const [key, v] of Object.entries(all))
      if (v === null || v === undefined) node.removeAttribute(key);
      else if (node.getAttribute(key) !== String(v)) node.setAttribute(key, String(v));
  }

  /** @param {string} name @param {number} i */
  number(name, i) {
    return this.sheet.engine.values.get(name)?.data[i] ?? NaN;
  }

  /** @param {Mark} m */
  told(m) {
    const [name, own] = /** @type {[string, number]} */ (m.cell);
    return (m.cells ?? [own]).map((i) => short(this.number(name, i))).join(", ");
  }

  /** @param {string} name @param {number} i */
  markOf(name, i) {
    return this.scene?.marks.find((m) => m.cell?.[0] === name && (m.cell[1] === i || m.cells?.includes(i)));
  }

  /** @param {string} name @param {number} i */
  elementOf(name, i) {
    return this.drawn[this.scene.marks.indexOf(/** @type {Mark} */ (this.markOf(name, i)))];
  }

  /** @param {string} name @param {number} i */
  label(name, i, m = this.markOf(name, i)) {
    return m?.label ?? this.sheet.engine.label(name, i);
  }

  /** @param {string} name @param {number} i */
  state(name, i) {
    const m = this.markOf(name, i);
    return m?.cells ? `all together: ${this.told(m)}` : m?.closed ? "masked" : "";
  }

  /** @param {import("./types.js").Pointed} event @returns {Target|null} */
  hit(event) {
    const at = /** @type {(Element & { dataset: { node: string, i: string } })|null} */ (event.target.closest("[data-i]"));
    return at ? { part: this, name: at.dataset.node, i: Number(at.dataset.i) } : null;
  }

  /** @param {string} name @param {number} i */
  has(name, i) {
    return this.open && Boolean(this.markOf(name, i));
  }

  /** @param {string} name @param {number} i */
  activate(name, i) {
    const m = this.markOf(name, i);
    for (const old of this.drawn) if (old.getAttribute("tabindex") === "0") old.setAttribute("tabindex", "-1");
    this.active = m?.cell ?? null;
    const node = this.elementOf(name, i);
    node.setAttribute("tabindex", "0");
    return node;
  }

  /** @param {string} name @param {number[]} cells @param {string} className */
  mark(name, cells, className) {
    // Where a view knows what runs through a cell, pointing at it lights the whole path.
    if (className === "ws-here" && this.kind.path)
      for (const way of this.kind.path(this.entry, Object.fromEntries(this.sheet.engine.values), name, cells)) this.mark(...way, "ws-way");
    this.scene?.marks.forEach((m, k) => {
      const [of, own] = m.cell ?? m.of ?? [];
      if (of !== name || !(m.cells ?? [own]).some((i) => cells.includes(/** @type {number} */ (i)))) return;
      this.drawn[k].classList.add(className);
      this.marks.push([this.drawn[k], className]);
    });
  }

  unmark() {
    for (const [node, className] of this.marks.splice(0)) node.classList.remove(className);
  }

  /** @param {string} name @param {number} i */
  box(name, i) {
    return this.elementOf(name, i).getBoundingClientRect();
  }

  /** Arrows go through the marks that are cells, in their order. @param {string} name @param {number} i @param {string} key */
  next(name, i, key) {
    const stops = this.scene.marks.flatMap((m) => (m.cell ? [m.cell] : [])), at = stops.indexOf(/** @type {[string, number]} */ (this.markOf(name, i)?.cell));
    const to = /** @type {Record<string, number>} */ ({ Home: 0, End: stops.length - 1, ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1 })[key];
    return stops[to] && { name: stops[to][0], i: stops[to][1] };
  }

  isEditable() {
    return false;   // cells are typed in panels; marks are dragged
  }

  stepOf() {
    return 0;
  }

  /** A drag over the picture, or null where this mark cannot be dragged; a click chooses. @param {Target} target @returns {import("./types.js").Turn|null} */
  grab({ name, i }) {
    const { sheet, entry, kind } = this, pull = kind.drag?.(sheet, entry, name, i, this);
    if (!pull) return null;
    const back = this.picture.getScreenCTM()?.inverse();
    return (moved, gesture) => {
      const { x, y } = new DOMPoint(moved.clientX, moved.clientY).matrixTransform(back), set = pull.move(x, y, moved);
      if (set) sheet.setCells(...set, gesture);
    };
  }

  /** @param {Target} target @param {KeyboardEvent} event */
  key({ name, i }, event) {
    const { sheet, entry, kind } = this;
    if (/^(Enter| )$/.test(event.key) && kind.choose) {
      kind.choose(sheet, entry, name, i, this);
      return true;
    }
    if (sheet.frame) sheet.draw(); // pressed again within a frame: it goes on from what the last press made
    const pull = /^Arrow/.test(event.key) && !event.altKey && kind.drag?.(sheet, entry, name, i, this), step = pull && pull.keys?.[event.key];
    if (!step) return false;
    const set = pull.move(...step, { keys: true, shiftKey: event.shiftKey });
    if (set) sheet.setCells(...set, `keys ${name} ${i}`);
    sheet.announceAfter(() => sheet.effect({ part: this, name, i }));
    return true;
  }
}

/** The kinds of picture there are, by name. @type {Map<string, Kind>} */
export const KINDS = new Map();

/** Makes a kind of picture known to the sheets. @param {string} name @param {Kind} kind */
export function register(name, kind) {
  KINDS.set(name, kind);
  VIEWS.set(name, class extends SceneView {
    /** @param {SheetView} sheet @param {Entry} entry */
    constructor(sheet, entry) { super(sheet, entry, kind); }
  });
}
