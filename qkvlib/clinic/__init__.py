"""The bug clinic: bugs that run. One module per bug in `bugs/`: broken code, fixed code, a short test, a worksheet,
a fingerprint, and the public threads where it was found.

`BUGS["fix_softmax_axis"].broken` is the broken function, `.fixed` the same function put right, `.test(implementation)`
says which of the two an implementation is.
"""

from __future__ import annotations

from importlib import import_module

from qkvlib.clinic.bug import Bug, Thread

ORDER = (
    "softmax_axis",
    "shapes",
    "transpose",
    "shared_matrix",
    "split_before_projecting",
    "values_in_scores",
    "merge_without_swap",
    "tiled_heads",
    "fused_split",
    "conv1d",
    "cache_after_repeat",
    "mask_top_left",
    "bias_rows",
    "rotary_offset",
)
"""The modules of `bugs/`, in the order of the course."""

BUGS: dict[str, Bug] = {bug.name: bug for bug in (import_module(f"{__name__}.bugs.{name}").BUG for name in ORDER)}
"""Every bug, by the name of the exercise that fixes it."""

__all__ = ["BUGS", "ORDER", "Bug", "Thread", "fingerprint_table", "in_bed"]


def in_bed(*beds: int) -> list[str]:
    """The bugs in these beds (counted from 1, in the order of `BUGS`), for a clinic whose names are not to be read."""
    for bed in beds:
        if bed not in range(1, len(BUGS) + 1):
            raise ValueError(f"there is no bed {bed!r} in the clinic: the beds are 1 to {len(BUGS)}")
    return [list(BUGS)[bed - 1] for bed in beds]


def fingerprint_table(*names: str) -> str:
    """These bugs (none: all) as a Markdown table: what each leaves in the numbers, the test, where it was found."""
    rows = ["| bug | fingerprint | what its test demands | seen in |", "|---|---|---|---|"]
    for bug in (BUGS[name] for name in names or BUGS):
        seen = ", ".join(f"[{_breakable(thread.label)}]({thread.url})" for thread in bug.threads)
        rows.append(f"| {bug.title} | {bug.fingerprint} | {bug.demand} | {seen or 'beginners’ code'} |")
    return "\n".join(rows)


def _breakable(label: str) -> str:
    """A repository's name is one long word: spaces of no width let a narrow column break it where a reader would."""
    return label.replace("/", "/\N{ZERO WIDTH SPACE}").replace("_", "_\N{ZERO WIDTH SPACE}")
