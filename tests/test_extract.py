"""Answers are found by name, in any notebook a student can produce."""

import random
from pathlib import Path

import pytest
from classroom import ANSWERS, IMPORTS, SECRET, STUBS, as_cells, code, course, markdown, notebook, submission

from qkvlib.grading import assignment, grader
from qkvlib.grading.inside import extract, newer
from qkvlib.grading.sandbox import Limits, Sandbox


def run(cells, wanted, graded=None, provided=()):
    """Plan and execute here; the name space and the remarks."""
    found = extract.plan(cells, wanted, [{"source": p} for p in provided], graded or wanted)
    space = {}
    for statement in found.statements:
        exec(compile(extract.ast.Module([statement.node], []), "test", "exec"), space)
    return space, found


def cells(*sources, kind="code"):
    return [{"type": kind, "source": source, "name": ""} for source in sources]


def test_only_what_an_answer_needs_is_run():
    space, _ = run(
        cells("import os\nraise SystemExit", "a = 2\nb = 1 / 0", "def helper(x):\n    return x * a", "input('?')")
        + cells("def f(x):\n    return helper(x) + 1", "print(f(1))"),
        ["f"],
    )
    assert space["f"](3) == 7
    assert "os" not in space
    assert "b" not in space


def test_the_last_definition_wins_and_is_remarked_on():
    space, found = run(cells("def f():\n    return 1", "def f():\n    return 2"), ["f"])
    assert space["f"]() == 2
    assert found.findings == [{"kind": "defined-again", "name": "f", "cells": [1, 2]}]


def test_a_blank_copy_does_not_beat_an_answer():
    space, found = run(
        cells("def f():\n    return 1", 'def f():\n    """Doc."""\n    raise NotImplementedError'), ["f"]
    )
    assert space["f"]() == 1
    assert found.findings == []


def test_a_name_can_be_bound_in_many_ways():
    for source in (
        "f = lambda: 5",
        "if True:\n    def f():\n        return 5",
        "try:\n    from nowhere import f\nexcept ImportError:\n    f = lambda: 5",
        "g = f = lambda: 5",
        "(f := lambda: 5)",
        "class Thing:\n    def __call__(self):\n        return 5\nf = Thing()",
        "from functools import partial\nf = partial(max, 5, 3)",
    ):
        space, found = run(cells(source), ["f"])
        assert space["f"]() == 5, source
        assert not found.missing


def test_state_that_is_built_up_is_kept():
    space, _ = run(cells("table = []", "table.append(3)\ntable[0] += 1", "def f():\n    return table"), ["f"])
    assert space["f"]() == [4]


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline\n",
        "!pip install nothing\n",
        "%%time\n",
        "%%capture out\n",
        "%load_ext autoreload\n%autoreload 2\n",
        "?print\n",
        "print?\n",
        "files = !ls\n",
        "x = %who\n",
        "%time y = 3\n",
        "if True:\n    !ls\n    %pwd\n",
    ],
)
def test_magics_and_shell_lines_do_not_cost_an_answer(magic):
    space, _ = run(cells(magic + "def f():\n    return 5"), ["f"])
    assert space["f"]() == 5


def test_a_percent_sign_in_a_string_is_no_magic():
    space, _ = run(cells('TEXT = """\n%s and\n!x\n"""\ndef f():\n    return TEXT'), ["f"])
    assert space["f"]() == "\n%s and\n!x\n"


def test_a_shell_cell_is_left_out():
    space, found = run(cells("%%bash\nf() { :; }", "def f():\n    return 5"), ["f"])
    assert space["f"]() == 5
    assert not found.findings


def test_a_broken_statement_loses_itself_alone():
    space, found = run(cells("def g(:\n    return 1\n\ndef f():\n    return 5\n\nprint 'old'\n"), ["f"])
    assert space["f"]() == 5
    _, found = run(cells("def f(:\n    return 5"), ["f"])
    assert found.missing == {"f"}
    assert [found.findings[0][key] for key in ("kind", "cells", "line")] == ["not-python", [1], 1]


def test_an_answer_in_a_text_cell_is_found():
    space, found = run(cells("Here it is:\n```python\ndef f():\n    return 5\n```", kind="markdown"), ["f"])
    assert space["f"]() == 5
    assert [finding["kind"] for finding in found.findings] == ["in-a-text-cell"]
    space, _ = run(cells("def f():\n    return 5", kind="raw"), ["f"])
    assert space["f"]() == 5


def test_a_renamed_answer_is_found_by_its_cell():
    found = extract.plan([{"type": "code", "source": "def mine():\n    return 5", "name": "f"}], ["f"], [], ["f"])
    assert found.names == {"f": "mine"}
    assert found.findings == [{"kind": "renamed", "name": "f", "other": "mine"}]


def test_lost_imports_come_from_the_hand_out():
    space, _ = run(cells("def f():\n    return np.pi"), ["f"], provided=["import numpy as np\nimport nowhere"])
    assert round(space["f"](), 2) == 3.14


def test_a_students_own_name_beats_the_hand_outs():
    space, _ = run(cells("n = 3", "def f():\n    return n"), ["f"], provided=["n = 1"])
    assert space["f"]() == 3


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 50_000 + "1", "f(" * 300 + ")" * 300, "\x00", "lambda: " * 5000 + "1"]
)
def test_text_that_breaks_parsers_is_only_text(text):
    _, found = run(cells(text, "def f():\n    return 5"), ["f"])
    assert not found.missing


def test_uses_sees_through_helpers():
    found = extract.plan(
        cells("def a(): pass", "def h():\n    return a()", "def b():\n    return h()"), ["a", "b"], [], ["a", "b"]
    )
    assert extract.uses(found, {"b": ["b"], "a": ["a"]}, ["a", "b"]) == {"b": ["a"], "a": []}


# -- the same, graded --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grade(tmp_path_factory, bubblewrap):
    task = assignment.load(course(tmp_path_factory.mktemp("course")))
    with Sandbox(Limits(seconds=0.5, cpu_total=2, wall=30)) as sandbox:
        yield lambda book: grader.grade_cells(sandbox, task, as_cells(book), "s1", SECRET)


def damaged():
    right = [code(source) for source in ANSWERS.values()]
    yield "cells deleted, all else kept", submission(imports=None)
    yield "every id and metadata stripped", notebook(right)
    yield "reordered", notebook([code(IMPORTS), *reversed(right)])
    yield "each cell twice", notebook([code(IMPORTS), *right, *right])
    yield "all in one cell", notebook([code(IMPORTS + "\n".join(ANSWERS.values()))])
    yield "retyped as markdown", notebook([markdown(f"```python\n{source}\n```") for source in ANSWERS.values()])
    yield "retyped as raw", notebook([{**cell, "cell_type": "raw"} for cell in right])
    yield "magics and shell", submission(extra=["%matplotlib inline\n!rm -rf /", "%%bash\nexit 1"])
    yield "input", submission(extra=["name = input('Your name? ')"], imports=IMPORTS + "\ninput()")
    plot = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.imshow([[1]])\nplt.show()"
    yield "a plot window", submission(imports=f"{IMPORTS}\n{plot}\nimport tkinter\ntkinter.Tk().mainloop()")
    yield "an unrelated endless loop", submission(extra=["while True: pass", "1 / 0", "def unfinished(:"])
    yield "stubs pasted below", notebook([code(IMPORTS), *right, *[code(source) for source in STUBS.values()]])
    yield (
        "a plot inside an answer",
        submission(
            {
                "blend": ANSWERS["blend"].replace(
                    "    return", "    import matplotlib.pyplot as plt; plt.show()\n    return"
                )
            }
        ),
    )
    yield "its own checks", submission(imports=IMPORTS + "\nfrom qkvlib.widgets import Predict\nPredict('x', 'y')")


@pytest.mark.sandbox
@pytest.mark.parametrize(("what", "book"), list(damaged()), ids=[what for what, _ in damaged()])
def test_damage_costs_no_grade(grade, what, book):
    result = grade(book)
    assert {r.name: r.status for r in result.results} == dict.fromkeys(ANSWERS, "correct")


@pytest.mark.sandbox
def test_a_prompt_inside_an_answer_says_why_not(grade):
    result = grade(submission({"blend": "def blend(weights, V):\n    input('ready?')\n    return weights @ V"}))
    blend = next(r for r in result.results if r.name == "blend")
    assert blend.status == "wrong"
    assert "nobody is there to answer input()" in blend.message


@pytest.mark.sandbox
def test_blank_is_todo_and_costs_only_itself(grade):
    result = grade(submission({"softmax": STUBS["softmax"]}))
    assert {r.name: r.status for r in result.results} == {
        **dict.fromkeys(ANSWERS, "correct"),
        "softmax": "todo",
    }


@pytest.mark.sandbox
def test_no_double_jeopardy(grade):
    wrong = "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)\n"
    result = grade(submission({"scores": wrong}))
    found = {r.name: r for r in result.results}
    assert (found["scores"].status, found["scores"].mistake) == ("wrong", "no-scale")
    assert found["attention"].status == "correct"
    assert found["attention"].note == "Graded with a right `scores` in place of yours, which is marked where it stands."
    own = "def attention(Q, K, V):\n    w = softmax(scores(Q, K))\n    return w @ V, w.T\n"
    found = {r.name: r for r in grade(submission({"scores": wrong, "attention": own})).results}
    assert found["attention"].status == "wrong"  # a mistake of its own still counts


@pytest.mark.sandbox
def test_no_double_jeopardy_two_floors_up(root, bubblewrap):
    """`cross_attention` stands on `attention`, which stands on `scores`: each is judged with right ones below it."""
    task = assignment.load(root / "exercises" / "02_two_tokens.ipynb")
    wrong = {
        "scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)",
        "attention": "def attention(Q, K, V):\n    w = softmax(scores(Q, K), axis=-2)\n    return blend(w, V), w",
    }
    for missing in ([], ["scores"], ["attention"], ["scores", "attention"]):
        answers = task.solutions | {name: wrong[name] for name in missing}
        cells = as_cells(notebook([code(source) for source in (*task.provided, *answers.values())]))
        with Sandbox() as sandbox:
            found = {r.name: r for r in grader.grade_cells(sandbox, task, cells, "s1", SECRET).results}
        assert {name for name, r in found.items() if r.status != "correct"} == set(missing)
        listed = " and ".join(f"`{name}`" for name in missing)
        assert (f"a right {listed} in place" in found["cross_attention"].note) == bool(missing)


NOTEBOOKS = [path.name for path in sorted((Path(__file__).parent.parent / "exercises").glob("*.ipynb"))]


@pytest.mark.sandbox
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_in_no_notebook_does_one_wrong_answer_cost_another(root, bubblewrap, name):
    task = assignment.load(root / "exercises" / name)
    functions = [item.name for item in task.items if f"def {item.name}(" in task.solutions[item.name]]
    assert functions
    with Sandbox() as sandbox:
        for wrong in functions:
            answers = task.solutions | {wrong: f"def {wrong}(*args, **keywords):\n    return 'something else'"}
            cells = as_cells(notebook([code(source) for source in (*task.provided, *answers.values())]))
            result = grader.grade_cells(sandbox, task, cells, "s1", SECRET)
            assert [r.name for r in result.results if r.status != "correct"] == [wrong]


# -- honest work keeps its points --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'f"{d["a"]}"',
        "f'{d['a']!r:>{width['b']}}'",
        'f"{", ".join(names)} and {{}}"',
        'print(f"{d["a"]}", f"plain {x}", "f\\"not one")',
        'f"{f"{d["a"]}"}"',
    ],
)
def test_a_newer_pythons_f_strings_cost_nothing(text):
    space, found = run(
        cells(f"def f():\n    d, x = {{'a': 5}}, 1\n    if d['a'] == 4:\n        {text}\n    return 5"), ["f"]
    )
    assert space["f"]() == 5
    assert not found.findings


@pytest.mark.parametrize(
    "text", ['f"{x}"', "f'it\\'s {x}'", 'f"""{d["a"]}"""', '"f{"', 'rf"\\d{x}"', 'f"{x', 'f"}"', "# f\"{d[\"\n'x'"]
)
def test_other_strings_stay_as_they_are(text):
    assert newer.requoted(text) == text


@pytest.mark.parametrize(
    "last", ["del f", "f = f()", "out = f = f()", "f, n = f(), 2", "f: object = [f()]", "del f\nf = f()"]
)
def test_what_undoes_an_answer_after_its_check_is_left_out(last):
    space, _ = run(cells("def f():\n    return 5", last), ["f"])
    assert space["f"]() == 5


@pytest.mark.parametrize("last", ["f = twice(f)", "f = g", "f = lambda: 10", "def f():\n    return 10"])
def test_what_replaces_an_answer_by_another_counts(last):
    start = "def g():\n    return 10\ndef twice(h):\n    return lambda: 2 * h()"
    space, _ = run(cells(start, "def f():\n    return 5", last), ["f"])
    assert space["f"]() == 10


def test_state_that_functions_share_exists_before_they_run():
    space, _ = run(cells("n = 1", "def f():\n    global n\n    n += 1\n    return n"), ["f"])
    assert (space["f"](), space["f"]()) == (2, 3)


def test_a_seed_is_sown_before_what_draws():
    space, _ = run(
        cells("import random", "random.seed(3)", "drawn = random.random()", "def f():\n    return drawn"), ["f"]
    )
    assert space["f"]() == random.Random(3).random()


@pytest.mark.sandbox
def test_a_long_double_is_a_number(grade):
    wide = ANSWERS["blend"].replace("weights @ V", "(weights @ V).astype(np.longdouble)")
    assert {r.status for r in grade(submission({"blend": wide})).results} == {"correct"}
