"""Starting and refusing to start the sandbox, and the wire through its wall."""

import json
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from classroom import SECRET, as_cells, course, submission
from hypothesis import given, settings
from hypothesis import strategies as st

from qkvlib.grading import assignment, grader
from qkvlib.grading.inside import wire
from qkvlib.grading.sandbox import Limits, Sandbox, SandboxUnavailable, available, bubblewrap, host, replies


def test_without_bubblewrap_it_refuses_and_names_the_package(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *a, **k: None)
    monkeypatch.setattr(bubblewrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap") as refusal:
        available()
    assert "--unsafe-no-sandbox" in str(refusal.value)


def test_another_system_is_told_where_to_go(monkeypatch):
    monkeypatch.setattr(bubblewrap.platform, "system", lambda: "Darwin")
    with pytest.raises(SandboxUnavailable, match="on Linux or in WSL 2"):
        available()


@pytest.mark.parametrize(
    "said",
    [
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow",
        "bwrap: setting up uid map: Permission denied",
        "bwrap: Creating new namespace failed: Operation not permitted",
        "unshare: Operation not permitted",
    ],
)
def test_a_container_that_blocks_user_namespaces_is_recognised(monkeypatch, tmp_path, said):
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    monkeypatch.setattr(bubblewrap, "launch_command", lambda control: [str(fake)])
    with pytest.raises(SandboxUnavailable, match="does not allow user namespaces") as refusal:
        available()
    assert "Docker" in str(refusal.value)
    assert said in str(refusal.value)


def test_any_other_failure_is_passed_on(monkeypatch):
    monkeypatch.setattr(
        bubblewrap, "launch_command", lambda control: [sys.executable, "-c", "raise OSError('no disk')"]
    )
    with pytest.raises(SandboxUnavailable, match="did not start: OSError: no disk"):
        available()


def test_unsafe_grades_too_and_cleans_up(tmp_path, monkeypatch):
    monkeypatch.setattr(host.tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    task = assignment.load(course(tmp_path))
    loop = {"blend": "def blend(weights, V):\n    open('left.txt', 'w').write('x')\n    while True: pass"}
    with Sandbox(Limits(seconds=0.3, wall=30), wall="none") as walls:
        assert grader.grade_cells(walls, task, as_cells(submission()), "s1", SECRET).score == task.total
        result = grader.grade_cells(walls, task, as_cells(submission(loop)), "s1", SECRET)
        assert result.results[2].mistake == "no-end"
        assert result.score == task.total - 1
        assert not list(Path(walls._scratch).iterdir())
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.sandbox
def test_a_sandbox_that_died_is_started_again(bubblewrap, tmp_path):
    task = assignment.load(course(tmp_path))
    with Sandbox() as walls:
        first = grader.grade_cells(walls, task, as_cells(submission()), "s1", SECRET)
        walls._control.close()
        walls._process.wait(10)
        assert grader.grade_cells(walls, task, as_cells(submission()), "s1", SECRET) == first


@pytest.mark.sandbox
def test_grades_do_not_depend_on_what_was_graded_before(bubblewrap, tmp_path):
    task = assignment.load(course(tmp_path))
    books = [as_cells(submission()), as_cells(submission({"softmax": "def softmax(z, axis=-1):\n    return z"}))]
    with Sandbox() as walls:
        forth = [grader.grade_cells(walls, task, book, f"s{i}", SECRET) for i, book in enumerate(books)]
        back = [grader.grade_cells(walls, task, book, f"s{1 - i}", SECRET) for i, book in enumerate(books[::-1])]
    assert back[::-1] == forth


# -- the wire ----------------------------------------------------------------------------------------------------------

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from([np.arange(6.0).reshape(2, 3), np.array(3), np.zeros((0, 5), np.int8), np.array([True, False])]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def through(value):
    packer = wire.Packer()
    raw = wire.frame({"value": packer.pack(value)}, packer)
    position = 0

    def receive(n):
        nonlocal position
        part = raw[position : position + n]
        position += len(part)
        return part

    header, body = wire.read_frame(receive)
    inward = wire.unpack(json.loads(header)["value"], body)  # as code inside reads what the grader sends
    return build(json.loads(header)["value"], body), inward


def build(tree, body):
    """As the grader reads what comes from inside."""
    result = {"kind": "returned", "value": tree}
    message = {"event": "answer", "name": "x", "results": [result]}
    return replies.parse(json.dumps(message).encode(), body).values[0]


@settings(max_examples=60, deadline=None)
@given(plain)
def test_plain_values_come_through_unchanged(value):
    outward, inward = through(value)
    assert same(value, outward)
    assert same(value, inward)


def test_what_may_not_cross_leaves_only_its_name():
    for value in (object(), np.array([object()]), np.zeros(2, "M8[s]"), {1, 2}, np.rec.array([1]), 10**500):
        assert isinstance(through(value)[0], wire.Foreign)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read_but_never_crash(raw):
    parts = [raw]
    try:
        item = wire.read_frame(lambda n: parts.pop()[:n] if parts else b"")
        if item is not None:
            replies.parse(*item)
    except wire.WireError:
        pass


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        {},
        {"k": "array"},
        {"k": "array", "d": "|O", "s": [1], "o": 0},
        {"k": "array", "d": "<f8", "s": [-1], "o": 0},
        {"k": "array", "d": "<f8", "s": [2], "o": 0},
        {"k": "array", "d": "<f8", "s": [1], "o": -8},
        {"k": "array", "d": "<f8", "s": [True], "o": 0},
        {"k": "array", "d": "<f8", "s": [1 << 20, 1 << 20, 1 << 20], "o": 0},
        {"k": "array", "d": ["<f8"], "s": [1], "o": 0},
        {"k": "scalar", "d": "<f8", "s": [1], "o": 0},
        {"k": "int", "v": True},
        {"k": "str", "v": 3},
        {"k": "list", "v": {}},
        {"k": "dict", "v": [[{"k": "list", "v": []}, {"k": "none"}]]},
        {"k": "dict", "v": [3]},
        {"k": "pickle", "v": "x"},
    ],
)
def test_irregular_trees_are_refused(tree):
    with pytest.raises(wire.WireError):
        build(tree, bytes(8))


def test_a_boolean_is_zero_or_one_whatever_its_byte():
    array = build({"k": "array", "d": "|b1", "s": [3], "o": 0}, b"\x00\x01\xff")
    assert array.view(np.uint8).tolist() == [0, 1, 1]
