"""Wrong numbers of the right shape: relations to the right ones that need no particular misconception.

Each symptom returns (slug, what is seen, nudge) or None. They run after every named mistake has been ruled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from qkvlib.check.plain import alike, as_array, close, in_parts
from qkvlib.check.spec import Call, Exercise
from qkvlib.check.words import listed

Symptom = tuple[str, str, str]  # its slug, what is seen, and a nudge


def find(exercise: Exercise, calls: Sequence[Call], values: list, expected: list) -> Symptom | None:
    """The first symptom that holds on every call."""
    if isinstance(expected[0], dict):
        return _entries(values[0], expected[0], exercise.tolerance)
    if isinstance(expected[0], tuple):
        return _parts(exercise, calls, values, expected)
    if isinstance(expected[0], str):
        return None
    arrays: list = [as_array(v) for v in values]
    wants: list = [as_array(e) for e in expected]
    if len(arrays) > 2 and all(
        a is not None and a.size == 1 and w.ndim == 0 for a, w in zip(arrays, wants, strict=True)
    ):
        arrays, wants = [np.stack([a.reshape(()) for a in arrays])], [np.stack(wants)]  # numbers are looked at together
        return _arrays(exercise, [], arrays, wants, "your results")
    return _arrays(exercise, calls, arrays, wants)


def _entries(value: Any, want: Any, tolerance: float) -> Symptom:
    wrong = [key for key in want if not alike(value[key], want[key], tolerance)]
    right = [key for key in want if key not in wrong]
    if right:
        are = "is" if len(right) == 1 else "are"
        how = ", one entry at a time, with the shapes written beside it" if np.size(want[wrong[0]]) > 1 else ""
        return (
            "part-wrong",
            f"{listed(right)} {are} right, and {listed(wrong)} {'is' if len(wrong) == 1 else 'are'} not yet.",
            f"Work out {wrong[0]} once more{how}.",
        )
    return (
        "values",
        f"No entry is right as a whole yet; start with {wrong[0]}.",
        "Write the shapes first, then one entry at a time.",
    )


def _parts(exercise: Exercise, calls: Sequence[Call], values: list, expected: list) -> Symptom | None:
    n = len(expected[0])
    names = exercise.parts or tuple(f"part {k + 1}" for k in range(n))
    values = [in_parts(v, n) for v in values]
    if any(v is None for v in values):
        return None
    if n <= 4:
        for order in list(permutations(range(n)))[1:]:
            if all(
                all(alike(v[order[k]], e[k], exercise.tolerance) for k in range(n))
                for v, e in zip(values, expected, strict=True)
            ):
                return (
                    "order-of-results",
                    "Every array you return is right, but they come in another order.",
                    f"The function promises {', '.join(names)}, in this order.",
                )
    wrong = [
        k
        for k in range(n)
        if not all(alike(v[k], e[k], exercise.tolerance) for v, e in zip(values, expected, strict=True))
    ]
    k = wrong[0]
    if _halves_swapped([(v[k], e[k]) for v, e in zip(values, expected, strict=True)], exercise.tolerance):
        return "halves-swapped", f"The two halves of {names[k]} have changed places.", "Which of the two comes first?"
    for j in wrong:
        found = _arrays(exercise, calls, [as_array(v[j]) for v in values], [as_array(e[j]) for e in expected], names[j])
        if found is not None:
            return found
    if len(wrong) < n:
        right, others = [names[j] for j in range(n) if j not in wrong], [names[j] for j in wrong]
        are, are_not = ("is" if len(listing) == 1 else "are" for listing in (right, others))
        return (
            "part-wrong",
            f"{listed(right)} {are} right, and {listed(others)} {are_not} not.",
            f"Only the lines that make {listed(others)} need another look.",
        )
    return None


def _halves_swapped(both: list[tuple], tolerance: float) -> bool:
    return all(
        isinstance(a, tuple) and isinstance(w, tuple) and len(a) == len(w) == 2 and alike(a[::-1], w, tolerance)
        for a, w in both
    )


def _arrays(
    exercise: Exercise, calls: Sequence[Call], arrays: list, wants: list, name: str = "your result"
) -> Symptom | None:
    if any(a is None or w is None or a.shape != w.shape for a, w in zip(arrays, wants, strict=True)):
        return None
    both = [(a.astype(np.float64), w.astype(np.float64)) for a, w in zip(arrays, wants, strict=True)]
    # What holds to the last digits is looked for where there are digits enough.
    double = [pair for pair, want in zip(both, wants, strict=True) if want.dtype != np.float32] or both
    tolerance = exercise.tolerance
    if calls and (parameter := _returned_input(exercise, calls, arrays)):
        return (
            "input-returned",
            f"What comes back is {parameter} itself, unchanged.",
            "Does the last line return the variable that holds your result?",
        )
    if all(a.dtype == bool and w.dtype != bool for a, w in zip(arrays, wants, strict=True)):
        return (
            "booleans-for-numbers",
            f"What comes back as {name} is True and False, where numbers are asked for.",
            "A comparison says whether, and not how much: what would you compute with the two sides instead?",
        )
    if all(np.all(a == 0) for a, _ in both):
        if all(a.ndim == 0 for a, _ in both):
            return (
                "all-zeros",
                f"What comes back as {name} is 0.",
                "Print what each line gives: where is it 0?",
            )
        nudge = "Print what each line gives: where does it become 0?"
        return "all-zeros", f"Every number in {name} is 0.", nudge
    if all(a.size > 1 and np.ptp(a) == 0 for a, _ in both):
        return "all-equal", f"Every number in {name} is the same.", "Which line should make them differ?"
    if all(close(a, -w, tolerance) for a, w in both):
        return (
            "sign",
            f"Every number in {name} has the wrong sign.",
            "Look for a minus, or a difference taken backwards.",
        )
    if all(close(a, np.maximum(w, 0), tolerance) for a, w in both):
        return "cut-at-zero", f"Where {name} should be negative it is 0.", "Negative numbers are meant here."
    if place := _never_filled(both, tolerance):
        return (
            "never-filled",
            f"The {place} of {name} is 0, and all the rest is right.",
            "Is it ever filled? See where your loop or slice begins and stops: range(n) stops at n - 1 by itself.",
        )
    if all(close(np.abs(a), np.abs(w), tolerance) for a, w in both):
        return "signs-lost", f"The numbers in {name} are right but for their signs.", "Look for an abs, or a square."
    if _swapped(both, tolerance):
        return (
            "axes-swapped",
            f"Rows and columns of {name} have changed places.",
            "Say aloud what one row stands for, and find the transpose that is missing or one too many.",
        )
    if _rounded(both):
        return (
            "rounded",
            f"The numbers in {name} are right but rounded, or cut to whole numbers.",
            "Leave all digits in; if you fill an array yourself, make it a float array.",
        )
    if all(_through_half_precision(a, w) for a, w in both):
        return (
            "low-precision",
            f"The numbers in {name} are right to three digits or so, and no further.",
            "A float16 keeps no more than that: leave the numbers in the precision in which they came.",
        )
    if _ratio_is_constant(double):
        return (
            "constant-factor",
            f"Every number in {name} is off by one and the same factor.",
            "Which quantity do you multiply or divide by that does not belong there, or is missing?",
        )
    if _offset_is_constant(double):
        return (
            "constant-offset",
            f"Every number in {name} is off by one and the same amount.",
            "Which number is added or subtracted that should not be?",
        )
    if any(_ratio_is_constant([(a, f(w)) for a, w in double]) for f in _FUNCTIONS):
        return (
            "function-applied",
            f"Each number in {name} follows from the right one by one function: a power, an exponential or the like.",
            "Go back one step: the numbers before it may be the ones that were asked for.",
        )
    if row := _by_rows(double):
        what = {"factor": "a factor", "offset": "an amount"}[row]
        return (
            f"row-{row}",
            f"Each row of {name} is off by {what} of its own.",
            "What do you compute once per row, and should it be there?",
        )
    for axis in (-1, -2):
        if all(a.ndim >= -axis and close(np.flip(a, axis), w, tolerance) for a, w in both):
            return (
                "reversed-order",
                f"The entries of {name} are right, but in reversed order.",
                "Check the direction of a loop or a slice such as [::-1].",
            )
    found = _some_rows(both, tolerance, name)
    if found is None and all(
        a.size > 2 and close(np.sort(a, axis=None), np.sort(w, axis=None), tolerance) for a, w in both
    ):
        grids = all(a.ndim > 1 for a, _ in both)
        return (
            "other-places",
            f"All the numbers of {name} are right, but they stand in other places.",
            "A reshape keeps the order of the numbers, a transpose changes it: is one in the other's place?"
            if grids
            else "Say what should stand first, second and third, and compare.",
        )
    return found or _rows_of_shares(both, name)


def _rows_of_shares(both: list[tuple[np.ndarray, np.ndarray]], name: str) -> Symptom | None:
    """Rows that should be shares of 1, and sum to something else."""
    for a, w in both:
        if a.ndim < 1 or a.shape[-1] < 2 or not np.allclose(w.sum(-1), 1) or (w < 0).any():
            return None
    sums = np.concatenate([np.ravel(a.sum(-1)) for a, _ in both])
    if np.allclose(sums, 1, atol=1e-2):
        return None
    off = sums[np.argmax(np.abs(sums - 1))]
    return "rows-not-shares", f"A row of {name} sums to {off:.2g}.", "Each row shares out 1: which line sees to that?"


def _returned_input(exercise: Exercise, calls: Sequence[Call], arrays: list) -> str | None:
    for k, parameter in enumerate(exercise.parameters):
        if all(
            k < len(c.args) and type(c.args[k]) is np.ndarray and np.array_equal(c.args[k], a)
            for c, a in zip(calls, arrays, strict=True)
        ):
            return parameter
    return None


_FUNCTIONS = (
    np.square,
    np.exp,
    np.tanh,
    np.abs,
    lambda w: np.sqrt(np.abs(w)),
    lambda w: 1 / np.where(w == 0, np.nan, w),
    lambda w: 1 / (1 + np.exp(-w)),
    lambda w: np.log(np.where(w > 0, w, np.nan)),
    np.floor,
    np.ceil,
)


def _swapped(both: list[tuple[np.ndarray, np.ndarray]], tolerance: float) -> bool:
    return all(
        a.ndim > 1 and a.shape[-1] == a.shape[-2] and close(np.swapaxes(a, -1, -2), w, tolerance) for a, w in both
    )


def _rounded(both: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    for digits in range(5):
        if all(np.allclose(a, np.round(w, digits), atol=1e-9) for a, w in both):
            return True
    return all(np.allclose(a, np.trunc(w), atol=1e-9) for a, w in both)


def _through_half_precision(a: np.ndarray, w: np.ndarray) -> bool:
    if not np.isfinite(a).all() or np.max(np.abs(a), initial=0.0) > np.finfo(np.float16).max:
        return False
    return np.array_equal(a, a.astype(np.float16)) and np.allclose(a, w, rtol=5e-3, atol=5e-3)


def _ratio_is_constant(both: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    if sum(a.size for a, _ in both) < 3:
        return False
    for a, w in both:
        if a.size < 2 or not np.isfinite(a).all() or not np.isfinite(w).all():
            return False
        size = np.sum(w * w)
        if size == 0:
            return False
        factor = np.sum(a * w) / size
        if abs(factor) < 1e-12 or not np.allclose(a, factor * w, rtol=1e-6, atol=1e-9 * abs(factor)):
            return False
    return True


def _offset_is_constant(both: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    if sum(a.size for a, _ in both) < 3:
        return False
    return all(a.size >= 2 and np.isfinite(a).all() and np.allclose(a - w, (a - w).flat[0], atol=1e-8) for a, w in both)


def _by_rows(both: list[tuple[np.ndarray, np.ndarray]]) -> str | None:
    """Whether each row is right up to a factor, or an amount, of its own."""
    if not all(a.ndim > 1 and a.shape[-1] > 2 and np.isfinite(a).all() and np.isfinite(w).all() for a, w in both):
        return None
    if all(np.allclose(a - w, (a - w)[..., :1], atol=1e-8) for a, w in both):
        return "offset"
    for a, w in both:
        size = (w * w).sum(-1, keepdims=True)
        if not np.all(size > 0):
            return None
        factor = (a * w).sum(-1, keepdims=True) / size
        if np.any(np.abs(factor) < 1e-12) or not np.allclose(a, factor * w, rtol=1e-6, atol=1e-9):
            return None
    return "factor"


def _never_filled(both: list[tuple[np.ndarray, np.ndarray]], tolerance: float) -> str:
    """ "last column": what is 0 in every array while all beside it is right; "" where there is no such place."""
    for axis, what in ((-1, "column"), (-2, "row")):
        if any(a.ndim < -axis for a, _ in both):
            continue
        for which, end in (("last", -1), ("first", 0)):
            if all(
                not np.take(a, end, axis).any() and close(np.delete(a, end, axis), np.delete(w, end, axis), tolerance)
                for a, w in both
            ):
                return f"{which} {'entry' if all(a.ndim == 1 for a, _ in both) else what}"
    return ""


def _some_rows(both: list[tuple[np.ndarray, np.ndarray]], tolerance: float, name: str) -> Symptom | None:
    first_only, last_only, ever = True, True, False
    for a, w in both:
        if a.ndim < 2 or a.shape[-2] < 2:
            return None
        rows = [close(a[..., t, :], w[..., t, :], tolerance) for t in range(a.shape[-2])]
        ever = ever or any(rows)
        first_only &= rows[0] and not any(rows[1:])
        last_only &= rows[-1] and not any(rows[:-1])
    if first_only or last_only:
        which = "first" if first_only else "last"
        return (
            "partly-right",
            f"The {which} row of {name} is right, and no other.",
            "Does your code visit every row, and does each row start afresh?",
        )
    return None
