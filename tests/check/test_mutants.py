"""Mutation test of the checks, a fixed sample of it; `python -m benchmarks.mutants` tries all."""

import ast
import json

import pytest

from qkvlib.check.registry import exercises
from tools.checks_page import RECORD
from tools.mutants import EQUIVALENT, Source, equivalents, judged, sources, tally
from tools.mutations import mutations

EVERY = 7  # of the mutants of a solution, one in this many


def changed(source):
    """{kind: [the line after]} of all mutants of a function."""
    found = {}
    for mutation in mutations(ast.parse(source)):
        found.setdefault(mutation.kind, []).append(mutation.after)
    return found


def test_a_sample_of_the_mutants_of_every_solution_is_killed_or_explained():
    found = tally((one for one in sources() if one.label == "solution"), lambda number: number % EVERY == 0)
    assert set(found) == {name for name, exercise in exercises().items() if exercise.kind == "function"}
    assert [line for one in found.values() for line in one.missed] == []
    assert [line for one in found.values() for line in one.stale] == []
    assert sum(one.killed for one in found.values()) > 200


def test_the_equivalents_have_reasons_and_no_mutant_has_two():
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    assert all(len(why) > 20 and why.endswith(".") for why in reasons)
    listed = [mutant for mutants in reasons.values() for mutant in mutants]
    assert len(set(listed)) == len(listed) == len(equivalents())


def test_the_record_of_the_last_whole_run_has_every_exercise_and_nothing_missed():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert set(record) == {name for name, exercise in exercises().items() if exercise.kind == "function"}
    assert all(killed + equivalent == mutants for mutants, killed, equivalent in record.values())


@pytest.mark.parametrize(
    ("source", "kind", "after"),
    [
        ("def f(Q, K):\n    return Q @ K.T", "transpose", "return Q @ K"),
        ("def f(Q, K):\n    return Q @ K", "transpose", "return Q @ np.swapaxes(K, -1, -2)"),
        ("def f(z):\n    return z.sum(axis=-1)", "constant", "return z.sum(axis=-2)"),
        ("def f(z):\n    return z.sum(axis=-1)", "sign", "return z.sum(axis=1)"),
        ("def f(z):\n    return z.sum(axis=-1)", "dropped argument", "return z.sum()"),
        ("def f(a, b):\n    return a - b", "swapped operands", "return b - a"),
        ("def f(a, b):\n    return a - b", "operator", "return a + b"),
        ("def f(a, b):\n    return a - b", "in place", "return np.subtract(a, b, out=a)"),
        ("def f(a, b):\n    return a - b", "wrong matrix", "return b - b"),
        ("def f(a, n):\n    return a[:n]", "off by one", "return a[:]"),
        ("def f(a, n):\n    return g(a, n)", "swapped arguments", "return g(n, a)"),
        ("def f(a):\n    return a[..., 0]", "dropped batch axis", "return a[0]"),
        ("def f(a):\n    return a.reshape(*a.shape[:-1], 2)", "dropped batch axis", "return a.reshape(2)"),
        ("def f(a):\n    return np.einsum('...td->...dt', a)", "subscripts", "return np.einsum('td->dt', a)"),
        ("def f(a):\n    return a, -a", "swapped results", "return (-a, a)"),
        ("def f(a):\n    return a < 0", "comparison", "return a <= 0"),
        ("def f(a):\n    a = a + 1\n    return a", "dropped line", "pass"),
    ],
)
def test_what_a_mutant_is(source, kind, after):
    assert after in changed(source)[kind]


def test_a_mutant_that_never_ends_is_killed():
    tree = ast.parse("def f(n):\n    while n > 1:\n        n = n - 1\n    return n")
    source = Source(exercises()["causal_mask"], "endless", tree, {}, "f")
    endless = [one for one in judged(source) if one.mutation.after == "pass"]
    assert [one.killed for one in endless] == [True]
