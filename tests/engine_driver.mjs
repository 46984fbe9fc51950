// Reads {folder, cases: [{op, args, opts}]} from standard input, runs each op of the browser, prints the results as JSON.
import { modules } from "./modules.mjs";
const { folder, cases } = JSON.parse(await new Response(process.stdin).text());
const { OPS, decode, encode } = await modules(folder);
const value = (v) => ({ ...v, ...decode(v), masked: v.masked && Uint8Array.from(v.masked) });
const results = cases.map(({ op, args, opts }) => {
  try {
    const given = args.map(value), out = OPS[op].run(given, opts);
    for (let i = 0; i < Math.min(3, out.data.length); i++) {
      for (const [arg, cells] of OPS[op].from(given, opts, out, i))
        if (cells.some((c) => given[arg].data[c] === undefined)) throw new Error(`${op}: cell ${i} is made of a cell that is not there`);
      OPS[op].text?.(given, opts, out, i);
      OPS[op].note?.(given, opts, out, i);
    }
    return { ...encode(out), rows: out.rows, cols: out.cols, heads: out.heads, masked: out.masked && Array.from(out.masked) };
  } catch (error) {
    return { error: error.message, kind: error.constructor.name };
  }
});
console.log(JSON.stringify(results));
