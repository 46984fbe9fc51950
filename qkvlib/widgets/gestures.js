// A learner's hand on a sheet: pointing, dragging, keys, typing, and the buttons for fingers.
import { typeInto, undoKey } from "./controls.js";
import { parse, short } from "./numbers.js";

const PX_PER_STEP = 8;   // of dragging
const SLIP = 4;          // pixels that are no drag yet

export const round = (/** @type {number} */ v) => Number(v.toPrecision(12));

/**
 * @typedef {import("./types.js").Target} Target @typedef {import("./types.js").Pointed} Pointed @typedef {import("./types.js").Pressed} Pressed
 * @typedef {{ target: Target, x: number, y: number, id: number, free: boolean, turn: (moved: PointerEvent) => void,
 *   moving?: boolean }} Drag from where on the screen it goes; `free` is one that a part has taken for its own, up and down, too
 */

export class Hand {
  /** @param {import("./sheet_view.js").SheetView} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    this.gestures = 0;
    /** @type {Drag|null} */
    this.drag = null;
    /** @type {Target|null} the last editable cell that had the focus: what the buttons for fingers change */
    this.selected = null;
    const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) => {
      sheet.root.addEventListener(type, act);
      sheet.stop.push(() => sheet.root.removeEventListener(type, act));
    };
    on("pointermove", (event) => (this.drag ? this.pull(this.drag, event) : this.point(event)));
    on("pointerleave", () => { if (!this.drag) sheet.tell(sheet.focused()); });
    on("focusin", (event) => this.focus(event));
    on("focusout", () => sheet.history.flush(sheet.model));
    on("pointerdown", (event) => this.grab(event));
    on("pointerup", () => this.release());
    on("pointercancel", () => this.release());
    on("dblclick", (event) => { const target = sheet.hit(event); if (target?.part.isEditable(target.name, target.i)) this.type(target); });
    on("keydown", (event) => this.key(event));
    this.select(null);
  }

  close() {
    this.release();
  }

  /** A name for the next gesture: its changes are undone together. @param {string} what */
  gesture(what) {
    return `${what} ${++this.gestures}`;
  }

  /** @param {Pointed} event */
  point(event) {
    const { sheet } = this, target = sheet.hit(event), now = sheet.target;
    if (target && (target.i !== now?.i || target.name !== now.name || target.part !== now.part)) sheet.tell(target);
  }

  /** @param {FocusEvent & { target: HTMLElement }} event */
  focus(event) {
    const { sheet } = this, target = sheet.focused();
    if (!target || event.target.tagName === "INPUT") return;
    target.part.activate(target.name, target.i);
    sheet.announce(sheet.tell(target));
    this.select(target.part.isEditable(target.name, target.i) ? target : null);
  }

  /** @param {Target|null} target */
  select(target) {
    this.selected = target ?? this.selected;
    for (const button of /** @type {HTMLButtonElement[]} */ (this.sheet.touch)) button.disabled = !this.selected;
  }

  /** @param {Pointed} event */
  grab(event) {
    const { sheet } = this, target = sheet.hit(event);
    if (!target || event.button !== 0 || event.target.tagName === "INPUT") return;
    const { part, name, i } = target, before = sheet.focused(), wide = event.target.closest(".ws-wide");
    if (/** @type {HTMLElement|null} */ (event.target.closest("[data-i]"))?.tabIndex !== 0 || event.target.tagName === "CANVAS") {
      part.activate(name, i)?.focus({ preventScroll: true });
      if (event.target.tagName === "CANVAS") event.preventDefault();
    }
    const own = part.grab?.(target, event);
    if (!own && !part.isEditable(name, i)) return;
    // Where the matrix itself scrolls sideways, a finger drags only the cell it has tapped before.
    if (event.pointerType === "touch" && wide && !(before?.name === name && before.i === i)) return;
    const from = own ? 0 : sheet.start(name, i), gesture = this.gesture(`drag ${name} ${i}`);
    const turn = (/** @type {PointerEvent} */ moved) => sheet.setCells(name,
      [[i, round(from + Math.round((moved.clientX - event.clientX) / PX_PER_STEP) * this.stepOf(target, moved))]], gesture);
    this.drag = { target, x: event.clientX, y: event.clientY, id: event.pointerId, free: Boolean(own), turn: own ? (/** @type {PointerEvent} */ moved) => own(moved, gesture) : turn };
    if (own) event.preventDefault();
  }

  /** @param {Drag} drag @param {Pointed} event */
  pull(drag, event) {
    const { sheet } = this, across = Math.abs(event.clientX - drag.x), along = Math.abs(event.clientY - drag.y);
    if (event.pointerId !== drag.id || (!drag.moving && Math.max(across, drag.free ? along : 0) < SLIP)) {
      // A finger that goes up or down wants to scroll: the first pixels decide.
      if (event.pointerType === "touch" && !drag.free && along >= SLIP && along > across) this.drag = null;
      return;
    }
    if (!drag.moving) {
      if (event.pointerType === "touch" && !drag.free && along > across) return void (this.drag = null);
      drag.moving = true;
      sheet.root.setPointerCapture(drag.id);
      sheet.root.classList.add("ws-dragging");
      sheet.target = drag.target;
      sheet.hold();
    }
    drag.turn(event);
  }

  release() {
    const { sheet, drag } = this;
    this.drag = null;
    sheet.root.classList.remove("ws-dragging");
    if (!drag?.moving) return;
    sheet.announceAfter(() => sheet.effect(drag.target));
    sheet.history.flush(sheet.model);
    sheet.letGo();
  }

  /** @param {Target} target @param {{ shiftKey: boolean }|null} event */
  stepOf({ part, name }, event) {
    return part.stepOf(name) * (event?.shiftKey ? 10 : 1);
  }

  /** @param {Pressed} event */
  key(event) {
    const { sheet } = this, { key, target: { tagName } } = event, target = sheet.focused(), command = event.ctrlKey || event.metaKey;
    if (tagName === "INPUT") return;
    if (!undoKey(event, sheet)) {
      if (!target || command || !this.cellKey(key, target, event)) return;
      event.preventDefault();
    }
    event.stopPropagation();
  }

  /** Returns whether the key meant something to the cell. @param {string} key @param {Target} target @param {Pressed} event */
  cellKey(key, target, event) {
    const { sheet } = this, { part, name, i } = target, turn = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowDown: -1 })[key];
    if (part.key?.(target, event)) return true;
    if (part.isEditable(name, i) && turn && !event.altKey) {
      this.change(target, round(sheet.start(name, i) + turn * this.stepOf(target, event)), `keys ${name} ${i}`);
    } else if (/^(Arrow|Home|End)/.test(key)) {
      const to = part.next(name, i, key);
      if (to !== undefined) part.activate(to.name, to.i).focus();
    } else if (part.isEditable(name, i) && /^(Enter|F2|[-−.\d])$/.test(key)) this.type(target, key.length === 1 ? key : null);
    else return false;
    return true;
  }

  /** @param {Target} target @param {number} v @param {string} gesture */
  change(target, v, gesture) {
    this.sheet.setCells(target.name, [[target.i, v]], gesture);
    this.sheet.announceAfter(() => this.sheet.effect(target));
  }

  /** The buttons for fingers. @param {number} turn */
  step(turn) {
    const target = this.selected;
    if (target) this.change(target, round(this.sheet.start(target.name, target.i) + turn * this.stepOf(target, null)), `keys ${target.name} ${target.i}`);
  }

  typeSelected() {
    if (this.selected) this.type(this.selected);
  }

  /** @param {Target} target @param {string|null} first */
  type(target, first = null) {
    const { sheet } = this, { part, name, i } = target, cell = part.activate(name, i), old = sheet.start(name, i);
    if (cell.querySelector("input")) return;
    const redraw = () => { part.painted = null; part.draw(null, true); };
    typeInto(cell, { label: part.label(name, i), text: first ?? String(old), select: first === null, drop: redraw, keep: (text) => {
      const v = parse(text);
      redraw();
      if (v !== undefined) return this.change(target, v, this.gesture(`typed ${name} ${i}`));
      const told = `“${text}” is not a number (1.5, 1/2 or 75% are); ${part.label(name, i)} stays ${short(old)}`;
      sheet.announce(told);
      sheet.bar.replaceChildren(Object.assign(document.createElement("span"), { className: "ws-trouble", textContent: told }));
    } });
  }
}

