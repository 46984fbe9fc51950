"""A lesson's visible code is its idea: what only formats or plots is counted, and may only become less."""

import pytest
from lesson_text import FRONT, code

from tools.lessonfile import read_lesson
from tools.visible_code import Count, count, course_counts, total

MOST = 110  # lines that only format or plot, in all lessons (331 in ten once); lower it when one sheds some


def test_the_lessons_format_and_plot_no_more_than_they_did(root):
    counts = course_counts(root / "lessons")
    summed = total(counts)
    each = ", ".join(f"{name[:2]}: {one.formats + one.plots}" for name, one in counts.items())
    assert summed.formats + summed.plots <= MOST, f"{each}. Show numbers with qkvlib.tables, figures in one call"
    assert summed.lines > 2 * (summed.formats + summed.plots), "most visible lines compute something"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x = 1\n\n# why\ny = x + 1", Count(2, 0, 0)),
        ("print(x)\nprint(\n    x,\n)", Count(4, 4, 0)),
        ("for x in xs:\n    text = f'{x}'\n    print(text)", Count(3, 3, 0)),
        ("for x in xs:\n    y = x * 2\n    print(y)", Count(3, 1, 0)),
        ("def show(x):\n    '''Show.'''\n    print(x)", Count(3, 3, 0)),
        ("def double(x):\n    return 2 * x", Count(2, 0, 0)),
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot(x)\nfigures.grid(x)", Count(4, 0, 4)),
        ("table({'a': 1})\nout = attention(Q, K, V)", Count(2, 1, 0)),
        ("np.set_printoptions(precision=3)\nname = 'a'.ljust(3)", Count(2, 2, 0)),
    ],
)
def test_lines_are_told_apart_by_what_they_do(tmp_path, source, wanted):
    path = tmp_path / "01_a.md"
    path.write_text(FRONT + code(source) + "\n" + code("print(1)", ":tags: [fold]"), encoding="utf-8")
    assert count(read_lesson(path)) == wanted
