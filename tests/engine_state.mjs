// Reads {folder, spec, inputs, params, ask: [...]} from standard input and answers with what the browser's engine says.
import { modules } from "./modules.mjs";
const { folder, spec, inputs, params, ask } = JSON.parse(await new Response(process.stdin).text());
const { Engine, short, inCell, places, written, niceCeiling, parse, encode } = await modules(folder);
const engine = spec && new Engine(spec);
if (engine) engine.run(inputs, params);
const answer = {
  explain: ([name, i, shown]) => engine.explain(name, i, (other) => shown.includes(other)),
  say: ([template]) => engine.say(template),
  trouble: () => engine.trouble,
  value: ([name]) => encode(engine.values.get(name)),
  rerun: ([newInputs, newParams]) => [...engine.run({ ...inputs, ...newInputs }, { ...params, ...newParams })],
  short: ([numbers]) => numbers.map((v) => short(Number(v))),
  feeds: ([name, i, shown]) => engine.feeds(name, i, (other) => shown.includes(other)),
  calls: ([name, i, shown]) => { engine.sources(name, i, (other) => shown.includes(other)); return engine.calls; },
  difference: ([newInputs, newParams]) => engine.difference({ inputs, params }, { inputs: { ...inputs, ...newInputs }, params: { ...params, ...newParams } }),
  cells: ([numbers, decimals]) => decimals.map((d) => numbers.map((v) => inCell(Number(v), d))),
  places: ([matrices]) => matrices.map((numbers) => places(numbers.map(Number))),
  written: ([numbers, formats]) => formats.map((format) => numbers.map((v) => written(Number(v), format))),
  nice: ([numbers]) => numbers.map((v) => niceCeiling(Number(v))),
  parse: ([texts]) => texts.map((text) => { const v = parse(text); return v === undefined ? "refused" : String(v); }),
};
console.log(JSON.stringify(ask.map(([what, ...args]) => answer[what](args))));
