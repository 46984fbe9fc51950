"""Progress on disk: kept, merged, replaced atomically, and never in the way of a lesson."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from qkvlib.course import progress


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("QKV_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(progress, "_memory", None)
    return tmp_path / "home"


def test_an_entry_keeps_the_fields_that_are_not_replaced():
    progress.record("checks", "scores", status="wrong", attempts=1)
    assert progress.record("checks", "scores", status="correct") == {"status": "correct", "attempts": 1}
    assert progress.entry("checks", "scores") == {"status": "correct", "attempts": 1}
    assert progress.section("checks") == {"scores": {"status": "correct", "attempts": 1}}
    assert progress.entry("checks", "softmax") == {}


def test_what_is_handed_out_is_a_copy():
    progress.record("cards", "a", box=1)
    progress.load()["cards"]["a"]["box"] = 9
    assert progress.entry("cards", "a") == {"box": 1}


def test_reset_forgets_one_section_or_everything():
    progress.record("checks", "scores", status="correct")
    progress.record("cards", "a", box=1)
    progress.reset("checks")
    assert progress.load() == {"cards": {"a": {"box": 1}}}
    progress.reset()
    assert progress.load() == {}


def test_no_stray_file_is_left(home):
    progress.record("checks", "scores", status="correct")
    assert [file.name for file in home.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"sections": {"checks": {"scores": 3}}}', "null"])
def test_a_damaged_file_is_set_aside_and_kept(home, text):
    home.mkdir()
    (home / "progress.json").write_text(text, encoding="utf-8")
    assert progress.load() == {}
    assert (home / "progress.unreadable-1.json").read_text(encoding="utf-8") == text
    progress.record("checks", "scores", status="correct")
    assert progress.entry("checks", "scores") == {"status": "correct"}


def test_a_file_that_is_not_text_is_set_aside(home):
    home.mkdir()
    (home / "progress.json").write_bytes(b"\xff\xfe\x00")
    assert progress.load() == {}
    assert (home / "progress.unreadable-1.json").exists()


def test_a_failed_write_leaves_the_old_file_whole(home, monkeypatch):
    progress.record("checks", "scores", status="wrong")
    before = (home / "progress.json").read_bytes()

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    progress.record("checks", "scores", status="correct")
    assert (home / "progress.json").read_bytes() == before
    assert progress.entry("checks", "scores") == {"status": "correct"}
    assert "memory only" in progress.where()
    assert [file.name for file in home.iterdir()] == ["progress.json"]


def test_what_is_not_json_is_refused_and_nothing_changes():
    progress.record("checks", "scores", status="wrong")
    with pytest.raises(TypeError):
        progress.record("checks", "scores", status=object())
    assert progress.entry("checks", "scores") == {"status": "wrong"}


def test_notebooks_writing_at_once_lose_nothing(home):
    code = (
        "from qkvlib.course import progress; import sys\n"
        "for n in range(20): progress.record('cards', sys.argv[1] + str(n), box=n)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, name], env={**os.environ, "QKV_HOME": str(home)})
        for name in "abc"
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert len(progress.section("cards")) == 60
    assert json.loads((home / "progress.json").read_text(encoding="utf-8"))["version"] == progress.VERSION


def test_a_lock_left_by_a_dead_process_does_not_block(home):
    home.mkdir()
    lock = home / "progress.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    progress.record("checks", "scores", status="correct")
    assert progress.entry("checks", "scores") == {"status": "correct"}
    assert not lock.exists()


@pytest.mark.parametrize(
    "text",
    [
        '{"sections": {"checks": {"scores": {"attempts": "three"}}}}',
        '{"sections": {"checks": {"scores": {"attempts": true}}}}',
        '{"sections": {"checks": {"scores": {"status": 1}}}}',
        '{"sections": {"checks": {"scores": 3}}}',
        '{"sections": {"checks": ["scores"]}}',
        '{"sections": "checks"}',
        "[" * 100_000,
    ],
)
def test_progress_of_another_shape_stops_no_check(home, text):
    from qkvlib import check

    home.mkdir(exist_ok=True)
    progress.path().write_text(text)
    assert check.scores(lambda Q, K: Q @ np.swapaxes(K, -1, -2)).status == "wrong"
    assert progress.entry("checks", "scores")["attempts"] == 1
    assert [p.read_text() for p in home.glob("*unreadable*")] == [text], "nothing is thrown away"


def test_a_lock_from_the_future_holds_nobody_up(home):
    home.mkdir(exist_ok=True)
    lock = progress.path().with_suffix(".lock")
    lock.write_text("")
    later = time.time() + 10_000
    os.utime(lock, (later, later))
    waits = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(progress.time, "sleep", waits.append)
        progress.record("checks", "scores", status="correct")
    assert (waits, lock.exists()) == ([], False)
