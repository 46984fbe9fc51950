"""What `make test` leaves alone: a learner's notebooks, as long as nothing else has been changed."""

import subprocess

import pytest
from own_work import own_work, skip_own_work
from test_trust import built, write


def commit(root):
    who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "the course"]):
        subprocess.run(["git", *who, "-C", str(root), *arguments], check=True, capture_output=True)


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    write(tmp_path / "exercises" / "01.ipynb", "blank")
    write(tmp_path / "exercises" / "02.ipynb", "blank")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01.md").write_text("a lesson")
    built(tmp_path)
    commit(tmp_path)
    write(tmp_path / "exercises" / "01.ipynb", "my answer")
    write(tmp_path / "notebooks" / "scratch.ipynb", "my notes")
    return tmp_path


def test_changed_and_added_notebooks_are_the_learners_own(course):
    mine = {course / "exercises" / "01.ipynb", course / "notebooks" / "scratch.ipynb"}
    assert own_work(course) == mine
    with pytest.raises(pytest.skip.Exception, match=r"exercises.01\.ipynb holds your own work"):
        skip_own_work(course / "exercises" / "01.ipynb", course)
    skip_own_work(course / "exercises" / "02.ipynb", course)


def test_in_ci_everything_is_judged(course, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert own_work(course) == set()


@pytest.mark.parametrize("name", ["01.md", "new.md"])
def test_whoever_changes_the_course_gets_every_test(course, name):
    (course / "lessons" / name).write_text("a better lesson")
    assert own_work(course) == set()


def test_without_git_everything_is_judged(course, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert own_work(course) == set()
