"""The course's instruments: `instruments.two_tokens()` displays a worksheet with its controls.

One module per instrument, with one function of the same name. REGISTRY is what the tests, the standalone pages and the
documentation go through: name -> the lesson it belongs to. `blind_clinic` is no sheet but a widget of its own, with
tests of its own, and is imported from its module.
"""

import sys
from importlib import import_module
from typing import Any

REGISTRY = {
    "exam_hall": "00",
    "taste": "00",
    "projection": "01",
    "typed_tokens": "01",
    "same_query": "01",
    "softmax_steps": "02",
    "two_tokens": "02",
    "few_tokens": "02",
    "who_may_look": "03",
    "popular_figure": "04",
    "trace": "04",
    "square": "05",
    "rival_key": "05",
    "by_hand": "05",
    "patching": "06",
    "training": "06",
    "asymmetry": "07",
    "same_scores": "07",
    "soft_lookup": "07",
    "heads": "08",
    "two_questions": "08",
    "turning": "09",
    "kv_cache": "10",
    "kv_cache_calculator": "10",
    "gqa": "11",
    "x_cache": "11",
    "one_shelf": "12",
    "cross_attention": "13",
    "translation": "13",
    "bug_clinic": "14",
    "layouts": "15",
    "wild": "15",
    "key_bias": "15",
    "real_head": "16",
}


def __getattr__(name: str) -> Any:
    if name in REGISTRY:
        import_module(f"{__name__}.{name}")
        # Importing puts a module where its function belongs, also one that another imports: put the functions there.
        for each in REGISTRY:
            if module := sys.modules.get(f"{__name__}.{each}"):
                globals()[each] = getattr(module, each, module)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(REGISTRY)
