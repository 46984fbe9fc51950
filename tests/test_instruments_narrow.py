"""Instruments where there is little room: on a phone, in Lab beside another window, and with the pointer at an edge."""

import numpy as np
import pytest
from worksheet_page import FRAME, show  # noqa: F401 (show is a fixture)

from qkvlib import instruments
from qkvlib.widgets import Sheet

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
# What a view shows and what of it is cut off at its edge, in pixels.
CUT = """() => [...document.querySelectorAll('.ws-view')].filter((view) => view.checkVisibility())
    .map((view) => view.scrollWidth - view.clientWidth)"""
ROWS = """(nodes) => nodes.map((node) => [...document.querySelectorAll(`[data-node="${node}"] tbody tr`)]
    .map((row) => row.getBoundingClientRect().top))"""
NAMED = """() => [...document.querySelectorAll('.ws-joined table')].filter((table) => table.checkVisibility())
    .map((table) => [...table.querySelectorAll('.ws-row')].every((name) => name.checkVisibility()))"""


@pytest.mark.parametrize("name", ["exam_hall", "taste", "trace", "patching", "by_hand", "gqa", "soft_lookup", "wild"])
def test_a_picture_is_seen_whole_on_a_phone(name, show, page):  # noqa: F811
    page.set_viewport_size(PHONE)
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    assert max(page.evaluate(CUT)) <= 1


def test_fifteen_tokens_are_seen_whole_in_lab_beside_another_window(show, page):  # noqa: F811
    page.set_viewport_size({"width": 660, "height": 800})  # there the sheet is as wide as in Lab's window of 800
    show(instruments.real_head())
    page.evaluate(FRAME)
    assert max(page.evaluate(CUT)) <= 1


def test_tokens_draw_closer_on_a_phone_and_apart_again(show, page):  # noqa: F811
    page.set_viewport_size(PHONE)
    show(instruments.trace())
    page.evaluate(FRAME)
    narrow = page.locator(".ws-view svg").evaluate("(svg) => svg.viewBox.baseVal.width")
    page.set_viewport_size({"width": 1100, "height": 785})
    page.evaluate(FRAME)
    assert page.locator(".ws-view svg").evaluate("(svg) => svg.viewBox.baseVal.width") > 2 * narrow


@pytest.mark.parametrize(("name", "result"), [("projection", "q"), ("typed_tokens", "Q"), ("few_tokens", "Q")])
def test_the_result_of_a_product_stands_beside_its_row_on_a_phone(name, result, show, page):  # noqa: F811
    page.set_viewport_size(PHONE)
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    box = page.locator(".ws-product").bounding_box()
    for node in ("W_Q", result):
        last = page.locator(f'[data-node="{node}"] td[data-i]').last.bounding_box()
        assert last["x"] + last["width"] <= box["x"] + box["width"]


@pytest.mark.parametrize(("width", "own"), [(390, True), (660, True), (1100, False)])
def test_joined_columns_have_names_of_their_own_where_they_may_wrap(width, own, show, page):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 800})
    show(instruments.kv_cache_calculator())
    page.evaluate(FRAME)
    named = page.evaluate(NAMED)
    assert named
    assert set(named) == {own}


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("who_may_look", ["mask", "masked"]),
        ("who_may_look", ["weights", "sums", "out"]),
        ("two_questions", ["who_logits", "whom_logits"]),
        ("square", ["sentences", "sums"]),
    ],
)
def test_rows_that_belong_together_stand_in_one_line(name, nodes, show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": 785})
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    first, *others = page.evaluate(ROWS, nodes)
    assert len(first) > 1
    for rows in others:
        assert rows == pytest.approx(first, abs=2)


def test_the_tip_takes_the_room_there_is_wherever_it_was_before(show, page):  # noqa: F811
    page.set_viewport_size({"width": 560, "height": 220})
    s = Sheet("edge", hint="Point.")
    s.softmax("w", s.input("z", np.arange(8.0)[None] / 8))
    s.lay(*[[s.say("A line.")]] * 12, ["z", "w"])
    show(s)
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    for node in ("z", "w"):  # a short one at the right edge, then a long one
        page.locator(f'[data-node="{node}"] td[data-i="7"]').hover()
        page.wait_for_selector(".ws-tip:popover-open")
        page.wait_for_timeout(100)
    tip = page.locator(".ws-tip").bounding_box()
    assert tip["x"] + tip["width"] <= 560
    assert tip["width"] > 400


@pytest.mark.parametrize("name", ["heads", "gqa", "asymmetry", "by_hand", "two_questions"])
def test_one_line_stays_one_in_a_notebook_of_1100_pixels(name, show, page):  # noqa: F811
    page.set_viewport_size({"width": 958, "height": 785})  # there the sheet is 918 wide
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    rows = page.evaluate("""() => [...document.querySelectorAll('.ws-line')].filter((line) => line.checkVisibility()
        && !line.querySelector('.ws-closed') && !line.parentElement.closest('.ws-line')).map((line) => {
        const lefts = [...line.children].map((child) => child.getBoundingClientRect().left);
        return lefts.slice(1).filter((left, k) => left <= lefts[k]).length;
    })""")
    assert set(rows) == {0}


def test_no_glow_shines_through_a_filled_mark_and_drowns_its_name(show, page):  # noqa: F811
    show(instruments.soft_lookup())
    page.locator('[data-node="answer"] td[data-i]').first.hover()
    page.evaluate(FRAME)
    lit = page.locator("svg rect.ws-from")
    assert lit.count() > 0
    assert lit.evaluate_all("(marks) => marks.map((mark) => getComputedStyle(mark).filter)") == ["none"] * lit.count()


def test_old_number_new_number_and_bar_share_a_cell(show, page):  # noqa: F811
    show(instruments.two_questions())
    page.locator('[data-node="scores_0"] td[data-i="2"]').focus()
    page.keyboard.press("ArrowUp")
    page.evaluate(FRAME)
    above, below = page.locator('[data-node="who_logits"] td[data-was]').first.evaluate("""(cell) => {
        const range = document.createRange(), box = cell.getBoundingClientRect();
        range.selectNodeContents(cell);
        return [range.getBoundingClientRect().top - box.top, box.bottom - range.getBoundingClientRect().bottom];
    }""")
    # Digits begin and end about 3 px within the line's box; the old number is 9.5 px high, the bar 4.
    assert above + 3 >= 9.5
    assert below + 3 >= 4


def test_a_number_that_is_its_own_arithmetic_is_said_once(show, page):  # noqa: F811
    show(instruments.softmax_steps())
    page.locator('svg [role="slider"]').first.focus()
    page.evaluate(FRAME)
    assert page.locator(".ws-sum").first.inner_text() == "15"
