"""Hints arrive: none is the answer, none teaches what the check refuses, and no step is left out."""

import re
from pathlib import Path

import numpy as np
import pytest

from qkvlib.check import judge
from qkvlib.check.registry import exercises
from tools.build import read_course
from tools.walk import walked

ROOT = Path(__file__).resolve().parent.parent.parent
EXERCISES = exercises()
SOLUTIONS = {
    cell.name: cell.source
    for lesson in read_course(ROOT)
    if lesson.is_exercises
    for cell in lesson.cells
    if cell.has("exercise")
}
SHORT = 14  # letters of code that may stand in a hint, such as np.swapaxes


def code_of(name):
    """What a solution computes: the right-hand sides between the markers, without spaces."""
    inside = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", SOLUTIONS[name], re.S)[1]
    sides = re.findall(r"(?:return |= )(.+)", inside)
    return [re.sub(r"\s", "", side) for side in sides]


@pytest.mark.parametrize("name", EXERCISES)
def test_no_hint_is_the_code_of_the_answer(name):
    hints = [re.sub(r"\s", "", hint) for hint in EXERCISES[name].hints]
    for side in code_of(name):
        if len(side) > SHORT:
            assert not any(side in hint for hint in hints), side


@pytest.mark.parametrize("name", ["multi_head_attention", "grouped_query_attention", "capstone"])
def test_a_hint_says_that_attention_returns_two_things(name):
    assert any("two things" in hint for hint in EXERCISES[name].hints)


def test_what_the_hints_of_decode_step_teach_is_accepted_with_a_batch():
    """The axis for tokens, the join along -2, and the axis taken out of the output again."""

    def by_the_hints(x, cache, W_Q, W_K, W_V):
        row = x[..., None, :]
        K, V = (np.concatenate([old, row @ W], axis=-2) for old, W in zip(cache, (W_K, W_V), strict=True))
        grid = row @ W_Q @ np.swapaxes(K, -1, -2) / np.sqrt(W_Q.shape[-1])
        e = np.exp(grid - grid.max(axis=-1, keepdims=True))
        return (e / e.sum(axis=-1, keepdims=True) @ V)[..., 0, :], (K, V)

    assert judge.check(EXERCISES["decode_step"], by_the_hints)


def test_the_walk_prints_statement_blank_and_hints():
    lines = "\n".join(walked(["multi_head_attention"]))
    for part in ("Project, split, attend", "YOUR CODE HERE", "nothing to check yet", "hint 3", "right  Right"):
        assert part in lines
    assert "BEGIN SOLUTION" not in lines
