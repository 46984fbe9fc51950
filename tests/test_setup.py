"""From a clone to a running course: the README's commands, the bad inputs, and the environments that are derived.

Installs take their packages from uv's cache, offline: what is tested is this project, not the network.
"""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import BASE_PYTHON
from packaging.markers import Marker

from tools.environment import environment, pins
from tools.jupyterlab import end, free_port, wait_until_answering

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a learner gets: the files under version control, and nothing else."""
    place = tmp_path_factory.mktemp("clone") / "course"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


def run(line, cwd, **environment):
    return subprocess.run(
        line,
        cwd=cwd,
        env={**os.environ, **environment},
        shell=isinstance(line, str),
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
    )


def blocks(language):
    """The README's commands in fenced blocks of this language, block by block."""
    section = README.split("## Without make")[1].split("\n## ")[0]
    return [block.strip().splitlines() for block in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)]


def as_posix(command):
    """A Windows command as this machine would say it."""
    return re.sub(r"^py ", "python3 ", command).replace(".venv\\Scripts\\", ".venv/bin/").replace("\\", "/")


def equivalent(command, uv):
    """The same command, offline and with this Python."""
    command = re.sub(r"^python3 ", f"{BASE_PYTHON} ", as_posix(command))
    return re.sub(r"^\.venv/bin/python -m pip install", f"{uv} pip install --python .venv/bin/python", command)


def opens(command, clone, tmp_path):
    """Run a `qkv lab` command without a browser until it answers."""
    port = free_port()
    log = tmp_path / "said"
    with open(log, "wb") as said:
        process = subprocess.Popen(
            [*command.split(), "--no-browser", "--port", str(port)],
            cwd=clone,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            return wait_until_answering(f"http://127.0.0.1:{port}/api", process, 90, log)
        finally:
            end(process)


def make_recipe(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1].strip().replace("$(IN)/", ".venv/bin/")


@pytest.mark.slow
def test_the_commands_without_make_open_the_course(clone, offline, tmp_path):
    setup, lab = blocks("bat")[0]
    said = run(equivalent(setup, offline), clone)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "version" in opens(as_posix(lab), clone, tmp_path)
    again = run(equivalent(setup, offline), clone)
    assert (again.returncode, again.stdout) == (0, ""), "nothing changed, so nothing is said or installed"


def test_the_commands_without_make_run_the_same_tests_as_make():
    setup, tests = blocks("bat")[1]
    assert setup == "py tools\\setup.py --dev"
    assert as_posix(tests) == make_recipe("test")


@pytest.mark.slow
def test_the_commands_with_plain_pip_open_the_course(clone, offline, tmp_path):
    *setting_up, lab = blocks("sh")[0]
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    for command in setting_up:
        said = run(equivalent(command, offline), clone)
        assert said.returncode == 0, f"{command}\n{said.stdout}{said.stderr}"
    assert "version" in opens(lab, clone, tmp_path)


def test_the_conda_commands_install_the_project_as_pip_does():
    conda, pip = blocks("sh")[1], blocks("sh")[0]
    assert conda[0] == "conda env create -f environment.yml"
    assert conda[2] == pip[2].replace(".venv/bin/", "")


def test_environment_yml_agrees_with_the_lock_file():
    made = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = {re.split("[=;]", pin)[0] for pin in pins(lock)}
    assert len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) == len(pins(lock)), "every pin of the lock is read"
    assert made["dependencies"][-1]["pip"] == pins(lock)
    assert names >= {"jupyterlab", "ipywidgets", "anywidget", "numpy", "matplotlib"}
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert f"python {requires}" in made["dependencies"]
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment(lock, requires)


@pytest.mark.slow
def test_what_environment_yml_names_for_pip_installs(offline, tmp_path):
    made = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    wanted = made["dependencies"][-1]["pip"]
    (tmp_path / "pip.txt").write_text("\n".join(wanted))
    assert run([offline, "venv", "--python", BASE_PYTHON, "env"], tmp_path).returncode == 0
    said = run([offline, "pip", "install", "--python", "env/bin/python", "--requirement", "pip.txt"], tmp_path)
    assert said.returncode == 0, said.stderr
    there = run([offline, "pip", "freeze", "--python", "env/bin/python"], tmp_path).stdout.split()
    here = [pin.split(" ;")[0] for pin in wanted if " ;" not in pin or Marker(pin.split(" ;")[1].strip()).evaluate()]
    assert sorted(there) == sorted(here)


@pytest.mark.parametrize(
    ("python", "version"), [("no-such-python", ""), ("old-python", "3.9")], ids=["missing", "too old"]
)
def test_a_wrong_python_is_named_in_one_line(clone, tmp_path, python, version):
    if version:
        old = tmp_path / python
        old.write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(sys.version_info < (3, 11))` does there
        old.chmod(0o755)
        python = str(old)
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    said = run(["make", "lab", f"PYTHON={python}"], clone)
    assert said.returncode
    first = said.stderr.splitlines()[0]
    assert first == f"make: '{python}' is not a Python 3.11 or newer; name one that is: make lab PYTHON=python3.12"
    assert not (clone / ".venv").exists()


def test_no_python_at_all_is_named_in_one_line(clone, tmp_path):
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    said = run([str(tmp_path / "make"), "lab"], clone, PATH=str(tmp_path))
    assert said.returncode
    assert said.stderr.splitlines()[0].startswith("make: no Python 3.11 or newer found; install one")


@pytest.mark.slow
def test_no_network_is_said_in_one_line_and_the_next_try_starts_over(clone, offline, tmp_path, monkeypatch):
    monkeypatch.delenv("UV")
    monkeypatch.delenv("UV_OFFLINE")
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_INDEX": "0",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_CACHE_DIR": str(tmp_path / "empty"),
    }
    said = run([BASE_PYTHON, "tools/setup.py"], clone, **nowhere)
    assert said.returncode == 1
    assert said.stderr.startswith("setup: The packages could not be downloaded: check the network")
    assert said.stderr.count("\n") == 1
    assert not (clone / ".venv" / "learn.json").exists()
    again = run([BASE_PYTHON, "tools/setup.py"], clone, UV=offline, UV_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert (clone / ".venv" / "learn.json").exists()


@pytest.mark.slow
def test_a_package_that_is_not_the_locked_one_is_refused(clone, offline, tmp_path):
    lock = clone / "requirements.lock"
    kept = lock.read_text()
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    try:
        lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", kept))
        said = run([BASE_PYTHON, "tools/setup.py"], clone)
    finally:
        lock.write_text(kept)
    assert said.returncode == 1
    assert said.stderr.startswith("setup: ")
    assert not (clone / ".venv" / "learn.json").exists()


def test_the_readmes_example_prints_what_it_says(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(example, {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"# (.*)", example)


def test_contributings_instrument_works():
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [text for text in examples if "Instrument(s)" in text]
    names = {}
    exec(example, names)
    instrument = names["one_query"]()
    assert instrument["Q"].tolist() == (instrument["X"] @ instrument["W_Q"]).tolist()


def test_contributings_lesson_and_exercise_build(tmp_path):
    """The format as it is described is the format that is read."""
    from tools.build import plan, read_course

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (front,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    figure, exercise = re.findall(r"````md\n(.*?)````", text, re.DOTALL)
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_a.md").write_text(front + figure)
    short = "---\nqkv: {title: By hand, minutes: 3}\n---\n"
    (tmp_path / "lessons" / "01_a_exercises.md").write_text(short + exercise)
    notebook, solution, stub = plan(read_course(tmp_path))
    (alt,) = re.findall(r"^:alt: (.+)$", figure, re.MULTILINE)
    assert notebook.notebook.cells[2].metadata["alt"] == alt
    (answer,) = re.findall(r"BEGIN SOLUTION\n(.*?) *### END", exercise, re.DOTALL)
    assert answer.strip() in solution.notebook.cells[1].source
    assert answer.strip() not in stub.notebook.cells[1].source
