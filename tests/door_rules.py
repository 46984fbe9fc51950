"""What the platforms do with a file they are handed, as their published sources say it, to replay it here.

| platform | read in | version |
|---|---|---|
| Moodle, worksheet | mod/assign/feedback/offline/importgradeslib.php, importgradesform.php | 003699db, 452e36fc |
| Moodle, feedback zip | mod/assign/feedback/file/importziplib.php | 0203d8f2 |
| Canvas, gradebook | lib/gradebook_importer.rb | 00b222d7 |
| Canvas, comments | app/models/assignment.rb, infer_comment_context_from_filename | an older version, undated |
| nbgrader | exchange/default/fetch_feedback.py, utils.py, plugins/export.py | 0.9.5 |
| LTI AGS | the specification 2.0, "Score publish service", as Canvas's and Moodle's manuals repeat it | 2.0 |
| Gradescope | docs/specs.md of gradescope/autograder_samples | 00f6aa02 |
| Classroom 50 | cli/gh-teacher/skeleton/dotgithub/scripts/runner.py, validate_result | 0c499034 |
| PrairieLearn | apps/prairielearn/src/lib/externalGraderCommon.ts, makeGradingResult | 0e150627 |
"""

import csv
import hashlib
import io
import re
import zipfile
from datetime import datetime


def rows(data, encoding="utf-8"):
    return list(csv.reader(io.StringIO(data.decode(encoding).lstrip("\ufeff"), newline="")))


# -- Moodle -----------------------------------------------------------------------------------------------------------


def moodle_worksheet(data, participants, words, largest):
    """{participant: (grade, {feedback column: text})} that the offline worksheet's importer takes.

    `words`: what the site's language calls the columns and a participant; `participants`: the numbers it knows.
    """
    heading, *lines = rows(data)
    places = {
        name: heading.index(words[name])
        for name in ("recordid", "grade", "lastmodifiedgrade")
        if words[name] in heading
    }
    if len(places) < 3:
        raise ValueError("invalidgradeimport")
    comments = heading.index(words["comments"]) if words["comments"] in heading else None
    taken = {}
    for line in lines:
        number = line[places["recordid"]][len(words["hiddenuser"]) :]
        if number not in participants:
            continue
        said = line[places["grade"]].replace(" ", "").replace(words["decsep"], ".")
        grade = float(said) if said else None
        if grade is not None and not 0 <= grade <= largest:
            grade = None  # out of range: skipped
        taken[number] = grade, line[comments] if comments is not None else None
    return taken


def moodle_feedback_zip(data, participants):
    """{participant: [file names]} that the feedback zip's importer takes."""
    taken = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            base = name.rpartition("/")[2]
            if base.startswith((".", "~")):
                continue
            parts = ["", "import", *name.split("/")]
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) < 4 or not info[1].isdigit() or info[1] not in participants:
                    continue
                if (info[2], info[3]) not in (("assignfeedback", "file"), ("assignsubmission", "file")):
                    continue
                taken.setdefault(info[1], []).append("/".join([info[4] if len(info) > 4 else "", *parts]))
                break
    return taken


# -- Canvas -----------------------------------------------------------------------------------------------------------


def canvas_gradebook(data, sis_ids):
    """(heading of the assignment, points possible, {SIS user id: grade}) that the gradebook's importer takes."""
    heading, possible, *lines = rows(data)
    assert "Student" in heading[0]
    assert "ID" in heading[1]
    assert "Section" in heading[4], "the last column about the student"
    assert re.search(r"SIS\s+User\s+ID", heading[2])
    assert re.search(r"SIS\s+Login\s+ID", heading[3])
    assert "Points Possible" in possible[0]
    return heading[5], possible[5], {line[2]: line[5] for line in lines if line[2] in sis_ids}


def canvas_comment(name, uploads):
    """The user on whose submission a file of the comments' zip is a comment; None when Canvas ignores it."""
    base = name.rpartition("/")[2]
    parts = base.split("_")
    numbers = [part for part in parts if re.fullmatch(r"\d+", part)][:2]
    if len(numbers) < 2 or parts[-1].startswith("link") or base.startswith("._"):
        return None
    user, upload = numbers
    return user if uploads.get(upload) == user else None


# -- nbgrader ---------------------------------------------------------------------------------------------------------


def nbgrader_feedback_name(secret, notebook_id):
    """The file that `nbgrader fetch_feedback` looks for, from the secret in the student's own cache."""
    return hashlib.md5(secret.encode() + notebook_id.encode()).hexdigest() + ".html"


def nbgrader_legacy_name(notebook, course, assignment, notebook_id, student, timestamp):
    """The same for a submission without a secret."""
    key = "+".join([course, assignment, notebook_id, student, timestamp])
    return hashlib.md5(notebook + key.encode()).hexdigest() + ".html"


NBGRADER_COLUMNS = ",".join(
    (
        *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
        *("raw_score", "late_submission_penalty", "score", "max_score"),
    )
)


# -- LTI --------------------------------------------------------------------------------------------------------------


def ags_score(score):
    """Raises AssertionError for what is no Score object that sets a grade."""
    assert isinstance(score["userId"], str)
    assert score["userId"]
    assert score["scoreGiven"] >= 0
    assert score["scoreMaximum"] > 0
    assert score["activityProgress"] in ("Initialized", "Started", "InProgress", "Submitted", "Completed")
    assert score["gradingProgress"] == "FullyGraded"
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", score["timestamp"]), "a fraction of a second and a zone"
    datetime.fromisoformat(score["timestamp"])


# -- where it is graded ------------------------------------------------------------------------------------------------


def gradescope_results(results):
    """Raises AssertionError for what Gradescope cannot show."""
    assert isinstance(results.get("score"), int | float) or all("score" in test for test in results["tests"])
    visible = ("hidden", "after_due_date", "after_published", "visible")
    assert results.get("stdout_visibility", "hidden") in visible
    formats = ("text", "html", "simple_format", "md", "ansi")
    assert results.get("output_format", "text") in formats
    for test in results["tests"]:
        assert set(test) <= {"name", "score", "max_score", "status", "output", "output_format", "visibility"}
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in visible
        assert test["output_format"] in formats


def classroom50_result(data, classroom, assignment, owner):
    """What is wrong with a result.json, as the runner and the collector of scores would say it; None if nothing is."""
    whole = {"schema": "classroom50/result/v1", "classroom": classroom, "assignment": assignment}
    for name, value in whole.items():
        if data.get(name) != value:
            return name
    if str(data.get("owner", "")).lower() != owner.lower() or data.get("assignment_type") != "individual":
        return "owner or assignment_type"
    if not str(data.get("submission")).startswith("submit/"):
        return "submission"
    for name in ("commit", "release", "review", "datetime"):
        if not isinstance(data.get(name), str) or not data[name]:
            return name
    for at in (data, *data["tests"]):
        score, largest = at.get("score"), at.get("max-score")
        if type(score) is not int or type(largest) is not int or not 0 <= score <= largest:
            return f"score of {at}"
    for test in data["tests"]:
        if not isinstance(test.get("test-name"), str) or not test["test-name"] or type(test.get("passed")) is not bool:
            return f"test {test}"
    return None


def prairielearn_result(results):
    """(score or None when it is not gradable, format errors), as makeGradingResult and what calls it read a result."""
    errors = results.get("format_errors", [])
    errors = [errors] if isinstance(errors, str) else errors
    if results.get("gradable") is False:
        return None, errors
    assert isinstance(results["score"], int | float)
    assert 0 <= results["score"] <= 1
    for test in results["tests"]:
        assert {"name", "points", "max_points"} <= set(test)
    return results["score"], errors
