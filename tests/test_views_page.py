"""Views under a learner's hand, in a real browser: dragged, chosen, played, by pointer and by keys."""

import numpy as np
import pytest
from axe import violations
from view_sheets import SHEETS
from worksheet_page import FRAME, cell, show, state, text  # noqa: F401 (show is a fixture)

from qkvlib import instruments

pytestmark = pytest.mark.browser


def mark(page, node, i, view=None):
    scope = f'[data-view="{view}"] ' if view else "svg "
    return page.locator(f'{scope}[data-node="{node}"][data-i="{i}"]').first


def tip_of(page, node, i):
    """Where the far end of an arrow lies on the screen."""
    return page.evaluate(
        """([node, i]) => {
        const path = document.querySelector(`svg [data-node="${node}"][data-i="${i}"]`);
        const [, x, y] = /L(\\S+) (\\S+)M/.exec(path.getAttribute('d'));
        const to = new DOMPoint(Number(x), Number(y)).matrixTransform(path.getScreenCTM());
        return [to.x, to.y];
    }""",
        [node, i],
    )


def pull(page, node, i, dx, dy):
    """Drags the tip of an arrow by pixels."""
    x, y = tip_of(page, node, i)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    page.evaluate(FRAME)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHEETS)
def test_axe_and_width(name, scheme, show, page):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 785})
    show(SHEETS[name]())
    assert violations(page, "main") == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_a_computed_query_is_dragged_by_the_smallest_change_of_its_matrix(show):  # noqa: F811
    page = show(SHEETS["plane"]())
    before = np.array(state(page)["inputs"]["W_Q"]["data"]).reshape(4, 2)
    pull(page, "Q", 2, -120, 80)
    after = state(page)["inputs"]
    W = np.array(after["W_Q"]["data"]).reshape(4, 2)
    X = np.array(after["X"]["data"]).reshape(3, 4)
    q = X[1] @ W
    assert not np.allclose(q, [3, 3])
    np.testing.assert_allclose(q * 2, np.round(q * 2), atol=1e-9)  # snapped to halves
    np.testing.assert_allclose(W - before, np.outer(X[1], q - [3, 3]) / (X[1] @ X[1]), atol=1e-9)
    assert "numbers changed" in page.locator('[role="status"]').inner_text()
    page.get_by_role("button", name="Undo").click()
    assert state(page)["inputs"]["W_Q"]["data"] == before.ravel().tolist()


def test_an_input_is_dragged_exactly_and_by_keys(show):  # noqa: F811
    page = show(SHEETS["free_plane"]())
    pull(page, "a", 0, -60, 0)
    x, y = state(page)["inputs"]["a"]["data"][:2]
    assert x < 3
    assert x * 2 == round(x * 2)
    assert y == 1
    mark(page, "a", 0).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert state(page)["inputs"]["a"]["data"][:2] == [x + 0.5, 1.5]
    assert text(page, "a", 1) == "1.5"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert state(page)["inputs"]["a"]["data"][:2] == [3, 1]


def test_the_mark_that_is_dragged_stays_the_same_element(show):  # noqa: F811
    page = show(SHEETS["plane"]())
    page.evaluate('() => { window.held = document.querySelector(\'svg [data-node="Q"][data-i="2"]\'); }')
    pull(page, "Q", 2, -150, 100)
    assert page.evaluate(
        "() => window.held.isConnected && window.held.dataset.node === 'Q' && window.held.dataset.i === '2'"
    )


def test_pointing_at_a_mark_explains_its_cell_and_lights_the_numbers(show):  # noqa: F811
    page = show(SHEETS["plane"]())
    x, y = tip_of(page, "Q", 2)
    page.mouse.move(x - 3, y + 3)
    page.evaluate(FRAME)
    told = page.locator(".ws-tell").first.inner_text()
    assert "q of it" in told
    assert page.locator(".ws-from").count() >= 2
    cell(page, "Q", 2).hover()
    page.evaluate(FRAME)
    assert page.locator("svg .ws-here, svg .ws-from").count() >= 0


def test_the_reader_of_arcs_is_chosen_by_click_and_by_keys(show):  # noqa: F811
    page = show(SHEETS["arcs"]())
    assert page.get_by_role("radio").count() == 3
    assert page.get_by_role("radio", name="it gives 11% to itself").get_attribute("aria-checked") == "true"
    page.get_by_role("radio", name="ball gives").click()
    assert state(page)["p_reader"] == 2
    page.evaluate(FRAME)
    page.get_by_role("radio", name="ball gives").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.evaluate(FRAME)
    assert state(page)["p_reader"] == 0
    assert page.locator('[data-view="arcs"] .ws-live').inner_text().startswith("dog takes 80% from dog")
    page.keyboard.press("Control+z")
    page.evaluate(FRAME)
    assert state(page)["p_reader"] == 2


def test_a_token_that_is_chosen_keeps_the_focus(show):  # noqa: F811
    page = show(instruments.exam_hall())
    page.get_by_role("radio", name="it gives").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.evaluate(FRAME)
    chosen = page.get_by_role("radio", name="drank gives")
    assert chosen.get_attribute("aria-checked") == "true"
    assert chosen.evaluate("(token) => token === document.activeElement")


def test_where_no_other_reader_can_be_chosen_none_is_offered(show):  # noqa: F811
    page = show(SHEETS["masked_arcs"]())
    assert page.get_by_role("img", name="gives").count() == 6
    assert page.get_by_role("radio").count() == 0


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_product_is_played_term_by_term(motion, show, page):  # noqa: F811
    page.emulate_media(reduced_motion=motion)
    show(SHEETS["product"]())
    cell(page, "Q", 2).focus()  # row it, column 1
    page.keyboard.press("Space")
    words = page.locator(".ws-terms")
    page.wait_for_function("() => document.querySelector('.ws-terms').textContent.endsWith('= 3')", timeout=10_000)
    assert words.inner_text() == "Q, it, column 1: 1·1 + 0·0 + 2·1 + 1·0 = 3"
    assert page.locator(".ws-term").count() == 8
    assert page.locator(".ws-making").count() == 1
    page.get_by_role("button", name="one term more").click()
    assert words.inner_text() == "Q, it, column 1: 1·1, so far 1"
    assert (page.locator(".ws-chip").count() > 0) == (motion == "no-preference")
    cell(page, "X", 4).focus()
    page.keyboard.press("ArrowUp")
    page.evaluate(FRAME)
    assert words.inner_text() == "Q, it, column 1: 2·1, so far 2"


def test_play_and_step_take_the_number_that_was_clicked(show):  # noqa: F811
    page = show(SHEETS["product"]())
    words = page.locator(".ws-terms")
    for place, said in ((3, "Q, it, column 2: 1·0, so far 0"), (0, "Q, dog, column 1: 2·1, so far 2")):
        cell(page, "Q", place).click()
        page.get_by_role("button", name="one term more").click()
        assert words.inner_text() == said
    page.get_by_role("button", name="one term more").click()
    assert words.inner_text().startswith("Q, dog, column 1: 2·1 + 1·0")


def test_a_dragged_arrow_leaves_its_ghost(show):  # noqa: F811
    page = show(SHEETS["plane"]())
    assert page.locator("svg .ws-ghost").count() == 0
    before = mark(page, "Q", 2).get_attribute("d")
    pull(page, "Q", 2, -120, 80)
    ghosts = page.evaluate(
        "() => [...document.querySelectorAll('svg .ws-ghost')].map((ghost) => ghost.getAttribute('d'))"
    )
    assert before in ghosts
    assert page.locator("svg .ws-ghost[data-i]").count() == 0
    cell(page, "W_Q", 0).focus()
    page.keyboard.press("ArrowUp")
    page.evaluate(FRAME)
    after = page.evaluate(
        "() => [...document.querySelectorAll('svg .ws-ghost')].map((ghost) => ghost.getAttribute('d'))"
    )
    assert before not in after


def test_the_end_of_a_score_bar_is_dragged_and_moved_by_keys(show):  # noqa: F811
    page = show(SHEETS["bars"]())
    bar = mark(page, "hot", 1, "bars")
    box = bar.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 20, steps=4)
    page.mouse.move(x, y - 45, steps=4)
    page.mouse.up()
    page.evaluate(FRAME)
    after = state(page)["inputs"]["z"]["data"]
    assert after[1] > 1.5
    assert after[1] * 2 == round(after[1] * 2)  # snapped to the input's step
    assert [*after[:1], *after[2:]] == [3, -1, 1, 1, 1]
    bar.focus()
    page.keyboard.press("ArrowUp")
    assert state(page)["inputs"]["z"]["data"][1] == after[1] + 0.5
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.evaluate(FRAME)
    assert state(page)["inputs"]["z"]["data"] == [3, 0, -1, 1, 1, 1]
    said = page.locator('[data-view="bars"] .ws-live').inner_text()
    assert said.startswith("dog before it: gap 3, odds 20 to 1. dog gets 94%")


def test_a_temperature_divides_what_is_dragged(show):  # noqa: F811
    page = show(SHEETS["bars"]())
    page.get_by_role("slider", name="temperature").fill("2")
    page.evaluate(FRAME)
    mark(page, "hot", 0, "bars").focus()
    page.keyboard.press("ArrowUp")
    assert state(page)["inputs"]["z"]["data"][0] == 3.5


def test_pointing_at_a_wire_lights_its_whole_path(show):  # noqa: F811
    page = show(SHEETS["wires"]())
    page.get_by_role("img", name="query head 3 reads K/V 1").hover()
    page.evaluate(FRAME)
    lit = page.evaluate(
        """() => [...document.querySelectorAll('svg path.ws-way, svg path.ws-here')]
            .map((p) => `${p.dataset.node} ${p.dataset.i}`).sort()"""
    )
    assert lit == ["merge 6", "merge 7", "reads 7"]
    assert "query head 3 reads K/V 1" in page.locator('[data-view="wires"] .ws-live').inner_text()
