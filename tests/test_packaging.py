"""The wheel holds what an installed course needs, is the same every time, and opens the course in an empty folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile

import pytest
from conftest import BASE_PYTHON

from qkvlib.course.trust import BUILT, FOLDERS, fingerprint
from tools.jupyterlab import end, free_port, wait_until_answering

MOST_DATA = 8 * 2**20  # bytes
TRUSTED = """
from pathlib import Path
from qkvlib.course.lab import place
from qkvlib.course.trust import trust, unchanged
root, listed = place(Path("my-course"))
print(len(unchanged(root, listed)), len(trust(root, listed)))
"""
CARRIED = "qkvlib/data/course/"


def build(root, out, *targets, **environment):
    """Builds with the backend that the lock file brought; nothing is fetched."""
    line = [sys.executable, "-m", "hatchling", "build", *(each for t in targets for each in ("-t", t)), "-d", str(out)]
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return subprocess.run(line, cwd=root, env={**kept, **environment}, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def source(root, tmp_path_factory):
    """The files under version control, with the notebooks as the build wrote them: what a release is built from."""
    place = tmp_path_factory.mktemp("source") / "course"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (root / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, place / name)
    known = json.loads((place / BUILT).read_text(encoding="utf-8"))
    if any(fingerprint((place / name).read_bytes()) != known.get(name) for name in known):
        pytest.skip("somebody has worked in these notebooks; a release is built from the course's own")
    return place


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    """The wheel and the sdist."""
    out = tmp_path_factory.mktemp("built")
    said = build(source, out, "sdist", "wheel")
    assert said.returncode == 0, said.stderr
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(built):
    with zipfile.ZipFile(built[0]) as opened:
        yield opened


def test_every_file_of_the_package_is_in_it(root, wheel):
    listed = subprocess.run(["git", "ls-files", "qkvlib"], cwd=root, capture_output=True, text=True, check=True)
    names = set(wheel.namelist())
    assert {name for name in listed.stdout.split() if (root / name).exists()} <= names
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_notebooks_come_along_as_the_build_wrote_them(source, wheel):
    known = json.loads(wheel.read(BUILT.as_posix()))
    carried = {name.removeprefix(CARRIED) for name in wheel.namelist() if name.startswith(CARRIED)}
    assert (
        carried
        == set(known)
        == {path.relative_to(source).as_posix() for folder in FOLDERS for path in (source / folder).glob("*.ipynb")}
    )
    assert {name: fingerprint(wheel.read(CARRIED + name)) for name in known} == known


def test_its_data_are_small(wheel):
    sizes = [entry.file_size for entry in wheel.infolist() if "/data/" in entry.filename]
    assert 0 < sum(sizes) <= MOST_DATA


def test_jupyterlabs_settings_and_the_licences_come_along(root, wheel):
    (settings,) = [name for name in wheel.namelist() if name.endswith("data/share/jupyter/lab/settings/overrides.json")]
    assert b"saveState" in wheel.read(settings)
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(metadata).decode()
    assert "License-Expression: MIT AND CC-BY-4.0 AND Apache-2.0" in text
    for licence in ("LICENSE", "LICENSE-text", "qkvlib/data/real_heads/LICENSE"):
        assert f"License-File: {licence}" in text
        (stored,) = [name for name in wheel.namelist() if name.endswith(f".dist-info/licenses/{licence}")]
        assert wheel.read(stored) == (root / licence).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [{}, {"SOURCE_DATE_EPOCH": "1767225600"}], ids=["no date", "a date"])
def test_built_again_elsewhere_later_and_by_another_hand_it_is_the_same(source, epoch, tmp_path):
    """A copy with other times and other permissions gives the same bytes; so does the wheel made from the sdist."""
    other = tmp_path / "elsewhere"
    shutil.copytree(source, other)
    for path in other.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
    for tree, out in ((source, "a"), (other, "b")):
        said = build(tree, tmp_path / out, "sdist", "wheel", **epoch)
        assert said.returncode == 0, said.stderr
    first, again = ({p.name: p.read_bytes() for p in (tmp_path / out).iterdir()} for out in "ab")
    assert len(first) == 2
    assert first == again
    with tarfile.open(next((tmp_path / "a").glob("*.tar.gz"))) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert build(unpacked, tmp_path / "c", "wheel", **epoch).returncode == 0
    (from_sdist,) = (tmp_path / "c").iterdir()
    assert from_sdist.read_bytes() == first[from_sdist.name]


def test_a_changed_notebook_is_never_shipped(source, tmp_path):
    shutil.copytree(source, tmp_path / "course")
    name = "exercises/02_two_tokens.ipynb"
    with open(tmp_path / "course" / name, "a", encoding="utf-8") as file:
        file.write(" ")
    said = build(tmp_path / "course", tmp_path / "out", "wheel")
    assert said.returncode
    assert f"Not as the build wrote them: {name}." in said.stderr
    assert not list((tmp_path / "out").glob("*.whl"))


@pytest.mark.slow
def test_installed_alone_two_commands_open_a_copy_that_is_ended_by_ctrl_c(root, built, offline, tmp_path):
    env, work = tmp_path / "env", tmp_path / "empty"
    work.mkdir()
    python = env / "bin" / "python"
    install = [offline, "pip", "install", "--python", str(python), "--constraint", "requirements.lock", str(built[0])]
    for line in ([offline, "venv", "--python", BASE_PYTHON, str(env)], install):
        said = subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=240)
        assert said.returncode == 0, said.stderr
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    environment = {**os.environ, **folders, "PYTHONPATH": ""}

    def qkv(*arguments):
        line = [str(env / "bin" / "qkv"), *arguments]
        return subprocess.run(line, cwd=work, env=environment, capture_output=True, text=True, timeout=120)

    port, log = free_port(), tmp_path / "said"
    line = [str(env / "bin" / "qkv"), "lab", "--dir", "my-course", "--no-browser", "--port", str(port)]
    with open(log, "wb") as said:
        process = subprocess.Popen(
            line,
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        try:
            assert "version" in wait_until_answering(f"http://127.0.0.1:{port}/api", process, 90, log)
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            end(process)
    printed = log.read_text()
    assert "Traceback" not in printed
    written = len([path for path in (work / "my-course").rglob("*") if path.is_file()]) - 1  # one remembers the others
    assert f"my-course: {written} files written." in printed
    copied = {path.relative_to(work / "my-course") for path in (work / "my-course").rglob("*.ipynb")}
    assert copied == {path.relative_to(root) for folder in FOLDERS for path in (root / folder).glob("*.ipynb")}
    said = subprocess.run([python, "-c", TRUSTED], cwd=work, env=environment, capture_output=True, text=True)
    assert said.stdout.splitlines()[-1] == f"{len(copied)} 0", "all are the build's, and all were signed before"
    doctor = qkv("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "WRONG" not in doctor.stdout
    graded = qkv("grade", "in", "--assignment", "03")
    assert graded.returncode == 1
    assert "python -m pip install 'qkvlib[grading]'" in graded.stderr
    assert graded.stderr.count("\n") == 1
