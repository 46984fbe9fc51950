// The worksheet's dataflow: computes a sheet, says where a cell comes from and what it feeds. No DOM: node can test it.
import { brackets, range } from "./arrays.js";
import { decode, short, written } from "./numbers.js";
import { OPS } from "./ops.js";

/**
 * @typedef {import("./arrays.js").Value} Value
 * @typedef {import("./numbers.js").Packed} Packed
 * @typedef {{ name: string, op: string, args: string[], opts: Record<string, any>, about: string }} NodeSpec
 * @typedef {{ name: string, kind: string, label: string, look: string, options: string[], values: any[],
 *   min?: number, max?: number, step?: number, log?: boolean }} ParamSpec
 * @typedef {{ editable: boolean, step: number, about: string, rows: string[]|null, cols: string[]|null, heads: string[]|null, limits?: number[] }} InputSpec
 * @typedef {Record<string, any>} Entry one entry of the layout; layout.py says which there are
 * @typedef {{ name: string, title: string, hint: string, inputs: Record<string, InputSpec>, params: ParamSpec[],
 *   nodes: NodeSpec[], layout: Entry[][], initial: { inputs: Record<string, Packed>, params: Record<string, any> } }} Spec
 * @typedef {{ text: string, note: string, sources: [string, number[]][] }} Explanation
 */

const MOST_CALLS = 5000;    // steps of an explanation: pointing must never freeze the page
const MOST_CELLS = 10000;   // of a node that is searched for what an input feeds

/** Computes a sheet and remembers, so that the next call redoes only what a change can reach. */
export class Engine {
  /** @param {Spec} spec */
  constructor(spec) {
    this.spec = spec;
    this.nodes = new Map(spec.nodes.map((node) => [node.name, node]));
    /** @type {Map<string, Value>} the last good value of everything, also of what cannot be computed now */
    this.values = new Map();
    /** @type {Map<string, string>} what cannot be computed now, and why */
    this.errors = new Map();
    this.seen = new Map();
    /** @type {Record<string, { value: any, index?: number }>} */
    this.params = {};
  }

  /** Returns the names whose value or trouble changed.
   * @param {Record<string, Packed>} inputs @param {Record<string, any>} params of a choice: its position */
  run(inputs, params) {
    const changed = new Set();
    this.params = Object.fromEntries(this.spec.params.map((p) => [p.name,
      p.kind === "choice" ? { value: p.values[params[p.name]], index: params[p.name] } : { value: params[p.name] }]));
    for (const [name, { rows, cols, heads }] of Object.entries(this.spec.inputs)) {
      if (this.seen.get(name) === inputs[name]) continue;
      this.seen.set(name, inputs[name]);
      this.values.set(name, { ...decode(inputs[name]), rows, cols, heads, masked: null });
      changed.add(name);
    }
    for (const node of this.spec.nodes) {
      const { name, op, args } = node, now = this.options(node), key = JSON.stringify(now);
      if (this.seen.get(name) === key && !args.some((a) => changed.has(a))) continue;
      this.seen.set(name, key);
      changed.add(name);
      this.errors.delete(name);
      const broken = args.find((a) => this.errors.has(a));
      if (broken !== undefined) {
        this.errors.set(name, `waits for ${broken}`);
        continue;
      }
      try {
        this.values.set(name, OPS[op].run(this.args(node), now));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.errors.set(name, error.message);
      }
    }
    return changed;
  }

  /** A parameter's present value where an option names one; of a choice that is counted, its position.
   * @param {any} value @returns {any} */
  resolve(value) {
    if (Array.isArray(value)) return value.map((v) => this.resolve(v));
    if (value === null || typeof value !== "object") return value ?? null;
    if ("position" in value) return this.params[value.position].index ?? this.params[value.position].value;
    return this.params[value.param].value;
  }

  /** @param {NodeSpec} node @returns {Record<string, any>} */
  options(node) {
    return Object.fromEntries(Object.entries(node.opts).map(([k, v]) => [k, this.resolve(v)]));
  }

  /** @param {NodeSpec} node */
  args(node) {
    return node.args.map((a) => /** @type {Value} */ (this.values.get(a)));
  }

  /** The first thing that cannot be computed, or else the first that is no number, as a sentence; or "". */
  get trouble() {
    const first = this.spec.nodes.find(({ name }) => this.errors.has(name));
    if (first) return `${first.name}: ${this.errors.get(first.name)}`;
    const odd = [...Object.keys(this.spec.inputs), ...this.nodes.keys()].find((name) => this.values.get(name)?.data.some(Number.isNaN));
    if (odd === undefined) return "";
    const i = this.values.get(odd)?.data.findIndex(Number.isNaN) ?? 0;
    return `${odd} holds NaN, which is no number: ${this.whyNaN(odd, i)}`;
  }

  /** Why a cell is no number. @param {string} name @param {number} i */
  whyNaN(name, i) {
    const node = this.nodes.get(name);
    if (!node) return "that is what was given";
    const made = this.from(node, i).flatMap(([arg, cells]) => cells.map((c) => this.values.get(node.args[arg])?.data[c] ?? 0));
    if (made.some(Number.isNaN)) return "one of the numbers it is made of is none";
    return made.some((v) => Math.abs(v) === Infinity) ? "∞ − ∞ and 0 · ∞ have no value" : "0 / 0 has no value";
  }

  /** @param {NodeSpec} node @param {number} i */
  from(node, i) {
    return OPS[node.op].from(this.args(node), this.options(node), /** @type {Value} */ (this.values.get(node.name)), i);
  }

  /** The arithmetic of one cell, and the shown cells it came from. @param {string} name @param {number} i
   * @param {(name: string) => boolean} shown says which nodes are on the page @returns {Explanation} */
  explain(name, i, shown) {
    if (!this.nodes.has(name) || this.errors.has(name)) return { text: "", note: this.errors.get(name) ?? "", sources: [] };
    const { text, note } = this.arithmetic(name, i, shown);
    const odd = Number.isNaN(this.values.get(name)?.data[i]);
    return { text, note: odd ? this.whyNaN(name, i) : note, sources: this.sources(name, i, shown) };
  }

  /** The text of a cell; of one that is a copy of something hidden, the text of that. @param {string} name @param {number} i
   * @param {(name: string) => boolean} shown */
  arithmetic(name, i, shown) {
    let note = "";
    for (;;) {
      const node = this.nodes.get(name), out = this.values.get(name);
      if (!node || !out) return { text: "", note };
      const given = /** @type {const} */ ([this.args(node), this.options(node), out, i]), op = OPS[node.op];
      const text = op.text?.(...given) ?? "", from = op.from(...given);
      note ||= op.note?.(...given) ?? "";
      if (text || from.length !== 1 || from[0][1].length !== 1 || shown(node.args[from[0][0]])) return { text, note };
      [name, i] = [node.args[from[0][0]], from[0][1][0]];
    }
  }

  /** Goes back through what is hidden, each (node, cell) once, to the nearest shown cells. @param {string} name @param {number} i
   * @param {(name: string) => boolean} shown @returns {[string, number[]][]} */
  sources(name, i, shown) {
    const leads = new Map();   // hidden node -> whether anything shown lies behind it
    const worth = (/** @type {string} */ hidden) => {
      if (!leads.has(hidden)) leads.set(hidden, this.nodes.get(hidden)?.args.some((a) => shown(a) || worth(a)) ?? false);
      return leads.get(hidden);
    };
    /** @type {Map<string, Set<number>>} */
    const found = new Map(), seen = new Map();
    const queue = /** @type {[string, number][]} */ ([[name, i]]);
    this.calls = 0;
    for (let at = 0; at < queue.length && this.calls < MOST_CALLS; at++) {
      const [of, cell] = queue[at], node = this.nodes.get(of);
      if (!node) continue;
      this.calls++;
      for (const [arg, cells] of this.from(node, cell)) {
        const source = node.args[arg], here = shown(source);
        if (!here && !worth(source)) continue;
        const set = here ? found : seen;
        if (!set.has(source)) set.set(source, new Set());
        const known = /** @type {Set<number>} */ (set.get(source));
        for (const c of cells) {
          if (!here && !known.has(c)) queue.push([source, c]);
          known.add(c);
        }
      }
    }
    return [...found].map(([source, cells]) => [source, [...cells]]);
  }

  /** The nearest shown cells that are made of this one. @param {string} name @param {number} i @param {(name: string) => boolean} shown
   * @returns {[string, number[]][]} */
  feeds(name, i, shown) {
    const touched = new Map([[name, new Set([i])]]), found = /** @type {[string, number[]][]} */ ([]);
    for (const node of this.spec.nodes) {
      const out = this.values.get(node.name);
      if (!out || out.data.length > MOST_CELLS || this.errors.has(node.name) || !node.args.some((a) => touched.has(a))) continue;
      const cells = range(out.data.length).filter((k) =>
        this.from(node, k).some(([arg, from]) => from.some((c) => touched.get(node.args[arg])?.has(c))));
      if (!cells.length) continue;
      if (shown(node.name)) found.push([node.name, cells]);
      else touched.set(node.name, new Set(cells));
    }
    return found;
  }

  /** A sentence with live numbers; sheet.Sheet.say describes the template. @param {string} template */
  say(template) {
    return template.replace(/\{(\w+)(?:\[([\d, -]*)\])?(?::(\w+|%))?\}/g, (_, name, index, format) => {
      const param = this.params[name]?.value;
      if (param !== undefined) return typeof param === "number" ? written(param, format) : String(param);
      const value = this.values.get(name);
      if (!value) return "–";
      if (format === "shape") return brackets(value.shape);
      const where = (index ?? "").split(",").filter((/** @type {string} */ t) => t.trim() !== "").map(Number);
      const shape = value.shape;
      let flat = 0, rest = shape.length - where.length;
      where.forEach((/** @type {number} */ w, /** @type {number} */ d) => { flat = flat * shape[d] + (w < 0 ? w + shape[d] : w); });
      if (format === "top" && rest === 1) {
        const n = shape[shape.length - 1], cells = range(n).map((k) => flat * n + k);
        const best = cells.reduce((a, b) => (value.data[b] > value.data[a] ? b : a), cells[0]);
        return value.cols?.[best - flat * n] ?? String(best - flat * n);
      }
      for (; rest > 0; rest--) flat *= shape[shape.length - rest];
      return value.data[flat] === undefined ? "–" : written(value.data[flat], format);
    });
  }

  /** The name of a cell: "scores, it, dog". @param {string} name @param {number} i @param {string} [title] */
  label(name, i, title = name) {
    const value = this.values.get(name);
    if (!value) return title;
    const { shape, rows, cols, heads } = value, n = shape.at(-2) ?? 1, m = shape.at(-1) ?? 1;
    const c = i % m, r = Math.floor(i / m) % n, h = Math.floor(i / (n * m)), place = [title];
    if (shape.length === 3) place.push(heads?.[h] ?? `head ${h}`);
    if (shape.length > 1) place.push(rows?.[r] ?? `row ${r + 1}`);
    if (shape.length > 0) place.push(cols?.[c] ?? `column ${c + 1}`);
    return place.join(", ");
  }

  /** "X, it, column 1 is 2 again"-like difference of two states of the inputs and parameters, for undo and redo.
   * @param {{ inputs: Record<string, Packed>, params: Record<string, any> }} old
   * @param {{ inputs: Record<string, Packed>, params: Record<string, any> }} now */
  difference(old, now) {
    const told = [];
    for (const [name, packed] of Object.entries(now.inputs)) {
      if (packed === old.inputs[name]) continue;
      const cells = range(packed.data.length).filter((i) => packed.data[i] !== old.inputs[name].data[i]);
      if (cells.length === 1) told.push(`${this.label(name, cells[0])} is ${short(Number(packed.data[cells[0]]))}`);
      else if (cells.length) told.push(`${cells.length} numbers of ${name} changed`);
    }
    for (const p of this.spec.params)
      if (now.params[p.name] !== old.params[p.name])
        told.push(`${p.label} is ${p.kind === "choice" ? p.options[now.params[p.name]] : now.params[p.name]}`);
    return told.join("; ");
  }
}
