"""The instruments of “In the wild” show what the checkpoints hold, and compute what transformers computed."""

import numpy as np
import pytest

from qkvlib import attention, checkpoints, examples, instruments


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("architecture", checkpoints.TINY)
def test_wild_reaches_the_weights_of_transformers(architecture, layer):
    instrument = instruments.wild(architecture, layer)
    _, _, expected = checkpoints.tiny_reference(architecture, layer)
    # The sheet starts from numbers rounded to four decimals.
    np.testing.assert_allclose(instrument["weights"], expected, rtol=0, atol=2e-3)
    instrument.close()


@pytest.mark.parametrize("architecture", checkpoints.TINY)
def test_wild_shows_each_heads_circuit(architecture):
    instrument = instruments.wild(architecture)
    model = checkpoints.tiny(architecture)
    for number in range(model.n_heads):
        head = model.head(0, number)
        np.testing.assert_allclose(
            instrument["circuit"][number], attention.qk_circuit(head.W_Q, head.W_K), rtol=0, atol=2e-3
        )
    instrument["head"] = model.n_heads - 1
    assert instrument["key_head"].item() == model.n_kv_heads - 1
    instrument.close()


def test_a_bias_on_the_keys_changes_no_weight_and_one_on_the_queries_does():
    instrument = instruments.key_bias()
    plain = instrument["weights"]
    instrument["b_K"] = [[7.0, -5.0]]
    np.testing.assert_allclose(instrument["weights"], plain, atol=1e-12)
    shift = instrument["shift"]
    assert (shift[:, 0] == shift[:, 1]).all()
    assert shift.any()
    instrument["b_Q"] = [[2.0, 0.0]]
    assert abs(instrument["weights"] - plain).max() > 0.01
    instrument.close()


def test_both_ways_to_store_give_lesson_1s_vectors():
    instrument = instruments.layouts()
    for name, matrix in (("q", examples.W_Q), ("k", examples.W_K), ("v", examples.W_V)):
        np.testing.assert_array_equal(instrument[name][0], examples.x1 @ matrix)
        np.testing.assert_array_equal(instrument[f"{name}_proj"], matrix.T)
    np.testing.assert_array_equal(instrument["qkv"][0], [2, 1, 3, 2, 1, 2])
    instrument.close()
