import { h, focusable, button } from "./dom.js";
import { inline, paragraphs, act, live, unique } from "./small.js";

/**
 * @typedef {"choices" | "number" | "text"} Kind
 * @typedef {number | string} Answer  a text, a number, or the place of a choice
 * @typedef {{ question: string, kind: Kind, choices: string[], order: number[], answer: Answer, explain: string, why: string[],
 *   tolerance: number, unit: string, show_in: string, show_state: object, guess: Answer | null, sure: boolean | null }} Traits
 */

/** How a reader hears the mark of a choice. @type {Record<string, string>} */
const SAID = { "✓": "right:", "✗": "not right:" };

/** "15", "-0.5", "3/4", "75 %" or "0,5" as a number; null when it is none of them. @param {string} text */
function toNumber(text) {
  const tidy = text.trim().replace("−", "-").replace(/^([^.,]*),([^.,]*)$/, "$1.$2");
  const [, top, bottom, percent] = /^([+-]?\d*\.?\d+(?:e[+-]?\d+)?)\s*(?:\/\s*(\d*\.?\d+))?\s*(%)?$/i.exec(tidy) ?? [];
  if (top === undefined) return null;
  const value = Number(top) / (bottom === undefined ? 1 : Number(bottom)) / (percent ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

/** Ask a sheet on this page to show the answer; false when there is none. shown.js answers the event.
 * @param {string} sheet @param {object} state */
function showIn(sheet, state) {
  if (!document.dispatchEvent(new CustomEvent("qkv-show", { cancelable: true, detail: { sheet, state } }))) return true;
  const found = document.querySelector(`[data-sheet="${CSS.escape(sheet)}"]`);
  found?.scrollIntoView({ block: "center" });
  return found !== null;
}

/** Whether a committed guess is right; null where only the learner can tell.
 * @param {Kind} kind @param {Answer} guess @param {Answer} answer @param {number} tolerance */
function judge(kind, guess, answer, tolerance) {
  if (kind === "text") return null;
  if (kind === "choices") return guess === answer;
  return Math.abs(/** @type {number} */ (guess) - /** @type {number} */ (answer)) <= tolerance;
}

/** @param {boolean} committed @param {boolean} words */
const heading = (committed, words) =>
  words ? (committed ? "Your words, and ours" : "Say why, then compare")
    : committed ? "Your prediction, and what happens" : "Predict first";

/** What to make of having been sure, where that says more than the answer does.
 * @param {boolean | null} sure @param {boolean | null} right */
function confidence(sure, right) {
  const said = sure && right === false
    ? "You were sure, so something you take for certain leads there. Find it in what follows, and say what is different."
    : sure === false && right ? "You were not sure. Say why it is right before you read on." : "";
  return said ? h("p", { class: "qkv-sure" }, said) : null;
}

/** @param {number} value */
const short = (value) => String(Number(value.toPrecision(4)));

/** @param {import("./small.js").View<Traits>} view */
function render({ model, el }) {
  const id = unique("predict");
  const root = h("div", { class: "qkv-card qkv-predict", role: "group", "aria-labelledby": `${id}-q` });
  el.append(root);
  let committedHere = false;

  /** @param {Answer | null} guess @param {boolean | null} sure */
  const commit = (guess, sure = null) => {
    committedHere = true;
    act(model, { sure, guess });
  };

  function ask() {
    const kind = model.get("kind");
    const complaint = h("p", { class: "qkv-complaint", role: "alert" });
    /** @param {string} text @param {HTMLElement} where */
    const complain = (text, where) => {
      complaint.textContent = text;
      where.focus();
    };
    let field;
    /** @type {(sure?: boolean) => void} */
    let onCommit;
    if (kind === "choices") {
      /** @type {HTMLInputElement[]} */
      const radios = model.get("order").map((index) =>
        focusable("input", { type: "radio", name: id, value: index, id: `${id}-${index}` }));
      field = h("div", { class: "qkv-choices", role: "radiogroup", "aria-labelledby": `${id}-q` },
        model.get("order").map((index, place) =>
          h("label", { for: `${id}-${index}` }, radios[place], h("span", {}, inline(model.get("choices")[index])))));
      onCommit = (sure) => {
        const chosen = radios.find((radio) => radio.checked);
        if (!chosen) complain("Choose one first: a wrong guess teaches more than none.", radios[0]);
        else commit(Number(chosen.value), sure);
      };
    } else {
      const number = kind === "number";
      const box = focusable(number ? "input" : "textarea", {
        class: "qkv-box", "aria-labelledby": `${id}-q`, autocomplete: "off", spellcheck: "false",
        ...(number ? { type: "text", inputmode: "decimal", size: 12 } : { rows: 2 }),
      });
      field = h("div", { class: "qkv-field" }, box, number && model.get("unit") ? h("span", {}, ` ${model.get("unit")}`) : null);
      onCommit = (sure) => {
        const guess = number ? toNumber(box.value) : box.value.trim();
        if (number && guess === null) complain("Type a number first, such as 12, 0.75 or 3/4.", box);
        else if (!number && guess === "") complain("Write a few words first: they are for you alone.", box);
        else commit(guess, sure);
      };
      if (number) box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && onCommit());
    }
    const commits = kind === "text"
      ? [button("Commit to this", () => onCommit())]
      : [h("span", { class: "qkv-ask" }, "Commit:"), button("I am sure", () => onCommit(true)), button("Not sure", () => onCommit(false))];
    return [field, h("div", { class: "qkv-row", role: "group", "aria-label": "Commit to this" }, commits), complaint];
  }

  function reveal() {
    const [kind, guess, answer] = /** @type {["text", string, string] | ["number", number, number] | ["choices", number, number]} */ (
      [model.get("kind"), model.get("guess"), model.get("answer")]);
    const right = judge(kind, guess, answer, model.get("tolerance"));
    const unit = model.get("unit") ? ` ${model.get("unit")}` : "";
    let verdict;
    if (kind === "choices") {
      verdict = h("strong", {}, right ? "Right." : "Not this time.");
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
    const options = kind !== "choices" ? null : h("ul", { class: "qkv-options" }, model.get("order").map((index) => {
      const mark = index === answer ? "✓" : index === guess ? "✗" : "";
      return h("li", index === answer ? { class: "qkv-true" } : {},
        h("span", { class: "qkv-mark", "aria-label": SAID[mark], role: mark ? "img" : null }, mark),
        h("span", {}, inline(model.get("choices")[index]), index === guess ? [" ", h("em", { class: "qkv-yours" }, "yours")] : null));
    }));
    const complaint = h("p", { class: "qkv-complaint", role: "alert" });
    const sheet = model.get("show_in");
    const show = !sheet ? null : button("Let the sheet show it", () => {
      complaint.textContent = showIn(sheet, model.get("show_state")) ? "" : "Its sheet is not on the page yet: run its cell, then ask again.";
    });
    const outcome = h("div", { class: "qkv-reveal", "data-right": String(right), tabindex: "-1",
      "data-lm-suppress-shortcuts": "true" },
      h("p", {}, verdict), options, confidence(model.get("sure"), right), why ? paragraphs(why) : null, paragraphs(model.get("explain")));
    const again = button("Clear my guess", () => commit(null), { class: "qkv-button qkv-quiet" });
    return [outcome, h("div", { class: "qkv-row" }, show, again), complaint];
  }

  const stop = live(model, ["guess", "question", "choices", "answer"], () => {
    const committed = model.get("guess") !== null && model.get("guess") !== undefined;
    root.replaceChildren(
      h("p", { class: "qkv-tag" }, heading(committed, model.get("kind") === "text")),
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
