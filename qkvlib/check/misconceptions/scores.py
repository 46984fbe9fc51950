"""The grid of scores, with switches for what goes wrong on the way to it, and the sentences for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qkvlib.check.inputs import swap_last_axes
from qkvlib.check.spec import Mistake, mistake, switch

SCALES = {
    "sqrt-d": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.sqrt(d_head),
    "none": lambda d_head, n_keys, d_model, n_queries, n_heads: 1.0,
    "d": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / d_head,
    "times": lambda d_head, n_keys, d_model, n_queries, n_heads: np.sqrt(d_head),
    "tokens": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / n_keys,
    "sqrt-tokens": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.sqrt(n_keys),
    "sqrt-model": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.sqrt(d_model),
    "model": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / d_model,
    "queries": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / n_queries,
    "sqrt-queries": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.sqrt(n_queries),
    "sqrt-heads": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.sqrt(n_heads),
    "heads": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / n_heads,
    "twice": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / d_head / np.sqrt(d_head),
    "log": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.log(d_head),
    "log2": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / np.log2(d_head),
    **{f"root-{d}": lambda *sizes, d=d: 1 / np.sqrt(d) for d in (2, 64, 128, 512)},
    **{f"by-{d}": lambda *sizes, d=d: 1 / d for d in (2, 3, 4)},
    "half": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / (d_head**1 / 2),
    "half-outside": lambda d_head, n_keys, d_model, n_queries, n_heads: 1 / d_head**1 / 2,
}


def compare_all(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray | None = None,
    *,
    roles: str = "qk",
    scale: str = "sqrt-d",
    measure: str = "dot",
    d_model: int | None = None,
) -> np.ndarray:
    """The grid of scores, with switches: who is compared with whom, by which measure, and scaled by what."""
    pairs: dict[str, tuple[Any, Any]] = {
        "qk": (Q, K),
        "kq": (K, Q),
        "qq": (Q, Q),
        "kk": (K, K),
        "qv": (Q, V),
        "vk": (V, K),
        "qk+v": (Q, K if V is None or V.shape != K.shape else K + V),
    }
    ask, answer = pairs[roles]
    if measure == "cosine":
        ask = ask / np.linalg.norm(ask, axis=-1, keepdims=True)
        answer = answer / np.linalg.norm(answer, axis=-1, keepdims=True)
    if measure == "no-transpose":
        grid = ask @ answer
    elif measure == "all-axes":
        grid = ask @ answer.T
    elif measure == "axes-1-and-2":
        grid = ask @ answer.swapaxes(1, 2)
    elif measure == "axes-1-and-2-of-a-batch":
        grid = ask @ (answer.T if answer.ndim == 2 else answer.swapaxes(1, 2))
    elif measure == "torch-transpose":
        grid = ask @ answer.transpose(-2, -1)
    elif measure == "squared-distance":
        grid = -((ask[..., :, None, :] - answer[..., None, :, :]) ** 2).sum(-1)
    elif measure == "far":
        grid = np.linalg.norm(ask[..., :, None, :] - answer[..., None, :, :], axis=-1)
    elif measure == "distance":
        grid = -np.linalg.norm(ask[..., :, None, :] - answer[..., None, :, :], axis=-1)
    else:
        grid = ask @ swap_last_axes(answer)
    d_head, n_heads = Q.shape[-1], Q.shape[-3] if Q.ndim > 2 else 1
    return grid * SCALES[scale](d_head, K.shape[-2], d_head if d_model is None else d_model, Q.shape[-2], n_heads)


_SEEN_IN = "Your scores"


def scale_mistakes(seen: str = _SEEN_IN, model: bool = False, queries: bool = False) -> tuple[Mistake, ...]:
    """Scores divided by the wrong thing; `model` adds those that need d_model, `queries` those that need T unlike S."""
    mistakes = [
        switch(
            "no-scale",
            f"{seen} are bare dot products, so they spread wider the longer the vectors are.",
            "What does the formula divide by before the softmax?",
            companion=True,
            scale="none",
        ),
        switch(
            "scale-by-d",
            f"{seen} are as small as if they were divided by the width: by all of it, or by its root twice.",
            "Once, by the root, is enough: does a helper that you call scale already?",
            scale="d",
        ),
        switch(
            "times-sqrt-d",
            f"{seen} are multiplied where they should be divided, so they are larger than the bare dot products.",
            "Scaling is there to calm the scores down before the softmax.",
            scale="times",
        ),
        switch(
            "scale-by-tokens",
            f"{seen} shrink as the number of tokens grows.",
            "A dot product adds up one term per feature, so which length should matter?",
            scale="tokens",
        ),
        switch(
            "scale-by-sqrt-tokens",
            f"{seen} are scaled by the square root of the number of tokens.",
            "The square root is a good sign; which axis of Q is summed over in a dot product?",
            scale="sqrt-tokens",
        ),
        switch(
            "scaled-twice",
            f"{seen} are as small as if they were divided by the root of the width three times.",
            "Once is enough: does a helper that you call scale already?",
            scale="twice",
        ),
    ]
    if queries:
        mistakes += [
            switch(
                "scale-by-queries",
                f"{seen} shrink as the number of queries grows.",
                "A dot product adds up one term per feature, so which length should matter?",
                scale="queries",
            ),
            switch(
                "scale-by-sqrt-queries",
                f"{seen} are scaled by the square root of the number of queries.",
                "The square root is a good sign; which axis of Q is summed over in a dot product?",
                scale="sqrt-queries",
            ),
        ]
    if model:
        mistakes += [
            switch(
                "scale-by-sqrt-d-model",
                f"{seen} are scaled by the width of the whole model.",
                "A dot product inside one head only adds up that head's own features.",
                companion=True,
                scale="sqrt-model",
            ),
            switch(
                "scale-by-d-model",
                f"{seen} are divided by the whole width of the model.",
                "One head's dot product adds up that head's features only, and its spread grows more slowly still.",
                scale="model",
            ),
            switch(
                "scale-by-sqrt-n-heads",
                f"{seen} are scaled by the square root of the number of heads.",
                "It is the width of one head that counts.",
                scale="sqrt-heads",
            ),
            switch(
                "scale-by-n-heads",
                f"{seen} are divided by the number of heads.",
                "It is the width of one head that counts, and its root.",
                scale="heads",
            ),
        ]
    return tuple(mistakes)


def role_mistakes(values: bool = True) -> tuple[Mistake, ...]:
    """The wrong pair is compared."""
    mistakes = [
        switch(
            "keys-ask",
            "In your result the keys ask and the queries answer: rows stand for keys.",
            "Each row should belong to one query; which of the two stands on the left?",
            roles="kq",
        ),
        switch(
            "queries-only",
            "Your queries are compared with queries; the keys play no part.",
            "A query wants to be compared with what the tokens offer.",
            roles="qq",
        ),
        switch(
            "keys-only",
            "Your keys are compared with keys; the queries play no part.",
            "Whose question is being asked in each row?",
            roles="kk",
        ),
    ]
    if values:
        mistakes += [
            switch(
                "values-as-keys",
                "Your queries are compared with the values.",
                "Values carry content; which of the three says what a token can be found by?",
                roles="qv",
            ),
            switch(
                "values-in-scores",
                "Your values take part in the matching: change V and the weights change.",
                "Two of the three decide who is heard; the third only says what is heard.",
                roles="qk+v",
            ),
        ]
    return tuple(mistakes)


def measure_mistakes() -> tuple[Mistake, ...]:
    """Compared, but not by a dot product of rows."""
    return (
        switch(
            "no-transpose",
            "Q and K are multiplied as they stand, so features meet tokens instead of features.",
            "For each query and each key to meet, both must lend their feature axis to the product.",
            companion=True,
            measure="no-transpose",
        ),
        switch(
            "transposed-all-axes",
            "With a batch in front, .T turns every axis round, the batch too.",
            "Swap only the last two axes.",
            measure="all-axes",
        ),
        switch(
            "distance",
            "You measure the distance between a query and a key.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="distance",
        ),
        switch(
            "squared-distance",
            "You measure the squared distance between a query and a key.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="squared-distance",
        ),
        switch(
            "distance-rewarded",
            "The farther a key is from the query, the larger its score.",
            "Attention asks how far two vectors point the same way, which is another sum over features.",
            measure="far",
        ),
    )


def scale_slips(model: Callable, seen: str = _SEEN_IN) -> tuple[Mistake, ...]:
    """A root that Python understands otherwise; `model` is the exercise's."""
    return (
        mistake(
            "power-without-brackets",
            f"{seen} are divided by half of the width, or by twice the width, where its root was meant.",
            "** is worked out before /: put the 1/2 of a power in brackets.",
            lambda *a: model(*a, scale="half"),
            lambda *a: model(*a, scale="half-outside"),
        ),
    )


def unit(W: np.ndarray) -> np.ndarray:
    return W / np.linalg.norm(W, axis=-1, keepdims=True)
