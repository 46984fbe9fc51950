"""Before a class is graded: were these notebooks handed out with the course file that is there?

A notebook that was handed out carries a mark that only its course file can write. Graded with another secret every
student would get other inputs and, where numbers are individual, other right answers; so that is refused.
"""

from __future__ import annotations

from qkvlib.grading.collect import Source
from qkvlib.grading.coursefile import CourseFileError
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.secret import is_mark

_ENOUGH = 40  # notebooks that are looked at


def check_handed_out(source: Source, slug: str, secret: bytes | None, how: str, course: str) -> None:
    """Raise `CourseFileError` when most notebooks carry marks and none of them is this course file's.

    Also when some are, and the course file does not know `how` the assignment was handed out. One right mark suffices:
    the others may be another year's, or made up.
    """
    looked_at = marked = right = 0
    for label, problem in source.files():
        if problem:
            continue
        if looked_at >= _ENOUGH:
            break
        try:
            data = source.read(label)
            book = parse(data) if b'"mark"' in data else None
        except NotebookProblem:
            continue
        looked_at += 1
        if book is not None and book.mark and book.assignment == slug:
            marked += 1
            right += secret is not None and is_mark(secret, slug, book.handed_to, book.mark)
    if 2 * marked > looked_at and not right:  # most of them: one made-up mark does not stop a class
        there = f"{course} is another one" if secret is not None else f"{course} is not here"
        raise CourseFileError(
            f"These notebooks were handed out with a course file, and {there}. Name the one they were handed out with "
            "(--course), or run this in its folder: another secret gives every student other numbers."
        )
    if right and not how:
        raise CourseFileError(
            f"{course} handed these notebooks out and does not know it any more (an older copy?). Restore the newer "
            f"one, or run `qkv assign {slug[:2]}` again with the same roster, into a new folder, and grade then."
        )
