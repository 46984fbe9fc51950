// Everything that the browser side of a worksheet exports without a page: numbers, ops and dataflow.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function modules(folder) {
  const files = ["numbers", "arrays", "ops", "ops_heads", "ops_cuts", "ops_words", "ops_bits", "dataflow"];
  const found = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, `${name}.js`)))));
  return Object.assign({}, ...found);
}
