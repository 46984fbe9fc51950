// @ts-check
// What the course adds to JupyterLite: a line that says what is wrong, a learner's work as a file, a lesson as it was.
import { Refused, digest, merge, pack, said, unpack } from "./work.js";

const FOLDERS = ["notebooks", "exercises", "solutions"];
const PROGRESS = ".qkv/progress.json";
const NAME = "qkv-work.qkv.json";
const base = new URL("..", import.meta.url);
/** @type {{pyodide: string, notebooks: Record<string, string>}} */
const course = await (await fetch(new URL("qkv/course.json", base))).json();

// -- one line above everything --------------------------------------------------------------------------------------

const bar = Object.assign(document.createElement("div"), { id: "qkv-bar" });
const notes = Object.assign(document.createElement("div"), { id: "qkv-notes" });
notes.setAttribute("role", "status");
bar.append(notes);
new ResizeObserver(() => {
    document.documentElement.style.setProperty("--qkv-bar", `${bar.offsetHeight}px`);
    window.dispatchEvent(new Event("resize"));
}).observe(bar);

/** Says something where the learner looks, until they close it.
 * @param {string} text
 * @param {Record<string, () => unknown>} [offers] */
function say(text, offers = {}) {
    if ([...notes.children].some((note) => note.firstChild?.textContent === text)) return;
    const note = document.createElement("p");
    note.append(Object.assign(document.createElement("span"), { textContent: text }));
    for (const [label, act] of Object.entries({ ...offers, Close: () => {} })) {
        note.append(button(label, () => (note.remove(), act())));
    }
    notes.append(note);
}

/** @param {string} label @param {() => unknown} act */
function button(label, act) {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    made.addEventListener("click", async () => {
        try {
            await act();
        } catch (error) {
            say(error instanceof Refused ? error.message : `That did not work (${error}). Nothing of yours was changed.`);
        }
    });
    return made;
}

// -- what this browser cannot do ------------------------------------------------------------------------------------

const RESCUE = "“Save my work” still writes what you did here to a file.";

async function examine() {
    if (typeof WebAssembly !== "object") {
        say(
            "This browser cannot run WebAssembly, and without it no cell runs. Use a current Firefox, Chrome, Edge or " +
                `Safari; on a managed device, ask for WebAssembly to be allowed. The text can be read. ${RESCUE}`,
        );
    }
    if (!(await canKeep())) {
        say(
            "This browser keeps nothing for this page: a private window, or storage that is forbidden or full. You can " +
                "work, but all is gone when you close it: save your work to a file before.",
        );
    } else if (!navigator.serviceWorker) {
        say("This page is not served over https, so what the checks remember is gone with the tab. Ask for the https address.");
    }
    try {
        const there = await fetch(new URL(course.pyodide, base), { method: "HEAD", cache: "no-cache" });
        if (!there.ok) throw new Error(String(there.status));
    } catch {
        say(
            `Python could not be loaded from ${new URL(course.pyodide, base).host}: check the network (a filter may ` +
                `forbid that address), then reload this page. The text can be read. ${RESCUE}`,
        );
    }
}

/** Whether something can be kept: a small thing is written, and taken away again. */
const canKeep = () =>
    new Promise((done) => {
        try {
            const request = indexedDB.open("qkv-trial", 1);
            request.onupgradeneeded = () => request.result.createObjectStore("trial");
            request.onerror = () => done(false);
            request.onsuccess = () => {
                try {
                    const writing = request.result.transaction("trial", "readwrite");
                    writing.objectStore("trial").put("x".repeat(1 << 16), "trial");
                    writing.objectStore("trial").delete("trial");
                    writing.oncomplete = () => (request.result.close(), done(true));
                    writing.onabort = writing.onerror = () => done(false);
                } catch {
                    done(false);
                }
            };
        } catch {
            done(false);
        }
    });

// -- the learner's work ---------------------------------------------------------------------------------------------

/** @type {any} */
const app = await new Promise((done) => {
    const look = () => (/** @type {any} */ (window).jupyterapp ? done(/** @type {any} */ (window).jupyterapp) : setTimeout(look, 50));
    document.body.prepend(bar);
    void examine();
    look();
});
await app.started;
const contents = app.serviceManager.contents;

/** @param {string} path */
const read = async (path) => (await contents.get(path, { content: true })).content;

/** What the checks remember. A file that cannot be read is put aside, never written over. */
async function readProgress() {
    let kept;
    try {
        kept = await read(PROGRESS);
    } catch {
        return {};
    }
    try {
        const { sections } = typeof kept === "string" ? JSON.parse(kept) : kept;
        if (typeof sections === "object" && sections) return sections;
    } catch {
        // said below
    }
    await contents.rename(PROGRESS, PROGRESS.replace(".json", `.unreadable-${Date.now()}.json`));
    say("What the checks remembered could not be read. It was put aside, and they begin anew; your notebooks are as they were.");
    return {};
}

/** The learner's notebooks that say something else than the course's, by path. */
async function changed() {
    /** @type {Record<string, any>} */
    const found = {};
    for (const folder of FOLDERS) {
        for (const { path } of (await contents.get(folder, { content: true })).content) {
            if (!path.endsWith(".ipynb")) continue;
            const book = await read(path);
            if ((await digest(said(book))) !== course.notebooks[path]) found[path] = book;
        }
    }
    return found;
}

/** Everything that is open is kept first. */
const saveAll = () => app.commands.execute("docmanager:save-all").catch(() => {});

async function exportWork() {
    await saveAll();
    const text = await pack(await readProgress(), await changed());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = NAME;
    link.click();
    URL.revokeObjectURL(link.href);
}

async function importWork() {
    const chooser = Object.assign(document.createElement("input"), { type: "file", accept: ".json" });
    chooser.click();
    await new Promise((done) => chooser.addEventListener("change", done, { once: true }));
    const file = chooser.files?.[0];
    if (!file) return;
    const { progress, notebooks } = await unpack(await file.text());
    await saveAll();
    let beside = 0;
    for (const [path, book] of Object.entries(notebooks)) {
        const here = await read(path).catch(() => null);
        if (here && said(here) === said(book)) continue;
        if (here && (await digest(said(here))) !== course.notebooks[path]) {
            await contents.rename(path, await free(path));
            beside += 1;
        }
        await contents.save(path, { type: "notebook", format: "json", content: book });
        await reload(path);
    }
    await keepProgress(merge(await readProgress(), progress));
    const kept = beside ? ` ${beside} of your own that differed ${beside > 1 ? "are" : "is"} kept beside, with “mine” in the name.` : "";
    say(`Brought in: ${Object.keys(notebooks).length} notebooks and what the checks remember.${kept}`);
}

/** @param {Record<string, any>} sections */
async function keepProgress(sections) {
    const content = JSON.stringify({ version: 1, sections }, null, 1);
    await contents.save(".qkv", { type: "directory", format: "json", content: null });
    await contents.save(PROGRESS, { type: "file", format: "text", content });
}

// -- a lesson as it was, a newer one ----------------------------------------------------------------------------------

/** A name beside it that nothing has. @param {string} path */
async function free(path) {
    for (let n = 1; ; n++) {
        const name = path.replace(/\.ipynb$/, `.mine-${n}.ipynb`);
        if (!(await contents.get(name, { content: false }).catch(() => null))) return name;
    }
}

/** Shows what is kept now, where the notebook is open. @param {string} path */
async function reload(path) {
    for (const panel of app.shell.widgets("main")) {
        if (panel.context?.path === path) await panel.context.revert();
    }
}

const current = () => app.shell.currentWidget?.context;

/** Puts a notebook back as the course has it; what the learner had is kept beside it. @param {string} path */
async function original(path) {
    if (!(path in course.notebooks)) throw new Refused("The course has nothing of this name: this file is yours alone.");
    await saveAll();
    const book = await read(path);
    const fresh = await (await fetch(new URL(`files/${path}`, base), { cache: "no-cache" })).json();
    let kept = "Nothing of yours was in it.";
    if ((await digest(said(book))) !== book.metadata.qkv?.course && said(book) !== said(fresh)) {
        const name = await free(path);
        await contents.save(name, { type: "notebook", format: "json", content: book });
        kept = `Yours is now ${name}.`;
    }
    await contents.save(path, { type: "notebook", format: "json", content: fresh });
    await reload(path);
    say(`${path} is as the course has it. ${kept}`);
}

/** @param {any} context */
async function greet(context) {
    if (!context || context.qkvGreeted) return;
    context.qkvGreeted = true;
    await context.ready;
    context.saveState.connect((/** @type {any} */ _, /** @type {string} */ state) => {
        if (state.startsWith("failed")) say("This browser could not keep the file: its storage may be full. Save your work to a file, then free some space.");
    });
    const path = context.path;
    const stamp = context.model.getMetadata?.("qkv")?.course;
    if (path in course.notebooks && stamp && stamp !== course.notebooks[path]) {
        say(`The course has a newer version of ${path}. Taking it keeps yours beside it.`, {
            "Take the newer one": () => original(path),
        });
    }
}

const tools = Object.assign(document.createElement("div"), { id: "qkv-tools" });
tools.append(
    button("Save my work", exportWork),
    button("Bring work in", importWork),
    button("Back to the original", () => {
        const path = current()?.path;
        if (!path) throw new Refused("Open the lesson or the exercises that you want back as they were.");
        return original(path);
    }),
);
bar.prepend(tools);
if (window.innerWidth < 600) void app.restored.then(() => app.shell.collapseLeft()); // a phone shows the lesson first
app.shell.currentChanged.connect(() => greet(current()));
void greet(current());
