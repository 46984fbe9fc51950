"""One rule for the form of an answer: right numbers in another form get the same verdict in every exercise."""

import numpy as np
import pytest

from qkvlib.check import judge
from qkvlib.check.forms import RULE
from qkvlib.check.plain import AnyOf, plain
from qkvlib.check.registry import exercises
from qkvlib.check.verdict import Kind

EXERCISES = exercises()
FUNCTIONS = [name for name, exercise in EXERCISES.items() if exercise.kind == "function"]
VALUES = [name for name, exercise in EXERCISES.items() if exercise.kind == "value"]


def usual(exercise, *args):
    right = exercise.reference(*args)
    return plain(right.options[0] if isinstance(right, AnyOf) else right)


def is_pair(right):
    return isinstance(right, tuple)


def is_nested(right):
    return is_pair(right) and any(map(is_pair, right))


def is_array(right):
    return not isinstance(right, tuple | str)


def is_booleans(right):
    return is_array(right) and np.asarray(right).dtype == bool


def is_word(right):
    return isinstance(right, str)


def beside(right):
    return (*right, np.zeros(3)) if is_pair(right) else (right, np.zeros(np.ndim(right) + 2))


def flat(right):
    return tuple(x for part in right for x in (part if is_pair(part) else (part,)))


# what comes back, of which right results, and what is said to it ("" where it is right)
FORMS = {
    "the first alone": (is_pair, lambda right: right[0], "output-only"),
    "something more": (lambda right: not is_word(right), beside, "more-than-promised"),
    "one by one": (is_nested, flat, "results-flat"),
    "a dictionary": (is_pair, lambda right: dict(enumerate(right)), "dictionary"),
    "an axis too many": (is_array, lambda right: np.asarray(right)[None], "extra-axis"),
    "0 and 1": (is_booleans, lambda right: np.asarray(right).astype(int), "numbers-for-booleans"),
    "capitals": (is_word, str.upper, "spelling"),
    "a list": (is_pair, list, ""),
    "nested lists": (is_array, lambda right: np.asarray(right).tolist(), ""),
    "single precision": (
        lambda right: is_array(right) and not is_booleans(right) and np.ndim(right) > 0,
        lambda right: np.asarray(right, np.float32),
        "",
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_judged_alike_in_every_exercise(name, form):
    exercise = EXERCISES[name]
    of, change, slug = FORMS[form]
    calls = exercise.calls(np.random.default_rng(judge.default_seed(exercise)))
    if not of(usual(exercise, *calls[0].args)):
        return
    verdict = judge.check(exercise, lambda *args: change(usual(exercise, *args)))
    assert verdict.mistake == slug, verdict
    assert verdict.status == ("wrong" if slug else "correct")
    if slug:
        assert verdict.kind is Kind.UNFIT


def test_every_form_is_met_by_some_exercise():
    for of, _, _ in FORMS.values():
        assert any(of(usual(e, *e.calls(np.random.default_rng(0))[0].args)) for e in map(EXERCISES.get, FUNCTIONS))


@pytest.mark.parametrize("name", VALUES)
def test_what_is_typed_is_taken_by_name_or_in_order(name):
    exercise = EXERCISES[name]
    right = usual(exercise, *exercise.calls(None)[0].args)
    assert judge.check(exercise, right)
    if isinstance(right, dict):
        assert judge.check(exercise, {key.upper(): value for key, value in right.items()})
        assert judge.check(exercise, tuple(right.values()))
        assert judge.check(exercise, list(right.values()))
        assert not judge.check(exercise, {f"{key}?": value for key, value in right.items()})
    if isinstance(right, str):
        assert judge.check(exercise, right.lower())
        assert judge.check(exercise, list(right))


def test_a_wrong_answer_in_another_form_is_told_the_mistake_and_then_the_form():
    exercise = EXERCISES["attention"]

    def unscaled(Q, K, V):
        e = np.exp(Q @ np.swapaxes(K, -1, -2))
        return (e / e.sum(-1, keepdims=True)) @ V

    assert judge.check(exercise, unscaled).mistake == "no-scale"


def test_the_rule_is_said_in_every_exercise_notebook(root):
    notebooks = sorted((root / "exercises").glob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        assert RULE.split(":")[0] in path.read_text(encoding="utf-8"), path.name
