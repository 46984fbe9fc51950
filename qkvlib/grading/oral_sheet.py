"""The sheet for an oral, on paper or on a screen: `qkvlib.grading.oral` asks, this writes."""

from __future__ import annotations

from pathlib import Path

from qkvlib.atomic import write_atomically
from qkvlib.grading.assignment import find, load
from qkvlib.grading.collect import Source
from qkvlib.grading.coursefile import CourseFileError, find_course, open_course
from qkvlib.grading.doors.results import DoorError, open_results
from qkvlib.grading.oral import sheets
from qkvlib.grading.pages import render
from qkvlib.grading.sandbox import Sandbox, choose

FILE = "oral.html"


def write_sheet(folder: Path, submissions: Path, course: Path, assignment: str) -> tuple[Path, int, list[str]]:
    """Write the sheet into the results folder. (Its path, how many are asked, the ids of those who are not)."""
    results = open_results(folder)
    path = find_course(course)
    if not path.exists():
        raise CourseFileError(f"{course} is not here. Name the course file of this class with --course.")
    file, _ = open_course(path)
    task = load(find(assignment or results.about.assignment))
    if task.slug != results.about.assignment:
        raise DoorError(f"{folder} holds the results of {results.about.assignment}, not of {task.slug}.")
    individual = file.assigned.get(task.slug) == "individual"
    with Source(submissions, task.slug) as source, Sandbox(wall=choose()) as sandbox:
        asked = list(sheets(results, source, task, file.secret, individual, sandbox))
    without = [sheet.student.student for sheet in asked if not sheet.questions]
    if asked and len(without) == len(asked):
        raise DoorError(f"Not one question could be made: {asked[0].why_none}")
    page = render("oral.html", title=results.about.title, sheets=asked)
    write_atomically(folder / FILE, page.encode("utf-8", "replace"), mode=0o600)
    return folder / FILE, len(asked) - len(without), without
