"""Answers that misbehave while they run: nothing breaks, and nothing gets out."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import attempt, judge
from qkvlib.check.spec import Exercise


def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])


def judged(answer, name="scores"):
    return judge.check(check.exercise(name), answer)


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


def test_run_needs_no_reference():
    """The half that runs the learner's code works for a spec whose reference is out of reach."""
    exercise = Exercise("x", None, ("a",), inputs=lambda rng: [])
    outcomes = attempt.run(exercise, lambda a: a + 1, check.exercise("causal_mask").calls(np.random.default_rng(0)))
    assert [outcome.value for outcome in outcomes] == [6, 8, 3]
