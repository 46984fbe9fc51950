"""What a check says: a status, the name of the mistake if it has one, and a sentence or two for the learner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html import escape

STATUSES = ("todo", "wrong", "correct")
_HEADINGS = {"todo": "Still to do", "wrong": "Not yet", "correct": "Correct"}
_SIGNS = {"todo": "○", "wrong": "△", "correct": "✓"}  # shape as well as colour tells them apart
_COLOURS = {
    "todo": "var(--jp-border-color1, #767676)",
    "wrong": "var(--jp-warn-color0, #b45309)",
    "correct": "var(--jp-success-color0, #15803d)",
}


class Kind(StrEnum):
    """What a verdict rests on. `NAMED` alone claims to know what the learner did; the others say what was seen."""

    RIGHT = "right"
    BLANK = "blank"
    NAMED = "named"  # a misconception computes the same on every input
    UNFIT = "unfit"  # could not be called, or handed back something of another kind or shape
    RAISED = "raised"
    PARTLY = "partly"  # right for some inputs
    BESIDE = "beside"  # the numbers aside: an input was changed, or results differ from run to run
    SYMPTOM = "symptom"  # the numbers stand in a plain relation to the right ones
    UNNAMED = "unnamed"


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check. True in a condition exactly when the answer is correct.

    `status` is "todo" (nothing to judge yet), "wrong" or "correct"; `mistake` is a slug when the mistake has a name,
    else ""; `message` is what the learner reads; `kind` says what the verdict rests on.
    """

    exercise: str
    status: str
    message: str
    mistake: str = ""
    kind: Kind | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status is {self.status!r}: it must be one of {', '.join(STATUSES)}")

    def __bool__(self) -> bool:
        return self.status == "correct"

    @property
    def heading(self) -> str:
        """The status in words."""
        return _HEADINGS[self.status]

    def __repr__(self) -> str:
        return f"{self.status}: {self.exercise}\n{self.message}"

    def _repr_html_(self) -> str:
        """A card in the reader's own theme: text, a sign and a border; the colour only repeats what the text says."""
        return (
            f'<div role="status" class="qkv-verdict qkv-{self.status}" style="border:1px solid {_COLOURS[self.status]};'
            "border-left-width:6px;border-radius:4px;padding:.6em .9em;max-width:46em;line-height:1.45;"
            'color:inherit;background:transparent">'
            f"<strong>{_SIGNS[self.status]} {self.heading}: {escape(self.exercise)}</strong><br>"
            f"{escape(self.message)}</div>"
        )
