"""Positions that turn: by hand, as ONNX defines them, and what follows for scores; the two ways to pair columns."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from qkvlib.attention import rotate, scores
from qkvlib.rotary import halves_from_neighbours, rotary_speeds
from qkvlib.shapes import ShapeError


def test_a_quarter_turn_by_hand():
    turned = rotate(np.array([[3, 0, 0, 5], [3, 0, 0, 5]]), np.array([0, 1]), np.array([np.pi / 2, np.pi]))
    np.testing.assert_allclose(turned, [[3, 0, 0, 5], [0, 0, 3, -5]], atol=1e-12)


def test_speeds_by_hand():
    np.testing.assert_allclose(rotary_speeds(6, 1000.0), [1, 0.1, 0.01])
    assert rotary_speeds(128)[0] == 1


def by_onnx(H, places, speeds, interleaved):
    angles = np.arange(32)[:, None] * speeds
    given = {
        "x": H,
        "cos": np.cos(angles).astype(H.dtype),
        "sin": np.sin(angles).astype(H.dtype),
        "places": np.tile(places, (len(H), 1)),
    }
    node = onnx.helper.make_node("RotaryEmbedding", list(given), ["y"], interleaved=int(interleaved))
    types = {name: onnx.helper.np_dtype_to_tensor_dtype(array.dtype) for name, array in given.items()}
    infos = [onnx.helper.make_tensor_value_info(name, types[name], array.shape) for name, array in given.items()]
    out = [onnx.helper.make_tensor_value_info("y", types["x"], H.shape)]
    graph = onnx.helper.make_graph([node], "rotary", infos, out)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 23)])
    return ReferenceEvaluator(model).run(None, given)[0]


@pytest.mark.parametrize("first", [0, 7])
def test_rotation_is_that_of_onnx_in_both_pairings(first):
    H = np.random.default_rng(3).normal(size=(2, 3, 5, 6)).astype(np.float32)  # [batch, heads, T, d_head]
    places, speeds = first + np.arange(5), rotary_speeds(6)
    np.testing.assert_allclose(rotate(H, places, speeds), by_onnx(H, places, speeds, False), atol=1e-6)
    order = halves_from_neighbours(6)
    neighbours = rotate(H[..., order], places, speeds)[..., np.argsort(order)]
    np.testing.assert_allclose(neighbours, by_onnx(H, places, speeds, True), atol=1e-6)
    assert rotate(H, places, speeds).dtype == np.float32


def test_scores_know_the_signed_offset_alone():
    q, k = np.random.default_rng(4).normal(size=(2, 1, 8))
    places, speeds = np.arange(11), rotary_speeds(8)
    grid = scores(rotate(np.tile(q, (11, 1)), places, speeds), rotate(np.tile(k, (11, 1)), places, speeds))
    for offset in range(-10, 11):
        np.testing.assert_allclose(np.diagonal(grid, offset), np.diagonal(grid, offset)[0], atol=1e-12)
    assert not np.isclose(grid[0, 3], grid[3, 0])


def test_lengths_stay_and_turns_add_up():
    H = np.random.default_rng(5).normal(size=(2, 5, 6))
    speeds = rotary_speeds(6)
    once = rotate(H, np.arange(5) + 4, speeds)
    np.testing.assert_allclose(np.linalg.norm(once, axis=-1), np.linalg.norm(H, axis=-1))
    np.testing.assert_allclose(rotate(rotate(H, np.arange(5), speeds), np.full(5, 4), speeds), once, atol=1e-12)


def test_a_permutation_of_the_weights_turns_one_pairing_into_the_other():
    rng = np.random.default_rng(6)
    X, W_Q, W_K = rng.normal(size=(5, 7)), rng.normal(size=(7, 6)), rng.normal(size=(7, 6))
    order, places, speeds = halves_from_neighbours(6), np.arange(5), rotary_speeds(6)

    def by_neighbours(H):
        return rotate(H[:, order], places, speeds)[:, np.argsort(order)]

    there = scores(by_neighbours(X @ W_Q), by_neighbours(X @ W_K))
    here = scores(rotate(X @ W_Q[:, order], places, speeds), rotate(X @ W_K[:, order], places, speeds))
    np.testing.assert_allclose(here, there, atol=1e-12)
    assert not np.allclose(scores(rotate(X @ W_Q, places, speeds), rotate(X @ W_K, places, speeds)), there)


@pytest.mark.parametrize(
    ("shape", "places", "pairs"), [((3, 4), np.arange(2), 2), ((3, 4), np.arange(3), 3), ((3, 5), np.arange(3), 2)]
)
def test_shapes_that_cannot_be_turned_are_named(shape, places, pairs):
    with pytest.raises(ShapeError, match=rf"H is \[3, {shape[1]}\], places \[{len(places)}\] and speeds \[{pairs}\]"):
        rotate(np.zeros(shape), places, np.ones(pairs))


@pytest.mark.parametrize("function", [rotary_speeds, halves_from_neighbours])
def test_an_odd_width_has_no_pairs(function):
    with pytest.raises(ShapeError, match="d_head is 5: columns are turned in pairs"):
        function(5)
