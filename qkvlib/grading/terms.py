"""Due dates, hand-in times and late penalties: what a roster says of one student, and what being late costs.

The columns are `due`, `handed in` and `late penalty`, each for every assignment or, with its number behind it ("due
02"), for one. Dates are written 2026-06-12 18:00, with +02:00 or Z behind them in all places or in none. A penalty is
the share of an assignment's points, in percent, that each day begun takes away; nobody gets less than 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from qkvlib.grading.text import clean, number

_COLUMN = re.compile(r"(due|handed[ _]in|late[ _]penalty)(?:[ _](\d{2}))?")
_DAY = timedelta(days=1)


class TermError(ValueError):
    """A date or a penalty cannot be read or used; the message says what to write."""


@dataclass(frozen=True)
class Term:
    """One cell of the roster: "due", "handed in" or "late penalty", of one assignment ("02") or of all ("")."""

    kind: str
    assignment: str
    value: datetime | float


@dataclass(frozen=True)
class Late:
    """How late somebody's work came and what that costs; `days` is 0 when it came in time."""

    days: int = 0
    taken: float = 0.0  # points
    untimed: bool = False  # marked late by the platform, and nobody knows how late


def term_columns(headings: list[str]) -> dict[int, tuple[str, str]]:
    """{place of a column: (kind, assignment)} of the headings, in small letters, that name a term."""
    found = {place: _COLUMN.fullmatch(heading) for place, heading in enumerate(headings)}
    return {place: (match[1].replace("_", " "), match[2] or "") for place, match in found.items() if match}


def read_terms(row: list[str], columns: dict[int, tuple[str, str]]) -> tuple[Term, ...]:
    """The terms in one line of a roster; empty cells say nothing."""
    found = []
    for place, (kind, assignment) in columns.items():
        said = row[place].strip()
        if said:
            value = percent(said) if kind == "late penalty" else date(said, kind)
            found.append(Term(kind, assignment, value))
    return tuple(found)


def date(said: str, what: str = "due") -> datetime:
    """A date as it is written; a due date without a time is the end of that day. Raises `TermError`."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise TermError(f"{what}: {clean(said, 40)!r} is no date. Write it as 2026-06-12 18:00.") from None
    if len(said) <= len("2026-06-12") and what == "due":
        moment = datetime.combine(moment, time(23, 59, 59))
    return moment


def date_in(said: str) -> datetime | None:
    """The date in the words a hand-out was given as its due date, where they are one that can be computed with."""
    try:
        return date(said.strip())
    except TermError:
        return None


def percent(said: str) -> float:
    """A number of percent from 0 to 100. Raises `TermError`."""
    try:
        share = float(said.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        share = math.nan
    if not 0 <= share <= 100:
        raise TermError(f"late penalty: {clean(said, 40)!r} is not a number of percent from 0 to 100.")
    return share


def find(terms: Iterable[Term], kind: str, assignment: str) -> datetime | float | None:
    """What holds for one assignment: its own term before the one for all of them."""
    found = {term.assignment: term.value for term in terms if term.kind == kind}
    return found.get(assignment, found.get(""))


@dataclass(frozen=True)
class Policy:
    """What holds for everybody whose roster line says nothing else."""

    assignment: str  # its number, "02"
    due: datetime | None = None
    penalty: float = 0.0  # percent of the points for each day begun

    def own_due(self, terms: Iterable[Term]) -> datetime | None:
        """When this student's work is due, where the roster gives them a date of their own."""
        found = find(terms, "due", self.assignment)
        return found if isinstance(found, datetime) else None

    def late(self, terms: Iterable[Term], arrived: datetime | None, marked: bool, score: float, out_of: float) -> Late:
        """How late work of `score` points was that `arrived` then, or was `marked` late by the platform.

        A hand-in time of the roster counts before `arrived`. Raises `TermError` where two dates cannot be compared.
        """
        terms = tuple(terms)
        due, own, share = self.own_due(terms) or self.due, find(terms, "handed in", self.assignment), self.penalty
        given = find(terms, "late penalty", self.assignment)
        if isinstance(given, float):
            share = given
        arrived = own if isinstance(own, datetime) else arrived
        if due is None or arrived is None:
            return Late(untimed=marked and share > 0)
        if not share and not _alike(due, arrived):
            return Late()  # nothing depends on it
        days = max(0, math.ceil((arrived - _comparable(due, arrived)) / _DAY))
        return Late(days, min(score, days * share / 100 * out_of))


def _alike(due: datetime, arrived: datetime) -> bool:
    return (due.tzinfo is None) == (arrived.tzinfo is None)


def _comparable(due: datetime, arrived: datetime) -> datetime:
    if not _alike(due, arrived):
        raise TermError(
            f"Due {due.isoformat(' ', 'minutes')} and handed in {arrived.isoformat(' ', 'minutes')} cannot be "
            "compared: write both with an offset (2026-06-12 18:00+02:00) or both without. nbgrader's times are in UTC."
        )
    return due


def in_words(late: Late) -> str:
    """What a student reads about it; nothing when it came in time."""
    if not late.days:
        return ""
    days = "1 day begun" if late.days == 1 else f"{late.days} days begun"
    points = "1 point" if late.taken == 1 else f"{number(late.taken)} points"
    return f"It came late ({days})" + (f": {points} less." if late.taken else ".")
