// Hosts one worksheet on a page of its own: a model that nobody listens to in a kernel, and native controls for the
// sheet's parameters. page.py puts the widget's module and the state into the page.
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
  const input = label.appendChild(document.createElement(param.kind === "choice" ? "select" : "input"));
  const read = {
    bool: () => input.checked, choice: () => input.selectedIndex, text: () => input.value,
    int: () => Math.round(Number(input.value)), float: () => Number(input.value),
  }[param.kind];
  const reading = document.createElement("output");
  const show = () => {
    const value = model.get(key);
    if (param.kind === "bool") input.checked = value;
    else if (param.kind === "choice") input.selectedIndex = value;
    else if (input.value !== String(value)) input.value = value;
    reading.textContent = String(value);
  };
  if (param.kind === "choice") input.append(...param.options.map((text) => new Option(text)));
  else input.type = { bool: "checkbox", text: "text" }[param.kind] ?? "range";
  if (input.type === "range") {
    Object.assign(input, { min: param.min, max: param.max, step: param.step });
    label.append(reading);
  }
  input.addEventListener("input", () => model.set(key, read()));
  model.on(`change:${key}`, show);
  show();
  return label;
}

function host(widget, state) {
  const model = new Model(state), dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
  dark.addEventListener("change", theme);
  theme();
  const controls = document.getElementById("controls");
  controls.append(...state.spec.params.map((param) => control(model, param)));
  controls.hidden = !state.spec.params.length;
  widget.render({ model, el: document.getElementById("sheet") });
  return model;
}
