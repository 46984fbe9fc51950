// Helpers shared by the small widgets. The text of this file is put in front of each widget's own module.

/** An element with attributes, listeners (onclick: f) and children; strings become text, never markup. */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Anything that takes the focus. JupyterLab leaves its keys alone only when the focused element itself says so. */
const focusable = (tag, attributes, ...children) =>
  h(tag, { "data-lm-suppress-shortcuts": "true", ...attributes }, ...children);

const button = (label, onclick, attributes = {}) =>
  focusable("button", { type: "button", class: "qkv-button", onclick, ...attributes }, label);

/** `code`, **bold** and *italic* as elements; everything else as text. */
function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    if (/^\*.+\*$/.test(part)) return h("em", {}, part.slice(1, -1));
    return part;
  });
}

/** Paragraphs separated by blank lines. */
const paragraphs = (text) =>
  text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => h("p", {}, inline(part.trim())));

/** Set a trait as a learner's act: redraw here at once, then tell the kernel if there is one. */
function act(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}

/** Draw now and whenever one of the traits changes; returns the clean-up. */
function live(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  draw();
  return () => traits.forEach((trait) => model.off(`change:${trait}`, draw));
}

let serial = 0;
const unique = (stem) => `qkv-${stem}-${Date.now().toString(36)}-${++serial}`;
