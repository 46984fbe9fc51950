"""The README's table of lessons, derived from the lessons' front matter."""

import re

from tools.lessonfile import Lesson

BEGIN, END = "<!-- lessons: made by `make build` -->", "<!-- /lessons -->"
_TABLE = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)


def table(course: list[Lesson]) -> str:
    rows = ["| Lesson | The question it answers | Minutes | Exercises |", "|---|---|---:|---|"]
    exercises = {lesson.slug: lesson for lesson in course if lesson.is_exercises}
    for lesson in course:
        if lesson.is_exercises:
            continue
        link = f"[{int(lesson.number)} · {lesson.title}](notebooks/{lesson.slug}.ipynb)"
        practice = ""
        if lesson.slug in exercises:
            count = sum(cell.has("exercise") for cell in exercises[lesson.slug].cells)
            practice = f"[{count}](exercises/{lesson.slug}.ipynb), {exercises[lesson.slug].meta['minutes']} minutes"
        rows.append(f"| {link} | {lesson.meta['answers']} | {lesson.meta['minutes']} | {practice} |")
    return "\n".join(rows)


def with_table(readme: str, course: list[Lesson]) -> str:
    """`readme` with its table brought up to date; raises ValueError when it has no place for one."""
    if not _TABLE.search(readme):
        raise ValueError(f"README.md lacks the lines {BEGIN} and {END}")
    return _TABLE.sub(lambda _: f"{BEGIN}\n{table(course)}\n{END}", readme)
