import { h, focusable } from "./dom.js";
import { inline, paragraphs, live, unique } from "./small.js";

const HUES = { blue: "#0072b2", orange: "#d55e00", green: "#009e73", purple: "#cc79a7", grey: "#7f7f7f" };

function deck(model, id) {
  const facts = model.get("items").map((item, index) => {
    const more = h("span", { class: "qkv-more", id: `${id}-${index}`, hidden: true }, inline(item.details));
    const card = focusable("button", {
      type: "button", class: "qkv-fact", "aria-expanded": "false", "aria-controls": `${id}-${index}`,
      style: HUES[item.hue] ? `--qkv-hue: ${HUES[item.hue]}` : null,
    }, h("strong", {}, inline(item.title)), h("span", {}, inline(item.text)), more);
    let pinned = false;
    const open = (on) => {
      more.hidden = !on;
      card.setAttribute("aria-expanded", String(on));
    };
    card.addEventListener("pointerenter", () => open(true));
    card.addEventListener("pointerleave", () => open(pinned || document.activeElement === card));
    card.addEventListener("focus", () => card.matches(":focus-visible") && open(true));
    card.addEventListener("blur", () => open(pinned));
    card.addEventListener("click", () => {
      pinned = !pinned;
      open(pinned);
    });
    card.addEventListener("keydown", (event) => {
      if (event.key === "Escape") open((pinned = false));
    });
    return card;
  });
  return [h("div", { class: "qkv-deck" }, facts),
    h("p", { class: "qkv-hint" }, "Point at a card for more; click, or press Enter, to keep it open.")];
}

function tabs(model, id) {
  const items = model.get("items");
  const handles = [];
  const select = (chosen) => {
    handles.forEach((handle, index) => {
      handle.setAttribute("aria-selected", String(index === chosen));
      handle.tabIndex = index === chosen ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", handles[chosen].id);
    panel.replaceChildren(h("p", {}, inline(items[chosen].text)), ...paragraphs(items[chosen].details));
  };
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const panel = focusable("div", { role: "tabpanel", class: "qkv-panel", id: `${id}-panel`, tabindex: "0" });
  items.forEach((item, index) => {
    handles.push(focusable("button", {
      type: "button", role: "tab", class: "qkv-tab", id: `${id}-tab-${index}`, "aria-controls": `${id}-panel`,
      onclick: () => select(index),
      onkeydown: (event) => {
        const target = { Home: 0, End: items.length - 1 }[event.key]
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
