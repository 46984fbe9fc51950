"""Which walls there are, how each is begun, and what a weaker one lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from qkvlib.grading.sandbox import bubblewrap, second
from qkvlib.grading.sandbox.command import UNSAFE, last_line, unsafe_command


@dataclass(frozen=True)
class Wall:
    """How a wall is begun, and how its silence is explained."""

    command: Callable[[int], list[str]]
    explain: Callable[[str], str]


# The strongest first.
SAFE = {
    "bubblewrap": Wall(lambda control: bubblewrap.launch_command(control), bubblewrap.explain),
    "second": Wall(partial(second.launch_command, own_user=True), second.explain),
    "second-as-you": Wall(partial(second.launch_command, own_user=False), second.explain),
}
WALLS = {
    **SAFE,
    "none": Wall(
        lambda control: unsafe_command(control), lambda said: f"Python did not start: {last_line(said)}. {UNSAFE}"
    ),
}

_LACKS = {
    "second": (
        "The second wall: a user and a root folder of its own, and a filter of system calls, but no namespaces. "
        "Submissions share the kernel, its tables and its clock with everything else on the machine."
    ),
    "second-as-you": (
        "The second wall without a user of its own: submissions run under the user who grades, and Landlock and a "
        "filter of system calls alone keep them from files and processes. They can ask whether a file exists, and how "
        "large it is."
    ),
    "none": "No wall at all: submissions could do whatever the user who grades can.",
}
_NO_LANDLOCK = " This kernel has no Landlock, so the root folder is the only fence around files."


def weakness(wall: str) -> str:
    """What a grade should say about the wall it was made behind: nothing for the strongest, else what it lacks."""
    kind, _, without = wall.partition(" without ")
    return _LACKS.get(kind, "") + (_NO_LANDLOCK if without else "")


def standing(kind: str, fences: list[str]) -> str:
    """The wall as it stands here, for a grade: its name, and what it would have on another kernel."""
    lacking = kind == "second" and not any(fence.startswith("Landlock") for fence in fences)
    return f"{kind} without Landlock" if lacking else kind
