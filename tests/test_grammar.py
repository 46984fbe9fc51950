"""The little language of the tiny models: what it accepts, what it refuses, and how it says so."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkvlib.grammar import FOUR_CLASSES, GRAMMARS, TWO_CLASSES, SentenceError


def parse(sentence, ending=()):
    return TWO_CLASSES.parse(TWO_CLASSES.tokenize(sentence), ending)


def test_the_referent_by_hand():
    p = parse("Then the big dog suddenly chased the old ball, because it was deflated.")
    assert p.tokens[p.referent] == "ball"
    assert p.tokens[p.other] == "dog"
    assert p.tokens[p.adjective] == "deflated"
    assert (p.it, p.read_at) == (10, 10)
    assert p.answer == "elle"


def test_a_single_noun_is_its_own_referent():
    p = parse("the cat drank because it was thirsty")
    assert (p.tokens[p.referent], p.other, p.answer) == ("cat", None, "il")


def test_the_second_it_is_read_where_the_ending_asks_for_it():
    p = parse("the dog chased the ball because it was excited so it", ("so", "it"))
    assert p.it < p.read_at == len(p.tokens) - 1


@given(st.integers(0, 10**6), st.sampled_from(list(GRAMMARS)), st.sampled_from([(), ("so", "it")]))
def test_every_sample_is_in_the_grammar_and_fits_its_own_answer(seed, name, ending):
    grammar = GRAMMARS[name]
    p = grammar.sample(Random(seed), ending)
    assert grammar.parse(grammar.tokenize(" ".join(p.tokens)), ending) == p
    assert grammar.class_of[p.tokens[p.referent]] == grammar.class_of[p.tokens[p.adjective]]
    assert p.answer == grammar.pronoun(p.tokens[p.referent])


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("the dgo chased the ball because it was excited", "'dgo': did you mean 'dog'"),
        ("the xyzzy chased the ball because it was excited", "its nouns are such as dog"),
        ("the dog chased the cat because it was excited", "both 'dog' and 'cat' are"),
        ("the ball rolled because it was excited", "no noun here is of that kind"),
        ("the ball drank because it was round", "choose among rolled"),
        ("the dog chased because it was happy", "where the grammar needs 'the'"),
        ("dog chased the ball because it was happy", "at the start"),
        ("the dog chased the ball", "ends after 'ball'"),
        ("the dog chased the ball because it was happy happy", "goes on after 'happy'"),
    ],
)
def test_a_sentence_outside_the_grammar_is_told_why(sentence, said):
    with pytest.raises(SentenceError, match=said):
        parse(sentence)


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_words_are_listed_once_and_half_of_each_class_is_masculine(grammar):
    assert len(set(grammar.words)) == len(grammar.words)
    for noun_class in grammar.classes:
        he = [noun for noun in noun_class.nouns if grammar.pronoun(noun) == "il"]
        assert 2 * len(he) == len(noun_class.nouns)


def test_the_articles_are_never_elided():
    assert all(f.startswith(("le ", "la ")) for g in (TWO_CLASSES, FOUR_CLASSES) for f in g.french.values())
