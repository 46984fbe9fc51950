"""What a verdict costs: every exercise with a right answer, its slowest mistake, and an answer that no misconception
explains (all of them are tried then). And the same with the counter-example that a learner's cell adds. Processor time,
so that another program's work is not counted."""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks.report import Limit, Row, finish, parser
from qkvlib.check import attempt, counterexample, judge, naming
from qkvlib.check.registry import exercises

WHAT = "milliseconds of processor time from an answer to its verdict"
LIMIT_MS = 50.0
WITH_EXAMPLE_MS = 300.0


def unexplained(exercise):
    """An answer with the right shapes and numbers that nothing explains."""

    def bend(value):
        if isinstance(value, dict):
            return {key: bend(part) for key, part in value.items()}
        if isinstance(value, tuple | list):
            return tuple(bend(part) for part in value)
        if isinstance(value, str):
            return f"{value}X"
        array = np.asarray(value, float)
        return array * 1.3 + 0.01 * np.cos(np.arange(array.size)).reshape(array.shape)

    def answer(*args):
        options = getattr(exercise.reference(*args), "options", None)
        return bend(options[0] if options else exercise.reference(*args))

    return answer


def milliseconds(exercise, answer):
    """The fastest of three."""
    if exercise.kind == "value":
        answer = answer(*exercise.calls(None)[0].args)
    spent = []
    for _ in range(3):
        start = time.process_time()
        judge.check(exercise, answer)
        spent.append(1000 * (time.process_time() - start))
    return min(spent)


def with_example(exercise):
    """The slowest of its mistakes and the unexplained answer, verdict and counter-example together."""
    answers = [version for mistake in exercise.mistakes for version in naming.versions(exercise, mistake)]
    spent = [0.0]
    for answer in [*answers, unexplained(exercise)] if exercise.kind == "function" else []:
        start = time.process_time()
        calls = exercise.calls(np.random.default_rng(judge.default_seed(exercise)))
        outcomes = attempt.run(exercise, answer, calls)
        judge.compare(exercise, calls, outcomes)
        counterexample.find(exercise, answer, calls, outcomes)
        spent.append(1000 * (time.process_time() - start))
    return max(spent)


def main(arguments=None) -> int:
    options = parser(WHAT).parse_args(arguments)
    rows, worst, slowest_example = [], 0.0, 0.0
    for exercise in exercises().values():
        right = milliseconds(exercise, exercise.reference)
        wrong = max(milliseconds(exercise, v) for m in exercise.mistakes for v in naming.versions(exercise, m))
        lost = milliseconds(exercise, unexplained(exercise))
        slowest = max(right, wrong, lost)
        worst = max(worst, slowest)
        example = with_example(exercise)
        slowest_example = max(slowest_example, example)
        note = f"right {right:.1f}, slowest named mistake {wrong:.1f}, unexplained {lost:.1f}, example {example:.1f}"
        rows.append(Row(exercise.name, slowest, "ms", note))
    return finish(
        options,
        WHAT,
        rows,
        [
            Limit("slowest check", worst, at_most=LIMIT_MS),
            Limit("slowest check with its counter-example", slowest_example, at_most=WITH_EXAMPLE_MS),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
