// Helpers of the small widgets: text with a little markup, and traits that are drawn.
import { h } from "./dom.js";

/**
 * @template T  its traits: name -> type
 * @typedef {{ get: <K extends keyof T>(trait: K) => T[K], set: (trait: string, value: any) => void, save_changes: () => void,
 *   on: (event: string, act: () => void) => void, off: (event: string, act: () => void) => void }} Model  the widget's side of the kernel
 */
/**
 * @template T
 * @typedef {{ model: Model<T>, el: HTMLElement }} View  what a widget is given to draw with, and where
 */

const SYMBOL = /\b([Wb]_[QKVO]|[dn]_(?:head|model|heads|kv_heads|rep|tokens|layers))\b/;

/** Text with W_Q, d_head and the like as a letter with its index below. @param {string} text */
const symbols = (text) =>
  text.split(SYMBOL).map((part, place) => {
    if (place % 2 === 0) return part;
    const [letter, ...below] = part.split("_");
    return [letter, h("sub", {}, below.join(" "))];
  }).flat();

/** `code`, **bold** and *italic* as elements, symbols with their index; everything else as text.
 * @param {string} text */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).flatMap((part) => {
    if (/^`.+`$/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h("strong", {}, symbols(part.slice(2, -2)));
    if (/^\*.+\*$/.test(part)) return h("em", {}, symbols(part.slice(1, -1)));
    return symbols(part);
  });
}

/** Paragraphs separated by blank lines. @param {string} text */
export const paragraphs = (text) =>
  text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => h("p", {}, inline(part.trim())));

/** Set a trait as a learner's act: redraw here at once, then tell the kernel if there is one.
 * @template {object} T @param {Model<T>} model @param {Partial<T>} changes */
export function act(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

/** Draw now and whenever one of the traits changes; returns the clean-up.
 * @template {object} T @param {Model<T>} model @param {(keyof T & string)[]} traits @param {() => void} draw */
export function live(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  draw();
  return () => traits.forEach((trait) => model.off(`change:${trait}`, draw));
}

let serial = 0;
/** An id for an element, of its own on every page. @param {string} stem */
export const unique = (stem) => `qkv-${stem}-${Date.now().toString(36)}-${++serial}`;
