// Reads {module, spec, inputs, params, ask: [...]} from standard input and answers with what engine.js says.
import { pathToFileURL } from "node:url";
const { module, spec, inputs, params, ask } = JSON.parse(await new Response(process.stdin).text());
const { Engine, short, inCell, niceCeiling, parse, encode } = await import(pathToFileURL(module));
const engine = spec && new Engine(spec);
if (engine) engine.run(inputs, params);
const answer = {
  explain: ([name, i, shown]) => engine.explain(name, i, (other) => shown.includes(other)),
  say: ([template]) => engine.say(template),
  trouble: () => engine.trouble,
  value: ([name]) => encode(engine.values.get(name)),
  rerun: ([newInputs, newParams]) => [...engine.run({ ...inputs, ...newInputs }, { ...params, ...newParams })],
  short: ([numbers]) => numbers.map((v) => short(Number(v))),
  cells: ([numbers, ends]) => ends.map((end) => numbers.map((v) => inCell(Number(v), end))),
  nice: ([numbers]) => numbers.map((v) => niceCeiling(Number(v))),
  parse: ([texts]) => texts.map((text) => { const v = parse(text); return v === undefined ? "refused" : String(v); }),
};
console.log(JSON.stringify(ask.map(([what, ...args]) => answer[what](args))));
