"""BlindClinic: patients with a hidden fault, probes to choose, a name to give. Every number is computed beforehand."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import traitlets as t

from qkvlib.widgets import bundle
from qkvlib.widgets._small import SmallWidget, module
from qkvlib.widgets.brush import has_fonts
from qkvlib.widgets.picture import Still, png
from qkvlib.widgets.sheet import Sheet


class BlindClinic(SmallWidget):
    """The learner chooses a patient and probes, sees the right code's answer beside the patient's, and names the fault.

    probes    [{"label", "shown", "law", "rows", "blocks", "right"}]; `right` is one list per head, of rows of text
    patients  [{"fault": a key of `faults`, "findings": one per probe}]; a finding is {"kind", "symptom"} and, where it
              differs from `right`, "answer" like it (None: crashed) and "off", "1" for each number that differs
    faults    {key: {"title", "fingerprint", "fix", "threads": [[label, url], ...], "told": [[code, symptom], ...]}},
              one per probe; faults whose codes differ are told apart by that probe

    `.tried[p]` are the probes tried on patient p, `.named[p]` the faults it was taken for, `.diagnosed` the patients
    whose fault was named.
    """

    _esm = module("blind_clinic")
    _css = bundle.styles("small.css", "blind_clinic.css")

    title = t.Unicode().tag(sync=True)
    probes = t.List(t.Dict()).tag(sync=True)
    patients = t.List(t.Dict()).tag(sync=True)
    faults = t.Dict().tag(sync=True)
    patient = t.Int(0).tag(sync=True)
    probe = t.Int(0).tag(sync=True)
    tried = t.List(t.List(t.Int())).tag(sync=True)
    named = t.List(t.List(t.Unicode())).tag(sync=True)

    def __init__(self, title: str, probes: list[dict], patients: list[dict], faults: dict[str, dict]) -> None:
        super().__init__(
            title=title,
            probes=probes,
            patients=patients,
            faults=faults,
            tried=[[0] for _ in patients],
            named=[[] for _ in patients],
        )

    @property
    def diagnosed(self) -> list[str]:
        """The patients ("A", "B", ...) whose fault has been named."""
        return [
            letter(place)
            for place, (patient, names) in enumerate(zip(self.patients, self.named, strict=True))
            if patient["fault"] in names
        ]

    def __repr__(self) -> str:
        finding = self.patients[self.patient]["findings"][self.probe]
        lines = [
            f"BlindClinic({self.title}: {len(self.patients)} patients, {len(self.diagnosed)} diagnosed)",
            f"  patient {letter(self.patient)}, {self.probes[self.probe]['label']}: {finding['symptom']}",
        ]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        return {**shown, "image/png": b64encode(self._picture()).decode()} if has_fonts() else shown

    def _picture(self) -> bytes:
        """The right code's answer to the present probe, and the patient's, as a PNG."""
        probe, finding = self.probes[self.probe], self.patients[self.patient]["findings"][self.probe]
        name = f"patient_{letter(self.patient)}"
        sheet = Sheet("blind_clinic", title=f"Patient {letter(self.patient)}: {probe['label']}. {finding['symptom']}")
        sheet.input("right", _numbers(probe["right"]), rows=probe["rows"], editable=False)
        if finding.get("answer", "same") is not None:
            sheet.input(name, _numbers(finding.get("answer", probe["right"])), rows=probe["rows"], editable=False)
        sheet.lay(*([node] for node in sheet.inputs))
        return png(Still(sheet))

    def _markdown(self) -> str:
        probe, finding = self.probes[self.probe], self.patients[self.patient]["findings"][self.probe]
        rows = [f"**{self.title}**: patient {letter(self.patient)}, {probe['label'].lower()}. {finding['symptom']}", ""]
        answer = finding.get("answer", probe["right"])
        for name, stack in (("right code", probe["right"]), (f"patient {letter(self.patient)}", answer)):
            rows += [f"| {name} |" + "".join(f" {probe['blocks']} {n} |" for n in range(len(probe["right"])))]
            rows += ["|---|" + "---|" * len(probe["right"])]
            for r, row in enumerate(probe["rows"] if stack else ()):
                rows.append(f"| {row} | " + " | ".join(block[r] for block in stack) + " |")
            rows.append("")
        return "\n".join([*rows, "*Run this cell to choose other patients and probes, and to name the fault.*"])


def _numbers(stack: list[list[str]]) -> list:
    return [[[float(text.replace("−", "-")) for text in row.split()] for row in block] for block in stack]


def letter(place: int) -> str:
    """A, B, C, ...: what patient number `place` is called."""
    return chr(ord("A") + place)
