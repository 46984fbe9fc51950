// The worksheet widget: draws a sheet's values, lets a learner change them, explains each cell. State lives in the model
// (traits `inputs` and `p_<parameter>`); every display draws from it and writes to it only when a learner acts.
import { SheetView } from "./sheet_view.js";
import { showWhenAsked } from "./shown.js";

export default {
  /** @param {{ model: import("./history.js").Model, el: HTMLElement }} display */
  render({ model, el }) {
    const view = new SheetView(model, el), leave = showWhenAsked(view);
    return () => {
      leave();
      view.close();
    };
  },
};
