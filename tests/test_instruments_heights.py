"""Every instrument shows its idea, and what a drag does to it, within one window: in a real browser, as it starts."""

import pytest
from worksheet_page import FRAME, show, state  # noqa: F401 (show is a fixture)

from qkvlib import instruments

pytestmark = pytest.mark.browser

WINDOW = 785  # what a laptop shows of a notebook, at a column of 1100 px
# From the controls to the end of what is not folded away.
SEEN = """() => {
    const box = (node) => node.getBoundingClientRect(), controls = document.getElementById("controls");
    const sheet = document.querySelector(".qkv-ws"), fold = sheet.querySelector(".ws-folded");
    return (fold ? box(fold).top : box(sheet).bottom) - box(controls.hidden ? sheet : controls).top;
}"""


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_idea_and_result_fit_one_window(name, show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": WINDOW})
    show(getattr(instruments, name)())
    page.evaluate(FRAME)
    assert page.evaluate(SEEN) <= WINDOW


@pytest.mark.parametrize("n_kv_heads", [0, 1, 2])
def test_sharing_keeps_its_height(n_kv_heads, show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": WINDOW})
    show(instruments.gqa())
    before = page.evaluate(SEEN)
    page.get_by_role("slider", name="K/V heads").fill(str(n_kv_heads))
    page.evaluate(FRAME)
    assert state(page)["p_n_kv_heads"] == n_kv_heads
    assert page.evaluate(SEEN) == before


def test_decoding_plays_to_the_last_token_and_keeps_its_height(show, page):  # noqa: F811
    page.set_viewport_size({"width": 1100, "height": WINDOW})
    show(instruments.kv_cache())
    heights = {page.evaluate(SEEN)}
    page.get_by_role("button", name="Play").click()
    assert state(page)["p_step"] == 5
    page.wait_for_function("() => model.state.p_step === 7", timeout=10_000)
    for step in (1, 3, 7):
        page.get_by_role("slider", name="tokens so far").fill(str(step))
        page.evaluate(FRAME)
        heights.add(page.evaluate(SEEN))
    assert len(heights) == 1
    assert page.get_by_role("button", name="Play").is_visible()
