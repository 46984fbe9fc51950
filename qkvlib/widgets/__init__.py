"""Live widgets for the lessons: the worksheet and its small companions. Each loads on first use.

To write an instrument, read `instrument.py` (thirty lines) and `sheet.py` (every op a sheet knows).
"""

from importlib import import_module

_HOME = {
    "Sheet": "sheet",
    "SheetError": "sheet",
    "Worksheet": "worksheet",
    "Instrument": "instrument",
    "Predict": "predict",
    "Flashcards": "flashcards",
    "Cards": "cards",
    "Tabs": "cards",
    "FillIn": "fill_in",
    "ProgressMap": "progress_map",
    "BlindClinic": "blind_clinic",
}

__all__ = list(_HOME)


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(_HOME.keys() | globals().keys())
