"""The independent bank: answers to every exercise, written apart from its spec, in a folder that mirrors the spec's.

A file holds one `answers = Answers()`. Right answers come in many styles, none of which may be rejected; wrong ones are
typed as a learner would, each with the slug it should be given. For an exercise whose answer is a value, use the two
methods that end in `_value`. No file imports another; what several need stands in `parts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass
class Answers:
    """Right answers as (style, answer), wrong ones as (slug, label, answer)."""

    right_ones: list[tuple[str, Any]] = field(default_factory=list)
    wrong_ones: list[tuple[str, str, Any]] = field(default_factory=list)

    def right(self, function: Callable) -> Callable:
        """Register the decorated function as a right answer in the style of its name."""
        return self.right_value(function.__name__, function)

    def right_value(self, style: str, value: Any) -> Any:
        """Register any value, a ready-made function for one, as a right answer."""
        self.right_ones.append((style, value))
        return value

    def wrong(self, slug: str) -> Callable[[Callable], Callable]:
        """Register the decorated function as a wrong answer that should be named `slug`."""

        def register(function: Callable) -> Callable:
            self.wrong_value(slug, function.__name__, function)
            return function

        return register

    def wrong_value(self, slug: str, label: str, value: Any) -> None:
        """Register a value as a wrong answer that should be named `slug`."""
        self.wrong_ones.append((slug, label, value))


def bank() -> dict[str, Answers]:
    """{exercise: its answers}."""
    files = sorted(Path(__file__).parent.glob("*/*.py"))
    return {path.stem: import_module(f"exercises.{path.parent.name}.{path.stem}").answers for path in files}
