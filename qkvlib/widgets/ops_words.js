// The op that makes a matrix of typed words; sent where a sheet uses it.
import { make, refuse } from "./arrays.js";
import { OPS } from "./ops.js";

/** @typedef {import("./arrays.js").Value} Value */

/** A word's made-up row: the hash of spelling.made_up. @param {string} word @param {number} width */
export const madeUp = (word, width) => Float64Array.from({ length: width }, (_, i) => {
  let state = 2166136261;
  for (const byte of new TextEncoder().encode(`${word}/${i}`)) state = Math.imul(state ^ byte, 16777619) >>> 0;
  return ((state >>> 13) % 5) - 2;
});

/** The known words that share most letter pairs with `word`. @param {string} word @param {string[]} known */
export function closest(word, known, n = 3) {
  const pairs = (/** @type {string} */ text) => new Set(Array.from(` ${text}`, (c, i) => (c + (` ${text} `)[i + 1])));
  const wanted = pairs(word);
  const near = (/** @type {string} */ other) => {
    const has = pairs(other), both = [...has].filter((p) => wanted.has(p)).length;
    return both / (has.size + wanted.size - both);
  };
  return known.map((k) => /** @type {[number, string]} */ ([near(k), k]))
    .sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1)).slice(0, n).map((k) => k[1]);
}

/** @param {string[]} parts */
const wordsOf = (parts) => parts.join(" ").toLowerCase().split(/\s+/)
  .map((w) => w.replace(/^[.,;:!?"'()]+|[.,;:!?"'()]+$/g, "")).filter(Boolean);

Object.assign(OPS, /** @type {Record<string, import("./ops.js").Op>} */ ({
  embed: {
    run: ([table], { words, unknown, most }) => {
      const { rows, shape } = table;
      if (!rows || shape.length !== 2) return refuse("the table needs a word for every row");
      const list = wordsOf(words), width = shape[1];
      if (!list.length) refuse("type at least one word");
      if (list.length > most) refuse(`${list.length} words are more than ${most}, the most this sheet takes`);
      const out = make([list.length, width], null, { cols: table.cols });
      out.rows = list.map((word, i) => {
        const row = rows.indexOf(word);
        if (row < 0 && unknown !== "make up")
          refuse(`the word "${word}" is not known here; the closest known: ${closest(word, rows).join(", ")}`);
        out.data.set(row < 0 ? madeUp(word, width) : table.data.subarray(row * width, (row + 1) * width), i * width);
        return row < 0 ? `${word}*` : word;
      });
      return out;
    },
    from: ([table], _, out, i) => {
      const width = out.shape[1], row = table.rows?.indexOf(out.rows?.[Math.floor(i / width)] ?? "") ?? -1;
      return row < 0 ? [] : [[0, [row * width + (i % width)]]];
    },
    note: (_, opts, out, i) => out.rows?.[Math.floor(i / out.shape[1])].endsWith("*")
      ? "this word is not in the vocabulary; its numbers are made up" : "",
  },
}));
