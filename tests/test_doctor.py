"""Each thing the doctor looks at, well and ill; an ill one always says how to mend it."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qkvlib.course import doctor
from qkvlib.grading.sandbox import bubblewrap, choice


def ill(finding, *words, serious=True):
    assert not finding.ok
    assert finding.fix
    assert finding.serious is serious
    for word in words:
        assert word in finding.what + " " + finding.fix


def test_python():
    assert doctor.python_version((3, 11)).ok
    ill(doctor.python_version((3, 9)), "3.9 is too old", "3.11")


@pytest.fixture
def course(tmp_path):
    (tmp_path / "requirements.lock").write_text(
        "a-b==1.0 \\\n    --hash=sha256:00\n"
        'old==2 ; sys_platform == "none" \\\n    --hash=sha256:00\n'
        'c==3 ; python_version >= "3"\n'
    )
    return tmp_path


def test_packages(course):
    right = {"a-b": "1.0", "c": "3"}
    assert doctor.packages(course, right.__getitem__).ok

    def missing(name):
        if name == "c":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.1"

    ill(doctor.packages(course, missing), "a-b (1.1, not 1.0)", "c (missing, not 3)", "make lab")
    ill(doctor.packages(course / "elsewhere"), "requirements.lock")


def test_packages_of_an_installed_course():
    """Without a clone there is no lock file: what counts is what the package itself asks for."""
    assert doctor.packages(None).ok
    asked = ["numpy>=2", "typer", 'msgspec; extra == "grading"', 'tzdata; sys_platform == "none"']

    def installed(name):
        if name in ("msgspec", "tzdata", "typer"):
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.9"

    ill(doctor.asked_for(installed, lambda name: asked), "numpy (1.9, not >=2), typer (missing)", "pip install")
    assert doctor.asked_for(lambda name: "2.1", lambda name: asked[:2]).ok


def test_many_wrong_packages_are_counted(tmp_path):
    (tmp_path / "requirements.lock").write_text("".join(f"p{n}==1\n" for n in range(7)))
    ill(doctor.packages(tmp_path, lambda name: "2"), "and 3 more")


def test_widget_extensions(tmp_path):
    for finding in doctor.widget_extensions([tmp_path]):
        ill(finding, "widgets extension", "Install")
    for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text("{}")
    assert all(finding.ok for finding in doctor.widget_extensions([tmp_path]))


@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": false}}']
)
def test_lab_settings_that_are_not_there(tmp_path, text):
    if text is not None:
        path = tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    ill(doctor.lab_settings(tmp_path), "pip install")


def test_lab_settings_that_the_package_ships(root):
    """Found where JupyterLab looks, and the same file that is in the repository."""
    assert doctor.lab_settings(Path(sys.prefix)).ok
    shipped = json.loads((root / "qkvlib/data/jupyter/lab/settings/overrides.json").read_text())
    assert shipped["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}


def test_kernel(tmp_path, monkeypatch):
    assert doctor.kernel().ok
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["/elsewhere/python"], "display_name": "x"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    ill(doctor.kernel(), "/elsewhere/python", "remove")


def test_course_files(root, tmp_path):
    assert doctor.course_files(root).ok
    ill(doctor.course_files(tmp_path), "make build")
    assert doctor.course_files(None).ok, "a course that was installed carries them"


def test_an_installed_course_that_lost_its_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "shipped", lambda: tmp_path)
    ill(doctor.course_files(None), "pip install")


def test_progress_folder(tmp_path, monkeypatch):
    assert doctor.progress_folder().ok
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QKV_HOME", str(tmp_path / "file" / "below"))
    ill(doctor.progress_folder(), "not writable", "QKV_HOME")
    monkeypatch.setenv("QKV_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(1, 1, 0))
    ill(doctor.progress_folder(), "full")


def test_browser(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    ill(doctor.browser(), "apt install chromium", serious=False)
    there = tmp_path / "my-browser"
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(there))
    assert doctor.browser().ok


def test_walls_that_do_not_stand(tmp_path, monkeypatch):
    def first(name="bubblewrap"):
        return next(finding for finding in doctor.walls() if name in finding.what)

    monkeypatch.setattr(choice, "ASKED", {"": ("bubblewrap",)})
    with monkeypatch.context() as patched:
        patched.setattr(bubblewrap, "find_bwrap", lambda: None)
        ill(first(), "apt install bubblewrap", "qkvlib[classroom]", serious=False)
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "qkvlib.grading.sandbox", None)
        ill(first(""), "qkvlib[grading]", serious=False)
    bwrap = tmp_path / "bwrap"
    monkeypatch.setattr(bubblewrap, "launch_command", lambda control: [str(bwrap)])
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    ill(first(), "does not allow user namespaces", "said: bwrap: No permissions", "needs a wall", serious=False)
    bwrap.write_text("#!/bin/sh\nexit 0\n")  # as `qkv grade` finds: nothing runs in it
    ill(first(), "apt install bubblewrap", serious=False)


@pytest.mark.sandbox
def test_walls_that_stand(request, second_wall):
    request.getfixturevalue("bubblewrap")
    standing = {finding.what: finding for finding in doctor.walls()}
    assert all(finding.ok for finding in standing.values())
    assert any("bubblewrap (namespaces" in what for what in standing)
    assert any(f"{second_wall} (" in what and "system call filter" in what for what in standing)


def test_the_command_on_this_very_environment(root):
    line = [sys.executable, "-c", "from qkvlib.cli import app; app(prog_name='qkv')", "doctor"]
    said = subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.endswith("All is well for learning.\n")


def test_the_command_fails_where_something_serious_is_wrong(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "qkvlib").mkdir()
    line = [sys.executable, "-c", "from qkvlib.cli import app; app(prog_name='qkv')", "doctor"]
    said = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert said.returncode == 1
    assert "WRONG" in said.stdout
    assert "must be fixed first" in said.stderr
