"""The instruments of the trained models compute what the library computes."""

import numpy as np
import pytest

from qkvlib import attention, coref, examples, instruments
from qkvlib.grammar import SentenceError


@pytest.mark.parametrize(("adjective", "noun"), [("excited", "dog"), ("deflated", "ball")])
def test_by_hand_finds_the_noun_that_the_adjective_fits(adjective, noun):
    sheet = instruments.by_hand(adjective=adjective)
    tokens = ["dog", "ball", "it", adjective]
    assert sheet["weights1"][2].argmax() == 3
    assert tokens[sheet["weights2"][2].argmax()] == noun
    assert sheet["answer"][2].argmax() == (0 if noun == "dog" else 1)


def test_by_hand_under_a_mask_keeps_the_row_of_it():
    sheet = instruments.by_hand()
    sheet["causal"] = True
    excited = sheet["weights2"][2].copy()
    sheet["described"] = "deflated"
    np.testing.assert_array_equal(sheet["weights2"][2], excited)


def test_only_its_query_changes_by_hand():
    excited, deflated = instruments.by_hand(), instruments.by_hand(adjective="deflated")
    np.testing.assert_array_equal(excited["K2"][:2], deflated["K2"][:2])
    np.testing.assert_array_equal(excited["V2"][:2], deflated["V2"][:2])
    assert not np.allclose(excited["Q2"][2], deflated["Q2"][2])


def test_one_score_repairs_the_popular_figure():
    sheet = instruments.popular_figure()
    assert np.abs(sheet["difference"]).max() > 0.1
    sheet["scores"] = [[4.9, 2.3, 3.0]]
    assert np.abs(sheet["difference"]).max() < 0.005


@pytest.mark.parametrize(
    ("sheet", "sentence", "model", "causal"),
    [
        (lambda: instruments.trace(), examples.DOG_SENTENCE, "encoder", None),
        (lambda: instruments.trace(first="ball", second="cow", adjective="round"),
         "the ball chased the cow because it was round", "encoder", None),
        (lambda: instruments.trace(sentence=examples.CAT_SENTENCE), examples.CAT_SENTENCE, "encoder", None),
        (lambda: instruments.trace(model="causal"), examples.DOG_SENTENCE, "causal", None),
    ],
)  # fmt: skip
def test_the_trained_sheet_is_the_trace(sheet, sentence, model, causal):
    sheet, t = sheet(), coref.trace(sentence, model, causal=causal)
    for n, layer in enumerate(t.layers, 1):
        np.testing.assert_allclose(sheet[f"weights{n}"], layer.weights[0], atol=1e-12)
        np.testing.assert_allclose(sheet[f"Q{n}"], layer.Q[0], atol=1e-12)
    np.testing.assert_allclose(sheet["logits"][t.read_at], t.logits, atol=1e-12)


def test_the_mask_switch_is_the_causal_trace():
    sheet = instruments.trace()
    sheet["causal"] = True
    t = coref.trace(examples.DOG_SENTENCE, causal=True)
    np.testing.assert_allclose(sheet["weights2"], t.layers[1].weights[0], atol=1e-12)


def test_the_trained_sheet_refuses_what_it_cannot_show():
    with pytest.raises(ValueError, match="two layers of one head"):
        instruments.trace(model="one_layer")
    with pytest.raises(SentenceError, match="does not know the word 'zebra'"):
        instruments.trace(sentence="the zebra chased the ball because it was excited")


@pytest.mark.parametrize("compared", ["W_Q for both", "W_K for both", "embeddings as they are"])
def test_one_matrix_makes_a_mirror_image_whatever_the_tokens(compared):
    sheet = instruments.asymmetry()
    assert sheet["difference"].any()
    sheet["compared"] = compared
    sheet["X"] = np.arange(12).reshape(3, 4) % 5 - 2.0
    assert sheet["scores"].any()
    np.testing.assert_array_equal(sheet["difference"], 0)


def test_other_queries_and_keys_give_the_same_scores():
    sheet = instruments.same_scores()
    sheet["A"] = [[2.0, -1.0], [3.0, 0.5]]
    np.testing.assert_allclose(sheet["A_back"], np.linalg.inv(sheet["A"]).T, atol=1e-12)
    np.testing.assert_allclose(sheet["scores_A"], sheet["scores"], atol=1e-12)
    assert not np.allclose(sheet["Q_A"], sheet["Q"])


@pytest.mark.parametrize("temperature", [0.1, 1.0, 10.0])
def test_the_soft_lookup_sheet_is_soft_lookup(temperature):
    sheet = instruments.soft_lookup()
    sheet["temperature"] = temperature
    found = attention.soft_lookup(examples.LOOKUP_QUERY, examples.LOOKUP_KEYS, examples.LOOKUP_VALUES, temperature)
    np.testing.assert_allclose(sheet["answer"][0], found, atol=1e-12)
