"""Attacks on the grader, each with what must come of it. After every one a bystander still gets the full score."""

import os
import socket
import textwrap
from pathlib import Path

import pytest
from classroom import ANSWERS, SECRET, as_cells, course, submission

from qkvlib.grading import assignment, grader
from qkvlib.grading.sandbox import Limits, Sandbox

pytestmark = pytest.mark.sandbox
MARK = "qkv-attack-mark"
PLACES = ["/tmp", "/dev/shm", "/dev", "/", "/usr", "/sandbox", "/proc", "/var/tmp", str(Path.home())]
LIMITS = Limits(seconds=0.5, cpu_total=2, wall=12)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(LIMITS) as started:
        yield started


def descendants(pid):
    """Every process below `pid`, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, grew = {pid}, True
    while grew:
        grew = {p for p, parent in parents.items() if parent in found} - found
        found |= grew
    return found - {pid}


@pytest.fixture
def grade(sandbox, task):
    """Grade a submission with `softmax` replaced (and other changes); afterwards everything must be as before."""
    mine = grader.grade_cells(sandbox, task, as_cells(submission()), "bystander", SECRET)
    warm = descendants(sandbox._process.pid)

    def run(softmax=None, extra=(), **changes):
        if softmax is not None:
            changes["softmax"] = textwrap.dedent(softmax)
        return grader.grade_cells(sandbox, task, as_cells(submission(changes, extra)), "attacker", SECRET)

    yield run
    again = grader.grade_cells(sandbox, task, as_cells(submission()), "bystander", SECRET)
    assert again == mine, "a bystander's grade changed"
    assert again.score == task.total
    assert descendants(sandbox._process.pid) == warm, "a process was left behind"
    left = [place for place in PLACES if Path(place, MARK).exists()]
    assert not left, f"a file was left behind in {left}"


def verdicts(grade):
    return {r.name: (r.status, r.mistake) for r in grade.results}


def alone_wrong(grade, mistake):
    """softmax is wrong for this reason, and nothing else is lost."""
    found = verdicts(grade)
    assert found.pop("softmax") == ("wrong", mistake)
    assert set(found.values()) == {("correct", "")}, found


WRONG = "def softmax(z, axis=-1):\n    return z\n"

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


# -- looking where nothing is ---------------------------------------------------------------------------------------

SNOOP = """
def softmax(z, axis=-1):
    raise ValueError(repr(look()))
"""


def snoop(look):
    """An answer that raises what its `look` found."""
    return textwrap.dedent(look) + SNOOP


def seen(result):
    """What a snooping answer found, as it appears in the message."""
    said = next(r.message for r in result.results if r.name == "softmax")
    return said.replace("“", "").replace("”", "")  # what a student's code says is quoted


def test_the_frame_stack_holds_no_expected_value(grade):
    result = grade(
        snoop(
            """
        import gc, sys
        def look():
            found = []
            frame = sys._getframe()
            while frame:
                found += [k for k in frame.f_locals if k in ("expected", "reference", "exercise")]
                frame = frame.f_back
            references = [o for o in gc.get_objects() if type(o).__name__ in ("Exercise", "Mistake", "Assignment")]
            inner = ("qkvlib.check.exercises", "qkvlib.check.misconceptions", "qkvlib.grading.")
            specs = [m for m in sys.modules if m.startswith(inner)]
            return len(references), specs
        """
        )
    )
    assert "(0, [])" in seen(result)


def test_the_environment_is_empty(grade, monkeypatch):
    result = grade("import os\ndef look():\n    return sorted(os.environ)\n" + SNOOP)
    assert "HOME" in seen(result)
    assert not [name for name in os.environ if name not in _HARMLESS and f"'{name}'" in seen(result)]


_HARMLESS = {"HOME", "PATH", "PWD", "LC_ALL", "LC_CTYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}


def test_other_processes_are_out_of_sight_and_reach(grade):
    result = grade(
        snoop(
            """
        import ctypes, os
        def look():
            libc = ctypes.CDLL(None, use_errno=True)
            reached = [pid for pid in range(2, 5000) if libc.kill(pid, 0) == 0]
            return reached, os.listdir("/proc"), libc.ptrace(16, 1, 0, 0), os.getppid()
        """
        )
    )
    assert "([], [], -1, 0)" in seen(result)


def test_no_files_of_others(grade, tmp_path):
    secret = tmp_path / "other-student.ipynb"
    secret.write_text("the answer of somebody else")
    result = grade(f"def look():\n    return open({str(secret)!r}).read()\n" + SNOOP)
    assert verdicts(result)["softmax"][0] == "wrong"
    assert "somebody else" not in seen(result)


def test_nothing_of_the_student_before_is_in_memory(grade):
    """The warm process never reads a submission, so a child cannot inherit another student's."""
    grade(None, extra=["note = 'SHIBBOLETH-OF-THE-STUDENT-BEFORE'"], blend="def blend(w, V):\n    return note, w @ V")
    result = grade(
        snoop(
            """
        import gc
        def look():
            word = "SHIBBOLETH-OF-THE-" + "STUDENT-BEFORE"
            texts = [t for o in gc.get_objects() if type(o) is dict for t in list(o.values()) if type(t) is str]
            return "found" if any(word in t for t in texts) else "nothing"
        """
        )
    )
    assert "'nothing'" in seen(result)


def test_nothing_can_be_written_outside_its_own_tmp(grade):
    result = grade(
        snoop(
            f"""
        import os
        def look():
            done = []
            for place in {PLACES!r}:
                try:
                    open(os.path.join(place, {MARK!r}), "w").write("x")
                    done.append(place)
                except OSError:
                    pass
            return done
        """
        )
    )
    assert "ValueError: ['/tmp'])" in seen(result)
    listing = grade("import os\ndef look():\n    return os.listdir('/tmp'), os.listdir('/dev/shm')\n" + SNOOP)
    assert "([], [])" in seen(listing)


def test_no_network(grade):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = grade(
            snoop(
                f"""
            import socket
            def look():
                refused = []
                for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
                    try:
                        socket.socket(family, socket.SOCK_STREAM).connect(("127.0.0.1", {port}))
                    except PermissionError:
                        refused.append(int(family))
                return refused
            """
            )
        )
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "[2, 10, 16, 17]" in seen(result)


def test_no_new_namespace_and_no_capability(grade):
    result = grade(
        snoop(
            """
        import ctypes, os
        def look():
            libc = ctypes.CDLL(None, use_errno=True)
            calls = [libc.unshare(0x10000000), libc.mount(b"x", b"/tmp", b"tmpfs", 0, None), libc.umount2(b"/proc", 2),
                     libc.chroot(b"/tmp"), libc.setuid(0), libc.setgid(0)]
            return calls, os.getuid() != 0
        """
        )
    )
    assert "([-1, -1, -1, -1, -1, -1], True)" in seen(result)


# -- breaking out of Python, of time and of memory ------------------------------------------------------------------


@pytest.mark.parametrize("way", ["os._exit(0)", "os.abort()", "ctypes.string_at(0)"])
def test_an_answer_that_ends_its_process_costs_only_itself(grade, way):
    alone_wrong(grade(f"import ctypes, os\ndef softmax(z, axis=-1):\n    {way}\n    return z"), "stopped")


@pytest.mark.parametrize(
    "way", ["sys.exit(0)", "raise SystemExit", "raise KeyboardInterrupt", "exit()", "raise GeneratorExit"]
)
def test_an_answer_that_leaves_python_is_wrong(grade, way):
    found = verdicts(grade(f"import sys\ndef softmax(z, axis=-1):\n    {way}"))
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "import signal\n    for s in range(1, 65):\n        try: signal.signal(s, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n    while True: pass",
        "import time\n    time.sleep(1000)",
        "import threading\n    threading.Event().wait()",
    ],
    ids=["plain", "swallowing", "ignoring signals", "sleeping", "waiting"],
)
def test_an_endless_answer_costs_only_itself(grade, loop):
    alone_wrong(grade(f"def softmax(z, axis=-1):\n    {loop}\n    return z"), "no-end")


def test_an_endless_statement_costs_only_what_needs_it(grade):
    found = verdicts(grade("n = 0\nwhile True: n += 1\ndef softmax(z, axis=-1):\n    return n"))
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


def test_a_fork_bomb_stays_small_and_is_swept_up(grade):
    found = verdicts(grade("import os\ndef softmax(z, axis=-1):\n    while True:\n        os.fork()"))
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


def test_a_right_answer_that_leaves_processes_and_threads_behind_is_right(grade):
    result = grade(
        ANSWERS["softmax"].replace(
            "    e = np.exp",
            "    import os, threading, time\n"
            "    if len(started) < 2:\n"
            "        started.append(threading.Thread(target=time.sleep, args=(1000,), daemon=True))\n"
            "        started[-1].start()\n"
            "        if os.fork() == 0:\n            os.setsid(); time.sleep(1000); os._exit(0)\n"
            "    e = np.exp",
        )
        + "\nstarted = []\n"
    )
    assert verdicts(result)["softmax"] == ("correct", "")


@pytest.mark.parametrize(
    "bomb",
    ["x = np.ones((1 << 30,))", "x = 'a' * (1 << 40)", "x = []\n    while True: x.append(bytearray(1 << 24))"],
    ids=["numpy", "string", "slowly"],
)
def test_a_memory_bomb_costs_only_itself(grade, bomb):
    found = verdicts(grade(f"def softmax(z, axis=-1):\n    {bomb}\n    return z"))
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


def test_a_disk_bomb_fills_only_its_own_tmp(grade):
    found = verdicts(
        grade("def softmax(z, axis=-1):\n    f = open('/tmp/big', 'wb')\n    while True: f.write(bytes(1 << 20))")
    )
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


FLOODS = {
    "print": "print('x' * 1000)",
    "stdout itself": "os.write(1, b'x' * 100_000)",
    "the old stdout": "sys.__stdout__.write('x' * 1000)",
    "warnings": "import warnings; warnings.warn('x' * 1000)",
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_an_output_flood_goes_nowhere(grade, flood):
    found = verdicts(grade(f"import os, sys\ndef softmax(z, axis=-1):\n    while True: {flood}"))
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}


def test_a_right_answer_that_prints_and_warns_is_right(grade):
    noisy = ANSWERS["softmax"].replace(
        "    e = np", "    print('debug', z); np.float64(1) / 0; np.seterr(all='raise')\n    e = np", 1
    )
    assert verdicts(grade(noisy))["softmax"] == ("correct", "")


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
