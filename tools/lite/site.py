"""The site: JupyterLite, the notebooks, the packages, and the line on top that is the course's own."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from qkvlib.course.outline import read_outline
from tools.lessonfile import Refusal
from tools.lite import contents, packages
from tools.lite.wheels import Package

MODES = ("selfhost", "cdn")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "anywidget")
KERNELS_OWN = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
PRELOADED = (*KERNELS_OWN, "qkvlib")  # fetched while Python itself starts, with all that it depends on
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
PYTHON = "static/pyodide"  # where a selfhost site has it
_PAGE = Path(__file__).with_name("page")
_STYLES = ("course.css", "custom.css")
_HOOK = "".join(f'<link rel="stylesheet" href="../qkv/{name}">' for name in _STYLES)
_HOOK += '<script type="module" src="../qkv/course.js"></script>'
_START = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Q, K, V in the browser</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<meta http-equiv="refresh" content="0; url={address}"><p><a href="{address}">{title}</a></p></html>
"""


def address(path: str) -> str:
    """Where a notebook is opened, below the site's own address."""
    return f"lab/index.html?path={path}"


def build(root: Path, out: Path, made: packages.Made, mode: str) -> None:
    """Writes the site to the folder `out`. Raises Refusal."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

    core, stage = packages.pyodide_core(root), out.with_name("stage")
    lab = stage / "lite"
    lab.mkdir(parents=True)
    marks = contents.write(root, stage / "contents")
    wheels = list(made.packages.values())
    if mode == "selfhost":
        folder, pyodide = PYTHON, f"./{PYTHON}/pyodide.mjs"
    else:
        folder, pyodide = "static/qkv", f"{PYODIDE_CDN_URL}/pyodide.mjs"
        official = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
        wheels += from_server(official, PYODIDE_CDN_URL)
    _configure(root, lab, pyodide, f"./{folder}/pyodide-lock.json")
    _jupyterlite(lab, stage / "contents", out)
    place = out / folder
    place.mkdir(parents=True)
    if mode == "selfhost":
        for name in CORE:
            shutil.copy(core / name, place)
        shutil.copy(made.stdlib, place / STDLIB)
    for package in made.packages.values():
        shutil.copy(package.source, place)
    (place / "pyodide-lock.json").write_text(json.dumps(lock(core, wheels), indent=1), encoding="utf-8")
    _only_ours(out)
    _add_the_course(root, out, marks, pyodide)


def lock(core: Path, wheels: list[Package]) -> dict:
    """Pyodide's lock file, of these packages alone."""
    info = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    names = [package.name for package in wheels]
    return {"info": info, "packages": {each.name: each.entry(names) for each in wheels}}


def from_server(official: dict, server: str) -> list[Package]:
    """The compiled packages as Pyodide's own server has them."""
    found = []
    for name in packages.COMPILED:
        each = official[name]
        needs = tuple(each["depends"])
        found.append(
            Package(
                name, each["version"], f"{server}/{each['file_name']}", each["sha256"], tuple(each["imports"]), needs
            )
        )
    return found


def _configure(root: Path, lab: Path, pyodide: str, lock_file: str) -> None:
    options = {"packages": list(PRELOADED), "lockFileURL": lock_file}
    settings = {"pyodideUrl": pyodide, "disablePyPIFallback": True, "loadPyodideOptions": options}
    config = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Q, K, V",
            "exposeAppInBrowser": True,
            "litePluginSettings": {KERNEL: settings},
        },
    }
    (lab / "jupyter-lite.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    shutil.copy(root / "qkvlib" / "data" / "jupyter" / "lab" / "settings" / "overrides.json", lab)


def _jupyterlite(lab: Path, notebooks: Path, out: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", lab, "--contents", notebooks]
    command += ["--output-dir", out, "--no-sourcemaps", "--no-libarchive", "--apps", "lab"]
    packages.run(command, "The JupyterLite site", lab)  # it writes a file of its own to where it runs
    if not (out / "lab" / "index.html").is_file():
        raise Refusal("JupyterLite has written no page; `jupyter lite build --debug` may say why.")


def _only_ours(out: Path) -> None:
    """Of JupyterLab's extensions on this machine, those that the course needs; of its fonts, one form of each."""
    for font in (out / "build").glob("*.woff2"):  # every browser that runs WebAssembly reads that form
        for old in (".eot", ".svg", ".ttf", ".woff"):
            font.with_suffix(old).unlink(missing_ok=True)
    path = out / "jupyter-lite.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    listed = config["jupyter-config-data"]["federated_extensions"]
    for extension in listed:
        if extension["name"] not in EXTENSIONS:
            shutil.rmtree(out / "extensions" / extension["name"])
    kept = [extension for extension in listed if extension["name"] in EXTENSIONS]
    if len(kept) != len(EXTENSIONS):
        raise Refusal(f"JupyterLite has not found all of {', '.join(EXTENSIONS)}; run `make .venv/dev.json`.")
    config["jupyter-config-data"]["federated_extensions"] = kept
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")


def _add_the_course(root: Path, out: Path, marks: dict[str, str], pyodide: str) -> None:
    """The line on top of every page, and a first page that opens the first lesson."""
    shutil.copytree(_PAGE, out / "qkv")
    shutil.copy(root / "qkvlib" / "data" / "jupyter" / "custom" / "custom.css", out / "qkv")
    (out / "qkv" / "course.json").write_text(json.dumps({"pyodide": pyodide, "notebooks": marks}), encoding="utf-8")
    page = out / "lab" / "index.html"
    text = page.read_text(encoding="utf-8")
    if "</head>" not in text:
        raise Refusal("JupyterLite's page is not as it was: there is no </head> to put the course's line before.")
    page.write_text(text.replace("</head>", f"{_HOOK}</head>", 1), encoding="utf-8")
    first = read_outline()[0]
    start = _START.format(address=address(f"notebooks/{first.slug}.ipynb"), title=first.title)
    (out / "index.html").write_text(start, encoding="utf-8")
