"""Each of the clinic's sheets on its own page: every number is numpy's, nothing sticks out, axe finds nothing."""

import pytest
from axe import violations
from shown_numbers import assert_shown_is_true, turns
from worksheet_page import FRAME, show  # noqa: F401 - show is a fixture

from qkvlib import instruments
from qkvlib.clinic import BUGS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", BUGS)
def test_a_clinic_sheet(name, show, page):  # noqa: F811
    """At 800 px, at 390 px, and within a window of 785 px at 1100."""
    page.set_viewport_size({"width": 800, "height": 900})
    worksheet = instruments.bug_clinic(name).sheet
    show(worksheet)
    assert_shown_is_true(page, worksheet)
    assert violations(page, "main") == []
    page.evaluate(FRAME)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 800
    page.set_viewport_size({"width": 390, "height": 785})
    page.evaluate(FRAME)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1100, "height": 785})
    page.evaluate(FRAME)
    assert page.locator(".qkv-ws").bounding_box()["height"] <= 785
    for param, value in turns(worksheet):
        page.evaluate("([name, value]) => model.set(`p_${name}`, value)", [param, value])
        assert_shown_is_true(page, worksheet)


def test_a_dragged_value_moves_the_broken_weights_and_not_the_right_ones(show, page):  # noqa: F811
    """The symptom of bug 5, by hand: an arrow key on V."""
    worksheet = instruments.bug_clinic("fix_values_in_scores").sheet
    show(worksheet)
    read = """() => Object.fromEntries(['broken_weights', 'right_weights'].map((name) =>
        [name, document.querySelector(`[data-node="${name}"]`).innerText]))"""
    before = page.evaluate(read)
    page.locator('[data-node="V"] [data-i="0"]').first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    page.evaluate(FRAME)
    after = page.evaluate(read)
    assert after["broken_weights"] != before["broken_weights"]
    assert after["right_weights"] == before["right_weights"]
