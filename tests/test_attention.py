"""The math: by hand, by property, and against implementations that nobody here wrote."""

import tracemalloc

import jaxtyping
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx.reference import ReferenceEvaluator
from shapes import enforced

from qkvlib import attention as plain
from qkvlib import examples

attention = enforced(plain)

# Every axis has its own prime, so that a mix-up of two axes cannot go unseen.
BATCH, TOKENS, KEYS, D_HEAD, D_V, D_MODEL, D_OUT = 3, 5, 7, 11, 13, 17, 19


def random(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


# -- by hand ------------------------------------------------------------------------------------------------------


def test_the_first_token_has_three_different_roles():
    q, k, v = attention.project_qkv(examples.X[:1], examples.W_Q, examples.W_K, examples.W_V)
    assert q.tolist() == [[2, 1]]
    assert k.tolist() == [[3, 2]]
    assert v.tolist() == [[1, 2]]


def test_the_second_token_scores_15_and_12():
    Q, K, _ = attention.project_qkv(examples.X, examples.W_Q, examples.W_K, examples.W_V)
    assert attention.scores(Q, K, scale=1.0)[1].tolist() == [15, 12]
    np.testing.assert_allclose(attention.scores(Q, K)[1], np.array([15, 12]) / np.sqrt(2), rtol=1e-15)


def test_a_gap_of_three_is_not_a_bit():
    np.testing.assert_allclose(attention.softmax(np.array([15.0, 12.0])), [0.953, 0.047], atol=5e-4)
    np.testing.assert_allclose(attention.softmax(np.array([15.0, 12.0]) / np.sqrt(2)), [0.893, 0.107], atol=5e-4)


def test_the_popular_figure_is_not_a_softmax_but_4_9_repairs_it():
    np.testing.assert_allclose(attention.softmax(examples.FIGURE_SCORES), [0.991, 0.003, 0.006], atol=5e-4)
    np.testing.assert_allclose(attention.softmax(np.array([4.9, 2.3, 3.0])), examples.FIGURE_WEIGHTS, atol=5e-3)


def test_causal_mask_by_hand():
    assert attention.causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert attention.causal_mask(2, 4).tolist() == [[True, True, True, False], [True, True, True, True]]


def test_split_heads_takes_neighbouring_columns():
    X = np.arange(12.0).reshape(2, 6)
    assert attention.split_heads(X, 3)[1].tolist() == [[2, 3], [8, 9]]


def test_repeat_kv_repeats_and_does_not_tile():
    K = np.arange(2.0).reshape(2, 1, 1)
    assert attention.repeat_kv(K, 2)[:, 0, 0].tolist() == [0, 0, 1, 1]


def test_a_llama_token_costs_128_kib():
    assert attention.kv_cache_bytes(32, 8, 128, 1) == 128 * 1024
    assert attention.kv_cache_bytes(32, 32, 128, 1) == 512 * 1024
    assert attention.kv_cache_bytes(32, 8, 128, 8192) == 1024**3


def test_parameters_that_do_and_do_not_shrink():
    full, grouped = attention.parameter_count(4096, 32, 32), attention.parameter_count(4096, 32, 8)
    assert full == 4 * 4096 * 4096
    assert full - grouped == 2 * 4096 * (4096 - 1024)


def test_smallest_matrix_maps_king_to_its_query():
    W = attention.smallest_matrix(examples.king, examples.king_q)
    np.testing.assert_allclose(examples.king @ W, examples.king_q, atol=1e-15)
    np.testing.assert_allclose(W, np.linalg.pinv(examples.king[None]) @ examples.king_q[None], atol=1e-15)


# -- against the ONNX reference evaluator -------------------------------------------------------------------------


def onnx_attention(Q, K, V, mask=None, causal=False):
    """The Attention operator (opset 23) as the ONNX project itself evaluates it; [batch, heads, tokens, width]."""
    inputs = {"Q": Q, "K": K, "V": V} | ({} if mask is None else {"attn_mask": mask})
    node = onnx.helper.make_node("Attention", list(inputs), ["Y"], is_causal=int(causal))
    float_type = onnx.helper.np_dtype_to_tensor_dtype(Q.dtype)
    types = dict.fromkeys("QKVY", float_type) | {"attn_mask": onnx.TensorProto.BOOL}
    values = {name: onnx.helper.make_tensor_value_info(name, types[name], None) for name in [*inputs, "Y"]}
    graph = onnx.helper.make_graph([node], "attention", [values[name] for name in inputs], [values["Y"]])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 23)])
    return ReferenceEvaluator(model).run(None, inputs)[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_heads", "n_kv_heads"), [(2, 2), (6, 6), (6, 3), (6, 2), (6, 1)])
@pytest.mark.parametrize("masked", ["no", "causal", "random"])
def test_agrees_with_onnx(n_heads, n_kv_heads, masked, dtype):
    Q = random(BATCH, n_heads, TOKENS, D_HEAD, dtype=dtype)
    K = random(BATCH, n_kv_heads, TOKENS, D_HEAD, seed=1, dtype=dtype)
    V = random(BATCH, n_kv_heads, TOKENS, D_HEAD, seed=2, dtype=dtype)
    mask = {
        "no": None,
        "causal": attention.causal_mask(TOKENS),
        # the diagonal stays open: what a fully masked row gives is our own promise, tested below
        "random": (np.random.default_rng(3).random((TOKENS, TOKENS)) < 0.5) | np.eye(TOKENS, dtype=bool),
    }[masked]
    theirs = onnx_attention(Q, K, V, None if masked == "causal" else mask, causal=masked == "causal")
    ours = attention.attend_in_groups(Q, K, V, mask)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)


def test_agrees_with_torch_where_it_is_installed():
    torch = pytest.importorskip("torch", reason="torch is not installed; the ONNX reference covers the same")
    Q, K, V = random(BATCH, 6, TOKENS, D_HEAD), random(BATCH, 2, KEYS, D_HEAD), random(BATCH, 2, KEYS, D_V)
    theirs = torch.nn.functional.scaled_dot_product_attention(*map(torch.from_numpy, (Q, K, V)), enable_gqa=True)
    np.testing.assert_allclose(attention.attend_in_groups(Q, K, V), theirs.numpy(), rtol=1e-12)


# -- by property --------------------------------------------------------------------------------------------------

finite = st.floats(-1e3, 1e3)
grids = hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5), elements=finite)


@given(grids, st.data())
def test_softmax_shares_sum_to_one_along_any_axis(z, data):
    axis = data.draw(st.integers(-z.ndim, z.ndim - 1))
    shares = attention.softmax(z, axis)
    assert np.all(shares >= 0)
    np.testing.assert_allclose(shares.sum(axis), 1, rtol=1e-12)


@given(grids, st.floats(-1e6, 1e6))
def test_softmax_sees_differences_only(z, shift):
    np.testing.assert_allclose(attention.softmax(z + shift), attention.softmax(z), atol=1e-9)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4))
def test_merge_heads_undoes_split_heads(n_heads, d_head, batch, tokens):
    X = random(batch, tokens, n_heads * d_head)
    np.testing.assert_array_equal(attention.merge_heads(attention.split_heads(X, n_heads)), X)


@given(st.integers(0, 2**32 - 1))
def test_tokens_that_come_later_change_nothing_before(seed):
    Q, K, V = (random(TOKENS, D_HEAD, seed=seed + i) for i in range(3))
    mask = attention.causal_mask(TOKENS)
    before, _ = attention.masked_attention(Q, K, V, mask)
    K[-1] += 1e3
    V[-1] -= 7
    after, _ = attention.masked_attention(Q, K, V, mask)
    np.testing.assert_array_equal(before[:-1], after[:-1])
    assert not np.allclose(before[-1], after[-1])


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_keys_does_not_matter_without_positions(seed):
    Q, K, V = random(TOKENS, D_HEAD, seed=seed), random(KEYS, D_HEAD, seed=seed + 1), random(KEYS, D_V, seed=seed + 2)
    order = np.random.default_rng(seed).permutation(KEYS)
    out, _ = attention.attention(Q, K, V)
    shuffled, _ = attention.attention(Q, K[order], V[order])
    np.testing.assert_allclose(out, shuffled, atol=1e-12)


def test_batches_are_the_single_results_stacked():
    X = random(2, BATCH, TOKENS, D_MODEL)
    W_Q, W_K = random(D_MODEL, 6 * D_HEAD, seed=1), random(D_MODEL, 2 * D_HEAD, seed=2)
    W_V, W_O = random(D_MODEL, 2 * D_V, seed=3), random(6 * D_V, D_OUT, seed=4)
    mask = np.stack([attention.causal_mask(TOKENS)] * BATCH)
    mask[1] = True
    together = attention.grouped_query_attention(X, W_Q, W_K, W_V, W_O, 6, 2, mask)
    assert together.shape == (2, BATCH, TOKENS, D_OUT)
    for a in range(2):
        for b in range(BATCH):
            alone = attention.grouped_query_attention(X[a, b], W_Q, W_K, W_V, W_O, 6, 2, mask[b])
            np.testing.assert_allclose(together[a, b], alone, rtol=1e-10, atol=1e-12)


def test_sharing_equals_repeating():
    Q, K, V = random(BATCH, 6, TOKENS, D_HEAD), random(BATCH, 2, KEYS, D_HEAD), random(BATCH, 2, KEYS, D_V)
    shared = attention.attend_in_groups(Q, K, V)
    repeated, _ = attention.attention(Q, attention.repeat_kv(K, 3), attention.repeat_kv(V, 3))
    np.testing.assert_allclose(shared, repeated, rtol=1e-12)


@pytest.mark.parametrize("at_a_time", [1, 23, 10**6])
def test_how_many_rows_ask_at_a_time_changes_nothing(monkeypatch, at_a_time):
    Q, K, V = random(BATCH, 6, TOKENS, D_HEAD), random(BATCH, 2, KEYS, D_HEAD), random(BATCH, 2, KEYS, D_V)
    mask = random(BATCH, TOKENS, KEYS) > -0.5
    expected, _ = plain.masked_attention(Q, plain.repeat_kv(K, 3), plain.repeat_kv(V, 3), mask[:, None])
    monkeypatch.setattr(plain, "SCORES_AT_A_TIME", at_a_time)
    np.testing.assert_allclose(attention.attend_in_groups(Q, K, V, mask), expected, rtol=1e-12, atol=1e-12)


def test_groups_never_repeat_keys_or_values():
    Q, K, V = (random(*shape, dtype=np.float32) for shape in ((32, 1, 64), (1, 4096, 64), (1, 4096, 64)))
    tracemalloc.start()
    plain.attend_in_groups(Q, K, V)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.1 * 32 * K.nbytes  # a tenth of one repeated K


def test_values_for_other_heads_or_another_batch_are_named():
    Q, K, V = random(BATCH, 6, TOKENS, D_HEAD), random(BATCH, 2, KEYS, D_HEAD), random(BATCH, 2, KEYS, D_V)
    with pytest.raises(
        plain.ShapeError, match=r"V is \[3, 1, 7, 13\] and Q is \[3, 6, 5, 11\]: V needs \[\.\.\., 2, S"
    ):
        plain.attend_in_groups(Q, K, V[:, :1])
    with pytest.raises(plain.ShapeError, match="with the batch axes of Q"):
        plain.attend_in_groups(Q, K[:2], V[:2])


def test_one_head_is_plain_attention():
    X = random(TOKENS, D_MODEL)
    W_Q, W_K, W_V = (random(D_MODEL, D_HEAD, seed=i) for i in (1, 2, 3))
    out = attention.multi_head_attention(X, W_Q, W_K, W_V, np.eye(D_HEAD), 1)
    expected, _ = attention.attention(*attention.project_qkv(X, W_Q, W_K, W_V))
    np.testing.assert_allclose(out, expected, rtol=1e-12)


def test_same_scores_for_any_invertible_change_of_basis():
    W_Q, W_K, A = random(D_MODEL, D_HEAD), random(D_MODEL, D_HEAD, seed=1), random(D_HEAD, D_HEAD, seed=2)
    changed_Q, changed_K = attention.same_scores(W_Q, W_K, A)
    assert not np.allclose(changed_Q, W_Q)
    np.testing.assert_allclose(attention.qk_circuit(changed_Q, changed_K), attention.qk_circuit(W_Q, W_K), atol=1e-9)


def test_a_cold_lookup_is_a_dictionary():
    keys, values = np.eye(TOKENS), random(TOKENS, D_V)
    np.testing.assert_allclose(attention.soft_lookup(keys[3], keys, values, 1e-3), values[3], atol=1e-12)
    np.testing.assert_allclose(attention.soft_lookup(keys[3], keys, values, 1e9), values.mean(0), atol=1e-6)


# -- the cache ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_heads", "n_kv_heads"), [(6, 6), (6, 2), (6, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decoding_with_a_cache_equals_the_full_causal_pass(n_heads, n_kv_heads, dtype):
    tokens = 37  # past the first room of 16, and past its first doubling
    X = random(BATCH, tokens, D_MODEL, dtype=dtype)
    W_Q, W_K, W_V = (
        random(D_MODEL, n * D_HEAD, seed=i, dtype=dtype) for i, n in enumerate((n_heads, n_kv_heads, n_kv_heads), 1)
    )
    W_O = random(n_heads * D_HEAD, D_OUT, seed=4, dtype=dtype)
    full = attention.grouped_query_attention(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, attention.causal_mask(tokens))
    cache = attention.KVCache(n_kv_heads, D_HEAD, batch=(BATCH,), dtype=dtype)
    steps = [cache.step(X[:, t], W_Q, W_K, W_V, W_O, n_heads) for t in range(tokens)]
    assert len(cache) == tokens
    assert cache.K.shape == (BATCH, n_kv_heads, tokens, D_HEAD)
    assert steps[0].dtype == dtype
    tolerance = 1e-3 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(np.stack(steps, axis=1), full, rtol=tolerance, atol=tolerance)


def test_decode_step_leaves_the_old_cache_alone():
    W_Q, W_K, W_V = (random(D_MODEL, D_HEAD, seed=i) for i in range(3))
    old = (random(TOKENS, D_HEAD), random(TOKENS, D_HEAD, seed=9))
    kept = tuple(a.copy() for a in old)
    _, (K, V) = attention.decode_step(random(D_MODEL), old, W_Q, W_K, W_V)
    assert K.shape == V.shape == (TOKENS + 1, D_HEAD)
    np.testing.assert_array_equal(old[0], kept[0])
    np.testing.assert_array_equal(old[1], kept[1])


# -- edges --------------------------------------------------------------------------------------------------------


def test_a_fully_masked_row_gives_zeros():
    Q, K, V = random(TOKENS, D_HEAD), random(KEYS, D_HEAD), random(KEYS, D_V)
    mask = np.ones((TOKENS, KEYS), bool)
    mask[2] = False
    out, weights = attention.masked_attention(Q, K, V, mask)
    assert np.all(weights[2] == 0)
    assert np.all(out[2] == 0)
    assert np.isfinite(out).all()
    np.testing.assert_allclose(np.delete(weights, 2, 0).sum(-1), 1)


def test_softmax_survives_huge_and_empty_input():
    np.testing.assert_array_equal(attention.softmax(np.array([1e300, -1e300, 1e300])), [0.5, 0, 0.5])
    assert attention.softmax(np.zeros((3, 0))).shape == (3, 0)


def test_softmax_does_not_change_its_input():
    z = random(TOKENS, KEYS)
    kept = z.copy()
    attention.softmax(z)
    np.testing.assert_array_equal(z, kept)


@pytest.mark.parametrize("name", ["scores", "softmax", "attention"])
def test_float32_stays_float32(name):
    Q = random(TOKENS, D_HEAD, dtype=np.float32)
    arguments = {"scores": (Q, Q), "softmax": (Q,), "attention": (Q, Q, Q)}[name]
    result = getattr(attention, name)(*arguments)
    assert (result[0] if name == "attention" else result).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: plain.project_qkv(np.ones((2, 4)), np.ones((2, 4)), np.ones((4, 2)), np.ones((4, 2))),
            "W_Q is [2, 4]",
        ),
        (lambda: plain.project_token(np.ones(3), np.ones((4, 2))), "x is [3]"),
        (lambda: plain.scores(np.ones((2, 3)), np.ones((2, 5))), "K is [2, 5]"),
        (lambda: plain.blend(np.ones((2, 3)), np.ones((2, 5))), "one weight for every value row"),
        (lambda: plain.split_heads(np.ones((2, 7)), 2), "7 does not divide into 2"),
        (lambda: plain.split_heads(np.ones((2, 7)), 0), "n_heads is 0"),
        (lambda: plain.merge_heads(np.ones((2, 7))), "merge_heads needs"),
        (lambda: plain.repeat_kv(np.ones((2, 7)), 2), "repeat_kv needs"),
        (lambda: plain.parameter_count(8, 4, 3), "n_kv_heads is 3"),
        (lambda: plain.parameter_count(9, 4, 2), "d_model is 9"),
        (lambda: plain.causal_mask(3, 2), "n_keys is 2"),
        (lambda: plain.smallest_matrix(np.zeros(2), np.ones(2)), "all zeros"),
        (lambda: plain.masked_attention(*[np.ones((2, 2))] * 3, np.ones((3, 3), bool)), "mask is [3, 3]"),
        (lambda: plain.KVCache(2, 4).append(np.ones((2, 1, 3)), np.ones((2, 1, 3))), "the cache holds [2, 0, 4]"),
    ],
)
def test_a_wrong_shape_is_named_with_both_shapes(call, words):
    with pytest.raises(plain.ShapeError) as error:
        call()
    assert words in str(error.value)


def test_a_mask_of_numbers_is_refused():
    with pytest.raises(TypeError, match="give booleans"):
        plain.masked_attention(*[np.ones((2, 2))] * 3, np.zeros((2, 2)))


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        plain.soft_lookup(np.ones(2), np.eye(2), np.eye(2), 0)


def test_examples_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        examples.x1[0] = 5


def test_the_shapes_in_the_annotations_are_enforced_here():
    """Otherwise every call above would check nothing: a batch that only one side has is not what `scores` promises."""
    assert plain.scores(np.ones((2, 3)), np.ones((4, 5, 3))).shape == (4, 2, 5)
    with pytest.raises(jaxtyping.TypeCheckError):
        attention.scores(np.ones((2, 3)), np.ones((4, 5, 3)))
