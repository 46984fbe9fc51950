"""The teacher's commands beside `qkv assign` and `qkv grade`: `qkv export` and what else reads a graded class.

Only what typer needs is imported here; each command loads what it does when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qkvlib.terminal import fail, from_extra

if TYPE_CHECKING:
    from qkvlib.grading.doors.results import Export, Results

Folder = Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that `qkv grade` wrote.")]
Out = Annotated[Path | None, typer.Option(help="Where to write; else export/ in the results.")]
Number = Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="The exercise notebook, or its number: 03.")]
Roster = Annotated[Path | None, typer.Option(help="The CSV the assignment was handed out with.")]
Course = Annotated[Path, typer.Option(help="The course file with the secret.")]
COURSE_FILE = Path("qkv-course.json")

TO_SHOW = 12  # students named in one line of a terminal
export = typer.Typer(no_args_is_help=True, help="Take a graded class to a platform, or a grader there.")


def add_to(app: typer.Typer) -> None:
    """Add these commands to `qkv`."""
    app.add_typer(export, name="export")
    app.command("class")(show_class)
    app.command()(oral)
    app.command()(inventory)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """What a teacher can do something about becomes one line and exit code 1."""
    with from_extra("grading"):
        from qkvlib.grading import command
        from qkvlib.grading.doors.results import DoorError

    try:
        with from_extra("grading"):
            yield
    except (DoorError, *command.EXPECTED) as error:
        raise fail(command.told(error)) from None


def _through(door: str, folder: Path, out: Path | None, make: Callable[[Results], Export]) -> None:
    """Open the results, make the export, write it, and say what was written."""
    from qkvlib.grading.doors.results import open_results, write_export

    results = open_results(folder)
    made = make(results)
    for path in write_export(results, door, made, out or folder / "export" / door):
        if path.parent.name != "feedback":
            print(path)
    _say(made)


def _say(made: Export) -> None:
    if made.students:
        print(f"{made.students} student{'s' if made.students != 1 else ''}.")
    for note in made.notes:
        print(note)


def show_class(results: Folder, course: Course = COURSE_FILE) -> None:
    """Show an assignment from hand-out to import: who is missing or was replaced, what needs eyes, what went where."""
    with _one_sentence():
        from qkvlib.grading.coursefile import find_course, open_course
        from qkvlib.grading.doors.results import open_results
        from qkvlib.grading.overview import in_lines, overview, write_page

        path = find_course(course)
        found = overview(open_results(results), open_course(path)[0] if path.exists() else None)
        for line in in_lines(found, TO_SHOW):
            print(line)
        print(f"The same with what was said to whom: {write_page(found, results)}")


def oral(
    results: Folder,
    submissions: Annotated[Path, typer.Argument(help="The folder or zip that was graded.")],
    course: Course = COURSE_FILE,
    assignment: Annotated[str, typer.Option(help="The exercise notebook, where it is not the course's own.")] = "",
) -> None:
    """Write a sheet with two questions for each student, from their own code and numbers, answers included."""
    with _one_sentence():
        from qkvlib.grading.oral_sheet import write_sheet

        path, asked, without = write_sheet(results, submissions, course, assignment)
        print(
            f"{path}: questions for {asked} student{'s' if asked != 1 else ''}. For you alone: the answers are there."
        )
        if without:
            print(f"None could be made for {', '.join(without[:TO_SHOW])}; the sheet says why.")


def inventory(
    sitting: Annotated[str, typer.Argument(metavar="[before|after|later]", help="Which time; none shows yours.")] = "",
    to: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write your answers, without your name.")
    ] = None,
    of_class: Annotated[
        Path | None, typer.Option("--class", metavar="FOLDER", help="Count the exported files of a class.")
    ] = None,
) -> None:
    """Answer twelve questions before the course, after it and later; kept here, and counted, not explained."""
    from qkvlib.course import inventory as asked

    def choose(question: asked.Question, options: list[str]) -> int | None:
        print(f"\n{question.ask}")
        for place, option in enumerate(options, 1):
            print(f"  {place}  {option}")
        said = typer.prompt("Your answer (Enter for none)", default="", show_default=False)
        while said and (not said.isdigit() or not 1 <= int(said) <= len(options)):
            said = typer.prompt(f"A number from 1 to {len(options)}", default="", show_default=False)
        return int(said) - 1 if said else None

    try:
        if of_class is not None:
            learners, strange = asked.read_exports(of_class)
            for line in asked.class_report(learners):
                print(line)
            if strange:
                print(f"No inventory, and not counted: {', '.join(strange)}.")
        elif to is not None:
            asked.export(to)
            print(f"{to}: your answers under a random number, without your name.")
        elif sitting:
            print(
                f"{asked.sit(sitting, choose)} of {len(asked.questions())} right. Kept with your progress, here alone."
            )
        else:
            for line in asked.own_report():
                print(line)
    except (asked.InventoryError, OSError) as error:
        raise fail(error) from None


@export.command()
def moodle(
    results: Folder,
    worksheet: Annotated[
        Path | None, typer.Option(help="The grading worksheet that you downloaded from the assignment.")
    ] = None,
    grade_column: Annotated[str, typer.Option(help="The heading of its column of grades, if it cannot be told.")] = "",
    comments_column: Annotated[str, typer.Option(help="The heading of its column of comments.")] = "",
    out: Out = None,
) -> None:
    """Moodle: moodle.csv, your grading worksheet filled in, and a zip of feedback pages."""
    with _one_sentence():
        from qkvlib.grading.doors import moodle as door

        _through("moodle", results, out, lambda its: door.export(its, worksheet, grade_column, comments_column))


@export.command()
def canvas(results: Folder, out: Out = None) -> None:
    """Canvas: canvas.csv, and a zip of feedback pages as comments."""
    with _one_sentence():
        from qkvlib.grading.doors import canvas as door

        _through("canvas", results, out, door.export)


@export.command()
def nbgrader(
    results: Folder,
    inbound: Annotated[Path, typer.Option(help="The exchange's inbound/ of this course, which was graded.")],
    out: Out = None,
) -> None:
    """nbgrader's exchange: feedback under the names nbgrader looks for, and a table as it exports."""
    with _one_sentence():
        from qkvlib.grading.doors import nbgrader as door

        _through("nbgrader", results, out, lambda its: door.export(its, inbound))


@export.command()
def ags(results: Folder, out: Out = None) -> None:
    """LTI 1.3: a file of Score objects for a tool that posts them."""
    with _one_sentence():
        from qkvlib.grading.doors import ags as door

        _through("ags", results, out, door.export)


@export.command()
def gradescope(assignment: Number, roster: Roster = None, course: Course = COURSE_FILE, out: Out = None) -> None:
    """Gradescope: an autograder that grades each submission there. It holds the course secret."""
    with _one_sentence():
        from qkvlib.grading.doors import gradescope as door
        from qkvlib.grading.doors.bundle import make

        _say(make("gradescope", door.export, assignment, roster, course, out))


@export.command()
def classroom50(assignment: Number, course: Course = COURSE_FILE, out: Out = None) -> None:
    """Classroom 50: an autograder with nothing secret in it."""
    with _one_sentence():
        from qkvlib.grading.doors import classroom50 as door
        from qkvlib.grading.doors.bundle import make

        _say(make("classroom50", door.export, assignment, None, course, out))


@export.command()
def prairielearn(
    assignment: Number,
    course: Course = COURSE_FILE,
    image: Annotated[str, typer.Option(help="What you call the container that is built from image/.")] = "qkv-grader",
    out: Out = None,
) -> None:
    """PrairieLearn: a question that takes the notebook and grades it in its container. It holds the course secret."""
    with _one_sentence():
        from qkvlib.grading.doors import prairielearn as door
        from qkvlib.grading.doors.bundle import make

        _say(make("prairielearn", partial(door.export, image=image), assignment, None, course, out))
