"""The pronoun model over its training: files, card and sheet agree, and what lesson 6 says of ten seeds holds."""

import hashlib

import numpy as np
import pytest

from qkvlib import coref, coref_training, examples, instruments

STEPS = np.array(coref_training.steps())


def figure(condition, name):
    return np.array(coref_training.card()[condition][name])


def test_the_last_checkpoint_of_the_encoder_is_the_shipped_model():
    last, shipped = coref_training.models("encoder")[-1], coref.load("encoder")
    assert last.tensors.keys() == shipped.tensors.keys()
    for name in shipped.tensors:
        np.testing.assert_array_equal(last[name], shipped[name])


@pytest.mark.parametrize("condition", coref_training.CONDITIONS.values())
def test_every_condition_is_there_whole(condition):
    entry = coref_training.card()[condition]
    assert tuple(entry["steps"]) == coref_training.steps()
    for name in ("accuracy", "first_on_adjective", "on_referent"):
        assert figure(condition, name).shape == (10, len(STEPS))
    content = (coref_training._FOLDER / f"{condition}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    models = coref_training.models(condition)
    assert len(models) == len(STEPS)
    with_window = next(window for (window, _, _), name in coref_training.CONDITIONS.items() if name == condition)
    assert (models[0].config["windows"][0] is not None) == with_window
    if condition.startswith("shared"):
        np.testing.assert_array_equal(models[-1]["1.W_Q"], models[-1]["1.W_K"])
        np.testing.assert_array_equal(models[-1]["1.W_Q"], models[-1]["1.W_V"])


@pytest.mark.parametrize("ending", ["excited", "deflated"])
@pytest.mark.parametrize("toggles", coref_training.CONDITIONS)
def test_the_sheet_shows_what_the_checkpoint_computes(toggles, ending):
    shown, condition = instruments.training(), coref_training.CONDITIONS[toggles]
    for name, on in zip(("window", "noise"), toggles, strict=False):
        shown[name] = "with" if on else "without"
    shown["matrices"] = "three" if toggles[2] else "one for all"
    shown["ending"] = ending
    sentence = examples.DOG_SENTENCE if ending == "excited" else examples.BALL_SENTENCE
    for checkpoint in (1, 7, len(STEPS)):
        shown["checkpoint"] = checkpoint
        t = coref_training.models(condition)[checkpoint - 1].trace(sentence)
        for n, layer in enumerate(t.layers, 1):
            np.testing.assert_allclose(shown[f"weights{n}"][0], layer.weights[0, t.read_at], atol=1e-3)
        assert shown["answer"][0].argmax() == t.logits.argmax()
        assert shown["step"][0, 0] == STEPS[checkpoint - 1]
        assert (shown["so_far"][:, checkpoint:] == 0).all()
        assert shown["so_far"][0, checkpoint - 1] == pytest.approx(
            figure(condition, "accuracy")[0, checkpoint - 1], abs=1e-3
        )


def test_layer_2_looks_before_layer_1_is_sharp():
    """In all ten seeds of the encoder: answers and the look of layer 2 jump, the look of layer 1 sharpens later."""
    right, sharp_1, sharp_2 = (
        [int(np.argmax(row >= bound)) for row in figure("encoder", name)]
        for name, bound in (("accuracy", 0.99), ("first_on_adjective", 0.8), ("on_referent", 0.8))
    )
    assert all(a <= c and b < c for a, b, c in zip(right, sharp_2, sharp_1, strict=True))


def test_accuracy_falls_below_a_coin_first():
    for condition in coref_training.CONDITIONS.values():
        assert figure(condition, "accuracy").mean(0).min() < 0.4, condition


def test_another_condition_is_refused():
    with pytest.raises(ValueError, match="choose among encoder"):
        coref_training.models("none")
