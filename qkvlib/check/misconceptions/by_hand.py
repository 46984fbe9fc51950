"""What is worked out on paper: shares, orders of lettered lines, numbers in quotes or in a column."""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.spec import Mistake, mistake


def extra_axis(seen: str, nudge: str) -> Mistake:
    """For numbers that should lie in one plain row."""
    return mistake("extra-axis", seen, nudge, recognise=lambda args, answer: any(map(_is_column, _entries(answer))))


def in_quotes(seen: str, nudge: str) -> Mistake:
    """For numbers that are handed over as text."""
    return mistake(
        "text-for-numbers",
        seen,
        nudge,
        recognise=lambda args, answer: any(isinstance(entry, str) for entry in _entries(answer)),
    )


def _entries(answer: Any) -> list:
    return list(answer.values()) if isinstance(answer, dict) else [answer]


def _is_column(entry: Any) -> bool:
    """A row of numbers, or a column, in a matrix of its own."""
    return np.ndim(entry) > 1 and np.size(entry) == max(np.shape(entry))


def shares_by_hand(*counts: int) -> tuple[Mistake, ...]:
    """For shares that were worked out on paper, `counts` of them: what is seen without a formula."""
    return (
        extra_axis(
            "Your numbers lie in a column, or in a row inside another list.", "Hand over plain numbers in one list."
        ),
        mistake(
            "another-count",
            "What you hand over is not a list with one share for each score.",
            "As many shares as scores, in the same order.",
            recognise=lambda args, w: np.size(w) not in counts,
        ),
        mistake(
            "score-for-share",
            "You give minus infinity where a share is asked for.",
            "It is the score that becomes minus infinity; what does the exponential make of that?",
            recognise=lambda args, w: np.any(np.isneginf(w)),
        ),
        mistake(
            "percent",
            "You typed percentages.",
            "Shares of 1 are asked for: divide each by 100.",
            recognise=lambda args, w: abs(np.sum(w) - 100) < 1,
        ),
        mistake(
            "not-shares",
            "Your numbers do not sum to 1.",
            "Shares of a whole: divide each exponential by the sum of those that count.",
            recognise=lambda args, w: abs(np.sum(w) - 1) > 0.01,
        ),
        mistake(
            "equal-shares",
            "Your shares are all alike: the scores play no part in them.",
            "A larger score gets more: what becomes of a gap between two scores?",
            recognise=lambda args, w: abs(np.sum(w) - 1) <= 0.01 and _all_alike(np.asarray(w, float)),
        ),
        mistake(
            "gap-misjudged",
            "Your numbers are shares, but for other gaps between the scores.",
            "The quotient of two weights is e to the power of the gap between their scores.",
            recognise=lambda args, w: abs(np.sum(w) - 1) <= 0.01,
        ),
    )


def _all_alike(shares: np.ndarray) -> bool:
    """Whether there are several shares above 0, and all of these are the same."""
    given = shares[shares > 0]
    return len(given) > 1 and bool(np.ptp(given) < 0.01)


def order_mistakes(missing: tuple[str, str], once: str, too_early: str, look: str) -> tuple[Mistake, ...]:
    """For orders of lines with the letters A to D, last in the list; `missing` is a slug with its sentence."""
    return (
        mistake(
            "no-letters",
            "There are no letters in your order.",
            "Name the lines by their letters, in one word.",
            recognise=lambda args, order: isinstance(order, str) and not order,
        ),
        mistake(*missing, once, recognise=lambda args, order: sorted(order) != ["A", "B", "C", "D"]),
        mistake("another-order", too_early, look, recognise=lambda args, order: True),
    )


def reversed_order(right: str) -> Mistake:
    """The right order, read from its end."""
    return mistake(
        "from-last-to-first",
        "The steps follow one another as they should, but from the last to the first.",
        "Which of them can be done when nothing else has been?",
        lambda *given: right[::-1],
    )


def letters(value: Any) -> Any:
    """An order of lettered lines as one word, however it was written: "b d, c", ["B", "D", "C"]."""
    if isinstance(value, tuple):
        value = "".join(str(item) for item in value)
    return "".join(c for c in value.upper() if c.isalpha()) if isinstance(value, str) else value
