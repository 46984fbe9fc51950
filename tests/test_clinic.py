"""Every bug runs, is really a bug, and is caught by its own test and by no wishful thinking."""

import numpy as np
import pytest

from qkvlib import attention as att
from qkvlib import check, clinic
from qkvlib.clinic import BUGS

ALL = pytest.mark.parametrize("bug", BUGS.values(), ids=list(BUGS))


def parts(answer):
    return answer if isinstance(answer, tuple) else (answer,)


def same(a, b):
    return all(x.shape == y.shape and np.allclose(x, y) for x, y in zip(parts(a), parts(b), strict=True))


@ALL
def test_the_bug_runs_and_is_really_wrong(bug):
    wrong, right = bug.broken(*bug.example()), bug.mended(*bug.example())
    assert all(np.isfinite(part).all() for part in parts(wrong))
    assert not same(wrong, right)


@ALL
def test_its_test_catches_it_and_passes_what_is_mended(bug):
    assert bug.verdict(bug.broken) == ("crashes" if bug.name == "fix_transpose" else "fails")
    assert bug.test(bug.mended)


@ALL
def test_no_input_is_changed(bug):
    for function in (bug.broken, bug.mended):
        given = bug.example()
        function(*given)
        assert all(np.array_equal(a, b) for a, b in zip(given, bug.example(), strict=True))


@ALL
def test_the_broken_code_that_is_shown_is_the_code_that_runs(bug):
    shown = {}
    exec(bug.source(), vars(clinic).copy(), shown)
    assert list(shown) == [bug.name]
    assert same(shown[bug.name](*bug.example()), bug.broken(*bug.example()))
    assert bug.source() != bug.source("mended")
    assert '"""' not in bug.source() + bug.source("mended") + bug.source("test")


def test_mended_code_agrees_with_the_course():
    X, W_Q, W_K, W_V = BUGS["fix_shared_matrix"].example()
    Q, K, V = att.project_qkv(X, W_Q, W_K, W_V)
    assert same(BUGS["fix_shared_matrix"].mended(X, W_Q, W_K, W_V), att.attention(Q, K, V)[0])
    assert same(BUGS["fix_transpose"].mended(Q, K), att.scores(Q, K))
    K, n_rep = BUGS["fix_tiled_heads"].example()
    assert same(BUGS["fix_tiled_heads"].mended(K, n_rep), att.repeat_kv(K, n_rep))
    X, W_QKV, n_heads = BUGS["fix_fused_split"].example()
    Q, K, V = att.project_qkv(X, W_QKV[:, :4], W_QKV[:, 4:8], W_QKV[:, 8:])
    assert same(
        BUGS["fix_fused_split"].mended(X, W_QKV, n_heads), tuple(att.split_heads(a, n_heads) for a in (Q, K, V))
    )


def test_fingerprints_are_true():
    """The sentences of the table, as numbers."""
    # 1: flat by √n_heads: sharpening the logits by that factor gives the right weights back
    args = BUGS["fix_shapes"].example()
    logits = np.log(BUGS["fix_shapes"].broken(*args)) * np.sqrt(args[-1])
    assert np.allclose(att.softmax(logits), BUGS["fix_shapes"].mended(*args))
    # 2: crashes unless T equals d_head
    with pytest.raises(ValueError, match="matmul"):
        BUGS["fix_transpose"].broken(np.ones((2, 3)), np.ones((2, 3)))
    # 3: symmetric scores
    X, W_Q, *_ = BUGS["fix_shared_matrix"].example()
    grid = att.scores(X @ W_Q, X @ W_Q)
    assert np.allclose(grid, grid.T)
    # 4: equals projecting with everything off the diagonal blocks thrown away
    X, W_Q, n_heads = BUGS["fix_split_before_projecting"].example()
    d = W_Q.shape[0] // n_heads
    blocks = np.kron(np.eye(n_heads), np.ones((d, d)))
    assert same(
        BUGS["fix_split_before_projecting"].broken(X, W_Q, n_heads), att.split_heads(X @ (W_Q * blocks), n_heads)
    )
    # 6: columns sum to 1, rows do not (values = identity make the output the weights themselves)
    Q, K, _ = BUGS["fix_softmax_axis"].example()
    weights = BUGS["fix_softmax_axis"].broken(Q, K, np.eye(len(K)))
    assert np.allclose(weights.sum(axis=0), 1)
    assert not np.allclose(weights.sum(axis=1), 1)
    # 7: nothing shows with one K/V head, or with n_rep = 1
    K, _ = BUGS["fix_tiled_heads"].example()
    tiled, repeated = BUGS["fix_tiled_heads"].broken, BUGS["fix_tiled_heads"].mended
    assert same(tiled(K[:1], 4), repeated(K[:1], 4))
    assert same(tiled(K, 1), repeated(K, 1))
    # 8: the first head's "key" is a piece of the query
    X, W_QKV, n_heads = BUGS["fix_fused_split"].example()
    Q, K, V = BUGS["fix_fused_split"].broken(X, W_QKV, n_heads)
    assert {Q.shape, K.shape, V.shape} == {(2, 3, 2)}
    assert np.allclose(K[0], (X @ W_QKV)[:, 2:4])
    # 9: the same keys, n_rep times the bytes
    K, n_rep = BUGS["fix_cache_after_repeat"].example()
    (big, keys), (small, same_keys) = (
        f(K, n_rep) for f in (BUGS["fix_cache_after_repeat"].broken, BUGS["fix_cache_after_repeat"].mended)
    )
    assert np.array_equal(keys, same_keys)
    assert big.nbytes == n_rep * small.nbytes
    # 10: crashes where the weight is not square
    with pytest.raises(ValueError, match="matmul"):
        BUGS["fix_conv1d"].broken(np.ones((3, 4)), np.ones((4, 12)), np.zeros(12))


def test_five_common_five_from_real_projects_each_with_a_reference():
    assert len(clinic.COMMON) == len(clinic.REAL_WORLD) == 5
    for name in clinic.REAL_WORLD:
        assert BUGS[name].references
        assert all(r.url.startswith("https://github.com/") for r in BUGS[name].references)


@ALL
def test_a_bug_is_mended_in_a_few_lines_and_the_report_shows_which(bug):
    changes = bug.difference().splitlines()
    assert 2 <= len(changes) <= 6
    assert {line[0] for line in changes} == {"-", "+"}
    assert "mended code: passes" in bug.report()
    assert bug.verdict(lambda *args: None) in ("fails", "crashes")


def test_the_fingerprint_table_has_all_ten():
    rows = clinic.fingerprint_table().splitlines()
    assert len(rows) == 12
    assert all(row.count("|") == 5 for row in rows)
    assert all(bug.fingerprint in row for bug, row in zip(BUGS.values(), rows[2:], strict=True))


@ALL
def test_the_check_of_the_same_name_refuses_the_broken_code_and_accepts_the_mended(bug):
    verdict = getattr(check, bug.name)(bug.broken)
    assert (verdict.status, bool(verdict.mistake)) == ("wrong", True)
    assert getattr(check, bug.name)(bug.mended).status == "correct"
