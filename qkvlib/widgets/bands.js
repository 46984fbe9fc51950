// Columns or rows marked by a role and a block: sent where a panel has bands.
import { frame } from "./arrays.js";
import { Panel } from "./panel.js";

/** For every row or column of a panel, [role, block] that marks it, or undefined. @param {any} panel @param {"rows"|"columns"} axis */
function bandsOf(panel, axis) {
  const [, n, m] = frame(panel.value), long = axis === "rows" ? n : m, resolve = (/** @type {any} */ option, /** @type {any} */ other) => panel.sheet.engine.resolve(option) ?? other;
  /** @type {[string, string][]} */
  const marked = Array(long);
  for (const { role, start = 0, stop = long, n: blocks, pick, group = 1, axis: own = "columns" } of panel.entry.bands) {
    const width = (stop - start) / resolve(blocks, 1), only = resolve(pick, null);
    for (let at = start; own === axis && at < stop; at++) {
      const block = Math.floor((at - start) / width);
      if (only === null || block === Math.floor(only / group)) marked[at] = [role, block % 2 ? "odd" : "even"];
    }
  }
  return marked;
}

const draw = Panel.prototype.draw;
Panel.prototype.draw = function (/** @type {Set<string>|null} */ changed, /** @type {boolean|undefined} */ fresh) {
  draw.call(this, changed, fresh);
  if (!this.entry.bands || !this.value) return;
  const [, n, m] = frame(this.value), columns = bandsOf(this, "columns"), rows = bandsOf(this, "rows");
  for (const cell of this.body.querySelectorAll("td[data-i]")) {
    const i = cell.dataset.i, column = columns[i % m], row = rows[Math.floor(i / m) % n], [role, block] = column ?? row ?? [];
    if (role) {
      Object.assign(cell.dataset, { block, side: column ? "top" : "left" });
      cell.style.setProperty("--ws-band", `var(--ws-${role})`);
    } else if (cell.dataset.side) delete cell.dataset.side;
  }
};
