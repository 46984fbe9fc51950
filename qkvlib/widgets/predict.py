"""Predict: commit to a guess, then see the answer beside it."""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from typing import Any

import traitlets as t

from qkvlib.course.progress import change, entry, record
from qkvlib.widgets._small import CSS, SmallWidget, module
from qkvlib.widgets.asked import asked

_questions: dict[str, str] = {}  # name -> question, so that two predictions never share a place in the progress file


class Predict(SmallWidget):
    """A question the learner answers before the reveal; the guess is kept in the notebook and on disk.

    `Predict("l1-shapes")` asks a question of the course, whose words lie in the library (qkvlib/data/predictions), so
    that no notebook shows an answer; what is given besides the name replaces what is kept. A question of your own says
    everything: exactly one of `choices`, `number=True` and `text=True` says what kind of answer is wanted.

    name       unique in the course, such as "l1-shapes"; running the same cell again is fine
    answer     one of `choices` (or its index), a number, or one good answer in words
    explain    shown after committing; blank lines separate paragraphs; `code`, **bold** and *italic* work
    why        choices only: {choice: what somebody who picks it believes}, shown when that wrong choice was made
    tolerance  numbers only: how far off still counts as right (default: 1 % of the answer)
    show_in    the name of a sheet on the same page: the reveal offers to go there
    show_state {input, switch or choice: value} to put that sheet into first, so that it shows the answer

    Each learner sees the choices in an order of their own, always the same one; text and pictures keep one order for
    all. After committing, `.guess` is the guess, `.sure` whether the learner said so, and `.correct` is True or False
    (None before, and for text). Raises ValueError, naming the prediction, when the question is not well formed, is not
    known, or its name is taken.
    """

    _esm = module("predict")
    _css = CSS

    name = t.Unicode().tag(sync=True)
    question = t.Unicode().tag(sync=True)
    kind = t.Enum(["choices", "number", "text"]).tag(sync=True)
    choices = t.List(t.Unicode()).tag(sync=True)
    order = t.List(t.Int()).tag(sync=True)  # the places of the choices as this learner sees them
    answer = t.Any().tag(sync=True)
    explain = t.Unicode().tag(sync=True)
    why = t.List(t.Unicode()).tag(sync=True)
    tolerance = t.Float(0.0).tag(sync=True)
    unit = t.Unicode().tag(sync=True)
    show_in = t.Unicode().tag(sync=True)
    show_state = t.Dict().tag(sync=True)
    guess = t.Any(None, allow_none=True).tag(sync=True)
    sure = t.Bool(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        name: str,
        question: str | None = None,
        choices: list[str] | None = None,
        *,
        number: bool = False,
        text: bool = False,
        answer: str | int | float | None = None,
        explain: str = "",
        why: dict[str, str] | None = None,
        tolerance: float | None = None,
        unit: str = "",
        show_in: str = "",
        show_state: dict | None = None,
    ) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError(f"prediction {name!r}: a name is small letters, digits and hyphens, such as 'l1-shapes'")
        if question is None:
            # The words of the course come first; what this call says besides replaces them.
            given = {key: value for key, value in {"answer": answer}.items() if value is not None}
            Predict.__init__(self, name, **{**asked(name), **given})
            return
        if answer is None:
            raise ValueError(f"prediction {name!r}: say what the answer is, answer=...")
        if (choices is not None) + number + text != 1:
            raise ValueError(f"prediction {name!r}: give exactly one of choices=[...], number=True and text=True")
        if _questions.setdefault(name, question) != question:
            raise ValueError(
                f"prediction {name!r}: the name is taken by {_questions[name]!r}; choose another name "
                "(or restart the kernel, if you have just edited the question)"
            )
        if choices is not None:
            answer, why = _check_choices(name, choices, answer, why or {})
        elif why:
            raise ValueError(f"prediction {name!r}: why= belongs to choices")
        elif number:
            answer = float(answer)
            if not math.isfinite(answer):
                raise ValueError(f"prediction {name!r}: the answer is {answer}, and nobody can guess that")
            tolerance = abs(answer) / 100 if tolerance is None else float(tolerance)
        if show_state and not show_in:
            raise ValueError(f"prediction {name!r}: show_state= belongs to a sheet; name it, show_in=...")
        kept = entry("predictions", name)
        super().__init__(
            name=name,
            question=question,
            kind="choices" if choices is not None else "number" if number else "text",
            choices=choices or [],
            order=_shuffled(choices, _learner()) if choices else [],
            answer=answer,
            explain=explain,
            why=why or [],
            tolerance=tolerance or 0.0,
            unit=unit,
            show_in=show_in,
            show_state=show_state or {},
            guess=None,
        )
        if kept.get("question") == question and self._fits(kept.get("guess")):
            self.guess = kept["guess"]
            self.sure = kept.get("sure") if isinstance(kept.get("sure"), bool) else None
        self.observe(self._keep, "guess")

    @property
    def correct(self) -> bool | None:
        """True or False once the learner has committed to a choice or a number; otherwise None."""
        if self.guess is None or self.kind == "text":
            return None
        if self.kind == "choices":
            return self.guess == self.answer
        return abs(self.guess - self.answer) <= self.tolerance

    def _fits(self, guess: Any) -> bool:
        """Whether a guess from the progress file can be one of this question (which may have been edited since)."""
        if self.kind == "choices":
            return isinstance(guess, int) and 0 <= guess < len(self.choices)
        return isinstance(guess, str if self.kind == "text" else int | float)

    def _keep(self, _change: Any) -> None:
        record(
            "predictions",
            self.name,
            question=self.question,
            guess=self.guess,
            correct=self.correct,
            sure=self.sure,
        )

    def _shown_guess(self) -> str:
        return self.choices[self.guess] if self.kind == "choices" else str(self.guess)

    def __repr__(self) -> str:
        if self.guess is None:
            state = "no guess yet"
        else:
            outcome = {True: "right", False: "not right", None: "compare it yourself"}[self.correct]
            state = f"your guess: {self._shown_guess()} ({outcome})"
        return f"Predict {self.name}: {' '.join(self.question.split())} [{state}]"

    def _markdown(self) -> str:
        head = "Say why, then compare" if self.kind == "text" else "Predict first"
        lines = [f"**{head}.** {self.question}"]
        if self.choices:
            lines.append("\n".join(f"- {self.choices[place]}" for place in _shuffled(self.choices, self.name)))
        lines.append(
            "*Run this cell to commit to an answer and compare.*"
            if self.guess is None
            else f"*Your guess: {self._shown_guess()}. Run this cell to compare.*"
        )
        return "\n\n".join(lines)


def _check_choices(name: str, choices: list[str], answer: Any, why: dict[str, str]) -> tuple:
    if len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"prediction {name!r}: needs at least two choices, all different")
    if isinstance(answer, str):
        if answer not in choices:
            raise ValueError(f"prediction {name!r}: the answer {answer!r} is not among the choices")
        answer = choices.index(answer)
    if not 0 <= answer < len(choices):
        raise ValueError(f"prediction {name!r}: the answer is choice {answer}, but there are {len(choices)}")
    strangers = why.keys() - set(choices)
    if strangers:
        raise ValueError(f"prediction {name!r}: why= explains {sorted(strangers)}, which is not a choice")
    return answer, [why.get(choice, "") for choice in choices]


def _learner() -> str:
    """A word drawn once for each learner, kept with their progress."""
    kept = entry("learner", "order").get("salt")
    return kept or change("learner", "order", lambda old: old or {"salt": secrets.token_hex(4)})["salt"]


def _shuffled(choices: list[str], salt: str) -> list[int]:
    """The places of the choices in an order that hangs on the salt and on their words, not on how they are listed."""
    digests = [hashlib.sha256(f"{salt} {choice}".encode()).digest() for choice in choices]
    return sorted(range(len(choices)), key=digests.__getitem__)
