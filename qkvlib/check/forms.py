"""One rule for the form of an answer, the same in every exercise.

A function hands back what its docstring promises, no more and no less: that many results in that order, as a tuple or a
list, each with the axes that are named; True and False where those are promised; a word as it is spelt. Nested lists,
whole numbers and numbers of any precision are as good as arrays of floats. What is typed as a value is taken by name
or in order. Right numbers in another form are told so, in the same words everywhere: `promised` puts a value into the
form that was promised, as far as it can be told, and says what was amiss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qkvlib.check.plain import as_array
from qkvlib.check.spec import Exercise

RULE = (
    "A function hands back just what its docstring promises: that many results in that order, each with the axes that "
    "are named, and True or False where booleans are promised. Lists and whole numbers are as good as arrays of "
    "floats. Where shapes begin with `...`, any number of axes may stand in front, or none."
)


def promised(exercise: Exercise, value: Any, want: Any) -> tuple[Any, str]:
    """`value` in the form of `want`, and the slug of what was amiss with its own ("" when nothing was).

    A value that is in no known way another form of it comes back as it is. The first of several results alone comes
    back as a tuple of one.
    """
    if exercise.kind == "value":
        return _typed(value, want)
    return _returned(value, want)


def says(slug: str, exercise: Exercise) -> tuple[str, str]:
    """(what is seen, nudge) for right numbers in another form."""
    parts = ", ".join(exercise.parts)
    return {
        "output-only": (
            f"What you return is right, but it is {exercise.parts[0] if exercise.parts else 'the first'} alone.",
            f"The function promises all of these, in this order: {parts}.",
        ),
        "more-than-promised": (
            "The result is right, but something else comes back beside it.",
            "Return what the docstring promises: whoever calls the function takes what comes back as it is.",
        ),
        "results-flat": (
            "All the numbers are right, but results that belong together come back one by one.",
            f"Keep together what belongs together: {parts}.",
        ),
        "dictionary": (
            "All the numbers are right, but they come back in a dictionary.",
            f"Taken apart, it hands out its names. Return the results themselves, in this order: {parts}.",
        ),
        "extra-axis": (
            "The numbers are right, but they lie in an array with an axis too many, of length 1.",
            "Compare its shape with the one in the docstring: which line adds the axis, and which could take it out?",
        ),
        "one-for-several": (
            "The number is right, but it stands alone where one number for each was asked for.",
            "Type as many numbers as there are things to number, even if they are alike.",
        ),
        "numbers-for-booleans": (
            "Every entry is right as 0 or 1, but True and False are promised.",
            "Numbers cannot be turned round with ~, and as an index they pick rows: compare, or use dtype=bool.",
        ),
        "spelling": (
            "It is the right word in another spelling.",
            "Small and large letters differ for whoever compares it with ==.",
        ),
    }[slug]


def _typed(value: Any, want: Any) -> tuple[Any, str]:
    """What was typed: names in any case, or the parts in order; one number for several alike is said to be so."""
    if not isinstance(want, dict):
        return value, ""
    if isinstance(value, dict):
        names = {name.casefold(): name for name in value}
        if set(names) != {name.casefold() for name in want}:
            return value, ""
        value = {name: value[names[name.casefold()]] for name in want}
    else:
        parts = tuple(value) if type(value) is np.ndarray and value.ndim else value
        if not isinstance(parts, tuple) or len(parts) != len(want):
            return value, ""
        value = dict(zip(want, parts, strict=True))
    short = [n for n in want if np.ndim(want[n]) and np.ptp(want[n]) == 0 and isinstance(value[n], int | float)]
    return {**value, **{n: np.full(np.shape(want[n]), value[n]) for n in short}}, "one-for-several" if short else ""


def _returned(value: Any, want: Any) -> tuple[Any, str]:
    if isinstance(want, tuple):
        return _several(value, want)
    if isinstance(want, str):
        other = isinstance(value, str) and value != want and value.strip().casefold() == want.casefold()
        return (want, "spelling") if other else (value, "")
    wanted = as_array(want)
    return (value, "") if wanted is None else _one(value, wanted)


def _several(value: Any, want: tuple) -> tuple[Any, str]:
    slug = ""
    if isinstance(value, dict) and len(value) == len(want):
        value, slug = tuple(value.values()), "dictionary"
    if _outline(value) == _outline(want[0]):
        return (value,), "output-only"
    if type(value) is np.ndarray and value.ndim and len(value) == len(want):
        value = tuple(value)
    if not isinstance(value, tuple):
        return value, slug
    if len(value) > len(want) and _outline(value) == _flat(_outline(want)):
        value, slug = _nested(value, want), "results-flat"
    elif len(value) > len(want) and _outline(value[: len(want)]) == _outline(want):
        value, slug = value[: len(want)], "more-than-promised"
    if len(value) != len(want):
        return value, slug
    parts = [_returned(part, wanted) for part, wanted in zip(value, want, strict=True)]
    return tuple(part for part, _ in parts), next((amiss for _, amiss in parts if amiss), slug)


def _nested(value: tuple, want: tuple) -> tuple:
    """Results that came one by one, put together as in `want`."""
    rest = iter(value)
    return tuple(tuple(next(rest) for _ in part) if isinstance(part, tuple) else next(rest) for part in want)


def _flat(outline: list) -> list:
    return [one for part in outline for one in (part if isinstance(part, list) else [part])]


def _outline(value: Any) -> Any:
    """The shape of an array or a number; of several, the list of theirs; None of anything else."""
    if isinstance(value, tuple):
        return [_outline(part) for part in value]
    array = as_array(value)
    return None if array is None else array.shape


def _one(value: Any, want: np.ndarray) -> tuple[Any, str]:
    slug = ""
    if isinstance(value, tuple) and len(value) > 1:
        fitting = (part for part in value if (array := as_array(part)) is not None and array.shape == want.shape)
        if (found := next(fitting, None)) is not None:
            value, slug = found, "more-than-promised"
    array = as_array(value)
    if array is None:
        return value, slug
    if array.ndim > want.ndim and _without_ones(array.shape) == _without_ones(want.shape):
        value, slug = array.reshape(want.shape), slug or "extra-axis"
        array = value
    if want.dtype == bool and array.dtype != bool and array.shape == want.shape and np.isin(array, (0, 1)).all():
        value, slug = array.astype(bool), slug or "numbers-for-booleans"
    return value, slug


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
