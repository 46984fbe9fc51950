"""The `qkv` command: each subcommand is a thin call into the module that does the work."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from qkvlib import __version__
from qkvlib.course.root import NotTheCourse, course_root
from qkvlib.grading import cli as teacher
from qkvlib.terminal import fail, from_extra

COURSE_FILE = Path("qkv-course.json")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The Q/K/V course: open it, build it, check it, grade it.",
)


teacher.add_to(app)


def _sure(question: str) -> bool:
    """Whether the answer is yes; no answer is none."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False


def _run_tool(name: str, *arguments: str) -> typer.Exit:
    """Run `tools.NAME`, which only a clone has, from the course's folder; raise what this returns."""
    import subprocess

    try:
        root = course_root()
    except NotTheCourse as error:
        return fail(error)
    return typer.Exit(subprocess.run([sys.executable, "-m", f"tools.{name}", *arguments], cwd=root).returncode)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Keeps `qkv build` a subcommand however many there are."""


@app.command()
def lab(
    port: Annotated[int | None, typer.Option(help="Port to serve on; else the first free one from 8888.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="FOLDER", help="Work in a copy in this folder; written, or brought up to date."),
    ] = None,
) -> None:
    """Open the course in JupyterLab: the clone, or your copy (my-course, when you name none)."""
    from qkvlib.course.lab import CannotOpen, choose_port, open_lab, place
    from qkvlib.course.workcopy import NoCopy

    try:
        choose_port(port)  # before anything is written
        root, listed = place(folder)
        raise typer.Exit(open_lab(root, port, browser, listed))
    except (NoCopy, CannotOpen, OSError) as error:
        raise fail(error) from None


@app.command()
def reset(
    file: Annotated[Path, typer.Argument(help="A lesson or an exercise in your copy of the course.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put one file of your copy back as the course has it; what you did in it is kept beside it."""
    from qkvlib.course.workcopy import NoCopy, is_original, put_back

    try:
        if is_original(file):
            print(f"{file} is as the course has it.")
            return
        question = f"Put {file} back as the course has it? What you did is kept beside it."
        if file.exists() and not (yes or _sure(question)):
            raise fail("nothing was changed")
        done = put_back(file)
    except (NoCopy, OSError) as error:
        raise fail(error) from None
    print(f"{done.path} is as the course has it." + (f" Yours is now {done.mine}." if done.mine else ""))


@app.command()
def doctor(
    attack: Annotated[
        bool, typer.Option("--attack", help="Instead, try every known attack on the walls for grading; minutes.")
    ] = False,
    wall: Annotated[str, typer.Option(help="With --attack: bubblewrap or second alone.")] = "",
    report: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="With --attack: write what came of each there.")
    ] = None,
) -> None:
    """Say what is missing or wrong on this machine, and how to fix it."""
    from qkvlib.course.doctor import examine

    if attack:
        raise typer.Exit(0 if _attack(wall, report) else 1)
    if wall or report:
        raise fail("--wall and --json go with --attack")

    try:
        root = course_root()
    except NotTheCourse:
        root = None
    findings = list(examine(root))
    for finding in findings:
        sign = "ok     " if finding.ok else "missing" if finding.needed_for else "WRONG  "
        print(f"{sign}  {finding.what}")
        if not finding.ok:
            needed = f" (only for `{finding.needed_for}`)" if finding.needed_for else ""
            print(f"         {finding.fix}{needed}")
    serious = sum(finding.serious for finding in findings)
    if serious:
        raise fail(f"{serious} of {len(findings)} things must be fixed first, see above.")
    print("All is well for learning.")


def _attack(wall: str, report: Path | None) -> bool:
    """Whether no attack on the walls had an effect."""
    from rich.console import Console

    with from_extra("grading"):
        from qkvlib.grading.attacks import command
        from qkvlib.grading.sandbox import SandboxUnavailable
    try:
        return command.attack(wall, report, Console())
    except (SandboxUnavailable, OSError) as error:
        raise fail(error) from None


@app.command()
def build(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="[NN]...", help="Lesson numbers; all when none.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail when something is out of date.")] = False,
) -> None:
    """Build notebooks/, solutions/ and exercises/ from lessons/."""
    raise _run_tool("build", *(lessons or []), *(["--check"] if check else []))


@app.command()
def narrate(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="[NN]...", help="Lesson numbers; all when none.")
    ] = None,
    voice: Annotated[str, typer.Option(help="A command that writes {wav} from {text}; espeak-ng when none.")] = "",
    out: Annotated[Path | None, typer.Option(help="The folder to write to; narration/ when none.")] = None,
) -> None:
    """Read the lessons aloud into narration/, an audio file each; the site and the notebooks play them."""
    options = [*(["--voice", voice] if voice else []), *(["--out", str(out)] if out else [])]
    raise _run_tool("narration", *(lessons or []), *options)


new = typer.Typer(no_args_is_help=True, help="Begin an exercise, an instrument or a lesson, with stubs to fill in.")
app.add_typer(new, name="new")


@new.command("exercise")
def new_exercise(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="A lesson's number or slug: 08, multi_head.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The function the learner writes: scaled_scores.")],
) -> None:
    """Write an exercise's cells, its spec with three stub mistakes, and its answers file."""
    raise _run_tool("new", "exercise", lesson, name)


@new.command("instrument")
def new_instrument(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its module and function: two_queries.")],
    lesson: Annotated[str, typer.Option(help="The lesson it belongs to; else the last one.")] = "",
) -> None:
    """Write an instrument's module and enter it in the registry."""
    raise _run_tool("new", "instrument", name, *(["--lesson", lesson] if lesson else []))


@new.command("lesson")
def new_lesson(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its file's name without the number: two_tokens.")],
) -> None:
    """Write a lesson behind the last one, and its recall cards."""
    raise _run_tool("new", "lesson", slug)


@app.command()
def page(
    lesson: Annotated[str, typer.Argument(metavar="NN", help="A lesson number.")],
    out: Annotated[str, typer.Option(help="The folder to write into.")] = "site",
) -> None:
    """Write a lesson's instruments as HTML files that work alone: no network, no kernel."""
    from qkvlib.course.pages import NoSuchLesson, write_pages

    try:
        paths = write_pages(out, lesson)
    except (NoSuchLesson, OSError) as error:
        raise fail(error) from None
    for path in paths:
        print(path)


@app.command()
def cards(
    anki: Annotated[
        str, typer.Option(metavar="FILE", help="Write all recall cards as a deck for Anki, such as qkv.apkg.")
    ],
) -> None:
    """Take the recall cards along: to Anki."""
    from qkvlib.widgets.anki import AnkiMissing, export

    try:
        count = export(Path(anki))
    except (AnkiMissing, OSError) as error:
        raise fail(error) from None
    print(f"{anki}: {count} cards")


@app.command()
def assign(
    notebook: Annotated[str, typer.Argument(help="An exercise notebook, or its number: 03.")],
    roster: Annotated[Path, typer.Option(help="CSV with the columns student_id,name and, if wanted, email.")],
    out: Annotated[Path, typer.Option(help="Folder for the hand-out; must be new or empty.")] = Path("handout"),
    course: Annotated[Path, typer.Option(help="The course file with the secret; made if missing.")] = COURSE_FILE,
    same_for_all: Annotated[bool, typer.Option("--same-for-all", help="Everybody gets the same numbers.")] = False,
    due: Annotated[str, typer.Option(help='When it is due, in your words: "Friday 12 June, 18:00". It is shown.')] = "",
) -> None:
    """Write one notebook per student, each with its own numbers, and an answer key."""
    from rich.console import Console

    with from_extra("grading"):
        from qkvlib.grading import command

    try:
        with from_extra("grading"):
            command.assign(notebook, roster, out, course, same_for_all, Console(), due)
    except command.EXPECTED as error:
        raise fail(command.told(error)) from None


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="Folder or zip (Moodle, Canvas) of handed-in notebooks.")],
    assignment: Annotated[str, typer.Option(help="The exercise notebook, or its number: 03.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; give it again to resume or regrade.")] = Path(
        "results"
    ),
    roster: Annotated[Path | None, typer.Option(help="The CSV the assignment was handed out with.")] = None,
    course: Annotated[Path, typer.Option(help="The course file with the secret; made if missing.")] = COURSE_FILE,
    engine: Annotated[str, typer.Option(help="local, or dask.")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="A running Dask scheduler: tcp://host:8786.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one per core by default.")] = None,
    only: Annotated[
        str, typer.Option(metavar="ID", help="Grade this student again, and nobody else; the others stay as they are.")
    ] = "",
    late_penalty: Annotated[
        str, typer.Option(metavar="PERCENT", help="Of the points, for each day begun after the due date.")
    ] = "",
    wall: Annotated[
        str, typer.Option(help="bubblewrap, or second: the one for containers. Else the strongest that stands here.")
    ] = "",
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run students' code as yourself. Marks every result.")
    ] = False,
) -> None:
    """Grade a class in the sandbox: grades, a feedback page per student, a class report."""
    from rich.console import Console

    with from_extra("grading"):
        from qkvlib.grading import command

    try:
        command.grade(
            *(submissions, assignment, out, roster, course, engine, scheduler, workers),
            *(unsafe_no_sandbox, Console(), wall, only, late_penalty),
        )
    except command.EXPECTED as error:
        raise fail(command.told(error, command.SAFE)) from None
    except KeyboardInterrupt:
        fail(f"Interrupted. {command.SAFE}")
        raise typer.Exit(130) from None


@app.command()
def progress(
    reset: Annotated[bool, typer.Option("--reset", help="Forget everything that was done; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --reset: do not ask.")] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write it to a file, with your notebooks."),
    ] = None,
    bring: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take in such a file, the browser's too.")
    ] = None,
) -> None:
    """Show what is done and what is open, start afresh, or carry it to another machine."""
    from qkvlib.check.overview import lines
    from qkvlib.course import carry
    from qkvlib.course import progress as kept

    if sum((reset, export is not None, bring is not None)) > 1:
        raise fail("--reset, --export and --import go one at a time")
    if export or bring:
        try:
            said = carry.export(export) if export else carry.bring(bring or Path())
        except (carry.Refused, OSError) as error:
            raise fail(error) from None
        print(*said, sep="\n")
        return
    if yes and not reset:
        raise fail("--yes goes with --reset")
    if not reset:
        for line in lines():
            print(line)
        return
    if not (yes or _sure(f"Forget all progress in {kept.path()}?")):
        raise fail("nothing was changed")
    kept.reset()
    print("All progress is forgotten.")
