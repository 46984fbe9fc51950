"""What `qkv assign` and `qkv grade` do, with what is shown on the way."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from qkvlib.course.root import NotTheCourse
from qkvlib.grading import assignment as assignments
from qkvlib.grading.assign import hand_out
from qkvlib.grading.assignment import AssignmentError
from qkvlib.grading.batch import Progress, grade_batch
from qkvlib.grading.cluster import ClusterError, check_workers
from qkvlib.grading.collect import Source, Submission, collect
from qkvlib.grading.coursefile import CourseFileError, find_course, open_course
from qkvlib.grading.engines import BatchError, DaskEngine, LocalEngine
from qkvlib.grading.handout_check import check_handed_out
from qkvlib.grading.inbox import FILE, NamesError, named, read_names
from qkvlib.grading.journal import Journal, JournalBusy
from qkvlib.grading.one import check_terms, one_of, with_the_others
from qkvlib.grading.records import is_record
from qkvlib.grading.report import write_report
from qkvlib.grading.results import ResultsError, claim
from qkvlib.grading.roster import CollectError, Student, read_roster
from qkvlib.grading.sandbox import SandboxUnavailable, available, choose, weakness
from qkvlib.grading.secret import is_mark
from qkvlib.grading.terms import Policy, TermError, date_in, percent
from qkvlib.grading.text import number
from qkvlib.grading.worker import Job

EXPECTED = (
    *(
        AssignmentError,
        BatchError,
        ClusterError,
        CollectError,
        CourseFileError,
        JournalBusy,
        NamesError,
        NotTheCourse,
        ResultsError,
        SandboxUnavailable,
        TermError,
    ),
    OSError,
)
SAFE = "What is graded is safe: run the same command again to go on from there."
UNSAFE_WARNING = (
    "Grading WITHOUT the sandbox: students' code runs as you, with your files and your network, and can change any "
    "grade. Every result is marked. Use this only for code you have read."
)


def told(error: Exception, safe: str = "") -> str:
    """What went wrong in one sentence, with what to do about it and what is `safe`; a number alone helps nobody."""
    if not isinstance(error, OSError):
        return str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full. Make room there. {safe}".rstrip()
    where = f"{error.filename} cannot be used" if error.filename else "A file cannot be used"
    return f"{where}: {error.strerror or error}."


def assign(
    notebook: str, roster: Path, out: Path, course: Path, same_for_all: bool, console: Console, due: str = ""
) -> None:
    """Write one notebook per student and the answer key."""
    students = read_roster(roster)
    file, fresh = open_course(course)
    made = hand_out(assignments.find(notebook), students, out, file, same_for_all, due)
    if fresh:
        _say(console, f"Made {course}: the course secret. Keep it, back it up, and never hand it out.")
    what = f"each with its own {', '.join(made.parameters)}" if made.parameters else "all alike"
    many = "1 notebook" if made.notebooks == 1 else f"{made.notebooks} notebooks"
    _say(console, f"{many} in {made.folder}, {what}. For you alone: {made.folder / 'answer_key.json'}.")
    if not made.parameters and not same_for_all:
        _say(console, "This notebook has no numbers that could be made individual.")
    if made.before:
        ways = {"individual": "with own numbers", "same": "with the same numbers for all"}
        now = "same" if made.before == "individual" else "individual"
        _say(
            console,
            f"It was handed out {ways[made.before]} before. From now on everybody is graded as handed out {ways[now]}.",
            "bold yellow",
        )


def _say(console: Console, text: str, style: str = "") -> None:
    """One line, whatever the width, so that paths can be copied; nothing in it is markup."""
    console.print(text, style=style or None, soft_wrap=True, markup=False, highlight=False)


def grade(
    submissions: Path,
    assignment: str,
    out: Path,
    roster: Path | None,
    course: Path,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    unsafe: bool,
    console: Console,
    wall: str = "",
    only: str = "",
    late_penalty: str = "",
) -> dict:
    """Grade what is new, or `only` one student's work again, then write every report. The class's numbers."""
    if engine not in ("local", "dask"):
        raise BatchError(f"--engine {engine} is unknown: it is local or dask.")
    if scheduler and engine != "dask":
        raise BatchError("--scheduler belongs to --engine dask.")
    task = assignments.load(assignments.find(assignment))
    students = read_roster(roster) if roster else []
    if unsafe and wall:
        raise SandboxUnavailable("--wall and --unsafe-no-sandbox exclude each other.")
    wall = "none" if unsafe else choose(wall)
    if unsafe:
        available(wall)
        _say(console, UNSAFE_WARNING, "bold yellow")
    elif weaker := weakness(wall):
        _say(console, weaker, "yellow")
    running = DaskEngine(scheduler, workers) if engine == "dask" else LocalEngine(workers)
    if scheduler:
        check_workers(scheduler, wall)
    with Source(submissions, task.slug) as source:
        if not find_course(course).exists():
            check_handed_out(source, task.slug, None, "", str(course))  # no new secret for what has one already
        file, fresh = open_course(course)
        how = file.assigned.get(task.slug, "")
        check_handed_out(source, task.slug, file.secret, how, str(file.path))
        if fresh:
            _say(console, f"Made {file.path}: the course secret. Keep it: grading again with it gives the same grades.")
        job = Job(task, file.secret, individual=how == "individual", wall=wall)
        found = collect(
            source, students, task.slug, lambda student, mark: is_mark(file.secret, task.slug, student, mark)
        )
        due = file.due.get(task.slug, "")
        policy = Policy(task.number, date_in(due), percent(late_penalty) if late_penalty else 0.0)
        check_terms(policy, students, found)
        mine = one_of(found, only) if only else found
        claim(Path(out), task.slug, file.secret)
        read_names(Path(out))  # before anything is graded: a slip in it should be told at once
        with Journal(Path(out) / "journal.jsonl", is_record) as journal:
            if journal.dropped:
                many = "1 line" if journal.dropped == 1 else f"{journal.dropped} lines"
                _say(console, f"{many} of {journal.path} are no records and were passed over.", "bold yellow")
            told = Told(students, due, policy)
            before, summary = _run(job, source, found, mine, journal, running, Path(out), told, console)
    _sum_up(console, task.slug, Path(out), summary, before, len(mine))
    if unsafe:
        _say(console, UNSAFE_WARNING, "bold yellow")
    return summary


@dataclass(frozen=True)
class Told:
    """What the teacher says about the class: who is in it, and when the work is due."""

    students: list[Student]
    due: str
    policy: Policy


def _run(
    job: Job,
    source: Source,
    found: list[Submission],
    mine: list[Submission],
    journal: Journal,
    engine: LocalEngine | DaskEngine,
    out: Path,
    told: Told,
    console: Console,
) -> tuple[int, dict]:
    """Grade `mine`, all that was `found` or one of them, and write. (How many were graded before, the class's numbers).

    Where one is graded again, the others keep what their last grading said.
    """
    before = 0
    with _bars(console) as bars:
        line = bars.add_task("grading", total=len(mine), left=None)

        def show(state: Progress) -> None:
            nonlocal before
            before = state.skipped
            bars.update(line, completed=state.done, left=state.remaining)

        keys = grade_batch(job, source, mine, journal, engine, show, again=mine is not found)
        bars.update(line, completed=len(mine), left=0.0)
        names = read_names(out)
        if mine is found:
            records = journal.records(_regraded(journal, keys, names))
        else:
            fresh = dict(zip((one.student for one in mine), journal.records(keys), strict=True))
            records = (named(record, names) for record in with_the_others(job, found, fresh, journal))
        pages = bars.add_task("writing pages", total=len(found), left=0.0)
        written = write_report(
            *(out, job.assignment, records, told.students),
            lambda done: bars.update(pages, completed=done),
            told.due,
            names,
            told.policy,
        )
    return before, written


def _regraded(journal: Journal, keys: list[str], names: dict[tuple[str, str], str]) -> list[str]:
    """The keys of the records that count: those which the teacher's sentences change are journalled anew."""
    if not names:
        return keys
    before = {record["key"]: named(record, names) for record in journal.records(keys)}
    journal.append([record for key, record in before.items() if record["key"] != key])
    return [before[key]["key"] for key in keys]


def _sum_up(console: Console, slug: str, out: Path, summary: dict, before: int, many: int) -> None:
    """What came of the run, in a few lines."""
    counts = f"{summary['graded']} graded, {summary['missing']} without a notebook, {summary['unreadable']} unreadable."
    if summary["graded"]:
        counts += f" Mean {number(summary['mean'])} of {number(summary['out_of'])}."
    if before:
        counts += f" {many - before} of {many} were new or had changed."
    _say(console, f"{counts} Start with {out / 'class.html'}; the numbers are in grades.csv.")
    if many_unnamed := summary["unnamed"]["answers"]:
        groups = summary["unnamed"]["groups"]
        answers = "1 wrong answer has" if many_unnamed == 1 else f"{many_unnamed} wrong answers have"
        where = "1 group" if groups == 1 else f"{groups} groups"
        _say(console, f"{answers} no name yet, in {where}: class.html shows them, {out / FILE} takes a sentence each.")
    if summary["failed"]:
        failed = "1 submission" if summary["failed"] == 1 else f"{summary['failed']} submissions"
        _say(console, f"Grading failed over {failed}; class.html names the files under “Worth a look”.", "bold yellow")
    if summary["graded"] and not any(set(counts) - {"todo"} for counts in summary["statuses"].values()):
        _say(console, f"Not one answer to {slug} was found. Are these the submissions to it?", "bold yellow")


class _Left(ProgressColumn):
    """How long it still takes, in words as coarse as the knowledge behind them."""

    def render(self, task: Any) -> Text:
        return Text(in_words(task.fields.get("left")), style="progress.remaining")


def in_words(seconds: float | None) -> str:
    """An estimate without false precision."""
    if seconds is None:
        return "measuring the pace"
    if seconds < 1:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10:.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def _bars(console: Console) -> Bars:
    columns = (SpinnerColumn(), TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), _Left())
    return Bars(*columns, console=console, disable=console.quiet)
