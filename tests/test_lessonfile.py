"""Each rule of the lesson format refuses by file and line."""

import pytest
from lesson_text import FRONT, code

from tools.lessonfile import Refusal, read_lesson

FIRST = FRONT.count("\n") + 1  # the line after the front matter


def written(folder, body, name="01_a.md", front=FRONT):
    path = folder / name
    path.write_text(front + body, encoding="utf-8")
    return path


def test_a_good_lesson_is_read_with_the_lines_its_cells_came_from(tmp_path):
    body = "Prose.\n\n" + code("x = 1\ny = 2", ":tags: [figure]", ":alt: A line.", ":objectives: [look]")
    lesson = read_lesson(written(tmp_path, body))
    prose, cell = lesson.cells
    assert (prose.source, prose.line) == ("Prose.", FIRST)
    assert (cell.source, cell.line) == ("x = 1\ny = 2", FIRST + 6)
    assert lesson.number == "01"
    assert lesson.slug == "01_a"


def test_lines_are_right_for_yaml_block_options_too(tmp_path):
    lesson = read_lesson(written(tmp_path, code("x = 1", "---", "tags: [setup]", "---")))
    assert lesson.cells[0].line == FIRST + 4


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (code("x = 1", ":tags: [exercize]"), 2, "unknown tag exercize"),
        (code("x = 1", ":tag: [figure]"), 2, "unknown cell option tag"),
        (code("x = 1", ":tags: figure"), 1, "is a list"),
        (code("x = 1", ":tags: [figure]"), 2, "needs `:alt:`"),
        (code("x = 1", ":tags: [check]"), 2, "needs a `:name:`"),
        (code("x = 1", ":name: two words"), 2, "cannot be a cell id"),
        (code("x = 1", ":name: a") + code("y = 1", ":name: a"), 6, "is taken by the cell at line"),
        (
            code("x = 1", ":tags: [parameters]") + code("y = 1", ":tags: [parameters]"),
            6,
            "this is the second",
        ),
        (code("x = 1", ":objectives: [leap]"), 2, "objective leap is not"),
        (code("x = (", ":name: a"), 2, "not valid Python"),
        (code("x = 1\ny = 2\nz = ="), 3, "not valid Python"),
        (code("x;"), 1, "trailing `;`"),
        (code(""), 1, "an empty code cell"),
        ("```{note}\nHello\n```\n", 0, "cannot draw {note}"),
        ("See {ref}`this`.\n", 0, "cannot draw the role {ref}"),
        ("![](a.png)\n", 0, "alt text"),
        (code("x = 1", ":tags: [exercise]", ":name: e"), 3, "belongs in 01_a_exercises.md"),
        (code("x = 1", ":tags: [figure"), 0, "Invalid YAML"),
    ],
)
def test_a_bad_cell_is_refused_with_file_and_line(tmp_path, body, line, reason):
    path = written(tmp_path, body)
    with pytest.raises(Refusal) as refused:
        read_lesson(path)
    message = str(refused.value)
    assert reason in message
    numbers = [int(part.split(":")[1]) for part in message.splitlines()]
    assert FIRST + line in numbers, message


def test_maths_in_braces_is_not_a_role(tmp_path):
    lesson = read_lesson(written(tmp_path, "$\\frac{a}{b}$ and `{x}` and `d_{k}`.\n"))
    assert len(lesson.cells) == 1


EXERCISE = code("x = 1", ":tags: [exercise]", ":name: e", ":points: 2", ":minutes: 3")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (EXERCISE, "no check cell named `e-check`"),
        (code("1", ":tags: [check]", ":name: e-check") + EXERCISE, "stands before its exercise"),
        (code("1", ":tags: [check]", ":name: f-check"), "belongs to no exercise"),
        (code("x", ":tags: [exercise]", ":name: e", ":minutes: 3"), "how many points"),
        (code("x", ":tags: [exercise]", ":name: e", ":points: 3"), "how many minutes"),
    ],
)
def test_exercises_and_checks_come_in_pairs(tmp_path, body, reason):
    with pytest.raises(Refusal, match=reason):
        read_lesson(written(tmp_path, body, name="01_a_exercises.md"))


@pytest.mark.parametrize("key", ["title", "minutes", "needs", "answers", "do", "learn", "objectives"])
def test_front_matter_is_complete(tmp_path, key):
    front = FRONT.replace(f"  {key}:", f"  not_{key}:")
    with pytest.raises(Refusal, match=f"lacks .*{key}"):
        read_lesson(written(tmp_path, "Prose.\n", front=front))


@pytest.mark.parametrize("front", ["", "---\nqkv: [1\n---\n", "---\nqkv: text\n---\n"])
def test_unreadable_front_matter_is_refused(tmp_path, front):
    with pytest.raises(Refusal, match=r"01_a\.md:\d+: "):
        read_lesson(written(tmp_path, "Prose.\n", front=front))


def test_the_file_name_says_the_number(tmp_path):
    with pytest.raises(Refusal, match="named like"):
        read_lesson(written(tmp_path, "Prose.\n", name="Lesson one.md"))


def test_every_problem_is_named_at_once(tmp_path):
    body = code("x = 1", ":tags: [figure]") + code("y = 1", ":tags: [check]")
    with pytest.raises(Refusal) as refused:
        read_lesson(written(tmp_path, body))
    assert len(str(refused.value).splitlines()) == 2
