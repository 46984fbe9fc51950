// A verdict with its buttons. The card itself is made in Python; a button asks the kernel, which answers with a note.
/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el }) {
  const card = document.createElement("div");
  card.innerHTML = model.get("card");
  const row = document.createElement("div");
  row.className = "qkv-verdict-row";
  const note = document.createElement("div");
  note.setAttribute("role", "status");
  for (const [name, label] of Object.entries(model.get("buttons"))) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("data-lm-suppress-shortcuts", "true");  // or JupyterLab takes its keys
    button.addEventListener("click", () => {
      model.set("asked", [name, (model.get("asked")[1] ?? 0) + 1]);
      model.save_changes();
    });
    row.append(button);
  }
  const sheet = document.createElement("div");
  const beside = document.createElement("div");
  beside.setAttribute("role", "status");
  beside.className = "qkv-verdict-beside";
  const draw = () => {
    note.innerHTML = model.get("note");
    beside.innerHTML = model.get("beside");
  };
  /** @type {any} */
  let view = null;
  const open = async () => {
    if (view || !model.get("sheet")) return;
    const opened = await model.widget_manager.get_model(model.get("sheet").slice("IPY_MODEL_".length));
    view = await model.widget_manager.create_view(opened, {});
    sheet.replaceChildren(view.el);
  };
  model.on("change:note change:beside", draw);
  model.on("change:sheet", open);
  draw();
  open();
  el.append(card, row, note, sheet, beside);
  return () => {
    model.off("change:note change:beside", draw);
    model.off("change:sheet", open);
    view?.remove();
    el.replaceChildren();
  };
}

export default { render };
