"""How far dot products are spread, before and after the division."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake


def _spread(d_head: int, var_q: float, var_k: float) -> tuple[float, float]:
    bare = np.sqrt(d_head * var_q * var_k)
    return float(bare), float(bare / np.sqrt(d_head))


EXERCISE = Exercise(
    name="score_spread",
    reference=_spread,
    inputs=lambda rng: calls(
        ("width 9", 9, 4.0, 0.25),
        ("width 64, variance 1", 64, 1.0, 1.0),
        ("width 128", 128, 0.5, 3.0),
        ("width 1", 1, 2.0, 3.0),
    ),
    parts=("bare", "divided"),
    mistakes=(
        mistake(
            "variance-for-spread",
            "Your first number is the variance.",
            "The standard deviation is its square root.",
            lambda d, vq, vk: (d * vq * vk, d * vq * vk / np.sqrt(d)),
            lambda d, vq, vk: (d * vq * vk, vq * vk),
            lambda d, vq, vk: (d * vq * vk, np.sqrt(vq * vk)),
        ),
        mistake(
            "variances-ignored",
            "You take both variances to be 1.",
            "The variance of a product of two independent numbers around 0 is the product of their variances.",
            lambda d, vq, vk: (np.sqrt(d), 1.0),
        ),
        mistake(
            "variances-added",
            "You add the two variances.",
            "q and k are multiplied, entry by entry: what becomes of their variances?",
            lambda d, vq, vk: (np.sqrt(d * (vq + vk)), np.sqrt(vq + vk)),
        ),
        mistake(
            "divided-by-d",
            "Your second number is divided by d_head.",
            "Scores are divided by its square root.",
            lambda d, vq, vk: (np.sqrt(d * vq * vk), np.sqrt(d * vq * vk) / d),
        ),
        mistake(
            "spreads-added",
            "You add up standard deviations.",
            "Variances add; take the root at the end.",
            lambda d, vq, vk: (d * np.sqrt(vq * vk), np.sqrt(d) * np.sqrt(vq * vk)),
            lambda d, vq, vk: (d * np.sqrt(vq * vk), np.sqrt(vq * vk)),
        ),
        mistake(
            "variance-as-deviation",
            "You treat the variances as if they were standard deviations.",
            "A variance is a square already.",
            lambda d, vq, vk: (np.sqrt(d) * vq * vk, vq * vk),
        ),
        mistake(
            "parts-swapped",
            "Your two numbers are in the other order.",
            "First the bare products, then the divided ones.",
            lambda d, vq, vk: _spread(d, vq, vk)[::-1],
        ),
        mistake(
            "width-left-out",
            "The width has no part in your first number: that is the spread of one product, not of a sum of d_head.",
            "A dot product adds up d_head products. What becomes of their variances?",
            lambda d, vq, vk: (np.sqrt(vq * vk), np.sqrt(vq * vk) / np.sqrt(d)),
            lambda d, vq, vk: (np.sqrt(vq * vk), np.sqrt(vq * vk)),
        ),
        mistake(
            "divided-always-1",
            "Your second number is always 1: that is so only where both variances are 1.",
            "The division takes the width out. What is left of var_q and var_k?",
            lambda d, vq, vk: (np.sqrt(d * vq * vk), 1.0),
        ),
    ),
    hints=(
        "One product q_i · k_i has the variance var_q · var_k. The dot product adds up d_head of them.",
        "Variances add. The spread is the square root of the sum.",
    ),
    praise="Right: the division takes the width out, and leaves what q and k bring along.",
)
