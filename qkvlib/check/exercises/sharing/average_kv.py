"""Neighbouring K/V heads averaged, as a GQA model is begun from a multi-head one."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import ONE_AXIS, case, cases, swap_last_axes
from qkvlib.check.spec import Exercise, mistake


def _average(K, n_kv_heads):
    *front, n_heads, T, d_head = K.shape
    return K.reshape(*front, n_kv_heads, n_heads // n_kv_heads, T, d_head).mean(-3)


def _strided(K, n):
    """Groups of every n-th head: 0 2 4, 1 3 5."""
    return np.stack([K[..., g::n, :, :].mean(-3) for g in range(n)], axis=-3)


def _arguments(draw, n_heads, T, d_head, n_kv_heads, batch=()):
    return draw(*batch, n_heads, T, d_head), n_kv_heads


EXERCISE = Exercise(
    name="average_kv",
    reference=_average,
    axes=("head", "token", "feature of a head"),
    inputs=cases(
        _arguments,
        case("six heads to two", n_heads=6, T=5, d_head=7, n_kv_heads=2),
        case("all heads to one", n_heads=3, T=7, d_head=2, n_kv_heads=1),
        case("nothing to merge", n_heads=5, T=3, d_head=2, n_kv_heads=5),
        case("a batch of sequences", n_heads=6, T=5, d_head=7, n_kv_heads=3, batch=ONE_AXIS),
    ),
    mistakes=(
        mistake(
            "dealt-like-cards",
            "Your groups are not neighbours: each takes every n-th head.",
            "The first group holds the first heads, the next group the next ones.",
            _strided,
        ),
        mistake(
            "summed",
            "Your heads are added up, not averaged.",
            "A mean is the sum divided by how many there are.",
            lambda K, n: _average(K, n) * (K.shape[-3] // n),
        ),
        mistake(
            "first-of-each-group",
            "You keep one head of each group and drop the others.",
            "Each group becomes its mean.",
            lambda K, n: K[..., :: K.shape[-3] // n, :, :],
            lambda K, n: K[..., K.shape[-3] // n - 1 :: K.shape[-3] // n, :, :],
        ),
        mistake(
            "first-heads",
            "You keep the first n_kv_heads heads.",
            "Each group of neighbours becomes its mean.",
            lambda K, n: K[..., :n, :, :],
        ),
        mistake(
            "repeated-again",
            "The means are right, but each stands there once for every head of its group.",
            "n_kv_heads heads come back; they are repeated when they are read.",
            lambda K, n: np.repeat(_average(K, n), K.shape[-3] // n, axis=-3),
        ),
        mistake(
            "one-mean-for-all",
            "All your heads are the mean of all.",
            "Each group has a mean of its own.",
            lambda K, n: np.repeat(K.mean(-3, keepdims=True), n, axis=-3),
            lambda K, n: K.mean(-3),
            lambda K, n: K.mean(-3, keepdims=True),
        ),
        mistake(
            "n-to-a-group",
            "You put n_kv_heads heads into each group.",
            "n_kv_heads is how many groups there are; how many heads does each then hold?",
            lambda K, n: _average(K, K.shape[-3] // n),
        ),
        mistake(
            "another-axis",
            "You average over tokens or over features.",
            "Which axis are the heads on? Count from the end.",
            lambda K, n: K.mean(-2),
            lambda K, n: K.mean(-1),
            lambda K, n: K.mean(-2, keepdims=True),
            lambda K, n: K.mean(-1, keepdims=True),
            lambda K, n: K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:]).mean(-2),
            lambda K, n: K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:]).mean(-1),
            lambda K, n: K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:]).mean(-4),
        ),
        mistake(
            "batch-forgotten",
            "Right without a batch; with one in front, the wrong axes are grouped.",
            "Reshape with *K.shape[:-3] in front, and count axes from the end.",
            lambda K, n: K.reshape(n, -1, *K.shape[1:]).mean(1),
            lambda K, n: K.reshape(n, K.shape[0] // n, K.shape[1], K.shape[2]).mean(1),
        ),
        mistake(
            "transposed",
            "Inside your heads tokens and features have changed places.",
            "Only the axis of the heads gets shorter.",
            lambda K, n: swap_last_axes(_average(K, n)),
        ),
        mistake(
            "median-for-mean",
            "Each group becomes its median.",
            "The mean is asked for.",
            lambda K, n: np.median(K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:]), axis=-3),
        ),
        mistake(
            "group-size-last",
            "Your reshape puts the size of a group last, so what is averaged are neighbouring numbers, not heads.",
            "A reshape moves nothing: the heads can be cut into groups only where the axis of the heads stands.",
            lambda K, n: K.reshape(*K.shape[:-3], n, *K.shape[-2:], -1).mean(-1),
        ),
        mistake(
            "two-of-each-group",
            "Only two heads of each group take part in the mean.",
            "A group holds n_heads // n_kv_heads heads, and all of them count.",
            lambda K, n: K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:])[..., :2, :, :].mean(-3),
            lambda K, n: K.reshape(*K.shape[:-3], n, -1, *K.shape[-2:])[..., :2, :, :].sum(-3) / 2,
        ),
    ),
    hints=(
        "How many heads does each group hold?",
        "Reshape the axis of the heads into two: groups, and heads within a group. Nothing moves.",
        "Then take the mean over the heads within a group, counting that axis from the end.",
    ),
    praise="Right: neighbours averaged. Remember what the mean depends on.",
)
