"""The second wall: which walls stand where, what enters and leaves, and the whole list of attacks against it."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classroom import SECRET, STUBS, as_cells, course, submission
from processes import descendants
from small_class import small_class

from qkvlib.grading import assignment, grader
from qkvlib.grading.attacks import run, table
from qkvlib.grading.inside import landlock
from qkvlib.grading.sandbox import Limits, Sandbox, available, weakness
from qkvlib.grading.sandbox import second as outside

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
