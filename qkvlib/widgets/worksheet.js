// The worksheet on the page: draws a sheet's values as grids of numbers, lets a learner change them, explains each cell.
// State lives in the model (traits `inputs` and `p_<parameter>`); every view draws from it and writes to it only when a
// learner acts. Python puts engine.js in front of this file in place of the import.
import { Engine, short, parse, niceCeiling, encode, decode, frame } from "./engine.js";

const PX_PER_STEP = 8;      // of dragging
const SYNC_AFTER_MS = 60;   // how long Python may lag behind the hand
const FOLD_OVER = 16;       // columns; more than this fold
const FOLD_KEEP = [8, 3];   // columns kept at the start and the end of a folded row

function el(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;   // never innerHTML: a token may look like HTML
  return node;
}

/** Keys stay ours: Lab would take arrows, and letters as commands, from a focused cell. */
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

const round = (v) => Number(v.toPrecision(12));

// -- one matrix ------------------------------------------------------------------------------------------------

/** A node on the page: heading, one grid per head, shape. Rebuilt when its shape or names change, else only repainted. */
class Panel {
  constructor(view, entry) {
    this.view = view;
    this.entry = entry;
    this.name = entry.node;
    this.input = view.spec.inputs[this.name];
    this.editable = Boolean(this.input?.editable);
    this.root = el("figure", `ws-panel${this.editable ? " ws-editable" : ""}`);
    this.heading = this.root.appendChild(el("figcaption", "ws-name", entry.title || this.name));
    this.grids = this.root.appendChild(el("div", "ws-grids"));
    this.foot = this.root.appendChild(el("div", "ws-shape"));
    this.note = entry.note ? this.root.appendChild(el("div", "ws-note", entry.note)) : null;
    this.signature = null;
    this.unfolded = false;
    this.active = 0;
  }

  get heads() {
    const [n] = frame(this.value), pick = this.view.resolve(this.entry.pick);
    return pick === null || this.value.shape.length < 3 ? [...Array(n).keys()] : [Math.min(Math.max(0, pick), n - 1)];
  }

  draw(value, trouble) {
    this.value = value;
    this.root.classList.toggle("ws-broken", !value);
    if (!value) {
      this.signature = null;
      this.cells = [];
      this.grids.replaceChildren(el("div", "ws-trouble", trouble));
      this.foot.textContent = "";
      return;
    }
    const { shape, rows, cols, heads } = value;
    const signature = JSON.stringify([shape, rows, cols, heads, this.heads, this.unfolded]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.build();
    }
    this.paint();
  }

  build() {
    const { value } = this, [, n, m] = frame(value);
    this.cells = [];
    this.shown = [];
    this.active = Math.min(this.active, Math.max(0, value.data.length - 1));
    this.columns = [...Array(m).keys()];
    if (m > FOLD_OVER && !this.unfolded)
      this.columns = [...this.columns.slice(0, FOLD_KEEP[0]), -1, ...this.columns.slice(m - FOLD_KEEP[1])];
    this.grids.replaceChildren(...this.heads.map((h) => this.grid(h, n, m)));
    this.foot.replaceChildren(el("span", "", `[${value.shape.join(", ")}]`), this.range = el("span", "ws-range"));
    if (m > FOLD_OVER) this.foot.append(this.foldButton(m));
    this.makeReachable();
  }

  foldButton(m) {
    const button = keepKeys(el("button", "ws-fold", this.unfolded ? "fold" : `show all ${m}`));
    button.type = "button";
    button.setAttribute("aria-label", `${this.unfolded ? "fold" : "show all columns of"} ${this.name}`);
    button.onclick = () => {
      this.unfolded = !this.unfolded;
      this.draw(this.value);
      this.foot.querySelector("button").focus();
    };
    return button;
  }

  grid(h, n, m) {
    const { value, name } = this;
    const headName = value.shape.length === 3 ? value.heads?.[h] ?? `head ${h}` : "";
    const table = el("table", "ws-grid");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", `${this.entry.title || name} [${value.shape.join(", ")}]${headName && `, ${headName}`}`);
    if (!this.editable) table.setAttribute("aria-readonly", "true");
    if (headName) table.append(el("caption", "ws-head-name", headName));
    if (value.cols) {
      const line = table.createTHead().insertRow();
      if (value.rows) line.append(el("td", "ws-corner"));
      for (const c of this.columns) {
        const th = el("th", "ws-col", c < 0 ? "" : value.cols[c]);
        th.scope = "col";
        if (c >= 0) th.title = value.cols[c];
        line.append(c < 0 ? el("td", "ws-gap") : th);
      }
    }
    const body = table.createTBody();
    for (let r = 0; r < n; r++) {
      const line = body.insertRow();
      if (value.rows) {
        const th = line.appendChild(el("th", "ws-row", value.rows[r]));
        th.scope = "row";
        th.title = value.rows[r];
      }
      for (const c of this.columns) {
        if (c < 0) {
          const gap = line.appendChild(el("td", "ws-gap", "…"));
          gap.setAttribute("aria-label", `${m - this.columns.length + 1} more columns`);
          continue;
        }
        const i = (h * n + r) * m + c, cell = line.appendChild(keepKeys(el("td", "ws-cell")));
        cell.tabIndex = -1;
        cell.dataset.i = i;
        this.cells[i] = cell;
        this.shown.push(i);
      }
    }
    if (!n || !m) body.insertRow().append(el("td", "ws-empty", "empty"));
    return table;
  }

  /** One cell of every matrix is in the tab order; arrows lead to the others. */
  makeReachable() {
    if (!this.cells[this.active]) this.active = this.shown[0];
    if (this.cells[this.active]) this.cells[this.active].tabIndex = 0;
  }

  activate(i) {
    if (this.cells[this.active]) this.cells[this.active].tabIndex = -1;
    this.active = i;
    this.cells[i].tabIndex = 0;
  }

  paint() {
    const { value, view } = this;
    let peak = 0;
    for (const v of value.data) if (Math.abs(v) > peak && Number.isFinite(v)) peak = Math.abs(v);
    const end = this.entry.max ?? niceCeiling(peak);
    const repaint = end !== this.end || view.theme !== this.theme || this.painted !== this.signature;
    this.end = end;
    this.theme = view.theme;
    this.painted = this.signature;
    this.range.textContent = value.data.length ? `±${short(end)}` : "";
    const before = this.last;
    this.last = value;
    for (const i of this.shown) {
      const v = value.data[i], closed = value.masked?.[i] ?? 0;
      if (!repaint && Object.is(before.data[i], v) && (before.masked?.[i] ?? 0) === closed) continue;
      const cell = this.cells[i];
      if (cell.firstChild?.nodeType === Node.TEXT_NODE) cell.firstChild.data = short(v);
      else if (!cell.firstChild) cell.textContent = short(v);
      cell.style.backgroundColor = closed ? "" : view.colour(v / end);
      cell.classList.toggle("ws-masked", closed === 1);
    }
    this.light();
  }

  /** The row to keep in the light: an index, or a row's name. */
  light() {
    const lit = this.view.resolve(this.entry.lit);
    if (lit === null) return;
    const [, n, m] = frame(this.value), row = typeof lit === "number" ? lit : this.value.rows?.lastIndexOf(lit);
    for (const i of this.shown) this.cells[i].classList.toggle("ws-dim", Math.floor(i / m) % n !== row);
  }

  /** "scores, row it, column dog" */
  label(i) {
    const { value } = this, [, n, m] = frame(value), c = i % m, r = Math.floor(i / m) % n, h = Math.floor(i / (n * m));
    const place = [this.entry.title || this.name];
    if (value.shape.length === 3) place.push(value.heads?.[h] ?? `head ${h}`);
    if (value.shape.length > 1) place.push(value.rows ? value.rows[r] : `row ${r + 1}`);
    if (value.shape.length > 0) place.push(value.cols ? value.cols[c] : `column ${c + 1}`);
    return place.join(", ");
  }
}

// -- the whole sheet -------------------------------------------------------------------------------------------

class View {
  constructor(model, root) {
    this.model = model;
    this.spec = model.get("spec");
    this.engine = new Engine(this.spec);
    this.history = [];
    this.stop = [];          // clean-up functions
    this.marked = [];        // cells lit up at the moment
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

  resolve(option) {
    if (option === null || option === undefined) return null;
    return typeof option === "object" ? this.engine.params[option.param].value : option;
  }

  /** A learner's act: the model changes at once, the picture within a frame, Python a little later. */
  setCell(name, i, v, gesture) {
    const inputs = this.model.get("inputs"), old = decode(inputs[name]);
    if (Object.is(old.data[i], v)) return;
    this.remember(`${name}/${i}/${gesture}`, { inputs });
    old.data[i] = v;
    this.model.set("inputs", { ...inputs, [name]: encode({ shape: inputs[name].shape, data: old.data }) });
    this.sync();
  }

  /** One gesture (a drag, a run of key presses) is one step back. */
  remember(gesture, before) {
    if (this.history.at(-1)?.gesture === gesture) return;
    this.history.push({ gesture, before });
    if (this.history.length > 200) this.history.shift();
  }

  restore({ inputs, params = {} }) {
    if (inputs) this.model.set("inputs", inputs);
    for (const [name, value] of Object.entries(params)) this.model.set(`p_${name}`, value);
    this.sync();
  }

  undo() {
    const step = this.history.pop();
    if (!step) return this.announce("nothing to undo");
    this.restore(step.before);
    this.announce("undone");
  }

  reset() {
    this.remember(`reset ${this.history.length}`, { inputs: this.model.get("inputs"), params: this.params() });
    this.restore(this.spec.initial);
    this.announce("everything is as it was at the start");
  }

  sync() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.model.save_changes(), SYNC_AFTER_MS);
  }

  // -- drawing

  build(root) {
    this.root = root.appendChild(el("section", "qkv-ws"));
    this.root.setAttribute("aria-label", this.spec.title);
    const head = this.root.appendChild(el("div", "ws-top"));
    head.append(el("strong", "ws-title", this.spec.title));
    const tools = head.appendChild(el("span", "ws-tools"));
    for (const [text, act] of [["Undo", () => this.undo()], ["Reset", () => this.reset()]]) {
      const button = tools.appendChild(keepKeys(el("button", "", text)));
      button.type = "button";
      button.onclick = act;
    }
    this.bar = this.root.appendChild(el("div", "ws-tell"));
    this.live = this.root.appendChild(el("div", "ws-live"));
    this.live.setAttribute("role", "status");
    this.panels = [];
    this.sayings = [];
    for (const line of this.spec.layout) {
      const row = this.root.appendChild(el("div", "ws-line"));
      for (const entry of line) row.append(this.place(entry));
    }
    const legend = this.root.appendChild(el("div", "ws-legend"));
    legend.append(el("span", "", "−"), el("span", "ws-ramp"), el("span", "", "+"),
      el("span", "", "colours run from − to + the number beside each shape"));
    if (this.spec.nodes.some((node) => node.op === "mask"))
      legend.append(el("span", "ws-cell ws-masked ws-key"), el("span", "", "masked"));
  }

  place(entry) {
    if ("sign" in entry) {
      const sign = el("span", "ws-sign", entry.sign);
      sign.setAttribute("aria-hidden", "true");
      return sign;
    }
    if ("say" in entry) {
      const saying = el("p", "ws-say");
      this.sayings.push([saying, entry.say]);
      return saying;
    }
    const panel = new Panel(this, entry);
    this.panels.push(panel);
    panel.root.dataset.node = entry.node;
    return panel.root;
  }

  readTheme() {
    const dark = document.body.dataset.jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
    this.theme = dark ? "dark" : "light";
    // Blue for plus, orange for minus: told apart with every common kind of colour blindness, and text stays legible.
    const [plus, minus, zero] = dark
      ? [[31, 98, 168], [158, 84, 16], [32, 34, 38]] : [[108, 172, 236], [246, 166, 84], [250, 250, 250]];
    this.colour = (share) => {
      if (Number.isNaN(share)) return "transparent";
      const t = Math.min(1, Math.abs(share)), end = share < 0 ? minus : plus;
      return `rgb(${zero.map((z, k) => Math.round(z + (end[k] - z) * t)).join(" ")})`;
    };
  }

  /** At most one drawing a frame, of the newest state. */
  schedule() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const changed = this.engine.run(this.model.get("inputs"), this.params());
    for (const panel of this.panels)
      if (changed.has(panel.name) || panel.theme !== this.theme || panel.entry.pick || panel.entry.lit)
        panel.draw(this.engine.values.get(panel.name), this.engine.errors.get(panel.name));
    for (const [saying, template] of this.sayings) saying.textContent = this.engine.say(template);
    if (this.target) this.tell(this.target);
    else if (this.engine.trouble || this.troubled) this.tell(null);
  }

  // -- explaining

  panelOf(cell) {
    const root = cell?.closest(".ws-panel");
    return this.panels.find((panel) => panel.root === root);
  }

  shown(name) {
    return this.panels.some((panel) => panel.name === name && panel.value);
  }

  /** What a cell says of itself, or the hint; lights up where its number came from. */
  tell(cell) {
    for (const marked of this.marked) marked.classList.remove("ws-from", "ws-here");
    this.marked = [];
    this.target = cell?.isConnected ? cell : null;
    const panel = this.panelOf(this.target), i = Number(this.target?.dataset.i);
    this.troubled = !panel && Boolean(this.engine.trouble);
    if (!panel?.value) {
      this.bar.replaceChildren(el("span", this.troubled ? "ws-trouble" : "ws-hint", this.engine.trouble || this.spec.hint));
      return "";
    }
    const { text, note, sources } = this.engine.explain(panel.name, i, (name) => this.shown(name));
    const result = short(panel.value.data[i]);
    const about = panel.input?.about ?? this.engine.nodes.get(panel.name)?.about ?? "";
    const sum = el("span", "ws-sum", text ? `${text} = ` : "");
    sum.append(el("b", "", result));
    this.bar.replaceChildren(el("span", "ws-place", panel.label(i)), sum, el("span", "ws-about", note || about));
    this.mark(this.target, "ws-here");
    for (const [name, cells] of sources)
      for (const source of this.panels.filter((p) => p.name === name && p.value))
        for (const k of cells) if (source.cells[k]) this.mark(source.cells[k], "ws-from");
    return `${panel.label(i)}: ${text ? `${text} = ` : ""}${result}`;
  }

  mark(cell, className) {
    cell.classList.add(className);
    this.marked.push(cell);
  }

  announce(text) {
    this.live.textContent = text;
  }

  // -- a learner's hand

  listen() {
    const { model, root } = this;
    const on = (target, type, act) => {
      target.addEventListener(type, act);
      this.stop.push(() => target.removeEventListener(type, act));
    };
    const redraw = () => this.schedule();
    const watched = ["inputs", ...this.spec.params.map(({ name }) => `p_${name}`)].map((name) => `change:${name}`);
    for (const event of watched) {
      model.on(event, redraw);
      this.stop.push(() => model.off(event, redraw));
    }
    const themes = new MutationObserver(() => { this.readTheme(); this.schedule(); });
    themes.observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] });
    this.stop.push(() => themes.disconnect(), () => cancelAnimationFrame(this.frame));
    // The last act must reach Python even when the view closes at once.
    this.stop.push(() => { if (this.timer) { clearTimeout(this.timer); this.model.save_changes(); } });
    const cellOf = (event) => event.target.closest?.(".ws-cell[data-i]");
    on(root, "pointerover", (event) => { if (!this.drag && cellOf(event)) this.tell(cellOf(event)); });
    on(root, "pointerleave", () => { if (!this.drag) this.tell(this.focused()); });
    on(root, "focusin", (event) => {
      const cell = cellOf(event);
      if (!cell || event.target !== cell) return;
      this.panelOf(cell).activate(Number(cell.dataset.i));
      this.announce(this.tell(cell));
    });
    on(root, "pointerdown", (event) => this.grab(event, cellOf(event)));
    on(root, "pointermove", (event) => this.pull(event));
    for (const type of ["pointerup", "pointercancel"]) on(root, type, () => this.release());
    on(root, "dblclick", (event) => { if (cellOf(event)) this.type(cellOf(event)); });
    on(root, "keydown", (event) => this.key(event));
  }

  focused() {
    const active = this.root.getRootNode().activeElement;
    return this.root.contains(active) && active.dataset.i !== undefined ? active : null;
  }

  grab(event, cell) {
    const panel = this.panelOf(cell);
    if (!panel?.editable || event.button !== 0 || event.target !== cell) return;
    this.gestures = (this.gestures ?? 0) + 1;
    this.drag = { cell, panel, i: Number(cell.dataset.i), x: event.clientX, from: panel.value.data[Number(cell.dataset.i)], id: event.pointerId };
  }

  pull(event) {
    const drag = this.drag;
    if (!drag || event.pointerId !== drag.id) return;
    const moved = event.clientX - drag.x;
    if (!drag.moving && Math.abs(moved) < 4) return;
    if (!drag.moving) {
      drag.moving = true;
      drag.cell.setPointerCapture(event.pointerId);
      this.root.classList.add("ws-dragging");
    }
    const steps = Math.round(moved / PX_PER_STEP), step = panelStep(drag.panel, event);
    this.target = drag.cell;
    const from = Number.isFinite(drag.from) ? drag.from : 0;
    this.setCell(drag.panel.name, drag.i, round(from + steps * step), `drag ${this.gestures}`);
  }

  release() {
    if (this.drag?.moving) this.announce(this.tell(this.drag.cell));
    this.drag = null;
    this.root.classList.remove("ws-dragging");
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.tagName !== "INPUT") {
      event.preventDefault();
      event.stopPropagation();
      return this.undo();
    }
    const cell = event.target, panel = this.panelOf(cell);
    if (!panel || cell.dataset.i === undefined || event.ctrlKey || event.metaKey) return;
    const i = Number(cell.dataset.i), [, n, m] = frame(panel.value);
    const turn = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (panel.editable && turn && !event.altKey) {
      const from = Number.isFinite(panel.value.data[i]) ? panel.value.data[i] : 0;
      this.setCell(panel.name, i, round(from + turn * panelStep(panel, event)), "keys");
      this.speak(cell);
    } else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      this.move(panel, i, event.key, n, m);
    } else if (panel.editable && (event.key === "Enter" || event.key === "F2" || /^[-−.\d]$/.test(event.key))) {
      this.type(cell, event.key.length === 1 ? event.key : null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** After the next drawing, so that the number spoken is the new one. */
  speak(cell) {
    requestAnimationFrame(() => this.announce(this.tell(cell)));
  }

  move(panel, i, key, n, m) {
    const order = panel.shown, at = order.indexOf(i), width = panel.columns.filter((c) => c >= 0).length;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - width, ArrowDown: at + width, Home: 0, End: order.length - 1 }[key];
    panel.cells[order[to]]?.focus();
  }

  /** An input in the cell's place: Enter or leaving keeps the number, Escape does not. */
  type(cell, first = null) {
    const panel = this.panelOf(cell), i = Number(cell.dataset.i);
    if (!panel.editable || cell.querySelector("input")) return;
    const input = keepKeys(el("input", "ws-input"));
    input.setAttribute("aria-label", panel.label(i));
    input.inputMode = "decimal";
    input.value = first ?? String(panel.value.data[i]);
    const close = (keep) => {
      if (input.closed) return;
      input.closed = true;
      const v = parse(input.value);
      cell.replaceChildren(short(panel.value.data[i]));
      if (!keep) return;
      if (v === undefined) {
        const text = `“${input.value}” is not a number; ${panel.label(i)} stays ${short(panel.value.data[i])}`;
        this.announce(text);
        this.bar.replaceChildren(el("span", "ws-trouble", text));
      } else {
        this.gestures = (this.gestures ?? 0) + 1;
        this.setCell(panel.name, i, v, `typed ${this.gestures}`);
        this.speak(cell);
      }
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      close(event.key === "Enter");
      cell.focus();
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

const panelStep = (panel, event) => panel.input.step * (event.shiftKey ? 10 : 1);

/** ipywidgets' own controls beside the sheet get the name and the key handling that they lack. */
function mendControls(root) {
  const box = root.closest(".qkv-instrument");
  if (!box) return () => {};
  const mend = () => {
    for (const control of box.querySelectorAll(".ws-controls .jupyter-widgets")) {
      const name = control.querySelector(".widget-label")?.textContent ?? "";
      for (const part of control.querySelectorAll(".noUi-handle, select, input, button, [contenteditable]")) {
        if (part.dataset.lmSuppressShortcuts) continue;
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
    // The view is put on the page after render returns; only then are its neighbours there.
    let unmend = () => {};
    const frame = requestAnimationFrame(() => { unmend = mendControls(root); });
    return () => { cancelAnimationFrame(frame); unmend(); view.close(); };
  },
};
