// Two voices that read sentences one after the other: a recording, and the browser's own. Both play from one sentence to
// another and tell the player where they are.

/**
 * @typedef {{ at: (place: number) => void, stopped: (place: number) => void, failed: (why: string) => void }} Listener
 * @typedef {{ hint: string, play: (from: number, to: number, rate: number) => void, pause: () => void, hurry: (rate: number) => void, close: () => void }} Voice
 */

const SILENT = 4000;   // milliseconds after which a voice that has said nothing has none

/** One audio file, and from where to where each sentence is heard in it, in seconds.
 * @implements {Voice} */
export class Recorded {
  /** @param {string} address @param {number[][]} times @param {Listener} listener */
  constructor(address, times, listener) {
    this.times = times;
    this.listener = listener;
    this.place = this.to = -1;
    this.hint = "";
    this.broken = false;
    this.audio = new Audio(address);
    this.audio.preservesPitch = true;
    this.audio.addEventListener("error", () => this.fail());
    this.audio.addEventListener("timeupdate", () => this.look());   // in a hidden page there are no frames
    this.audio.addEventListener("ended", () => this.stop());
  }
  /** @param {number} from @param {number} to @param {number} rate */
  play(from, to, rate) {
    this.to = to;
    this.place = -1;
    this.audio.playbackRate = rate;
    if (!this.says(from)) this.audio.currentTime = this.times[from][0];
    this.audio.play().then(() => this.watch(), (error) => error.name === "AbortError" || this.fail());
  }
  /** @param {number} place */
  says(place) {
    const now = this.audio.currentTime;
    return now > this.times[place][0] && now < this.times[place][1];
  }
  watch() {
    if (this.audio.paused) return;
    this.look();
    requestAnimationFrame(() => this.watch());
  }
  look() {
    const now = this.audio.currentTime;
    if (this.audio.paused || this.audio.seeking) return;
    if (now >= this.times[this.to][1]) return this.stop();
    let place = Math.max(this.place, 0);
    if (now < this.times[place][0]) place = 0;
    while (place < this.to && now >= this.times[place + 1][0]) place++;
    if (place !== this.place) this.listener.at(this.place = place);
  }
  stop() {
    this.audio.pause();
    this.listener.stopped(this.to);
  }
  fail() {
    if (this.broken) return;
    this.broken = true;
    this.pause();
    this.listener.failed("The recording cannot be played here.");
  }
  pause() { this.audio.pause(); }
  /** @param {number} rate */
  hurry(rate) { this.audio.playbackRate = rate; }
  close() {
    this.audio.pause();
    if (this.audio.src.startsWith("blob:")) URL.revokeObjectURL(this.audio.src);
    this.audio.removeAttribute("src");
  }
}

/** The browser's own voice, one utterance a sentence.
 * @implements {Voice} */
export class Synthesised {
  /** @param {string[]} said @param {Listener} listener */
  constructor(said, listener) {
    this.said = said;
    this.listener = listener;
    this.turn = 0;   // each play has its own number: what an older one still reports is not listened to
    this.place = this.to = 0;
    this.hint = "There is no recording of this lesson here: your browser's voice reads it.";
  }
  /** @param {number} from @param {number} to @param {number} rate */
  play(from, to, rate) {
    if (!globalThis.speechSynthesis) return this.listener.failed("This browser has no voice.");
    this.pause();
    this.to = to;
    this.say(from, rate, this.turn);
  }
  /** @param {number} place @param {number} rate @param {number} turn */
  say(place, rate, turn) {
    const utterance = new SpeechSynthesisUtterance(this.said[place]), { speechSynthesis } = globalThis;
    utterance.lang = "en";
    utterance.voice = speechSynthesis.getVoices().find(({ lang }) => lang.startsWith("en")) ?? null;
    utterance.rate = rate;
    const mine = (/** @type {() => void} */ act) => () => { if (turn === this.turn) act(); };
    const fail = mine(() => {
      this.pause();
      this.listener.failed("This browser has no voice.");
    });
    const late = setTimeout(fail, SILENT);
    utterance.onstart = mine(() => {
      clearTimeout(late);
      this.place = place;
      this.listener.at(place);
    });
    utterance.onend = mine(() => {
      if (place >= this.to) this.listener.stopped(place);
      else this.say(place + 1, rate, turn);
    });
    utterance.onerror = (event) => {
      clearTimeout(late);
      if (event.error !== "interrupted" && event.error !== "canceled") fail();
    };
    speechSynthesis.speak(utterance);
  }
  pause() {
    this.turn++;
    globalThis.speechSynthesis?.cancel();
  }
  /** @param {number} rate */
  hurry(rate) { this.play(this.place, this.to, rate); }
  close() { this.pause(); }
}
