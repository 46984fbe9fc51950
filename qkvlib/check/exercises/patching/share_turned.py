"""How many answers a copy has turned, among those that could turn."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import calls
from qkvlib.check.spec import Exercise, mistake


def _cases(rng: np.random.Generator, n: int) -> tuple[list[int], list[int], list[int]]:
    """Answers 0, 1 or 2 of the own run, the patched and the other: the first six differ in every way that matters."""
    own, patched, other = [0, 0, 1, 1, 2, 0], [1, 0, 1, 0, 0, 2], [1, 1, 1, 1, 1, 1]
    for column in (own, patched, other):
        column += rng.integers(0, 3, n - 6).tolist()
    return own, patched, other


def _share(own: list, patched: list, other: list) -> float:
    before, copied, aim = (np.asarray(x) for x in (own, patched, other))
    return float(np.mean(copied[before != aim] == aim[before != aim]))


def _of(choose):
    return lambda own, patched, other: choose(*(np.asarray(x) for x in (own, patched, other)))


EXERCISE = Exercise(
    name="share_turned",
    reference=_share,
    inputs=lambda rng: calls(*((f"{n} sentences", *_cases(rng, n)) for n in (6, 11, 23))),
    mistakes=(
        mistake(
            "all-pairs-counted",
            "You count pairs whose two runs had the same answer from the start.",
            "An answer that was the same before cannot turn: leave such pairs out.",
            _of(lambda own, patched, other: np.mean(patched == other)),
            _of(lambda own, patched, other: np.mean((patched == other) & (own != other))),
        ),
        mistake(
            "any-change-counted",
            "You count every answer that has changed.",
            "It has to become the *other run's* answer.",
            _of(lambda own, patched, other: np.mean((patched != own)[own != other])),
        ),
        mistake(
            "any-change-of-all-counted",
            "You take the share of all answers that have changed, to whatever, and whether or not they could turn.",
            "Which pairs could turn at all? And which answer has to come out?",
            _of(lambda own, patched, other: np.mean(patched != own)),
        ),
        mistake(
            "unturned-counted",
            "You count the answers that stayed.",
            "The share of those that turned is asked for.",
            _of(lambda own, patched, other: np.mean((patched == own)[own != other])),
            _of(lambda own, patched, other: np.mean(patched == own)),
            _of(lambda own, patched, other: np.mean((patched != other)[own != other])),
        ),
        mistake(
            "count-for-share",
            "What comes back is how many, not which share.",
            "Divide by the number of pairs that could turn.",
            _of(lambda own, patched, other: int(np.sum((patched == other) & (own != other)))),
            _of(lambda own, patched, other: int(np.sum(patched == other))),
        ),
        mistake(
            "percent",
            "Your number is a hundred times the share.",
            "A share lies between 0 and 1.",
            lambda *runs: 100 * _share(*runs),
        ),
        mistake(
            "patch-left-out",
            "You compare the two runs with each other, and the patched one takes no part.",
            "What did the copy do to the answer?",
            _of(lambda own, patched, other: np.mean(own != other)),
            _of(lambda own, patched, other: np.mean(own == other)),
        ),
        mistake(
            "fixed-pairs-in-the-count",
            "Pairs that cannot turn are left out below the line, and counted above it.",
            "Leave them out in both places.",
            _of(lambda own, patched, other: np.sum(patched == other) / np.sum(own != other)),
        ),
        mistake(
            "lists-compared-whole",
            "== between two lists gives one True or False for all of them, not one for each sentence.",
            "Compare entry by entry: zip, or np.asarray first.",
            lambda own, patched, other: (list(patched) == list(other)) / (list(own) != list(other)),
            lambda own, patched, other: float(list(patched) == list(other)),
        ),
        mistake(
            "sets-compared",
            "A set forgets which sentence an answer belongs to, and how often it comes.",
            "Answers are compared sentence by sentence.",
            lambda own, patched, other: len(set(patched) & set(other)) / len(set(other)),
            lambda own, patched, other: len(set(patched) & set(other)) / len(set(patched)),
        ),
        mistake(
            "own-and-patched-exchanged",
            "The own run and the patched one have changed places: you look at pairs where patched and other differ.",
            "Which two runs say, before anything is copied, that an answer could turn?",
            _of(lambda own, patched, other: np.mean((own == other)[patched != other])),
            _of(lambda own, patched, other: np.sum((own != other) & (patched != other)) / len(own)),
        ),
        mistake(
            "divided-by-the-changed",
            "You divide by the answers that changed, and not by those that could.",
            "How many pairs differ before anything is copied?",
            _of(
                lambda own, patched, other: (
                    np.sum((patched == other) & (own != patched)) / max(np.sum(own != patched), 1)
                )
            ),
        ),
    ),
    hints=(
        "Which pairs could turn at all? Those where own and other differ.",
        "Among these: how often is patched equal to other?",
    ),
    praise="Right: only pairs that could turn are counted.",
)
