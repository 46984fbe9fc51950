"""The inbox of unknown mistakes, with a class in the real sandbox: grouped, named by the teacher, told to all."""

import json

import numpy as np
import pytest
from classroom import ANSWERS, SECRET, code, course, notebook, submission
from small_class import grade

from qkvlib.check.attempt import Outcome
from qkvlib.grading import inbox
from qkvlib.grading.assignment import find, load
from qkvlib.grading.grader import _Run
from qkvlib.grading.sandbox import Sandbox

STRANGE = """
def scores(Q, K):
    # <script>alert("a student")</script>
    grid = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return grid + 0.1 * np.cos(3 * grid) * grid
"""
THE_SAME_OTHERWISE = """
def scores(Q, K):
    d = Q.shape[-1]
    z = np.einsum("...td,...sd->...ts", Q, K) / d ** 0.5
    return z * (1 + np.cos(z + z + z) / 10)
"""
ANOTHER = """
def scores(Q, K):
    grid = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    return grid + 0.1 * np.sin(3 * grid) * grid
"""
SENTENCE = 'Your scores are bent: "cos" has no place in them.'


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A course and five submissions: two that are strange in the same way, one in another, two right ones."""
    monkeypatch.chdir(tmp_path)
    course(tmp_path)
    (tmp_path / "in").mkdir()
    names = ["Ada Byron", "Emmy Noether", "Zu Chongzhi", "Omar Khayyam", "Mary Somerville"]
    answers = [STRANGE, THE_SAME_OTHERWISE, ANOTHER, ANSWERS["scores"], ANSWERS["scores"]]
    lines = ["student_id,name"]
    for k, (name, answer) in enumerate(zip(names, answers, strict=True), 1):
        lines.append(f"s0{k},{name}")
        (tmp_path / "in" / f"s0{k}.ipynb").write_text(json.dumps(submission({"scores": answer})))
    (tmp_path / "roster.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def read_by(place, student):
    facts = json.loads((place / "results" / "feedback" / f"{student}.json").read_text())
    return next(result for result in facts["results"] if result["name"] == "scores")


@pytest.mark.sandbox
def test_the_teacher_names_a_group_and_its_students_read_it(place, bubblewrap):
    said = grade()
    assert said.exit_code == 0, said.output
    assert "3 wrong answers have no name yet, in 2 groups" in said.output
    page = (place / "results" / "class.html").read_text()
    assert page.index("2 students in") < page.index("1 student in")
    assert "cos(3 * grid)" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    names = (place / "results" / inbox.FILE).read_text()
    marks = [line.split(" = ")[0] for line in names.splitlines() if " = " in line]
    assert len(marks) == 2
    assert "2 students" in names.split(marks[0])[1].split("\n")[0]

    journalled = (place / "results" / "journal.jsonl").read_bytes().count(b"\n")
    quoted = SENTENCE.replace('"', '\\"')
    (place / "results" / inbox.FILE).write_text(names.replace(f'{marks[0]} = ""', f'{marks[0]} = "{quoted}"'))
    said = grade()
    assert said.exit_code == 0, said.output
    assert "1 wrong answer has no name yet, in 1 group" in said.output
    assert "0 of 5 were new" in said.output
    for student in ("s01", "s02"):
        assert read_by(place, student)["message"] == SENTENCE
        assert read_by(place, student)["mistake"] == inbox.NAMED
    assert read_by(place, "s03")["mistake"] != inbox.NAMED
    assert (place / "results" / "journal.jsonl").read_bytes().count(b"\n") == journalled + 2
    assert quoted in (place / "results" / inbox.FILE).read_text(), "the sentence is kept"
    page = (place / "results" / "class.html").read_text()
    assert "has no place in them" in page

    assert grade().exit_code == 0
    assert (place / "results" / "journal.jsonl").read_bytes().count(b"\n") == journalled + 2, "nothing is done twice"


@pytest.mark.sandbox
def test_a_slip_in_the_file_is_told_before_anything_is_graded(place, bubblewrap):
    assert grade().exit_code == 0
    path = place / "results" / inbox.FILE
    for slip, told in (('[scores\na = "b"', "is not as it should be"), ("[scores]\nabc = 3", "wants one sentence")):
        path.write_text(slip)
        said = grade()
        assert said.exit_code != 0
        assert told in said.output
        assert path.read_text() == slip


@pytest.mark.sandbox
def test_only_answers_without_a_name_are_run_once_more(place, bubblewrap):
    task = load(find("exercises/02_two_tokens.ipynb"))

    def run(answers):
        cells = [{"type": "code", "source": "import numpy as np", "name": ""}]
        cells += [{"type": "code", "source": source, "name": name} for name, source in answers.items()]
        with Sandbox() as sandbox:
            return _Run(sandbox, task, cells, "s01", SECRET, {})

    right = run(ANSWERS)
    assert right.requests == 1
    assert not any(result.unknown for result in right.results.values())
    named = run({**ANSWERS, "scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"})
    strange = run({**ANSWERS, "scores": STRANGE})
    assert named.results["scores"].unknown == ""
    assert strange.results["scores"].unknown
    assert strange.requests == named.requests + 1


def test_a_mark_is_of_what_is_computed_to_four_digits():
    def mark(*values):
        return inbox.mark_of([Outcome("returned", value) for value in values])

    array = np.arange(6.0).reshape(2, 3) / 7
    assert mark(array) == mark(array + 1e-9) == mark(array.astype(np.float32))
    assert mark(array) != mark(array + 0.01)
    assert mark(array) != mark(array.T)
    assert mark(np.array(-0.0)) == mark(np.array(0.0))
    assert mark((array, {"a": 1})) != mark((array, {"a": 2}))
    raised = [Outcome("raised", error="ValueError", detail=f"(size {k} is different from 3)") for k in (2, 5)]
    assert inbox.mark_of(raised[:1]) != inbox.mark_of(raised[1:])


def test_code_is_shown_as_text_of_bounded_size():
    book = "x = 1\u202e\n" * 100
    shown = inbox._shown(book)
    assert "⟨U+202E⟩" in shown
    assert len(shown.splitlines()) == 41
    assert notebook([code("x")])["nbformat"] == 4
