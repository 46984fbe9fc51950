"""How a token becomes a query, a key and a value, and what attention does with them.

Submodules load on first use (`qkvlib.attention`, `qkvlib.check`, ...), so that `import qkvlib` is nearly free.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = {
    "attention",
    "check",
    "checkpoints",
    "cli",
    "clinic",
    "coref",
    "course",
    "examples",
    "figures",
    "grading",
    "instruments",
    "widgets",
}


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_SUBMODULES | globals().keys())


if sys.platform == "emscripten":  # in a web page, where a few things are otherwise
    import_module("qkvlib.course.browser").settle()
