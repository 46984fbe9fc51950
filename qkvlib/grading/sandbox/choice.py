"""Which walls there are, which of them stand on this machine, and what a weaker one lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from qkvlib.grading.sandbox import bubblewrap, second
from qkvlib.grading.sandbox.command import UNSAFE, SandboxUnavailable, last_line, unsafe_command


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
# What may be asked for, and what that comes to here.
ASKED = {"bubblewrap": ("bubblewrap",), "second": ("second", "second-as-you"), "": tuple(SAFE)}

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


def check_asked(asked: str) -> None:
    """Raise `SandboxUnavailable` when a wall is asked for that there is not."""
    if asked not in ASKED:
        raise SandboxUnavailable(f"--wall {asked} is unknown: it is bubblewrap or second.")


def choose(asked: str = "") -> str:
    """The strongest wall that stands here, among those asked for. Raises `SandboxUnavailable` when none does."""
    from qkvlib.grading.sandbox.host import available

    check_asked(asked)
    refused = []
    for name in ASKED[asked]:
        try:
            available(name)
        except SandboxUnavailable as error:
            refused.append(str(error).replace(f" {UNSAFE}", ""))
        else:
            return name
    raise SandboxUnavailable(f"{' '.join(dict.fromkeys(refused))} {UNSAFE}")


def walls_here(asked: str = "") -> tuple[dict[str, list[str]], dict[str, str]]:
    """({wall: its fences} of those that stand here, {wall: why it does not} of the others).

    The second wall under one's own user is looked at only where it cannot be had with a user of its own.
    """
    from qkvlib.grading.sandbox.host import available

    check_asked(asked)
    standing: dict[str, list[str]] = {}
    absent: dict[str, str] = {}
    for name in ASKED[asked]:
        if name == "second-as-you" and "second" in standing:
            continue
        try:
            standing[name] = available(name)
        except SandboxUnavailable as error:
            absent[name] = str(error)
    return standing, absent
