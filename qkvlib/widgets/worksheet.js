// The worksheet on the page: draws a sheet's values as grids of numbers, lets a learner change them, explains each cell.
// State lives in the model (traits `inputs` and `p_<parameter>`); every view draws from it and writes to it only when a
// learner acts. worksheet.py puts engine.js and grids.js in front of this file in place of the imports.
import { Engine, short, isNearlyZero, parse, niceCeiling, encode, decode, frame } from "./engine.js";
import { el, keepKeys, TableGrid, HeatGrid } from "./grids.js";

const PX_PER_STEP = 8;        // of dragging
const SYNC_AFTER_MS = 60;     // how long Python may lag behind the hand
const ONE_GESTURE_MS = 1000;  // changes of one thing closer together than this are undone together
const FOLD_OVER = 16;         // columns; more than this fold
const FOLD_KEEP = [8, 3];     // columns kept at the start and the end of a folded row
const TABLE_MOST = [24, 400]; // rows, cells; larger matrices are painted on a canvas

const round = (v) => Number(v.toPrecision(12));

/** A node on the page: heading, one grid per head, shape. Rebuilt when its shape or names change, else repainted. */
class Panel {
  constructor(view, entry) {
    this.view = view;
    this.entry = entry;
    this.name = entry.node;
    this.title = entry.title || this.name;
    this.input = view.spec.inputs[this.name];
    this.editable = Boolean(this.input?.editable);
    this.about = this.input?.about ?? view.engine.nodes.get(this.name).about;
    this.root = el("figure", `ws-panel${this.editable ? " ws-editable" : ""}`);
    this.root.dataset.node = this.name;
    this.root.append(el("figcaption", "ws-name", this.title));
    this.body = this.root.appendChild(el("div", "ws-grids"));
    this.foot = this.root.appendChild(el("div", "ws-shape"));
    if (entry.note) this.root.append(el("div", "ws-note", entry.note));
    this.grids = new Map();
    this.active = 0;
    this.unfolded = false;
  }

  draw(value, trouble) {
    this.value = value;
    this.root.classList.toggle("ws-broken", !value);
    this.nearly = false;
    if (!value) {
      this.signature = null;
      this.grids.clear();
      this.body.replaceChildren(el("div", "ws-trouble", trouble));
      this.foot.textContent = "";
      return;
    }
    const { shape, rows, cols, heads } = value, pick = this.view.resolve(this.entry.pick), count = frame(value)[0];
    const stack = shape.length === 3;
    const shown = stack && pick !== null ? [Math.min(Math.max(0, pick), count - 1)] : [...Array(count).keys()];
    const signature = JSON.stringify([shape, rows, cols, heads, shown, this.unfolded]);
    const rebuild = signature !== this.signature;
    if (rebuild) this.build(shown);
    this.signature = signature;
    let peak = 0;
    for (const v of value.data) if (Math.abs(v) > peak && Number.isFinite(v)) peak = Math.abs(v);
    const end = this.entry.max ?? niceCeiling(peak);
    const lit = this.view.resolve(this.entry.lit), light = typeof lit === "string" ? rows?.lastIndexOf(lit) ?? -1 : lit;
    const all = rebuild || end !== this.end || this.theme !== this.view.theme || light !== this.lit;
    Object.assign(this, { end, theme: this.view.theme, lit: light });
    this.range.textContent = value.data.length ? `±${short(end)}` : "";
    for (const grid of this.grids.values()) grid.paint(value, end, all ? null : this.painted, light);
    this.nearly = !this.editable && value.data.some((v) => isNearlyZero(v, end));
    this.painted = value;
  }

  build(shown) {
    const [, n, m] = frame(this.value), fold = m > FOLD_OVER && (n <= FOLD_OVER || m > 256);
    this.columns = [...Array(m).keys()];
    if (fold && !this.unfolded) this.columns.splice(FOLD_KEEP[0], m - FOLD_KEEP[0] - FOLD_KEEP[1], -1);
    const Grid = n > TABLE_MOST[0] || n * this.columns.length > TABLE_MOST[1] ? HeatGrid : TableGrid;
    this.grids = new Map(shown.map((h) => [h, new Grid(this, h)]));
    this.body.replaceChildren(...[...this.grids.values()].map((grid) => grid.root));
    this.foot.replaceChildren(el("span", "", `[${this.value.shape.join(", ")}]`), this.range = el("span"));
    if (fold) {
      const button = this.foot.appendChild(keepKeys(el("button", "", this.unfolded ? "fold" : `show all ${m}`)));
      button.type = "button";
      button.setAttribute("aria-label", `${button.textContent} columns of ${this.title}`);
      button.onclick = () => {
        this.unfolded = !this.unfolded;
        this.draw(this.value);
        this.foot.querySelector("button").focus();
      };
    }
    if (!this.gridOf(this.active) || !this.columns.includes(this.active % m)) this.active = shown[0] * n * m;
    this.gridOf(this.active)?.activate(this.active);
  }

  gridOf(i) {
    const [, n, m] = frame(this.value);
    return this.grids.get(Math.floor(i / (n * m)));
  }

  /** One cell of every panel is in the tab order; arrows lead to the others. */
  activate(i) {
    this.gridOf(this.active)?.deactivate();
    this.active = i;
    return this.gridOf(i).activate(i);
  }

  /** The cell an arrow key leads to from i, or undefined at the edge. Sideways it goes on in the next line. */
  next(i, key) {
    const [, n, m] = frame(this.value), heads = [...this.grids.keys()], wide = this.columns.filter((c) => c >= 0);
    const h = heads.indexOf(Math.floor(i / (n * m))), line = h * n + (Math.floor(i / m) % n);
    const at = line * wide.length + wide.indexOf(i % m), last = heads.length * n * wide.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide.length, ArrowDown: wide.length }[key];
    const to = key === "Home" ? 0 : key === "End" ? last : at + step;
    if (to < 0 || to > last) return undefined;
    const row = Math.floor(to / wide.length);
    return (heads[Math.floor(row / n)] * n + (row % n)) * m + wide[to % wide.length];
  }

  /** "scores, it, dog" */
  label(i) {
    const { shape, rows, cols, heads } = this.value, [, n, m] = frame(this.value);
    const c = i % m, r = Math.floor(i / m) % n, h = Math.floor(i / (n * m)), place = [this.title];
    if (shape.length === 3) place.push(heads?.[h] ?? `head ${h}`);
    if (shape.length > 1) place.push(rows?.[r] ?? `row ${r + 1}`);
    if (shape.length > 0) place.push(cols?.[c] ?? `column ${c + 1}`);
    return place.join(", ");
  }
}

/** The whole sheet. */
class View {
  constructor(model, root) {
    this.model = model;
    this.spec = model.get("spec");
    this.engine = new Engine(this.spec);
    this.history = [];
    this.stop = [];        // clean-up functions
    this.target = null;    // {panel, i}: the cell that is explained
    this.before = this.state();
    this.readTheme();
    this.build(root);
    this.listen();
    this.draw();
    this.tell(null);
  }

  // -- state

  params() {
    return Object.fromEntries(this.spec.params.map(({ name }) => [name, this.model.get(`p_${name}`)]));
  }

  state() {
    return { inputs: this.model.get("inputs"), params: this.params() };
  }

  resolve(option) {
    return typeof option === "object" && option ? this.engine.params[option.param].value : option ?? null;
  }

  /** An input's number as it is now, which may be ahead of what is drawn; 0 where a step has nothing to start from. */
  start({ panel, i }) {
    const v = decode(this.model.get("inputs")[panel.name]).data[i];
    return Number.isFinite(v) ? v : 0;
  }

  /** A learner's act: the model changes at once, the picture within a frame, Python a little later. */
  setCell({ panel: { name }, i }, v, gesture) {
    const inputs = this.model.get("inputs"), { shape, data } = decode(inputs[name]);
    if (Object.is(data[i], v)) return;
    data[i] = v;
    this.gesture = `${name} ${i} ${gesture}`;
    this.model.set("inputs", { ...inputs, [name]: encode({ shape, data }) });
    this.sync();
  }

  /** The state changed, by this hand or another: keep the way back, and draw. */
  changed(what) {
    const gesture = this.gesture ?? what, last = this.history.at(-1), now = performance.now();
    this.gesture = null;
    if (!this.undoing && last?.gesture === gesture && now - last.time < ONE_GESTURE_MS) last.time = now;
    else if (!this.undoing) this.history.push({ gesture, time: now, state: this.before });
    this.history.splice(0, this.history.length - 200);
    this.before = this.state();
    this.frame ??= requestAnimationFrame(() => this.draw());   // at most one drawing a frame, of the newest state
  }

  restore({ inputs, params }) {
    this.model.set("inputs", inputs);
    for (const [name, value] of Object.entries(params)) this.model.set(`p_${name}`, value);
    this.sync();
  }

  undo() {
    const step = this.history.pop();
    this.undoing = true;
    if (step) this.restore(step.state);
    this.undoing = false;
    this.announce(step ? "undone" : "nothing to undo");
  }

  reset() {
    const before = this.before;
    this.undoing = true;
    this.restore(this.spec.initial);
    this.undoing = false;
    this.history.push({ gesture: "reset", time: 0, state: before });
    this.announce("everything is as it was at the start");
  }

  sync() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SYNC_AFTER_MS);
  }

  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    this.model.save_changes();
  }

  // -- drawing

  build(root) {
    this.root = root.appendChild(el("section", "qkv-ws"));
    this.root.setAttribute("aria-label", this.spec.title);
    const top = this.root.appendChild(el("div", "ws-top"));
    top.append(el("strong", "ws-title", this.spec.title));
    const tools = top.appendChild(el("span", "ws-tools"));
    for (const [text, act] of [["Undo", () => this.undo()], ["Reset", () => this.reset()]]) {
      const button = tools.appendChild(keepKeys(el("button", "", text)));
      button.type = "button";
      button.onclick = act;
    }
    this.bar = this.root.appendChild(el("div", "ws-tell"));
    this.tip = this.root.appendChild(el("div", "ws-tell ws-tip"));   // the same, where the bar is scrolled out of sight
    this.tip.popover = "manual";
    this.tip.setAttribute("aria-hidden", "true");
    this.live = this.root.appendChild(el("div", "ws-live"));
    this.live.setAttribute("role", "status");
    this.panels = [];
    this.sayings = [];
    for (const line of this.spec.layout) {
      const signs = line.some((entry) => "sign" in entry);
      this.root.appendChild(el("div", `ws-line${signs ? " ws-sum-line" : ""}`)).append(...this.parts(line));
    }
    const legend = this.root.appendChild(el("div", "ws-legend"));
    const ramp = legend.appendChild(el("span", "ws-ramp"));
    this.ramp = ramp;
    legend.prepend("−");
    legend.append("+", el("span", "", "the colours of a matrix end at the ± number beside its shape"));
    if (this.spec.nodes.some((node) => node.op === "mask")) legend.append(el("span", "ws-masked ws-key"), "masked");
    this.nearly = legend.appendChild(el("span", "ws-nearly", "≈0 is not quite 0: point at it for the number"));
    this.paintRamp();
  }

  /** What a line shows. A sign and what follows it wrap together: none is left hanging at the end of a row. */
  parts(line) {
    const parts = [];
    let pair = null;
    for (const entry of line) {
      if ("sign" in entry) pair ??= parts[parts.push(el("div", "ws-pair")) - 1];
      if (pair) pair.append(this.place(entry));
      else parts.push(this.place(entry));
      if (!("sign" in entry)) pair = null;
    }
    return parts;
  }

  place(entry) {
    if ("sign" in entry) {
      const sign = el("span", "ws-sign", entry.sign);
      sign.setAttribute("aria-hidden", "true");
      return sign;
    }
    if ("say" in entry) {
      this.sayings.push([el("p", "ws-say"), entry.say]);
      return this.sayings.at(-1)[0];
    }
    this.panels.push(new Panel(this, entry));
    return this.panels.at(-1).root;
  }

  readTheme() {
    const dark = document.body.dataset.jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
    // Blue for plus, orange for minus: told apart with every common kind of colour blindness, and text stays legible.
    const [plus, minus, zero] = dark
      ? [[31, 98, 168], [158, 84, 16], [36, 38, 43]] : [[108, 172, 236], [246, 166, 84], [247, 248, 249]];
    this.theme = dark ? "dark" : "light";
    this.rgb = (share, dim) => {
      const t = Math.min(1, Math.abs(share)) * (dim ? 0.4 : 1), end = share < 0 ? minus : plus;
      return zero.map((z, k) => Math.round(z + (end[k] - z) * t));
    };
    if (this.ramp) this.paintRamp();
  }

  colour(share, dim = false) {
    return Number.isNaN(share) ? "" : `rgb(${this.rgb(share, dim)})`;
  }

  paintRamp() {
    this.ramp.style.background = `linear-gradient(90deg, ${[-1, 0, 1].map((t) => this.colour(t))})`;
  }

  draw() {
    this.frame = null;
    const changed = this.engine.run(this.model.get("inputs"), this.params());
    for (const panel of this.panels)
      if (changed.has(panel.name) || panel.theme !== this.theme || panel.entry.pick || panel.entry.lit)
        panel.draw(this.engine.values.get(panel.name), this.engine.errors.get(panel.name));
    this.nearly.hidden = !this.panels.some((panel) => panel.nearly);
    for (const [saying, template] of this.sayings) saying.textContent = this.engine.say(template);
    if (this.target || this.engine.trouble || this.troubled) this.tell(this.target);
  }

  // -- explaining

  panelOf(node) {
    const root = node.closest?.(".ws-panel");
    return this.panels.find((panel) => panel.root === root && panel.value);
  }

  /** The cell under an event: {panel, i}, or null. */
  hit(event) {
    const panel = this.panelOf(event.target);
    for (const grid of panel?.grids.values() ?? []) {
      const i = grid.root.contains(event.target) ? grid.hit(event) : null;
      if (i !== null) return { panel, i };
    }
    return null;
  }

  /** What a cell says of itself, or the hint; lights up where its number came from. Returns it as a sentence. */
  tell(target) {
    for (const panel of this.panels) for (const grid of panel.grids.values()) grid.unmark();
    const { panel, i } = target ?? {};
    this.target = panel?.value && i < panel.value.data.length && panel.gridOf(i) ? target : null;
    this.troubled = !this.target && Boolean(this.engine.trouble);
    if (!this.target) {
      this.bar.replaceChildren(el("span", this.troubled ? "ws-trouble" : "", this.engine.trouble || this.spec.hint));
      this.showTip();
      return "";
    }
    const shown = (name) => this.panels.some((other) => other.name === name && other.value);
    const { text, note, sources } = this.engine.explain(panel.name, i, shown);
    const label = panel.label(i), result = short(panel.value.data[i]), sum = el("span", "ws-sum", text && `${text} = `);
    sum.append(el("b", "", result));
    this.bar.replaceChildren(el("span", "", label), sum, el("span", "", note || panel.about));
    panel.gridOf(i).mark([i], "ws-here");
    for (const [name, cells] of sources)
      for (const other of this.panels)
        if (other.name === name && other.value)
          for (const [h, grid] of other.grids) grid.mark(cells.filter((k) => other.gridOf(k) === grid), "ws-from", h);
    this.showTip();
    return `${label}: ${text && `${text} = `}${result}`;
  }

  /** Beside the cell, what the bar says, while the bar is out of sight. */
  showTip() {
    const { tip, target } = this;
    if (!tip.showPopover) return;
    if (!target || this.barInSight !== false) return tip.hidePopover();
    const { left, top, bottom } = target.panel.gridOf(target.i).box(target.i);
    tip.replaceChildren(...[...this.bar.children].map((part) => part.cloneNode(true)));
    tip.showPopover();
    const below = bottom + tip.offsetHeight + 16 < innerHeight;
    Object.assign(tip.style, {
      left: `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 12))}px`,
      top: `${below ? bottom + 8 : top - tip.offsetHeight - 8}px`,
    });
  }

  announce(text) {
    this.live.textContent = text;
  }

  // -- a learner's hand

  listen() {
    const { model, root } = this;
    const on = (type, act) => {
      root.addEventListener(type, act);
      this.stop.push(() => root.removeEventListener(type, act));
    };
    for (const name of ["inputs", ...this.spec.params.map((param) => `p_${param.name}`)]) {
      const act = () => this.changed(name);
      model.on(`change:${name}`, act);
      this.stop.push(() => model.off(`change:${name}`, act));
    }
    const themes = new MutationObserver(() => { this.readTheme(); this.draw(); });
    themes.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
    const scrolled = () => { if (this.target) this.showTip(); };
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    this.stop.push(() => document.removeEventListener("scroll", scrolled, { capture: true }));
    const sight = new IntersectionObserver(([bar]) => {
      this.barInSight = bar.isIntersecting;
      scrolled();
      const box = this.unmend ? null : root.closest(".qkv-instrument");   // only now is the view on the page
      if (box) this.stop.push(this.unmend = mendControls(box));
    });
    sight.observe(this.bar);
    // The last act must reach Python even when the view closes at once.
    this.stop.push(() => themes.disconnect(), () => sight.disconnect(), () => cancelAnimationFrame(this.frame),
      () => { if (this.timer) this.flush(); });
    on("pointermove", (event) => {
      if (this.drag) return this.pull(event);
      const target = this.hit(event);
      if (target && (target.i !== this.target?.i || target.panel !== this.target.panel)) this.tell(target);
    });
    on("pointerleave", () => { if (!this.drag) this.tell(this.focused()); });
    on("focusin", (event) => {
      const target = this.focused();
      if (!target || event.target.tagName === "INPUT") return;
      target.panel.activate(target.i);
      this.announce(this.tell(target));
    });
    on("pointerdown", (event) => this.grab(event));
    on("pointerup", () => this.release());
    on("pointercancel", () => this.release());
    on("dblclick", (event) => { const target = this.hit(event); if (target?.panel.editable) this.type(target); });
    on("keydown", (event) => this.key(event));
  }

  focused() {
    const active = this.root.getRootNode().activeElement, cell = this.root.contains(active) && active.closest("[data-i]");
    return cell ? { panel: this.panelOf(cell), i: Number(cell.dataset.i) } : null;
  }

  grab(event) {
    const target = this.hit(event);
    if (!target || event.button !== 0 || event.target.tagName === "INPUT") return;
    if (target.panel.gridOf(target.i) instanceof HeatGrid) {
      target.panel.activate(target.i).focus();
      event.preventDefault();
    }
    if (!target.panel.editable) return;
    this.gestures = (this.gestures ?? 0) + 1;
    this.drag = { target, x: event.clientX, from: this.start(target), id: event.pointerId };
  }

  pull(event) {
    const { target, x, from, id, moving } = this.drag, moved = event.clientX - x;
    if (event.pointerId !== id || (!moving && Math.abs(moved) < 4)) return;
    if (!moving) {
      this.drag.moving = true;
      this.root.setPointerCapture(id);
      this.root.classList.add("ws-dragging");
      this.target = target;
    }
    const step = Math.round(moved / PX_PER_STEP) * stepOf(target.panel, event);
    this.setCell(target, round(from + step), `drag ${this.gestures}`);
  }

  release() {
    if (this.drag?.moving) this.announce(this.tell(this.drag.target));
    this.drag = null;
    this.root.classList.remove("ws-dragging");
  }

  key(event) {
    const { key, target: { tagName } } = event, command = event.ctrlKey || event.metaKey;
    const target = this.focused(), turn = { ArrowUp: 1, ArrowDown: -1 }[key];
    if (tagName === "INPUT") return;
    if (command && key.toLowerCase() === "z") this.undo();
    else if (!target || command) return;
    else if (target.panel.editable && turn && !event.altKey) {
      this.setCell(target, round(this.start(target) + turn * stepOf(target.panel, event)), "keys");
      this.speak(target);
    } else if (/^(Arrow|Home|End)/.test(key)) {
      const to = target.panel.next(target.i, key);
      if (to !== undefined) target.panel.activate(to).focus();
    } else if (target.panel.editable && /^(Enter|F2|[-−.\d])$/.test(key)) this.type(target, key.length === 1 ? key : null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** After the next drawing, so that the number spoken is the new one. */
  speak(target) {
    requestAnimationFrame(() => this.announce(this.tell(target)));
  }

  /** An input in the cell's place: Enter or leaving keeps the number, Escape does not. */
  type(target, first = null) {
    const { panel, i } = target, cell = panel.activate(i);
    if (cell.querySelector("input")) return;
    const input = keepKeys(el("input", "ws-input"));
    input.setAttribute("aria-label", panel.label(i));
    input.inputMode = "decimal";
    input.value = first ?? String(panel.value.data[i]);
    const close = (keep) => {
      const v = parse(input.value), old = short(panel.value.data[i]);
      cell.textContent = old;
      if (!keep) return;
      if (v === undefined) {
        const text = `“${input.value}” is not a number; ${panel.label(i)} stays ${old}`;
        this.announce(text);
        this.bar.replaceChildren(el("span", "ws-trouble", text));
        return;
      }
      this.gestures = (this.gestures ?? 0) + 1;
      this.setCell(target, v, `typed ${this.gestures}`);
      this.speak(target);
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      input.onblur = null;
      cell.focus();
      close(event.key === "Enter");
    };
    input.onblur = () => close(true);
    cell.replaceChildren(input);
    input.focus();
    if (first === null) input.select();
  }

  close() {
    for (const act of this.stop) act();
    this.root.remove();
  }
}

const stepOf = (panel, event) => panel.input.step * (event.shiftKey ? 10 : 1);

/** ipywidgets' own controls beside the sheet get the name and the key handling that they lack, as soon as they appear. */
function mendControls(box) {
  const mend = () => {
    for (const control of box.querySelectorAll(".ws-controls > *")) {
      const name = control.querySelector(".widget-label")?.textContent.replace("\u200b", "");
      for (const part of control.querySelectorAll(".noUi-handle, select, input, button, [contenteditable]")) {
        keepKeys(part);
        if (name && !part.getAttribute("aria-label")) part.setAttribute("aria-label", name);
      }
    }
  };
  const watch = new MutationObserver(mend);
  watch.observe(box, { childList: true, subtree: true });
  mend();
  return () => watch.disconnect();
}

export default {
  render({ model, el: root }) {
    const view = new View(model, root);
    return () => view.close();
  },
};
