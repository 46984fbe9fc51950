"""The dataflow: what it computes, and what it says of a sheet that cannot be computed."""

import numpy as np
import pytest

from qkvlib import attention, examples
from qkvlib.widgets import Sheet, SheetError


def sheet_of_two():
    s = Sheet("two")
    X, W = s.input("X", examples.X, rows=["x1", "x2"]), s.input("W_Q", examples.W_Q)
    return s, X, W


def test_by_hand():
    s, X, W_Q = sheet_of_two()
    W_K, W_V = s.input("W_K", examples.W_K), s.input("W_V", examples.W_V)
    Q, K, V = s.matmul("Q", X, W_Q), s.matmul("K", X, W_K), s.matmul("V", X, W_V)
    s.matmul("out", s.softmax("weights", s.scale("scaled", s.scores("scores", Q, K), like=Q)), V)
    values = s.evaluate(s.inputs, {})
    np.testing.assert_array_equal(values["scores"].array[1], [15, 12])
    expected, weights = attention.attention(
        *attention.project_qkv(examples.X, W_Q=examples.W_Q, W_K=examples.W_K, W_V=examples.W_V)
    )
    np.testing.assert_allclose(values["weights"].array, weights, rtol=1e-12)
    np.testing.assert_allclose(values["out"].array, expected, rtol=1e-12)
    assert values["scores"].rows == values["scores"].cols == ("x1", "x2")


def test_grouped_query_attention_on_a_sheet():
    rng = np.random.default_rng(0)
    T, d_model, n_heads, d_head = 5, 12, 6, 2
    X = rng.normal(size=(T, d_model))
    W_Q, W_O = rng.normal(size=(d_model, n_heads * d_head)), rng.normal(size=(n_heads * d_head, d_model))
    W_K, W_V = (rng.normal(size=(d_model, 3 * d_head)) for _ in range(2))
    s = Sheet("gqa")
    for name, array in {"X": X, "W_Q": W_Q, "W_K": W_K, "W_V": W_V, "W_O": W_O}.items():
        s.input(name, array)
    Q = s.split_heads("Q", s.matmul("XQ", "X", "W_Q"), n_heads)
    K = s.repeat_kv("K", s.split_heads("K_kv", s.matmul("XK", "X", "W_K"), 3), 2)
    V = s.repeat_kv("V", s.split_heads("V_kv", s.matmul("XV", "X", "W_V"), 3), 2)
    masked = s.mask("masked", s.scale("scaled", s.scores("scores", Q, K), like=Q))
    s.matmul("out", s.merge_heads("merged", s.matmul("H", s.softmax("weights", masked), V)), "W_O")
    ours = s.evaluate(s.inputs, {})["out"].array
    mask = attention.causal_mask(T)
    np.testing.assert_allclose(
        ours, attention.grouped_query_attention(X, W_Q, W_K, W_V, W_O, n_heads, 3, mask), rtol=1e-12
    )


def test_forward_references_are_put_in_order():
    s, X, W = sheet_of_two()
    s.transpose("Qt", "Q")
    s.matmul("Q", X, W)
    assert s.order() == ["Q", "Qt"]
    assert s.check() is s


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: (s.add("a", "b", "X"), s.add("b", "a", "X")), ["cannot be computed from themselves", "a", "b"]),
        (lambda s: s.matmul("Q", "X", "W_q"), ["node Q", "'W_q'", "no node"]),
        (lambda s: s.matmul("Q", "W_Q", "W_Q"), ["node Q", "[4, 2] times [4, 2]", "width"]),
        (lambda s: s.split_heads("H", "X", 3), ["node H", "[2, 4]", "3 heads"]),
        (lambda s: s.op("H", "conv", ["X"]), ["node H", "'conv'", "no such op"]),
        (lambda s: s.input("X", [[1]]), ["'X'", "twice"]),
        (lambda s: s.input("Y", [[1], [1, 2]]), ["Y", "equal length"]),
        (lambda s: s.input("Y", [[1, 2]], cols=["a"]), ["Y", "[1, 2]", "1 names", "cols"]),
        (lambda s: s.input("Y", np.zeros((1, 1, 1, 1))), ["Y", "3 axes"]),
        (lambda s: s.input("not a name", [[1]]), ["'not a name'"]),
        (lambda s: s.slider("t", 9, min=0, max=5), ["t", "9", "0 to 5"]),
        (lambda s: s.slider("t", 1.0, min=0.05, max=9, step=0.05, log=True), ["t", "between two", "0.05"]),
        (lambda s: s.choice("c", ["a", "b"], "z"), ["c", "'z'"]),
        (lambda s: s.scores("g", "X", s.slider("t", 1.0, 0, 2)), ["t", "sheet.number"]),
        (lambda s: s.lay(["X", {"node": "gone"}]), ["'gone'"]),
        (lambda s: s.scale("z", "X", temperature=s.slider("t", 0.0, 0, 2)), ["node z", "temperature is 0"]),
        (lambda s: s.embed("E", "W_Q", "hello"), ["node E", "a word for every row"]),
    ],
)
def test_errors_name_the_node(build, words):
    def build_and_check():
        s, _, _ = sheet_of_two()
        build(s)
        s.check()

    with pytest.raises(SheetError) as error:
        build_and_check()
    text = str(error.value)
    assert all(word in text for word in words), text
    assert "\n" not in text


def test_unknown_words_are_made_up_or_refused():
    vocabulary = {"the": [0, 1], "dog": [1, 0], "ball": [1, 1]}
    s = Sheet("words")
    E = s.input("E", list(vocabulary.values()), rows=vocabulary, editable=False)
    text = s.text("sentence", "the dgo", label="sentence")
    s.embed("X", E, text, unknown="refuse")
    with pytest.raises(SheetError, match='node X: the word "dgo" is not known here; the closest known: dog'):
        s.check()
    values = s.evaluate(s.inputs, {"sentence": "The ball."})
    assert values["X"].rows == ("the", "ball")
    np.testing.assert_array_equal(values["X"].array, [[0, 1], [1, 1]])
    t = Sheet("made_up")
    t.embed("X", t.input("E", list(vocabulary.values()), rows=vocabulary), "zork")
    first = t.evaluate(t.inputs, {})["X"]
    assert first.rows == ("zork*",)
    assert np.all(np.abs(first.array) <= 2)


def test_a_choice_picks_a_node_or_is_used_as_it_is():
    s, X, W = sheet_of_two()
    which = s.choice("which", ["tokens", "matrix"])
    n = s.choice("n_heads", [1, 2, 4], 2)
    s.choose("chosen", which, X, W)
    s.split_heads("H", X, n)
    values = s.evaluate(s.inputs, {"which": "matrix", "n_heads": 4})
    np.testing.assert_array_equal(values["chosen"].array, examples.W_Q)
    assert values["H"].array.shape == (4, 2, 1)


def test_infinities_and_nan_pass_quietly():
    s = Sheet("odd")
    s.input("A", [[np.nan, np.inf], [-np.inf, 1e300]])
    s.matmul("B", "A", "A")
    s.softmax("S", "A")
    values = s.evaluate(s.inputs, {})
    assert np.isnan(values["B"].array[0, 0])
    np.testing.assert_array_equal(values["S"].array[1], [0, 1])


def test_an_empty_matrix_is_a_matrix():
    s = Sheet("empty")
    s.input("A", np.zeros((0, 4)))
    s.input("W", np.ones((4, 2)))
    s.matmul("Q", "A", "W")
    assert s.evaluate(s.inputs, {})["Q"].array.shape == (0, 2)
