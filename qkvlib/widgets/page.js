// Hosts worksheets on a page of their own, one at a time. page.py puts the widget's module and the states into the page.
import { Model, control } from "./hosted.js";

/** @typedef {import("./hosted.js").State} State */
/** @typedef {import("./dataflow.js").ParamSpec} ParamSpec */

/** @param {{ render: (view: { model: Model, el: HTMLElement }) => () => void }} widget @param {State[]} states one of each sheet */
export function host(widget, states) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
  dark.addEventListener("change", theme);
  theme();
  const [controls, sheet, chooser] = ["controls", "sheet", "chooser"].map((id) => /** @type {HTMLSelectElement} */ (document.getElementById(id)));
  const sheets = states.map((state) => {
    const model = new Model(state);
    return { model, controls: state.spec.params.filter((/** @type {ParamSpec} */ { look }) => look !== "none").map((/** @type {ParamSpec} */ param) => control(model, param)) };
  });
  let close = () => {};
  const show = (/** @type {number} */ k) => {
    close();
    controls.replaceChildren(...sheets[k].controls);
    controls.hidden = !sheets[k].controls.length;
    close = widget.render({ model: sheets[k].model, el: sheet });
    Object.assign(globalThis, { worksheet: widget, model: sheets[k].model });   // for the curious, and for tests
  };
  chooser?.addEventListener("input", () => show(chooser.selectedIndex));
  show(0);
}
