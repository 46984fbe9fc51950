"""What `make lite` writes: packages, lock file, notebooks as served; and a sentence where something is missing."""

import hashlib
import json
import re
import shutil
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

from tools.lessonfile import Refusal
from tools.lite import contents, packages, site, wheels
from tools.lite.__main__ import main
from tools.lite.wheels import Package

TAG = "cp314-cp314-pyemscripten_2026_0_wasm32"


def installed(folder, name="Two-Words", requires=()):
    """A package laid out as an installer does; its distribution."""
    info = folder / f"{name.lower().replace('-', '_')}-1.0.dist-info"
    (folder / "two").mkdir(parents=True)
    info.mkdir()
    (folder / "two" / "__init__.py").write_text("x = 1\n")
    asked = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{asked}")
    (info / "RECORD").write_text(f"two/__init__.py,,\n{info.name}/METADATA,,\n../bin/two,,\ntwo/tests/test_x.py,,\n")
    return PathDistribution(info)


def test_a_package_is_packed_the_same_each_time_and_named_by_what_is_in_it(tmp_path):
    distribution = installed(tmp_path / "in", requires=["numpy>=2", "pexpect; sys_platform != 'emscripten'"])
    files = packages._files(tmp_path / "in", distribution)
    assert files == ["two/__init__.py", "two_words-1.0.dist-info/METADATA"]
    for out in ("a", "b"):
        (tmp_path / out).mkdir()
    one, other = (wheels.pack(tmp_path / "in", distribution, files, TAG, tmp_path / out) for out in "ab")
    assert Path(one.source).read_bytes() == Path(other.source).read_bytes()
    digest = hashlib.sha256(Path(one.source).read_bytes()).hexdigest()
    entry = one.entry(["numpy", "two-words"])
    assert entry["file_name"] == f"two_words-1.0-0{digest[:8]}-{TAG}.whl"
    assert (entry["sha256"], entry["imports"], entry["depends"]) == (digest, ["two"], ["numpy"])


def test_byte_code_takes_the_place_of_its_source_or_stands_beside_it(tmp_path):
    distribution = installed(tmp_path)
    (tmp_path / "two" / "__init__.pyc").touch()
    (tmp_path / "two" / "__init__.py").unlink()
    assert packages._files(tmp_path, distribution)[0] == "two/__init__.pyc"
    (tmp_path / "two" / "__init__.pyc").rename(tmp_path / "two" / "__init__.py")
    (tmp_path / "two" / "__pycache__").mkdir()
    (tmp_path / "two" / "__pycache__" / "__init__.cpython-314.pyc").touch()
    beside = ["two/__init__.py", "two/__pycache__/__init__.cpython-314.pyc"]
    assert packages._files(tmp_path, distribution)[:2] == beside


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of (empty) WebAssembly wheels, named by the environment."""
    for name in packages.COMPILED:
        (tmp_path / f"{name}-1.0-{TAG}.whl").touch()
    monkeypatch.setenv(packages.VARIABLE, str(tmp_path))
    return tmp_path


def test_the_wheels_are_found_by_name_python_and_machine(folder):
    (folder / "numpy-9.9-cp313-cp313-pyodide_2025_0_wasm32.whl").touch()
    (folder / "scipy-1.0-py3-none-any.whl").touch()
    (folder / "no-wheel.whl").touch()
    assert [path.name.split("-")[0] for path in packages.compiled_wheels()] == sorted(packages.COMPILED)
    assert all("cp314" in path.name for path in packages.compiled_wheels())


@pytest.mark.parametrize("missing", ["numpy", "pillow"])
def test_a_missing_wheel_is_named_and_nothing_is_written(folder, missing, capsys, tmp_path):
    next(folder.glob(f"{missing}-*")).unlink()
    assert main(["--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "nothing was written" in said
    assert f"There is no WebAssembly wheel for Python 3.14 of {missing} in {folder}" in said
    assert "make lite MODE=cdn" in said
    assert not (tmp_path / "out").exists()


def test_without_a_folder_it_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv(packages.VARIABLE, raising=False)
    assert main(["--out", str(tmp_path / "out")]) == 1
    assert f"{packages.VARIABLE} is not set." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_texts_of_outputs_are_joined_and_the_notebook_is_marked():
    outputs = [
        {"output_type": "execute_result", "data": {"text/markdown": ["a\n", "b"], "application/json": ["a"]}},
        {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]},
    ]
    book = {"cells": [{"cell_type": "code", "source": ["x"], "outputs": outputs}], "metadata": {}}
    served = contents.served(book)
    assert served["cells"][0]["outputs"][0]["data"] == {"text/markdown": "a\nb", "application/json": ["a"]}
    assert served["cells"][0]["outputs"][1]["text"] == "1\n2\n"
    assert served["metadata"]["qkv"]["course"] == contents.mark(book)
    assert "qkv" not in book["metadata"], "the notebook itself is as it was"


@pytest.fixture
def core(root):
    place = root / "node_modules" / "pyodide"
    if not place.is_dir():
        pytest.skip("node_modules has no Pyodide; `make .venv/dev.json` with a network brings it")
    return place


def test_the_lock_file_names_just_what_is_there(core):
    ours = Package("qkvlib", "1", "/somewhere/qkvlib-1-0a-py3-none-any.whl", "ab", ("qkvlib",), ("numpy", "jupyterlab"))
    official = json.loads((core / "pyodide-lock.json").read_text())["packages"]
    lock = site.lock(core, [ours, *site.from_server(official, "https://server/full")])
    assert lock["info"]["python"].startswith("3.14")
    assert lock["packages"]["qkvlib"]["depends"] == ["numpy"]
    assert lock["packages"]["qkvlib"]["file_name"] == "qkvlib-1-0a-py3-none-any.whl"
    assert lock["packages"]["numpy"]["file_name"] == f"https://server/full/{official['numpy']['file_name']}"
    assert lock["packages"]["numpy"]["sha256"] == official["numpy"]["sha256"]
    assert sorted(lock["packages"]) == sorted(["qkvlib", *packages.COMPILED])


def test_a_page_for_another_pyodide_is_refused(tmp_path):
    with pytest.raises(Refusal, match="npm ci"):
        packages.pyodide_core(tmp_path)
    place = tmp_path / "node_modules" / "pyodide"
    place.mkdir(parents=True)
    (place / "pyodide.asm.wasm").touch()
    (place / "package.json").write_text('{"version": "0.1"}')
    with pytest.raises(Refusal, match=r"write that version into package\.json"):
        packages.pyodide_core(tmp_path)


@pytest.fixture(scope="module", params=site.MODES)
def written(request, root, tmp_path_factory):
    """A site with one package, in each of the two ways."""
    if not (root / "node_modules" / "pyodide").is_dir():
        pytest.skip("node_modules has no Pyodide; `make .venv/dev.json` with a network brings it")
    place = tmp_path_factory.mktemp(request.param)
    distribution = installed(place / "in")
    (place / "wheels").mkdir()
    files = packages._files(place / "in", distribution)
    package = wheels.pack(place / "in", distribution, files, "py3-none-any", place / "wheels")
    stdlib = shutil.copy(packages.pyodide_core(root) / site.STDLIB, place)
    site.build(root, place / "site", packages.Made({package.name: package}, stdlib), request.param)
    return request.param, place / "site"


@pytest.mark.slow
def test_the_site_is_whole(written, root):
    mode, out = written
    course = json.loads((out / "qkv" / "course.json").read_text())
    for path, mark in course["notebooks"].items():
        served = json.loads((out / "files" / path).read_text(encoding="utf-8"))
        assert contents.mark(served) == mark == served["metadata"]["qkv"]["course"]
        assert served["metadata"]["language_info"]["name"] == "python", "else a kernel would have to be chosen"
    built = [path.relative_to(root).as_posix() for path in root.glob("[nes]*/*.ipynb") if path.parent.name in FOLDERS]
    assert sorted(course["notebooks"]) == sorted(built)
    config = json.loads((out / "jupyter-lite.json").read_text())["jupyter-config-data"]
    names = [each["name"] for each in config["federated_extensions"]]
    assert sorted(names) == sorted(site.EXTENSIONS)
    for name in names:
        assert (out / "extensions" / name / "package.json").is_file()
    assert "qkv/course.js" in (out / "lab" / "index.html").read_text(encoding="utf-8")
    start = (out / "index.html").read_text(encoding="utf-8")
    assert "lab/index.html?path=notebooks/00_start_here.ipynb" in start
    assert "jupyter-config-data" in start, "JupyterLite looks for its settings there"
    folder = out / "static" / ("pyodide" if mode == "selfhost" else "qkv")
    lock = json.loads((folder / "pyodide-lock.json").read_text())["packages"]
    for package in lock.values():
        name = package["file_name"]
        assert name.startswith(PYODIDE_CDN_URL) if "://" in name else (folder / name).is_file()


FOLDERS = ("notebooks", "exercises", "solutions")


@pytest.mark.slow
def test_selfhost_names_no_other_server_and_cdn_one(written):
    mode, out = written
    settings = json.loads((out / "jupyter-lite.json").read_text())["jupyter-config-data"]["litePluginSettings"]
    kernel = settings[site.KERNEL]
    assert kernel["disablePyPIFallback"] is True
    lock = (out / "static" / ("pyodide" if mode == "selfhost" else "qkv") / "pyodide-lock.json").read_text()
    course = (out / "qkv" / "course.json").read_text()
    hosts = set(re.findall(r"https?://([^/\"]+)", json.dumps(kernel) + lock + course))
    assert hosts == (set() if mode == "selfhost" else {urlsplit(PYODIDE_CDN_URL).netloc})
    there = [path.name for path in (out / "static").rglob("pyodide.asm.wasm")]
    assert there == (["pyodide.asm.wasm"] if mode == "selfhost" else [])
    assert kernel["pyodideUrl"].endswith("/pyodide.mjs")


def test_an_archive_is_the_same_whenever_it_is_written(tmp_path):
    info = wheels.dated("a/b.py")
    assert (info.date_time, info.compress_type) == ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_DEFLATED)
