// "Let the sheet show it": a prediction asks, and the sheet of that name takes the state and comes into view.
import { encode } from "./numbers.js";

/** Answers while the sheet is on the page; the first display of a sheet on a page answers, the others leave it.
 * @param {import("./sheet_view.js").SheetView} view @returns {() => void} stops it */
export function showWhenAsked({ model, root, spec, history }) {
  const answer = (/** @type {any} */ event) => {
    const { sheet, state } = event.detail;
    if (event.defaultPrevented || sheet !== spec.name) return;
    event.preventDefault();
    const { inputs, params } = history.state(model), asked = { inputs: { ...inputs }, params: { ...params } };
    for (const [name, value] of Object.entries(state)) {
      const param = spec.params.find((each) => each.name === name);
      if (param) asked.params[name] = param.kind === "choice" && typeof value === "string" ? param.options.indexOf(value) : value;
      else if (inputs[name]) asked.inputs[name] = encode({ shape: inputs[name].shape, data: value.flat(Infinity) });
    }
    history.jump(model, asked);
    event.detail.place = root;
    if (event.detail.quietly) return;   // the narration scrolls by itself, and keeps the focus
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
    root.scrollIntoView({ block: "center" });
  };
  document.addEventListener("qkv-show", answer);
  return () => document.removeEventListener("qkv-show", answer);
}
