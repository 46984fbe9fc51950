"""A learner's copy of the notebooks: written once, brought up to date, and never over a learner's own work."""

import json

import pytest
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.course import lab, workcopy
from qkvlib.course.trust import FOLDERS, unchanged
from qkvlib.course.workcopy import MARKER, NoCopy, lay, put_back

LESSON, EXERCISE = "notebooks/01.ipynb", "exercises/01.ipynb"


@pytest.fixture
def course(monkeypatch):
    """What the installed course carries; a test changes it to be a later version."""
    carried = {LESSON: b"lesson 1\n", EXERCISE: b"exercise 1\n", "README.md": b"list\n"}
    monkeypatch.setattr(workcopy, "files", lambda: dict(carried))
    return carried


@pytest.fixture
def copy(course, tmp_path):
    folder = tmp_path / "my-course"
    assert lay(folder).written == [LESSON, EXERCISE, "README.md"]
    return folder


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_copy_is_the_courses_files_and_a_second_time_nothing_happens(course, copy):
    there = contents(copy)
    assert {name: data for name, data in there.items() if name != MARKER} == course
    assert lay(copy) == workcopy.Laid()
    assert contents(copy) == there


def test_what_a_learner_changed_is_kept_and_said(course, copy):
    (copy / EXERCISE).write_bytes(b"my answer\n")
    laid = lay(copy)
    assert (laid.kept, laid.newer, laid.written, laid.renewed) == ([EXERCISE], [], [], [])
    assert (copy / EXERCISE).read_bytes() == b"my answer\n"
    assert list(lab.told(copy, laid)) == [f"{copy}: 1 file you have worked in kept as they are ({EXERCISE})."]


def test_a_newer_version_replaces_what_was_not_touched_and_is_offered_for_what_was(course, copy):
    (copy / EXERCISE).write_bytes(b"my answer\n")
    course |= {LESSON: b"lesson 1, better\n", EXERCISE: b"exercise 1, better\n"}
    for _ in range(2):  # the offer stands until it is taken
        laid = lay(copy)
        assert (laid.kept, laid.newer) == ([EXERCISE], [EXERCISE])
        assert (copy / EXERCISE).read_bytes() == b"my answer\n"
        assert f"qkv reset {copy / EXERCISE}" in list(lab.told(copy, laid))[-1]
    assert (copy / LESSON).read_bytes() == b"lesson 1, better\n"
    done = put_back(copy / EXERCISE)
    assert (copy / EXERCISE).read_bytes() == b"exercise 1, better\n"
    assert done.mine.read_bytes() == b"my answer\n"
    assert lay(copy) == workcopy.Laid()


def test_a_file_that_is_gone_from_the_course_goes_only_when_it_holds_nobodys_work(course, copy):
    (copy / EXERCISE).write_bytes(b"my answer\n")
    del course[LESSON], course[EXERCISE]
    assert lay(copy).gone == [LESSON]
    assert (copy / EXERCISE).read_bytes() == b"my answer\n"
    assert lay(copy) == workcopy.Laid()


def test_a_deleted_file_comes_back(copy):
    (copy / LESSON).unlink()
    assert lay(copy).written == [LESSON]


def test_line_ends_are_no_change(course, copy):
    (copy / LESSON).write_bytes(b"lesson 1\r\n")
    assert lay(copy) == workcopy.Laid()
    course[LESSON] = b"lesson 1, better\n"
    assert lay(copy).renewed == [LESSON]


def test_a_folder_with_files_of_somebodys_own_keeps_them(course, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / LESSON).write_text("mine too")
    (tmp_path / "exercises").mkdir()
    (tmp_path / EXERCISE).symlink_to(tmp_path / "README.md")
    laid = lay(tmp_path)
    assert (sorted(laid.kept), laid.written) == (sorted(course), [])
    assert (tmp_path / "README.md").read_text() == "mine"
    with pytest.raises(NoCopy, match="is a link"):
        put_back(tmp_path / EXERCISE)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', '{"files": {"notebooks/01.ipynb": 3}}'])
def test_without_a_readable_memory_everything_that_differs_is_the_learners(course, copy, text):
    (copy / MARKER).write_text(text)
    course[LESSON] = b"lesson 1, better\n"
    assert lay(copy).kept == [LESSON]


def test_a_memory_from_elsewhere_deletes_nothing_outside_the_copy(course, copy, tmp_path):
    victim = tmp_path / "victim.ipynb"
    victim.write_bytes(b"precious\n")
    known = json.loads((copy / MARKER).read_text())["files"]
    known |= {name: workcopy.fingerprint(b"precious\n") for name in ("../victim.ipynb", str(victim), "victim")}
    (copy / MARKER).write_text(json.dumps({"files": known}))
    assert lay(copy).gone == []
    assert victim.exists()


def test_places_that_cannot_hold_a_copy(course, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NoCopy, match="is a file"):
        lay(tmp_path / "file")
    for name in ("lessons", "qkvlib"):
        (tmp_path / "clone" / name).mkdir(parents=True)
    with pytest.raises(NoCopy, match="is a clone"):
        lay(tmp_path / "clone")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "notebooks").write_text("a file where a folder should be")
    before = contents(tmp_path)
    with pytest.raises(OSError, match="notebooks"):
        lay(tmp_path / "half")
    assert contents(tmp_path) == before, "not one file was written"


def reset(*arguments, answer=""):
    return CliRunner().invoke(app, ["reset", *map(str, arguments)], input=answer)


def test_reset_asks_and_keeps_what_was_there(course, copy):
    for n, answer in enumerate((b"first\n", b"second\n"), start=1):
        (copy / EXERCISE).write_bytes(answer)
        for no in ("n\n", ""):
            done = reset(copy / EXERCISE, answer=no)
            assert (done.exit_code, (copy / EXERCISE).read_bytes()) == (1, answer)
            assert "nothing was changed" in done.output
        done = reset(copy / EXERCISE, answer="y\n")
        assert done.exit_code == 0
        mine = copy / f"exercises/01.mine-{n}.ipynb"
        assert f"Yours is now {mine}" in done.output.replace("\n", "")
        assert mine.read_bytes() == answer
        assert (copy / EXERCISE).read_bytes() == course[EXERCISE]
    assert "as the course has it" in reset(copy / EXERCISE).output, "nothing is asked where nothing would change"
    (copy / LESSON).unlink()
    assert reset(copy / LESSON).exit_code == 0
    assert (copy / LESSON).exists()


def test_reset_names_what_it_cannot_put_back(copy, tmp_path):
    for file, words in ((copy / "notebooks/1.ipynb", "it has 01.ipynb"), (tmp_path / "x.ipynb", "not in a copy")):
        done = reset(file)
        assert done.exit_code == 1
        assert words in done.output
    assert not (tmp_path / "x.ipynb").exists()


def test_a_clones_copy_is_whole_and_trusted_by_the_packages_hashes(root, tmp_path):
    folder = tmp_path / "my-course"
    opened, listed = lab.place(folder)
    assert opened == folder
    wanted = {path.relative_to(root) for place in FOLDERS for path in (root / place).glob("*.ipynb")}
    assert {path.relative_to(folder) for path in unchanged(folder, listed)} == {
        path.relative_to(root) for path in unchanged(root)
    }
    assert {path.relative_to(folder) for path in folder.rglob("*.ipynb")} == wanted
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.as_posix()})" in readme for path in wanted if path.parts[0] != "solutions")


def test_without_a_folder_the_copy_one_stands_in_is_opened_else_the_clone(root, copy, monkeypatch, tmp_path):
    monkeypatch.chdir(copy / "exercises")
    assert lab.place(None)[0] == copy
    monkeypatch.chdir(tmp_path)
    assert lab.place(None) == (root, None)
    monkeypatch.setattr(lab, "course_root", lambda: (_ for _ in ()).throw(lab.NotTheCourse("no clone")))
    assert lab.place(None)[0] == tmp_path / "my-course"
