// Reads {module, cases: [{op, args, opts}]} from standard input, runs each op of engine.js, prints the results as JSON.
import { pathToFileURL } from "node:url";
const { module, cases } = JSON.parse(await new Response(process.stdin).text());
const { OPS, decode, encode } = await import(pathToFileURL(module));
const value = (v) => ({ ...v, ...decode(v), masked: v.masked && Uint8Array.from(v.masked) });
const results = cases.map(({ op, args, opts }) => {
  try {
    const out = OPS[op].run(args.map(value), opts);
    const size = Math.min(3, out.data.length);
    for (let i = 0; i < size; i++) OPS[op].terms(args.map(value), opts, out, i);
    return { ...encode(out), rows: out.rows, cols: out.cols, heads: out.heads, masked: out.masked && Array.from(out.masked) };
  } catch (error) {
    return { error: error.message, kind: error.constructor.name };
  }
});
console.log(JSON.stringify(results));
