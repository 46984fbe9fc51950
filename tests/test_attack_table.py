"""The table "class of attack x wall that stops it": every entry run for real, many in one process where that will do.

An entry that says so is also run with its wall taken away, in an ordinary process on this machine, so that the attack
is known to work. `docs/security.md` shows the table's sums, and a test compares.
"""

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import textwrap
from collections import Counter
from pathlib import Path

import attacks_inside
import attacks_outside
import attacks_values
import numpy as np
import pytest
from classroom import SECRET, as_cells, course, submission

import qkvlib
from qkvlib.grading import assignment, grader
from qkvlib.grading.inside import walls, wire
from qkvlib.grading.sandbox import Limits, Sandbox

pytestmark = pytest.mark.sandbox
INSIDE = [*attacks_inside.INSIDE, *attacks_inside.system_calls(walls._DENIED, walls._COLUMN)]
TABLE = [*INSIDE, *attacks_outside.ALL, *attacks_values.LIES]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A course with everything in it that nobody should see."""
    folder = tmp_path_factory.mktemp("teacher")
    course(folder)
    for name in ("in", "results"):
        (folder / name).mkdir()
    for name in ("qkv-course.json", "roster.csv", "in/s1.ipynb", "results/grades.csv"):
        (folder / name).write_text("the teacher's own")
    return folder


@pytest.fixture(scope="module")
def task(place):
    return assignment.load(place / "exercises" / "02_two_tokens.ipynb")


@pytest.fixture(scope="module")
def server():
    """Something on this machine that listens, by port and by an abstract name."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as unnamed:
        port = listening.getsockname()[1]
        unnamed.bind(f"\0qkv-attack-{port}")
        unnamed.listen()
        yield port


@pytest.fixture(scope="module")
def facts(place, server):
    return {
        "{place}": str(place),
        "{library}": str(Path(qkvlib.__file__).parent),
        "{python}": sysconfig.get_path("stdlib"),
        "{packages}": str(Path(np.__file__).parent.parent),
        "{port}": str(server),
    }


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(Limits(seconds=30, cpu_total=60, wall=90)) as started:
        yield started


TRY = """
def attempt(attack):
    try:
        return bool(attack())
    except BaseException:
        return False
"""


def program(attacks, facts):
    """Code that tries every attack, and leaves {its place in the table: whether it worked} in `found`."""
    parts = [TRY]
    for number, attack in enumerate(attacks):
        body = attack.body
        for token, value in facts.items():
            body = body.replace(token, value)
        parts.append(f"def attack_{number}():\n{textwrap.indent(body, '    ')}\n")
    tried = ", ".join(f"'{number}': attempt(attack_{number})" for number in range(len(attacks)))
    return "\n".join([*parts, f"found = {{{tried}}}\n"])


def value_from_inside(sandbox, code, name="found"):
    """What a notebook with this one cell leaves under a name."""
    ask = {
        "name": "x",
        "names": [name],
        "kind": "value",
        "parameters": [],
        "unpacked": [],
        "expressions": [name],
        "named": {},
        "calls": [],
    }
    lists = {name: [] for name in ("provided", "graded", "served", "offered")}
    cells = [{"type": "code", "source": code, "name": ""}]
    nothing = {"given": {}, "examples": wire.Packer().pack({})}
    reply = sandbox.run({"cells": cells, "asks": [ask], **lists, **nothing})
    answer = reply.answers(["x"]).get("x")
    assert answer is not None, f"the child ended ({reply.ended}) before it answered"
    return answer.values[0]


KINDS = sorted({attack.kind for attack in INSIDE})


@pytest.mark.parametrize("kind", KINDS)
def test_from_inside_none_of_them_works(sandbox, facts, kind):
    attacks = [attack for attack in INSIDE if attack.kind == kind]
    found = value_from_inside(sandbox, program(attacks, facts))
    assert len(found) == len(attacks) >= 4
    assert [attack.name for number, attack in enumerate(attacks) if found[str(number)]] == []


@pytest.mark.parametrize("kind", sorted({attack.kind for attack in INSIDE if attack.away}))
def test_with_its_wall_taken_away_each_of_them_works(facts, kind, tmp_path):
    attacks = [attack for attack in INSIDE if attack.kind == kind and attack.away]
    code = program(attacks, facts) + "import json, sys\nsys.__stdout__.write(chr(10) + json.dumps(found))\n"
    library = str(Path(qkvlib.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env={**os.environ, "QKV_ATTACK_SECRET": "x", "USER_TOKEN": "x", "SSH_AUTH_SOCK": "x", "PYTHONPATH": library},
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    assert [attack.name for number, attack in enumerate(attacks) if not found[str(number)]] == []


def verdicts(grade):
    return {result.name: (result.status, result.mistake) for result in grade.results}


# -- forged messages: each from a child of its own, and then a neighbour is graded -----------------------------------


@pytest.fixture(scope="module")
def quick(bubblewrap):
    with Sandbox(Limits(seconds=0.5, cpu_total=2, wall=8)) as started:
        yield started


@pytest.mark.parametrize("forgery", attacks_outside.FORGERIES, ids=lambda attack: attack.name)
def test_a_forged_message_costs_its_sender_alone(quick, task, forgery):
    result = grader.grade_cells(quick, task, as_cells(submission({"softmax": forgery.body})), "attacker", SECRET)
    found = verdicts(result)
    assert found["softmax"][0] == "wrong"
    assert result.score <= task.total - 2
    neighbour = grader.grade_cells(quick, task, as_cells(submission()), "neighbour", SECRET)
    assert neighbour.score == task.total


# -- points for nothing: lost answers and library functions that are asked for outside -------------------------------


@pytest.mark.parametrize("theft", attacks_outside.THEFTS, ids=lambda theft: theft.name)
def test_what_is_computed_outside_earns_nothing_by_itself(quick, task, theft):
    result = grader.grade_cells(quick, task, as_cells(submission(theft.changes)), "attacker", SECRET)
    assert {name for name, (status, _) in verdicts(result).items() if status == "correct"} == set(theft.earns)


# -- values that lie, and what is tampered with inside: then a neighbour is graded by the same warm process ---------


@pytest.mark.parametrize("lie", attacks_values.LIES, ids=lambda lie: lie.name)
def test_a_value_that_lies_costs_its_answer_alone(quick, task, lie):
    result = grader.grade_cells(quick, task, as_cells(submission(lie.changes)), "attacker", SECRET)
    assert {name for name, (status, _) in verdicts(result).items() if status == "correct"} == set(lie.earns)
    neighbour = grader.grade_cells(quick, task, as_cells(submission()), "neighbour", SECRET)
    assert neighbour.score == task.total


# -- limits: of the submission as a whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("hog", attacks_outside.HOGS, ids=lambda hog: hog.name)
def test_a_hog_is_ended_within_its_limits_and_costs_only_itself(quick, task, hog):
    result = grader.grade_cells(quick, task, as_cells(submission({"softmax": hog.body})), "attacker", SECRET)
    found = verdicts(result)
    assert found.pop("softmax")[0] == "wrong"
    assert set(found.values()) == {("correct", "")}, found


def test_the_memory_of_all_processes_counts_together(bubblewrap, task):
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
    with Sandbox(Limits(seconds=5, cpu_total=8, wall=20, memory=300 << 20)) as walls_up:
        reply_limits = walls_up.limits
        result = grader.grade_cells(walls_up, task, as_cells(submission({"softmax": code})), "attacker", SECRET)
    assert verdicts(result)["softmax"] == ("wrong", "stopped")
    assert "more memory than there is" in result.results[1].message
    assert reply_limits.memory == 300 << 20


def test_sleepers_that_block_signals_share_one_wall_clock(bubblewrap, task):
    import time

    asleep = "import signal, time\ndef {0}(*a, **k):\n    signal.pthread_sigmask(0, range(1, 60))\n    time.sleep(1000)"
    changes = {name: asleep.format(name) for name in ("scores", "softmax", "blend", "attention")}
    with Sandbox(Limits(seconds=0.5, cpu_total=2, wall=6)) as walls_up:
        started = time.monotonic()
        result = grader.grade_cells(walls_up, task, as_cells(submission(changes)), "attacker", SECRET)
        took = time.monotonic() - started
    assert {status for status, _ in verdicts(result).values()} == {"wrong"}
    assert took < 6 + 2 * len(changes) + 6, "one wall clock for all, two seconds at least for each"


# -- the table -------------------------------------------------------------------------------------------------------


def test_the_table_is_as_long_and_as_sound_as_it_says(root):
    assert len(TABLE) >= 180
    names = [(attack.kind, attack.name) for attack in TABLE]
    assert len(set(names)) == len(names)
    assert sum(attack.away for attack in INSIDE) >= 60
    page = (root / "docs" / "security.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| (\d*) ?\|", page, re.MULTILINE)
    counted = Counter((attack.kind, attack.wall) for attack in TABLE)
    known = Counter((attack.kind, attack.wall) for attack in TABLE if attack.away)
    assert {(kind, wall): (int(n), int(m or 0)) for kind, wall, n, m in shown} == {
        row: (n, known[row]) for row, n in counted.items()
    }
