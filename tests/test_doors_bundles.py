"""Bundles that grade on a platform: started as the platform starts them, and read back by its rules."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from classroom import course, submission
from door_rules import classroom50_result, gradescope_results, prairielearn_result
from typer.testing import CliRunner

from qkvlib.cli import app

BOOK = "02_two_tokens.ipynb"
NO_SCALE = {"scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a course, a roster and an assignment that was handed out."""
    monkeypatch.chdir(tmp_path)
    course(tmp_path)
    (tmp_path / "roster.csv").write_text("student_id,name,email\np01,A,p01@example.org\np02,B,p02@example.org\n")
    assert qkv("assign", f"exercises/{BOOK}", "--roster", "roster.csv", "--out", "handout").exit_code == 0
    return tmp_path


def qkv(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def secret(place):
    return json.loads((place / "qkv-course.json").read_text())["secret"]


def a_python(path):
    """What the platform's own setup would have installed: this Python, under another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)


def looking(*paths):
    """Answers that read the teacher's files, and say in an error what they saw."""
    look = "\n".join(
        f"    try:\n        seen += open({str(path)!r}).read()\n    except OSError:\n        pass" for path in paths
    )
    return {"scores": f"def scores(Q, K):\n    seen = ''\n{look}\n    raise ValueError(seen or 'nothing seen')"}


class Gradescope:
    """/autograder, as Gradescope lays it out."""

    def __init__(self, root, archive):
        self.root = root
        self.environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}  # for `in_a_container`
        (root / "submission").mkdir(parents=True)
        with zipfile.ZipFile(archive) as zipped:
            assert {"setup.sh", "run_autograder"} <= set(zipped.namelist()), "both in the root of the archive"
            zipped.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
        (root / "run_autograder").chmod(0o755)
        a_python(root / "python" / "bin" / "python")
        self.metadata({"email": "P02@example.org", "id": 77, "name": "B"})

    def metadata(self, *users):
        (self.root / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": users}))

    def grade(self, *files, inside=()):
        for file in (self.root / "submission").iterdir():
            file.unlink()
        for name, content in files:
            (self.root / "submission" / name).write_text(content)
        command = [*inside, self.root / "run_autograder"]
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        results = json.loads((self.root / "results" / "results.json").read_text())
        gradescope_results(results)
        return results


@pytest.fixture
def autograder(place):
    done = qkv("export", "gradescope", f"exercises/{BOOK}", "--roster", "roster.csv", "--out", "out")
    assert done.exit_code == 0, done.output
    return Gradescope(place / "autograder", place / "out" / "autograder.zip")


@pytest.mark.sandbox
def test_gradescope_grades_as_qkv_grade_does(place, autograder, bubblewrap):
    book = json.dumps(submission(NO_SCALE))
    there = autograder.grade((BOOK, book))
    (place / "in").mkdir()
    (place / "in" / "p02.ipynb").write_text(book)
    assert qkv("grade", "in", "--assignment", f"exercises/{BOOK}", "--roster", "roster.csv").exit_code == 0
    assert there == json.loads((place / "results/gradescope/p02/results.json").read_text())
    assert (there["score"], [test["status"] for test in there["tests"]].count("failed")) == (6, 1)


@pytest.mark.sandbox
def test_gradescope_always_has_a_result(place, autograder, bubblewrap):
    two = autograder.grade(
        (BOOK, json.dumps(submission(NO_SCALE))), ("02_two_tokens-1.ipynb", json.dumps(submission()))
    )
    assert two["score"] == 8, "the last upload"
    none = autograder.grade(("essay.pdf", "%PDF"))
    assert (none["score"], none["output"][:47]) == (0, "No notebook was handed in, but “essay.pdf”. Han")
    damaged = autograder.grade((BOOK, "{"))
    assert "not a readable notebook" in damaged["output"]
    autograder.metadata({"email": "stranger@example.org", "id": 99, "name": "C"})
    assert autograder.grade((BOOK, json.dumps(submission())))["score"] == 8, (
        "the same numbers for all: under its own id"
    )
    for broken in ("{", "[]", '{"users": []}'):
        (autograder.root / "submission_metadata.json").write_text(broken)
        results = autograder.grade((BOOK, json.dumps(submission())))
        assert results["score"] == 0
        assert "no grade" in results["output"] or "not on the roster" in results["output"]
    a_python(autograder.root / "python" / "bin" / "python")
    (autograder.root / "python/bin/python").write_text("#!/bin/sh\nkill -9 $$\n")
    ended = autograder.grade((BOOK, json.dumps(submission())))
    assert (ended["score"], "ended before it was done, so this is no grade" in ended["output"]) == (0, True)


@pytest.mark.sandbox
def test_the_course_secret_is_out_of_a_students_reach(place, autograder, bubblewrap):
    root = autograder.root
    paths = [root / "source/setup.json", root / f"source/solutions/{BOOK}", root / "submission_metadata.json"]
    results = autograder.grade((BOOK, json.dumps(submission(looking(*paths, "/autograder/source/setup.json")))))
    assert "nothing seen" in results["tests"][0]["output"]
    assert secret(place) not in json.dumps(results)
    assert secret(place) in paths[0].read_text(), "it is there, for the grader"
    assert paths[0].stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a container's grader is root")
def test_gradescopes_container_has_the_second_wall(place, autograder, second_wall):
    """No user namespaces, root, Docker's capabilities: what Gradescope gives an autograder."""
    container = [sys.executable, Path(__file__).with_name("in_a_container.py")]
    paths = [autograder.root / "source/setup.json", autograder.root / "submission_metadata.json"]
    results = autograder.grade((BOOK, json.dumps(submission(looking(*paths)))), inside=container)
    assert results["score"] == 6
    assert "nothing seen" in results["tests"][0]["output"]
    assert secret(place) not in json.dumps(results)
    assert "second" in results["output"], "the result says behind which wall it was graded"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a container's grader is root")
def test_the_other_containers_say_so_too(place, second_wall):
    assert qkv("export", "prairielearn", f"exercises/{BOOK}", "--out", "pl").exit_code == 0
    root = place / "grade"
    shutil.copytree(place / "pl/02_two_tokens/tests", root / "tests")
    (root / "tests/run.sh").chmod(0o755)
    for folder, name, text in (
        ("data", "data.json", '{"variant_seed": 1}'),
        ("student", BOOK, json.dumps(submission())),
    ):
        (root / folder).mkdir()
        (root / folder / name).write_text(text)
    there = Path(__file__).parent
    environment = {**os.environ, "QKV_PYTHON": sys.executable, "PYTHONPATH": str(there.parent)}
    command = [sys.executable, there / "in_a_container.py", root / "tests/run.sh"]
    subprocess.run(command, env=environment, capture_output=True, timeout=120, check=True)
    results = json.loads((root / "results/results.json").read_text())
    assert prairielearn_result(results) == (1, [])
    assert "second wall" in results["message"]


def test_gradescopes_scripts_are_shell(place, autograder):
    for name in ("setup.sh", "run_autograder"):
        script = autograder.root / "source" / name
        assert script.read_bytes().startswith(b"#!/usr/bin/env bash\n")
        assert subprocess.run(["bash", "-n", script], capture_output=True, timeout=30).stderr == b""


@pytest.mark.sandbox
def test_classroom_50_reads_the_result(place, bubblewrap):
    done = qkv("export", "classroom50", f"exercises/{BOOK}", "--out", "bundle")
    assert done.exit_code == 0, done.output
    bundle = place / "bundle" / "02_two_tokens"
    written = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    assert secret(place).encode() not in written
    assert len(written) < 10 << 20, "the runner fetches no more"
    checkout = place / "checkout"
    checkout.mkdir()
    named = {
        "CLASSROOM": "attention",
        "ASSIGNMENT": "hw2",
        "OWNER": "octo",
        "SUBMISSION_TAG": "submit/2026-06-12T16-00-00Z-ab",
    }
    links = dict.fromkeys(("COMMIT_URL", "RELEASE_URL"), "https://example.org/x")
    environment = {**os.environ, **named, **links}
    environment.pop("PYTHONPATH", None)

    def grade(book):
        (checkout / BOOK).write_text(book)
        command = [sys.executable, bundle / "autograder.py"]
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120)

    (checkout / "result.json").symlink_to(place / "roster.csv")
    done = grade(json.dumps(submission(NO_SCALE)))
    assert done.returncode == 0, done.stderr
    result = json.loads((checkout / "result.json").read_text())
    assert classroom50_result(result, "attention", "hw2", "octo") is None
    assert (result["score"], result["max-score"], result["tests"][0]["passed"]) == (6, 8, False)
    assert (place / "roster.csv").read_text().startswith("student_id"), "a student's link is replaced, not followed"
    assert "### 6 of 8 points" in (checkout / "release-body.md").read_text()
    markup = grade(json.dumps(submission({"scores": "def scores(Q, K):\n    raise ValueError('![x](http://x) <b>')"})))
    assert markup.returncode == 0
    assert not {"![", "<b>"} & {part for part in ("![", "<b>") if part in (checkout / "release-body.md").read_text()}
    environment["ASSIGNMENT"] = "hw2"
    (bundle / "setup.json").write_text("{}")
    broken = grade(json.dumps(submission()))
    assert broken.returncode != 0, "the runner says so itself"
    assert not (checkout / "result.json").exists(), "and no older result stands"


@pytest.mark.sandbox
def test_prairielearn_reads_the_result(place, bubblewrap, monkeypatch):
    done = qkv("export", "prairielearn", f"exercises/{BOOK}", "--image", "org/grader", "--out", "pl")
    assert done.exit_code == 0, done.output
    question = place / "pl" / "02_two_tokens"
    info = json.loads((question / "info.json").read_text())
    assert (info["type"], info["gradingMethod"]) == ("v3", "External")
    options = info["externalGradingOptions"]
    assert (options["image"], options["entrypoint"]) == ("org/grader", "/grade/tests/run.sh")
    assert options["timeout"] <= 600
    assert "solution()" not in (question / f"clientFilesQuestion/{BOOK}").read_text().replace(
        ".solution()` does not", ""
    )
    root = place / "grade"
    shutil.copytree(question / "tests", root / "tests")
    (root / "tests/run.sh").chmod(0o755)
    (root / "data").mkdir()
    (root / "data/data.json").write_text(json.dumps({"variant_seed": 1234, "params": {}}))
    (root / "student").mkdir()
    environment = {**os.environ, "QKV_PYTHON": sys.executable}

    def grade(text):
        (root / "student" / BOOK).write_text(text)
        subprocess.run([root / "tests/run.sh"], env=environment, capture_output=True, timeout=120, check=True)
        return json.loads((root / "results/results.json").read_text())

    results = grade(json.dumps(submission(NO_SCALE)))
    assert prairielearn_result(results) == (0.75, [])
    assert [test["points"] for test in results["tests"]] == [0, 2, 1, 3]
    score, errors = prairielearn_result(grade("{"))
    assert score is None, "a damaged file costs no attempt"
    assert "not a readable notebook" in errors[0]
    seen = grade(json.dumps(submission(looking(root / "tests/setup.json", root / "data/data.json"))))
    assert "nothing seen" in seen["tests"][0]["message"]
    (root / "data/data.json").write_text("{}")
    assert prairielearn_result(grade(json.dumps(submission())))[0] is None
    environment["QKV_PYTHON"] = "/bin/false"
    assert prairielearn_result(grade(json.dumps(submission())))[1][0].startswith("Grading was ended")


@pytest.mark.parametrize("door", ["classroom50", "prairielearn", "gradescope"])
def test_own_numbers_need_a_roster_or_another_hand_out(place, door):
    book = json.loads((place / "exercises" / BOOK).read_text())
    book["cells"].insert(2, {"cell_type": "code", "id": "numbers", "metadata": {"tags": ["parameters"]}})
    book["cells"][2] |= {"source": "numbers = [1, 2, 3]", "outputs": [], "execution_count": None}
    (place / "exercises" / BOOK).write_text(json.dumps(book))
    assert qkv("assign", f"exercises/{BOOK}", "--roster", "roster.csv", "--out", "own").exit_code == 0
    done = qkv("export", door, f"exercises/{BOOK}", "--out", "x")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "handed out with own numbers" in done.stderr
    assert not (place / "x").exists()


@pytest.mark.parametrize("door", ["classroom50", "prairielearn", "gradescope"])
def test_no_course_file_no_bundle(place, door):
    (place / "qkv-course.json").unlink()
    done = qkv("export", door, f"exercises/{BOOK}", "--out", "x")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "qkv-course.json is not here" in done.stderr
    assert qkv("export", door, "77").exit_code == 1
    assert not (place / "x").exists()
    assert not (place / "qkv-course.json").exists(), "no new secret is made for it"
