"""Figures can be read on a light and on a dark page, and a lesson draws one in one call."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib_inline.backend_inline import _fetch_figure_metadata

from qkvlib import drawing, examples, figures
from qkvlib.attention import attention, project_qkv, scores

LIGHT, DARK = "#ffffff", "#111111"  # the grounds of JupyterLab's two themes


def luminance(hue):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(hue)]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def one_of_each():
    """Every public drawing, called as a lesson calls it: without Axes."""
    Q, K, V = project_qkv(examples.X, examples.W_Q, examples.W_K, examples.W_V)
    out, weights = attention(Q, K, V)
    raw, matrices = scores(Q, K), (examples.W_Q, examples.W_K, examples.W_V)
    two = ["dog", "it"]
    return {
        "three_roles": (examples.x1, matrices, [examples.x1 @ W for W in matrices]),
        "attention_picture": (Q[1], K, V, raw[1], weights[1], out[1], two, "it"),
        "grid": (weights, two, two, "weights"),
        "grids": ({"scores": raw, "weights": weights}, two, two),
        "heatmap": (np.outer([1, -2], [1, 2]), "many"),
        "pattern": (weights, two, two, "weights"),
        "patterns": ({"one": weights, "other": weights}, two, two),
        "shares": ({"a": 0.5, "b": 1.0}, "accuracy"),
        "stamped": (np.array([[10, 11], [20, 21]]),),
        "contributions": ([[1, 2], [3, -4]], ["head 0", "head 1"]),
        "curves": ([1, 10], {"a": [1, 2], "b": [3, 4]}, "tokens", "bytes"),
        "sharing": (4, 2),
        "sharings": (4, (4, 2, 1)),
        "stored_shapes": ("five", [("Q", (5, 7), True)], 14),
        "stored_files": ({"five": [("Q", (5, 7), True)], "fused": [("QKV", (8, 24), False)]},),
    }


def test_the_ink_of_the_page_is_as_far_from_white_as_from_the_dark_theme():
    assert min(contrast(drawing.INK, LIGHT), contrast(drawing.INK, DARK)) > 4.2
    assert contrast(drawing.ON_PAPER, drawing.PAPER) > 12
    for hue in (drawing.QUERY, drawing.KEY, drawing.VALUE):
        assert min(contrast(hue, LIGHT), contrast(hue, DARK)) > 3
    for hue in drawing.PALETTE:
        assert contrast(drawing.ON_PAPER, drawing.pale(hue)) > 7


@pytest.mark.parametrize("name", one_of_each())
def test_a_drawing_makes_a_figure_of_its_own_on_a_clear_ground(name):
    given = one_of_each()[name]
    assert getattr(figures, name)(*given) is None
    (number,) = plt.get_fignums()
    figure = plt.figure(number)
    assert not _fetch_figure_metadata(figure), "a notebook would put a white ground behind it"
    saved = io.BytesIO()
    figure.savefig(saved, format="png", facecolor=figure.get_facecolor())
    saved.seek(0)
    picture = plt.imread(saved)
    assert picture[0, 0, 3] == 0, "the corner is the ground"
    assert (picture[..., 3] == 1).any(), "something was drawn"
    for ax in figure.axes:
        axis_ink = [text for text in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.title) if text.get_text()]
        assert {text.get_color() for text in axis_ink} <= {drawing.INK}
        on_the_page = [text.get_color() for text in ax.texts if text.get_text()]
        assert "black" not in on_the_page


def test_rows_that_share_out_one_have_the_ramp_of_shares():
    figures.grids({"scores": [[3.0, -1.0]], "weights": [[0.9, 0.1]]}, ["it"], ["dog", "ball"])
    plain, shared = (ax.images[0].get_clim() for ax in plt.gcf().axes)
    assert (plain, shared) == ((-3, 3), (0, 1))


def test_every_drawing_is_tried_here():
    drawings = {
        name
        for name, value in vars(figures).items()
        if callable(value) and value.__module__ == "qkvlib.figures" and not name.startswith("_")
    }
    assert drawings == set(one_of_each())
