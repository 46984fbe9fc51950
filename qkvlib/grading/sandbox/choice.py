"""Which walls stand on this machine, and which of them is taken."""

from __future__ import annotations

from qkvlib.grading.sandbox.command import UNSAFE, SandboxUnavailable
from qkvlib.grading.sandbox.host import available
from qkvlib.grading.sandbox.kinds import SAFE

# What may be asked for, and what that comes to here.
ASKED = {"bubblewrap": ("bubblewrap",), "second": ("second", "second-as-you"), "": tuple(SAFE)}


def check_asked(asked: str) -> None:
    """Raise `SandboxUnavailable` when a wall is asked for that there is not."""
    if asked not in ASKED:
        raise SandboxUnavailable(f"--wall {asked} is unknown: it is bubblewrap or second.")


def choose(asked: str = "") -> str:
    """The strongest wall that stands here, among those asked for. Raises `SandboxUnavailable` when none does."""
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
