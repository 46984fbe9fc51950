"""nbgrader itself on our files, unchanged, in an environment of its own: it makes an assignment from a solutions
notebook, and scores a right, a wrong and a blank submission correctly."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import required

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "02_two_tokens.ipynb"
VERSION = "0.9.6"  # it calls alembic by bare name, so the folder of its programs must be on PATH

SCORES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({
        s.student.id: {g.name: [g.score, g.max_score] for n in s.notebooks for g in n.grades}
        for s in book.assignment_submissions("ASSIGNMENT")
    }))
"""

WRONG_SCORES = "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)\n"


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Run a program of an environment that has nbgrader and this library, and nothing else of ours."""
    home = tmp_path_factory.mktemp("nbgrader")
    environment = home / "venv"
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    required("uv", uv)
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, environment], check=True, timeout=120)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    install = [uv, "pip", "install", "-q", "--python", python, f"nbgrader=={VERSION}", "numpy", "platformdirs"]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=300)
    required(f"nbgrader {VERSION} (from the package index)", installed.returncode == 0)
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    Path(where.stdout.strip(), "qkvlib-here.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    variables = {
        "PATH": f"{scripts}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "QKV_HOME": str(home / "progress"),
        "JUPYTER_PLATFORM_DIRS": "1",
        **{name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "LANG") if name in os.environ},
    }
    course = home / "course"
    (course / "source" / "lesson02").mkdir(parents=True)

    def run(*command):
        done = subprocess.run(
            [scripts / command[0], *command[1:]], cwd=course, env=variables, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run.course = course
    return run


def submit(course, student, answers):
    """Hand in the released notebook with the source of some exercise cells replaced."""
    notebook = nbformat.read(course / "release" / "lesson02" / NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    folder = course / "submitted" / student / "lesson02"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / NOTEBOOK)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_right_a_wrong_and_a_blank_submission_are_scored_correctly(nbgrader):
    course = nbgrader.course
    source = ROOT / "solutions" / NOTEBOOK
    shutil.copy(source, course / "source" / "lesson02" / NOTEBOOK)
    solved = {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in nbformat.read(source, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    points = {
        cell.metadata["nbgrader"]["grade_id"]: cell.metadata["nbgrader"]["points"]
        for cell in nbformat.read(source, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert set(points) == {f"{name}-check" for name in solved}

    nbgrader("nbgrader", "generate_assignment", "lesson02")
    released = nbformat.read(course / "release" / "lesson02" / NOTEBOOK, as_version=4)
    assert not any("SOLUTION" in cell.source for cell in released.cells)
    assert not any("np.swapaxes(K" in cell.source for cell in released.cells if "scores" in cell.id)

    submit(course, "ada", solved)
    submit(course, "bo", {**solved, "scores": WRONG_SCORES, "order_attention": 'order_attention = "BDEA"'})
    submit(course, "cy", {})
    nbgrader("nbgrader", "autograde", "lesson02")
    nbgrader("nbgrader", "generate_feedback", "lesson02")

    scored = json.loads(nbgrader("python", "-c", SCORES.replace("ASSIGNMENT", "lesson02")).strip().splitlines()[-1])
    assert scored["ada"] == {check: [worth, worth] for check, worth in points.items()}
    assert all(score == 0 for score, _ in scored["cy"].values())
    lost = {check for check, (score, _) in scored["bo"].items() if score == 0}
    assert {"scores-check", "order_attention-check"} <= lost
    assert {check for check, (score, worth) in scored["bo"].items() if score == worth} == set(points) - lost
    # `attention` calls the student's own `scores`: nbgrader has no way round that; `qkv grade` does.
    assert lost <= {"scores-check", "order_attention-check", "attention-check", "cross_attention-check"}

    page = (course / "feedback" / "bo" / "lesson02" / NOTEBOOK).with_suffix(".html").read_text(encoding="utf-8")
    assert "bare dot products" in page


def graded(path):
    """{check cell: points} and {exercise: solution} of a solutions notebook."""
    cells = [
        (c.source, c.metadata["nbgrader"]) for c in nbformat.read(path, as_version=4).cells if "nbgrader" in c.metadata
    ]
    points = {facts["grade_id"]: facts["points"] for _, facts in cells if facts.get("grade")}
    return points, {facts["grade_id"]: source for source, facts in cells if facts.get("solution")}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_other_exercise_notebooks_right_and_blank(nbgrader):
    """The other sixteen notebooks as one assignment: it runs every solution and every stub once."""
    course = nbgrader.course
    notebooks = [path for path in sorted((ROOT / "solutions").glob("*.ipynb")) if path.name != NOTEBOOK]
    assert len(notebooks) == 16
    (course / "source" / "others").mkdir()
    for path in notebooks:
        shutil.copy(path, course / "source" / "others")
    nbgrader("nbgrader", "generate_assignment", "others")
    points = {}
    for path in notebooks:
        worth, solved = graded(path)
        points |= worth
        released = nbformat.read(course / "release" / "others" / path.name, as_version=4)
        assert not any("SOLUTION" in cell.source for cell in released.cells), path.name
        for student in ("ada", "cy"):
            (course / "submitted" / student / "others").mkdir(parents=True, exist_ok=True)
        shutil.copy(course / "release" / "others" / path.name, course / "submitted" / "cy" / "others")
        for cell in released.cells:
            cell.source = solved.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        nbformat.write(released, course / "submitted" / "ada" / "others" / path.name)
    nbgrader("nbgrader", "autograde", "others")
    scored = json.loads(nbgrader("python", "-c", SCORES.replace("ASSIGNMENT", "others")).strip().splitlines()[-1])
    assert len(points) == 67
    assert scored["ada"] == {check: [worth, worth] for check, worth in points.items()}
    assert scored["cy"] == {check: [0, worth] for check, worth in points.items()}
