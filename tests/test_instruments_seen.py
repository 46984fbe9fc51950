"""What is seen of the instruments is whole: no name is cut or lies on another; what a hand changes is seen."""

import pytest
from worksheet_page import FRAME, show, state  # noqa: F401 (show is a fixture)

from qkvlib import instruments
from qkvlib.widgets import Sheet

pytestmark = pytest.mark.browser

OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('.ws-col .ws-word, .ws-view svg text')]
        .filter((node) => node.textContent.trim() && node.checkVisibility())
        .map((node) => [node.textContent, node.closest('table, svg'), node.getBoundingClientRect()]);
    const found = [];
    for (const [k, [one, where, a]] of boxes.entries())
        for (const [other, there, b] of boxes.slice(k + 1))
            if (where === there && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5) found.push(`${one} on ${other}`);
    return found;
}"""
CUT = """() => [...document.querySelectorAll('.ws-col .ws-word, .ws-row .ws-word')]
    .filter((word) => word.checkVisibility())
    .filter((word) => word.scrollWidth > word.clientWidth + 1 || word.scrollHeight > word.clientHeight + 2)
    .map((word) => word.textContent)"""
OUTSIDE = """() => [...document.querySelectorAll('.ws-view svg text')].filter((text) => {
    const [a, b] = [text, text.closest('.ws-view')].map((node) => node.getBoundingClientRect());
    return text.textContent && (a.right > b.right + 1 || a.left < b.left - 1);
}).map((text) => text.textContent)"""


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_no_name_is_cut_or_lies_on_another(name, show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": 785})
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    assert page.evaluate(CUT) == []
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(OUTSIDE) == []


def test_six_words_fit_one_window(show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": 785})
    show(instruments.few_tokens("dog it ball chased thirsty cat"))
    page.evaluate(FRAME)
    seen = page.evaluate("""() => document.querySelector('.ws-folded').getBoundingClientRect().top
        - document.getElementById('controls').getBoundingClientRect().top""")
    assert seen <= 785
    assert page.locator('[data-node="weights"] td[data-i]').count() == 36


@pytest.mark.parametrize("step", [1, 4, 7])
def test_the_shelf_keeps_each_token_in_one_row(step, show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": 785})
    show(instruments.kv_cache())
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("slider", name="tokens so far").fill(str(step))
    page.evaluate(FRAME)
    tops = page.evaluate("""() => ['K', 'shares', 'V'].map((node) =>
        [...document.querySelectorAll(`[data-node="${node}"] tbody tr`)]
            .map((row) => row.getBoundingClientRect().top))""")
    assert tops[0] == pytest.approx(tops[1], abs=1)
    assert tops[0] == pytest.approx(tops[2], abs=1)


def test_a_drag_across_a_picture_selects_no_words(show, page):  # noqa: F811
    show(instruments.two_tokens())
    box = page.locator(".ws-view-plane svg").first.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5, steps=5)
    page.mouse.up()
    assert page.evaluate("() => getSelection().toString()") == ""


def test_the_query_of_it_swings_from_dog_to_ball(show, page):  # noqa: F811
    show(instruments.few_tokens())
    tip = page.get_by_role("slider", name="q of it").bounding_box()
    page.mouse.move(tip["x"] + tip["width"] - 2, tip["y"] + 3)
    page.mouse.down()
    plane = page.locator(".ws-view-plane svg").first.bounding_box()
    middle = plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2
    page.mouse.move(middle[0] - 80, middle[1] - 2, steps=8)
    page.mouse.up()
    page.evaluate(FRAME)
    weights = page.evaluate(
        "() => [...document.querySelectorAll('.ws-view-arcs [role=radio]')].map((m) => m.ariaLabel)"
    )
    assert weights[2].startswith("ball gives 100%"), weights
    changed = page.locator('[data-node="W_Q"] td[data-was]').count()
    assert changed > 1, "it is seen which numbers of W_Q that took"


def test_a_mask_is_dragged_between_0_and_1(show, page):  # noqa: F811
    show(instruments.who_may_look())
    one = page.locator('[data-node="mask"] [data-i="4"]')
    one.focus()
    page.keyboard.press("ArrowUp")
    assert state(page)["inputs"]["mask"]["data"][4] == 1
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.evaluate(FRAME)
    assert state(page)["inputs"]["mask"]["data"][4] == 0
    assert page.locator('[data-node="masked"] [data-i="4"]').get_attribute("aria-label") == "masked"


def test_tiny_shares_are_nearly_nothing_with_the_number_on_demand(show, page):  # noqa: F811
    s = Sheet("tiny", hint="Point.")
    s.input("z", [[0, -62.5]])
    s.softmax("w", "z")
    s.columns("second", "w", 1, 2)
    s.lay([s.panel("z"), s.panel("second")], [s.say("It gets {second[0,0]}.")])
    show(s)
    page.evaluate(FRAME)
    assert page.locator('[data-node="second"] td[data-i]').inner_text() == "≈0"
    assert page.locator(".ws-say").inner_text() == "It gets ≈0."
    page.locator('[data-node="second"] td[data-i]').hover()
    page.evaluate(FRAME)
    assert "e-28" in page.locator(".ws-tell").first.inner_text()


def test_bars_of_sizes_a_thousand_fold_apart_are_told_apart(show, page):  # noqa: F811
    show(instruments.kv_cache_calculator())
    page.evaluate(FRAME)
    bars = page.evaluate("""() => ['cache', 'as_mha', 'as_mqa'].flatMap((node) =>
        [...document.querySelectorAll(`[data-node="${node}"] td[data-i]`)].map((cell) =>
            [Number(cell.textContent), Number(cell.style.getPropertyValue('--ws-share'))]))""")
    assert len(bars) == 27
    assert all(share > 0.2 for _, share in bars)
    ordered = sorted(bars)
    assert [share for _, share in ordered] == sorted(share for _, share in bars)
    assert ordered[-1][1] == pytest.approx(1)
    assert "factor of 10" in page.locator(".ws-say").inner_text()
