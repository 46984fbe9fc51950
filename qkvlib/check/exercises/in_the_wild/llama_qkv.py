"""LLaMA's three matrices, found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qkvlib.check.inputs import case, cases
from qkvlib.check.spec import Exercise, mistake


def _checkpoint(draw, d_model, wide_q, wide_kv, layer):
    tensors = {"model.embed_tokens.weight": draw(7, d_model)}
    for n in (21, 12, 10, 0, 1, 2, 11, 20):
        at = f"model.layers.{n}"
        for name, rows in (("q", wide_q), ("k", wide_kv), ("v", wide_kv)):
            tensors[f"{at}.self_attn.{name}_proj.weight"] = draw(rows, d_model)
        tensors[f"{at}.self_attn.o_proj.weight"] = draw(d_model, wide_q)
        tensors[f"{at}.input_layernorm.weight"] = draw(d_model)
    return tensors, layer


def _small(rng: np.random.Generator) -> Iterator[tuple]:
    """The three matrices of two or three layers, one or two numbers wide."""
    for D, wide_kv, layers, layer in (
        (1, 1, (1, 0), 0),
        (1, 1, (0, 1), 1),
        (2, 1, (0, 1), 1),
        (1, 1, (12, 2, 1), 1),
        (1, 1, (1, 2, 12), 2),
    ):
        yield (
            {
                f"model.layers.{at}.self_attn.{name}_proj.weight": rng.integers(-2, 4, (rows, D)).astype(float)
                for at in layers
                for name, rows in (("q", D), ("k", wide_kv), ("v", wide_kv), ("o", D))
            },
            layer,
        )


def _named(order: str = "qkv", turn: bool = True, at: Callable = lambda layer: layer) -> Callable:
    def version(tensors: dict[str, np.ndarray], layer: int) -> Any:
        found = (tensors[f"model.layers.{at(layer)}.self_attn.{name}_proj.weight"] for name in order)
        return tuple(W.T if turn else W for W in found)

    return version


def _widened(widen: Callable) -> Callable:
    def version(tensors: dict[str, np.ndarray], layer: int) -> Any:
        W_Q, W_K, W_V = _named()(tensors, layer)
        n = W_Q.shape[1] // W_K.shape[1]
        return W_Q, widen(W_K, n), widen(W_V, n)

    return version


def _matching(tensors: dict[str, np.ndarray], layer: int, test: Callable) -> tuple:
    def first(name: str) -> np.ndarray:
        return next(t for key, t in tensors.items() if test(key, layer) and f"{name}_proj" in key).T

    return tuple(first(name) for name in "qkv")


EXERCISE = Exercise(
    name="llama_qkv",
    parts=("W_Q", "W_K", "W_V"),
    reference=_named(),
    inputs=cases(
        _checkpoint,
        case("shared K/V heads", d_model=6, wide_q=6, wide_kv=2, layer=1),
        case("the first layer", d_model=6, wide_q=6, wide_kv=2, layer=0),
        case("a later layer", d_model=5, wide_q=5, wide_kv=5, layer=12),
        case("heads that are wider together than the model", d_model=3, wide_q=8, wide_kv=4, layer=2),
    ),
    small=_small,
    mistakes=(
        mistake(
            "not-transposed",
            "Your matrices are as the file stores them, [d_out, d_in].",
            "In this course a row is multiplied from the right, X @ W: which way round must W be?",
            _named(turn=False),
        ),
        mistake(
            "reshaped-for-transposed",
            "Your matrices were reshaped where they should be turned round: the shapes fit, and the numbers do not.",
            "A reshape keeps the order of the numbers; a transpose changes it.",
            lambda t, n: tuple(W.reshape(W.shape[::-1]) for W in _named(turn=False)(t, n)),
        ),
        mistake(
            "partly-transposed",
            "Some of your matrices are turned round and some are not.",
            "All three are stored in the same way.",
            lambda t, n: (_named()(t, n)[0], *_named(turn=False)(t, n)[1:]),
            lambda t, n: (*_named()(t, n)[:2], _named(turn=False)(t, n)[2]),
            lambda t, n: (_named(turn=False)(t, n)[0], *_named()(t, n)[1:]),
        ),
        mistake(
            "layer-ignored",
            "Your matrices always come from the same layer.",
            "Put the argument layer into the name of the tensor.",
            _named(at=lambda layer: 0),
            _named(at=lambda layer: 1),
            lambda t, n: _matching(t, n, lambda key, layer: True),
            _named(turn=False, at=lambda layer: 0),
        ),
        mistake(
            "layer-off-by-one",
            "Your matrices come from a neighbouring layer.",
            "The file counts its layers from 0, as the argument does.",
            _named(at=lambda layer: layer + 1),
            _named(at=lambda layer: layer - 1),
        ),
        mistake(
            "name-matched-loosely",
            "For some layers you find another one: 'layers.1' is also the beginning of 'layers.12'.",
            "Spell the name out to the end, or keep the dot after the number.",
            lambda t, n: _matching(t, n, lambda key, layer: f"layers.{layer}" in key),
            lambda t, n: _matching(t, n, lambda key, layer: f".{layer}" in key),
            lambda t, n: _matching(t, n, lambda key, layer: str(layer) in key),
            lambda t, n: _matching(dict(reversed(t.items())), n, lambda key, layer: f"layers.{layer}" in key),
            lambda t, n: _matching(dict(reversed(t.items())), n, lambda key, layer: str(layer) in key),
        ),
        mistake(
            "roles-reordered",
            "The three matrices are right, but stand in another order.",
            "W_Q, then W_K, then W_V.",
            *(_named(order) for order in ("kqv", "qvk", "vkq", "kvq", "vqk")),
        ),
        mistake(
            "output-matrix-taken",
            "One of your matrices is o_proj, which stands behind the heads.",
            "The three you need are called q_proj, k_proj and v_proj.",
            *(_named(order) for order in ("qko", "okv", "qov")),
        ),
        mistake(
            "one-matrix-for-all",
            "All three roles got the same matrix.",
            "q_proj, k_proj and v_proj are three tensors.",
            *(_named(order) for order in ("qqq", "kkk", "vvv", "qkk", "qqv", "qvv")),
        ),
        mistake(
            "joined",
            "The three matrices come back joined into one.",
            "Return three: W_Q, W_K, W_V.",
            lambda t, n: np.concatenate(_named()(t, n), axis=-1),
            lambda t, n: np.concatenate(_named(turn=False)(t, n), axis=0),
        ),
        mistake(
            "kv-widened",
            "Your K and V matrices were made as wide as that of Q, by repeating or tiling their columns.",
            "Fewer K/V heads make narrower matrices. Hand them over as they are; heads are shared in attention.",
            _widened(lambda W, n: np.tile(W, (1, n))),
            _widened(lambda W, n: np.repeat(W, n, axis=1)),
            _widened(lambda W, n: np.pad(W, ((0, 0), (0, (n - 1) * W.shape[1])))),
        ),
        mistake(
            "braces-not-filled",
            "The name that you look up still has {layer} in it, braces and all.",
            "Which letter in front of the quotes lets Python fill in the braces?",
            lambda t, n: t["model.layers.{layer}.self_attn.q_proj.weight"],
        ),
        mistake(
            "layer-reversed",
            "Your layers are counted from the end.",
            "Use the number as it is given.",
            _named(at=lambda layer: {0: 21, 1: 20, 2: 12, 12: 2}[layer]),
        ),
    ),
    hints=(
        "Print the names in tensors: where does the number of the layer stand?",
        "The number of the layer stands between two dots, then self_attn and q_proj: an f-string fills it in.",
        "A Linear stores [d_out, d_in]; turn each of them round for X @ W.",
    ),
    praise="Right: three tensors by name, transposed for X @ W.",
)
