"""How every benchmark here reports: a table to read, and `--json FILE` for machines.

    def main(arguments=None):
        options = parser("what this measures").parse_args(arguments)
        ...
        return finish(options, "what this measures", [Row("qkv", 3.1, "s"), Row("pip", 36.0, "s")],
                      [Limit("qkv / pip", 3.1 / 36.0, at_most=0.5)])

`finish` returns the exit code: 1 when a limit is broken.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from qkvlib.atomic import write_atomically


@dataclass(frozen=True)
class Row:
    """One measured figure; `key` is its name in the JSON."""

    key: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Limit:
    """A promise: `value` is at most `at_most`, or at least `at_least`."""

    key: str
    value: float
    at_most: float = float("inf")
    at_least: float = float("-inf")

    @property
    def kept(self) -> bool:
        return self.at_least <= self.value <= self.at_most

    @property
    def wanted(self) -> str:
        bounds = []
        if self.at_most != float("inf"):
            bounds.append(f"at most {self.at_most:g}")
        if self.at_least != float("-inf"):
            bounds.append(f"at least {self.at_least:g}")
        return ", ".join(bounds)


def parser(description: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", metavar="FILE", type=Path, help="also write the figures to FILE")
    return made


def finish(options: argparse.Namespace, title: str, rows: Sequence[Row], limits: Sequence[Limit] = ()) -> int:
    """Print the table, write the JSON where asked, and say by the exit code whether every limit was kept."""
    table = Table(title=title)
    for heading in ("figure", "value", "unit", "note"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for row in rows:
        table.add_row(row.key, f"{row.value:,.4g}", row.unit, row.note)
    console = Console()
    console.print(table)
    for limit in limits:
        console.print(f"{limit.key}: {limit.value:.3g} ({limit.wanted}) {'kept' if limit.kept else 'BROKEN'}")
    if options.json:
        figures = {
            "title": title,
            "machine": {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "system": platform.system(),
            },
            "figures": {row.key: asdict(row) for row in rows},
            "limits": {
                limit.key: {"value": limit.value, "wanted": limit.wanted, "kept": limit.kept} for limit in limits
            },
        }
        write_atomically(options.json, json.dumps(figures, indent=1) + "\n")
    return 0 if all(limit.kept for limit in limits) else 1


def seconds(act: Callable[[], object], times: int = 1, warm_up: int = 0) -> list[float]:
    """How long `act` took, each of `times` times, after `warm_up` runs that do not count."""
    for _ in range(warm_up):
        act()
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        measured.append(time.perf_counter() - start)
    return measured


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between the two nearest; `percentile(v, 50)` is the median."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(percent) - 1]
