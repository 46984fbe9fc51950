"""Every mutant of every right answer, judged: a slip that computes something else must not pass the check.

What computes the same is listed, with the reason, in `tests/check/equivalent_mutants.json`. Takes minutes of one core.
"""

from __future__ import annotations

import sys

from benchmarks.report import Limit, Row, finish, parser
from tools.mutants import sources, tally

WHAT = "mutants of the right answers that the checks kill, of those that compute something else"


def main(arguments=None) -> int:
    options = parser(WHAT).parse_args(arguments)
    found = tally(sources())
    rows = [
        Row(name, 100 * one.score, "%", f"{one.mutants} mutants, {one.killed} killed, {one.equivalent} equivalent")
        for name, one in found.items()
    ]
    missed = [line for one in found.values() for line in one.missed]
    print(*missed, sep="\n")
    stale = sum(len(one.stale) for one in found.values())
    limits = [
        Limit("mutants that pass and compute something else", len(missed), at_most=0),
        Limit("mutants that are listed as equivalent and killed", stale, at_most=0),
    ]
    return finish(options, WHAT, rows, limits)


if __name__ == "__main__":
    sys.exit(main())
