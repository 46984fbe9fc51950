"""The drawings of heads and caches draw what they are given, on the Axes they are given, and return nothing."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
from matplotlib.figure import Figure  # noqa: E402

from qkvlib import figures  # noqa: E402


@pytest.fixture
def ax():
    return Figure(figsize=(4, 3)).subplots()


def test_stamped_writes_every_stamp_and_colours_by_token(ax):
    assert figures.stamped(ax, np.array([[10, 11], [20, 21], [12, 13]]), "mixed") is None
    assert [t.get_text() for t in ax.texts] == ["10", "11", "20", "21", "12", "13"]
    colours = [patch.get_facecolor() for patch in ax.patches]
    assert colours[0] == colours[1] == colours[4] == colours[5] != colours[2]


def test_contributions_draws_one_bar_per_coordinate_and_the_sum(ax):
    figures.contributions(ax, [[1, 2, 3], [4, 5, -6]], ["head 0", "head 1"])
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 3, 4, 5, -6]
    (total,) = [c for c in ax.collections if c.get_label() == "their sum"]
    assert [segment[0, 1] for segment in total.get_segments()] == [5, 7, -3]


def test_curves_draws_every_series_in_its_own_style(ax):
    figures.curves(ax, [1, 10], {"a": [1, 2], "b": [3, 4]}, "tokens", "bytes")
    a, b = ax.lines
    assert list(a.get_ydata()) == [1, 2]
    assert a.get_linestyle() != b.get_linestyle()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


def test_sharing_draws_a_line_from_each_query_head_to_the_one_it_reads(ax):
    figures.sharing(ax, 4, 2, "GQA")
    lines = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert lines == [(0.5, 1), (1.5, 1), (2.5, 3), (3.5, 3)]
    assert [t.get_text() for t in ax.texts] == ["0", "1", "2", "3", "0", "1"]
