"""Every package that Python has in the browser: where each comes from, byte-compiled, as wheels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from tools.lessonfile import Refusal
from tools.lite import wheels
from tools.lite.wheels import Package

LOCK = "requirements-browser.lock"
COMPILED = ("contourpy", "kiwisolver", "matplotlib", "numpy", "pillow")
VARIABLE = "QKV_WASM_WHEELS"
WITH_SOURCE = ("qkvlib",)  # `attention.scores??` shows how it is done
_TOPS = ("bin", "etc", "share", "..")
_LEFT_OUT = (
    "jedi/third_party/django-stubs/",
    "jedi/third_party/typeshed/stubs/",
    "matplotlib/mpl-data/fonts/afm/",
    "matplotlib/mpl-data/fonts/pdfcorefonts/",
    "matplotlib/mpl-data/sample_data/",
    "numpy/f2py/",
    "qkvlib/data/course/",
    "qkvlib/grading/",
)
_HOW = (
    f"{VARIABLE} has to name a folder with the WebAssembly wheels of {', '.join(COMPILED[:-1])} and {COMPILED[-1]}; "
    "they come with each release of Pyodide. Without them, `make lite MODE=cdn` writes a site that loads them from "
    "Pyodide's own server. docs/lite.md says more."
)


def kernel_extension() -> Path:
    """The JupyterLab extension that runs Python in the browser. Raises Refusal."""
    place = Path(sys.prefix, "share", "jupyter", "labextensions", "@jupyterlite", "pyodide-kernel-extension", "static")
    if not place.is_dir():
        raise Refusal("jupyterlite-pyodide-kernel is not installed; run `make .venv/dev.json`.")
    return place


def pyodide_core(root: Path) -> Path:
    """Pyodide itself, the version that the kernel wants. Raises Refusal."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    place = root / "node_modules" / "pyodide"
    if not (place / "pyodide.asm.wasm").is_file():
        raise Refusal("Pyodide is not in node_modules; run `npm ci`, or `make .venv/dev.json` with a network.")
    if f'"version": "{PYODIDE_VERSION}"' not in (place / "package.json").read_text(encoding="utf-8"):
        raise Refusal(f"The kernel runs on Pyodide {PYODIDE_VERSION}; write that version into package.json.")
    return place


def compiled_wheels() -> list[Path]:
    """The WebAssembly wheels in the folder that the environment names, one a package. Raises Refusal."""
    place = os.environ.get(VARIABLE, "").strip()
    if not place:
        raise Refusal(f"{VARIABLE} is not set. {_HOW}")
    found: dict[str, Path] = {}
    for path in sorted(Path(place).glob("*.whl")):
        try:
            name, _, _, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if name in COMPILED and any(tag.interpreter == "cp314" and "wasm32" in tag.platform for tag in tags):
            found[name] = path
    if missing := [name for name in COMPILED if name not in found]:
        raise Refusal(f"There is no WebAssembly wheel for Python 3.14 of {', '.join(missing)} in {place}. {_HOW}")
    return list(found.values())


@dataclass(frozen=True)
class Made:
    """What `make` wrote: the packages by name, and Python's own library as byte code (selfhost alone needs that)."""

    packages: dict[str, Package]
    stdlib: Path


def make(root: Path, place: Path, with_compiled: bool) -> Made:
    """Gathers, compiles and packs every package below the new folder `place`. Raises Refusal."""
    if with_compiled:
        compiled_wheels()  # before anything takes its time
    core, work = pyodide_core(root), place / "work"
    place.mkdir()
    folders = gather(root, work, with_compiled)
    wheels.unpack(core / "python_stdlib.zip", work / "stdlib")
    compile_all(root, work)
    stdlib = place / "python_stdlib.zip"
    with zipfile.ZipFile(stdlib, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted((work / "stdlib").rglob("*")):
            if path.is_file():
                archive.writestr(wheels.dated(path.relative_to(work / "stdlib").as_posix()), path.read_bytes())
    return Made(by_name(pack(folders, place / "wheels")), stdlib)


def gather(root: Path, work: Path, with_compiled: bool) -> list[Path]:
    """Unpacks every package into a folder of its own below `work`; those folders. Raises Refusal."""
    work.mkdir()
    installed = work / "pure"
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--target", installed, "--no-deps"]
    there = ["--python-version", "3.14", "--python-platform", "wasm32-pyodide2024", "--only-binary", ":all:"]
    run([*uv, *there, "--require-hashes", "--requirement", root / LOCK], "The packages of the browser's Python")
    for part in ("bin", "etc", "share"):
        shutil.rmtree(installed / part, ignore_errors=True)
    built = work.with_name("built")
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built],
        "qkvlib's own wheel",
        root,
    )
    single = [*built.glob("*.whl"), *sorted((kernel_extension() / "pypi").glob("*.whl"))]
    single = [wheel for wheel in single if not wheel.name.startswith("widgetsnbextension-3")]  # of the old widgets
    folders = [installed]
    for wheel in [*single, *(compiled_wheels() if with_compiled else ())]:
        folder = work / wheel.name.removesuffix(".whl")
        wheels.unpack(wheel, folder)
        folders.append(folder)
    return folders


def pack(folders: list[Path], out: Path) -> list[Package]:
    """Writes one wheel for each package in these folders."""
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for folder in folders:
        for distribution in wheels.distributions(folder):
            made.append(wheels.pack(folder, distribution, _files(folder, distribution), _tag(folder), out))
    return made


def _files(folder: Path, distribution: wheels.Distribution) -> list[str]:
    """The files of one package, byte code beside or instead of what it was made from."""
    found = []
    for listed in distribution.files or ():
        name = listed.as_posix()
        if name.split("/")[0] in _TOPS or name.startswith(_LEFT_OUT) or "/tests/" in name:
            continue
        cached = f"{name.rpartition('/')[0]}/__pycache__/{Path(name).stem}.cpython-314.pyc"
        found += [each for each in (name, f"{name}c", cached) if (folder / each).is_file()]
    return found


def _tag(folder: Path) -> str:
    """The last three parts of a wheel's name."""
    parts = folder.name.split("-")
    return "-".join(parts[-3:]) if len(parts) >= 5 and "wasm32" in parts[-1] else "py3-none-any"


def compile_all(root: Path, work: Path) -> None:
    """Byte code for everything below `work`, made by the Python that will read it. Raises Refusal."""
    node = Path(sys.executable).with_name("node")
    script = Path(__file__).with_name("bytecode.mjs")
    run([node, script, work, *WITH_SOURCE], "Byte code", root)


def run(command: list, what: str, where: Path | None = None) -> None:
    """Runs a step. Raises Refusal with the end of what it said."""
    try:
        said = subprocess.run([str(word) for word in command], cwd=where, capture_output=True, text=True)
    except OSError as error:
        raise Refusal(f"{what} could not be made: {error}.") from error
    if said.returncode:
        end = "\n".join((said.stderr or said.stdout).strip().splitlines()[-8:])
        raise Refusal(f"{what} could not be made:\n{end}")


def by_name(packages: list[Package]) -> dict[str, Package]:
    """The packages by their names, in the order of the alphabet. Raises Refusal where two have one name."""
    found: dict[str, Package] = {}
    for package in sorted(packages, key=lambda each: each.name):
        if found.setdefault(canonicalize_name(package.name), package) is not package:
            raise Refusal(f"{package.name} is there twice: {package.source} and {found[package.name].source}.")
    return found
