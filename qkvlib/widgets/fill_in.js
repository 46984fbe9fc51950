import { h, focusable, button } from "./dom.js";
import { inline, act, live, unique } from "./small.js";

/**
 * @typedef {{ text: string } | { blank: string }} Part  words that stand there, or a word left out
 * @typedef {{ name: string, title: string, lines: Part[][], options: string[], given: string[] }} Traits
 */

/** @param {string[]} answers @param {string[]} given */
const wrong = (answers, given) => answers.filter((answer, index) => given[index] !== answer).length;

/** @param {string[]} answers @param {string[]} given */
const verdict = (answers, given) => {
  const open = answers.filter((_, index) => !given[index]).length;
  if (open) return `${open} still to fill.`;
  const off = wrong(answers, given);
  return off ? `${answers.length - off} of ${answers.length} are right. The others are marked.` : "All of it is right.";
};

/** @param {import("./small.js").View<Traits>} view */
function render({ model, el }) {
  const id = unique("fill");
  const root = h("div", { class: "qkv-card qkv-fill", role: "group", "aria-labelledby": `${id}-title` });
  el.append(root);
  const lines = model.get("lines");
  const answers = lines.flat().flatMap((part) => ("blank" in part ? part.blank : []));
  /** @type {HTMLSelectElement[]} */
  const selects = [];
  /** @type {HTMLElement[]} */
  const marks = [];

  const said = h("p", { class: "qkv-said", role: "status" });
  const given = () => selects.map((select) => select.value);
  const keep = () => act(model, { given: given() });

  /** @param {number} line */
  function blank(line) {
    const index = selects.length;
    const options = ["", ...model.get("options")].map((option) => h("option", { value: option }, option || "?"));
    const select = focusable("select", { class: "qkv-blank", "aria-label": `line ${line + 1}, blank ${index + 1}` }, options);
    select.addEventListener("change", () => {
      marks[index].textContent = "";
      keep();
    });
    selects.push(select);
    marks.push(h("span", { class: "qkv-mark" }));
    return h("span", { class: "qkv-slot" }, select, marks[index]);
  }

  function check() {
    selects.forEach((select, index) => {
      marks[index].textContent = !select.value ? "" : select.value === answers[index] ? " ✓" : " ✗";
    });
    said.textContent = verdict(answers, given());
  }

  /** @param {string[]} values */
  function fill(values) {
    selects.forEach((select, index) => {
      select.value = values[index] ?? "";
      marks[index].textContent = "";
    });
    said.textContent = "";
  }

  root.append(
    h("p", { class: "qkv-question", id: `${id}-title` }, inline(model.get("title"))),
    h("ol", { class: "qkv-lines" }, lines.map((line, number) =>
      h("li", {}, line.map((part) => ("blank" in part ? blank(number) : h("span", {}, inline(part.text))))))),
    h("div", { class: "qkv-row" },
      button("Check", check),
      button("Show what belongs there", () => {
        fill(answers);
        keep();
        said.textContent = "This is the whole of it. Empty it and try again tomorrow.";
      }),
      button("Empty it", () => {
        fill([]);
        keep();
        selects[0].focus();
      }, { class: "qkv-button qkv-quiet" })),
    said);
  const stop = live(model, ["given"], () => {
    if (given().join("\n") !== model.get("given").join("\n")) fill(model.get("given"));
  });
  return () => {
    stop();
    root.remove();
  };
}

export { verdict };
export default { render };
