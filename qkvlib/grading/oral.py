"""Two questions for each student, from their own numbers and code, with the answers computed, for the teacher.

The first is about numbers: the student's own, where the hand-out gave everybody others and asked for a result, else a
few small ones on which their own function is called. The second changes one place in the student's code and asks what
comes out then. What comes out was computed by their code in the sandbox; a right value stands beside a wrong one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from qkvlib.check.candidates import small_calls
from qkvlib.check.plain import expected
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call
from qkvlib.grading import judging, variants
from qkvlib.grading.asking import Asking, learn
from qkvlib.grading.assign import answers
from qkvlib.grading.handedin import shown
from qkvlib.grading.inbox import probe
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.secret import seed_for
from qkvlib.grading.slips import slips
from qkvlib.grading.text import clean

if TYPE_CHECKING:
    from qkvlib.check.attempt import Outcome
    from qkvlib.grading.assignment import Assignment
    from qkvlib.grading.collect import Source
    from qkvlib.grading.doors.results import Results
    from qkvlib.grading.graded import Graded
    from qkvlib.grading.sandbox import Sandbox

_CALLS = 60  # small inputs that are looked at for one that tells something
_NUMBERS = 14  # at most so many in one question
_TRIES = 6  # changes of one student's code that are tried
_LETTERS = 400


@dataclass(frozen=True)
class Question:
    """One question as the teacher reads it. `code` and `changed` are a student's words, and shown as such."""

    exercise: str
    title: str
    kind: str  # "own", "numbers" or "code"
    given: list[tuple[str, str]]
    answer: str
    right: str = ""  # where the student's own answer is another
    line: str = ""
    changed: str = ""
    before: str = ""


@dataclass
class Sheet:
    """What is asked of one student, and their code."""

    student: Graded
    questions: list[Question] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)
    why_none: str = ""


class _Student:
    """One student's notebook, to call its answers in the sandbox."""

    def __init__(self, sandbox: Sandbox, task: Assignment, cells: list[dict], rng: Random, own: dict) -> None:
        self.sandbox, self.task, self.cells, self.rng = sandbox, task, cells, rng
        self.own = own  # parameters that this student alone was given

    def gives(self, name: str, call: Call, cells: list[dict] | None = None) -> str:
        """What an answer gives for these arguments, in words; "" when nothing can be said."""
        item = next(item for item in self.task.items if item.name == name)
        asking = Asking(self.task, cells or self.cells, {name: [call]})
        with self.sandbox.child() as child:
            reply = child.ask(*asking.request([name], (), notebook=True), asking.questions([name], ()))
        heard = reply.answers([name]).get(name)
        if heard is None:
            return "It does not come to an end." if reply.ended == "time" else ""
        outcomes = judging.outcomes_of(item, heard)
        return in_words(outcomes[0]) if outcomes else ""


def in_words(outcome: Outcome) -> str:
    """What came of one call."""
    if outcome.kind == "returned":
        return value(outcome.value)
    return f"{outcome.error}: {outcome.detail}" if outcome.kind == "raised" else clean(outcome.kind)


def value(of: object) -> str:
    """A result as it is written on paper: rounded to three digits, in one line where it fits."""
    if isinstance(of, tuple):
        return " and ".join(value(part) for part in of)
    if isinstance(of, list) and of and all(isinstance(part, int | float | list) for part in of):
        of = np.asarray(of, dtype=float)
    if isinstance(of, np.ndarray):
        written = np.array2string(of, separator=", ", threshold=40, formatter={"float_kind": _short})
        return clean(written.replace("\n", " "), _LETTERS)
    return clean(_short(of) if isinstance(of, float) else of, _LETTERS)


def _short(number: float | np.floating) -> str:
    return f"{round(number, 3):g}"


def sheets(
    results: Results, source: Source, task: Assignment, secret: bytes, individual: bool, sandbox: Sandbox
) -> Iterator[Sheet]:
    """A sheet for everybody who was graded, in order of id. The same for the same submissions and secret."""
    learn(sandbox, task)
    for graded in results.students:
        if not graded.is_graded:
            continue
        sheet = Sheet(graded)
        try:
            cells = parse(source.read(graded.file)).cells
        except NotebookProblem as problem:
            sheet.why_none = f"{problem} Name the submissions that were graded."
        else:
            rng = Random(seed_for(secret, task.slug, graded.student, "oral"))
            own = variants.values_for(task, secret, graded.student) if individual else {}
            _ask(sheet, _Student(sandbox, task, cells, rng, own))
        yield sheet


def _ask(sheet: Sheet, student: _Student) -> None:
    """Two questions about exercises that have an answer, right ones first: what is right should be understood."""
    kinds = {name: exercises()[name].kind for name in student.task.graded}
    answered = [r for r in sheet.student.results if r.status != "todo" and kinds.get(r.name) == "function"]
    student.rng.shuffle(answered)
    wrong = {r.name for r in answered if r.status == "wrong"}
    names = [r.name for r in sorted(answered, key=lambda r: r.status != "correct")]
    if question := _about_own_numbers(student, sheet.student):
        sheet.questions.append(question)
    for name in names if not sheet.questions else ():
        question = _about_numbers(student, name, name in wrong)
        if question is not None:
            sheet.questions.append(question)
            break
    asked = {question.exercise for question in sheet.questions}
    for name in sorted(names, key=lambda name: name in asked):  # another exercise, where there is one
        question = _about_code(student, name)
        if question is not None:
            sheet.questions.append(question)
            break
    if len(sheet.questions) < 2:  # code that cannot be changed: another question about numbers
        for name in names:
            question = _about_numbers(student, name, name in wrong) if name not in asked else None
            if question is not None:
                sheet.questions.append(question)
                break
    sheet.code = {q.exercise: shown(_code(student, q.exercise)[1]) for q in sheet.questions}
    if not sheet.questions:
        sheet.why_none = "No function that was handed in gives anything that could be asked about."


def _title(student: _Student, name: str) -> str:
    return next(item.title for item in student.task.items if item.name == name)


def _inputs(student: _Student, name: str) -> list[Call]:
    """Small inputs on which something is to be seen, in an order of this student's own."""
    exercise = exercises()[name]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = [call for call in islice(small_calls(exercise, probe(name)), _CALLS) if _size(call.args) <= _NUMBERS]
    found.sort(key=lambda call: -_size(call.args))
    best = found[: max(1, len(found) // 3)]
    student.rng.shuffle(best)
    return best


def _size(args: object) -> int:
    if isinstance(args, np.ndarray):
        return args.size
    if isinstance(args, tuple | list):
        return sum(_size(arg) for arg in args)
    return sum(_size(arg) for arg in args.values()) if isinstance(args, dict) else 1


def _given(name: str, call: Call) -> list[tuple[str, str]]:
    return [(parameter, value(arg)) for parameter, arg in zip(exercises()[name].parameters, call.args, strict=False)]


def _about_own_numbers(student: _Student, graded: Graded) -> Question | None:
    """How do you get from your own numbers to the result you handed in?"""
    results = answers(student.task, student.own) if student.own else {}
    for result in graded.results:
        if result.name in results and result.status != "todo":
            given = [(name, value(of)) for name, of in student.own.items()]
            own = "" if result.status == "correct" else "What was handed in is wrong."
            return Question(result.name, _title(student, result.name), "own", given, value(results[result.name]), own)
    return None


def _about_numbers(student: _Student, name: str, is_wrong: bool) -> Question | None:
    """What does your own answer give for these numbers? Where it is wrong, numbers on which that shows come first."""
    found = None
    for call in _inputs(student, name)[: _TRIES if is_wrong else 2]:
        own = student.gives(name, call)
        if own:
            with np.errstate(all="ignore"):
                right = value(expected(exercises()[name].reference(*call.args))[0])
            told = right if right != own else ""
            question = Question(name, _title(student, name), "numbers", _given(name, call), own, told)
            if told or not is_wrong:
                return question
            found = found or question
    return found


def _about_code(student: _Student, name: str) -> Question | None:
    """What would come out if this line of yours read otherwise?"""
    place, code = _code(student, name)
    item = next(item for item in student.task.items if item.name == name)
    possible = list(islice(slips(code, item.names[0]), 2 * _TRIES)) if item.names else []
    student.rng.shuffle(possible)
    calls = _inputs(student, name)[:1]
    for slip in possible[:_TRIES] if calls else []:
        cells = [*student.cells]
        cells[place] = {**cells[place], "source": slip.text}
        before, after = student.gives(name, calls[0]), student.gives(name, calls[0], cells)
        if before and after and before != after:
            title = _title(student, name)
            told = (shown(slip.line), shown(slip.changed), before)
            return Question(name, title, "code", _given(name, calls[0]), after, "", *told)
    return None


def _code(student: _Student, name: str) -> tuple[int, str]:
    """(place among the cells, text) of the last cell that defines an answer; (-1, "") when there is none."""
    item = next(item for item in student.task.items if item.name == name)
    for place in range(len(student.cells) - 1, -1, -1):
        source = student.cells[place]["source"]
        if item.names and f"def {item.names[0]}(" in source.replace(" (", "(") and "NotImplementedError" not in source:
            return place, source
    return -1, ""
