"""The build takes a prediction's words out of its cell: the notebook asks, the library knows."""

import json

import nbformat
import pytest
from lesson_text import FRONT, code

from tools.build import main, plan, read_course

ASKED = """Predict(
    "a-sum",
    "How much is x + 1?",
    number=True,
    answer=x + 1,
    explain="One "
    "more.",
)"""
CHOSEN = (
    """Predict("a-side", "Which side?", ["left", "right"], answer="right", explain="It is.", why={"left": "No."})"""
)


@pytest.fixture
def course(tmp_path, monkeypatch):
    lessons = tmp_path / "course" / "lessons"
    lessons.mkdir(parents=True)
    monkeypatch.chdir(lessons.parent)

    def write(*cells):
        setup = code("from qkvlib.widgets import Predict\nx = 2", ":tags: [setup]")
        asked = [code(cell, ":tags: [prediction]", f":name: p{n}") for n, cell in enumerate(cells)]
        (lessons / "01_a.md").write_text(FRONT + "\n".join([setup, *asked]), encoding="utf-8")
        return lessons.parent

    return write


def test_the_cell_asks_and_the_words_lie_in_the_library(course):
    root = course(ASKED, CHOSEN)
    assert main([], root) == 0
    notebook = nbformat.read(root / "notebooks" / "01_a.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert (sources["p0"], sources["p1"]) == ('Predict("a-sum", answer=x + 1)', 'Predict("a-side")')
    kept = json.loads((root / "qkvlib" / "data" / "predictions" / "01_a.json").read_text(encoding="utf-8"))
    assert kept["a-sum"] == {"question": "How much is x + 1?", "number": True, "explain": "One more."}
    assert kept["a-side"]["why"] == {"left": "No."}
    shown = next(cell for cell in notebook.cells if cell.id == "p1").outputs[0].data["text/markdown"]
    assert "Which side?" in shown
    assert "It is." not in json.dumps(notebook)
    assert main(["--check"], root) == 0


def test_a_changed_word_is_noticed_and_a_lesson_without_predictions_leaves_no_file(course, capsys):
    root = course(CHOSEN)
    assert main([], root) == 0
    course(CHOSEN.replace("It is.", "So it is."))
    assert main(["--check"], root) == 1
    assert "predictions/01_a.json: differs" in capsys.readouterr().err
    course()
    assert main([], root) == 0
    assert not (root / "qkvlib" / "data" / "predictions" / "01_a.json").exists()


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("x = 1\nPredict('a', 'b', text=True, answer='c')", "and nothing else"),
        ("Flashcards('a')", "and nothing else"),
        ("Predict('a', f'{x}?', text=True, answer='b')", "`question=` of a prediction is plain"),
        ("Predict('a', 'b', number=True, answer=1, explain=str(x))", "`explain=` of a prediction is plain"),
    ],
)
def test_what_cannot_be_taken_out_is_refused_by_line(course, cell, says):
    root = course(cell)
    with pytest.raises(Exception, match=says) as refused:
        plan(read_course(root))
    assert "lessons/01_a.md:" in str(refused.value)


def test_one_name_stands_for_one_prediction(course):
    root = course(CHOSEN, CHOSEN)
    with pytest.raises(Exception, match="stands in this file already"):
        plan(read_course(root))
