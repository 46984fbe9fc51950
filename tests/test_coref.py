"""The tiny trained models: the numpy forward against the trainer's, edits, masks and bad input."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from qkvlib import attention, coref, coref_measure, examples

REFERENCE = json.loads((Path(__file__).parent / "data" / "coref_reference.json").read_text())
DATA = files("qkvlib") / "data" / "coref"
DOG, BALL = examples.DOG_SENTENCE, examples.BALL_SENTENCE


@pytest.mark.parametrize("model", REFERENCE)
def test_numpy_computes_what_torch_computed(model):
    for case in REFERENCE[model]:
        t = coref.trace(case["sentence"], model)
        np.testing.assert_allclose(t.logits, case["logits"], atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(t.layers[-1].weights[:, t.read_at], case["weights"], atol=1e-5)


def test_every_shipped_model_has_a_reference_and_a_card_with_its_hash():
    assert set(coref.models()) == set(REFERENCE) == set(coref.card()["models"])
    for model in coref.models():
        content = (DATA / f"{model}.safetensors").read_bytes()
        assert hashlib.sha256(content).hexdigest() == coref.card()["models"][model]["sha256"]


def test_the_files_stay_small():
    assert sum(len(f.read_bytes()) for f in DATA.iterdir()) < 300_000


def test_one_changed_word_flips_the_answer_and_the_look_of_it():
    dog, ball = coref.trace(DOG), coref.trace(BALL)
    assert (dog.answer, ball.answer) == ("il", "elle")
    assert dog.layers[1].weights[0, dog.read_at, dog.index("dog")] > 0.9
    assert ball.layers[1].weights[0, ball.read_at, ball.index("ball")] > 0.9
    assert coref.trace(examples.CAT_SENTENCE).answer == "il"


def test_the_promises_hold_on_held_out_pairs():
    model = coref.load("encoder")
    found = coref_measure.figures(model, coref.held_out("encoder"))
    assert found["accuracy"] >= 0.99
    assert found["flips"] >= 0.99
    assert found["on_referent"] >= 0.9
    assert found["patching"]["query"] >= 0.99


@pytest.mark.parametrize("name", coref.models())
def test_the_card_says_what_the_shipped_weights_do(name):
    entry = coref.card()["models"][name]
    said = entry["seeds"][entry["shipped_seed"]]
    model = coref.load(name)
    found = coref_measure.attention_figures(model, coref_measure.pairs(model, coref.held_out(name)))
    assert found == pytest.approx({key: said[key] for key in found}, abs=0.002)


def test_the_lessons_pairs_were_held_out_from_every_model_of_two_classes():
    for name in coref.models():
        if coref.load(name).config["grammar"] == "two_classes":
            assert {("dog", "excited"), ("ball", "deflated")} <= coref.held_out(name)


def test_a_trace_is_attention_step_by_step():
    t = coref.trace(DOG, "gqa2")
    T = len(t.tokens)
    for layer in t.layers:
        assert layer.Q.shape == (4, T, 8)
        assert layer.K.shape == layer.V.shape == (2, T, 8)
        assert layer.weights.shape == (4, T, T)
        np.testing.assert_allclose(layer.weights.sum(-1), 1)
        K, V = attention.repeat_kv(layer.K, 2), attention.repeat_kv(layer.V, 2)
        out, weights = attention.masked_attention(layer.Q, K, V, layer.mask)
        np.testing.assert_allclose(layer.weights, weights)
        np.testing.assert_allclose(layer.out, out)
    np.testing.assert_allclose(t.layers[1].X, t.layers[0].X + t.layers[0].added)


def test_under_a_causal_mask_the_row_of_it_is_the_same_to_the_last_bit():
    dog, ball = coref.trace(DOG, causal=True), coref.trace(BALL, causal=True)
    for x, y in zip(dog.layers, ball.layers, strict=True):
        for name in ("Q", "K", "V", "weights", "out"):
            np.testing.assert_array_equal(getattr(x, name)[:, dog.read_at], getattr(y, name)[:, dog.read_at])
    np.testing.assert_array_equal(dog.logits, ball.logits)


def test_the_causal_model_answers_at_the_second_it_and_never_changes_the_first():
    dog, ball = coref.trace(DOG, "causal"), coref.trace(BALL, "causal")
    assert dog.tokens[-2:] == ("so", "it")
    assert (dog.answer, ball.answer) == ("il", "elle")
    first = dog.index("it")
    for x, y in zip(dog.layers, ball.layers, strict=True):
        np.testing.assert_array_equal(x.weights[:, first], y.weights[:, first])
    assert coref.trace(DOG[:-1] + " so it.", "causal").tokens == dog.tokens


# -- edits --------------------------------------------------------------------------------------------------------


def test_the_query_of_it_carries_the_answer():
    dog, ball = coref.trace(DOG), coref.trace(BALL)
    it = dog.read_at
    assert coref.trace(DOG, edits=[coref.copy_row(ball, 1, "Q", it)]).answer == "elle"
    assert coref.trace(DOG, edits=[coref.copy_row(ball, 1, "V")]).answer == "il"
    np.testing.assert_array_equal(dog.layers[1].K[:, [1, 4]], ball.layers[1].K[:, [1, 4]])


def test_swapped_values_leave_the_routing_and_change_the_answer():
    dog = coref.trace(DOG)
    swapped = coref.trace(DOG, edits=[coref.swap_rows(1, "V", 1, 4)])
    np.testing.assert_array_equal(swapped.layers[1].weights, dog.layers[1].weights)
    assert swapped.answer == "elle"
    assert coref.trace(DOG, edits=[coref.swap_weights(1, dog.read_at, 1, 4)]).answer == "elle"


def test_silenced_parts_are_zero_and_a_blurred_row_is_even():
    t = coref.trace(DOG, edits=[coref.zero(0), coref.uniform(1, row=6)])
    assert not t.layers[0].added.any()
    np.testing.assert_allclose(t.layers[1].weights[0, 6], 1 / 9)
    np.testing.assert_array_equal(coref.trace(DOG, edits=[coref.zero(0, "Q", 6)]).layers[0].Q[0, 6], 0)
    heads = coref.trace(DOG, "gqa4", edits=[coref.zero_head(1, 2)]).layers[1].out
    assert not heads[2].any()
    assert heads[[0, 1, 3]].any()


def test_edits_leave_what_they_read_alone():
    dog, ball = coref.trace(DOG), coref.trace(BALL)
    before = ball.layers[1].Q.copy()
    coref.trace(DOG, edits=[coref.copy_row(ball, 1, "Q", 6), coref.zero(1, "Q")])
    np.testing.assert_array_equal(ball.layers[1].Q, before)
    assert coref.trace(DOG).answer == dog.answer


# -- words and bad input ------------------------------------------------------------------------------------------


def test_case_and_punctuation_do_not_matter():
    assert coref.trace("THE DOG chased the ball, because it was excited").tokens == coref.trace(DOG).tokens


def test_another_ending():
    assert coref.other_ending(DOG) == BALL.lower().rstrip(".")
    assert coref.other_ending(DOG, "round").endswith("was round")
    with pytest.raises(coref.SentenceError, match="a single noun"):
        coref.other_ending(examples.CAT_SENTENCE)
    with pytest.raises(coref.SentenceError, match="does not know the word 'purple'"):
        coref.other_ending(DOG, "purple")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("the dog chased the bal because it was excited", "'bal': did you mean 'ball'"),
        ("the dog chased the cat because it was excited", "exactly one noun that fits"),
        ("the dog chased the ball because it was excited so it", "leave out 'so it'"),
        ("the " * 20 + "dog", "20|21 tokens; the longest .* had 13"),
        (" . ", "no word"),
    ],
)
def test_bad_sentences_are_refused_in_one_sentence(sentence, said):
    with pytest.raises(coref.SentenceError, match=said):
        coref.trace(sentence)


def test_not_strict_answers_anyway_but_needs_an_it_and_known_words():
    t = coref.trace("the dog chased the cat because it was excited", strict=False)
    assert t.parse is None
    assert t.answer in ("il", "elle")
    with pytest.raises(coref.SentenceError, match="no 'it'"):
        coref.trace("the dog chased the ball", strict=False)
    with pytest.raises(coref.SentenceError, match="does not know"):
        coref.trace("the zebra chased the ball because it was round", strict=False)


def test_an_unknown_model_or_word_is_named():
    with pytest.raises(ValueError, match="no model 'encodr': choose among"):
        coref.trace(DOG, "encodr")
    with pytest.raises(ValueError, match="'cow' is not in this sentence"):
        coref.trace(DOG).index("cow")


def test_reprs_are_sentences():
    assert repr(coref.trace(DOG)).startswith("Trace('the dog chased the ball because it was excited', model='encoder'")
    assert "two layers" in repr(coref.load("encoder"))


# -- what heads and code do to a trained model ---------------------------------------------------------------------


def test_the_card_says_what_one_head_left_and_tiled_heads_do():
    for name in ("gqa4", "gqa2"):
        model, pairs = coref.load(name), coref.held_out(name)
        entry = coref.card()["models"][name]
        said = entry["seeds"][entry["shipped_seed"]]
        assert [coref_measure.one_head_left(model, pairs, layer) for layer in (0, 1)] == said["one_head_left"]
    for code, edits in (("as_trained", ()), ("tiled", (coref_measure.tiled,))):
        assert coref_measure.lead(model, pairs, *edits) == pytest.approx(tuple(said[code].values()), abs=1e-3)


def test_tiled_is_what_tiling_the_keys_and_values_computes():
    plain, other = coref.trace(DOG, "gqa2"), coref.trace(DOG, "gqa2", edits=[coref_measure.tiled])
    first = plain.layers[0]
    K, V = (np.tile(part, (2, 1, 1)) for part in (first.K, first.V))
    out, _ = attention.masked_attention(first.Q, K, V, first.mask)
    np.testing.assert_allclose(other.layers[0].out, out)
    assert not np.allclose(first.out, out)


def test_an_altered_model_leaves_the_first_alone():
    model = coref.load("encoder")
    turned = model.altered(lambda key, W: W.T if key.endswith("W_Q") else W, softmax_over="queries")
    np.testing.assert_array_equal(turned["1.W_Q"], model["1.W_Q"].T)
    np.testing.assert_array_equal(turned["1.W_K"], model["1.W_K"])
    assert turned.config["softmax_over"] == "queries"
    assert "softmax_over" not in model.config
    assert turned.name == "encoder"
