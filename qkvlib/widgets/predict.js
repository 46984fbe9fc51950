import { h, focusable, button } from "./dom.js";
import { inline, paragraphs, act, live, unique } from "./small.js";

/** "15", "-0.5", "3/4", "75 %" or "0,5" as a number; null when it is none of them. */
function toNumber(text) {
  const tidy = text.trim().replace("−", "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
  const [, top, bottom, percent] = /^([+-]?\d*\.?\d+(?:e[+-]?\d+)?)\s*(?:\/\s*(\d*\.?\d+))?\s*(%)?$/i.exec(tidy) ?? [];
  if (top === undefined) return null;
  const value = Number(top) / (bottom === undefined ? 1 : Number(bottom)) / (percent ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

/** Whether a committed guess is right; null where only the learner can tell. */
function judge(kind, guess, answer, tolerance) {
  if (kind === "text") return null;
  if (kind === "choices") return guess === answer;
  return Math.abs(guess - answer) <= tolerance;
}

const short = (value) => String(Number(value.toPrecision(4)));

function render({ model, el }) {
  const id = unique("predict");
  const root = h("div", { class: "qkv-card qkv-predict", role: "group", "aria-labelledby": `${id}-q` });
  el.append(root);
  let committedHere = false;

  const commit = (guess) => {
    committedHere = true;
    act(model, { guess });
  };

  function ask() {
    const kind = model.get("kind");
    const complaint = h("p", { class: "qkv-complaint", role: "alert" });
    const complain = (text, where) => {
      complaint.textContent = text;
      where.focus();
    };
    let field, onCommit;
    if (kind === "choices") {
      const radios = model.get("choices").map((_, index) =>
        focusable("input", { type: "radio", name: id, value: index, id: `${id}-${index}` }));
      field = h("div", { class: "qkv-choices", role: "radiogroup", "aria-labelledby": `${id}-q` },
        model.get("choices").map((choice, index) =>
          h("label", { for: `${id}-${index}` }, radios[index], h("span", {}, inline(choice)))));
      onCommit = () => {
        const chosen = radios.findIndex((radio) => radio.checked);
        if (chosen < 0) complain("Choose one first: a wrong guess teaches more than none.", radios[0]);
        else commit(chosen);
      };
    } else {
      const number = kind === "number";
      const box = focusable(number ? "input" : "textarea", {
        class: "qkv-box", "aria-labelledby": `${id}-q`, autocomplete: "off", spellcheck: "false",
        ...(number ? { type: "text", inputmode: "decimal", size: 12 } : { rows: 2 }),
      });
      field = h("div", { class: "qkv-field" }, box, number && model.get("unit") ? h("span", {}, ` ${model.get("unit")}`) : null);
      onCommit = () => {
        const guess = number ? toNumber(box.value) : box.value.trim();
        if (number && guess === null) complain("Type a number first, such as 12, 0.75 or 3/4.", box);
        else if (!number && guess === "") complain("Write a few words first: they are for you alone.", box);
        else commit(guess);
      };
      if (number) box.addEventListener("keydown", (event) => event.key === "Enter" && onCommit());
    }
    return [field, h("div", { class: "qkv-row" }, button("Commit to this", onCommit)), complaint];
  }

  function reveal() {
    const [kind, guess, answer, explain] = ["kind", "guess", "answer", "explain"].map((trait) => model.get(trait));
    const right = judge(kind, guess, answer, model.get("tolerance"));
    const unit = model.get("unit") ? ` ${model.get("unit")}` : "";
    let verdict;
    if (kind === "choices") {
      const [mine, truth] = [guess, answer].map((index) => inline(model.get("choices")[index]));
      verdict = right
        ? [h("strong", {}, "Right. "), ...truth]
        : [h("strong", {}, "Not this time. "), "You said: ", ...mine, h("br"), "It is: ", ...truth];
    } else if (kind === "number") {
      const off = guess - answer;
      const far = `${short(Math.abs(off))} too ${off > 0 ? "high" : "low"}`;
      verdict = [h("strong", {}, right ? "Right. " : "Not this time. "),
        `You said ${short(guess)}${unit}; it is ${short(answer)}${unit}`,
        off === 0 ? "." : right ? `, so ${far}: close enough.` : `: ${far}.`];
    } else {
      verdict = [h("strong", {}, "You wrote: "), guess, h("br"), h("strong", {}, "One good answer: "), ...inline(answer)];
    }
    const why = kind === "choices" && !right ? model.get("why")[guess] : "";
    const outcome = h("div", { class: "qkv-reveal", "data-right": String(right), tabindex: "-1",
      "data-lm-suppress-shortcuts": "true" },
      h("p", {}, verdict), why ? paragraphs(why) : null, paragraphs(explain));
    const again = button("Clear my guess", () => commit(null), { class: "qkv-button qkv-quiet" });
    return [outcome, h("div", { class: "qkv-row" }, again)];
  }

  const stop = live(model, ["guess", "question", "choices", "answer"], () => {
    const committed = model.get("guess") !== null && model.get("guess") !== undefined;
    root.replaceChildren(
      h("p", { class: "qkv-tag" }, committed ? "Your prediction, and what happens" : "Predict first"),
      h("div", { class: "qkv-question", id: `${id}-q` }, paragraphs(model.get("question"))),
      ...(committed ? reveal() : ask()));
    if (committedHere) {  // the button that had the focus is gone: hand the focus to what replaced it
      root.querySelector(".qkv-reveal, input, textarea").focus();
      committedHere = false;
    }
  });
  return () => {
    stop();
    root.remove();
  };
}

export { judge, toNumber };
export default { render };
