// What stands in for a kernel on a page without one: models that nobody listens to, and native controls of a sheet's
// parameters. page.js shows one sheet with them, site.js all that is on a page of the site.

/**
 * @typedef {Record<string, any>} State the traits of a worksheet, by name
 * @typedef {import("./dataflow.js").ParamSpec} ParamSpec
 */

export class Model {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    /** @type {Map<string, (() => void)[]>} */
    this.listeners = new Map();
  }
  /** @param {string} name */
  get(name) { return this.state[name]; }
  /** @param {string} name @param {any} value */
  set(name, value) {
    if (Object.is(this.state[name], value)) return;
    this.state[name] = value;
    for (const act of [...(this.listeners.get(`change:${name}`) ?? [])]) act();
  }
  /** @param {string} event @param {() => void} act */
  on(event, act) { this.listeners.set(event, [...(this.listeners.get(event) ?? []), act]); }
  /** @param {string} event @param {() => void} act */
  off(event, act) { this.listeners.set(event, (this.listeners.get(event) ?? []).filter((a) => a !== act)); }
  save_changes() {}
}

/** A native control of one parameter. @param {Model} model @param {ParamSpec} param */
export function control(model, param) {
  const key = `p_${param.name}`, label = document.createElement("label");
  label.className = "page-control";
  label.append(Object.assign(document.createElement("span"), { textContent: param.label }));
  const listed = param.kind === "choice" && param.look !== "slider";
  /** @type {any} a select or an input */
  const input = label.appendChild(document.createElement(listed ? "select" : "input"));
  const read = /** @type {Record<string, () => any>} */ ({
    bool: () => input.checked, choice: () => listed ? input.selectedIndex : Number(input.value), text: () => input.value,
    int: () => Math.round(Number(input.value)), float: () => (log ? Number((10 ** Number(input.value)).toPrecision(3)) : Number(input.value)),
  })[param.kind];
  const reading = document.createElement("output"), { log } = param;
  const place = (/** @type {any} */ value) => (log ? Math.log10(value) : value);
  const show = () => {
    const value = model.get(key);
    if (param.kind === "bool") input.checked = value;
    else if (listed) input.selectedIndex = value;
    else if (input.value !== String(place(value))) input.value = place(value);
    reading.textContent = param.kind === "choice" ? param.options[value] : String(value);
    if (log || (param.kind === "choice" && !listed)) input.setAttribute("aria-valuetext", reading.textContent);
  };
  if (listed) input.append(...param.options.map((text) => new Option(text)));
  else input.type = /** @type {Record<string, string>} */ ({ bool: "checkbox", text: "text" })[param.kind] ?? "range";
  if (input.type === "range") {
    const { min, max, step } = param.kind === "choice" ? { min: 0, max: param.options.length - 1, step: 1 } : /** @type {{ min: number, max: number, step: number }} */ (param);
    Object.assign(input, { min: place(min), max: place(max), step });
    label.append(reading);
  }
  input.addEventListener("input", () => model.set(key, read()));
  model.on(`change:${key}`, show);
  show();
  return label;
}
