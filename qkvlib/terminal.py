"""What every command says when it cannot go on: one line, and a code that is not 0."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer


def fail(message: object) -> typer.Exit:
    """Say in one line what is wrong; raise what this returns."""
    print(f"qkv: {message}", file=sys.stderr)
    return typer.Exit(1)


@contextmanager
def from_extra(name: str) -> Iterator[None]:
    """Where a package of an extra is missing, say how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("qkvlib"):
            raise
        raise fail(f"{error.name} is not installed; run `python -m pip install 'qkvlib[{name}]'`.") from None
