// Reads {folder, kind, cases: [{entry, values, params}]}, prints each case's marks as the browser's view makes them.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
const { folder, kind, cases } = JSON.parse(await new Response(process.stdin).text());
const { VIEWS } = await import(pathToFileURL(join(folder, "sheet_view.js")));
const scene = await import(pathToFileURL(join(folder, "scene.js")));
await import(pathToFileURL(join(folder, "views", `${kind}.js`)));
const made = scene.KINDS.get(kind);
if (!VIEWS.has(kind)) throw new Error(`${kind} is not registered`);
console.log(JSON.stringify(cases.map(({ entry, values, params }) => {
  const unpack = (v) => ({ ...v, data: Float64Array.from(v.data, Number), masked: v.masked && Uint8Array.from(v.masked) });
  const resolve = (o) => (o !== null && typeof o === "object" ? params[o.param] : o ?? null);
  const given = Object.fromEntries(Object.entries(values).map(([name, v]) => [name, unpack(v)]));
  return { ...made.scene(entry, given, resolve), said: made.said?.(entry, given, resolve) ?? "" };
})));
