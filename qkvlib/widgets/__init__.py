"""Live widgets for the lessons: the worksheet and its small companions. Each loads on first use.

To write an instrument, read `instrument.py` (thirty lines) and `sheet.py` (every op a sheet knows).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `__getattr__` finds
    from .blind_clinic import BlindClinic as BlindClinic
    from .cards import Cards as Cards
    from .cards import Tabs as Tabs
    from .fill_in import FillIn as FillIn
    from .flashcards import Flashcards as Flashcards
    from .instrument import Instrument as Instrument
    from .narration import Narration as Narration
    from .predict import Predict as Predict
    from .progress_map import ProgressMap as ProgressMap
    from .sheet import Sheet as Sheet
    from .sheet import SheetError as SheetError
    from .worksheet import Worksheet as Worksheet

_HOME = {
    "Sheet": "sheet",
    "SheetError": "sheet",
    "Worksheet": "worksheet",
    "Instrument": "instrument",
    "Narration": "narration",
    "Predict": "predict",
    "Flashcards": "flashcards",
    "Cards": "cards",
    "Tabs": "cards",
    "FillIn": "fill_in",
    "ProgressMap": "progress_map",
    "BlindClinic": "blind_clinic",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOME.keys() | globals().keys())
