"""Words that a table of embeddings does not know: a row made up from their letters, and the known words nearest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def made_up(word: str, width: int) -> np.ndarray:
    """Whole numbers from -2 to 2 that depend on the word alone (an FNV-1a hash), the same here and in the browser."""
    numbers = []
    for i in range(width):
        state = 2166136261
        for byte in f"{word}/{i}".encode():
            state = ((state ^ byte) * 16777619) & 0xFFFFFFFF
        numbers.append((state >> 13) % 5 - 2)
    return np.array(numbers, np.float64)


def closest(word: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The `n` known words that share most letter pairs with `word`."""

    def pairs(text: str) -> set[str]:
        text = f" {text} "
        return {text[i : i + 2] for i in range(len(text) - 1)}

    wanted = pairs(word)
    return sorted(known, key=lambda other: (-len(wanted & pairs(other)) / len(wanted | pairs(other)), other))[:n]
