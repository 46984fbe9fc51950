// Compiles every .py below a folder with the very Python that will read it: node bytecode.mjs FOLDER [KEPT...]
// Each package has a folder of its own there; what is named behind keeps its sources, elsewhere byte code takes their
// place.
import { loadPyodide } from "pyodide";

const [folder, ...kept] = process.argv.slice(2);
const pyodide = await loadPyodide();
pyodide.FS.mkdir("/unpacked");
pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: folder }, "/unpacked");
pyodide.globals.set("kept", pyodide.toPy(kept));
pyodide.runPython(`
import os, py_compile

for place, _, names in os.walk("/unpacked"):
    for source in [os.path.join(place, name) for name in names if name.endswith(".py")]:
        inside = os.path.relpath(source, "/unpacked").split(os.sep, 1)[1]
        keep = inside.split(os.sep)[0] in kept
        try:
            py_compile.compile(source, cfile=None if keep else source + "c", dfile=inside, doraise=True,
                               invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        except py_compile.PyCompileError:
            continue  # a template, or written for another Python: it stays as it is
        if not keep:
            os.unlink(source)
`);
