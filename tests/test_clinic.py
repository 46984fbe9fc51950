"""Every bug runs, is really a bug, and is caught by its own test and by no wishful thinking."""

import pkgutil
import re
import sys

import numpy as np
import pytest

from qkvlib import attention as att
from qkvlib import check, clinic
from qkvlib.check.registry import exercises
from qkvlib.clinic import BUGS
from qkvlib.clinic.bug import draw

ALL = pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))


def parts(answer):
    return answer if isinstance(answer, tuple) else (answer,)


def same(a, b):
    return all(x.shape == y.shape and np.allclose(x, y) for x, y in zip(parts(a), parts(b), strict=True))


@ALL
def test_the_bug_runs_and_is_really_wrong(bug):
    wrong, right = bug.broken(*bug.example()), bug.fixed(*bug.example())
    assert all(np.isfinite(part).all() for part in parts(wrong))
    assert not same(wrong, right)


@ALL
def test_its_test_catches_it_and_passes_what_is_fixed(bug):
    assert bug.verdict(bug.broken) == ("crashes" if bug.name == "fix_transpose" else "fails")
    assert bug.test(bug.fixed)


@ALL
def test_no_input_is_changed(bug):
    for function in (bug.broken, bug.fixed):
        given = bug.example()
        function(*given)
        assert all(np.array_equal(a, b) for a, b in zip(given, bug.example(), strict=True))


@ALL
def test_the_broken_code_that_is_shown_is_the_code_that_runs(bug):
    shown = {}
    exec(bug.source(), vars(sys.modules[bug.broken.__module__]).copy(), shown)
    assert list(shown) == [bug.name]
    assert same(shown[bug.name](*bug.example()), bug.broken(*bug.example()))
    assert bug.source() != bug.source("fixed")
    assert '"""' not in bug.source() + bug.source("fixed") + bug.source("test")


def test_fixed_code_agrees_with_the_course():
    X, W_Q, W_K, W_V = BUGS["fix_shared_matrix"].example()
    Q, K, V = att.project_qkv(X, W_Q, W_K, W_V)
    assert same(BUGS["fix_shared_matrix"].fixed(X, W_Q, W_K, W_V), att.attention(Q, K, V)[0])
    assert same(BUGS["fix_transpose"].fixed(Q, K), att.scores(Q, K))
    K, n_rep = BUGS["fix_tiled_heads"].example()
    assert same(BUGS["fix_tiled_heads"].fixed(K, n_rep), att.repeat_kv(K, n_rep))
    X, W_QKV, n_heads = BUGS["fix_fused_split"].example()
    Q, K, V = att.project_qkv(X, W_QKV[:, :4], W_QKV[:, 4:8], W_QKV[:, 8:])
    assert same(BUGS["fix_fused_split"].fixed(X, W_QKV, n_heads), tuple(att.split_heads(a, n_heads) for a in (Q, K, V)))


def test_fingerprints_are_true():
    """The sentences of the table, as numbers."""
    # shapes: flat by √n_heads, so sharpening the logits by that factor gives the right weights back
    args = BUGS["fix_shapes"].example()
    logits = np.log(BUGS["fix_shapes"].broken(*args)) * np.sqrt(args[-1])
    assert np.allclose(att.softmax(logits), BUGS["fix_shapes"].fixed(*args))
    # transpose: crashes unless there are as many keys as features
    with pytest.raises(ValueError, match="matmul"):
        BUGS["fix_transpose"].broken(np.ones((2, 3)), np.ones((2, 3)))
    # shared matrix: symmetric scores
    X, W_Q, *_ = BUGS["fix_shared_matrix"].example()
    grid = att.scores(X @ W_Q, X @ W_Q)
    assert np.allclose(grid, grid.T)
    # split before projecting: blind outside the slice; equal slices give equal heads
    X, W_Q, n_heads = BUGS["fix_split_before_projecting"].example()
    queries = BUGS["fix_split_before_projecting"].broken
    assert np.array_equal(queries(X + np.array([0, 0, 5, 5]), W_Q, n_heads)[0], queries(X, W_Q, n_heads)[0])
    both = np.hstack([X[:, :2], X[:, :2]])
    assert np.array_equal(*queries(both, W_Q, n_heads))
    assert not np.allclose(*BUGS["fix_split_before_projecting"].fixed(both, W_Q, n_heads))
    # values in scores: the weights move with V
    Q, K, V = BUGS["fix_values_in_scores"].example()
    assert np.allclose(BUGS["fix_values_in_scores"].broken(Q, K, V), att.attention(Q, V, K)[0])
    # merged without swapping: a row of the result holds several tokens of one head
    (H,) = BUGS["fix_merge_without_swap"].example()
    assert np.array_equal(BUGS["fix_merge_without_swap"].broken(H)[0], np.ravel(H[0, :2]))
    # tiled: nothing shows with one K/V head, or with n_rep = 1
    K, _ = BUGS["fix_tiled_heads"].example()
    tiled, repeated = BUGS["fix_tiled_heads"].broken, BUGS["fix_tiled_heads"].fixed
    assert same(tiled(K[:1], 4), repeated(K[:1], 4))
    assert same(tiled(K, 1), repeated(K, 1))
    # fused: the first head's "key" is a piece of the query; with one head nothing shows
    X, W_QKV, n_heads = BUGS["fix_fused_split"].example()
    Q, K, V = BUGS["fix_fused_split"].broken(X, W_QKV, n_heads)
    assert {Q.shape, K.shape, V.shape} == {(2, 3, 2)}
    assert np.allclose(K[0], (X @ W_QKV)[:, 2:4])
    assert same(BUGS["fix_fused_split"].broken(X, W_QKV, 1), BUGS["fix_fused_split"].fixed(X, W_QKV, 1))
    # cached after repeating: the same keys, n_rep times the bytes
    K, n_rep = BUGS["fix_cache_after_repeat"].example()
    (big, keys), (small, same_keys) = (
        f(K, n_rep) for f in (BUGS["fix_cache_after_repeat"].broken, BUGS["fix_cache_after_repeat"].fixed)
    )
    assert np.array_equal(keys, same_keys)
    assert big.nbytes == n_rep * small.nbytes
    # conv1d: crashes where the weight is not square
    with pytest.raises(ValueError, match="matmul"):
        BUGS["fix_conv1d"].broken(np.ones((3, 4)), np.ones((4, 12)), np.zeros(12))


def test_the_fingerprint_of_a_softmax_over_the_queries():
    """Columns sum to 1; one query with a cache gives every key 1; under a causal mask every row sees the future."""
    broken = BUGS["fix_softmax_axis"].broken
    Q, K, _ = BUGS["fix_softmax_axis"].example()
    weights = broken(Q, K, np.eye(len(K)))  # values = identity make the output the weights themselves
    assert np.allclose(weights.sum(axis=0), 1)
    assert not np.allclose(weights.sum(axis=1), 1)
    assert np.array_equal(broken(Q[:1], K, np.eye(len(K))), np.ones((1, len(K))))

    def weights_under_a_mask(Q, axis):
        return att.softmax(np.where(att.causal_mask(5), att.scores(Q, Q), -np.inf), axis=axis)

    (Q,) = draw(20, (5, 3))
    changed = Q + np.eye(5, 3, -4)  # the last token alone
    moved = [np.abs(weights_under_a_mask(changed, a) - weights_under_a_mask(Q, a)).max(axis=1) > 1e-9 for a in (-2, -1)]
    assert moved[0].all()
    assert list(moved[1]) == [False] * 4 + [True]


def test_the_masks_and_the_position_rows_are_right_in_a_full_pass_and_wrong_with_a_cache():
    Q, K, V = draw(21, (5, 3), (5, 3), (5, 3))
    mask, bias = BUGS["fix_mask_top_left"], BUGS["fix_bias_rows"]
    assert same(mask.broken(Q, K, V), mask.fixed(Q, K, V))
    assert same(bias.broken(Q, K, 0.5), bias.fixed(Q, K, 0.5))
    assert np.allclose(mask.broken(Q[4:], K, V), V[0])  # the new token sees the very first one alone
    seen = bias.broken(Q[4:], K, 0.5)
    assert np.allclose(seen, att.softmax(att.scores(Q[4:], K)))  # distance does not count, and all keys are seen
    assert not same(seen, bias.fixed(Q[4:], K, 0.5))


def test_the_transpose_test_refuses_the_repair_by_reshape():
    assert BUGS["fix_transpose"].verdict(lambda Q, K: Q @ K.reshape(K.shape[::-1]) / np.sqrt(Q.shape[-1])) == "fails"


def test_the_order_names_every_bug_module_and_each_thread_is_on_github():
    modules = {module.name for module in pkgutil.iter_modules(clinic.bugs.__path__)}
    assert set(clinic.ORDER) == modules
    assert list(BUGS) == [f"fix_{name}" for name in clinic.ORDER]
    for bug in BUGS.values():
        assert sys.modules[bug.broken.__module__].__name__.endswith(bug.key)
        assert all(
            re.fullmatch(r"https://github.com/[^/]+/[^/]+/(issues|pull)/[1-9][0-9]*", t.url) for t in bug.threads
        )
    assert [name for name, bug in BUGS.items() if not bug.threads] == ["fix_transpose"]


@ALL
def test_a_bug_is_fixed_in_a_few_lines_and_the_report_shows_which(bug):
    changes = bug.difference().splitlines()
    assert 2 <= len(changes) <= 6
    assert {line[0] for line in changes} == {"-", "+"}
    assert "fixed code: passes" in bug.report()
    assert bug.verdict(lambda *args: None) in ("fails", "crashes")


def test_the_fingerprint_table_has_every_bug():
    rows = clinic.fingerprint_table().splitlines()
    assert len(rows) == len(BUGS) + 2
    assert all(row.count("|") == 5 for row in rows)
    assert all(bug.fingerprint in row for bug, row in zip(BUGS.values(), rows[2:], strict=True))


@pytest.mark.parametrize("bug", [BUGS[name] for name in BUGS if name in exercises()], ids=lambda bug: bug.name)
def test_the_check_of_the_same_name_refuses_the_broken_code_and_accepts_the_fixed(bug):
    verdict = getattr(check, bug.name)(bug.broken)
    assert (verdict.status, bool(verdict.mistake)) == ("wrong", True)
    assert getattr(check, bug.name)(bug.fixed).status == "correct"


def test_a_bed_hides_the_name_of_its_patient():
    assert clinic.in_bed(*range(1, len(BUGS) + 1)) == list(BUGS)
    with pytest.raises(ValueError, match="there is no bed 0 in the clinic: the beds are 1 to 14"):
        clinic.in_bed(3, 0)


def test_all_but_one_return_the_shape_that_was_asked_for():
    """The lesson says so: a right shape proves little."""
    shapes = {
        name: [[part.shape for part in parts(f(*bug.example()))] for f in (bug.broken, bug.fixed)]
        for name, bug in BUGS.items()
    }
    assert [name for name, (wrong, right) in shapes.items() if wrong != right] == ["fix_cache_after_repeat"]
