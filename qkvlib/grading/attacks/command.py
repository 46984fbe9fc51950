"""What `qkv doctor --attack` does: every attack on every wall that stands here, with bars to watch and a table."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from qkvlib.atomic import write_atomically
from qkvlib.grading.attacks import run
from qkvlib.grading.sandbox import SandboxUnavailable, walls_here


def attack(asked: str, report: Path | None, console: Console) -> bool:
    """Attack the walls asked for, all that stand here when none is. Whether no attack had an effect.

    Raises `SandboxUnavailable` when there is nothing to attack.
    """
    standing, absent = walls_here(asked)
    for name, why in absent.items():
        console.print(f"The wall {name} does not stand here. {why}", soft_wrap=True, markup=False, highlight=False)
    if not standing:
        raise SandboxUnavailable("No wall stands here, so there is nothing to attack.")
    outcomes = [outcome for name in standing for outcome in _watched(name, console)]
    _show(outcomes, console)
    if report is not None:
        told = {"walls": standing, "absent": absent, "attacks": [outcome.row for outcome in outcomes]}
        write_atomically(report, json.dumps(told, indent=1) + "\n")
    return not any(outcome.effect for outcome in outcomes)


def _watched(wall: str, console: Console) -> list[run.Outcome]:
    columns = (SpinnerColumn(), TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=console.quiet) as bars:
        line = bars.add_task(wall, total=run.how_many(wall))
        return run.run(wall, lambda done: bars.update(line, completed=done))


def _show(outcomes: list[run.Outcome], console: Console) -> None:
    """One line for each class of attack and what stops it, and one for each attack that had an effect."""
    rows = [outcome.row for outcome in outcomes]
    counts = Counter((row["wall"], row["class"], row["stopped by"]) for row in rows)
    table = Table("wall", "class of attack", "stopped by", "tried", "with an effect")
    for key in counts:
        bad = sum(bool(r["effect"]) for r in rows if (r["wall"], r["class"], r["stopped by"]) == key)
        table.add_row(*key, str(counts[key]), str(bad))
    console.print(table)
    for row in rows:
        if row["effect"]:
            text = f"{row['wall']}: {row['class']}: {row['attack']}: {row['effect']}"
            console.print(text, style="bold red", soft_wrap=True, markup=False, highlight=False)
    bad = sum(bool(row["effect"]) for row in rows)
    console.print(f"{len(rows)} attacks, {bad} with an effect.", highlight=False)
