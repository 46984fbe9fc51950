"""What an exercise may be, and what its inputs must be like."""

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check import judge
from qkvlib.check.plain import AnyOf
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Exercise, mistake
from qkvlib.check.verdict import Verdict


@pytest.mark.parametrize("name", exercises())
def test_inputs_are_generic(name):
    """Different seeds give different numbers, and no array is symmetric or holds the same number twice by accident."""
    exercise = check.exercise(name)
    if exercise.kind == "function" and name not in ("causal_mask", "parameter_count", "kv_cache_bytes"):
        one, two = (exercise.calls(np.random.default_rng(seed)) for seed in (1, 2))
        arrays = [a for call in one for a in call.args if isinstance(a, np.ndarray)]
        others = [a for call in two for a in call.args if isinstance(a, np.ndarray)]
        drawn = [(a, b) for a, b in zip(arrays, others, strict=True) if a.dtype.kind == "f"]
        assert all(not np.array_equal(a, b) for a, b in drawn if a.size)
        for a in arrays:
            if a.dtype == np.float64 and a.ndim > 1 and a.shape[-1] == a.shape[-2]:
                assert not np.allclose(a, np.swapaxes(a, -1, -2))
            assert a.dtype in (np.float64, np.float32, np.int64, bool)
    assert exercise.parameters


def test_a_spec_that_cannot_be_is_refused():
    twice = (mistake("a", "S.", "N.", abs), mistake("a", "S.", "N.", abs))
    with pytest.raises(ValueError, match="used twice"):
        Exercise("x", abs, ("a",), mistakes=twice)
    with pytest.raises(ValueError, match="4 hints"):
        Exercise("x", abs, ("a",), hints=("1", "2", "3", "4"))
    with pytest.raises(ValueError, match="status"):
        Verdict("x", "perhaps", "")


def test_one_of_several_right_values_is_enough():
    exercise = Exercise("x", lambda a: AnyOf((1, 2)), given={"a": 0})
    assert judge.check(exercise, 1)
    assert judge.check(exercise, 2)
    assert not judge.check(exercise, 3)
