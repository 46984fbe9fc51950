"""Canvas: the gradebook's import, and a zip of feedback pages for "Upload Submissions" (comments on each submission).

Read in Canvas's source: `lib/gradebook_importer.rb`, and `infer_comment_context_from_filename` of
`app/models/abstract_assignment.rb`, which takes the first two whole numbers between underscores of a file's name for
the user and the upload that the file is a comment on.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qkvlib.grading.doors.results import DoorError, Export, Results, named, zipped
from qkvlib.grading.graded import Graded
from qkvlib.grading.platforms import Table
from qkvlib.grading.text import number


def write_csv(path: Path, title: str, total: float, students: Iterable[Graded]) -> None:
    """The file that Grades, Import takes; `title` is the heading of the assignment's column."""
    with Table(path) as canvas:
        canvas.row(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title])
        canvas.row(["    Points Possible", "", "", "", "", number(total)])
        for student in students:
            if student.into_gradebook:
                row = [student.name, "", student.student, student.student, "", number(student.score)]
                canvas.row(row, ids_at=(2, 3))


def export(results: Results) -> Export:
    """`canvas.csv` as `qkv grade` wrote it, and `comments.zip` for those whose file came in a download of Canvas's."""
    try:
        table = (results.folder / "canvas.csv").read_bytes()
    except OSError as error:
        raise DoorError(f"{results.folder} has no canvas.csv. Run `qkv grade` again into it.") from error
    students = [student for student in results.students if student.into_gradebook]
    here = [student for student in results.students if student.on_roster and "canvas" in student.origin]
    files, notes = {"canvas.csv": table}, []
    if here:
        slug = results.about.assignment
        files["comments.zip"] = zipped(
            {f"student_{s.origin['canvas']}_{slug}_feedback.html": results.feedback(s) for s in here}
        )
    elsewhere = [student for student in students if "canvas" not in student.origin]
    if elsewhere:
        notes.append(
            f"No page in comments.zip for {named(elsewhere)}: their files did not come in a download of Canvas's, so "
            "the upload that a comment belongs to is not known."
        )
    return Export(files, len(students), notes)
