// The whole sheet on a page: lays out its parts, draws them, and explains the cell that is pointed at.
//
// A part is a Panel or a view (views/). It has `root` (its element), `nodes` (names of the nodes it shows), `open` (whether
// they can be seen), draw(changed), hit(event) -> target, has/activate/box/mark/label/state/next(name, i, ...), unmark(),
// isEditable(name, i), stepOf(name) and may have grab(target, event) and key(target, event). A target is
// { part, name, i }: cell i of node `name`, as that part shows it.
import { Engine } from "./dataflow.js";
import { focusable, h } from "./dom.js";
import { Hand } from "./gestures.js";
import { History } from "./history.js";
import { mendControls } from "./controls.js";
import { decode, encode, exact, short } from "./numbers.js";
import { Panel } from "./panel.js";
import { watchRoom } from "./room.js";
import { themeOf } from "./theme.js";

/**
 * @typedef {import("./types.js").Target} Target
 * @typedef {import("./types.js").Part} Part
 * @typedef {import("./types.js").Entry} Entry
 * @typedef {(text: string, act: () => void, label?: string, kind?: string) => HTMLButtonElement} Tool makes a button
 */

const REST_MS = 1000;   // after a change without a drag, the scales rest so long before they follow

/** Views that this sheet may use: name -> class. A view's own file registers itself. @type {Map<string, new (sheet: SheetView, entry: Entry) => Part>} */
export const VIEWS = new Map();

export class SheetView {
  /** @param {import("./history.js").Model} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    /** @type {import("./dataflow.js").Spec} */
    this.spec = model.get("spec");
    this.engine = new Engine(this.spec);
    this.history = History.of(model);
    this.serial = this.history.serial;
    /** @type {Map<string, import("./arrays.js").Value>} what everything was before the last gesture */
    this.base = new Map();
    this.held = false;     // whether colour scales stay as they are
    /** @type {(() => void)[]} */
    this.stop = [];        // clean-up functions
    /** @type {Target|null} */
    this.target = null;    // the cell that is explained
    /** @type {Part[]} */
    this.parts = [];
    /** @type {[HTMLElement, string][]} elements and the templates of what they say */
    this.sayings = [];
    /** @type {ReturnType<typeof themeOf>} */
    this.theme;
    /** @type {(() => void)[]} for after the next drawing */
    this.afterwards = [];
    this.frame = 0;        // the next drawing, when one is due
    this.room = Infinity;  // pixels across, where they are few
    this.readTheme();
    this.engine.run(this.model.get("inputs"), this.params());
    this.build(root);
    this.listen();
    this.hand = new Hand(this);
    this.draw(true);
    this.tell(null);
  }

  params() {
    return this.history.state(this.model).params;
  }

  // -- what a learner does to the state

  /** An input's number as it is now, which may be ahead of what is drawn; 0 where a step has nothing to start from. @param {string} name @param {number} i */
  start(name, i) {
    const v = Number(this.model.get("inputs")[name].data[i]);
    return Number.isFinite(v) ? v : 0;
  }

  /** A learner's act: the model changes at once, the picture within a frame, Python a little later.
   * @param {string} name @param {[number, number][]} cells pairs of index and number @param {string} gesture acts of one gesture are undone together */
  setCells(name, cells, gesture) {
    const inputs = this.model.get("inputs"), { shape, data } = decode(inputs[name]);
    if (cells.every(([i, v]) => Object.is(data[i], v))) return;
    const [least, most] = this.spec.inputs[name].limits ?? [-Infinity, Infinity];
    for (const [i, v] of cells) data[i] = Math.min(most, Math.max(least, v));
    this.history.gesture = gesture;
    this.model.set("inputs", { ...inputs, [name]: encode({ shape, data }) });
    this.history.sync(this.model);
  }

  /** The same for a parameter (of a choice: its position). @param {string} name @param {any} value @param {string} gesture */
  setParam(name, value, gesture) {
    this.history.gesture = gesture;
    this.model.set(`p_${name}`, value);
    this.history.sync(this.model);
  }

  /** The state changed, by this hand or another: at most one drawing a frame, of the newest state. @param {string} what */
  changed(what) {
    this.history.note(this.model, what);
    this.hold();
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Scales stay while something moves, and follow when it rests. */
  hold() {
    this.held = true;
    clearTimeout(this.rest);
    if (!this.hand?.drag) this.rest = setTimeout(() => this.letGo(), REST_MS);
  }

  letGo() {
    clearTimeout(this.rest);
    if (!this.held) return;
    this.held = false;
    for (const part of this.parts) part.draw(null);
  }

  undo() {
    this.go("undo");
  }

  redo() {
    this.go("redo");
  }

  /** One step back or forth, and what it changed: "undone: ...", "redone: ...". @param {"undo"|"redo"} way */
  go(way) {
    const left = this.history[way](this.model);
    this.announceAfter(() => (left ? `${way}ne: ${this.engine.difference(left, this.history.now)}` : `nothing to ${way}`));
  }

  reset() {
    this.history.jump(this.model, this.spec.initial);
    this.announceAfter(() => "everything is as it was at the start");
  }

  // -- drawing

  /** @param {HTMLElement} root */
  build(root) {
    /** @type {Tool} */
    const tool = (text, act, label = text, kind = "") =>
      focusable("button", { type: "button", onclick: act, "aria-label": label === text ? null : label, class: kind || null }, text);
    this.touch = [["−", "one step less", () => this.hand.step(-1)], ["+", "one step more", () => this.hand.step(1)],
      ["type", "type a number", () => this.hand.typeSelected()]]
      .map(([text, label, act]) => tool(/** @type {string} */ (text), /** @type {() => void} */ (act), `${label} into the selected cell`, "ws-touch"));
    this.bar = h("div", { class: "ws-tell" });
    this.tip = h("div", { class: "ws-tell ws-tip", "aria-hidden": "true", popover: "manual" });   // the same beside the cell, where the bar cannot say it all
    this.live = h("div", { class: "ws-live", role: "status" });
    this.nearly = h("span", { class: "ws-nearly" }, "≈ stands before a number that is not quite that: point at it");
    this.root = h("section", { class: "qkv-ws", "aria-label": this.spec.title },
      h("div", { class: "ws-top" }, h("strong", { class: "ws-title" }, this.spec.title),
        h("span", { class: "ws-tools" }, this.touch, /** @type {any} */ (this).player?.(), tool("Undo", () => this.undo()), tool("Redo", () => this.redo()), tool("Reset", () => this.reset()))),
      this.earlier(tool), this.bar, this.tip, this.live);
    this.root.append(...this.lines(this.spec.layout), this.legend());
    root.append(this.root);
    this.paint();
  }

  /** Where a cell was run again after changes: nothing is lost without a word. @param {Tool} tool */
  earlier(tool) {
    const earlier = this.model.get("earlier");
    if (!earlier?.inputs) return null;
    const note = h("p", { class: "ws-earlier" }, "This sheet starts anew. ", tool("Take over the numbers of the one before", () => {
      this.history.jump(this.model, earlier);
      note.remove();
    }));
    return note;
  }

  /** @param {Entry[][]} layout @returns {HTMLElement[]} */
  lines(layout) {
    return layout.map((line) => (line.some((entry) => "fold" in entry) ? this.fold(line[0]) : this.row(line)));
  }

  /** @param {Entry[]} line @returns {HTMLElement} */
  row(line) {
    return h("div", { class: `ws-line${line.some((entry) => "sign" in entry) ? " ws-sum-line" : ""}` }, this.line(line));
  }

  /** @param {Entry} entry @returns {HTMLElement} */
  fold({ fold, lines }) {
    return h("details", { class: "ws-folded", ontoggle: () => this.draw(true) },
      focusable("summary", {}, fold), this.lines(lines));
  }

  /** What a line shows. A sign and what follows it wrap together: none is left hanging at the end of a row. @param {Entry[]} entries */
  line(entries) {
    const made = /** @type {HTMLElement[]} */ ([]);
    /** @type {HTMLElement|null} */
    let pair = null;
    for (const entry of entries) {
      if ("sign" in entry) pair ??= made[made.push(h("div", { class: "ws-pair" })) - 1];
      const node = this.place(entry);
      if (pair) pair.append(node);
      else made.push(node);
      if (!("sign" in entry)) pair = null;
    }
    return made;
  }

  /** @param {Entry} entry @returns {HTMLElement} */
  place(entry) {
    if ("sign" in entry) return h("span", { class: "ws-sign", "aria-hidden": "true" }, entry.sign);
    if ("say" in entry) {
      const saying = h("p", { class: "ws-say" });
      this.sayings.push([saying, entry.say]);
      return saying;
    }
    if ("line" in entry) return this.row(entry.line);
    if ("stack" in entry) return h("div", { class: "ws-stack" }, entry.stack.map((/** @type {Entry} */ each) => this.place(each)));
    return this.add("view" in entry ? new (/** @type {any} */ (VIEWS.get(entry.view)))(this, entry) : new Panel(this, entry)).root;
  }

  /** A part takes part in drawing, pointing and explaining. Views use this for the panels inside them.
   * @template {Part} P @param {P} part */
  add(part) {
    this.parts.push(part);
    return part;
  }

  legend() {
    this.ramps = new Map([...new Set(this.parts.flatMap((part) => part.ramp ?? []))].map((ramp) => [ramp, h("span", { class: "ws-ramp" })]));
    const sign = this.ramps.get("sign"), share = this.ramps.get("share");
    return h("div", { class: "ws-legend" }, sign ? ["−", sign, "+", h("span", {}, "the colours of a matrix end at the ± number beside its shape")] : null,
      share ? [h("span", { class: "ws-key-gap" }, "0"), share, "1"] : null,
      this.spec.nodes.some((node) => node.op === "mask") ? [h("span", { class: "ws-masked ws-key" }), "masked"] : null, this.nearly);
  }

  readTheme() {
    const dark = document.body.dataset.jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
    this.theme = themeOf(dark);
    this.paint();
  }

  /** Gives the sheet the colours of the theme: those of the roles, and the ramps of the legend. */
  paint() {
    for (const [role, hues] of Object.entries(this.theme.roles)) this.root?.style.setProperty(`--ws-${role}`, hues[this.theme.at]);
    for (const [ramp, box] of this.ramps ?? [])
      box.style.background = `linear-gradient(90deg, ${(ramp === "sign" ? [-1, 0, 1] : [0, 1]).map((t) => `rgb(${this.theme.rgb(t, ramp)})`)})`;
  }

  /** @param {boolean} [all] draws what did not change, too */
  draw(all = false) {
    this.frame = 0;
    const fresh = this.serial !== this.history.serial;
    if (fresh) {
      this.serial = this.history.serial;
      this.base = new Map(this.engine.values);
    }
    const changed = this.engine.run(this.model.get("inputs"), this.params());
    for (const part of this.parts) part.draw(all ? null : changed, fresh);
    this.nearly.classList.toggle("ws-unseen", !this.parts.some((part) => part.nearly));
    for (const [saying, template] of this.sayings) saying.textContent = this.engine.say(template);
    this.root.classList.toggle("ws-troubled", this.engine.errors.size > 0);
    if (this.target || this.engine.trouble || this.troubled) this.tell(this.target);
    for (const act of this.afterwards.splice(0)) act();
  }

  // -- explaining

  /** The cell under an event, or null. @param {import("./types.js").Pointed} event @returns {Target|null} */
  hit(event) {
    for (const part of this.parts)
      if (part.open && part.root.contains(event.target)) {
        const target = part.hit(event);
        if (target) return target;
      }
    return null;
  }

  /** The cell that has the focus. @returns {Target|null} */
  focused() {
    const active = this.root.getRootNode().activeElement, cell = this.root.contains(active) && active.closest("[data-i]");
    const name = cell && cell.closest("[data-node]").dataset.node;
    const part = cell && this.parts.find((each) => each.nodes.includes(name) && each.root.contains(cell));
    return part ? { part, name, i: Number(cell.dataset.i) } : null;
  }

  shown = (/** @type {string} */ name) => this.parts.some((part) => part.nodes.includes(name) && part.open);

  /** What a cell says of itself, or the hint; lights up where its number came from and what it feeds. Returns it as a sentence. @param {Target|null} target */
  tell(target) {
    for (const part of this.parts) part.unmark();
    this.target = target?.part.has(target.name, target.i) ? target : null;
    this.troubled = !this.target && Boolean(this.engine.trouble);
    if (!this.target) {
      this.bar.replaceChildren(h("span", { class: this.troubled ? "ws-trouble" : null }, this.engine.trouble || this.spec.hint));
      this.tipAfterPaint();
      return "";
    }
    const { part, name, i } = this.target, v = this.engine.values.get(name)?.data[i] ?? NaN;
    const { text, note, sources } = this.engine.explain(name, i, this.shown);
    const label = part.label(name, i), result = part.isEditable(name, i) ? exact(v) : short(v), about = note || this.about(name);
    const sum = text && text !== result ? `${text} = ` : "";
    this.bar.replaceChildren(h("span", {}, label), h("span", { class: "ws-sum" }, sum, h("b", {}, result)), h("span", {}, about));
    part.mark(name, [i], "ws-here");
    this.light(sources, "ws-from");
    if (this.spec.inputs[name]) this.light(this.engine.feeds(name, i, this.shown), "ws-feeds");
    this.tipAfterPaint();
    const state = part.state(name, i);
    return `${label}: ${sum}${result}${state && `, ${state}`}${note && `, ${note}`}`;
  }

  /** @param {string} name */
  about(name) {
    return this.spec.inputs[name]?.about ?? this.engine.nodes.get(name)?.about ?? "";
  }

  /** @param {[string, number[]][]} found @param {string} className */
  light(found, className) {
    for (const [name, cells] of found)
      for (const part of this.parts) if (part.nodes.includes(name) && part.open) part.mark(name, cells, className);
  }

  /** Where the tip goes is only known once the page is laid out: asking before would have it laid out twice. */
  tipAfterPaint() {
    if (this.tipDue) return;
    this.tipDue = true;
    requestAnimationFrame(() => setTimeout(() => {
      this.tipDue = false;
      if (this.root.isConnected) this.showTip();
    }));
  }

  /** Beside the cell, what the bar says, while the bar is out of sight or too short for it. */
  showTip() {
    const { tip, target, bar } = this;
    if (!tip.showPopover) return;
    if (!target || (this.barInSight !== false && bar.scrollHeight <= bar.clientHeight + 1)) return tip.hidePopover();
    const { left, top, bottom } = target.part.box(target.name, target.i);
    tip.replaceChildren(...[...bar.children].map((part) => part.cloneNode(true)));
    tip.style.left = "0";   // where it has all the room it may need: there its size is the one to reckon with
    tip.showPopover();
    const below = bottom + tip.offsetHeight + 16 < innerHeight;
    Object.assign(tip.style, {
      left: `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 12))}px`,
      top: `${below ? bottom + 8 : Math.max(4, top - tip.offsetHeight - 8)}px`,
    });
  }

  /** @param {string} text */
  announce(text) {
    this.live.textContent = text;
  }

  /** After the next drawing, so that what is spoken is the new state. @param {() => string} say */
  announceAfter(say) {
    this.afterwards.push(() => this.announce(say()));
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** What a change of a cell did: its number, the sentences, how many other numbers moved. @param {Target} target */
  effect(target) {
    const { engine, base } = this, moved = [];
    let count = 0;
    for (const name of new Set(this.parts.flatMap((part) => (part.open ? part.nodes : [])))) {
      const now = engine.values.get(name), old = base.get(name);
      if (!now || !old || now === old || this.spec.inputs[name]) continue;
      const n = now.shape.join() === old.shape.join() ? now.data.filter((v, i) => !Object.is(v, old.data[i])).length : now.data.length;
      if (n) moved.push(name);
      count += n;
    }
    const sentences = this.sayings.map(([saying]) => saying.textContent).join(" ");
    const effect = count ? `${count} numbers changed in ${moved.slice(0, 4).join(", ")}${moved.length > 4 ? " and more" : ""}.` : "Nothing else changed.";
    return [`${this.tell(target)}.`, sentences, effect].filter(Boolean).join(" ");
  }

  // -- the page around

  listen() {
    const { model, root } = this;
    for (const name of ["inputs", ...this.spec.params.map((param) => `p_${param.name}`)]) {
      const act = () => this.changed(name);
      model.on(`change:${name}`, act);
      this.stop.push(() => model.off(`change:${name}`, act));
    }
    const themes = new MutationObserver(() => { this.readTheme(); this.draw(true); });
    themes.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
    const scrolled = () => { if (this.target) this.showTip(); };
    const flush = () => this.history.flush(model);
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    globalThis.addEventListener("blur", flush);
    const sight = new IntersectionObserver(([bar]) => {
      this.barInSight = bar.isIntersecting;
      scrolled();
      /** @type {any} */
      const box = this.unmend ? null : root.closest(".qkv-instrument");   // only now is the view on the page
      if (box) this.stop.push(this.unmend = mendControls(box, this));
    });
    sight.observe(this.bar);
    // The last act must reach Python even when the view closes at once.
    this.stop.push(() => themes.disconnect(), () => sight.disconnect(), watchRoom(this), () => cancelAnimationFrame(this.frame), () => clearTimeout(this.rest),
      () => document.removeEventListener("scroll", scrolled, { capture: true }), () => globalThis.removeEventListener("blur", flush), flush);
  }

  close() {
    this.hand.close();
    for (const act of this.stop) act();
    this.root.remove();
  }
}
