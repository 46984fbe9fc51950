"""Attacks on the grader: what an answer may see, reach, use up and leave behind. A bystander loses nothing."""

import os
import socket

import pytest
from classroom import ANSWERS
from under_attack import MARK, PLACES, SNOOP, alone_wrong, grade, sandbox, seen, snoop, task, verdicts  # noqa: F401

pytestmark = pytest.mark.sandbox

# -- looking where nothing is ---------------------------------------------------------------------------------------


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
        "    e = np", "    print('debug', z); np.float64(1) / 0; np.seterr(all='raise', under='ignore')\n    e = np", 1
    )
    assert verdicts(grade(noisy))["softmax"] == ("correct", "")
