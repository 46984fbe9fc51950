"""What a listener, a reader on paper and an eye with colours of its own may expect of a sheet."""

import pytest
from worksheet_page import FRAME, cell, drag, show, small, spoken  # noqa: F401 (show is a fixture)

pytestmark = pytest.mark.browser


# -- the ear ---------------------------------------------------------------------------------------------------------


def test_a_change_says_what_it_did(show):  # noqa: F811
    page = show(small())
    cell(page, "X", 4).focus()
    assert spoken(page) == "X, x2, column 1: 1, editable"
    page.keyboard.press("ArrowUp")
    said = spoken(page)
    assert said.startswith("X, x2, column 1: 2, editable.")
    assert "x2 takes " in said
    assert "numbers changed in Q, K" in said
    drag(page, "W_Q", 0, 16)
    assert "numbers changed in Q" in spoken(page)


def test_cells_say_whether_they_are_editable_or_masked(show):  # noqa: F811
    page = show(small())
    page.get_by_label("causal").check()
    page.evaluate(FRAME)
    assert cell(page, "X", 0).get_attribute("aria-readonly") == "false"
    assert page.get_by_role("grid", name="Q [2, 2]").get_attribute("aria-readonly") == "true"
    assert cell(page, "masked", 1).get_attribute("aria-label") == "masked"
    cell(page, "masked", 1).focus()
    assert spoken(page).endswith(", masked")


# -- other eyes: forced colours, paper, focus ------------------------------------------------------------------------


def test_forced_colours_keep_what_the_colours_said(show, page):  # noqa: F811
    page.emulate_media(forced_colors="active")
    show(small())
    look = page.evaluate("""() => ['X', 'Q'].map((node) => {
        const style = getComputedStyle(document.querySelector(`[data-node="${node}"] td.ws-cell`));
        return [style.borderTopStyle, style.borderBottomStyle];
    })""")
    assert look == [["solid", "double"], ["solid", "solid"]]
    drag(page, "X", 0, 24)
    page.evaluate(FRAME)
    assert cell(page, "Q", 0).evaluate("(cell) => getComputedStyle(cell).borderLeftWidth") == "4px"


def test_paper_keeps_colours_and_drops_buttons(show, page):  # noqa: F811
    show(small())
    page.emulate_media(media="print")
    look = cell(page, "X", 0).evaluate(
        "(cell) => { const s = getComputedStyle(cell); return [s.printColorAdjust, s.borderBottomStyle]; }"
    )
    assert look == ["exact", "solid"]
    assert not page.get_by_role("button", name="Undo").is_visible()


def test_the_focus_does_not_look_like_pointing(show):  # noqa: F811
    page = show(small())
    page.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Tab")
    ring = "(cell) => { const s = getComputedStyle(cell); return [s.outlineWidth, s.outlineStyle, s.outlineColor]; }"
    focused = page.evaluate("() => document.activeElement.dataset.i")
    assert focused == "0"
    focus = cell(page, "X", 0).evaluate(ring)
    cell(page, "W_K", 3).hover()
    page.evaluate(FRAME)
    assert cell(page, "W_K", 3).evaluate(ring) != focus
    assert cell(page, "X", 0).evaluate(ring) == focus
