"""Lesson 8: the layouts of real checkpoints."""

from __future__ import annotations

import numpy as np

from qkvlib.check.spec import Exercise, mistake
from qkvlib.check.specs.common import calls, in_quotes, normal, soft

# -- split_c_attn -------------------------------------------------------------------------------------------------


def _c_attn(weight, bias, order=(0, 1, 2), weight_axis=-1):
    weights, biases = np.split(weight, 3, axis=weight_axis), np.split(bias, 3)
    return tuple((weights[k], biases[k]) for k in order)


def _flat(pairs):
    return tuple(part for pair in pairs for part in pair)


def _by_kind(pairs):
    return tuple(zip(*pairs, strict=True))


def _blocks(weight, bias, width, open_end=False):
    cuts = [slice(0, width), slice(width, 2 * width), slice(2 * width, None if open_end else 3 * width)]
    return tuple((weight[:, cut], bias[cut]) for cut in cuts)


split_c_attn = Exercise(
    name="split_c_attn",
    lesson=8,
    parameters=("weight", "bias"),
    parts=("(W_Q, b_Q)", "(W_K, b_K)", "(W_V, b_V)"),
    reference=_c_attn,
    inputs=lambda rng: calls(
        ("a small layer", normal(rng, 5, 15), normal(rng, 15)),
        ("a layer whose width is a multiple of three", normal(rng, 3, 9), normal(rng, 9)),
        ("a wider layer", normal(rng, 11, 33), normal(rng, 33)),
    ),
    forms=(lambda r: r, _flat),
    mistakes=(
        mistake(
            "split-by-rows",
            "Your pieces are short and wide: the rows of the weight were shared out.",
            "A Conv1D weight is [d_in, d_out]; Q, K and V lie side by side in d_out.",
            lambda w, b: _c_attn(w, b, weight_axis=0),
            lambda w, b: tuple(zip(np.array_split(w, 3), np.split(b, 3), strict=True)),
            lambda w, b: tuple((w[k * len(w) // 3 : (k + 1) * len(w) // 3], np.split(b, 3)[k]) for k in range(3)),
        ),
        mistake(
            "fixed-width",
            "Your blocks have one fixed width, which fits one layer only.",
            "Read the width from the weight: how many columns belong to each of the three?",
            *(lambda w, b, d=d: _blocks(w, b, d) for d in (8, 64, 768)),
            *(lambda w, b, d=d: _blocks(w, b, d, open_end=True) for d in (8, 64)),
        ),
        mistake(
            "every-third-column",
            "You take every third column for each role.",
            "The fused matrix is [Q | K | V]: three blocks.",
            lambda w, b: tuple((w[:, k::3], b[k::3]) for k in range(3)),
            lambda w, b: tuple((w[:, k::3], np.split(b, 3)[k]) for k in range(3)),
            lambda w, b: tuple((w.reshape(len(w), -1, 3)[..., k], b.reshape(-1, 3)[:, k]) for k in range(3)),
        ),
        mistake(
            "reshaped-into-three",
            "The weight was reshaped into three matrices, so each of them mixes rows of the fused one.",
            "A reshape keeps the order of the numbers, which runs along the rows; cut the columns.",
            lambda w, b: tuple(zip(w.reshape(3, len(w), -1), b.reshape(3, -1), strict=True)),
        ),
        mistake(
            "pieces-transposed",
            "Your matrices are turned round, as a Linear would store them.",
            "GPT-2's Conv1D stores them ready for X @ W.",
            lambda w, b: tuple((W.T, c) for W, c in _c_attn(w, b)),
        ),
        mistake(
            "transposed-first",
            "The weight was turned round before it was cut.",
            "GPT-2's Conv1D stores it ready for X @ W: cut its columns.",
            lambda w, b: tuple((W, c) for W, c in zip(np.split(w.T, 3, axis=-1), np.split(b, 3), strict=True)),
        ),
        mistake(
            "roles-reordered",
            "The three pieces are right, but stand in another order.",
            "c_attn holds Q, then K, then V.",
            *(lambda w, b, o=o: _c_attn(w, b, o) for o in ((1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1))),
        ),
        mistake(
            "bias-not-split",
            "Each of your matrices has the whole bias beside it.",
            "Every role has its own third of it.",
            lambda w, b: tuple((W, b) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "bias-in-a-matrix",
            "Each of your biases lies in a matrix with one row, or one column.",
            "A bias is one plain row of numbers.",
            lambda w, b: tuple((W, c[None]) for W, c in _c_attn(w, b)),
            lambda w, b: tuple((W, c[:, None]) for W, c in _c_attn(w, b)),
        ),
        mistake(
            "one-bias-for-all",
            "All your matrices have the same bias.",
            "Every role has its own third of it.",
            lambda w, b: tuple((W, np.split(b, 3)[0]) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "bias-reordered",
            "Your matrices are right, but their biases have changed places.",
            "Weights and biases are cut in the same order.",
            lambda w, b: tuple(zip(np.split(w, 3, axis=-1), np.split(b, 3)[::-1], strict=True)),
            lambda w, b: tuple((W, b[k::3]) for k, W in enumerate(np.split(w, 3, axis=-1))),
        ),
        mistake(
            "biases-left-out",
            "Three matrices come back without their biases.",
            "Three pairs: each matrix with its bias.",
            lambda w, b: tuple(np.split(w, 3, axis=-1)),
            lambda w, b: tuple((W, np.zeros(len(b) // 3)) for W in np.split(w, 3, axis=-1)),
        ),
        mistake(
            "grouped-by-kind",
            "Three matrices come first and three biases after them.",
            "The function promises three pairs, one for each role.",
            lambda w, b: _by_kind(_c_attn(w, b)),
        ),
        mistake(
            "one-piece-for-all",
            "All three roles got the same columns.",
            "Move on by d_model columns for each role.",
            lambda w, b: (_c_attn(w, b)[0],) * 3,
        ),
        mistake(
            "bias-added",
            "The bias was added to the weight.",
            "Keep them apart: it is added after the product.",
            lambda w, b: tuple((W + c, c) for W, c in _c_attn(w, b)),
            lambda w, b: tuple(W + c for W, c in _c_attn(w, b)),
        ),
        mistake(
            "cut-off-by-one",
            "Your pieces overlap, or leave a column out.",
            "Piece k runs from k d_model up to, and without, (k + 1) d_model.",
            lambda w, b: tuple(
                (w[:, k * len(w) : (k + 1) * len(w) - 1], b[k * len(w) : (k + 1) * len(w) - 1]) for k in range(3)
            ),
            lambda w, b: tuple(
                (w[:, k * len(w) : (k + 1) * len(w) + 1], b[k * len(w) : (k + 1) * len(w) + 1]) for k in range(3)
            ),
        ),
    ),
    hints=(
        "weight is [d_model, 3 d_model] and is used as X @ weight + bias.",
        "Cut the last axis of both into three equal blocks.",
        "np.split does it; zip brings each matrix together with its bias.",
    ),
    praise="Right: three blocks of columns, each with its own bias.",
)


# -- llama_qkv ----------------------------------------------------------------------------------------------------


def _llama_inputs(rng):
    def checkpoint(D, wide_kv):
        tensors = {"model.embed_tokens.weight": normal(rng, 7, D)}
        for layer in (21, 12, 10, 0, 1, 2, 11, 20):
            for name, rows in (("q", D), ("k", wide_kv), ("v", wide_kv), ("o", D)):
                tensors[f"model.layers.{layer}.self_attn.{name}_proj.weight"] = normal(rng, rows, D)
            tensors[f"model.layers.{layer}.input_layernorm.weight"] = normal(rng, D)
        return tensors

    return calls(
        ("shared K/V heads", checkpoint(6, 2), 1),
        ("the first layer", checkpoint(6, 2), 0),
        ("a later layer", checkpoint(5, 5), 12),
        ("another layer", checkpoint(5, 5), 2),
    )


def _named(order="qkv", turn=True, at=lambda layer: layer):
    def version(tensors, layer):
        found = (tensors[f"model.layers.{at(layer)}.self_attn.{name}_proj.weight"] for name in order)
        return tuple(W.T if turn else W for W in found)

    return version


def _widened(widen):
    def version(tensors, layer):
        W_Q, W_K, W_V = _named()(tensors, layer)
        n = W_Q.shape[1] // W_K.shape[1]
        return W_Q, widen(W_K, n), widen(W_V, n)

    return version


def _matching(tensors, layer, test):
    def first(name):
        return next(t for key, t in tensors.items() if test(key, layer) and f"{name}_proj" in key).T

    return tuple(first(name) for name in "qkv")


llama_qkv = Exercise(
    name="llama_qkv",
    lesson=8,
    parameters=("tensors", "layer"),
    parts=("W_Q", "W_K", "W_V"),
    reference=_named(),
    inputs=_llama_inputs,
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
            *(_named(order) for order in ("qko", "okv", "qov", "qkvo")),
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
        'f"model.layers.{layer}.self_attn.q_proj.weight" is one of the three.',
        "A Linear stores [d_out, d_in]; turn each of them round for X @ W.",
    ),
    praise="Right: three tensors by name, turned round for X @ W.",
)


# -- whisper_key_bias ---------------------------------------------------------------------------------------------


def _effect(q, K, bias):
    change = np.full(len(K), q @ bias)
    return {"score_change": change, "weight_change": np.zeros(len(K))}


def _other(scores, weights=None):
    def version(q, K, bias):
        before = K @ q
        change = np.broadcast_to(scores(q, K, bias), (len(K),)).astype(float)
        moved = np.zeros(len(K)) if weights is None else weights(before, change)
        return {"score_change": change, "weight_change": moved}

    return version


def _shift(before, change):
    return soft(before + change) - soft(before)


whisper_key_bias = Exercise(
    name="whisper_key_bias",
    lesson=8,
    kind="value",
    parameters=("q", "K", "bias"),
    parts=("score_change", "weight_change"),
    given={
        "q": np.array([3.0, 3.0]),
        "K": np.array([[3.0, 2.0], [2.0, 2.0]]),
        "bias": np.array([1.0, -2.0]),
    },
    reference=_effect,
    forms=(
        lambda d: d,
        lambda d: tuple(d.values()),
        lambda d: {name: value[0] for name, value in d.items()},
        lambda d: {"score_change": d["score_change"], "weight_change": d["weight_change"][0]},
        lambda d: {"score_change": d["score_change"][0], "weight_change": d["weight_change"]},
        lambda d: tuple(value[0] for value in d.values()),
    ),
    tolerance=1e-4,
    mistakes=(
        in_quotes("Your changes are words.", "Give numbers: one change for each score and each weight."),
        mistake(
            "after-not-change",
            "You give the scores or the weights as they are with the bias.",
            "A change is after minus before.",
            recognise=lambda args, a: np.allclose(_first(a), (args[1] + args[2]) @ args[0], atol=1e-3),
        ),
        mistake(
            "scaled-change",
            "Your score changes are divided by the root of a width.",
            "Plain dot products are asked for here.",
            recognise=lambda args, a: np.allclose(_first(a), args[0] @ args[2] / np.sqrt(len(args[0])), atol=2e-3),
        ),
        mistake(
            "weights-move",
            "Your score changes are right, but you expect the weights to move.",
            "Every score in the row moved by the same amount. What does softmax see?",
            _other(lambda q, K, b: q @ b, lambda before, change: change),
            _other(lambda q, K, b: q @ b, lambda before, change: change / before),
            recognise=lambda args, a: (
                np.allclose(_first(a), args[0] @ args[2]) and not np.allclose(_second(a), 0, atol=1e-3)
            ),
        ),
        mistake(
            "bias-meets-keys",
            "You let the bias meet the keys.",
            "It is part of a key; whom does a key meet?",
            _other(lambda q, K, b: K @ b),
            _other(lambda q, K, b: K @ b, _shift),
        ),
        mistake(
            "bias-summed",
            "You added up the bias without the query.",
            "A score is a dot product with the query.",
            _other(lambda q, K, b: b.sum()),
            _other(lambda q, K, b: b.sum(), _shift),
        ),
        mistake(
            "sign",
            "Your change has the wrong sign.",
            "After minus before, not the other way round.",
            _other(lambda q, K, b: -(q @ b)),
        ),
        mistake(
            "entry-by-entry",
            "You give the entries of the bias itself, or their products with the query.",
            "A score is one number per key: add the products up.",
            _other(lambda q, K, b: b),
            _other(lambda q, K, b: b * q),
            _other(lambda q, K, b: b, _shift),
            _other(lambda q, K, b: b * q, _shift),
        ),
        mistake(
            "scores-for-changes",
            "You give the scores themselves, not how much they change.",
            "After minus before.",
            _other(lambda q, K, b: (K + b) @ q),
            _other(lambda q, K, b: K @ q),
        ),
        mistake(
            "scaled",
            "You divided by the root of the width.",
            "Plain dot products are asked for here.",
            _other(lambda q, K, b: q @ b / np.sqrt(len(q))),
        ),
        mistake(
            "no-change-at-all",
            "You expect the scores to stay as they are.",
            "The keys did change: what is the query's dot product with the bias?",
            _other(lambda q, K, b: 0.0),
        ),
        mistake(
            "weights-for-changes",
            "You give the weights themselves, not how much they change.",
            "After minus before.",
            lambda q, K, b: {"score_change": np.full(len(K), q @ b), "weight_change": soft(K @ q)},
        ),
    ),
    hints=(
        "Work out q·(k + b) for both keys, and compare with q·k.",
        "The same number is added to every score in the row.",
        "Softmax sees differences: what happens to a difference when both sides move together?",
    ),
    praise="Right: a bias on the keys shifts the whole row, and softmax does not notice: Whisper does without.",
)


def _first(answer):
    return answer["score_change"] if isinstance(answer, dict) else answer[0]


def _second(answer):
    return answer["weight_change"] if isinstance(answer, dict) else answer[1]


EXERCISES = (split_c_attn, llama_qkv, whisper_key_bias)
