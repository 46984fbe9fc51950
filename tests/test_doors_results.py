"""A graded class through the doors that carry results, each file replayed by the platform's own rules."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from batch_run import a_record, task  # noqa: F401 - task is a fixture
from door_rules import (
    NBGRADER_COLUMNS,
    ags_score,
    canvas_comment,
    canvas_gradebook,
    moodle_feedback_zip,
    moodle_worksheet,
    nbgrader_feedback_name,
    nbgrader_legacy_name,
)
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading import report
from qkvlib.grading.doors import ags
from qkvlib.grading.doors.results import exports, open_results
from qkvlib.grading.roster import Student

NAMES = ["=1+1", "<b>p02</b>", "p03, von", "姓名", "محمد", "same name", "same name", "p08", "p09", "p10", "p11", "p12"]
STUDENTS = [Student(f"p{i:02d}", name, f"p{i:02d}@example.org") for i, name in enumerate(NAMES, 1)]
ENGLISH = {
    **{"recordid": "Identifier", "grade": "Grade", "lastmodifiedgrade": "Last modified (grade)"},
    **{"comments": "Feedback comments", "hiddenuser": "Participant ", "decsep": "."},
}
OTHER = {
    **{"recordid": "Kennung", "grade": "Bewertung", "lastmodifiedgrade": "Zuletzt geändert (Bewertung)"},
    **{"comments": "Kommentar", "hiddenuser": "Teilnehmer/in", "decsep": ","},
}


def participant(student):
    return str(4000 + int(student.id[1:]))


def a_class(task, place, origin):
    """Twelve students: p11 handed in nothing, p12's file is damaged, p10 got one wrong."""
    place.mkdir(exist_ok=True)
    records = []
    for student in STUDENTS:
        file, where = origin(student)
        record = a_record(student.id, task, file=file, origin=where)
        if student.id == "p10":
            record["results"][0].update(status="wrong", points=0, mistake="no-scale", message="You forgot to scale.")
        if student.id in ("p11", "p12"):
            said = {"p11": "Nothing was handed in.", "p12": "The file is not a readable notebook."}[student.id]
            record.update(
                problem=said, file="" if student.id == "p11" else file, origin={} if student.id == "p11" else where
            )
        records.append(record)
    report.write_report(place, task, records, STUDENTS)
    return place


def by_moodle(student):
    name = f"{student.name.replace('_', ' ')}_{participant(student)}_assignsubmission_file/02.ipynb"
    return name, {"moodle": participant(student)}


def worksheet(
    words, students=STUDENTS, grades=(), comments=True, ids=True, largest="8.00", order=1, number=participant
):
    """A grading worksheet as mod/assign/gradingtable.php writes it."""
    heading = [
        words["recordid"],
        "Full name",
        *(["ID number", "Email address"] if ids else []),
        "Status",
        words["grade"],
    ]
    heading += ["Maximum Grade", "Grade can be changed", "Last modified (submission)", words["lastmodifiedgrade"]]
    heading += [words["comments"]] if comments else []
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(heading)
    for student in students[::order]:
        line = [f"{words['hiddenuser']}{number(student)}", student.name, *([student.id, student.email] if ids else [])]
        line += ["Submitted for grading - ", dict(grades).get(student.id, ""), largest, "Yes", "-", "-"]
        table.writerow(line + ([""] if comments else []))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def run(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def unchanged_but(before, after, columns):
    for old, new in zip(csv.reader(io.StringIO(before)), csv.reader(io.StringIO(after)), strict=True):
        for heading, was, now in zip(next(csv.reader(io.StringIO(before))), old, new, strict=True):
            assert was == now or heading in columns, heading


@pytest.mark.parametrize("words", [ENGLISH, OTHER], ids=["English", "another language"])
def test_moodles_worksheet_is_filled_in_and_its_feedback_zip_found(task, tmp_path, words):
    results = a_class(task, tmp_path / "results", by_moodle)
    sheet = worksheet(words, grades={"p11": "3.00"}, order=-1)
    (tmp_path / "Grades.csv").write_bytes(sheet)
    done = run("moodle", results, "--worksheet", tmp_path / "Grades.csv", "--comments-column", words["comments"])
    assert done.exit_code == 0, done.output
    filled = (results / "export/moodle/filled-Grades.csv").read_bytes()
    known = {participant(student) for student in STUDENTS}
    taken = moodle_worksheet(filled, known, words, 8)
    assert {n: grade for n, (grade, _) in taken.items()} == {
        **{str(4000 + i): 8.0 for i in range(1, 10)},
        **{"4010": 6.0, "4011": 3.0, "4012": None},
    }, "who has no grade keeps what was there"
    assert taken["4010"][1] == "3 of 4 exercises are right and 1 is not there yet. A good place to go on: scores."
    unchanged_but(sheet.decode("utf-8-sig"), filled.decode("utf-8-sig"), {words["grade"], words["comments"]})
    assert filled.startswith(b"\xef\xbb\xbf"), "written as it came"
    pages = moodle_feedback_zip((results / "export/moodle/feedback.zip").read_bytes(), known)
    assert pages == {n: ["02_two_tokens.html"] for n in known}, "also for whom no file was handed in or read"
    (entry,) = exports(results)
    assert (entry.door, entry.students) == ("moodle", 10)


def test_another_largest_grade_and_participants_without_names(task, tmp_path):
    results = a_class(task, tmp_path / "results", by_moodle)
    (tmp_path / "w.csv").write_bytes(worksheet(ENGLISH, ids=False, largest="100.00", comments=False))
    done = run("moodle", results, "--worksheet", tmp_path / "w.csv")
    assert "The worksheet's largest grade is 100, so 8 points count as that." in done.output
    assert "No comments were written" in done.output
    taken = moodle_worksheet((results / "export/moodle/filled-w.csv").read_bytes(), {"4001", "4010"}, ENGLISH, 100)
    assert {n: grade for n, (grade, _) in taken.items()} == {"4001": 100.0, "4010": 75.0}


def test_comments_that_are_there_are_kept(task, tmp_path):
    results = a_class(task, tmp_path / "results", by_moodle)
    sheet = worksheet(ENGLISH).decode("utf-8-sig").replace("-,-,\n", '-,-,"Well done, p01"\n', 1)
    (tmp_path / "w.csv").write_text(sheet)
    done = run("moodle", results, "--worksheet", tmp_path / "w.csv")
    assert "Comments that were there already were kept: p01." in done.output
    assert "Well done, p01" in (results / "export/moodle/filled-w.csv").read_text()


def others(student):
    return str(9000 + int(student.id[1:]))


@pytest.mark.parametrize(
    ("sheet", "options", "says"),
    [
        (worksheet(ENGLISH, [Student("q1", "Q")]), [], "is the worksheet of another course"),
        (worksheet(ENGLISH, number=others), [], "is the worksheet of another assignment: p01 is participant 4001"),
        (worksheet(ENGLISH).replace(b"Participant 4003", b"Nobody"), [], "is no grading worksheet of Moodle's"),
        (worksheet(ENGLISH).replace(b"8.00", b"eight"), [], "--grade-column"),
        (worksheet(OTHER), ["--grade-column", "Grade"], "has no column 'Grade'. It has: "),
        (worksheet(ENGLISH), ["--comments-column", "Full name"], "is not the column of comments"),
        (b"student_id,name\np01,A\n", [], "in which column the grade belongs"),
        (b"student_id,name\nnobody,A\n", [], "is no grading worksheet of Moodle's"),
        (b"", [], "it has no rows"),
        (b"PK\x03\x04", [], "it is no CSV"),
        (b'a,b\n"open', [], "cannot be read as a table"),
        (b"Identifier,Grade\nParticipant 1\n", [], "row 2 has not as many cells"),
        (b"a\x00,b\n1,2\n", [], "it is no text"),
        (None, [], "cannot be read"),
    ],
)
def test_a_worksheet_that_is_none_is_one_sentence_and_nothing_is_written(task, tmp_path, sheet, options, says):
    results = a_class(task, tmp_path / "results", by_moodle)
    if sheet is not None:
        (tmp_path / "w.csv").write_bytes(sheet)
    done = run("moodle", results, "--worksheet", tmp_path / "w.csv", *options)
    assert (done.exit_code, len(done.stderr.strip().splitlines())) == (1, 1), done.output
    assert says in done.stderr
    assert not (results / "export").exists()
    assert exports(results) == []


def test_canvas_finds_every_comment_and_every_grade(task, tmp_path):
    def by_canvas(student):
        n = int(student.id[1:])
        late = "LATE_" if n == 2 else ""
        return f"p{n}_{late}{100 + n}_{500 + n}_02_two_tokens-1.ipynb", {"canvas": f"{100 + n}_{500 + n}"}

    results = a_class(task, tmp_path, by_canvas)
    assert run("canvas", results).exit_code == 0
    uploads = {str(500 + n): str(100 + n) for n in range(1, 13)}
    with zipfile.ZipFile(results / "export/canvas/comments.zip") as archive:
        found = {canvas_comment(name, uploads): archive.read(name) for name in archive.namelist()}
    assert set(found) == {str(100 + n) for n in range(1, 13) if n != 11}
    assert found["110"] == (results / "feedback/p10.html").read_bytes()
    title, possible, grades = canvas_gradebook(
        (results / "export/canvas/canvas.csv").read_bytes(), {s.id for s in STUDENTS}
    )
    assert (title, possible) == (task.title, "8")
    assert grades == {**{f"p{n:02d}": "8" for n in range(1, 10)}, "p10": "6"}


def test_canvas_without_its_own_download_has_no_comments(task, tmp_path):
    results = a_class(task, tmp_path, lambda student: (f"{student.id}.ipynb", {}))
    done = run("canvas", results)
    assert "No page in comments.zip for p01, p02" in done.output
    assert not (results / "export/canvas/comments.zip").exists()


STAMP = "2026-06-12 16:00:00.000000 UTC"


def test_nbgrader_fetches_what_was_written(task, tmp_path):
    inbound = tmp_path / "exchange" / "course101" / "inbound"
    random = {"p02": "+AbCdEfGhIjK-"}

    def by_exchange(student):
        folder = f"{student.id}+ps1+{STAMP}{random.get(student.id, '')}"
        (inbound / folder).mkdir(parents=True)
        (inbound / folder / "02_two_tokens.ipynb").write_text(f'{{"of": "{student.id}"}}')
        if student.id != "p03":  # handed in with an old nbgrader
            (inbound / folder / "submission_secret.txt").write_text(f"secret of {student.id}")
        return f"{folder}/02_two_tokens.ipynb", {"arrived": "2026-06-12 16:00:00+00:00"}

    results = a_class(task, tmp_path / "results", by_exchange)
    done = run("nbgrader", results, "--inbound", inbound)
    assert done.exit_code == 0, done.output
    written = {path.name: path.read_bytes() for path in (results / "export/nbgrader/feedback").iterdir()}
    for student in STUDENTS:
        name = nbgrader_feedback_name(f"secret of {student.id}", "02_two_tokens")
        if student.id == "p03":
            notebook = b'{"of": "p03"}'
            name = nbgrader_legacy_name(notebook, "course101", "ps1", "02_two_tokens", "p03", STAMP)
        if student.id != "p11":
            assert written.pop(name) == (results / f"feedback/{student.id}.html").read_bytes()
    assert not written
    heading, *lines = (results / "export/nbgrader/grades.csv").read_text().splitlines()
    assert heading == NBGRADER_COLUMNS
    table = {row["student_id"]: row for row in csv.DictReader([heading, *lines])}
    assert len(table) == 10
    assert (table["p10"]["raw_score"], table["p10"]["score"], table["p10"]["max_score"]) == ("6.0", "6.0", "8.0")
    assert (table["p03"]["last_name"], table["p03"]["first_name"]) == ("p03", "von")
    assert table["p01"]["last_name"] == "'=1+1"
    assert {row["timestamp"] for row in table.values()} == {STAMP}


def test_an_inbound_of_another_course(task, tmp_path):
    results = a_class(task, tmp_path / "results", lambda student: (f"{student.id}.ipynb", {}))
    (tmp_path / "inbound").mkdir()
    done = run("nbgrader", results, "--inbound", tmp_path / "inbound")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "Not one of these submissions lies in" in done.stderr
    done = run("nbgrader", results, "--inbound", tmp_path / "nowhere")
    assert "is no folder" in done.stderr
    assert not (results / "export").exists()


def test_scores_for_lti(task, tmp_path):
    results = a_class(task, tmp_path, lambda student: (f"{student.id}.ipynb", {}))
    made = ags.export(open_results(results), datetime(2026, 6, 12, 18, 0, 0, 5000, UTC))
    scores = json.loads(made.files["scores.json"])
    for score in scores:
        ags_score(score)
    assert [score["userId"] for score in scores] == [f"p{n:02d}" for n in range(1, 11)]
    assert (scores[9]["scoreGiven"], scores[9]["scoreMaximum"], scores[9]["timestamp"]) == (
        6,
        8,
        "2026-06-12T18:00:00.005Z",
    )
    assert "add a column lti_user_id" in made.notes[0]
    assert run("ags", results).exit_code == 0


@pytest.mark.parametrize("door", ["moodle", "canvas", "ags"])
def test_no_results_no_export(tmp_path, door):
    for folder in (tmp_path, tmp_path / "nowhere"):
        done = run(door, folder)
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert "holds no results of `qkv grade`" in done.stderr
    (tmp_path / "class.json").write_text("{}")
    assert run(door, tmp_path).exit_code == 1
    assert not (tmp_path / "export").exists()
