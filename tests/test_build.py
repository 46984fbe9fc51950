"""The build end to end, on small courses of its own: what it writes, and what it refuses to write."""

import json

import nbformat
import pytest
from lesson_text import FRONT, code

from tools.build import main, plan, read_course

EXERCISES_FRONT = FRONT.replace("  title: A title\n", "  title: A title, by hand\n")
SOLUTION = "def double(x):\n    '''Twice x.'''\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
EXERCISES = (
    code(SOLUTION, ":tags: [exercise]", ":name: double", ":points: 2", ":minutes: 3")
    + "\n"
    + code("print('todo' if double(2) is None else 'correct')", ":tags: [check]", ":name: double-check")
)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with one lesson, as the working folder."""
    lessons = tmp_path / "course" / "lessons"
    lessons.mkdir(parents=True)
    (lessons / "01_a.md").write_text(FRONT + "Prose.\n\n" + code("print(1 + 1)"), encoding="utf-8")
    monkeypatch.chdir(lessons.parent)
    return lessons.parent


@pytest.fixture
def exercises(course):
    """The exercises of the lesson in `course`."""
    path = course / "lessons" / "01_a_exercises.md"
    path.write_text(EXERCISES_FRONT + EXERCISES, encoding="utf-8")
    return path


def built(course, folder, name="01_a"):
    return nbformat.read(course / folder / f"{name}.ipynb", as_version=4)


def every_file(course):
    return {path: path.read_bytes() for path in sorted(course.rglob("*")) if path.is_file()}


def test_three_notebooks_from_two_files(course, exercises):
    assert main([], course) == 0
    lesson, solution, exercise = (built(course, folder) for folder in ("notebooks", "solutions", "exercises"))
    assert [lesson.cells[place].id for place in (0, 1, -1)] == ["header", "narration", "footer"]
    assert len(lesson.cells) == 5
    assert lesson.cells[3].outputs[0].text == "2\n"
    assert "../exercises/01_a.ipynb" in lesson.cells[-1].source

    assert [cell.id for cell in exercise.cells] == ["header", "double", "double-check", "footer"]
    assert "return 2 * x" in solution.cells[1].source
    assert "return 2 * x" not in json.dumps(exercise)
    assert solution.cells[2].outputs[0].text == "correct\n"
    assert exercise.cells[2].outputs[0].text == "todo\n"
    for notebook in (lesson, solution, exercise):
        assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_nbgrader_metadata_is_schema_3(course, exercises):
    draft = plan(read_course(course))[-1]
    assert draft.target.as_posix() == "exercises/01_a.ipynb"
    cells = {cell.id: cell.metadata for cell in draft.notebook.cells}
    assert cells["double"]["nbgrader"] == {
        "schema_version": 3,
        "grade_id": "double",
        "cell_type": "code",
        "grade": False,
        "solution": True,
        "locked": False,
        "task": False,
    }
    check = cells["double-check"]["nbgrader"]
    assert (check["grade"], check["locked"], check["solution"], check["points"]) == (True, True, False, 2)


def test_a_second_build_changes_no_byte_and_check_agrees(course):
    assert main([], course) == 0
    before = every_file(course)
    assert main([], course) == 0
    assert every_file(course) == before
    assert main(["--check"], course) == 0


def test_check_says_what_is_out_of_date_and_writes_nothing(course, capsys):
    assert main([], course) == 0
    notebook = course / "notebooks" / "01_a.ipynb"
    notebook.write_text(notebook.read_text().replace('"2\\n"', '"3\\n"'))
    before = every_file(course)
    assert main(["--check"], course) == 1
    assert "notebooks/01_a.ipynb: differs" in capsys.readouterr().err
    assert every_file(course) == before


def test_links_follow_the_neighbours_without_running_them_again(course):
    second = course / "lessons" / "02_b.md"
    second.write_text(FRONT + code("print(3)"), encoding="utf-8")
    assert main([], course) == 0
    first = course / "notebooks" / "01_a.ipynb"
    first.write_text(first.read_text().replace('"2\\n"', '"kept, so not run again\\n"'))
    second.write_text(FRONT.replace("A title", "Another title") + code("print(3)"), encoding="utf-8")
    assert main(["2"], course) == 0
    assert "Another title" in built(course, "notebooks").cells[0].source
    assert "kept, so not run again" in first.read_text()


def test_a_lesson_that_is_gone_takes_its_notebooks_along_but_not_the_learners_own(course):
    second = course / "lessons" / "02_b.md"
    second.write_text(FRONT + code("print(3)"), encoding="utf-8")
    assert main([], course) == 0
    mine = course / "notebooks" / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), mine)
    second.unlink()
    assert main([], course) == 0
    assert sorted(path.name for path in (course / "notebooks").iterdir()) == ["01_a.ipynb", "mine.ipynb"]


BROKEN = [
    (code("x = 1\n1 / 0", ":name: a"), 3, "ZeroDivisionError: division by zero"),
    (code("import sys\nprint('careful', file=sys.stderr)"), 1, "prints to stderr: careful"),
    (code("import warnings\nwarnings.warn('old')"), 1, "prints to stderr"),
    (code("object()"), 1, "memory address"),
    (code("import os\nprint(os.getcwd())"), 1, "path of this machine"),
    (code("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()"), 1, "tag it `figure`"),
    (code("import os\nos.kill(os.getpid(), 9)"), 1, "the kernel died"),
]


def test_broken_cells_are_all_named_by_file_and_line_and_nothing_is_written(course, capsys):
    for number, (body, _, _) in enumerate(BROKEN, start=2):
        (course / "lessons" / f"{number:02}_broken.md").write_text(FRONT + body, encoding="utf-8")
    (course / "lessons" / "90_stray.md").write_text(FRONT + code("open('left.txt', 'w').close()"))
    before = every_file(course)
    assert main([], course) == 1
    said = capsys.readouterr().err.splitlines()
    first = FRONT.count("\n") + 1
    for number, (_, line, reason) in enumerate(BROKEN, start=2):
        place = f"lessons/{number:02}_broken.md:{first + line}: "
        assert any(text.startswith(place) and reason in text for text in said), (place, reason, said)
    assert any("90_stray.md:1: running the lesson left files behind: left.txt" in text for text in said)
    assert every_file(course) == before


def test_pictures_get_alt_text_and_widgets_keep_their_repr_without_their_state(course):
    drawing = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([0, 1])\nplt.show()"
    (course / "lessons" / "01_a.md").write_text(
        FRONT
        + code(drawing, ":tags: [figure]", ":name: line", ":alt: A line that climbs.")
        + "\n"
        + code("import ipywidgets\nipywidgets.IntSlider(3)", ":name: slider"),
        encoding="utf-8",
    )
    assert main([], course) == 0
    notebook = built(course, "notebooks")
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["line"].outputs[0].metadata["image/png"]["alt"] == "A line that climbs."
    assert cells["line-caption"].source == "*Figure: A line that climbs.*"
    assert list(cells["slider"].outputs[0].data) == ["text/plain"]
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize(
    ("tag", "source"), [("prediction", "Predict('a', 'Why?', text=True, answer='b')"), ("fold", "a = 2")]
)
def test_cells_of_words_alone_are_folded_away(course, tag, source):
    path = course / "lessons" / "01_a.md"
    path.write_text(FRONT + code(source, f":tags: [{tag}]", ":name: guess"), encoding="utf-8")
    assert plan(read_course(course))[0].notebook.cells[2].metadata["jupyter"] == {"source_hidden": True}


@pytest.mark.parametrize(("arguments", "reason"), [(["7"], "no lesson 07; there are 01"), (["x"], "no lesson 0x")])
def test_an_unknown_lesson_number(course, capsys, arguments, reason):
    assert main(arguments, course) == 1
    assert reason in capsys.readouterr().err


def test_an_empty_folder(tmp_path, capsys):
    assert main([], tmp_path) == 1
    assert "no lessons/*.md here" in capsys.readouterr().err


def test_a_malformed_notebook_in_the_folder(course, capsys):
    (course / "notebooks").mkdir()
    (course / "notebooks" / "02_b.ipynb").write_text("{not json")
    before = every_file(course)
    assert main([], course) == 1
    assert "notebooks/02_b.ipynb: not a readable notebook" in capsys.readouterr().err
    assert every_file(course) == before


def test_problems_in_several_files_are_named_in_one_go(course, capsys):
    (course / "lessons" / "01_a.md").write_text(FRONT + code("x;"), encoding="utf-8")
    (course / "lessons" / "02_b.md").write_text(FRONT + code("y;"), encoding="utf-8")
    assert main([], course) == 1
    message = capsys.readouterr().err
    assert "01_a.md:" in message
    assert "02_b.md:" in message


def test_an_exercise_without_a_solution_is_refused(course, exercises, capsys):
    exercises.write_text(exercises.read_text().replace("    ### END SOLUTION\n", ""), encoding="utf-8")
    assert main([], course) == 1
    assert "cannot stub `double`" in capsys.readouterr().err
    assert not (course / "notebooks").exists()
