"""`qkv lab` trusts the course's own notebooks, and no other: a half-run lesson, saved, reopens live."""

import shutil
import subprocess

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from qkvlib.course import lab
from qkvlib.course.trust import trust, unchanged
from tools.jupyterlab import running_lab


def git(root, *arguments):
    who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", str(root), *arguments], check=True, capture_output=True)


def commit(root):
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "the course")


def write(path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_code_cell(source, id="one", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": source})]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A Jupyter of one's own to keep signatures in."""
    place = tmp_path / "lab" / "data"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(place))
    return place


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    for path in ("notebooks/01.ipynb", "notebooks/02.ipynb", "exercises/01.ipynb", "elsewhere/01.ipynb"):
        write(root / path, f"print({path!r})")
    commit(root)
    return root


def signed(data, path):
    notary = NotebookNotary(data_dir=str(data))
    try:
        return notary.check_signature(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()


def test_only_what_git_holds_unchanged_is_trusted(course, data):
    write(course / "notebooks" / "02.ipynb", "print('changed')")
    write(course / "notebooks" / "own.ipynb", "print('new')")
    write(course / "notebooks" / "added.ipynb", "print('added, never committed')")
    git(course, "add", "notebooks/added.ipynb")
    ours = [course / "exercises" / "01.ipynb", course / "notebooks" / "01.ipynb"]
    assert sorted(trust(course)) == ours
    assert trust(course) == []
    assert [path for path in sorted(course.rglob("*.ipynb")) if signed(data, path)] == ours


def test_a_course_inside_a_larger_repository(course, data, tmp_path):
    shutil.rmtree(course / ".git")
    commit(tmp_path)
    write(course / "notebooks" / "02.ipynb", "print('changed')")
    assert sorted(unchanged(course)) == [course / "exercises" / "01.ipynb", course / "notebooks" / "01.ipynb"]


def test_without_git_or_a_commit_nothing_is_trusted(course, data, monkeypatch):
    shutil.rmtree(course / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(course.parent))
    assert trust(course) == []
    git(course, "init", "--quiet")
    git(course, "add", "--all")
    assert trust(course) == []
    monkeypatch.setenv("PATH", "")
    assert trust(course) == []
    assert not data.exists()


def test_a_place_that_cannot_be_written_does_not_keep_the_course_shut(course, data, monkeypatch, capsys):
    data.parent.mkdir(parents=True)
    data.write_text("a file where the folder should be")
    write(course / "notebooks" / "00_start_here.ipynb", "print('hello')")
    monkeypatch.setattr(lab, "serve", lambda line: 0)
    assert lab.open_lab(course, open_browser=False) == 0
    said = capsys.readouterr().out
    assert "could not be marked as trusted" in said
    assert "The course is opening" in said


@pytest.mark.browser
@pytest.mark.slow
def test_half_run_saved_and_reopened_it_is_live(root, tmp_path, data, page):
    course = tmp_path / "clone"
    (course / "notebooks").mkdir(parents=True)
    name = "notebooks/01_one_token.ipynb"
    shutil.copy(root / name, course / name)
    commit(course)
    assert trust(course) == [course / name]
    with running_lab(course, data.parent) as jupyter:
        jupyter.open(page, name)
        jupyter.run_to_first_instrument(page)
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        page.goto("about:blank")
        jupyter.open(page, name)
        page.evaluate("""async () => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            const tags = (cell) => cell.model.getMetadata('tags') ?? [];
            const first = notebook.widgets.findIndex((cell) => tags(cell).includes('instrument'));
            await notebook.scrollToItem(first, 'center');
        }""")
        page.wait_for_selector(".qkv-ws td[data-i]")
