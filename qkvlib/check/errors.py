"""Exceptions in plain words: what the learner's function raised, and where to look."""

from __future__ import annotations

import re

from qkvlib.check.attempt import Outcome
from qkvlib.check.naming import CLASHES
from qkvlib.check.spec import Call, Exercise
from qkvlib.check.torch_words import spelled_for_torch
from qkvlib.check.words import describe_inputs

_WORDS = {
    "NumpyRedefined": (
        "The name np no longer means numpy in this notebook, so your function cannot use it.",
        "Something was assigned to np; run import numpy as np again and rename the other thing.",
    ),
    "NameError": (
        "Your function uses a name that Python does not know here ({detail}).",
        "Is it spelt as it was defined, and was the cell that defines it run?",
    ),
    "UnboundLocalError": (
        "Your function reads a variable before giving it a value ({detail}).",
        "Check that the line which sets it comes first, on every path.",
    ),
    "IndexError": (
        "Your function reached past the end of an array ({detail}).",
        "Print the shape just before that line; counting starts at 0.",
    ),
    "KeyError": (
        "Your function asked a dict for a name that it does not have ({detail}).",
        "Print the names that it has, and compare letter by letter.",
    ),
    "ZeroDivisionError": (
        "Your function divided by zero.",
        "Which quantity was it that turned out to be 0, and should it be?",
    ),
    "RecursionError": (
        "Your function calls itself without end.",
        "It needs a case in which it answers without calling itself; or does a helper share its name?",
    ),
    "AttributeError": (
        "Your function asks a value for something that it does not have ({detail}).",
        "Print the type of that value just before the line.",
    ),
    "ModuleNotFoundError": (
        "Your function needs a package that is not installed here ({detail}).",
        "numpy is all that this exercise needs.",
    ),
    "AxisError": (
        "Your function names an axis that the array does not have ({detail}).",
        "Print the shape before that line; -1 is the last axis and -2 the one before it.",
    ),
    "LinAlgError": (
        "The matrix that your function tries to invert or solve cannot be ({detail}).",
        "Is it square, and is it the matrix you meant?",
    ),
    "MemoryError": (
        "Your function asked for more memory than there is.",
        "Look for an axis that was meant to be summed over and is kept instead.",
    ),
    "SystemExit": ("Your function tried to leave Python.", "Use return, not exit() or quit()."),
    "AssertionError": (
        "An assert in your function failed{colon}.",
        "It caught something: print what it compares, just before it.",
    ),
    "UFuncTypeError": (
        "numpy could not store a result in the type of array you chose ({detail}).",
        "An array of whole numbers cannot hold fractions: make it float, or build a new one.",
    ),
}

# What a pair of arrays leads to when it is handed on whole.
_PAIR = re.compile(r"inhomogeneous shape|'tuple' object has no attribute|tuple indices must be|and 'tuple'|'tuple' and")
_FOR_A_SIZE = re.compile(r"'(ellipsis|tuple|list)' object cannot be interpreted as an integer")
_COMPUTED_WITH = re.compile(r"unsupported operand type\(s\) for \S+ '?(?:\w+' and ')?(list|range)'")
_TAKEN_APART = re.compile(r"values to unpack \(expected (\d+)")
_MEET = "Write the shape of each factor beside the line: for a matrix product the inner two must be equal."
_CUT = "Write the shape beside the line: the new sizes must multiply to as many numbers as there are."
_SHAPE_WORDS = ("mismatch", "not aligned", "broadcast", "shape", "dimension", "reshape", "divide into", "concatenat")


def explain(outcome: Outcome, call: Call, exercise: Exercise) -> tuple[str, str, str]:
    """(slug, what is seen, nudge) for an outcome of kind "raised"."""
    error, detail = outcome.error, " ".join(outcome.detail.split())
    if (torch := spelled_for_torch(detail)) is not None:
        return "torch-spelling", *torch
    if _PAIR.search(detail):
        return (
            "raised-pair",
            f"Your function works with several results at once where one array is needed ({error}: {detail}).",
            "A function that you call may return two things: give each a name, as in out, weights = attention(...).",
        )
    if "NoneType" in detail:
        return (
            "raised-none",
            f"Your function computes with a value that is None ({error}: {detail}).",
            "A function that it calls may have no return yet, or a variable was never filled in.",
        )
    if "has 0" in detail and "dimensions" in detail:
        return (
            "raised-no-axes",
            "In a matrix product one of your factors has no axes: it is a single number, or None.",
            "A function that it calls may have no return yet, or a sum went over everything.",
        )
    if found := _TAKEN_APART.search(detail):
        return (
            "raised-unpacking",
            f"Your function takes something apart into {found[1]} names, but it has more or fewer parts ({detail}).",
            "Of a shape, name the last axes and leave those in front as they come: *front, T, d = X.shape.",
        )
    if "operand has more dimensions than subscripts" in detail:
        return (
            "raised-einsum-letters",
            "Your einsum has a letter for each axis, and here there are more axes than letters.",
            "For whatever stands in front write ... in place of letters, on both sides of the arrow.",
        )
    if "too many subscripts for operand" in detail:
        return (
            "raised-einsum-letters",
            "Your einsum has a letter for each axis, and here there are fewer axes than letters.",
            "For whatever stands in front write ... in place of letters, on both sides of the arrow.",
        )
    if "no '...' ellipsis provided" in detail:
        return (
            "raised-einsum",
            "Your einsum has ... before the arrow and not behind it: axes in front have nowhere to go.",
            "What stands in front stays in front: write ... on both sides of the arrow.",
        )
    if "axes don't match array" in detail:
        return (
            "raised-axes",
            f"numpy's transpose wants all axes in their new order, and it was given another number of them ({detail}).",
            "np.swapaxes(a, i, j) swaps two axes, whatever else there is.",
        )
    if "as a data type" in detail:
        return (
            "raised-size-for-type",
            f"A number stands where numpy wants a type ({detail}).",
            "np.ones(n, m) takes m for the type of its numbers: a shape is one argument, as in np.ones((n, m)).",
        )
    if "not callable" in detail:
        return (
            "raised-not-callable",
            f"Your function calls something that is not a function ({detail}).",
            "Was a name such as sum, max or range used for a variable, or is an operator missing before a bracket?",
        )
    if (found := _FOR_A_SIZE.search(detail)) is not None:
        what = "... stands" if found[1] == "ellipsis" else f"A whole {found[1]} stands"
        return (
            "raised-shape-for-size",
            f"{what} where the size of one axis belongs ({detail}).",
            "A shape as an argument needs a * before it, which hands its sizes over one by one: *X.shape[:-1].",
        )
    if found := _COMPUTED_WITH.search(detail):
        return (
            "raised-list",
            f"Your function computes with a {found[1]} as if it were an array ({detail}).",
            "np.array makes one of a list, and np.arange is a range that is one already.",
        )
    if "'float' object cannot be interpreted as an integer" in detail or "indices must be integers" in detail:
        return (
            "raised-float-for-integer",
            "Your function uses a number with a decimal point where only a whole one will do: a size, or an index.",
            "/ always gives such a number, even 6 / 2; which division gives a whole one?",
        )
    if error in _WORDS:
        seen, nudge = _WORDS[error]
        return f"raised-{error}", seen.format(detail=detail, colon=f": {detail}" if detail else ""), nudge
    if error in ("ValueError", "ShapeError") and any(word in detail for word in _SHAPE_WORDS):
        clash = next((found.groups() for pattern in CLASHES if (found := pattern.search(detail))), None)
        if clash is not None:
            return (
                "raised-shapes",
                f"{describe_inputs(call, exercise)}a product in your function multiplies an axis of length {clash[1]} "
                f"with one of {clash[0]}.",
                "Write the shape of each factor beside the line: the last size of the first must be the second's "
                "last but one.",
            )
        return (
            "raised-shapes",
            f"{describe_inputs(call, exercise)}two shapes do not fit together in your function ({detail}).",
            _CUT if "reshape" in detail or "divide" in detail else _MEET,
        )
    if "truth value" in detail:
        return (
            "raised-truth-value",
            "Your function asks whether a whole array is true, and an array has many answers.",
            "Entry by entry: np.where. One answer: np.allclose, np.max. Whether an argument is missing: is None.",
        )
    said = f": {detail}" if detail else ""
    return (
        f"raised-{error}",
        f"Your function stopped with an error ({error}{said}).",
        "Call it in a cell of its own on a small input to see the line on which it stops.",
    )
