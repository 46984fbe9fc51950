"""The instruments of lessons 0 to 2 show what attention.py computes, from the numbers they are given."""

import subprocess
import sys

import numpy as np
import pytest

from qkvlib import examples, instruments
from qkvlib.attention import attention, causal_mask, masked_attention, project_qkv, scores

MATRICES = (examples.W_Q, examples.W_K, examples.W_V)


def embeddings(*words):
    return np.array([examples.VOCABULARY[word] for word in words])


def test_taste_is_one_row_of_attention():
    taste = instruments.taste()
    out, weights = attention(*project_qkv(embeddings("dog", "ball", "it"), *MATRICES))
    np.testing.assert_allclose(taste["weights"], weights[2:])
    np.testing.assert_allclose(taste["out"], out[2:])


def test_taste_a_longer_query_is_more_decided_and_can_turn_to_the_ball():
    """The two promises that lesson 0 makes about it."""
    taste = instruments.taste()
    before = taste["weights"][0]
    taste["query"] = 2 * taste["query"]
    assert taste["weights"][0, 0] > before[0]
    taste["query"] = [[-3, 3]]
    assert taste["weights"][0].argmax() == 1


def test_projection_shows_q_k_and_v_of_any_x():
    x = [1.0, 2.0, 1.0, 0.0]
    shown = instruments.projection(x, *MATRICES)
    for name, W in zip("qkv", MATRICES, strict=True):
        np.testing.assert_array_equal(shown[name], [x @ W])


def test_projection_takes_matrices_of_another_shape():
    x, W = np.ones(3), np.ones((3, 5))
    assert instruments.projection(x, W, W, W)["q"].shape == (1, 5)


def test_typed_words_are_projected_and_strangers_are_marked():
    shown = instruments.typed_tokens("dog it")
    np.testing.assert_array_equal(shown["X"], embeddings("dog", "it"))
    shown["words"] = "dog quark"
    Q, K, V = project_qkv(shown["X"], *MATRICES)
    for name, expected in zip("QKV", (Q, K, V), strict=True):
        np.testing.assert_array_equal(shown[name], expected)
    sheet = shown.sheet.sheet
    assert sheet.evaluate(sheet.inputs, {"words": "dog quark"})["X"].rows == ("dog", "quark*")


def test_the_exam_hall_is_attention_under_the_exam_rule():
    shown = instruments.exam_hall("The dog chased the ball.", reader="chased")
    assert shown["reader"] == 2
    words = ["the", "dog", "chased", "the", "ball"]
    out, weights = masked_attention(*project_qkv(embeddings(*words), *MATRICES), causal_mask(len(words)))
    np.testing.assert_allclose(shown["weights"], weights)
    np.testing.assert_allclose(shown["out"], out)
    assert shown["weights"][0].tolist() == [1, 0, 0, 0, 0]


def test_the_exam_hall_names_the_words_a_reader_may_be():
    with pytest.raises(ValueError, match="'quark' is not in the sentence: choose one of the, dog"):
        instruments.exam_hall("The dog", reader="quark")


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_softmax_in_two_steps(temperature):
    shown = instruments.softmax_steps([15, 12, -1])
    shown["temperature"] = temperature
    powers = np.exp(np.array([[15, 12, -1]]) / temperature)
    np.testing.assert_allclose(shown["shares"], powers / powers.sum())


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_two_tokens_go_all_the_way(scaled, temperature):
    shown = instruments.two_tokens()
    shown["scaled"], shown["temperature"] = scaled, temperature
    Q, K, V = project_qkv(examples.X, *MATRICES)
    bare = scores(Q, K, scale=1.0)
    np.testing.assert_array_equal(shown["scores"], bare)
    heat = temperature * (np.sqrt(2) if scaled else 1)
    weights = np.exp(bare / heat) / np.exp(bare / heat).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shown["weights"], weights)
    np.testing.assert_allclose(shown["out"], weights @ V)


def test_few_tokens_are_attention_on_typed_words():
    words = "the dog chased the ball it"
    shown = instruments.few_tokens(words)
    out, weights = attention(*project_qkv(embeddings(*words.split()), *MATRICES))
    np.testing.assert_allclose(shown["weights"], weights)
    np.testing.assert_allclose(shown["out"], out)


def test_an_instrument_that_shares_code_with_another_does_not_hide_it():
    program = "from qkvlib import instruments as i; i.few_tokens(); print(i.two_tokens().sheet.sheet.name)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "two_tokens"


def test_many_matrices_give_the_same_query():
    shown = instruments.same_query()
    np.testing.assert_array_equal(shown["off"], [[0, 0]])
    shown["W_Q"] = [[2, -4], [0, 11]]
    np.testing.assert_array_equal(shown["off"], [[0, 0]])


def test_one_number_of_x_turns_token_2_to_itself():
    """What lesson 2 asks the learner to do can be done."""
    shown = instruments.two_tokens()
    assert shown["weights"][1].argmax() == 0
    shown["X"] = [[0, 1, 0, 0], examples.x2]
    assert shown["weights"][1].argmax() == 1
