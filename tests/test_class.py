"""The real exercises: every solution gets full marks; a class of 200 is handed out, answered, and graded twice."""

import json
from pathlib import Path

import pytest
from own_work import skip_own_work

from qkvlib.grading import assignment, collect, grader, report, variants
from qkvlib.grading.assign import hand_out
from qkvlib.grading.batch import grade_batch
from qkvlib.grading.collect import Source
from qkvlib.grading.coursefile import CourseFile
from qkvlib.grading.engines import DaskEngine, LocalEngine
from qkvlib.grading.journal import Journal
from qkvlib.grading.notebook import parse
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import Limits, Sandbox
from qkvlib.grading.worker import Job

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
SECRET = b"the secret of a class of two hundred"


def read_cells(path):
    return parse(path.read_bytes()).cells


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox() as started:
        yield started


@pytest.mark.sandbox
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda path: path.stem)
def test_a_solution_gets_full_marks_and_a_blank_gets_none(exercise, sandbox):
    skip_own_work(exercise, ROOT)
    task = assignment.load(exercise)
    given = variants.defaults(task)
    solved = read_cells(ROOT / "solutions" / exercise.name)
    grade = grader.grade_cells(sandbox, task, solved, "s1", SECRET, given)
    assert {r.name: (r.status, r.message) for r in grade.results if r.status != "correct"} == {}
    assert grade.score == task.total > 0
    bare = [{"type": "code", "source": c["source"], "name": ""} for c in solved if c["type"] == "code"]
    assert grader.grade_cells(sandbox, task, bare, "s1", SECRET, given).score == task.total
    blank = grader.grade_cells(sandbox, task, read_cells(exercise), "s1", SECRET, given)
    assert {r.name: r.status for r in blank.results if r.status != "todo"} == {}
    assert blank.score == 0


@pytest.mark.sandbox
def test_the_clinics_mended_code_is_no_answer(sandbox):
    task = assignment.load(ROOT / "exercises" / "14_bug_clinic.ipynb")
    cells = read_cells(ROOT / "solutions" / "14_bug_clinic.ipynb")
    copied = "from qkvlib.clinic import BUGS\n\ndef fix_transpose(Q, K):\n    return BUGS['fix_transpose'].fixed(Q, K)"
    cells = [{**c, "source": copied} if c["name"] == "fix_transpose" else c for c in cells]
    found = {r.name: r.status for r in grader.grade_cells(sandbox, task, cells, "s1", SECRET).results}
    assert found.pop("fix_transpose") == "wrong"
    assert set(found.values()) == {"correct"}


# -- the class ------------------------------------------------------------------------------------------------------

KINDS = {
    # what a student does: (cell to replace, with what), and what must come of it
    "right": ({}, {}),
    "right, in loops": (
        {
            "project_token": "def project_token(x, W):\n"
            "    return [sum(x[i] * W[i][j] for i in range(len(x))) for j in range(len(W[0]))]"
        },
        {},
    ),
    "swaps keys and values": (
        {"project_qkv": "def project_qkv(X, W_Q, W_K, W_V):\n    return X @ W_Q, X @ W_V, X @ W_K"},
        {"project_qkv": ("wrong", "keys-and-values-swapped")},
    ),
    "one matrix for all": (
        {"project_qkv": "def project_qkv(X, W_Q, W_K, W_V):\n    return X @ W_Q, X @ W_Q, X @ W_Q"},
        {"project_qkv": ("wrong", "one-matrix-for-all")},
    ),
    "numbers of the lesson": (
        {"hand_projection": "hand_projection = {'q': [2, 1], 'k': [3, 2], 'v': [1, 2]}"},
        {"hand_projection": ("wrong", "another-token")},
    ),
    "a neighbour's numbers": (
        {"hand_projection": "hand_projection = NEIGHBOUR"},
        {"hand_projection": ("wrong", None)},
    ),
    "leaves two blank": (
        {"project_token": None, "smallest_matrix": None},
        {"project_token": ("todo", None), "smallest_matrix": ("todo", None)},
    ),
    "stops the process": (
        {"project_token": "import os\ndef project_token(x, W):\n    os._exit(0)"},
        {"project_token": ("wrong", "stopped")},
    ),
    "never ends": (
        {"project_token": "def project_token(x, W):\n    while True: pass"},
        {"project_token": ("wrong", "no-end")},
    ),
    "patches everything": (
        {
            "project_token": "def project_token(x, W):\n    import builtins, qkvlib.check\n"
            "    np.allclose = np.array_equal = lambda *a, **k: True\n"
            "    qkvlib.check.project_token = lambda *a: True\n    return W[0] * 0"
        },
        {"project_token": ("wrong", None)},
    ),
    "writes grades": (
        {
            "project_token": "def project_token(x, W):\n    import os\n"
            "    for top in ('/', '/tmp', '/work', '/home', '.', '..', '../results'):\n"
            "        try: open(os.path.join(top, 'grades.csv'), 'w').write('student_id,score\\nme,100')\n"
            "        except OSError: pass\n    return x @ W"
        },
        {},
    ),
    "damaged: stripped, doubled, reordered": ("damage", {}),
}


def fill_in(book, answers, changes, neighbour):
    """A handed-out notebook with answers written into its cells; None leaves the stub."""
    for cell in book["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in answers:
            source = changes.get(name, answers[name])
            if source is not None:
                cell["source"] = source.replace("NEIGHBOUR", repr(neighbour))
    return book


def damage(book):
    """Every answer twice, in another order, without ids or metadata."""
    cells = [c for c in book["cells"] if c["cell_type"] == "code"]
    first, rest = cells[:3], cells[3:]
    book["cells"] = [{"cell_type": "code", "source": c["source"], "metadata": {}} for c in [*first, *rest, *rest]]
    return book


def answer_class(folder, roster, task, handed_out, key):
    """Everybody hands in; the kind of each student."""
    kinds = {}
    names = list(KINDS)
    for i, student in enumerate(roster):
        kind = "right" if i % 20 in (0, 7, 14) else names[i % len(names)]
        kinds[student.id] = kind
        changes, _ = KINDS[kind]
        book = json.loads((handed_out / student.id / f"{task.slug}.ipynb").read_text(encoding="utf-8"))
        neighbour = key["students"][roster[(i + 1) % len(roster)].id]["answers"]["hand_projection"]
        book = fill_in(book, task.solutions, {} if changes == "damage" else changes, neighbour)
        book = damage(book) if changes == "damage" else book
        (folder / f"{student.id}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    return kinds


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.sandbox
def test_a_class_of_200_graded_on_both_engines(tmp_path, bubblewrap):
    exercise = ROOT / "exercises" / "01_one_token.ipynb"
    roster = [Student(f"s{i:03d}", f"Student {i:03d}") for i in range(200)]
    course = CourseFile(tmp_path / "course.json", SECRET)
    hand_out(exercise, roster, tmp_path / "handout", course)
    task = assignment.load(exercise)
    assert course.assigned[task.slug] == "individual"
    key = json.loads((tmp_path / "handout" / "answer_key.json").read_text(encoding="utf-8"))
    folder = tmp_path / "submissions"
    folder.mkdir()
    kinds = answer_class(folder, roster, task, tmp_path / "handout", key)

    job = Job(task, SECRET, individual=True, limits=Limits(seconds=0.3, cpu_total=2, wall=30))
    graded = {}
    for name, engine in (("local", LocalEngine(2)), ("dask", DaskEngine(workers=2))):
        with Source(folder) as source, Journal(tmp_path / name / "journal.jsonl") as journal:
            found = collect.collect(source, roster, task.slug)
            keys = grade_batch(job, source, found, journal, engine)
            graded[name] = list(journal.records(keys))
            summary = report.write_report(tmp_path / name, task, journal.records(keys), roster)
    assert graded["local"] == graded["dask"]
    assert len(graded["local"]) == summary["graded"] == 200
    for part in ("grades.csv", "class.html", "canvas.csv", "feedback/s004.html"):
        assert (tmp_path / "local" / part).read_bytes() == (tmp_path / "dask" / part).read_bytes()

    equal = {s for s in kinds if key["students"][s]["parameters"] == key["students"][after(s)]["parameters"]}
    for record in graded["local"]:
        kind = kinds[record["student"]]
        if kind == "a neighbour's numbers" and record["student"] in equal:
            continue  # by chance the two had the same numbers
        if kind == "numbers of the lesson" and key["students"][record["student"]]["parameters"]["x"] == [2, 1, 0, 0]:
            continue  # by chance these are the lesson's
        expected = KINDS[kind][1]
        got = {r["name"]: (r["status"], r["mistake"]) for r in record["results"]}
        for name, (status, mistake) in got.items():
            wanted, slug = expected.get(name, ("correct", ""))
            assert status == wanted, (kind, name, mistake)
            if slug is not None:
                assert mistake == slug, (kind, name)
    assert not list(tmp_path.glob("**/grades.csv"))[2:]


def after(student):
    return f"s{(int(student[1:]) + 1) % 200:03d}"
