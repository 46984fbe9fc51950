"""One sheet for each bug of the clinic: the broken numbers beside the right ones. The bugs lay themselves out."""

from ..clinic import BUGS
from ..widgets import Instrument, Sheet


def bug_clinic(name: str = "fix_softmax_axis") -> Instrument:
    """The symptom of one bug. `name` is a key of `clinic.BUGS`; the numbers are that bug's example."""
    if name not in BUGS:
        raise ValueError(f"there is no bug {name!r} in the clinic; there are {', '.join(BUGS)}")
    bug = BUGS[name]
    s = Sheet(f"clinic_{bug.key}", title=f"Symptom: {bug.title}", hint=bug.symptom)
    bug.sheet(s, *bug.example())
    return Instrument(s)
