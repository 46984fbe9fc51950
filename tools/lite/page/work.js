// @ts-check
// A learner's work as one file: what qkvlib/course/workfile.py reads and writes, for a page without Python.

export const FORMAT = "qkv-work";
export const VERSION = 1;
const PLACE = /^(notebooks|exercises|solutions)\/[A-Za-z0-9][A-Za-z0-9_.-]*\.ipynb$/;

/** A sentence for the learner. */
export class Refused extends Error {}

/** What a notebook says, whatever was run in it: one text for all its cells.
 * @param {any} book */
export const said = (book) =>
    book.cells.map((/** @type {any} */ cell) => `${cell.cell_type}\n${[cell.source].flat().join("")}`).join("\0");

/** @param {string} text */
export async function digest(text) {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The file's text.
 * @param {Record<string, any>} progress - sections of entries
 * @param {Record<string, any>} notebooks - by path */
export async function pack(progress, notebooks) {
    const content = JSON.stringify({ progress, notebooks });
    return JSON.stringify({ format: FORMAT, version: VERSION, sha256: await digest(content), content }) + "\n";
}

/** What is in a file, or Refused.
 * @param {string} text */
export async function unpack(text) {
    let file;
    try {
        file = JSON.parse(text);
    } catch {
        throw new Refused("This file is damaged, or no file of the course: it cannot be read to its end. Nothing was changed.");
    }
    if (file?.format !== FORMAT) throw new Refused("This is not a file that the course has saved. Nothing was changed.");
    if (file.version !== VERSION) {
        throw new Refused(
            `This file was saved in form ${file.version}, and this page reads form ${VERSION}: open it where a newer ` +
                "version of the course runs. Nothing was changed.",
        );
    }
    if (typeof file.content !== "string" || (await digest(file.content)) !== file.sha256) {
        throw new Refused("This file is damaged: it is not as it was saved. Save it again where it came from. Nothing was changed.");
    }
    const { progress, notebooks } = JSON.parse(file.content);
    if (!isTable(progress) || !Object.values(progress).every((section) => isTable(section) && Object.values(section).every(isEntry))) {
        throw new Refused("This file holds progress of a kind that is not known here. Nothing was changed.");
    }
    if (!isTable(notebooks) || !Object.entries(notebooks).every(([path, book]) => PLACE.test(path) && Array.isArray(book?.cells))) {
        throw new Refused("This file holds something that is no notebook of the course. Nothing was changed.");
    }
    return { progress, notebooks };
}

/** Both together: what comes in counts, but nothing that was correct becomes less, and no attempt is forgotten.
 * @param {Record<string, any>} here
 * @param {Record<string, any>} fresh */
export function merge(here, fresh) {
    /** @type {Record<string, any>} */
    const all = structuredClone(here);
    for (const [section, entries] of Object.entries(fresh)) {
        all[section] ??= {};
        for (const [name, entry] of Object.entries(entries)) {
            const old = all[section][name] ?? {};
            const more = { ...old, ...entry };
            if (old.status === "correct") more.status = "correct";
            if ((old.attempts ?? 0) > (more.attempts ?? 0)) more.attempts = old.attempts;
            all[section][name] = more;
        }
    }
    return all;
}

/** @param {any} value */
const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the checks count and compare has to be what they take it for.
 * @param {any} entry */
const isEntry = (entry) =>
    isTable(entry) &&
    Number.isInteger(entry.attempts ?? 0) &&
    ["status", "last", "mistake"].every((name) => typeof (entry[name] ?? "") === "string");
