"""The question is derived from the answer, and what cannot be derived is refused with its line."""

import pytest

from tools.stubs import CannotStub, stub


def test_a_function_keeps_its_signature_and_docstring():
    source = '''def scores(Q, K):
    """One row per query."""
    ### BEGIN SOLUTION
    return Q @ K.T
    ### END SOLUTION
'''
    assert (
        stub(source)
        == '''def scores(Q, K):
    """One row per query."""
    # YOUR CODE HERE
    ...'''
    )


def test_an_untouched_stub_runs_and_returns_none():
    source = """def f(x):
    ### BEGIN SOLUTION
    y, z = x, 2 * x
    ### END SOLUTION
    return z
"""
    assert "z = ..." in stub(source)
    assert "y = ..." not in stub(source), "nothing after the solution reads y"
    names = {}
    exec(stub(source), names)
    assert names["f"](3) is ...


def test_names_assigned_at_the_top_stay_defined():
    source = "### BEGIN SOLUTION\na, b = 1, 2\nc: int = 3\n### END SOLUTION"
    names = {}
    exec(stub(source), names)
    assert [names[name] for name in "abc"] == [...] * 3


def test_two_regions_in_one_cell():
    first, second = ("### BEGIN SOLUTION\n" + body + "\n### END SOLUTION\n" for body in ("a = 1", "b = 2"))
    source = first + "print('between')\n" + second
    assert stub(source).splitlines() == [
        "# YOUR CODE HERE",
        "a = ...",
        "print('between')",
        "# YOUR CODE HERE",
        "b = ...",
    ]


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("x = 1", 0, "between"),
        ("x = 1\n### BEGIN SOLUTION\ny = 2", 1, "without `### END"),
        ("### END SOLUTION", 0, "without `### BEGIN"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", 1, "still open"),
        ("x = 1\n### BEGIN SOLUTION\n\n# nothing\n### END SOLUTION", 1, "empty"),
        ("### begin\n# BEGIN SOLUTION\nx = 1\n### END SOLUTION", 1, "alone on its line"),
        ("### BEGIN SOLUTION\ndef f(x):\n    return x\n### END SOLUTION", 1, "outside the markers"),
        ("### BEGIN SOLUTION\nx = (1,\n### END SOLUTION\n)", 1, "alone is not Python"),
    ],
)
def test_what_cannot_be_stubbed_is_refused_with_its_line(source, line, reason):
    with pytest.raises(CannotStub, match=reason) as refused:
        stub(source)
    assert refused.value.offset == line
