"""The two turning planes show what `attention.rotate` computes, and their score sees the signed offset alone."""

import numpy as np
import pytest

from qkvlib import instruments
from qkvlib.attention import rotate, scores
from qkvlib.rotary import halves_from_neighbours

SPEEDS = np.array([0.6, 0.1])  # radians a place
ORDER = halves_from_neighbours(4)  # the sheet's planes are the columns 0, 1 and 2, 3


@pytest.mark.parametrize(("q_place", "k_place", "both"), [(5, 2, 0), (0, 16, 0), (3, 3, 9), (16, 1, 16)])
def test_turning_is_rotate(q_place, k_place, both):
    shown = instruments.turning(q=(1, -2, 0.5, 2), k=(2, 1, 1, -1))
    shown["q_place"], shown["k_place"], shown["both"] = q_place, k_place, both
    q, k = (
        rotate(np.array([row])[:, ORDER], np.array([place + both]), SPEEDS)
        for row, place in (((1, -2, 0.5, 2), q_place), ((2, 1, 1, -1), k_place))
    )
    for name, turned in (("Q", q), ("K", k)):
        together = np.hstack([shown[f"{name}_fast"], shown[f"{name}_slow"]])
        np.testing.assert_allclose(together[:, ORDER], turned, atol=1e-12)
    np.testing.assert_allclose(shown["score"], scores(q, k, scale=1.0))


def test_what_the_lesson_asks_can_be_seen():
    shown = instruments.turning()
    start = shown["score"].item()
    shown["both"] = 11
    assert shown["score"].item() == pytest.approx(start)
    shown["q_place"], shown["k_place"] = 2, 5
    assert abs(shown["score"].item() - start) > 0.5, "the same distance, the other sign"

    q = np.array([[2.0, 1, 2, -1]])
    ahead = rotate(q[:, ORDER], np.array([1]), SPEEDS)[0, np.argsort(ORDER)]
    for k, best in ((q[0], 0), (ahead, 1)):
        shown, found = instruments.turning(q=tuple(q[0]), k=tuple(k)), []
        shown["k_place"] = 8
        for place in range(17):
            shown["q_place"] = place
            found.append(shown["score"].item())
        assert int(np.argmax(found)) - 8 == best
