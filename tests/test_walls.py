"""What is inside the sandbox: the files that are named, and none of what is right, secret or somebody's.

The guard plants values that occur nowhere else (canaries) in a copy of the course and looks for the values, not for
names of files. The same search, outside, has to find every one of them, or nothing was planted.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import SECRET, as_cells, course, submission

import qkvlib
from qkvlib.check.registry import exercises
from qkvlib.grading import assignment, grader
from qkvlib.grading.inside.contents import FILES
from qkvlib.grading.sandbox import Limits, Sandbox, parts

LIBRARY = Path(qkvlib.__file__).parent
CANARY = re.compile(rb"CANARY-[0-9a-f]{12}")

LOOK = """
import functools, gc, os, re, sys
@functools.cache
def look():
    pattern = re.compile(b"CANARY" + b"-[0-9a-f]{12}")
    found, files = set(), []
    for top, folders, names in os.walk("/"):
        for name in names:
            path = os.path.join(top, name)
            files.append(path)
            try:
                if os.path.isfile(path):
                    found.update(pattern.findall(open(path, "rb").read()))
            except OSError:
                pass
    def texts(o):
        if type(o) is dict:
            yield from o.values()
        elif type(o) in (list, tuple, set, frozenset):
            yield from o
        elif hasattr(o, "co_consts"):
            yield from o.co_consts
    for o in gc.get_objects():
        for t in texts(o):
            if type(t) is str:
                found.update(pattern.findall(t.encode("utf-8", "replace")))
            elif type(t) is bytes:
                found.update(pattern.findall(t))
    for frame in sys._current_frames().values():
        while frame:
            found.update(pattern.findall(repr(frame.f_locals).encode("utf-8", "replace")))
            frame = frame.f_back
    found.update(pattern.findall(repr((dict(os.environ), sys.argv, sys.path)).encode()))
    return sorted(found), files
def softmax(z, axis=-1):
    found, files = look()
    raise ValueError(f"{REPORT}")
"""


def looking(report):
    """The cells of a submission whose softmax says what it found."""
    return {"softmax": LOOK.replace("{REPORT}", report)}


def said(grade):
    return next(r.message for r in grade.results if r.name == "softmax")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(Limits(seconds=20, cpu_total=40, wall=90)) as started:
        yield started


def planted(text, number):
    return f"{text}\nCANARY_{number} = 'CANARY-{number:012x}'\n"


@pytest.mark.sandbox
@pytest.mark.slow
def test_no_canary_is_seen_from_inside(tmp_path, bubblewrap):
    """Planted in a copied course: in a reference, a misconception, a clinic bug, a solution, the secret, the roster."""
    place = tmp_path / "course"
    shutil.copytree(LIBRARY, place / "qkvlib", ignore=shutil.ignore_patterns("__pycache__"))
    exercise = exercises()["softmax"]
    mistake = next(version for m in exercise.mistakes for version in m.versions)
    clinic = next(LIBRARY.rglob("clinic*/**/*.py"), LIBRARY / "clinic.py")
    hiding = [sys.modules[f.__module__].__file__ for f in (exercise.reference, mistake, exercise.inputs)] + [clinic]
    for number, path in enumerate(sorted({Path(path) for path in hiding}), 1):
        copy = place / "qkvlib" / Path(path).relative_to(LIBRARY)
        copy.write_text(planted(copy.read_text(encoding="utf-8"), number), encoding="utf-8")
    numbers = len({Path(path) for path in hiding})
    book = course(place)
    solved = place / "solutions" / book.name
    solution = json.loads(solved.read_text())
    for cell in solution["cells"]:
        if cell.get("id") == "softmax":
            cell["source"] = planted(cell["source"], numbers + 1)
    solved.write_text(json.dumps(solution))
    secret = f"CANARY-{numbers + 2:012x}".encode().hex()
    (place / "qkv-course.json").write_text(json.dumps({"secret": secret, "assigned": {}, "due": {}}))
    (place / "roster.csv").write_text(f"student_id,name\ns1,CANARY-{numbers + 3:012x}\n")
    (place / "in").mkdir()
    (place / "in" / "s1.ipynb").write_text(json.dumps(submission(looking("{len(files)} files, {found}"))))

    outside = set()
    for path in place.rglob("*"):
        if path.is_file():
            outside.update(CANARY.findall(path.read_bytes()))
    outside.update(CANARY.findall(bytes.fromhex(secret)))
    assert len(outside) == numbers + 3 >= 6, "nothing was planted, so nothing could be found"

    command = [sys.executable, "-c", "from qkvlib.cli import app; app()", "grade", "in", "--roster", "roster.csv"]
    done = subprocess.run(
        [*command, "--assignment", str(book), "--workers", "1"],
        cwd=place, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = json.loads((place / "results" / "feedback" / "s1.json").read_text())
    message = next(r["message"] for r in page["results"] if r["name"] == "softmax")
    assert re.search(r"\d{3,} files, \[\]", message), message


@pytest.mark.sandbox
def test_the_search_of_the_guard_finds_what_a_student_brings(sandbox, task):
    """The same search, with a value that is there: it looks where values are."""
    changes = looking("{found}") | {"blend": "mine = 'CANARY-' + 12 * 'a'\ndef blend(w, V):\n    return mine, w @ V"}
    message = said(grader.grade_cells(sandbox, task, as_cells(submission(changes)), "s1", SECRET))
    assert "CANARY-aaaaaaaaaaaa" in message


@pytest.mark.sandbox
def test_exactly_the_named_files_of_the_course_are_inside(sandbox, task):
    report = "{sorted(f.partition('/qkvlib/')[2] for f in files if '/qkvlib/' in f)}"
    shown = said(grader.grade_cells(sandbox, task, as_cells(submission(looking(report))), "s1", SECRET))
    for name in FILES[:6]:
        assert name in shown  # a message is cut off at some length
    count = "{sum('/qkvlib' in f for f in files)} of it"
    shown = said(grader.grade_cells(sandbox, task, as_cells(submission(looking(count))), "s1", SECRET))
    assert f"{len(FILES)} of it" in shown


@pytest.mark.sandbox
def test_nothing_is_installed_inside_but_numpy_and_no_folder_of_the_teachers_is_named(sandbox, task):
    report = (
        "{sorted({f.split('/')[1] for f in files if f.count('/') > 1} - {'sys', 'proc', 'dev'})} "
        "{sorted({f.split('/')[3] for f in files if f.startswith('/sandbox/packages/')})} "
        "{[f for f in files if 'site-packages' in f or 'dist-packages' in f]} "
        "{sys.prefix} {sys.executable} {[p for p in sys.path if not p.startswith('/sandbox')]}"
    )
    shown = said(grader.grade_cells(sandbox, task, as_cells(submission(looking(report))), "s1", SECRET))
    assert "['lib64', 'sandbox']" in shown or "['lib', 'sandbox']" in shown
    assert re.search(r"\['numpy'(, 'numpy.libs')?\] \[\] /sandbox/python /sandbox/python/bin/python3 \[\]", shown), (
        shown
    )


def test_what_enters_imports_only_what_enters():
    """The allow-list of imports: the named files, numpy, the standard library."""
    for name in FILES:
        for module in imports_of(ast.parse((LIBRARY / name).read_text(encoding="utf-8"))):
            root = module.partition(".")[0]
            if root == "qkvlib":
                path = module.partition(".")[2].replace(".", "/")
                inside = f"{path}.py" in FILES or f"{path.rpartition('/')[0]}.py" in FILES
                folder = any(other.startswith(f"{path}/") for other in FILES)
                assert inside or folder, f"{name} imports {module}, which does not enter"
            else:
                assert root == "numpy" or root in sys.stdlib_module_names, f"{name} imports {module}"


def imports_of(tree):
    """The modules a file imports, those for types alone left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            if node.module.startswith("qkvlib"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports_of(node)


def test_of_a_python_whose_prefix_is_a_home_only_its_own_modules_are_seen(tmp_path, monkeypatch):
    """As with Python installed into a home, or the course into /usr/local: all of it lies below one prefix."""
    home = tmp_path / "home"
    library = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    compiled = library / "lib-dynload"
    for folder in (compiled, library / "json", library / "site-packages" / "qkvlib", library / "__pycache__"):
        folder.mkdir(parents=True)
    for file in ("qkv-course.json", "submissions.zip", "lib/secret.txt"):
        (home / file).write_text("the teacher's")
    for file in ("os.py", "mine.py", "__pycache__/os.cpython.pyc", "__pycache__/mine.cpython.pyc"):
        (library / file).write_text("")
    monkeypatch.setattr(sys, "base_prefix", str(home))
    monkeypatch.setattr(parts.sysconfig, "get_path", lambda *a, **k: str(library))
    monkeypatch.setattr(parts.sysconfig, "get_config_var", lambda name: str(compiled))
    monkeypatch.setattr(parts, "_shared_libraries", lambda compiled: [])
    found = parts.find_parts.__wrapped__()
    below = {source for source, _ in found.binds if source.startswith(f"{home}/")}
    assert below == {str(library)}
    assert str(home) not in {source for source, _ in found.binds}
    inside = dict(found.binds)[str(library)]
    assert found.covered_folders == [f"{inside}/site-packages"]
    assert sorted(found.covered_files) == [f"{inside}/__pycache__/mine.cpython.pyc", f"{inside}/mine.py"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_submission_that_kills_its_process_again_and_again_costs_nobody_else_anything(sandbox, task):
    kill = "import os, signal\n    while True: os.kill(os.getpid(), signal.SIGKILL)"
    answers = {name: f"def {name}(*a, **k):\n    {kill}" for name in ("scores", "softmax", "blend", "attention")}
    killing, honest = as_cells(submission(answers)), as_cells(submission({}))
    before = grader.grade_cells(sandbox, task, honest, "s2", SECRET)
    for _ in range(3):
        grade = grader.grade_cells(sandbox, task, killing, "s1", SECRET)
        assert {r.status for r in grade.results if r.name in answers} == {"wrong"}
        assert grader.grade_cells(sandbox, task, honest, "s2", SECRET) == before
    assert all(result.status == "correct" for result in before.results)
