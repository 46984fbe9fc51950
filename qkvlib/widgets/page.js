// Hosts worksheets on a page of their own, one at a time: models that nobody listens to in a kernel, and native controls
// for the sheet's parameters. page.py puts the widget's module and the states into the page.
class Model {
  constructor(state) {
    this.state = state;
    this.listeners = new Map();
  }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (Object.is(this.state[name], value)) return;
    this.state[name] = value;
    for (const act of [...(this.listeners.get(`change:${name}`) ?? [])]) act();
  }
  on(event, act) { this.listeners.set(event, [...(this.listeners.get(event) ?? []), act]); }
  off(event, act) { this.listeners.set(event, (this.listeners.get(event) ?? []).filter((a) => a !== act)); }
  save_changes() {}
}

function control(model, param) {
  const key = `p_${param.name}`, label = document.createElement("label");
  label.className = "page-control";
  label.append(Object.assign(document.createElement("span"), { textContent: param.label }));
  const listed = param.kind === "choice" && param.look !== "slider";
  const input = label.appendChild(document.createElement(listed ? "select" : "input"));
  const read = {
    bool: () => input.checked, choice: () => listed ? input.selectedIndex : Number(input.value), text: () => input.value,
    int: () => Math.round(Number(input.value)), float: () => (log ? Number((10 ** Number(input.value)).toPrecision(3)) : Number(input.value)),
  }[param.kind];
  const reading = document.createElement("output"), { log } = param;
  const show = () => {
    const value = model.get(key);
    if (param.kind === "bool") input.checked = value;
    else if (listed) input.selectedIndex = value;
    else if (input.value !== String(value)) input.value = log ? Math.log10(value) : value;
    reading.textContent = param.kind === "choice" ? param.options[value] : String(value);
    if (log || (param.kind === "choice" && !listed)) input.setAttribute("aria-valuetext", reading.textContent);
  };
  if (listed) input.append(...param.options.map((text) => new Option(text)));
  else input.type = { bool: "checkbox", text: "text" }[param.kind] ?? "range";
  if (input.type === "range") {
    const { min, max, step } = param.kind === "choice" ? { min: 0, max: param.options.length - 1, step: 1 } : param;
    Object.assign(input, { min: log ? Math.log10(min) : min, max: log ? Math.log10(max) : max, step });
    label.append(reading);
  }
  input.addEventListener("input", () => model.set(key, read()));
  model.on(`change:${key}`, show);
  show();
  return label;
}

export function host(widget, states) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
  dark.addEventListener("change", theme);
  theme();
  const [controls, sheet, chooser] = ["controls", "sheet", "chooser"].map((id) => document.getElementById(id));
  const sheets = states.map((state) => {
    const model = new Model(state);
    return { model, controls: state.spec.params.filter(({ look }) => look !== "none").map((param) => control(model, param)) };
  });
  let close = () => {};
  const show = (k) => {
    close();
    controls.replaceChildren(...sheets[k].controls);
    controls.hidden = !sheets[k].controls.length;
    close = widget.render({ model: sheets[k].model, el: sheet });
    Object.assign(globalThis, { worksheet: widget, model: sheets[k].model });   // for the curious, and for tests
  };
  chooser?.addEventListener("input", () => show(chooser.selectedIndex));
  show(0);
}
