import { h, focusable } from "./dom.js";
import { inline, paragraphs, live, unique } from "./small.js";

/**
 * @typedef {{ title: string, text: string, details: string, hue: string }} Item
 * @typedef {{ label: string, items: Item[], tabs: boolean }} Traits
 * @typedef {import("./small.js").Model<Traits>} Model
 */

/** @type {Record<string, string>} */
const HUES = { blue: "#0072b2", orange: "#d55e00", green: "#009e73", purple: "#cc79a7", grey: "#7f7f7f" };

/** @param {Model} model */
function deck(model) {
  return [h("div", { class: "qkv-deck" }, model.get("items").map((item) =>
    h("div", { class: "qkv-fact", style: HUES[item.hue] ? `--qkv-hue: ${HUES[item.hue]}` : null },
      h("strong", {}, inline(item.title)), h("p", {}, inline(item.text)), h("p", { class: "qkv-more" }, inline(item.details)))))];
}

/** @param {Model} model @param {string} id */
function tabs(model, id) {
  const items = model.get("items");
  /** @type {HTMLButtonElement[]} */
  const handles = [];
  const select = (/** @type {number} */ chosen) => {
    handles.forEach((handle, index) => {
      handle.setAttribute("aria-selected", String(index === chosen));
      handle.tabIndex = index === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", handles[chosen].id);
    panel.replaceChildren(h("p", {}, inline(items[chosen].text)), ...paragraphs(items[chosen].details));
  };
  /** @type {Record<string, number>} */
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const panel = focusable("div", { role: "tabpanel", class: "qkv-panel", id: `${id}-panel`, tabindex: "0" });
  items.forEach((item, index) => {
    handles.push(focusable("button", {
      type: "button", role: "tab", class: "qkv-tab", id: `${id}-tab-${index}`, "aria-controls": `${id}-panel`,
      onclick: () => select(index),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const target = /** @type {Record<string, number>} */ ({ Home: 0, End: items.length - 1 })[event.key]
          ?? (event.key in keys ? (index + keys[event.key] + items.length) % items.length : null);
        if (target === null) return;
        event.preventDefault();
        select(target);
        handles[target].focus();
      },
    }, inline(item.title)));
  });
  select(0);
  return [h("div", { role: "tablist", class: "qkv-tabs", "aria-label": model.get("label") }, handles), panel];
}

/** @param {import("./small.js").View<Traits>} view */
function render({ model, el }) {
  const root = h("div", { class: "qkv-facts", role: "group", "aria-label": model.get("label") });
  el.append(root);
  const id = unique("cards");
  const stop = live(model, ["items"], () => root.replaceChildren(...(model.get("tabs") ? tabs : deck)(model, id)));
  return () => {
    stop();
    root.remove();
  };
}

export default { render };
