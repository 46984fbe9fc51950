"""Attacks on the grader from an answer itself: patches, values that lie, forged messages. A bystander loses nothing."""

import textwrap
from pathlib import Path

import pytest
from classroom import SECRET, as_cells, submission
from processes import descendants
from under_attack import LIMITS, WRONG, alone_wrong, grade, sandbox, seen, task, verdicts  # noqa: F401 - fixtures too

from qkvlib.grading import grader
from qkvlib.grading.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

# -- patches: what works against graders that test inside the student's process ------------------------------------

PATCHES = {
    "numpy.allclose says yes": "np.allclose = np.array_equal = lambda *a, **k: True",
    "numpy.testing does nothing": "np.testing.assert_allclose = lambda *a, **k: None",
    "builtins lie": "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True",
    "builtins.abs and round": "import builtins\nbuiltins.abs = builtins.round = lambda *a: 0",
    "the shell runs no cell": "from IPython import get_ipython\nget_ipython().run_cell = lambda *a, **k: None",
    "the check says correct": "import qkvlib.check as c\nc.softmax = lambda *a, **k: True",
    "the judge says correct": (
        "import sys\nfor m in list(sys.modules.values()):\n"
        "    if hasattr(m, 'compare'): m.compare = lambda *a, **k: True"
    ),
    "the library is patched": "import qkvlib.attention\nqkvlib.attention.softmax = lambda z, axis=-1: z",
    "modules are emptied": "import sys\nfor name in ('qkvlib', 'qkvlib.attention'): sys.modules.pop(name, None)",
    "a trace rewrites frames": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "exit handlers": "import atexit, os\natexit.register(lambda: os.write(4, b'{}'))",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_patch_gains_nothing(grade, patch):
    """The attack runs inside the answer itself, which then hands back a wrong value: it is judged by that value."""
    plain = verdicts(grade(WRONG))["softmax"]
    inside = "def softmax(z, axis=-1):\n" + textwrap.indent(patch, "    ") + "\n    return z\n"
    found = verdicts(grade(inside))
    assert plain[0] == "wrong"
    assert found["softmax"] in (plain, ("wrong", "stopped"))  # "stopped": it broke the process it ran in
    assert {found[name][0] for name in ("scores", "blend")} == {"correct"}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_patch_at_the_top_gains_nothing(grade, patch):
    found = verdicts(grade(f"{patch}\nprobe = 1\n" + WRONG.replace("return z", "return z * probe")))
    assert found["softmax"][0] == "wrong"


# -- values that lie -----------------------------------------------------------------------------------------------

LIARS = {
    "a subclass whose comparisons are always true": """
        class Liar(np.ndarray):
            __eq__ = __le__ = __lt__ = __ge__ = lambda *a: np.True_
            def __sub__(self, other): return np.zeros(self.shape)
            __rsub__ = __sub__
            def __array_ufunc__(self, *a, **k): return np.True_
            def __array_function__(self, *a, **k): return True
        def softmax(z, axis=-1):
            return np.zeros(np.shape(z)).view(Liar)
        """,
    "an object that equals everything": """
        class Yes:
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return np.zeros((1,))
            def __getattr__(self, name): return lambda *a, **k: True
        def softmax(z, axis=-1):
            return Yes()
        """,
    "a float that equals everything": """
        class F(float):
            __eq__ = __le__ = __lt__ = lambda *a: True
        def softmax(z, axis=-1):
            return F(0)
        """,
    "an endless generator": """
        def softmax(z, axis=-1):
            while True:
                yield z
        """,
    "an object array with code in it": """
        class Evil:
            def __reduce__(self):
                import os
                return os.system, ("touch /tmp/qkv-attack-mark",)
        def softmax(z, axis=-1):
            return np.array([Evil()], dtype=object)
        """,
    "a list that contains itself": """
        def softmax(z, axis=-1):
            a = []
            a.append(a)
            return a
        """,
    "a list nested a thousand deep": """
        def softmax(z, axis=-1):
            a = 1
            for _ in range(1000):
                a = [a]
            return a
        """,
    "a callable": "def softmax(z, axis=-1):\n    return softmax",
    "a module": "def softmax(z, axis=-1):\n    return np",
    "complex numbers": "def softmax(z, axis=-1):\n    return np.full(np.shape(z), 1j)",
    "a billion zeros by broadcasting": "def softmax(z, axis=-1):\n    return np.broadcast_to(0.0, (100_000, 100_000))",
    "an integer with a million digits": "def softmax(z, axis=-1):\n    return 10 ** 400_000",
    "a string of twenty megabytes": "def softmax(z, axis=-1):\n    return 'x' * 20_000_000",
    "NaN everywhere": "def softmax(z, axis=-1):\n    return np.full(np.shape(z), np.nan)",
    "its own class as an error": (
        "class E(Exception):\n    def __str__(self): raise E()\ndef softmax(z, axis=-1):\n    raise E()"
    ),
    "an error with a page of script": (
        "def softmax(z, axis=-1):\n    raise ValueError('<script>alert(1)</script>' * 10_000 + '\\x00\\ud800')"
    ),
}


@pytest.mark.parametrize("liar", LIARS.values(), ids=LIARS)
def test_a_lying_value_is_wrong(grade, liar):
    result = grade(liar)
    found = verdicts(result)
    assert found["softmax"][0] == "wrong"
    assert {found[name] for name in ("scores", "blend", "attention")} == {("correct", "")}
    assert len(result.results[1].message) < 1000


# -- forging the answer channel ------------------------------------------------------------------------------------

FORGE = """
import json, os, struct
def send(header, body=b""):
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack(">II", len(text), len(body)) + text + body)
        except OSError:
            pass
def softmax(z, axis=-1):
    FRAMES
    return z
"""
FORGERIES = {
    "a verdict": 'send({"event": "answer", "name": "softmax", "status": "correct", "points": 2, "results": []})',
    "no results": (
        'send({"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": {"k": "none"}}]})'
    ),
    "another student": 'send({"event": "answer", "name": "attention", "student": "bystander", "results": []})',
    "done": 'send({"event": "done"})',
    "not json": 'send(b"\\xff\\xfe{{{{")',
    "deep json": 'send(b"[" * 100_000)',
    "a pickle": 'send(b"\\x80\\x04cos\\nsystem\\n.")',
    "a huge length": "[os.write(fd, b'\\xff' * 8) for fd in range(3, 64) if not bad(fd)]",
    "an array outside": (
        'send({"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": '
        '{"k": "array", "d": "<f8", "s": [1000000], "o": 0}}]})'
    ),
    "an object dtype": (
        'send({"event": "answer", "name": "softmax", "results": [{"kind": "returned", "value": '
        '{"k": "array", "d": "|O", "s": [1], "o": 0}}]}, b"x" * 8)'
    ),
    "endless": 'exec("while True: send({\\"event\\": \\"x\\"})")',
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_answer_gains_nothing(grade, forgery):
    helper = "def bad(fd):\n    try: os.fstat(fd)\n    except OSError: return True\n"
    result = grade(helper + FORGE.replace("FRAMES", forgery))
    found = verdicts(result)
    assert found["softmax"][0] == "wrong"
    assert result.score <= 6


def test_the_librarys_own_function_is_no_answer(grade):
    result = grade("from qkvlib.attention import softmax as ready\ndef softmax(z, axis=-1):\n    return ready(z, axis)")
    assert verdicts(result)["softmax"][0] == "wrong"
    assert "write it yourself" in seen(result)


def test_nothing_is_left_when_the_sandbox_closes(task):
    own = Sandbox(LIMITS)
    with own:
        grader.grade_cells(own, task, as_cells(submission()), "s", SECRET)
        inside = descendants(own._process.pid) | {own._process.pid}
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]
