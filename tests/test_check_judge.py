"""The judge against answers that misbehave: each gets its own sentence, and nothing breaks."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import attempt, judge
from qkvlib.check.plain import AnyOf, Unusable, alike, plain
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Exercise, mistake
from qkvlib.check.verdict import Verdict


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def judged(answer, name="scores"):
    return judge.check(check.exercise(name), answer)


# -- answers that misbehave ---------------------------------------------------------------------------------------


def raises(kind, text=""):
    def answer(Q, K):
        raise kind(text)

    return answer


class Liar(np.ndarray):
    """Says yes to every comparison."""

    def __eq__(self, other):
        return np.array(True)

    def __le__(self, other):
        return np.array(True)

    def __array__(self, *args, **kwargs):
        return scores(np.eye(3), np.eye(3))

    def __array_ufunc__(self, *args, **kwargs):
        return np.array(True)

    def __array_function__(self, *args, **kwargs):
        return np.array(True)

    __hash__ = None


class Anything:
    """Equal to everything, and everything to it."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0


class BadTemper(Exception):
    def __str__(self):
        raise RuntimeError("not even a message")


@pytest.mark.parametrize(
    ("answer", "mistake_slug", "words"),
    [
        (raises(ZeroDivisionError), "raised-ZeroDivisionError", "divided by zero"),
        (raises(IndexError, "index 9"), "raised-IndexError", "past the end"),
        (raises(KeyError, "W"), "raised-KeyError", "asked a dict"),
        (raises(AttributeError, "no shape"), "raised-AttributeError", "does not have"),
        (raises(RuntimeError, "odd"), "raised-RuntimeError", "RuntimeError: odd"),
        (raises(SystemExit), "raised-SystemExit", "leave Python"),
        (raises(MemoryError), "raised-MemoryError", "memory"),
        (raises(BadTemper), "raised-BadTemper", "BadTemper"),
        (lambda Q, K: Q @ np.zeros((17, 2)), "raised-shapes", "17"),
        (lambda Q, K: Q + np.zeros((4, 2)), "raised-shapes", "do not fit"),
        (lambda Q, K: Q.swapaxes(5, 6), "raised-AxisError", "axis"),
        (lambda Q, K: nobody, "raised-NameError", "nobody"),  # noqa: F821
        (lambda Q, K: K + None, "raised-none", "None"),
        (lambda Q, K: None @ K, "raised-no-axes", "no axes"),
        (lambda Q, K: Q(K), "raised-not-callable", "not a function"),
        (lambda Q, K: Q if Q else K, "raised-truth-value", "whole array"),
        (lambda Q, K: np.linalg.inv(Q), "raised-LinAlgError", "invert"),
        (lambda Q, K: print(Q.sum()), "no-return", "hands back nothing"),
        (lambda Q, K: "scores", "type", "piece of text"),
        (lambda Q, K: {"a": 1}, "type", "dict"),
        (lambda Q, K: {1, 2}, "type", "a set"),
        (lambda Q, K: Anything(), "type", "an Anything"),
        (lambda Q, K: np.array([Anything()] * 3), "type", "Python objects"),
        (lambda Q, K: np.array(["a"]), "type", "array of"),
        (lambda Q, K: scores(Q, K) + 1j, "type", "complex"),
        (lambda Q, K: scores, "type", "a function"),
        (lambda Q, K: [[1, 2], [3]], "type", "differ in length"),
        (lambda Q, K: (row for row in Q), "generator", "generator"),
        (lambda Q, K: 3, "shape", "fewer axes"),
        (lambda Q, K: scores(Q, K)[None], "shape", "more axes"),
        (lambda Q, K: scores(Q, K)[..., :-1], "shape", "key"),
        (lambda Q, K: scores(Q, K)[..., :-1, :], "shape", "query"),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.nan), "not-finite", "NaN"),
        (lambda Q, K: np.full((*Q.shape[:-1], K.shape[-2]), np.inf), "not-finite", "infinite"),
        (lambda Q, K: np.zeros((*Q.shape[:-1], K.shape[-2])), "all-zeros", "0"),
        (lambda Q, K: np.ones((*Q.shape[:-1], K.shape[-2])), "all-equal", "the same"),
        (lambda Q, K: -scores(Q, K), "sign", "sign"),
        (lambda Q, K: 3 * scores(Q, K), "constant-factor", "factor"),
        (lambda Q, K: scores(Q, K) + 3, "constant-offset", "amount"),
        (lambda Q, K: scores(Q, K)[..., ::-1], "reversed-order", "reversed"),
        (lambda Q, K: scores(Q, K).astype(int), "rounded", "rounded"),
        (lambda Q, K: np.random.default_rng().normal(size=scores(Q, K).shape), "not-deterministic", "another"),
        (lambda Q: Q, "signature", "takes (Q)"),
        (lambda Q, K, scale: Q, "signature", "scores(Q, K)"),
        (np.zeros((5, 7)), "not-a-function", "ndarray"),
        (7, "not-a-function", "an int"),
        (np, "not-a-function", "a module"),
    ],
)
def test_each_gets_its_own_sentence(answer, mistake_slug, words):
    verdict = judged(answer)
    assert (verdict.status, verdict.mistake) == ("wrong", mistake_slug)
    assert words in verdict.message


def test_a_named_mistake_that_raises_says_where():
    verdict = judged(lambda Q, K: Q @ K.T / np.sqrt(Q.shape[-1]))
    assert verdict.mistake == "transposed-all-axes"
    assert verdict.message.startswith("On a batch of sequences it stops with a ValueError. With a batch in front, .T")


def test_a_liar_is_compared_as_the_plain_numbers_it_holds():
    assert not judged(lambda Q, K: np.zeros((*Q.shape[:-1], K.shape[-2])).view(Liar))
    assert judged(lambda Q, K: scores(Q, K).view(Liar))


def test_a_recursion_without_end_is_an_answer_like_any_other():
    def answer(Q, K):
        return answer(Q, K)

    assert judged(answer).mistake == "raised-RecursionError"


def test_a_changed_input_is_named_even_when_the_numbers_are_right():
    def answer(Q, K):
        Q *= Q.shape[-1] ** -0.5
        return Q @ np.swapaxes(K, -1, -2)

    verdict = judged(answer)
    assert verdict.mistake == "changed-input"
    assert "Q" in verdict.message


def test_the_inputs_of_one_call_never_reach_the_next():
    seen = []

    def answer(Q, K):
        seen.append(Q.copy())
        result = scores(Q, K)
        Q[:] = 99
        K[:] = 99
        return result

    judged(answer)
    assert not any((Q == 99).any() for Q in seen)


def test_memory_between_calls_is_noticed():
    calls = []

    def answer(Q, K):
        calls.append(1)
        return scores(Q, K) + len(calls)

    assert judged(answer).mistake == "not-deterministic"


def test_prints_and_warnings_do_no_harm(capsys):
    def answer(Q, K):
        print("shapes", Q.shape)
        print("to stderr", file=sys.stderr)
        np.log(np.array([-1.0]))
        return scores(Q, K)

    assert check.scores(answer)
    shown = capsys.readouterr()
    assert shown.out == "shapes (5, 3)\n"
    assert shown.err == ""


def test_a_flood_of_prints_is_cut_short(capsys):
    def answer(Q, K):
        print("x" * 100_000)
        return scores(Q, K)

    assert check.scores(answer)
    assert len(capsys.readouterr().out) <= attempt.MAX_PRINTED + 1


def test_a_redefined_np_is_said_so():
    namespace = {"np": 3}
    exec("def answer(Q, K): return np.matmul(Q, K)", namespace)
    verdict = judged(namespace["answer"])
    assert verdict.mistake == "raised-NumpyRedefined"
    assert "no longer means numpy" in verdict.message


def test_an_endless_loop_can_be_interrupted():
    def endless(Q, K):
        while True:
            pass

    def interrupt():
        time.sleep(0.3)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt, daemon=True)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt, match="still running"):
            judged(endless)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert judged(scores)


def test_keyword_only_arguments_and_other_names_are_welcome():
    def keywords(*, Q, K):
        return scores(Q, K)

    assert judged(keywords)
    assert judged(lambda first, second, unused=None: scores(first, second))


ODD = [
    7,
    -1.5,
    np.nan,
    "text",
    (),
    {},
    (1, 2),
    (1, 2, 3, 4),
    ("a", None, 3),
    {"q": "two", "k": None, "v": 3},
    [[1, 2], [3]],
    np.zeros(0),
    np.zeros((2, 3, 4, 5, 6)),
    np.full((5, 5), np.nan),
    np.array(["a", "b"]),
    (np.ones((2, 2)), "weights"),
    ((np.ones(3), np.ones(3)), np.ones(3)),
    Anything(),
    scores,
]


@pytest.mark.parametrize("name", exercises())
def test_nothing_that_comes_back_breaks_the_judge(name):
    """Whatever an answer is or returns, there is a verdict, and it is not "correct"."""
    exercise = check.exercise(name)
    for odd in ODD:
        verdict = judge.check(exercise, odd if exercise.kind == "value" else lambda *args, odd=odd: odd)
        assert verdict.status in ("wrong", "todo"), (name, odd)
        assert verdict.message


@pytest.mark.parametrize("name", exercises())
def test_numbers_that_no_misconception_gives_are_wrong(name):
    """The right shapes with bent numbers: the last sentence of all, or a symptom, but a verdict."""
    exercise = check.exercise(name)

    def bent(*args):
        right = exercise.reference(*args)
        return bend(right.options[0] if isinstance(right, AnyOf) else right)

    answer = bent(*exercise.calls(None)[0].args) if exercise.kind == "value" else bent
    verdict = judge.check(exercise, answer)
    assert verdict.status == "wrong"
    assert verdict.message


def bend(value):
    if isinstance(value, dict):
        return {key: bend(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(bend(part) for part in value)
    if isinstance(value, str):
        return f"{value}X"
    array = np.asarray(value, float)
    return array * 1.3 + 0.01 * np.cos(1 + np.arange(array.size)).reshape(array.shape)


# -- the two halves -----------------------------------------------------------------------------------------------


def test_the_halves_meet_only_in_plain_data():
    """What the sandbox sends back can be written down and read again; nothing of the learner's is called."""
    exercise = check.exercise("attention")
    calls = exercise.calls(np.random.default_rng(3))
    outcomes = attempt.run(exercise, lambda Q, K, V: (V.sum() + Q @ np.swapaxes(K, -1, -2), [1.0, None]), calls)

    def is_plain(value):
        if isinstance(value, tuple):
            return all(is_plain(part) for part in value)
        if isinstance(value, dict):
            return all(isinstance(key, str) and is_plain(part) for key, part in value.items())
        return value is None or type(value) in (bool, int, float, str, np.ndarray, Unusable)

    assert all(is_plain(outcome.value) for outcome in outcomes)
    assert judge.compare(exercise, calls, outcomes).status == "wrong"


def test_run_needs_no_reference():
    """The half that runs the learner's code works for a spec whose reference is out of reach."""
    exercise = Exercise("x", None, ("a",), inputs=lambda rng: [])
    outcomes = attempt.run(exercise, lambda a: a + 1, check.exercise("causal_mask").calls(np.random.default_rng(0)))
    assert [outcome.value for outcome in outcomes] == [6, 8, 3]


def test_compare_asks_for_one_outcome_per_call():
    exercise = check.exercise("scores")
    with pytest.raises(ValueError, match="4 calls but 0 outcomes"):
        judge.compare(exercise, exercise.calls(np.random.default_rng(0)), [])


def test_the_same_seed_gives_the_same_verdict():
    exercise = check.exercise("multi_head_attention")
    first, second = (exercise.calls(np.random.default_rng(judge.default_seed(exercise))) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a.args, b.args, strict=True))


@pytest.mark.parametrize("name", exercises())
def test_inputs_are_generic(name):
    """Different seeds give different numbers, and no array is symmetric or holds the same number twice by accident."""
    exercise = check.exercise(name)
    if exercise.kind == "function" and name not in ("causal_mask", "parameter_count", "kv_cache_bytes"):
        one, two = (exercise.calls(np.random.default_rng(seed)) for seed in (1, 2))
        arrays = [a for call in one for a in call.args if isinstance(a, np.ndarray)]
        others = [a for call in two for a in call.args if isinstance(a, np.ndarray)]
        assert all(not np.array_equal(a, b) for a, b in zip(arrays, others, strict=True) if a.dtype != bool)
        for a in arrays:
            if a.dtype == np.float64 and a.ndim > 1 and a.shape[-1] == a.shape[-2]:
                assert not np.allclose(a, np.swapaxes(a, -1, -2))
            assert a.dtype in (np.float64, bool)
    assert exercise.parameters


# -- plain values -------------------------------------------------------------------------------------------------


def test_plain_keeps_what_can_be_judged():
    assert plain([1, (2.5, "a"), None]) == (1, (2.5, "a"), None)
    assert plain(np.float32(0.5)) == np.float32(0.5)
    assert plain(np.str_("dog")) == "dog"
    assert plain({1: [2]}) == {"1": (2,)}
    assert type(plain(np.ones((1, 1)).view(np.recarray))) is np.ndarray


def test_plain_refuses_what_has_no_end():
    nested = []
    nested.append(nested)
    deep = plain(nested)
    while isinstance(deep, tuple):
        (deep,) = deep
    assert isinstance(deep, Unusable)


@pytest.mark.parametrize(
    ("answer", "expected", "same"),
    [
        (np.nan, np.nan, True),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        ((1.0, 2.0), np.array([1.0, 2.0]), True),
        (np.array([[1.0], [2.0]]), (np.array([1.0]), np.array([2.0])), True),
        (np.array([3.0]), 3, True),
        (np.array([3.0, 3.0]), 3, False),
        (np.ones((2, 1)), np.ones((1, 2)), False),
        (" Dog", "dog", True),
        (None, None, True),
        (True, 1, True),
        pytest.param(10**400, 3.0, False, id="huge"),
        pytest.param(10**30, 1e30, True, id="large"),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_alike(answer, expected, same):
    assert alike(answer, expected, 1e-9) is same


# -- specs --------------------------------------------------------------------------------------------------------


def test_a_spec_that_cannot_be_is_refused():
    twice = (mistake("a", "S.", "N.", abs), mistake("a", "S.", "N.", abs))
    with pytest.raises(ValueError, match="used twice"):
        Exercise("x", abs, ("a",), mistakes=twice)
    with pytest.raises(ValueError, match="three is the most"):
        Exercise("x", abs, ("a",), hints=("1", "2", "3", "4"))
    with pytest.raises(ValueError, match="status"):
        Verdict("x", "perhaps", "")


def test_an_unknown_check_names_the_nearest():
    with pytest.raises(AttributeError, match=r"did you mean check\.softmax"):
        check.sofmax  # noqa: B018
    with pytest.raises(KeyError, match="no exercise called nothing"):
        check.exercise("nothing")
    assert "scores" in dir(check)


def test_what_is_given_can_be_replaced_and_nothing_else():
    assert check.hand_projection({"q": [2, 1], "k": [3, 2], "v": [1, 2]}, x=[2, 1, 0, 0])
    with pytest.raises(TypeError, match="does not know y"):
        check.hand_projection({"q": [2, 1]}, y=1)
    with pytest.raises(TypeError, match="takes one answer"):
        check.scores(scores, scores)
    assert check.hand_projection(q=[2, 3], k=[3, 2], v=[3, 2])
    assert check.hand_projection([2, 3], [3, 2], [3, 2])


def test_one_of_several_right_values_is_enough():
    exercise = Exercise("x", lambda a: AnyOf((1, 2)), given={"a": 0})
    assert judge.check(exercise, 1)
    assert judge.check(exercise, 2)
    assert not judge.check(exercise, 3)
