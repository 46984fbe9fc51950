// The way back and forth of one worksheet, shared by all its displays, and when Python hears of a change.

const ONE_GESTURE_MS = 1000;  // changes of one thing closer together than this are undone together
const SYNC_AFTER_MS = 60;     // how long Python may lag behind the hand

/** @typedef {{ inputs: Record<string, import("./numbers.js").Packed>, params: Record<string, any> }} State */

/** @type {WeakMap<object, History>} */
const kept = new WeakMap();

export class History {
  /** The history of a model. Each display gets a model object of its own, but all share the spec. */
  static of(model) {
    const spec = model.get("spec");
    if (!kept.has(spec)) kept.set(spec, new History(model));
    return /** @type {History} */ (kept.get(spec));
  }

  constructor(model) {
    this.spec = model.get("spec");
    /** @type {{ gesture: string, time: number, state: State }[]} */
    this.past = [];
    /** @type {State[]} */
    this.future = [];
    this.now = this.state(model);
    this.gesture = null;   // what the hand is doing; consumed by the next change
    this.serial = 0;       // counts gestures: what changed is marked from one to the next
    this.moving = false;   // while restoring
  }

  /** @returns {State} */
  state(model) {
    return { inputs: model.get("inputs"), params: Object.fromEntries(this.spec.params.map(({ name }) => [name, model.get(`p_${name}`)])) };
  }

  /** A trait changed, by this hand or another. Every display calls this; only the first to see a change records it. */
  note(model, what) {
    const state = this.state(model), same = state.inputs === this.now.inputs
      && this.spec.params.every(({ name }) => Object.is(state.params[name], this.now.params[name]));
    if (same) return;
    const gesture = this.gesture ?? what, last = this.past.at(-1), time = performance.now();
    this.gesture = null;
    if (!this.moving) {
      if (last?.gesture === gesture && time - last.time < ONE_GESTURE_MS) last.time = time;
      else {
        this.past.push({ gesture, time, state: this.now });
        this.serial++;
      }
      this.future = [];
      this.past.splice(0, this.past.length - 200);
    }
    this.now = state;
  }

  restore(model, { inputs, params }) {
    this.moving = true;
    model.set("inputs", inputs);
    for (const [name, value] of Object.entries(params)) model.set(`p_${name}`, value);
    this.moving = false;
    this.serial++;
    this.sync(model);
  }

  /** Each returns the state that was left, or undefined where there is nothing to go to. */
  undo(model) {
    const step = this.past.pop(), left = this.now;
    if (!step) return undefined;
    this.future.push(left);
    this.restore(model, step.state);
    return left;
  }

  redo(model) {
    const state = this.future.pop(), left = this.now;
    if (!state) return undefined;
    this.past.push({ gesture: "redo", time: 0, state: left });
    this.restore(model, state);
    return left;
  }

  /** To another state as one step: the start, or what an earlier display had. */
  jump(model, state) {
    this.past.push({ gesture: "jump", time: 0, state: this.now });
    this.future = [];
    this.restore(model, state);
  }

  /** Tells Python soon, at most every SYNC_AFTER_MS however long the hand moves. */
  sync(model) {
    this.timer ??= setTimeout(() => this.flush(model), SYNC_AFTER_MS);
  }

  flush(model) {
    if (this.timer === null || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = null;
    model.save_changes();
  }
}
