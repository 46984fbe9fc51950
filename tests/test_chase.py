"""Who chased whom: the impossibility, the two shipped models against what torch measured, and what the card says."""

import hashlib
from itertools import permutations

import numpy as np
import pytest

from qkvlib import chase, instruments
from qkvlib.attention import softmax


def blend(values, scores_of_words, scores_of_places, sentence):
    """One head's blend, not yet divided by the sum of its weights, with that sum beside it; place 1 is the verb."""
    first, last = sentence
    parts = np.exp(scores_of_words[[first, last, -1]] + scores_of_places)
    return np.append(parts @ values[[first, last, -1]], parts.sum())


@pytest.mark.parametrize("seed", range(5))
def test_one_head_cannot_tell_both_whatever_its_numbers(seed):
    """With places in the scores alone, four sentences mix to the same thing two by two, so no matrix tells them apart.

    Not only for weights that are fixed, as in the lesson: here every word has a score of its own as well. The logits of
    a matrix (and a constant) are linear in blend and sum, but for a positive factor that changes no order.
    """
    rng = np.random.default_rng(seed)
    values, of_words, of_places = rng.normal(size=(4, 5)), rng.normal(size=4), rng.normal(size=3)
    dog, cat, cow = range(3)
    stronger_first = of_places[0] >= of_places[1]
    share = np.exp(-abs(of_places[0] - of_places[1]))

    def mixture(one, other):
        sentences = [pair if stronger_first else pair[::-1] for pair in (one, other)]
        first, second = (blend(values, of_words, of_places, sentence) for sentence in sentences)
        return share * first + (1 - share) * second

    np.testing.assert_allclose(mixture((dog, cat), (cow, cat)), mixture((cat, dog), (cow, dog)))


def test_one_head_can_when_values_hold_places():
    """The counter-example to "one head cannot": weights that depend on the noun, values that tell places apart."""
    strength = np.linspace(1, 2.75, 8)
    for first, last in permutations(range(8), 2):
        parts = np.array([strength[first], strength[last], 1.0])
        out = parts / parts.sum()  # values: one column for place 1, one for place 3, one for the verb
        who = [[2 * s, 0, -s * s] @ out for s in strength]
        whom = [[0, 2 * s, -s * s] @ out for s in strength]
        assert (np.argmax(who), np.argmax(whom)) == (first, last)


@pytest.mark.parametrize("name", chase.MODELS)
def test_the_shipped_model_does_what_the_card_says_of_its_seed(name):
    entry = chase.card()[name]
    runs = [chase.load(name).run(sentence) for sentence in chase.SENTENCES]
    right = {
        question: np.mean([run.answers[question] == s[place] for run, s in zip(runs, chase.SENTENCES, strict=True)])
        for question, place in chase.QUESTIONS.items()
    }
    seed = entry["seeds"][0]
    assert right == {question: seed[question] for question in chase.QUESTIONS}
    np.testing.assert_allclose(np.mean([run.weights for run in runs], axis=0), seed["weights"], atol=1e-4)
    content = (chase._folder() / f"{name}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]


def test_the_parts_are_the_whole():
    model = chase.load("two_heads")
    run = model.run(("cow", "chased", "hen"))
    row = model["E"][chase.WORDS.index("chased")] + run.written.sum(0)
    for question in chase.QUESTIONS:
        np.testing.assert_allclose(row @ model[f"U_{question}"], run.logits[question])
    np.testing.assert_allclose(run.weights.sum(-1), 1)


def test_ten_starts_of_every_model_and_only_one_head_fails():
    for name, entry in chase.card().items():
        both = [seed["both"] for seed in entry["seeds"]]
        assert len(both) == 10
        if name in ("one_head", "one_wide_head"):
            assert max(both) < 0.5, name
        else:
            assert min(both) == 1, name


@pytest.mark.parametrize("sentence", [("dog", "saw", "cat"), ("dog", "chased"), ("dog", "chased", "whale")])
def test_another_sentence_is_refused(sentence):
    with pytest.raises(ValueError, match="a sentence is"):
        chase.load("one_head").run(sentence)


def test_another_model_is_refused():
    with pytest.raises(ValueError, match="choose among one_head, two_heads"):
        chase.load("three_heads")


@pytest.mark.parametrize(("heads", "first", "second", "right"), [
    (1, [1, 0, 0], [0, 0, 0], (6, 0)), (1, [0, 0, 2], [5, 0, 0], (0, 6)), (2, [1, 0, 0], [0, 0, 1], (6, 6)),
])  # fmt: skip
def test_the_sheet_counts_right_answers(heads, first, second, right):
    shown = instruments.two_questions()
    shown["heads"], shown["scores_0"], shown["scores_1"] = heads, [first], [second]
    assert (round(float(shown["who_right"])), round(float(shown["whom_right"]))) == right
    np.testing.assert_allclose(shown["weights_0"][0], softmax(np.array(first, float)))
