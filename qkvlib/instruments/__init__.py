"""The course's instruments: `instruments.two_tokens()` displays a worksheet with its controls.

One module per instrument, with one function of the same name. REGISTRY is what the tests, the standalone pages and the
documentation go through: name -> the lesson it belongs to.
"""

import sys
from importlib import import_module

REGISTRY = {
    "taste": "00",
    "projection": "01",
    "typed_tokens": "01",
    "same_query": "01",
    "two_tokens": "02",
    "few_tokens": "02",
    "by_hand": "03",
    "popular_figure": "03",
    "trace": "03",
    "asymmetry": "04",
    "same_scores": "04",
    "soft_lookup": "04",
    "heads": "05",
    "gqa": "06",
    "kv_cache": "06",
    "kv_cache_calculator": "06",
    "bug_clinic": "07",
    "layouts": "08",
    "wild": "08",
    "key_bias": "08",
}


def __getattr__(name):
    if name in REGISTRY:
        import_module(f"{__name__}.{name}")
        # Importing puts a module where its function belongs, also one that another imports: put the functions there.
        for each in REGISTRY:
            if module := sys.modules.get(f"{__name__}.{each}"):
                globals()[each] = getattr(module, each, module)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(REGISTRY)
