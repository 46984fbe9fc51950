"""The tiny translator: what its files and its card say, and the claims of "Q from here, K and V from there"."""

import hashlib

import numpy as np
import pytest

from qkvlib import attention, instruments, translation
from qkvlib.translation import PHRASES, START, padded


def held_out_of(name):
    """The phrases with a pair that the shipped model never saw, and the figures of its seed."""
    entry = translation.card()[name]
    held = {tuple(pair.split()) for pair in entry["held_out"]}
    return [p for p in PHRASES if p.pairs & held], entry["seeds"][entry["shipped_seed"]]


@pytest.mark.parametrize("name", translation.MODELS)
def test_the_shipped_model_does_what_the_card_says_of_its_seed(name):
    model, (phrases, seed) = translation.load(name), held_out_of(name)
    assert len(phrases) == seed["phrases"] > 50
    for extra, masked, visible in zip(
        translation.card()[name]["paddings"], seed["masked"], seed["visible"], strict=True
    ):
        filled = [(p.target, *padded(p.source, len(p.source) + extra)) for p in phrases]
        right = [tuple(model.translate(words, mask)) == target for target, words, mask in filled]
        shown = [tuple(model.translate(words)) == target for target, words, _ in filled]
        assert (round(np.mean(right), 4), round(np.mean(shown), 4)) == (masked, visible)
    content = (translation._folder() / f"{name}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == translation.card()[name]["sha256"]


def test_what_the_lesson_says_of_ten_seeds():
    masked, unmasked = (translation.card()[name]["seeds"] for name in translation.MODELS)
    assert len(masked) == len(unmasked) == 10
    assert sum(seed["masked"][0] == 1 for seed in masked) >= 8
    for kind in ("before", "noun", "behind"):
        assert np.mean([seed["looks"][kind] for seed in masked]) > 0.95
    assert sum(0.4 < seed["looks"]["article"] < 0.75 for seed in masked) >= 7  # one of two genders is the default
    shown = np.mean([seed["visible"] for seed in masked], axis=0)
    assert (np.diff(shown) < 0).all()
    assert shown[-1] < 0.9
    passed_over = [seed["visible"][-1] == seed["visible"][0] for seed in unmasked]
    assert sum(passed_over) == 9


def test_every_phrase_is_there_once_and_takes_the_gender_of_its_noun():
    assert len(PHRASES) == len({p.source for p in PHRASES}) == 256
    for p in PHRASES:
        feminine = p.source[-1] in translation.FEMININE
        assert p.target[0] == ("la" if feminine else "le")
        assert len(p.target) == len(p.source) == len(p.renders)
        assert p.renders[0] == len(p.source) - 1


def test_a_step_with_kept_keys_and_values_is_a_row_of_the_whole():
    model, source = translation.load(), "the small green dog"
    written = [START, *model.translate(source)]
    K, V = model.keys_and_values(source)
    full = model.run(source, written)
    for t, word in enumerate(written):
        x = model["E_target"][[translation.TARGET.index(word)]]
        out, weights = attention.attention(x @ model["W_Q"], K, V)
        np.testing.assert_allclose(weights[0], full.weights[t])
        np.testing.assert_allclose((x + out @ model["W_O"]) @ model["W_U"], full.logits[[t]])


def test_a_causal_mask_between_the_texts_loses_the_gender():
    """The first row sees "the" alone: whatever the noun, it writes the same article."""
    model = translation.load()
    triangle = np.tri(1, 4, dtype=bool)
    written = {model.run(p.source, START, triangle[:, : len(p.source)]).next_words[0] for p in PHRASES}
    assert len(written) == 1


@pytest.mark.parametrize(("source", "written", "word"), [("the zebra", START, "zebra"), ("the dog", "start x", "x")])
def test_unknown_words_are_named(source, written, word):
    with pytest.raises(ValueError, match=f"does not know '{word}'"):
        translation.load().run(source, written)


def test_another_model_is_refused():
    with pytest.raises(ValueError, match="choose among masked, unmasked"):
        translation.load("other")


@pytest.mark.parametrize("mask", ["hide the padding", "none", "causal, as in self-attention"])
@pytest.mark.parametrize(
    ("source", "written"), [("the small green dog", "start le petit"), ("the green hat pad pad", "start")]
)
def test_the_sheet_is_the_model(source, written, mask):
    shown = instruments.translation(source, written)
    shown["mask"] = mask
    n_source, n_written = len(source.split()), len(written.split())
    allowed = {
        "hide the padding": padded(source.replace(" pad", "").split(), n_source)[1],
        "none": None,
        "causal, as in self-attention": np.tri(n_written, n_source, dtype=bool),
    }[mask]
    run = translation.load().run(source, written, allowed)
    np.testing.assert_allclose(shown["weights"], run.weights, atol=1e-12)
    np.testing.assert_allclose(shown["logits"], run.logits, atol=1e-12)


@pytest.mark.parametrize(
    ("preset", "mask"),
    [
        ("as drawn below", np.ones((2, 3), bool)),
        ("the last source token is padding", np.array([[True, True, False]] * 2)),
        ("causal, as in self-attention", np.tri(2, 3, dtype=bool)),
    ],
)
def test_the_sheet_by_hand_is_cross_attention(preset, mask):
    shown = instruments.cross_attention()
    shown["preset"] = preset
    Q, K, V = shown["X"] @ shown["W_Q"], shown["Y"] @ shown["W_K"], shown["Y"] @ shown["W_V"]
    out, weights = attention.masked_attention(Q, K, V, mask)
    np.testing.assert_allclose(shown["weights"], weights)
    np.testing.assert_allclose(shown["out"], out)
