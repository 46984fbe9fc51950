"""The slices of the real model: what they are, that they say what the card says, and what they may weigh."""

import itertools

import numpy as np
import pytest

from qkvlib import attention, real_heads

MAX_BYTES = 4_000_000


def test_all_of_it_travels_with_its_licence_and_stays_small():
    files = {path.name: path.stat().st_size for path in real_heads.DATA.iterdir()}
    assert set(files) == {"LICENSE", "card.json", "slices.safetensors"}
    assert sum(files.values()) <= MAX_BYTES
    text = (real_heads.DATA / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0" in text
    assert "HuggingFaceTB" in real_heads.card()["source"]


def test_shapes_and_names():
    assert len(real_heads.heads()) == 8
    for layer, number in real_heads.heads():
        head = real_heads.head(layer, number)
        assert head.W_Q.shape == head.W_K.shape == head.W_V.shape == (576, 64)
        assert head.W_O.shape == (64, 576)
    for name in real_heads.sentences():
        T = len(real_heads.sentence(name).tokens)
        assert real_heads.rows(name, 17).shape == (T, 576)


def test_weights_by_hand():
    # Scores of rows turned by their places (pairs i and i + 32), one head, written out without the library's forward.
    X = real_heads.rows("hungry", 13).astype(np.float64)
    head = real_heads.head(13, 8)
    turns = np.arange(len(X))[:, None] * 100_000.0 ** (-np.arange(32) / 32)
    turned = []
    for W in (head.W_Q, head.W_K):
        x, y = np.split(X @ W, 2, axis=-1)
        rows = (x + 1j * y) * np.exp(1j * turns)
        turned.append(np.concatenate([rows.real, rows.imag], axis=-1))
    Z = np.where(np.tri(len(X), dtype=bool), turned[0] @ turned[1].T / 8, -np.inf)
    expected = np.exp(Z) / np.exp(Z).sum(-1, keepdims=True)
    np.testing.assert_allclose(real_heads.weights("hungry", 13, 8), expected, atol=1e-4)


def test_the_row_of_it_cannot_flip_and_the_last_one_does():
    hungry, round_ = (real_heads.weights(name, 21, 7) for name in ("hungry", "round"))
    told = real_heads.sentence("hungry")
    it, dog, ball = map(told.index, ("it", "dog", "ball"))
    for layer, number in real_heads.heads():
        np.testing.assert_allclose(
            real_heads.weights("hungry", layer, number)[: it + 1],
            real_heads.weights("round", layer, number)[: it + 1],
            atol=1e-3,
        )
    assert hungry[-1, dog] > 3 * hungry[-1, ball]
    assert round_[-1, ball] > 3 * round_[-1, dog]


@pytest.mark.parametrize("name", ["hungry", "excited", "happy", "round", "deflated", "inflated"])
def test_last_rows_and_read_out_give_the_recorded_lead(name):
    logits = real_heads.logits(name)
    assert logits["dog"] - logits["ball"] == pytest.approx(real_heads.card()["lead"][name], abs=0.02)


def test_the_jobs_of_the_kept_heads_show_in_their_weights():
    twice = len(real_heads.sentence("random twice").tokens) // 2
    second = np.arange(twice, 2 * twice - 1)
    induction = real_heads.weights("random twice", 18, 6)[second, second - twice + 1]
    previous = real_heads.weights("random twice", 16, 0)[second, second - 1]
    sink = real_heads.weights("random twice", 18, 8)[1:, 0]
    jobs = real_heads.card()["jobs"]
    for measured, job, (layer, head) in (
        (induction, "induction", (18, 6)),
        (previous, "previous", (16, 0)),
        (sink, "first", (18, 8)),
    ):
        assert measured.mean() == pytest.approx(jobs[job][layer][head], abs=0.06)  # one draw of the card's ten


def test_the_card_adds_up():
    card = real_heads.card()
    moved = np.array(card["patched"])
    assert moved.shape == (30, 9)
    ranked = [tuple(pair) for pair in card["ranked"]]
    assert ranked[0] == (22, 3)
    assert all(moved[a] >= moved[b] for a, b in itertools.pairwise(ranked))
    assert card["patched_together"][0] == pytest.approx(card["lead"]["hungry"] - moved[ranked[0]], abs=2e-3)
    assert len(card["pairs"]) == 48
    for pair in card["pairs"]:
        assert pair["right"] == ((pair["lead"] > 0) == (pair["adjective"] in ("hungry", "excited", "happy")))
    assert card["largest difference of a logit to transformers"] < 1e-3
    assert card["largest change of a weight by float16"] < 2e-3


def test_what_is_not_kept_is_said():
    with pytest.raises(ValueError, match=r"head 3 of layer 5 is not kept; these are: \(13, 8\)"):
        real_heads.head(5, 3)
    with pytest.raises(ValueError, match="'sleepy'; there are 'hungry'"):
        real_heads.rows("sleepy", 13)
    with pytest.raises(ValueError, match="rows of layer 13 are not kept"):
        real_heads.rows("random twice", 13)
    with pytest.raises(ValueError, match="not among the tokens"):
        real_heads.sentence("hungry").index("cat")


def test_one_head_is_attention_as_everywhere_in_the_course():
    head = real_heads.head(18, 8)
    weights = real_heads.weights("hungry", 18, 8)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert not np.triu(weights, 1).any()
    assert attention.blend(weights, real_heads.rows("hungry", 18) @ head.W_V).shape == (15, 64)
