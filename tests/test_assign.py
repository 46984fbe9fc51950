"""Handing out: each student's own numbers, an answer key, and a notebook that checks itself with them."""

import json
from pathlib import Path

import numpy as np
import pytest
from classroom import IMPORTS, SECRET, as_cells, code, course, markdown, notebook
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading import assignment, grader, variants
from qkvlib.grading.assign import hand_out
from qkvlib.grading.assignment import AssignmentError
from qkvlib.grading.coursefile import CourseFile, CourseFileError, open_course
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import Limits, Sandbox

EXERCISES = sorted((Path(__file__).resolve().parent.parent / "exercises").glob("*.ipynb"))
ROSTER = [Student("s1", "Ada *Byron* <b>"), Student("s2", "Emmy Noether"), Student("s3")]
SOLVED = "q, k, v = np.dot(x, W_Q), np.dot(x, W_K), np.dot(x, W_V)\nhand_projection = {'q': q, 'k': k, 'v': v}"


def by_hand(folder, parameters="x = [1, 2, 1, 0]\nsentence = 'The dog chased the ball because it was excited.'"):
    """An assignment with numbers of one's own: lesson 1's projection by hand."""
    flags = {"schema_version": 3, "cell_type": "code", "locked": False, "task": False}
    for place, source in (("exercises", "hand_projection = None"), ("solutions", SOLVED)):
        cells = [markdown("# 1 · By hand: exercises")]
        cells.append(code(IMPORTS + "\nfrom qkvlib.examples import W_K, W_Q, W_V", "imports"))
        cells.append(code(parameters, "parameters", tags=["parameters"]))
        answer = {**flags, "grade_id": "hand_projection", "solution": True, "grade": False}
        cells.append(code(source, "hand_projection", tags=["exercise"], nbgrader=answer))
        check = {**flags, "grade_id": "hand_projection-check", "solution": False, "grade": True, "points": 3}
        cells.append(code("check.hand_projection(hand_projection, x=x)", "hp-check", tags=["check"], nbgrader=check))
        path = folder / place / "01_one_token.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook(cells)), encoding="utf-8")
    return folder / "exercises" / "01_one_token.ipynb"


@pytest.fixture
def exercise(tmp_path):
    return by_hand(tmp_path / "course")


@pytest.fixture
def secret_file(tmp_path):
    return CourseFile(tmp_path / "course.json", SECRET)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source_of(book, cell_id):
    return next("".join(c["source"]) for c in book["cells"] if c["id"] == cell_id)


def test_everybody_gets_their_own_numbers(exercise, secret_file, tmp_path):
    made = hand_out(exercise, ROSTER, tmp_path / "out", secret_file)
    assert (made.notebooks, made.parameters) == (3, ("x", "sentence"))
    books = {s.id: read(tmp_path / "out" / s.id / "01_one_token.ipynb") for s in ROSTER}
    own = {student: source_of(book, "your-parameters") for student, book in books.items()}
    assert len(set(own.values())) == 3
    key = read(tmp_path / "out" / "answer_key.json")
    for student, book in books.items():
        values = key["students"][student]["parameters"]
        assert f"x = {values['x']}" in own[student]
        assert values["sentence"] in own[student]
        assert book["metadata"]["qkv"]["student"] == student
        ids = [cell["id"] for cell in book["cells"] if "id" in cell]
        assert ids.index("parameters") + 1 == ids.index("your-parameters")
        answer = key["students"][student]["answers"]["hand_projection"]
        assert len(answer["q"]) == 2
    text = source_of(books["s1"], "assignment")
    assert "<b>" not in text
    assert "*Byron*" not in text
    assert secret_file.path.stat().st_mode & 0o777 == 0o600
    assert SECRET.hex() not in "".join(p.read_text() for p in (tmp_path / "out").rglob("*.ipynb"))


def test_the_same_again_byte_for_byte(exercise, secret_file, tmp_path):
    hand_out(exercise, ROSTER, tmp_path / "a", secret_file)
    hand_out(exercise, ROSTER[::-1], tmp_path / "b", secret_file)
    for student in ROSTER:
        one, other = (tmp_path / side / student.id / "01_one_token.ipynb" for side in "ab")
        assert one.read_bytes() == other.read_bytes()


def test_what_a_student_reads_first(tmp_path, secret_file):
    exercise = by_hand(tmp_path / "course", "x = [1, 2, 1, 0]\nlayer = 1")
    book = read(exercise)
    book["cells"][0] = {
        **markdown("# 1 · By hand\n\n[← 0](../notebooks/0.ipynb) | [Index](../i.ipynb)\n\n**Time.** 5"),
        "id": "header",
    }
    book["cells"].append({**markdown("[the solutions](../solutions/01_one_token.ipynb)"), "id": "footer"})
    exercise.write_text(json.dumps(book))
    made = hand_out(exercise, ROSTER, tmp_path / "out", secret_file, due="Friday *12*")
    assert made.parameters == ("x",), "a number that nobody has another of is not individual"
    mine = read(tmp_path / "out" / "s2" / "01_one_token.ipynb")
    assert source_of(mine, "header") == "# 1 · By hand\n\n**Time.** 5"
    assert "../" not in json.dumps(mine["cells"])
    first = source_of(mine, "assignment")
    assert "Emmy Noether.** Due: Friday &#42;12&#42;. 3 points in 1 exercise. It has its own numbers" in first
    assert open_course(secret_file.path)[0].due == {"01_one_token": "Friday *12*"}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda path: path.stem)
def test_a_hand_out_of_the_course_promises_nothing_it_does_not_have(exercise, secret_file, tmp_path):
    hand_out(exercise, ROSTER[:1], tmp_path / "out", secret_file)
    book = read(tmp_path / "out" / "s1" / exercise.name)
    texts = ["".join(c["source"]) for c in book["cells"] if c["cell_type"] == "markdown"]
    assert [text for text in texts if ".solution()" in text] == [texts[1]], "the greeting says that there is none"
    assert not [text for text in texts if "](../" in text]
    assert (
        sum(c["metadata"].get("nbgrader", {}).get("points", 0) for c in book["cells"])
        == assignment.load(exercise).total
    )


def test_the_same_for_all(exercise, secret_file, tmp_path):
    hand_out(exercise, ROSTER, tmp_path / "out", secret_file, same_for_all=True)
    books = [read(tmp_path / "out" / s.id / "01_one_token.ipynb") for s in ROSTER]
    assert not [c for book in books for c in book["cells"] if c.get("id") == "your-parameters"]
    assert secret_file.assigned == {"01_one_token": "same"}


def test_nothing_is_half_written(exercise, secret_file, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("qkvlib.grading.assign.answers", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hand_out(exercise, ROSTER, out, secret_file)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["course"]
    monkeypatch.undo()
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(AssignmentError, match="not empty"):
        hand_out(exercise, ROSTER, out, secret_file)
    assert (out / "mine.txt").read_text() == "keep"


def test_variants_keep_kind_and_shape():
    for n in range(50):
        rng = np.random.default_rng(n)
        x = variants.vary("x", [1, 2, 1, 0], rng)
        assert x != [1, 2, 1, 0]
        assert len(x) == 4
        assert all(type(v) is int and 0 <= v <= 3 for v in x)
        assert np.count_nonzero(x) >= 2
        assert len(set(x)) >= 2
        W = np.array(variants.vary("W", [[1, 0], [0, 1], [1, 1], [0, 1]], rng))
        assert W.shape == (4, 2)
        assert np.linalg.matrix_rank(W) == 2
        assert type(variants.vary("T", 5, rng)) is int
        assert variants.vary("title", "text", rng) == "text"
        assert variants.vary("mixed", [1, "a", None], rng) == [1, "a", None]
        assert variants.vary("flag", True, rng) is True


def test_sentences_are_ones_the_tiny_model_reads():
    """Each has an "it" that means exactly one of its two nouns, and students get different ones."""
    from qkvlib.grammar import TWO_CLASSES

    sentences = [variants.vary("sentence", "The dog slept.", np.random.default_rng(n)) for n in range(20)]
    for sentence in sentences:
        read = TWO_CLASSES.parse(TWO_CLASSES.tokenize(sentence))
        assert read.tokens[read.it] == "it", sentence
        assert len(read.nouns) == 2, sentence
        assert read.referent in read.nouns, sentence
        assert TWO_CLASSES.class_of[read.tokens[read.other]] != TWO_CLASSES.class_of[read.tokens[read.adjective]], (
            sentence
        )
    assert len(set(sentences)) > 15


def test_a_course_file(tmp_path):
    made, fresh = open_course(tmp_path / "c.json")
    assert fresh
    again, fresh = open_course(tmp_path / "c.json")
    assert not fresh
    assert again.secret == made.secret
    secret = json.dumps("ab" * 32)
    bad = ["", "{}", "[]", "null", "not json", "[" * 9000, '{"secret": 5}', '{"secret": "xyz"}', '{"secret": "\ud800"}']
    bad += [f'{{"secret": {secret}, "assigned": {value}}}' for value in ('"x"', "7", '{"02": 1}', "[[1, 2, 3]]")]
    for text in bad:
        (tmp_path / "bad.json").write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(CourseFileError, match="is not a course file"):
            open_course(tmp_path / "bad.json")
        assert (tmp_path / "bad.json").read_bytes() == text.encode("utf-8", "surrogatepass"), "nothing is lost"
    with pytest.raises(CourseFileError, match="does not exist"):
        open_course(tmp_path / "nowhere" / "c.json")


def test_what_is_no_assignment_says_so(tmp_path):
    exercise = course(tmp_path)
    book = read(exercise)
    for change, says in (
        (lambda b: b.update(cells=[]), "no check cells"),
        (lambda b: b["cells"].append(code("check.nothing_like_it(1)", "n", tags=["check"])), "does not know"),
        (lambda b: b["cells"].append(code("print(1)", "n", tags=["check"])), "does not call check"),
    ):
        broken = json.loads(json.dumps(book))
        change(broken)
        exercise.write_text(json.dumps(broken))
        with pytest.raises(AssignmentError, match=says):
            assignment.load(exercise)
    exercise.write_text("{")
    with pytest.raises(AssignmentError, match="not a readable notebook"):
        assignment.load(exercise)
    with pytest.raises(AssignmentError, match="were not found"):
        assignment.load(tmp_path / "exercises" / "99_none.ipynb")


@pytest.mark.sandbox
def test_own_numbers_are_graded_with_own_numbers(exercise, secret_file, tmp_path, bubblewrap):
    hand_out(exercise, ROSTER, tmp_path / "out", secret_file)
    task = assignment.load(exercise)
    solved = {}
    for student in ROSTER:
        book = read(tmp_path / "out" / student.id / "01_one_token.ipynb")
        for cell in book["cells"]:
            if cell["id"] == "hand_projection":
                cell["source"] = SOLVED
        solved[student.id] = as_cells({"cells": [{**c, "source": "".join(c["source"])} for c in book["cells"]]})
    with Sandbox(Limits(seconds=1)) as sandbox:
        for student in ROSTER:
            given = variants.values_for(task, SECRET, student.id)
            grade = grader.grade_cells(sandbox, task, solved[student.id], student.id, SECRET, given)
            assert grade.score == 3
            copied = grader.grade_cells(sandbox, task, solved["s1"], student.id, SECRET, given)
            assert (copied.score == 3) == (student.id == "s1"), "another student's numbers are no answer"


@pytest.mark.slow
def test_the_notebook_checks_itself_with_its_own_numbers(exercise, secret_file, tmp_path):
    import nbformat
    from nbclient import NotebookClient

    hand_out(exercise, ROSTER[:1], tmp_path / "out", secret_file)
    book = nbformat.read(tmp_path / "out" / "s1" / "01_one_token.ipynb", as_version=4)
    for cell in book.cells:
        if cell.id == "hand_projection":
            cell.source = SOLVED
    book.cells.append(nbformat.v4.new_code_cell("print(check.hand_projection.solution())"))
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    check, solution = (cell for cell in book.cells if cell.id == "hp-check" or cell is book.cells[-1])
    assert "correct: hand_projection" in check.outputs[0]["data"]["text/plain"]
    assert "No solution for hand_projection here" in solution.outputs[0]["text"]


@pytest.mark.slow
def test_whoever_skips_the_switch_is_shown_no_solution(exercise, secret_file, tmp_path):
    import nbformat
    from nbclient import NotebookClient

    hand_out(exercise, ROSTER[:1], tmp_path / "out", secret_file)
    book = nbformat.read(tmp_path / "out" / "s1" / "01_one_token.ipynb", as_version=4)
    (switch,) = (cell for cell in book.cells if cell.cell_type == "code" and "QKV_ASSIGNMENT" in cell.source)
    book.cells.remove(switch)
    book.cells.append(nbformat.v4.new_code_cell("print(check.hand_projection.solution())"))
    NotebookClient(book, timeout=120, kernel_name="python3", allow_errors=True).execute()
    (output,) = book.cells[-1].outputs
    assert (output.output_type, output.evalue) == ("error", "name 'check' is not defined")


# -- the commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def qkv(tmp_path, monkeypatch):
    """Run `qkv ...` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.mark.sandbox
def test_hand_out_and_grade_from_the_command_line(exercise, tmp_path, bubblewrap, qkv):
    (tmp_path / "roster.csv").write_text("student_id,name\ns1,Ada\ns2,Emmy\n")
    done = qkv("assign", exercise, "--roster", "roster.csv", "--out", "handout")
    assert done.exit_code == 0, done.output
    assert "2 notebooks in handout, each with its own x, sentence." in " ".join(done.stdout.split())
    done = qkv("grade", "handout", "--assignment", exercise, "--roster", "roster.csv", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert "2 graded, 0 without a notebook, 0 unreadable. Mean 0 of 3." in " ".join(done.stdout.split())
    assert (tmp_path / "results" / "class.html").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["assign", "EXERCISE", "--roster", "nowhere.csv"], "cannot be read"),
        (["assign", "nothing.ipynb", "--roster", "roster.csv"], "There is no notebook nothing.ipynb"),
        (["grade", "nowhere", "--assignment", "EXERCISE"], "neither a folder nor a zip"),
        (["grade", ".", "--assignment", "EXERCISE", "--engine", "ray"], "it is local or dask"),
        (["grade", ".", "--assignment", "EXERCISE", "--scheduler", "tcp://x:1"], "belongs to --engine dask"),
    ],
)
def test_bad_input_is_one_sentence(exercise, tmp_path, arguments, says, qkv):
    (tmp_path / "roster.csv").write_text("student_id,name\ns1,Ada\n")
    safe = ["--unsafe-no-sandbox"] if arguments[0] == "grade" else []
    done = qkv(*[str(exercise) if a == "EXERCISE" else a for a in arguments], *safe)
    assert done.exit_code == 1
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("handout*"))


def test_unsafe_warns_and_marks(exercise, tmp_path, qkv):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s1.ipynb").write_text(exercise.with_name("01_one_token.ipynb").read_text())
    done = qkv("grade", "in", "--assignment", exercise, "--workers", "1", "--unsafe-no-sandbox")
    assert done.exit_code == 0, done.output
    assert "Grading WITHOUT the sandbox" in done.output
    assert "do not trust this grade" in (tmp_path / "results" / "grades.csv").read_text()
