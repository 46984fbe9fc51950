"""The outline that the library reads is what the lessons say, and a failed build leaves the old one."""

import json

import pytest
from lesson_text import FRONT, code

from qkvlib.course.outline import outline_of, read_outline
from tools.build import main, read_course
from tools.outline import TARGET, outline_in_place, outline_text

PREDICTIONS = code(
    'Predict(\n    "l3-first", "What?", number=True, answer=1)\nPredict(\'l3-second\', "And?", number=True, answer=1)',
    ":tags: [prediction]",
)
EXERCISES = code(
    "### BEGIN SOLUTION\nsize = 3\n### END SOLUTION",
    ":tags: [exercise]",
    ":name: hat_size",
    ":points: 1",
    ":minutes: 2",
) + code("print(size)", ":tags: [check]", ":name: hat_size-check")


@pytest.fixture
def course(tmp_path, monkeypatch):
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    (lessons / "03_two_hats.md").write_text(FRONT + PREDICTIONS, encoding="utf-8")
    (lessons / "03_two_hats_exercises.md").write_text(FRONT + EXERCISES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_outline_is_what_the_lessons_say(course):
    (lesson,) = outline_of(outline_text(read_course(course)))
    assert (lesson.number, lesson.slug, lesson.title) == ("03", "03_two_hats", "A title")
    assert lesson.predictions == ("l3-first", "l3-second")
    assert lesson.exercises == ("hat_size",)


def test_what_is_stored_is_what_the_lessons_build(root):
    assert (root / TARGET).read_text(encoding="utf-8") == outline_text(read_course(root))


def test_the_names_of_predictions_are_unique_in_the_course():
    names = [name for lesson in read_outline() for name in lesson.predictions]
    assert sorted(names) == sorted(set(names))


def test_a_build_writes_the_outline_and_check_compares_it(course, capsys):
    (course / "lessons" / "03_two_hats.md").write_text(FRONT + code("print(2)"), encoding="utf-8")
    assert main(["--check"], course) == 1
    assert str(TARGET) in capsys.readouterr().err
    assert not (course / TARGET).exists()
    assert main([], course) == 0
    assert json.loads((course / TARGET).read_text(encoding="utf-8"))[0]["exercises"] == ["hat_size"]


@pytest.mark.parametrize("before", [None, "old\n"])
def test_a_build_that_fails_leaves_the_outline_as_it_was(tmp_path, before):
    path = tmp_path / TARGET
    if before is not None:
        path.parent.mkdir(parents=True)
        path.write_text(before, encoding="utf-8")

    def fail():
        with outline_in_place(tmp_path, "new\n"):
            assert path.read_text(encoding="utf-8") == "new\n"
            raise RuntimeError("a cell is broken")

    with pytest.raises(RuntimeError):
        fail()
    assert (path.read_text(encoding="utf-8") if path.exists() else None) == before
