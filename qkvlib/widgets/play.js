// A button that goes through the steps of a parameter: sent where a slider was made to be played.
import { focusable } from "./dom.js";
import { SheetView } from "./sheet_view.js";

const STEP_MS = 1000;

/** @type {any} */ (SheetView.prototype).player = function () {
  const { model, spec: { params } } = this, param = params.find(({ look }) => look === "play");
  if (!param) return null;
  const { name, min, max, step } = /** @type {any} */ (param), key = `p_${name}`, turn = (/** @type {number} */ to) => this.setParam(name, to, `play ${name}`);
  let timer = 0;
  const pause = () => { clearInterval(timer); timer = 0; button.textContent = "Play"; };
  const next = () => {
    turn(Math.min(max, model.get(key) + step));
    if (model.get(key) >= max) pause();
  };
  const button = focusable("button", { type: "button", onclick: () => {
    if (timer) return pause();
    if (model.get(key) >= max) turn(min);
    else next();
    if (model.get(key) < max) timer = setInterval(next, STEP_MS), button.textContent = "Pause";
  } }, "Play");
  this.stop.push(pause);
  return button;
};
