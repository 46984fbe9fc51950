"""Words of PyTorch in an error that numpy raised: what they are called here."""

from __future__ import annotations

import re

_INSTEAD = {
    "masked_fill": "np.where(mask, grid, value)",
    "masked_fill_": "np.where(mask, grid, value)",
    "unsqueeze": "an index with None, such as a[:, None]",
    "permute": "np.transpose",
    "contiguous": "nothing at all: numpy sees to it",
    "clone": "a.copy()",
    "detach": "nothing at all: there is no gradient here",
    "numpy": "nothing at all: these are numpy's arrays",
    "expand": "np.broadcast_to",
    "expand_as": "np.broadcast_to",
    "repeat_interleave": "np.repeat",
    "chunk": "np.split",
    "split": "np.split",
    "cat": "np.concatenate",
    "mm": "@",
    "bmm": "@",
    "matmul": "@",
    "softmax": "the softmax that you wrote, with axis=",
    "exp": "np.exp(a)",
    "sqrt": "np.sqrt(a)",
    "numel": "a.size",
    "dim": "a.ndim",
    "t": "np.swapaxes(a, -1, -2)",
    "to": "a.astype(float)",
    "pow": "a ** b",
    "mul": "a * b",
    "div": "a / b",
    "abs": "np.abs(a)",
    "log": "np.log(a)",
    "norm": "np.linalg.norm(a)",
    "float": "a.astype(float)",
    "bool": "a.astype(bool)",
    "long": "a.astype(int)",
    "tril": "np.tril(a)",
    "triu": "np.triu(a)",
    "from_numpy": "nothing at all: these are numpy's arrays",
}
_NO_ATTRIBUTE = re.compile(r"(?:'numpy\.ndarray' object|module 'numpy') has no attribute '(\w+)'")
_VIEW = re.compile(r"view\(\) takes|Type must be a sub-type of ndarray")
_NO_NAME = re.compile(r"name '(torch|F|nn)' is not defined|No module named '(torch)'")


def spelled_for_torch(detail: str) -> tuple[str, str] | None:
    """(what is seen, nudge) when an error comes from a spelling that PyTorch knows and numpy does not."""
    if re.search(r"unexpected keyword argument '(dim|keepdim)'", detail):
        return (
            f"dim= and keepdim= are PyTorch's words, and numpy does not know them ({detail}).",
            "axis= and keepdims=.",
        )
    if (found := _NO_ATTRIBUTE.search(detail)) and found[1] in _INSTEAD:
        return f"{found[1]} is PyTorch's, and numpy does not have it ({detail}).", f"Here it is {_INSTEAD[found[1]]}."
    if found := _NO_NAME.search(detail):
        name = found[1] or found[2]
        return (
            f"{name} is PyTorch's, and this course runs on numpy ({detail}).",
            "np and your own functions will do.",
        )
    if "'int' object is not callable" in detail:
        return (
            f"A whole number is called as if it were a function ({detail}).",
            "In numpy a.size is a number already: PyTorch's a.size(-1) is a.shape[-1]. Or is an operator missing?",
        )
    if "order must be str, not int" in detail:
        return (
            f"flatten in numpy takes no axis: it lays everything out in one row ({detail}).",
            "PyTorch's flatten from one axis on is numpy's reshape, with -1 for what is joined.",
        )
    if _VIEW.search(detail):
        return (
            f"view in numpy looks at the same bytes as another type ({detail}).",
            "PyTorch's view is numpy's reshape.",
        )
    return None
