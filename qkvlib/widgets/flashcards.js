import { h, button } from "./dom.js";
import { inline, paragraphs, act, live, unique } from "./small.js";

/**
 * @typedef {{ id: string, question: string, answer: string, wrong?: string, why_wrong?: string }} Card
 * @typedef {Record<string, [box: number, day: number]>} Boxes  where each card is, and the day on which it is due
 * @typedef {{ title: string, cards: Card[], waits: number[], boxes: Boxes, today: number | null }} Traits
 */

const DAY = 86400000;

/** Today as a count of days in the learner's own calendar; the Python side counts the same way. @param {Date} now */
const dayNumber = (now) => Math.floor((now.getTime() - now.getTimezoneOffset() * 60000) / DAY);

/** Where a card goes: one box further when it was known, back to the first when not. Box b waits WAITS[b] days.
 * @param {number} box @param {boolean} knew @param {number} today @param {number[]} waits @returns {[box: number, day: number]} */
function moved(box, knew, today, waits) {
  const next = knew ? Math.min(box + 1, waits.length - 1) : 0;
  return [next, today + waits[next]];
}

/** Ids of the cards to ask today: those that are due and those never seen, in the deck's order.
 * @param {Card[]} cards @param {Boxes} boxes @param {number} today */
const due = (cards, boxes, today) =>
  cards.map((card) => card.id).filter((id) => !(id in boxes) || boxes[id][1] <= today);

/** @param {number} count @param {string} noun */
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** @param {import("./small.js").View<Traits>} view */
function render({ model, el }) {
  const id = unique("flash");
  const root = h("div", { class: "qkv-card qkv-flashcards", role: "group", "aria-label": model.get("title") });
  el.append(root);
  const today = () => model.get("today") ?? dayNumber(new Date());
  const byId = () => new Map(model.get("cards").map((card) => [card.id, card]));
  let queue = due(model.get("cards"), model.get("boxes"), today());
  let turned = false;
  /** @type {Map<string, boolean>} */
  let tally = new Map(); // card -> known at first sight?
  let moveFocus = false;

  /** @template {any[]} A @param {(...given: A) => void} change @returns {(...given: A) => void} */
  const step = (change) => (...given) => {
    moveFocus = true;
    change(...given);
  };
  const turn = step(() => {
    turned = true;
    draw();
  });
  const answer = step((/** @type {boolean} */ knew) => {
    const [card, ...rest] = queue;
    const box = model.get("boxes")[card]?.[0] ?? 0;
    // A card you did not know comes back later today, after the others.
    queue = knew ? rest : [...rest, card];
    if (!tally.has(card)) tally.set(card, knew);
    turned = false;
    act(model, { boxes: { ...model.get("boxes"), [card]: moved(box, knew, today(), model.get("waits")) } });
    draw();
  });
  const startOver = step(() => {
    queue = model.get("cards").map((card) => card.id);
    tally = new Map();
    draw();
  });

  /** @param {Card} card */
  function face(card) {
    const question = h("div", { class: "qkv-question", id: `${id}-q`, tabindex: "-1", "data-lm-suppress-shortcuts": "true" },
      paragraphs(card.question));
    if (!turned) {
      return [h("div", { class: "qkv-flash-face" }, question),
        h("div", { class: "qkv-row" }, button("Show the answer", turn),
          h("span", { class: "qkv-hint" }, "Say your answer aloud first."))];
    }
    return [h("div", { class: "qkv-flash-face" }, question,
        h("div", { class: "qkv-reveal qkv-flash-answer", tabindex: "-1", "data-lm-suppress-shortcuts": "true" },
          paragraphs(card.answer),
          card.wrong ? h("div", { class: "qkv-flash-wrong" },
            h("p", {}, h("strong", {}, "Often said, and wrong: "), inline(card.wrong)),
            card.why_wrong ? paragraphs(card.why_wrong) : null) : null)),
      h("div", { class: "qkv-row" },
        button("I knew it", () => answer(true)), button("Not yet", () => answer(false)))];
  }

  function rest() {
    const waiting = Object.values(model.get("boxes")).map(([, day]) => day - today()).filter((days) => days > 0);
    const next = waiting.length ? Math.min(...waiting) : null;
    const when = next === null ? "" : next === 1 ? " The next ones come back tomorrow." : ` The next ones come back in ${next} days.`;
    const known = [...tally.values()].filter(Boolean).length;
    const score = tally.size ? ` You knew ${known} of ${tally.size} straight away.` : "";
    return [h("div", { class: "qkv-question qkv-flash-face", id: `${id}-q`, tabindex: "-1", "data-lm-suppress-shortcuts": "true" },
        h("p", {}, h("strong", {}, "Done for today."), `${score}${when}`)),
      h("div", { class: "qkv-row" }, button("Go through all of them again", startOver))];
  }

  function draw() {
    const cards = byId();
    queue = queue.filter((card) => cards.has(card));
    const seen = Object.keys(model.get("boxes")).filter((card) => cards.has(card)).length;
    root.replaceChildren(
      h("p", { class: "qkv-tag" }, `${model.get("title")} · ${queue.length ? plural(queue.length, "card") + " to go" : "nothing due"}`),
      ...(queue.length ? face(/** @type {Card} */ (cards.get(queue[0]))) : rest()),
      h("p", { class: "qkv-hint" }, `${seen} of ${plural(cards.size, "card")} seen so far.`));
    if (moveFocus) root.querySelector(turned ? ".qkv-flash-answer" : ".qkv-question").focus();
    moveFocus = false;
  }

  const stop = live(model, ["cards"], draw);
  return () => {
    stop();
    root.remove();
  };
}

export { dayNumber, due, moved };
export default { render };
