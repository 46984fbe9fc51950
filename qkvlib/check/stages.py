"""What can be said without knowing the misconception: was there anything, can it be called, what kind of thing came
back, of which shape, is it finite, and how do the numbers lie beside the right ones.

Every sentence speaks about the learner's own result. None contains a reference value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qkvlib.attention import softmax
from qkvlib.check import forms, symptoms
from qkvlib.check.attempt import Outcome
from qkvlib.check.errors import explain
from qkvlib.check.naming import by_property, is_right
from qkvlib.check.plain import Unusable, as_array, close, in_parts
from qkvlib.check.spec import Call, Exercise, Tag
from qkvlib.check.verdict import Kind, Verdict
from qkvlib.check.words import COUNT, describe_inputs, differ_in_one, in_words, shape


def before_values(exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> Verdict | None:
    """Blank answers and answers that cannot be called at all."""
    first = outcomes[0]
    if first.kind == "todo":
        what = "Replace the dots with your answer" if exercise.kind == "value" else "Write the body of the function"
        message = f"There is nothing to check yet. {what}, then run this cell again."
        return Verdict(exercise.name, "todo", message, kind=Kind.BLANK)
    if first.kind == "not-callable":
        return _wrong(
            exercise,
            "not-a-function",
            f"The check was given {first.detail}, and it needs the function itself.",
            f"Write check.{exercise.name}({exercise.name}), without calling it first.",
        )
    unfit = next((outcome for outcome in outcomes if outcome.kind == "signature"), None)
    if unfit is not None:
        wanted = ", ".join(exercise.parameters)
        return _wrong(
            exercise,
            "signature",
            f"Your function takes {unfit.detail}, but it is called as {exercise.name}({wanted}).",
            "Keep the arguments of the first line as they were; more of them are welcome if they have a default.",
        )
    return None


def beside_values(exercise: Exercise, outcomes: Sequence[Outcome], forms_amiss: Sequence[str]) -> Verdict | None:
    """The numbers are right; is anything else amiss? Each of `forms_amiss` is what was wrong with the form of one."""
    if found := next(filter(None, forms_amiss), ""):
        return _wrong(exercise, found, *forms.says(found, exercise))
    changed = sorted({name for outcome in outcomes for name in outcome.changed})
    if changed:
        return _wrong(
            exercise,
            "changed-input",
            f"The numbers are right, but your function changed its own input {changed[0]} on the way.",
            "Whoever called it still needs that array: work on a copy, or build a new array.",
            Kind.BESIDE,
        )
    if any(outcome.unstable for outcome in outcomes):
        return _unstable(exercise)
    return None


def stopped(calls: Sequence[Call], outcomes: Sequence[Outcome]) -> str:
    """ "On a batch of sequences it stops with a ValueError. ", or nothing where no call raised."""
    for call, outcome in zip(calls, outcomes, strict=True):
        if outcome.kind == "raised":
            article = "an" if outcome.error[:1] in "AEIOU" else "a"
            return f"On {call.about or 'one input'} it stops with {article} {outcome.error}. "
    return ""


def describe(
    exercise: Exercise, calls: Sequence[Call], outcomes: Sequence[Outcome], accepted: Sequence[tuple]
) -> Verdict:
    """A wrong answer without a known misconception: the first stage that fails speaks."""
    if any(outcome.unstable for outcome in outcomes):
        return _unstable(exercise)
    expected = [values[0] for values in accepted]
    seen = [_stage(exercise, c, o, e) for c, o, e in zip(calls, outcomes, expected, strict=True)]
    failed = [verdict for verdict in seen if verdict is not None]
    right = [verdict is None and _right(exercise, o, a) for verdict, o, a in zip(seen, outcomes, accepted, strict=True)]
    changed = sorted({name for outcome in outcomes for name in outcome.changed})
    if changed and all(ok or o.kind == "raised" for ok, o in zip(right, outcomes, strict=True)):
        return _wrong(
            exercise,
            "changed-input",
            f"{stopped(calls, outcomes)}Your function changes its own input {changed[0]} on the way.",
            "Whoever called it still needs that array: work on a copy, or build a new array.",
            Kind.BESIDE,
        )
    found = None if failed else symptoms.find(exercise, calls, [o.value for o in outcomes], expected)
    told = next((verdict for verdict in failed if verdict.mistake in _SAYS_ENOUGH), None)
    if told is not None:
        return told
    if any(right) and not all(right) and found is None:
        return _only_sometimes(exercise, calls, right, next((v for v in failed), None))
    if failed:
        return failed[0]
    if changed:
        return _wrong(
            exercise,
            "changed-input",
            f"Your function changes its own input {changed[0]}, and its numbers are not right either.",
            "Start from a copy, so that every line reads what was really handed in.",
            Kind.BESIDE,
        )
    if found is not None:
        return _wrong(exercise, *found, Kind.SYMPTOM)
    property_of_all = by_property(exercise, calls, outcomes, last=True)
    if property_of_all is not None:
        return Verdict(exercise.name, "wrong", property_of_all.message, property_of_all.slug, Kind.NAMED)
    return _wrong(
        exercise,
        "",
        "What you return has the right form, but the numbers are not right yet.",
        "Take inputs small enough for paper, write down what each line should give, and print it beside what it gives.",
        Kind.UNNAMED,
    )


def form(exercise: Exercise, call: Call, outcome: Outcome, want: Any) -> str:
    """The slug of what is amiss with an outcome before any number is compared; "" where that is nothing."""
    failed = _stage(exercise, call, outcome, want)
    return "" if failed is None else failed.mistake


def _right(exercise: Exercise, outcome: Outcome, accepted: tuple) -> bool:
    return is_right(exercise, [outcome], [accepted])


# Whatever the input: the error tells it all.
_SAYS_ENOUGH = ("torch-spelling", "raised-pair", "raised-truth-value", "raised-einsum", "raised-einsum-letters")


def _only_sometimes(exercise: Exercise, calls: Sequence[Call], right: list[bool], failure: Verdict | None) -> Verdict:
    broke = calls[right.index(False)]
    if all(fits or call.tag is Tag.BATCH for fits, call in zip(right, calls, strict=True)):
        start = f"It is right for every input without axes in front, and not for {broke.about}."
        nudge = "Count axes from the end (-1, -2) and let the leading ones be as many as they like."
        return _wrong(exercise, "no-batch-axes", start, nudge, Kind.PARTLY)
    pairs = ((calls[i], calls[j]) for i, fits in enumerate(right) if fits for j, other in enumerate(right) if not other)
    twins = next((pair for pair in pairs if pair[0].about != pair[1].about and differ_in_one(*pair)), None)
    if twins is not None:
        start = f"It is right for {twins[0].about}, and not for {twins[1].about}."
    else:
        many = f"{sum(right)} of the {len(right)} inputs that were tried"
        start = f"It is right for {many}" + (
            f", and not for {broke.about}." if broke.about else ", and not for the rest."
        )
    nudge = "Do the smallest case by hand, and print each line beside what it should be."
    if failure is not None and failure.kind is Kind.RAISED:
        nudge = failure.message
    return _wrong(exercise, "only-sometimes", start, nudge, Kind.PARTLY)


def _unstable(exercise: Exercise) -> Verdict:
    return _wrong(
        exercise,
        "not-deterministic",
        "The same input gave one result the first time and another the second time.",
        "Look for random numbers, or for something outside the function that remembers the last call.",
        Kind.BESIDE,
    )


# -- the stages of one call ---------------------------------------------------------------------------------------


def _stage(exercise: Exercise, call: Call, outcome: Outcome, want: Any) -> Verdict | None:
    if outcome.kind == "raised":
        return _wrong(exercise, *explain(outcome, call, exercise), Kind.RAISED)
    if outcome.kind in ("no-return", "todo"):
        return _wrong(
            exercise,
            "no-return",
            "Your function does its work and then hands back nothing (None).",
            "Is there a return on its last line?",
        )
    if outcome.kind != "returned":
        return _wrong(exercise, outcome.kind, "The function could not be called.", "Keep its first line as it was.")
    return _kind(exercise, call, outcome.value, want)


def _kind(exercise: Exercise, call: Call, value: Any, want: Any) -> Verdict | None:
    if isinstance(value, Unusable):
        if value.what == "a generator":
            return _wrong(
                exercise,
                "generator",
                "Your function hands back a generator, a promise of numbers rather than the numbers.",
                "Use return instead of yield, and np.array([...]) around a comprehension.",
            )
        return _wrong(
            exercise, "type", f"What comes back is {value.what}.", f"Hand back {_wanted_in_words(exercise, want)}."
        )
    if isinstance(want, dict):
        return _keys(exercise, value, want)
    if isinstance(want, tuple):
        return _parts(exercise, call, value, want)
    if isinstance(want, str):
        if isinstance(value, str):
            return None
        return _wrong(exercise, "type", f"What comes back is {in_words(value)}.", "A piece of text is asked for.")
    return _array(exercise, call, value, want, None, exercise.axes)


def _keys(exercise: Exercise, value: Any, want: Any) -> Verdict | None:
    if not isinstance(value, dict):
        return _wrong(
            exercise, "type", f"What you hand over is {in_words(value)}.", f"Keep the names: {', '.join(want)}."
        )
    missing = [key for key in want if key not in value]
    if missing:
        return _wrong(
            exercise, "missing-part", f"There is no entry called {missing[0]}.", f"Keep the names: {', '.join(want)}."
        )
    return None


def _parts(exercise: Exercise, call: Call, value: Any, want: Any) -> Verdict | None:
    parts = in_parts(value, len(want))
    names = exercise.parts or tuple(f"part {n + 1}" for n in range(len(want)))
    if parts is None:
        return _wrong(
            exercise,
            "number-of-results",
            f"What comes back is {in_words(value)}.",
            f"The function promises {COUNT.get(len(want), f'{len(want)} things')}, in this order: {', '.join(names)}.",
        )
    for name, part, wanted in zip(names, parts, want, strict=True):
        if isinstance(part, Unusable):
            return _wrong(exercise, "type", f"{name} is {part.what}.", "An array of numbers is asked for.")
        if as_array(wanted) is None:
            continue
        failed = _array(exercise, call, part, wanted, name, ())
        if failed is not None:
            return failed
    return None


def _array(
    exercise: Exercise, call: Call, value: Any, want: Any, part: str | None, axes: Sequence[str]
) -> Verdict | None:
    array, want = as_array(value), as_array(want)
    name = part or "Your result"
    asked = "An array of numbers is asked for." if want.ndim else "A single number is asked for."
    if array is None:
        several = isinstance(value, tuple) and any(type(item) is np.ndarray for item in value)
        if several:
            nudge = (
                "A function that you call may return two things: give each a name, as in out, weights = attention(...)."
            )
            return _wrong(exercise, "pair-handed-on", f"{name} is {in_words(value)} at once.", nudge)
        ragged = isinstance(value, tuple)
        seen = "a list that holds text, or whose rows differ in length" if ragged else in_words(value)
        return _wrong(exercise, "type", f"{name} is {seen}.", asked)
    if want.ndim == 0:
        if array.size != 1:
            return _wrong(exercise, "shape", f"{name} has shape {shape(array)}.", asked)
    elif array.shape != want.shape:
        return _shapes(exercise, call, array, want, part, axes)
    if np.isfinite(want).all() and not np.isfinite(array).all():
        return _not_finite(exercise, name, array, want)
    return None


def _not_finite(exercise: Exercise, name: str, array: np.ndarray, want: np.ndarray) -> Verdict:
    """Numbers do not say where a NaN or an infinity came from; what a softmax makes of them can be seen."""
    if np.isnan(array).any():
        bad = "NaN (not a number)"
        nudge = "0 divided by 0 gives one, as do inf minus inf and the root of -1: print what each line gives."
    elif np.isposinf(array).any():
        bad = "infinite values"
        nudge = "A division by 0 gives one, and an exponential that grows too large: print what each line gives."
    elif array.ndim and close(softmax(array.astype(np.float64)), want, exercise.tolerance):
        bad = "-inf, as masked scores do"
        nudge = "Softmax, which makes 0 of each, has not been applied."
    else:
        bad = "-inf"
        nudge = "A mask puts it in, or a logarithm of 0: print what each line gives, and see what should take it out."
    return _wrong(exercise, "not-finite", f"{name} contains {bad}.", nudge)


def _shapes(
    exercise: Exercise, call: Call, array: np.ndarray, want: Any, part: str | None, axes: Sequence[str]
) -> Verdict:
    given = describe_inputs(call, exercise)
    name = part or ("your result" if given else "Your result")
    seen = f"{given}{name} has shape {shape(array)}"
    if array.ndim != want.ndim:
        more = "more axes" if array.ndim > want.ndim else "fewer axes"
        return _wrong(
            exercise,
            "shape",
            f"{seen}: {more} than expected.",
            "Write the shape of every line beside it; the first one that surprises you is the place to look.",
        )
    if array.ndim > 1 and array.shape[-2:] == want.shape[-2:][::-1]:
        return _wrong(
            exercise,
            "axes-swapped",
            f"{seen}: rows and columns have changed places.",
            "Say aloud what one row stands for, and see which transpose is missing or one too many.",
        )
    axis = next(n for n in range(1, want.ndim + 1) if array.shape[-n] != want.shape[-n])
    meaning = axes[-axis] if axis <= len(axes) else ""
    place = {1: "the last axis", 2: "the axis before the last"}.get(axis, f"axis -{axis}")
    nudge = f"There should be one entry for every {meaning}." if meaning else "Which axis of the input should it match?"
    return _wrong(exercise, "shape", f"{seen}: {place} has {array.shape[-axis]} entries.", nudge)


def _wanted_in_words(exercise: Exercise, want: Any) -> str:
    if isinstance(want, tuple):
        return f"{COUNT.get(len(want), f'{len(want)} things')}: {', '.join(exercise.parts)}"
    if isinstance(want, str):
        return "a piece of text"
    array = as_array(want)
    return "a number" if array is not None and array.ndim == 0 else "an array of numbers"


def _wrong(exercise: Exercise, slug: str, seen: str, nudge: str, kind: Kind = Kind.UNFIT) -> Verdict:
    return Verdict(exercise.name, "wrong", f"{seen} {nudge}", slug, kind)
