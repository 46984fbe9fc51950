"""The figures of "In the wild" draw the arrays they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from qkvlib import figures


@pytest.fixture
def axes():
    fig, made = plt.subplots(1, 3)
    yield made
    plt.close(fig)


def test_stored_shapes_is_to_scale_and_says_what_is_missing(axes):
    blocks = [("Q", (5, 7), True), ("K", (3, 7), False), ("QKV", (7, 33), True)]
    assert figures.stored_shapes(axes[0], "five", blocks, 40) is None
    sizes = [(patch.get_height(), patch.get_width()) for patch in axes[0].patches]
    assert sizes == [(5, 7), (5, 0.9), (3, 7), *[(7, 11), (0.9, 11)] * 3]
    texts = [text.get_text() for text in axes[0].texts]
    assert texts == ["W_Q", "[5, 7]", "W_K", "no bias", "[3, 7]", "W_Q", "W_K", "W_V", "[7, 33]"]
    assert axes[0].get_title() == "five"


def test_files_side_by_side_share_one_scale():
    figures.stored_files({"fused": [("QKV", (8, 24), True)], "apart": [("Q", (8, 8), True), ("K", (4, 8), False)]})
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == ["fused", "apart"]
    plt.gcf().canvas.draw()
    scales = [ax.get_window_extent().width / np.ptp(ax.get_xlim()) for ax in axes]
    assert scales[0] == pytest.approx(scales[1], rel=0.02)
    assert axes[0].get_xlim()[1] > 24
    plt.close()


def test_heatmaps_side_by_side_share_one_scale():
    matrices = [np.diag([1.0, -2.0]), np.eye(2), np.full((2, 2), 0.5)]
    figures.panels(figures.heatmap, dict(zip("abc", matrices, strict=True)), reach=2.0)
    for ax, matrix, title in zip(plt.gcf().axes, matrices, "abc", strict=True):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array(), matrix)
        assert image.get_clim() == (-2, 2)
        assert ax.get_title() == title
    plt.close()
