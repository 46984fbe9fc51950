"""The same slip is named in every exercise in which it can be made."""

import pytest
from slips import ON_STEPS, SLIPS, Steps

from qkvlib.check import judge
from qkvlib.check.registry import exercises

CASES = [(slip, name) for slip, (_, where) in SLIPS.items() for name in sorted(where)]


@pytest.mark.parametrize("name", ON_STEPS)
def test_without_a_slip_the_steps_are_right(name):
    verdict = judge.check(exercises()[name], ON_STEPS[name](Steps()))
    assert verdict, verdict


@pytest.mark.parametrize(("slip", "name"), CASES, ids=[f"{slip.__name__}-{name}" for slip, name in CASES])
def test_a_slip_is_named_wherever_it_can_be_made(slip, name):
    verdict = judge.check(exercises()[name], ON_STEPS[name](slip()))
    assert verdict.status == "wrong"
    assert verdict.mistake in SLIPS[slip][0], f"{verdict.mistake}: {verdict.message}"
