// Making elements, for every widget of the course.

/** An element with attributes, listeners (onclick: f) and children; strings become text, never markup.
 * @param {string} tag @param {Record<string, any>} attributes @param {...any} children @returns {any} */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Anything that takes the focus. JupyterLab leaves its keys alone only when the focused element itself says so.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...any} children @returns {any} */
export const focusable = (tag, attributes, ...children) =>
  h(tag, { "data-lm-suppress-shortcuts": "true", ...attributes }, ...children);

/** @param {string} label @param {(event: any) => void} onclick @param {Record<string, any>} attributes @returns {any} */
export const button = (label, onclick, attributes = {}) =>
  focusable("button", { type: "button", class: "qkv-button", onclick, ...attributes }, label);
