// The way back and forth of one worksheet, shared by all its displays, and when Python hears of a change.

const ONE_GESTURE_MS = 1000;  // changes of one thing closer together than this are undone together
const SYNC_AFTER_MS = 60;     // how long Python may lag behind the hand

/**
 * @typedef {{ get: (name: string) => any, set: (name: string, value: any) => void, save_changes: () => void,
 *   on: (event: string, act: () => void) => void, off: (event: string, act: () => void) => void }} Model a worksheet's traits
 */
/** @typedef {{ inputs: Record<string, import("./numbers.js").Packed>, params: Record<string, any> }} State */

/** @type {WeakMap<object, History>} */
const kept = new WeakMap();

export class History {
  /** The history of a model. Each display gets a model object of its own, but all share the spec. @param {Model} model */
  static of(model) {
    const spec = model.get("spec");
    if (!kept.has(spec)) kept.set(spec, new History(model));
    return /** @type {History} */ (kept.get(spec));
  }

  /** @param {Model} model */
  constructor(model) {
    /** @type {import("./dataflow.js").Spec} */
    this.spec = model.get("spec");
    /** @type {{ gesture: string, time: number, state: State }[]} */
    this.past = [];
    /** @type {State[]} */
    this.future = [];
    this.now = this.state(model);
    /** @type {string|null} */
    this.gesture = null;   // what the hand is doing; consumed by the next change
    this.serial = 0;       // counts gestures: what changed is marked from one to the next
    this.moving = false;   // while restoring
    /** @type {any} */
    this.timer = null;
  }

  /** @param {Model} model @returns {State} */
  state(model) {
    return { inputs: model.get("inputs"), params: Object.fromEntries(this.spec.params.map(({ name }) => [name, model.get(`p_${name}`)])) };
  }

  /** A trait changed, by this hand or another. Every display calls this; only the first to see a change records it.
   * @param {Model} model @param {string} what */
  note(model, what) {
    const state = this.state(model), same = state.inputs === this.now.inputs
      && this.spec.params.every(({ name }) => Object.is(state.params[name], this.now.params[name]));
    if (same) return;
    const gesture = this.gesture ?? what, last = this.past.at(-1), time = performance.now();
    this.gesture = null;
    if (!this.moving) {
      if (last && last.gesture === gesture && time - last.time < ONE_GESTURE_MS) last.time = time;
      else {
        this.past.push({ gesture, time, state: this.now });
        this.serial++;
      }
      this.future = [];
      this.past.splice(0, this.past.length - 200);
    }
    this.now = state;
  }

  /** @param {Model} model @param {State} state */
  restore(model, { inputs, params }) {
    this.moving = true;
    model.set("inputs", inputs);
    for (const [name, value] of Object.entries(params)) model.set(`p_${name}`, value);
    this.moving = false;
    this.serial++;
    this.sync(model);
  }

  /** Each returns the state that was left, or undefined where there is nothing to go to. @param {Model} model */
  undo(model) {
    const step = this.past.pop(), left = this.now;
    if (!step) return undefined;
    this.future.push(left);
    this.restore(model, step.state);
    return left;
  }

  /** @param {Model} model */
  redo(model) {
    const state = this.future.pop(), left = this.now;
    if (!state) return undefined;
    this.past.push({ gesture: "redo", time: 0, state: left });
    this.restore(model, state);
    return left;
  }

  /** To another state as one step: the start, or what an earlier display had. @param {Model} model @param {State} state */
  jump(model, state) {
    this.past.push({ gesture: "jump", time: 0, state: this.now });
    this.future = [];
    this.restore(model, state);
  }

  /** Tells Python soon, at most every SYNC_AFTER_MS however long the hand moves. @param {Model} model */
  sync(model) {
    this.timer ??= setTimeout(() => this.flush(model), SYNC_AFTER_MS);
  }

  /** @param {Model} model */
  flush(model) {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    model.save_changes();
  }
}
