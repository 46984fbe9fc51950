// The player of a lesson's narration: which sentence it is at, and everything that follows it: the caption, the mark on
// the page, the transcript, the instrument that is spoken of.
import { h, focusable, button } from "./dom.js";
import { inline, unique } from "./small.js";
import { Page, mark, bringIntoSight } from "./spoken.js";
import { Recorded, Synthesised } from "./voices.js";

/**
 * @typedef {{ text: string, say?: string, wait?: boolean, show?: { sheet: string, state: object } }} Sentence
 * @typedef {{ sentences: Sentence[], recorded: boolean, audio: string, times: number[][] }} Traits
 * @typedef {import("./small.js").Model<Traits> & { send?: (content: any) => void }} Model
 */

const RATES = [0.75, 1, 1.25, 1.5, 2], KEPT = "qkv:rate", PATIENCE = 5000;   // milliseconds that Python has to answer
const WORDS_A_SECOND = 2.5;

class Player {
  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.sentences = model.get("sentences");
    this.place = this.next = 0;   // the sentence shown, and the one that playing begins with
    this.playing = false;
    /** @type {import("./voices.js").Voice | null} */
    this.voice = null;
    /** @type {any[]} the sentences of the transcript */
    this.lines = [];
    this.draw(el);
    this.page = new Page(el.closest(".jp-Notebook, article") ?? document.body);
    this.show(0);
  }

  /** @param {HTMLElement} el */
  draw(el) {
    const id = unique("narration"), last = this.sentences.length - 1;
    this.rate = focusable("select", { "aria-label": "speed", onchange: () => this.hurry() },
      RATES.map((rate) => h("option", { value: rate, selected: rate === keptRate() }, `${rate}×`)));
    this.follow = focusable("input", { type: "checkbox", checked: true });
    this.start = button("Listen", () => this.toggle(), { class: "qkv-button qkv-start" });
    this.slider = focusable("input", { type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "sentence", oninput: () => this.seek(Number(this.slider.value)) });
    this.count = h("span", { class: "qkv-count" });
    this.caption = h("p", { class: "qkv-caption" });
    this.note = h("p", { class: "qkv-hint", role: "status" });
    this.aside = h("p", { class: "qkv-hint", role: "status" });
    this.away = button("Put away", () => this.putAway(), { hidden: true });
    this.bar = h("div", { class: "qkv-bar" },
      this.caption,
      h("div", { class: "qkv-row" },
        button("‹", () => this.seek(this.place - 1), { "aria-label": "sentence before" }), this.start,
        button("›", () => this.seek(this.place + 1), { "aria-label": "next sentence" }),
        this.slider, this.count, this.rate,
        h("label", { class: "qkv-follow" }, this.follow, "scroll along"), this.away),
      this.note, this.aside);
    this.lines = this.sentences.map((sentence, place) =>
      focusable("button", { type: "button", class: "qkv-line", tabindex: -1, onclick: () => this.seek(place) }, inline(sentence.text)));
    this.transcript = h("details", { class: "qkv-transcript" }, h("summary", { "data-lm-suppress-shortcuts": "true" }, "Transcript"),
      h("ol", { id, onkeydown: (/** @type {KeyboardEvent} */ event) => this.step(event) }, this.lines.map((line) => h("li", {}, line))));
    this.root = h("div", { class: "qkv-card qkv-narration", role: "region", "aria-label": "Listen to this lesson" }, this.bar, this.transcript);
    el.append(this.root);
  }

  /** Up and down in the transcript. @param {KeyboardEvent} event */
  step(event) {
    const by = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 })[event.key];
    if (!by) return;
    event.preventDefault();
    const place = this.lines.indexOf(document.activeElement) + by;
    this.lines[Math.min(Math.max(place, 0), this.lines.length - 1)].focus();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  async play() {
    this.float();
    this.show(this.next);
    this.set(true);
    this.voice ??= await this.findVoice();
    this.note.textContent = this.voice.hint;
    if (this.playing) this.voice.play(this.next, this.stopBehind(this.next), this.speed());
  }

  pause() {
    this.set(false);
    this.voice?.pause();
  }

  /** @param {boolean} playing */
  set(playing) {
    this.playing = playing;
    this.start.textContent = playing ? "Pause" : "Listen";
    if (navigator.mediaSession) navigator.mediaSession.playbackState = playing ? "playing" : "paused";
  }

  /** Go to a sentence; playing goes on from there. @param {number} place */
  seek(place) {
    const playing = this.playing;
    this.pause();
    this.show(Math.min(Math.max(place, 0), this.sentences.length - 1));
    if (playing) this.play();
  }

  /** How long it takes to listen. */
  minutes() {
    const heard = this.model.get("times").at(-1)?.[1] ?? this.sentences.reduce((sum, { text }) => sum + text.split(" ").length, 0) / WORDS_A_SECOND;
    return Math.max(1, Math.round(heard / 60));
  }

  hurry() {
    keepRate(this.speed());
    if (this.playing) this.voice?.hurry(this.speed());
  }

  speed() { return Number(this.rate.value); }

  /** The sentence behind which the voice pauses by itself: a question to answer, or the end. @param {number} place */
  stopBehind(place) {
    const found = this.sentences.findIndex((sentence, k) => k >= place && sentence.wait);
    return found < 0 ? this.sentences.length - 1 : found;
  }

  /** @returns {Promise<import("./voices.js").Voice>} the recording where there is one, else the browser's voice */
  async findVoice() {
    const address = this.model.get("audio") || await this.recording();
    if (address) return new Recorded(address, this.model.get("times"), this);
    return this.ownVoice();
  }

  ownVoice() {
    return new Synthesised(this.sentences.map(({ say, text }) => say ?? text), this);
  }

  /** What Python has of it, as an address; "" when it has nothing or does not answer. @returns {Promise<string>} */
  recording() {
    const { model } = this;
    if (!model.get("recorded") || !model.send) return Promise.resolve("");
    return new Promise((resolve) => {
      const on = /** @type {any} */ (model), late = setTimeout(() => done(""), PATIENCE);
      const answer = (/** @type {any} */ content, /** @type {DataView[]} */ buffers) =>
        done(content.kind ? URL.createObjectURL(new Blob([/** @type {any} */ (buffers[0])], { type: content.kind })) : "");
      const done = (/** @type {string} */ address) => {
        clearTimeout(late);
        on.off("msg:custom", answer);
        resolve(address);
      };
      on.on("msg:custom", answer);
      model.send?.("recording");
    });
  }

  // -- what the voice tells

  /** @param {number} place */
  at(place) { this.show(place); }

  /** @param {number} place */
  stopped(place) {
    this.set(false);
    const { wait } = this.sentences[place], end = place === this.sentences.length - 1;
    this.note.textContent = wait ? "Waiting for your answer; then go on listening." : end ? "That was the lesson." : "";
    this.next = end ? 0 : place + 1;
  }

  /** @param {string} why */
  failed(why) {
    this.set(false);
    if (this.voice instanceof Recorded) {
      this.voice.close();
      this.voice = this.ownVoice();
      return void this.play();
    }
    this.voice = null;
    this.transcript.open = true;
    this.note.textContent = `${why} Everything it would say stands in the transcript, and ‹ and › go through it.`;
  }

  // -- what follows the voice

  /** @param {number} place */
  show(place) {
    const sentence = this.sentences[place];
    this.lines[this.place].removeAttribute("aria-current");
    this.lines[this.place].tabIndex = -1;
    this.place = this.next = place;
    const line = this.lines[place];
    line.setAttribute("aria-current", "true");
    line.tabIndex = 0;
    if (this.transcript.open) line.parentElement.parentElement.scrollTop = line.offsetTop - 60;
    this.slider.value = String(place);
    this.slider.setAttribute("aria-valuetext", `${place + 1} of ${this.sentences.length}: ${sentence.text}`);
    this.count.textContent = `${place + 1} / ${this.sentences.length}`;
    this.caption.replaceChildren(...inline(this.begun ? sentence.text : `This lesson can be read to you, in about ${this.minutes()} minutes.`));
    if (this.begun && this.pointed !== place) this.point(sentence);
  }

  /** Mark the sentence on the page, and let the instrument show what is said. @param {Sentence} sentence */
  point(sentence) {
    const range = this.page.find(sentence.text), { show } = sentence;
    this.pointed = this.place;
    mark(range);
    /** @type {{ quietly: boolean, place?: Element }} the sheet that answers says where it is */
    const detail = { ...show, quietly: true };
    if (show) document.dispatchEvent(new CustomEvent("qkv-show", { cancelable: true, detail }));
    this.aside.textContent = show && !detail.place ? "An instrument is spoken of that is not on the page yet: run its cell, and it moves along." : "";
    if (this.follow.checked) bringIntoSight(detail.place ?? range);
  }

  /** From now on the bar stays in sight, above whatever scrolls. */
  float() {
    const { bar, root } = this, focused = document.activeElement;
    if (this.begun) return;
    this.begun = true;
    this.away.hidden = false;
    this.control();
    if (!bar.showPopover) return;
    root.style.minHeight = `${root.offsetHeight}px`;
    bar.popover = "manual";
    bar.showPopover();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  putAway() {
    this.pause();
    mark(null);
    this.begun = false;
    this.pointed = -1;
    this.away.hidden = true;
    this.bar.popover = null;
    this.root.style.minHeight = "";
    this.start.focus();
  }

  /** The keys of a keyboard or headphones that say play and pause. */
  control() {
    const acts = { play: () => this.play(), pause: () => this.pause(), previoustrack: () => this.seek(this.place - 1), nexttrack: () => this.seek(this.place + 1) };
    for (const [action, act] of Object.entries(acts)) navigator.mediaSession?.setActionHandler(/** @type {any} */ (action), act);
  }

  close() {
    if (this.begun) mark(null);
    this.voice?.close();
    this.root.remove();
  }
}

/** The speed chosen before. */
function keptRate() {
  try { return Number(localStorage.getItem(KEPT)) || 1; } catch { return 1; }
}

/** @param {number} rate */
function keepRate(rate) {
  try { localStorage.setItem(KEPT, String(rate)); } catch { /* full, or forbidden: it lasts as long as the page */ }
}

export default {
  /** @param {{ model: Model, el: HTMLElement }} view */
  render({ model, el }) {
    const player = new Player(model, el);
    /** @type {any} */ (el).player = player;   // for tests
    return () => player.close();
  },
};
