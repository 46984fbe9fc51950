// Helpers of the small widgets: text with a little markup, and traits that are drawn.
import { h } from "./dom.js";

/** `code`, **bold** and *italic* as elements; everything else as text. */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    if (/^\*.+\*$/.test(part)) return h("em", {}, part.slice(1, -1));
    return part;
  });
}

/** Paragraphs separated by blank lines. */
export const paragraphs = (text) =>
  text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => h("p", {}, inline(part.trim())));

/** Set a trait as a learner's act: redraw here at once, then tell the kernel if there is one. */
export function act(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

/** Draw now and whenever one of the traits changes; returns the clean-up. */
export function live(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  draw();
  return () => traits.forEach((trait) => model.off(`change:${trait}`, draw));
}

let serial = 0;
export const unique = (stem) => `qkv-${stem}-${Date.now().toString(36)}-${++serial}`;
