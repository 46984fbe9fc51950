"""Four sentences, one term a word: how far each is on its right side."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import calls, normal
from qkvlib.check.spec import Exercise, mistake

_IL = np.array([1, -1, -1, 1])  # il, elle, elle, il


def _sums(dog: float, ball: float, cow: float, balloon: float, excited: float, deflated: float) -> np.ndarray:
    pairs = ((dog, ball), (dog, ball), (cow, balloon), (cow, balloon))
    return np.array([sum(pair) + ending for pair, ending in zip(pairs, (excited, deflated) * 2, strict=True)])


def _margins(dog: float, ball: float, cow: float, balloon: float, excited: float, deflated: float) -> np.ndarray:
    return _IL * _sums(dog, ball, cow, balloon, excited, deflated)


EXERCISE = Exercise(
    name="square_margins",
    reference=_margins,
    inputs=lambda rng: calls(
        ("whole numbers", 1, -2, -3, 5, 4, -7),
        ("any numbers", *normal(rng, 6).tolist()),
        ("large numbers", *(100 * normal(rng, 6)).tolist()),
    ),
    axes=("sentence",),
    mistakes=(
        mistake(
            "sums-alone",
            "You give the four sums. A sum below 0 is right where elle is right.",
            "Give each sum the sign it should have: positive means right.",
            _sums,
        ),
        mistake(
            "wrong-side",
            "Your four numbers are positive where the sentence comes out wrong.",
            "Which of the four should be il, and so above 0?",
            lambda *terms: -_margins(*terms),
        ),
        mistake(
            "signs-by-ending",
            "You take il to be right for excited and elle for deflated, whatever the nouns are.",
            "The cow and the balloon have their genders the other way round.",
            lambda *terms: np.array([1, -1, 1, -1]) * _sums(*terms),
        ),
        mistake(
            "signs-by-nouns",
            "You take il to be right for the first two sentences and elle for the last two.",
            "The ending decides which of the two nouns is meant.",
            lambda *terms: np.array([1, 1, -1, -1]) * _sums(*terms),
        ),
        mistake(
            "only-the-noun-meant",
            "You add the term of the noun that is meant, and leave the other noun out.",
            "The model does not know which is meant: every word of the sentence brings its term.",
            lambda dog, ball, cow, balloon, excited, deflated: np.array(
                [dog + excited, -(ball + deflated), -(cow + excited), balloon + deflated]
            ),
        ),
        mistake(
            "ending-left-out",
            "The adjective has no part in your sums.",
            "It is a word like the others and brings a term.",
            lambda dog, ball, cow, balloon, *_: _IL * np.array([dog + ball] * 2 + [cow + balloon] * 2),
        ),
        mistake(
            "added-up",
            "You give one number for all four sentences.",
            "Four numbers are asked for, one a sentence.",
            lambda *terms: _margins(*terms).sum(),
            lambda *terms: _sums(*terms).sum(),
        ),
        mistake(
            "right-or-wrong",
            "You say which sentences are right, not by how much.",
            "The numbers themselves are asked for: look what they add up to.",
            lambda *terms: _margins(*terms) > 0,
            lambda *terms: np.sign(_margins(*terms)),
            lambda *terms: _sums(*terms) > 0,
        ),
        mistake(
            "second-noun-forgotten",
            "Only one noun of each sentence counts.",
            "Each sentence has three words that carry a term.",
            lambda dog, ball, cow, balloon, excited, deflated: _IL * _sums(dog, 0, cow, 0, excited, deflated),
            lambda dog, ball, cow, balloon, excited, deflated: _IL * _sums(0, ball, 0, balloon, excited, deflated),
        ),
        mistake(
            "minus-on-one-term",
            "The minus stands before one term only.",
            "Turn the sign of the whole sum: put it in brackets.",
            lambda dog, ball, cow, balloon, excited, deflated: np.array(
                [dog + ball + excited, -dog + ball + deflated, -cow + balloon + excited, cow + balloon + deflated]
            ),
        ),
        mistake(
            "sentences-exchanged",
            "Your second and third sentence have changed places.",
            "Keep the order in which they are printed.",
            lambda *terms: _margins(*terms)[[0, 2, 1, 3]],
        ),
        mistake(
            "mean-for-sum",
            "You took the mean of the three terms.",
            "The margin is their sum, with its sign.",
            lambda *terms: _margins(*terms) / 3,
        ),
    ),
    hints=(
        "Each sentence has two nouns and an ending: add their three terms.",
        "Where elle is right, the sum should be below 0: turn its sign, and positive means right.",
    ),
    praise="Right. Add the four up: it is 0, whatever the terms are. That is the proof.",
)
