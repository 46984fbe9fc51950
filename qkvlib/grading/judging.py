"""From what a child sent back to the result of one exercise. Trusted: sees plain values only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from qkvlib.check import attempt, judge
from qkvlib.check.plain import Unusable
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Call, Exercise
from qkvlib.grading import inbox
from qkvlib.grading.assignment import Item
from qkvlib.grading.inside.wire import Foreign
from qkvlib.grading.sandbox import Reply, replies
from qkvlib.grading.sandbox.replies import Answer, Heard
from qkvlib.grading.text import quoted


@dataclass
class Result:
    """The outcome of one exercise of one student."""

    name: str
    points: float
    out_of: float
    status: str  # "correct", "wrong", "todo"
    mistake: str = ""
    message: str = ""
    note: str = ""  # how it was graded, where that needs saying
    unknown: str = ""  # the mark of what it computes, where no misconception explains it (see `inbox`)


def judged(item: Item, calls: list[Call], heard: Heard, seconds: float) -> tuple[Result, list[attempt.Outcome]]:
    """The verdict on one answer, its mistake not yet named, and the outcomes that will name it."""
    answer, exercise = heard.message, exercises()[item.name]
    assert isinstance(answer, Answer)
    if answer.time:
        message = f"`{item.name}` did not come back within {seconds:g} seconds of computing."
        return wrong(item, "no-end", f"{message} Look for a loop whose condition never becomes false."), []
    if answer.missing:
        names = ", ".join(f"`{name}`" if name in item.names else quoted(name) for name in answer.missing)
        return Result(item.name, 0, item.points, "todo", "not-found", f"No definition of {names} was found."), []
    try:
        outcomes = [
            _outcome(exercise, result, value) for result, value in zip(answer.results, heard.values, strict=True)
        ]
        if judge.passes(exercise, calls, outcomes):
            return Result(item.name, item.points, item.points, "correct", "", exercise.praise), outcomes
    except Exception:  # values that no answer has; a judge must not fall over them
        return not_judged(item), []
    return wrong(item, "", ""), outcomes


def explained(item: Item, calls: list[Call], outcomes: list[attempt.Outcome]) -> Result:
    """The whole verdict on an answer that is not right."""
    try:
        verdict = judge.compare(exercises()[item.name], calls, outcomes)
    except Exception:
        return not_judged(item)
    if verdict.status == "todo":
        return Result(item.name, 0, item.points, "todo", "", "There is no answer here yet.")
    found = wrong(item, verdict.mistake, verdict.message)
    if verdict.kind in inbox.UNEXPLAINED and exercises()[item.name].kind == "function":
        found.unknown = inbox.mark_of(outcomes)  # until it has run on the common probe
    return found


def outcomes_of(item: Item, heard: Heard) -> list[attempt.Outcome]:
    """What came of each call of an answer, unjudged; nothing where it did not come to its end."""
    answer, exercise = heard.message, exercises()[item.name]
    if not isinstance(answer, Answer) or answer.time or answer.missing:
        return []
    return [_outcome(exercise, result, value) for result, value in zip(answer.results, heard.values, strict=True)]


def not_judged(item: Item) -> Result:
    """What came back is nothing that an answer can be."""
    return wrong(item, "not-judged", "What came back could not be judged; please ask your teacher.")


def wrong(item: Item, mistake: str, message: str) -> Result:
    """No points, for a reason."""
    return Result(item.name, 0, item.points, "wrong", mistake, message)


def unanswered(item: Item) -> Result:
    """No child lived long enough to come to this answer."""
    return wrong(item, "stopped", f"`{item.name}` was not reached: other answers ended every process they ran in.")


def ended_badly(item: Item, reply: Reply) -> Result:
    """The process was gone before the answer arrived."""
    if reply.ended == "time":
        return wrong(item, "no-end", f"Running `{item.name}` used up all its time and had to be ended.")
    if reply.ended == "garbage":
        return wrong(item, "not-an-answer", f"Running `{item.name}` sent back something that is not an answer.")
    if reply.ended == "disk":
        return wrong(item, "stopped", f"Running `{item.name}` wrote more than there is room for, and had to be ended.")
    if reply.ended == "memory":
        return wrong(item, "stopped", f"Running `{item.name}` used more memory than there is, and had to be ended.")
    return wrong(
        item, "stopped",
        f"The process ended while `{item.name}` ran: it left Python, or asked for more memory than there is.",
    )  # fmt: skip


def _outcome(exercise: Exercise, result: replies.Result, value: Any) -> attempt.Outcome:
    """A judge's Outcome out of what a child sent, the words of the student's code in quotation marks."""
    return attempt.Outcome(
        kind=result.kind,
        value=_with_unusable(value),
        error=result.error if result.error.isidentifier() else "Error",
        detail=quoted(result.detail, 300) if result.detail else "",
        changed=tuple(name for name in result.changed if name in exercise.parameters),
        unstable=result.unstable,
    )


# What `qkvlib.check.plain` and the wire say about a value that cannot be judged; any other words are the student's.
_OURS = re.compile(
    r"(an?|numpy|something|the) (\w{1,40}|array of [\w ,]{1,40}|structure that is too deep or too long to judge"
    r"|very large int|value has too many parts|arrays are too large)"
)


def _kind_in_words(said: str) -> str:
    return said if _OURS.fullmatch(said) else f"something that calls itself {quoted(said, 60)}"


def _with_unusable(value: Any) -> Any:
    if isinstance(value, Foreign):
        return Unusable(_kind_in_words(value.type_name))
    if isinstance(value, tuple | list):
        return tuple(_with_unusable(item) for item in value)
    if isinstance(value, dict):
        return {str(key): _with_unusable(item) for key, item in value.items()}
    return value
