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
  const draw = () => { note.innerHTML = model.get("note"); };
  model.on("change:note", draw);
  draw();
  el.append(card, row, note);
  return () => {
    model.off("change:note", draw);
    el.replaceChildren();
  };
}

export default { render };
