// The controls beside a sheet are ipywidgets' or the page's own: here they get what they lack.
import { focusable } from "./dom.js";

/** Names for screen readers, keys that Lab leaves alone, and Ctrl+Z, as soon as controls appear in `box`.
 * @param {any} box @param {import("./sheet_view.js").SheetView} sheet */
export function mendControls(box, sheet) {
  const mend = () => {
    for (const control of box.querySelectorAll(".ws-controls > *")) {
      const name = control.querySelector(".widget-label")?.textContent.replace("\u200b", "");
      for (const part of control.querySelectorAll(".noUi-handle, select, input, button, [contenteditable]")) {
        part.setAttribute("data-lm-suppress-shortcuts", "true");
        if (name && !part.getAttribute("aria-label")) part.setAttribute("aria-label", name);
      }
    }
  };
  // A line of text keeps the browser's own undo.
  const key = (/** @type {any} */ event) => {
    const text = event.target.matches?.("input:not([type]), input[type=text], [contenteditable], textarea");
    if (!sheet.root.contains(event.target) && !text && undoKey(event, sheet)) event.stopPropagation();
  };
  const watch = new MutationObserver(mend);
  watch.observe(box, { childList: true, subtree: true });
  box.addEventListener("keydown", key);
  mend();
  return () => {
    watch.disconnect();
    box.removeEventListener("keydown", key);
  };
}

/** Ctrl+Z, Ctrl+Y and Ctrl+Shift+Z (⌘ on a Mac). Returns whether the event was one of them.
 * @param {KeyboardEvent} event @param {import("./sheet_view.js").SheetView} sheet */
export function undoKey(event, sheet) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return false;
  if (key === "y" || event.shiftKey) sheet.redo();
  else sheet.undo();
  event.preventDefault();
  return true;
}

/** An input in a cell's place: Enter or leaving keeps what was typed, Escape does not.
 * @param {any} cell @param {{ label: string, text: string, select: boolean, keep: (typed: string) => void, drop: () => void }} how */
export function typeInto(cell, { label, text, select, keep, drop }) {
  const input = focusable("input", { class: "ws-input", "aria-label": label, inputmode: "text", autocomplete: "off" });
  input.value = text;
  const close = (/** @type {boolean} */ kept) => {
    input.onblur = null;
    const typed = input.value;
    cell.replaceChildren(" ");
    if (kept) keep(typed);
    else drop();
  };
  input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const kept = event.key === "Enter";
    input.onblur = null;
    cell.focus();
    close(kept);
  };
  input.onblur = () => close(true);
  cell.replaceChildren(input);
  input.focus();
  if (select) input.select();
}
