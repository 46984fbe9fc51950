"""How a token becomes a query, a key and a value, and what attention does with them.

Submodules load on first use (`qkvlib.attention`, `qkvlib.check`, ...), so that `import qkvlib` costs no more than numpy.
"""

from importlib import import_module

import numpy  # noqa: F401  - the one dependency every part shares

__version__ = "0.1.0"

_SUBMODULES = frozenset(
    "attention examples coref checkpoints figures widgets instruments check grading progress cli".split()
)


def __getattr__(name):
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(_SUBMODULES | globals().keys())
