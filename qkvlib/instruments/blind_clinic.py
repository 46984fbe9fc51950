"""Patients whose fault is hidden in a whole attention layer: probes to choose, answers to compare, a fault to name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..clinic import BUGS
from ..clinic.bug import Bug
from ..clinic.layer import FAULTS, Layer
from ..clinic.probes import DECIMALS, PROBES, Finding, examine
from ..widgets.blind_clinic import BlindClinic


def blind_clinic(*faults: str, title: str = "The blind clinic") -> BlindClinic:
    """Patients A, B, C, ... with these faults (keys of `clinic.BUGS`; none: all of them). Any bug may be named."""
    unknown = [name for name in faults if name not in BUGS]
    if unknown:
        raise ValueError(f"there is no bug {unknown[0]!r} in the clinic; there are {', '.join(BUGS)}")
    findings = {name: examine(layer) for name, layer in FAULTS.items()}
    probes = [
        {
            "label": probe.label,
            "shown": probe.shown,
            "law": probe.law,
            "rows": list(probe.rows),
            "blocks": probe.blocks,
            "right": _text(probe.ask(Layer())),
        }
        for probe in PROBES
    ]
    order = faults or sorted(BUGS, key=lambda name: name[::-1])  # neither the lesson's order nor the list's
    patients = [{"fault": name, "findings": [_finding(finding) for finding in findings[name]]} for name in order]
    by_title = sorted(BUGS.values(), key=lambda bug: bug.title.lower())
    return BlindClinic(title, probes, patients, {bug.name: _fault(bug, findings[bug.name]) for bug in by_title})


def _finding(finding: Finding) -> dict:
    told = {"kind": finding.kind, "symptom": finding.symptom}
    if finding.kind == "same":
        return told
    if finding.answer is None or finding.off is None:
        return {**told, "answer": None}
    return {**told, "answer": _text(finding.answer), "off": _marks(finding.off)}


def _fault(bug: Bug, findings: Sequence[Finding]) -> dict:
    return {
        "title": bug.title,
        "fingerprint": bug.fingerprint,
        "fix": bug.difference(),
        "threads": [[thread.label, thread.url] for thread in bug.threads],
        "told": [[f"{finding.kind} {finding.kept}", finding.symptom] for finding in findings],
    }


def _text(stack: np.ndarray) -> list[list[str]]:
    """Rows of numbers as text, in the decimals in which they are compared."""
    return [[" ".join(_number(x) for x in row) for row in block] for block in np.round(stack, DECIMALS)]


def _marks(off: np.ndarray) -> list[list[str]]:
    return [["".join("01"[int(cell)] for cell in row) for row in block] for block in off]


def _number(x: float) -> str:
    text = "0" if x == 0 else f"{x:.0f}" if x == int(x) else f"{x:.{DECIMALS}f}"
    return text.replace("-", "−")
