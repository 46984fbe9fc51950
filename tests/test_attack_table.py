"""The table "class of attack x wall that stops it": every entry run for real, many in one process where that will do.

The list and what runs it are the package's own (`qkvlib.grading.attacks`), as `qkv doctor --attack` runs them too. An
entry that says so is also run with its wall taken away, in an ordinary process on this machine, so that the attack is
known to work. `docs/security.md` shows the table's sums, and a test compares.
"""

import json
import os
import re
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest
from classroom import SECRET, as_cells, submission

import qkvlib
from qkvlib.grading import assignment, grader
from qkvlib.grading.attacks import run, table
from qkvlib.grading.sandbox import Limits, Sandbox

pytestmark = pytest.mark.sandbox
KINDS = sorted({attack.kind for attack in table.INSIDE})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("teacher")


@pytest.fixture(scope="module")
def facts(place):
    with run.victim(place) as found:
        yield found


@pytest.fixture(scope="module")
def task(place, facts):
    return assignment.load(place / "exercises" / "02_two_tokens.ipynb")


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(run.PATIENT) as started:
        yield started


@pytest.mark.parametrize("kind", KINDS)
def test_from_inside_none_of_them_works(sandbox, facts, kind):
    attacks = [attack for attack in table.INSIDE if attack.kind == kind]
    outcomes = run.try_inside(sandbox, attacks, facts)
    assert len(outcomes) == len(attacks) >= 4
    assert [outcome.attack.name for outcome in outcomes if outcome.effect] == []
    assert not [outcome.attack.name for outcome in outcomes if outcome.met.startswith("NameError")], (
        "a slip in its code"
    )


@pytest.mark.parametrize("kind", sorted({attack.kind for attack in table.INSIDE if attack.away}))
def test_with_its_wall_taken_away_each_of_them_works(facts, kind, tmp_path):
    attacks = [attack for attack in table.INSIDE if attack.kind == kind and attack.away]
    code = run.program(attacks, facts) + "import json, sys\nsys.__stdout__.write(chr(10) + json.dumps(found))\n"
    library = str(Path(qkvlib.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env={**os.environ, "QKV_ATTACK_SECRET": "x", "USER_TOKEN": "x", "SSH_AUTH_SOCK": "x", "PYTHONPATH": library},
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    assert [(attack.name, found[str(n)][1]) for n, attack in enumerate(attacks) if not found[str(n)][0]] == []


# -- each handed in as an answer, and then a neighbour is graded by the same warm process ----------------------------


@pytest.fixture(scope="module")
def quick(bubblewrap):
    with Sandbox(run.QUICK) as started:
        yield started


@pytest.mark.parametrize("attack", table.OUTSIDE, ids=lambda attack: attack.name)
def test_handed_in_as_an_answer_it_gains_nothing_and_costs_nobody_else(quick, task, attack):
    assert run.try_as_answer(quick, task, attack).effect == ""


# -- limits: of the submission as a whole ----------------------------------------------------------------------------


def verdicts(grade):
    return {result.name: (result.status, result.mistake) for result in grade.results}


@pytest.fixture(params=["bubblewrap", "second"])
def wall(request):
    found = request.getfixturevalue("bubblewrap" if request.param == "bubblewrap" else "second_wall")
    return "bubblewrap" if request.param == "bubblewrap" else found


def test_the_memory_of_all_processes_counts_together(wall, task):
    """Five processes of 80 MB each, a fifth of the limit alone and more than it together."""
    code = textwrap.dedent(
        """
        import mmap, os, time
        def softmax(z, axis=-1):
            for _ in range(4):
                if os.fork() == 0:
                    break
            held = mmap.mmap(-1, 80 << 20)
            for place in range(0, 80 << 20, 4096):
                held[place] = 1
            time.sleep(30)
            return z
        """
    )
    with Sandbox(Limits(seconds=5, cpu_total=8, wall=20, memory=300 << 20), wall) as walls_up:
        reply_limits = walls_up.limits
        result = grader.grade_cells(walls_up, task, as_cells(submission({"softmax": code})), "attacker", SECRET)
    assert verdicts(result)["softmax"] == ("wrong", "stopped")
    assert "more memory than there is" in result.results[1].message
    assert reply_limits.memory == 300 << 20


def test_sleepers_that_block_signals_share_one_wall_clock(wall, task):
    asleep = "import signal, time\ndef {0}(*a, **k):\n    signal.pthread_sigmask(0, range(1, 60))\n    time.sleep(1000)"
    changes = {name: asleep.format(name) for name in ("scores", "softmax", "blend", "attention")}
    with Sandbox(Limits(seconds=0.5, cpu_total=2, wall=6), wall) as walls_up:
        started = time.monotonic()
        result = grader.grade_cells(walls_up, task, as_cells(submission(changes)), "attacker", SECRET)
        took = time.monotonic() - started
    assert {status for status, _ in verdicts(result).values()} == {"wrong"}
    assert took < 6 + 2 * len(changes) + 6, "one wall clock for all, two seconds at least for each"


# -- the table -------------------------------------------------------------------------------------------------------


def test_the_table_is_as_long_and_as_sound_as_it_says(root):
    assert len(table.TABLE) >= 311
    names = [(attack.kind, attack.name) for attack in table.TABLE]
    assert len(set(names)) == len(names)
    assert sum(attack.away for attack in table.INSIDE) >= 60
    page = (root / "docs" / "security.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| ([^|]+) \| ([^|]*?) ?\| ([^|]+) \| (\d+) \| (\d*) ?\|", page, re.MULTILINE)
    rows = [(a.kind, table.stopped_by(a, "bubblewrap"), table.stopped_by(a, "second")) for a in table.TABLE]
    known = Counter(row for row, attack in zip(rows, table.TABLE, strict=True) if attack.away)
    assert {(kind, first, second): (int(n), int(m or 0)) for kind, first, second, n, m in shown} == {
        row: (n, known[row]) for row, n in Counter(rows).items()
    }


def test_every_attack_is_promised_by_some_wall_and_all_but_a_few_by_each():
    for wall in ("bubblewrap", "second"):
        assert [a.name for a in table.TABLE if not table.stopped_by(a, wall) and a not in table.SECOND_ONLY] == []
    missing = {a.name for a in table.TABLE if not table.stopped_by(a, "second-as-you")}
    assert missing == {"be root", "become root", "another group", "more processes"}
