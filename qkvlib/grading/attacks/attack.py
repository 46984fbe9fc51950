"""One attack as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One attack: its class, what it tries, what of the first wall stops it, and its code.

    `away` says that the same body works where its wall is not, so that the attack is known to be one.
    """

    kind: str
    name: str
    wall: str
    body: str
    away: bool = False


@dataclass(frozen=True)
class Theft:
    """Answers that try to gain something, and the ones that are right by themselves all the same."""

    name: str
    changes: dict
    earns: tuple = ()
    kind: str = "points for nothing"
    wall: str = "only what the solution stands on, never what is asked"
    away: bool = False
