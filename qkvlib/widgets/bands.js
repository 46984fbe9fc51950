// Columns marked by a role and a block: sent where a panel has bands.
import { Panel } from "./panel.js";

/** For every column, the role that marks it and whether its block is odd; null for none. @param {any} panel @param {number} m */
function bandsOf(panel, m) {
  const marked = Array(m).fill(null), resolve = (option, other) => panel.sheet.engine.resolve(option) ?? other;
  for (const { role, start = 0, stop = m, n, pick } of panel.entry.bands ?? []) {
    const width = (stop - start) / resolve(n, 1), only = resolve(pick, null);
    for (let c = start; c < stop; c++) {
      const block = Math.floor((c - start) / width);
      if (only === null || block === only) marked[c] = [role, block % 2 ? "odd" : "even"];
    }
  }
  return marked;
}

const draw = Panel.prototype.draw;
Panel.prototype.draw = function (changed, fresh) {
  draw.call(this, changed, fresh);
  if (!this.entry.bands || !this.value) return;
  const m = this.value.shape.at(-1), marked = bandsOf(this, m);
  for (const cell of this.body.querySelectorAll("td[data-i]")) {
    const [role, block] = marked[cell.dataset.i % m] ?? [];
    if (role) Object.assign(cell.dataset, { band: role, block });
    else if (cell.dataset.band) { delete cell.dataset.band; delete cell.dataset.block; }
  }
};
