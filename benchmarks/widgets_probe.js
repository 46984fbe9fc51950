// Runs in the page: how long from an input event to the new picture on the screen.
window.probe = {
  /** Resolves after the frame that shows what is on the page now. */
  painted: () => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }),
  frame: () => new Promise((done) => requestAnimationFrame(done)),

  /** Waits for the picture to change: `text` watches numbers written in a frame, `image` an <img> that has to load. */
  async changed(root, kind) {
    if (kind === "text") {
      await new Promise((done) => {
        const watch = new MutationObserver(() => { watch.disconnect(); done(); });
        watch.observe(root(), { characterData: true, childList: true, subtree: true });
      });
      return this.painted();   // written inside a frame, or just before one: the next task runs after it
    }
    const before = root().querySelector("img")?.src;
    for (;;) {
      await new Promise((done) => setTimeout(done, 1));
      const image = root().querySelector("img");
      if (!image || image.src === before || !image.complete || !image.naturalWidth) continue;
      await this.frame();
      return this.painted();
    }
  },

  /** One pointer move, from the event's own time stamp to the painted change; null when nothing changed in 10 s. */
  arm(selector, kind) {
    const root = () => document.querySelector(selector);
    const moved = new Promise((done) => addEventListener("pointermove", done, { capture: true, once: true }));
    const changed = this.changed(root, kind);
    const late = new Promise((done) => setTimeout(done, 10000, null));
    this.sample = Promise.race([late, Promise.all([moved, changed]).then(([event, end]) => end - event.timeStamp)]);
  },

  /** From running the active cell to its painted output. */
  async firstPaint(selector, kind) {
    const { commands } = window.jupyterapp, start = performance.now();
    commands.execute("notebook:run-cell");
    for (;;) {
      await new Promise((done) => setTimeout(done, 1));
      if (performance.now() - start > 30000) throw new Error(`${selector} was never painted`);
      const root = document.querySelector(selector), image = root?.querySelector("img");
      if (!root || (kind === "image" && !(image?.complete && image.naturalWidth))) continue;
      await this.frame();
      return (await this.painted()) - start;
    }
  },

  /** `count` key presses at `rate` a second, half of them back and half forth; how many pictures were drawn and how long the last one took. */
  async burst(target, [back, forth], selector, count, rate) {
    const node = document.querySelector(target), root = document.querySelector(selector);
    let drawn = 0, last = 0;
    const watch = new MutationObserver((changes) => {
      drawn += changes.filter(({ type, addedNodes }) => type !== "childList" || [...addedNodes]
        .some((node) => node.nodeName === "TABLE" || node.nodeName === "IMG" || node.querySelector?.("img"))).length;
      last = performance.now();
    });
    watch.observe(root, { characterData: true, childList: true, subtree: true, attributeFilter: ["src"] });
    node.focus();
    let sent = 0;
    for (let k = 0; k < count; k++) {
      const key = k < count / 2 ? back : forth;
      node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      sent = performance.now();
      await new Promise((done) => setTimeout(done, 1000 / rate));
    }
    let quiet = -1;
    while (quiet !== drawn) {
      quiet = drawn;
      await new Promise((done) => setTimeout(done, 2500));
    }
    watch.disconnect();
    return { drawn, trailing: last - sent };
  },
};
