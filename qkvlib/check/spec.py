"""What an exercise is, as data: inputs, a reference, and the mistakes that learners make, each of them executable.

One spec serves two places. In a notebook `check.scores(scores)` draws inputs from a fixed seed and runs the answer
in the learner's own kernel. In the classroom inputs are drawn from a secret seed, the answer runs in a sandboxed child,
and only plain values come back to be compared. See `qkvlib.check.judge` for that split.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Literal

import numpy as np


class Tag(StrEnum):
    """What is special about a call, where something depends on it."""

    PLAIN = "plain"
    BATCH = "batch"  # axes in front of the tokens, which an answer may leave alone
    WHOLE = "whole"  # whole numbers: who divides them in place is stopped by numpy, and that is no wrong number


@dataclass(frozen=True)
class Call:
    """One set of arguments: arrays, numbers, strings, None, and tuples, lists and dicts of these.

    `about` says in a few words what is special about it ("a batch of sequences"), for people; `tag` says it for the
    judge. Where a contract can be read in more than one sensible way, calls carry the name of a `reading`; an answer
    that is right in one whole reading is right.
    """

    args: tuple
    about: str = ""
    reading: str = ""
    tag: Tag = Tag.PLAIN


@dataclass(frozen=True)
class Mistake:
    """A misconception that can be run.

    `versions` are functions with the exercise's arguments that return what a learner with this misconception would
    return (several where it can be written in ways that differ in their results or in the error they raise).
    `recognise(args, answer)` names a mistake by a property instead, where no single formula gives it; it is asked only
    when no version matched (with `last`, only when no symptom was found either), and must hold on every call. `seen`
    says what is visible in the learner's own result, `nudge` points to the way out; neither ever contains the answer.
    A `companion` often comes along with another mistake: it is tried in pairs even where there are very many mistakes.
    """

    slug: str
    seen: str
    nudge: str
    versions: tuple[Callable, ...] = ()
    switches: Mapping[str, Any] = field(default_factory=dict)
    recognise: Callable | None = None
    last: bool = False
    companion: bool = False

    @property
    def message(self) -> str:
        return f"{self.seen} {self.nudge}"


def mistake(
    slug: str, seen: str, nudge: str, *versions: Callable, recognise: Callable | None = None, last: bool = False
) -> Mistake:
    """A mistake that is written out as one or more functions."""
    return Mistake(slug, seen, nudge, versions, recognise=recognise, last=last)


def switch(
    slug: str, seen: str, nudge: str, *, versions: tuple[Callable, ...] = (), companion: bool = False, **switches: Any
) -> Mistake:
    """A mistake that is the exercise's `model` with some of its switches set; pairs of these are tried as well.

    `versions` are other ways to write it that give other numbers or other errors.
    """
    return Mistake(slug, seen, nudge, versions, switches, companion=companion)


def picked(mistakes: Iterable[Mistake], *slugs: str) -> tuple[Mistake, ...]:
    """Those of `mistakes` with one of these slugs."""
    return tuple(m for m in mistakes if m.slug in slugs)


def without(mistakes: Iterable[Mistake], *slugs: str) -> tuple[Mistake, ...]:
    """Those of `mistakes` with none of these slugs."""
    return tuple(m for m in mistakes if m.slug not in slugs)


def _like(value: Any, usual: Any) -> Any:
    """A given value in the form that the exercise works with: lists of numbers become arrays where arrays are meant."""
    return np.asarray(value, dtype=float) if isinstance(usual, np.ndarray) else value


def whole(value: Any) -> Any:
    """The answer as the exercise defines it."""
    return value


def anything(*_: Any) -> bool:
    """Every input that the reference can work with is promised."""
    return True


@dataclass(frozen=True)
class Exercise:
    """One exercise. With `inputs` the answer is a function; with what is `given` it is the result itself.

    inputs(rng)     -> calls, drawn from a numpy Generator. The first is a small one, used to name mistakes quickly.
    reference(*args)-> the right result for one call; for a value exercise `args` are the `given` values in order.
    model(*args, **switches) -> the reference again, with switches that turn misconceptions on.
    tidy(value)     -> the learner's plain value in the form that is compared (spaces out of "B D C A", ...).
    parameters      -> the names of the arguments, for messages; left out, those of what is given or of the reference.
                       `parts` names the parts of a result of several, `axes` the axes of a result that is one array,
                       last axis last.
    unpacked        -> attributes that make an object of the learner's own count as the tuple of what they hold.
    tolerance       -> |answer - reference| <= tolerance * (1 + |reference|).
    promised(*args) -> whether the statement promises such arguments: what a counter-example must keep to.
    fills           -> {parameter: fill(rng, shape)}, where small whole numbers would break that promise.
    small(rng)      -> small arguments, the smallest first, where the check's own calls cannot be cut to size.
    """

    name: str
    reference: Callable
    parameters: tuple[str, ...] = ()
    inputs: Callable[[np.random.Generator], list[Call]] | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    model: Callable | None = None
    tidy: Callable = whole
    parts: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    unpacked: tuple[str, ...] = ()
    tolerance: float = 1e-5
    promised: Callable[..., bool] = anything
    fills: Mapping[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = field(default_factory=dict)
    small: Callable[[np.random.Generator], Iterable[tuple]] | None = None
    hints: tuple[str, ...] = ()
    praise: str = "Right on every input that was tried."

    def __post_init__(self) -> None:
        if not self.parameters:
            names = tuple(self.given) or tuple(inspect.signature(self.reference).parameters)
            object.__setattr__(self, "parameters", names)
        if len(self.hints) > 3:
            raise ValueError(f"{self.name}: {len(self.hints)} hints, and three is the most")
        slugs = [m.slug for m in self.mistakes]
        if len(set(slugs)) != len(slugs):
            raise ValueError(f"{self.name}: a slug is used twice")

    def switched(self, switches: Mapping[str, Any]) -> Callable:
        """The model with these switches on."""
        if self.model is None:
            raise ValueError(f"{self.name}: {', '.join(switches)} are switches of a model, and there is none")
        return partial(self.model, **switches)

    @property
    def kind(self) -> Literal["function", "value"]:
        """Whether the answer is called, or is the result itself."""
        return "value" if self.inputs is None else "function"

    def calls(self, rng: np.random.Generator, **given: Any) -> list[Call]:
        """The inputs of one check. A value exercise has one call: what is `given`, some of it replaced by keyword."""
        unknown = set(given) - set(self.given)
        if unknown:
            known = ", ".join(self.given) or "nothing"
            raise TypeError(f"check.{self.name} does not know {', '.join(sorted(unknown))}: it is given {known}")
        if self.inputs is None:
            return [Call(tuple(_like(given.get(name, value), value) for name, value in self.given.items()))]
        return self.inputs(rng)

    def mistake(self, slug: str) -> Mistake:
        """The mistake with this slug."""
        return next(m for m in self.mistakes if m.slug == slug)
