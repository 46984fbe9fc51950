// A patient with a hidden fault: choose probes, compare, name it. All numbers come computed; this file only draws.
import { h, focusable, button } from "./dom.js";
import { act, inline, live, unique } from "./small.js";

/**
 * @typedef {string[][]} Rows  one list per head, of rows of numbers as text
 * @typedef {{label: string, shown: string, law: string, rows: string[], blocks: string, right: Rows}} Probe
 * @typedef {{kind: string, symptom: string, answer?: Rows | null, off?: Rows}} Finding
 * @typedef {{fault: string, findings: Finding[]}} Patient
 * @typedef {{title: string, fingerprint: string, fix: string, threads: string[][], told: string[][]}} Fault
 * @typedef {{title: string, probes: Probe[], patients: Patient[], faults: Record<string, Fault>, patient: number,
 *   probe: number, tried: number[][], named: string[][]}} Traits
 */

/** @param {number} place */
const letter = (place) => String.fromCharCode(65 + place);
/** @template T @param {T[]} list @param {number} place @param {T} value */
const replaced = (list, place, value) => list.map((old, i) => (i === place ? value : old));

/**
 * The place of a probe that tells two faults apart: by what kind of answer it gives, else by its symptom.
 * @param {Fault} a @param {Fault} b
 */
export function tellsApart(a, b) {
  /** @param {number} part */
  const differ = (part) => a.told.findIndex((told, i) => told[part] !== b.told[i][part]);
  return differ(0) < 0 ? differ(1) : differ(0);
}

/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el }) {
  const id = unique("blind");
  /** @template {keyof Traits} K @param {K} trait @returns {Traits[K]} */
  const get = (trait) => model.get(trait);
  const root = h("section", { class: "qkv-card qkv-blind", "aria-labelledby": `${id}-t` });
  const said = h("p", { class: "qkv-said", role: "status" });
  /** @param {string} text */
  const say = (text, seen = true) => {
    said.textContent = text;
    said.classList.toggle("qkv-heard", !seen);  // a symptom stands above already: only a screen reader needs it again
  };
  el.append(root);

  /**
   * A learner's act. Everything is drawn anew, so the focus is handed to what now stands in its place.
   * @param {Partial<Traits>} changes @param {string} focus
   */
  function change(changes, focus) {
    act(model, changes);
    root.querySelector(focus).focus();
  }

  const here = () => get("patients")[get("patient")];
  const names = () => get("named")[get("patient")];
  const solved = () => names().includes(here().fault);

  /** @param {number} place */
  function choosePatient(place) {
    say("");
    const tried = get("tried")[place];
    change({ patient: place, probe: tried[tried.length - 1] }, `[data-patient="${place}"]`);
  }

  /** @param {number} place */
  function tryProbe(place) {
    const tried = get("tried")[get("patient")];
    const next = tried.includes(place) ? tried : [...tried, place];
    change({ probe: place, tried: replaced(get("tried"), get("patient"), next) }, `[data-probe="${place}"]`);
    say(`${get("probes")[place].label}: ${here().findings[place].symptom}`, false);
  }

  /** @param {string} fault */
  function nameIt(fault) {
    if (!fault) {
      say("Choose a name first: a wrong one teaches more than none.");
      return;
    }
    const right = fault === here().fault;
    const named = replaced(get("named"), get("patient"), [...names(), fault]);
    change({ named }, right ? ".qkv-blind-chart" : "select");
    say(right ? "" : notThis(fault));
  }

  /** Why a name does not fit: a probe that answers otherwise. @param {string} fault */
  function notThis(fault) {
    const [guess, truth] = [get("faults")[fault], get("faults")[here().fault]];
    const place = tellsApart(guess, truth);
    return `Not “${guess.title}”. That fault would answer “${get("probes")[place].label}” so: ${guess.told[place][1]} `
      + `This patient: ${truth.told[place][1]}`;
  }

  const patients = () =>
    h("div", { class: "qkv-row", role: "group", "aria-label": "patients" },
      get("patients").map((patient, i) => button(
        get("named")[i].includes(patient.fault) ? `${letter(i)} ✓` : letter(i), () => choosePatient(i),
        { "aria-pressed": String(i === get("patient")), "data-patient": i,
          "aria-label": `patient ${letter(i)}${get("named")[i].includes(patient.fault) ? ", diagnosed" : ""}` })));

  const probes = () =>
    h("div", { class: "qkv-row qkv-blind-probes", role: "group", "aria-label": "probes" },
      get("probes").map((probe, i) => button(probe.label, () => tryProbe(i), {
        "aria-pressed": String(i === get("probe")), "data-probe": i,
        "data-tried": String(get("tried")[get("patient")].includes(i)) })));

  /** @param {string} caption @param {Probe} probe @param {string[]} block @param {string[]} [off] */
  function grid(caption, probe, block, off) {
    return h("table", {}, h("caption", {}, caption), h("tbody", {}, block.map((row, r) =>
      h("tr", {}, h("th", { scope: "row" }, probe.rows[r]), row.split(" ").map((text, c) =>
        off?.[r][c] === "1"
          ? h("td", { class: "qkv-off" }, h("mark", { "aria-label": `${text}, differs` }, text))
          : h("td", {}, text))))));
  }

  function compared() {
    const [probe, finding] = [get("probes")[get("probe")], here().findings[get("probe")]];
    const answer = finding.answer === undefined ? probe.right : finding.answer;
    const many = probe.right.length > 1;
    /** @param {string} who @param {number} i */
    const name = (who, i) => (many ? `${who}, ${probe.blocks} ${i}` : who);
    return h("div", { class: "qkv-blind-result" },
      h("p", {}, probe.shown, " ", h("strong", {}, "Rule: "), probe.law),
      h("div", { class: "qkv-blind-grids" }, probe.right.map((block, i) => h("div", {},
        grid(name("right", i), probe, block),
        answer ? grid(name(`patient ${letter(get("patient"))}`, i), probe, answer[i], finding.off?.[i])
          : h("p", { class: "qkv-hint" }, "crashed")))),
      h("p", { class: "qkv-blind-symptom" }, h("strong", {}, "Symptom: "), finding.symptom));
  }

  function chart() {
    const fault = get("faults")[here().fault];
    const count = get("tried")[get("patient")].length;
    return h("div", { class: "qkv-reveal qkv-blind-chart", "data-right": "true", tabindex: "-1",
      "data-lm-suppress-shortcuts": "true" },
      h("p", {}, h("strong", {}, `Patient ${letter(get("patient"))}: ${fault.title}. `),
        `Named after ${count} ${count === 1 ? "probe" : "probes"}.`),
      h("p", {}, h("strong", {}, "Fingerprint: "), inline(`${fault.fingerprint}.`)),
      h("pre", { tabindex: 0, "aria-label": "the fix" }, fault.fix),
      fault.threads.length ? h("p", {}, h("strong", {}, "Seen in: "), fault.threads.map(([label, url], i) =>
        [i ? ", " : "", h("a", { href: url, target: "_blank", rel: "noopener" }, label)])) : null);
  }

  function naming() {
    const select = focusable("select", { class: "qkv-box", "aria-label": "the fault" },
      h("option", { value: "" }, "What is it?"),
      Object.entries(get("faults")).map(([key, fault]) =>
        h("option", { value: key, disabled: names().includes(key) }, fault.title)));
    return h("div", { class: "qkv-row" }, select, button("Name it", () => nameIt(select.value)),
      names().length > 1 ? button("Show me", () => nameIt(here().fault), { class: "qkv-button qkv-quiet" }) : null);
  }

  function notes() {
    const tried = get("tried")[get("patient")].filter((i) => i !== get("probe"));
    if (!tried.length) return [];
    return [h("p", { class: "qkv-hint" }, "What the other probes showed:"),
      h("ul", {}, tried.map((i) => h("li", {}, `${get("probes")[i].label}: ${here().findings[i].symptom}`)))];
  }

  const stop = live(model, ["patient", "probe", "tried", "named"], () => {
    root.replaceChildren(...[
      h("p", { class: "qkv-tag", id: `${id}-t` }, get("title")),
      patients(), probes(), compared(), ...notes(), solved() ? chart() : naming(), said,
    ]);
  });
  return () => {
    stop();
    root.remove();
  };
}

export default { render };
