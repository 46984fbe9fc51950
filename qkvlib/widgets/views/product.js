// A product laid out so that rows meet columns, and played: row and column slide together and the sum grows.
import { range } from "../arrays.js";
import { focusable, h } from "../dom.js";
import { added, short, wrap } from "../numbers.js";
import { Panel } from "../panel.js";
import { VIEWS } from "../sheet_view.js";

const TERM_MS = 750;

/**
 * @typedef {import("../types.js").Entry} Entry
 * @typedef {{ result: Panel, i: number, t: number }} Playing a cell of a result, and how many of its terms are added
 */

class ProductView {
  /** @param {import("../types.js").SheetView} sheet @param {Entry} entry */
  constructor(sheet, entry) {
    this.sheet = sheet;
    /** @type {string[]} its panels show the nodes */
    this.nodes = [];
    this.open = true;
    /** @type {Playing|null} */
    this.at = null;
    /** @type {import("../types.js").Target|null} the number of a result that was chosen since, to be played next */
    this.chosen = null;
    const panel = (/** @type {Entry} */ each) => sheet.add(new Panel(sheet, each));
    const { left, tops, results } = entry.panels;
    this.left = panel(left);
    this.left.root.classList.add("ws-left");
    /** @type {Panel[]} */
    this.tops = tops.map(panel);
    /** @type {Panel[]} */
    this.results = results.map(panel);
    this.button = focusable("button", { type: "button", onclick: () => this.toggle() }, "Play");
    const step = focusable("button", { type: "button", "aria-label": "one term more", onclick: () => { this.pause(); this.step(); } }, "Step");
    this.words = h("p", { class: "ws-terms" }, "Choose a number of the result, then play it (Space).");
    this.root = h("figure", { class: "ws-panel ws-product", role: "group", "aria-label": entry.title || `${this.left.title} times ${this.tops.map((p) => p.title).join(", ")}` },
      h("div", { class: "ws-corner" }, entry.corner && sheet.place(entry.corner), this.words, this.button, step), this.tops.map((p) => p.root), this.left.root, this.results.map((p) => p.root));
    this.root.style.setProperty("--ws-columns", String(this.tops.length + 1));
    // Remembered here, since the button that is pressed next takes the focus.
    this.root.addEventListener("focusin", () => {
      const target = this.sheet.focused();
      if (target && this.results.includes(/** @type {any} */ (target.part))) this.chosen = target;
    });
    for (const result of this.results)
      /** @type {any} */ (result).key = (/** @type {import("../types.js").Target} */ target, /** @type {KeyboardEvent} */ event) => {
        if (event.key !== " ") return false;
        if (this.at?.result !== result || this.at.i !== target.i) this.choose(result, target.i);
        this.toggle();
        return true;
      };
    sheet.stop.push(() => this.pause());
  }

  /** The numbers that meet in a cell of a result: [left cell, top cell] for each term. @param {Playing} at */
  pairs({ result, i }) {
    const top = this.tops[this.results.indexOf(result)], [, m] = top.value.shape, [, k] = this.left.value.shape;
    const r = Math.floor(i / m), c = i % m;
    return { top, terms: range(k).map((t) => [r * k + t, t * m + c]) };
  }

  /** @param {Panel} result @param {number} i */
  choose(result, i) {
    this.pause();
    this.chosen = null;
    this.at = { result, i, t: 0 };
    this.show(this.at);
    return this.at;
  }

  /** The number chosen last, else the one that is being made, else the first. */
  ready() {
    if (this.chosen) return this.choose(/** @type {any} */ (this.chosen.part), this.chosen.i);
    return this.at ?? this.choose(this.results[0], 0);
  }

  toggle() {
    if (this.timer) return this.pause();
    this.step();
    const at = this.ready();
    if (at.t >= this.pairs(at).terms.length) return;
    this.button.textContent = "Pause";
    this.timer = setInterval(() => this.step(), TERM_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.button.textContent = "Play";
  }

  step() {
    const at = this.ready(), { top, terms } = this.pairs(at);
    if (at.t >= terms.length) at.t = 0;
    const [a, b] = terms[at.t++];
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
      for (const [panel, cell] of /** @type {[Panel, number][]} */ ([[this.left, a], [top, b]])) this.slide(panel, cell, at);
    this.show(at);
    if (at.t >= terms.length) this.pause();
  }

  /** A copy of a factor goes to where the sum is made. @param {Panel} panel @param {number} cell @param {Playing} at */
  slide(panel, cell, { result, i }) {
    const from = /** @type {DOMRect} */ (panel.box(panel.name, cell)), to = result.box(result.name, i), base = this.root.getBoundingClientRect();
    const chip = this.root.appendChild(h("span", { class: "ws-chip", "aria-hidden": "true" }, short(panel.value.data[cell])));
    Object.assign(chip.style, { left: `${from.left - base.left}px`, top: `${from.top - base.top}px`, width: `${from.right - from.left}px` });
    chip.animate([{ transform: "none", opacity: 1 }, { transform: `translate(${to.left - from.left}px, ${to.top - from.top}px)`, opacity: 0.2 }],
      { duration: TERM_MS * 0.7, easing: "ease-in-out" }).finished.catch(() => {}).then(() => chip.remove());
  }

  /** The terms so far, in words and as frames around the cells. @param {Playing} at */
  show(at) {
    const { result, i, t } = at, { top, terms } = this.pairs(at), done = terms.slice(0, t);
    const factors = done.map(([a, b]) => [this.left.value.data[a], top.value.data[b]]);
    const sum = factors.reduce((all, [x, y]) => all + x * y, 0), text = added(factors.map(([x, y]) => `${short(x)}·${wrap(y)}`));
    const end = t >= terms.length;
    this.words.textContent = `${result.label(result.name, i)}: ${text || "…"}${end ? ` = ${short(sum)}` : t ? `, so far ${short(sum)}` : ""}`;
    this.sheet.announce(this.words.textContent);
    this.frame(result, i, top, done);
  }

  /** @param {Panel} result @param {number} i @param {Panel} top @param {number[][]} done the terms so far */
  frame(result, i, top, done) {
    for (const part of [this.left, ...this.tops, ...this.results]) part.root.querySelectorAll(".ws-term, .ws-making").forEach((/** @type {Element} */ cell) => cell.classList.remove("ws-term", "ws-making"));
    const cell = (/** @type {Panel} */ panel, /** @type {number} */ k) => panel.gridOf(k)?.cells?.get(k)?.classList;
    cell(result, i)?.add("ws-making");
    for (const [a, b] of done) [cell(this.left, a), cell(top, b)].forEach((list) => list?.add("ws-term"));
  }

  draw() {
    if (!this.at) return;
    if (!this.at.result.value || this.at.i >= this.at.result.value.data.length) this.at = null;
    else this.show(this.at);
  }

  hit() { return null; }
  has() { return false; }
  mark() {}
  unmark() {}
}

VIEWS.set("product", ProductView);
