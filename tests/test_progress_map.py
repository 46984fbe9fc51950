"""The course at a glance: read from the lessons, marked with what was done."""

import pytest

from qkvlib.course import progress
from qkvlib.course.outline import read_outline
from qkvlib.widgets import ProgressMap

LESSON = """---
kernelspec: {name: python3}
qkv:
  title: Two hats
  minutes: 7
  needs: A | bar.
  answers: Why two?
---

```{code-cell} ipython3
:tags: [prediction]
Predict(
    "l3-first", "What?", number=True, answer=1)
Predict('l3-second', "And?", number=True, answer=1)
```
"""
EXERCISES = """---
qkv: {title: Two hats, minutes: 9}
---

```{code-cell} ipython3
:tags: [exercise]
:objectives: [hats]
:name: hat_size
```

```{code-cell} ipython3
:tags: [check]
:name: hat_size-check
```
"""


@pytest.fixture
def lessons(tmp_path):
    (tmp_path / "03_two_hats.md").write_text(LESSON, encoding="utf-8")
    (tmp_path / "03_two_hats_exercises.md").write_text(EXERCISES, encoding="utf-8")
    (tmp_path / "notes.md").write_text("not a lesson", encoding="utf-8")
    return tmp_path


def test_the_outline_is_what_the_lessons_say(lessons):
    (lesson,) = read_outline(lessons)
    assert (lesson.number, lesson.title, lesson.minutes) == ("03", "Two hats", 7)
    assert lesson.predictions == ("l3-first", "l3-second")
    assert lesson.exercises == ("hat_size",)


def test_nothing_done_yet(lessons):
    shown = ProgressMap(lessons)
    assert repr(shown) == "3 Two hats: 0/2 predictions, 0/1 exercises"
    assert "[Two hats](03_two_hats.ipynb)" in shown._repr_markdown_()
    assert "▱▱▱▱▱▱▱▱" in shown._repr_markdown_()


def test_what_was_done_is_counted(lessons):
    progress.record("predictions", "l3-first", guess=0, correct=False)
    progress.record("predictions", "l3-second", guess=None, correct=None)
    progress.record("checks", "hat_size", status="correct")
    shown = ProgressMap(lessons)
    assert repr(shown) == "3 Two hats: 1/2 predictions, 1/1 exercises"
    assert shown.done(shown.lessons[0]) == (2, 3)


def test_every_row_of_the_table_has_the_same_cells(lessons):
    rows = ProgressMap(lessons)._repr_markdown_().splitlines()
    assert {row.count("|") for row in rows} == {7}


def test_a_lesson_without_front_matter_is_refused_by_name(lessons):
    (lessons / "04_bare.md").write_text("# Bare", encoding="utf-8")
    with pytest.raises(ValueError, match=r"04_bare\.md: has no front matter"):
        read_outline(lessons)


def test_the_names_of_predictions_are_unique_in_the_course(root):
    names = [name for lesson in read_outline(root / "lessons") for name in lesson.predictions]
    assert sorted(names) == sorted(set(names))
