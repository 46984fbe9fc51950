// Brings every widget of a page of the site to life, without a kernel: each <div class="qkv-live"> holds its state and
// a picture for readers without scripts. What a learner does stays in this browser, where it lets us keep anything.
import { Model, control } from "./hosted.js";

/**
 * @typedef {import("./hosted.js").State} State
 * @typedef {{ kind: string, state: State }} Held  what an element holds: which widget, and its traits
 * @typedef {{ render: (view: { model: Model, el: HTMLElement }) => void }} Widget
 */

/** The widgets whose code this page loaded, by kind: their files put themselves here. @type {Record<string, Widget>} */
const widgets = /** @type {any} */ (globalThis).qkvWidgets;

const PREFIX = "qkv:";
const AHEAD = "600px";   // what is nearer than this is drawn before the rest

/** @param {string} key @returns {any} what is kept, or null */
function kept(key) {
  try { return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null"); } catch { return null; }
}

/** @param {string} key @param {any} value */
function keep(key, value) {
  try { localStorage.setItem(PREFIX + key, JSON.stringify(value)); } catch { forgets(); }
}

/** Where nothing can be kept (full, or forbidden), what was done lasts as long as the page; say so, once, at the top. */
function forgets() {
  if (document.querySelector(".qkv-forgets")) return;
  const said = document.createElement("p");
  said.className = "qkv-forgets";
  said.role = "status";
  said.textContent = "This browser keeps nothing for this site: your predictions and cards last until you leave the page.";
  document.querySelector("article h1")?.after(said);
}

/**
 * What a learner's acts leave behind, by kind of widget: where it is kept, how it is taken up again.
 * @type {Record<string, { key: (state: State) => string, save: (state: State, old: any) => any, load: (state: State, value: any) => Partial<State> }>}
 */
const memory = {
  predict: {
    key: ({ name }) => `predictions:${name}`,
    save: ({ question, guess, sure }) => ({ question, guess, sure }),
    load: ({ question }, value) => (value.question === question ? { guess: value.guess, sure: value.sure } : {}),   // else the question was edited since
  },
  flashcards: {
    key: () => "cards",
    save: ({ boxes }, old) => ({ ...old, ...boxes }),
    load: ({ cards }, value) => ({ boxes: Object.fromEntries(cards.map((/** @type {any} */ { id }) => [id, value[id]]).filter((/** @type {any[]} */ [, box]) => Array.isArray(box))) }),
  },
  fill_in: {
    key: ({ name }) => `fill_in:${name}`,
    save: ({ given }) => given,
    load: ({ given }, value) => (Array.isArray(value) && (!given.length || value.length === given.length) ? { given: value } : {}),
  },
};

/** A matrix with its numbers: as they are, in base64, or those that another widget of the page starts from. @param {any} value @returns {any} */
function unpacked({ i16, i24, i32, f32, f64, over = 1, same, ...rest }) {
  if (same) {
    const el = /** @type {any} */ (document.querySelectorAll(".qkv-live")[same[0]]);
    const { spec } = el.model?.state ?? JSON.parse(el.querySelector("script").textContent).state;
    return unpacked(spec.initial.inputs[same[1]]);
  }
  const coded = i16 ?? i24 ?? i32 ?? f32 ?? f64;
  if (!coded) return rest;
  const bytes = Uint8Array.from(i24 ? atob(i24).replace(/.../gs, "\0$&") : atob(coded), (letter) => letter.charCodeAt(0));
  const numbers = new (i16 ? Int16Array : f32 ? Float32Array : f64 ? Float64Array : Int32Array)(bytes.buffer);
  if (i24) over *= 256;   // three bytes stand in the upper part of four
  return { ...rest, data: Array.from(numbers, (number) => number / over) };
}

/** The inputs a sheet starts from; large matrices come as base64, of numbers or of whole numbers of a decimal place. @param {State} state */
function unpack({ spec }) {
  for (const [name, value] of Object.entries(spec.initial.inputs)) {
    spec.initial.inputs[name] = unpacked(value);
  }
  return structuredClone(spec.initial.inputs);
}

class Kept extends Model {
  /** @param {Held} held */
  constructor({ kind, state }) {
    super(state);
    this.memory = memory[kind];
    const value = this.memory && kept(this.memory.key(state));
    if (value) Object.assign(this.state, this.memory.load(state, value));
  }
  save_changes() {
    if (!this.memory) return;
    const key = this.memory.key(this.state);
    keep(key, this.memory.save(this.state, kept(key)));
  }
}

/** @param {HTMLElement} el */
function bring(el) {
  if (el.dataset.alive) return;
  el.dataset.alive = "yes";
  /** @type {Held} */
  const held = JSON.parse(/** @type {HTMLElement} */ (el.querySelector("script")).textContent ?? "");
  if (held.kind === "worksheet") held.state.inputs = unpack(held.state);
  const model = new Kept(held), shown = document.createElement("div");
  shown.className = "qkv-instrument";
  const params = held.kind === "worksheet" ? held.state.spec.params.filter((/** @type {any} */ { look }) => look !== "none") : [];
  if (params.length) {
    const row = shown.appendChild(document.createElement("div"));
    row.className = "page-controls";
    row.role = "group";
    row.ariaLabel = "controls";
    row.append(...params.map((/** @type {any} */ param) => control(model, param)));
  }
  widgets[held.kind].render({ model, el: shown.appendChild(document.createElement("div")) });
  el.replaceChildren(shown);
  /** @type {any} */ (el).model = model;   // for the curious, and for tests
}

/** The site's theme (light, dark, or what the system says) in the words of the widgets. */
function follow() {
  const { body } = document, system = matchMedia("(prefers-color-scheme: dark)");
  const turn = () => {
    const dark = body.dataset.theme === "dark" || (body.dataset.theme !== "light" && system.matches);
    body.dataset.jpThemeLight = String(!dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  };
  system.addEventListener("change", turn);
  new MutationObserver(turn).observe(body, { attributeFilter: ["data-theme"] });
  turn();
}

/** What is wider than its place scrolls, and by keyboard too. */
function reach() {
  for (const el of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("article pre, .cell_output, .table-wrapper"))) {
    if (el.scrollWidth > el.clientWidth) el.tabIndex = 0;
    else el.removeAttribute("tabindex");
  }
}

/** Those in sight first; the others one by one whenever the browser has time, so that all of them answer soon. */
function start() {
  follow();
  reach();
  if (document.documentElement.dataset.forgets) forgets();
  addEventListener("resize", reach);
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".qkv-live")]);
  const seen = new IntersectionObserver((entries) => entries.forEach(({ isIntersecting, target }) => {
    if (isIntersecting) bring(/** @type {HTMLElement} */ (target));
  }), { rootMargin: AHEAD });
  all.forEach((el) => seen.observe(el));
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ act) => setTimeout(act, 50));
  const next = () => {
    const el = all.shift();
    if (!el) return seen.disconnect();
    bring(el);
    idle(next);
  };
  addEventListener("beforeprint", () => all.forEach(bring));
  idle(next);
}

start();
