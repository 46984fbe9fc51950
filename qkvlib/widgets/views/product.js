// A product laid out so that rows meet columns, and played: row and column slide together and the sum grows.
import { focusable, h } from "../dom.js";
import { added, short, wrap } from "../numbers.js";
import { Panel } from "../panel.js";
import { VIEWS } from "../sheet_view.js";

const TERM_MS = 750;

class ProductView {
  constructor(sheet, entry) {
    Object.assign(this, { sheet, entry, nodes: [], open: true, ramp: null, at: null });
    const panel = (/** @type {any} */ each) => sheet.add(new Panel(sheet, each));
    const { left, tops, results } = entry.panels;
    this.left = panel(left);
    this.tops = tops.map(panel);
    this.results = results.map(panel);
    this.button = focusable("button", { type: "button", onclick: () => this.toggle() }, "Play");
    const step = focusable("button", { type: "button", "aria-label": "one term more", onclick: () => this.step() }, "Step");
    this.words = h("p", { class: "ws-terms" }, "Choose a number of the result, then play it (Space).");
    this.root = h("figure", { class: "ws-panel ws-product", role: "group", "aria-label": entry.title || `${this.left.title} times ${this.tops.map((p) => p.title).join(", ")}` },
      h("div", { class: "ws-corner" }, this.words, this.button, step), this.tops.map((p) => p.root), this.left.root, this.results.map((p) => p.root));
    this.root.style.setProperty("--ws-columns", String(this.tops.length + 1));
    for (const result of this.results)
      result.key = (target, event) => {
        if (event.key !== " ") return false;
        const same = this.at && this.at.result === result && this.at.i === target.i;
        if (!same) this.choose(result, target.i);
        this.toggle();
        return true;
      };
    sheet.stop.push(() => this.pause());
  }

  /** The numbers that meet in a cell of a result: [left cell, top cell] for each term. */
  pairs({ result, i }) {
    const top = this.tops[this.results.indexOf(result)], [, m] = top.value.shape, [, k] = this.left.value.shape;
    const r = Math.floor(i / m), c = i % m;
    return { top, terms: Array.from({ length: k }, (_, t) => [r * k + t, t * m + c]) };
  }

  choose(result, i) {
    this.pause();
    this.at = { result, i, t: 0 };
    this.show();
  }

  /** The chosen cell; else the one that has the focus, else the first. */
  ready() {
    if (this.at) return;
    const target = this.sheet.focused(), result = this.results.find((p) => p === target?.part) ?? this.results[0];
    this.choose(result, target?.part === result ? target.i : 0);
  }

  toggle() {
    if (this.timer) return this.pause();
    this.ready();
    if (this.at.t >= this.pairs(this.at).terms.length) this.at.t = 0;
    this.button.textContent = "Pause";
    this.step();
    this.timer = setInterval(() => {
      if (this.at.t >= this.pairs(this.at).terms.length) this.pause();
      else this.step();
    }, TERM_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.button.textContent = "Play";
  }

  step() {
    this.ready();
    const { top, terms } = this.pairs(this.at);
    if (this.at.t >= terms.length) this.at.t = 0;
    const [a, b] = terms[this.at.t++];
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
      for (const [panel, cell] of [[this.left, a], [top, b]]) this.slide(panel, cell);
    this.show();
  }

  /** A copy of a factor goes to where the sum is made. */
  slide(panel, cell) {
    const from = panel.box(panel.name, cell), to = this.at.result.box(this.at.result.name, this.at.i), base = this.root.getBoundingClientRect();
    const chip = this.root.appendChild(h("span", { class: "ws-chip", "aria-hidden": "true" }, short(panel.value.data[cell])));
    Object.assign(chip.style, { left: `${from.left - base.left}px`, top: `${from.top - base.top}px`, width: `${from.right - from.left}px` });
    chip.animate([{ transform: "none", opacity: 1 }, { transform: `translate(${to.left - from.left}px, ${to.top - from.top}px)`, opacity: 0.2 }],
      { duration: TERM_MS * 0.7, easing: "ease-in-out" }).finished.catch(() => {}).then(() => chip.remove());
  }

  /** The terms so far, in words and as frames around the cells. */
  show() {
    const { result, i, t } = this.at, { top, terms } = this.pairs(this.at), done = terms.slice(0, t);
    const factors = done.map(([a, b]) => [this.left.value.data[a], top.value.data[b]]);
    const sum = factors.reduce((all, [x, y]) => all + x * y, 0), text = added(factors.map(([x, y]) => `${short(x)}·${wrap(y)}`));
    const end = t >= terms.length;
    this.words.textContent = `${result.label(result.name, i)}: ${text || "…"}${end ? ` = ${short(sum)}` : t ? `, so far ${short(sum)}` : ""}`;
    this.sheet.announce(this.words.textContent);
    this.frame();
  }

  frame() {
    for (const part of [this.left, ...this.tops, ...this.results]) part.root.querySelectorAll(".ws-term, .ws-making").forEach((cell) => cell.classList.remove("ws-term", "ws-making"));
    if (!this.at) return;
    const { result, i, t } = this.at, { top, terms } = this.pairs(this.at), cell = (panel, k) => panel.gridOf(k)?.cells?.get(k)?.classList;
    cell(result, i)?.add("ws-making");
    for (const [a, b] of terms.slice(0, t)) [cell(this.left, a), cell(top, b)].forEach((list) => list?.add("ws-term"));
  }

  draw() {
    if (!this.at) return;
    if (!this.at.result.value || this.at.i >= this.at.result.value.data.length) this.at = null;
    else this.show();
  }

  hit() { return null; }
  has() { return false; }
  mark() {}
  unmark() {}
}

VIEWS.set("product", ProductView);
