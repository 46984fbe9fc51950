"""Enforce the shapes that a module's annotations promise.

`attention.py` may import numpy alone, so its jaxtyping annotations are text at run time. Here they are given their
names and every public function is wrapped: a call whose shapes break the promise fails the test that made it.
"""

import inspect
from types import SimpleNamespace

import jaxtyping
import numpy as np
from beartype import beartype


def enforced(module):
    """A namespace with every public function of `module`, its annotated shapes checked on each call."""
    names = {"Array": np.ndarray, "Float": jaxtyping.Float, "Num": jaxtyping.Num, "Bool": jaxtyping.Bool}
    vars(module).update(names)
    public = {
        name: jaxtyping.jaxtyped(typechecker=beartype)(value) if inspect.isfunction(value) else value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }
    return SimpleNamespace(**public)
