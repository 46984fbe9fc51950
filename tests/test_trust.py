"""`qkv lab` trusts the course's own notebooks, and no other: a half-run lesson, saved, reopens live."""

import json
import shutil
import subprocess

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from qkvlib.course import lab
from qkvlib.course.trust import BUILT, FOLDERS, fingerprint, trust, unchanged
from tools.jupyterlab import running_lab


def built(root):
    """The list of hashes as the build writes it, of what is there now."""
    paths = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    listed = {path.relative_to(root).as_posix(): fingerprint(path.read_bytes()) for path in paths}
    (root / BUILT).parent.mkdir(parents=True, exist_ok=True)
    (root / BUILT).write_text(json.dumps(listed))


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
    built(root)
    return root


def signed(data, path):
    notary = NotebookNotary(data_dir=str(data))
    try:
        return notary.check_signature(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()


def test_only_what_the_build_wrote_is_trusted(course, data):
    write(course / "notebooks" / "02.ipynb", "print('changed')")
    write(course / "notebooks" / "own.ipynb", "print('new')")
    (course / "exercises" / "02.ipynb").symlink_to(course / "exercises" / "01.ipynb")
    ours = [course / "exercises" / "01.ipynb", course / "notebooks" / "01.ipynb"]
    assert sorted(trust(course)) == ours
    assert trust(course) == []
    files = [path for path in sorted(course.rglob("*.ipynb")) if not path.is_symlink()]
    assert [path for path in files if signed(data, path)] == ours


def test_what_git_assumes_or_has_committed_is_not_enough(course, data):
    """Trust asks for the bytes, not for git's word: an index told to assume, or a commit with a script in an output."""
    write(course / "notebooks" / "02.ipynb", "<script>alert(1)</script>")
    assume = ["update-index", "--assume-unchanged", "notebooks/01.ipynb"]
    for arguments in (["init", "--quiet"], ["add", "--all"], assume):
        subprocess.run(["git", "-C", str(course), *arguments], check=True, capture_output=True)
    write(course / "notebooks" / "01.ipynb", "<script>alert(2)</script>")
    assert trust(course) == [course / "exercises" / "01.ipynb"]


def test_other_line_ends_are_the_same_notebook(course):
    path = course / "notebooks" / "01.ipynb"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert path in unchanged(course)


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"notebooks/01.ipynb": 3}'])
def test_without_a_list_nothing_is_trusted(course, data, text):
    (course / BUILT).unlink()
    if text is not None:
        (course / BUILT).write_text(text)
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
    built(course)
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
