"""What a learner's hand and eye may expect of a sheet: one test for each thing that once went wrong."""

import numpy as np
import pytest
from axe import violations
from worksheet_page import FRAME, cell, drag, show, small, spoken, state, text, told  # noqa: F401 (show is a fixture)

from qkvlib import instruments
from qkvlib.clinic import BUGS
from qkvlib.widgets import Sheet, Worksheet

pytestmark = pytest.mark.browser


def tall() -> Sheet:
    s = Sheet("tall")
    s.input("X", np.ones((24, 3)))
    s.matmul("Y", "X", s.input("W", np.ones((3, 20))))
    return s


def was(page, node, i):
    return cell(page, node, i).get_attribute("data-was")


# -- the eye: what changed, what it feeds, and scales that hold ------------------------------------------------------


def test_changed_cells_keep_the_old_number_until_the_next_gesture(show):  # noqa: F811
    page = show(small())
    assert page.locator("[data-was]").count() == 0
    drag(page, "X", 0, 24)
    page.evaluate(FRAME)
    assert [was(page, "X", 0), was(page, "Q", 0), was(page, "Q", 2)] == ["2", "2", None]
    drag(page, "X", 0, 8)
    page.evaluate(FRAME)
    assert [text(page, "X", 0), was(page, "X", 0)] == ["6", "5"]
    drag(page, "W_Q", 0, 8)
    page.evaluate(FRAME)
    assert [was(page, "X", 0), was(page, "W_Q", 0)] == [None, "1"]
    page.get_by_label("temperature").press("End")
    page.evaluate(FRAME)
    assert page.locator('[data-node="Q"] [data-was]').count() == 0
    assert was(page, "masked", 0) not in (None, text(page, "masked", 0))


def test_colours_hold_while_a_number_is_dragged(show):  # noqa: F811
    page = show(small())
    colour = "(cell) => cell.style.backgroundColor"
    before, scale = cell(page, "X", 1).evaluate(colour), page.locator('[data-node="X"] .ws-shape').inner_text()
    box = cell(page, "X", 0).bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 9 + 80, box["y"] + 9, steps=5)
    assert text(page, "X", 0) == "12"
    assert cell(page, "X", 1).evaluate(colour) == before
    assert page.locator('[data-node="X"] .ws-shape').inner_text() == scale
    page.mouse.up()
    page.evaluate(FRAME)
    assert cell(page, "X", 1).evaluate(colour) != before
    assert "±20" in page.locator('[data-node="X"] .ws-shape').inner_text()


def test_q_and_k_share_one_scale_and_a_role_is_a_rule(show):  # noqa: F811
    page = show(small())
    ends = [page.locator(f'[data-node="{node}"] .ws-shape').inner_text().split("±")[1] for node in ("Q", "K")]
    assert ends[0] == ends[1]
    colours = page.evaluate("""() => ['Q', 'K', 'W_Q', 'X'].map((node) =>
        getComputedStyle(document.querySelector(`[data-node="${node}"] .ws-name`)).borderBottomColor)""")
    assert colours[0] == colours[2] != colours[1]
    assert colours[3] == "rgba(0, 0, 0, 0)"


def test_an_input_shows_what_it_feeds(show):  # noqa: F811
    page = show(small())
    cell(page, "X", 4).hover()
    fed = page.evaluate("""() => [...document.querySelectorAll('.ws-feeds')]
        .map((c) => c.closest('.ws-panel').dataset.node + c.dataset.i)""")
    assert fed == ["Q2", "Q3", "K2", "K3"]


def test_a_long_made_up_word_keeps_its_star(show):  # noqa: F811
    s = Sheet("words")
    s.embed("E", s.input("table", [[1.0, 2]], rows=["dog"]), s.text("words", "dog incomprehensibilities"))
    page = show(s)
    head = page.locator('[data-node="E"] th.ws-row').nth(1)
    assert head.inner_text() == "incomprehensibilities*"
    right = head.evaluate("(th) => { const r = document.createRange(); r.selectNode(th.lastChild); "
                          "return r.getBoundingClientRect().right <= th.getBoundingClientRect().right; }")  # fmt: skip
    assert right


@pytest.mark.parametrize("words", ["", "one two three four five six seven eight nine ten eleven twelve"])
def test_text_that_cannot_be_read_keeps_the_last_good_sheet(words, show):  # noqa: F811
    page = show(instruments.few_tokens().sheet)
    height = page.locator(".qkv-ws").bounding_box()["height"]
    page.get_by_label("your words").fill(words)
    page.evaluate(FRAME)
    assert page.locator(".ws-panel td.ws-cell").count() > 50
    assert page.locator(".ws-stale").count() >= 6
    assert page.locator(".ws-trouble").count() == 1
    assert page.locator(".qkv-ws").bounding_box()["height"] == height
    page.get_by_label("your words").fill("dog it")
    page.evaluate(FRAME)
    assert page.locator(".ws-stale, .ws-trouble").count() == 0


def test_no_number_has_a_reason(show):  # noqa: F811
    s = Sheet("odd")
    A = s.input("A", [[1.0, 2]])
    s.softmax("S", s.subtract("D", A, A))
    s.lay(["A", "S"], [s.say("{S[0,0]:%} of v1")])
    page = show(s)
    cell(page, "A", 0).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("inf")
    page.keyboard.press("Enter")
    page.evaluate(FRAME)  # the effect of the change is spoken once it is drawn
    cell(page, "S", 0).focus()
    assert "one of the numbers it is made of is none" in spoken(page)
    assert page.locator(".ws-say").inner_text() == "no number of v1"
    page.evaluate("() => document.activeElement.blur()")
    page.mouse.move(3, 3)
    page.evaluate("() => window.dispatchEvent(new Event('blur'))")
    cell(page, "A", 0).hover()
    page.mouse.move(3, 3)
    assert "D holds NaN, which is no number: ∞ − ∞" in told(page)


@pytest.mark.parametrize("sheet", [*(f"bug_clinic {bug}" for bug in BUGS), "wild gpt2", "wild whisper"])
def test_a_phone_shows_every_sheet_of_an_instrument(sheet, show, page):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 785})
    name, choice = sheet.split()
    show(getattr(instruments, name)(choice).sheet)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


# -- the hand: undo, typing, touch -----------------------------------------------------------------------------------


def test_undo_and_redo_reach_controls_and_say_what_they_did(show):  # noqa: F811
    page = show(small())
    page.get_by_label("temperature").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")
    assert state(page)["p_temperature"] == 1
    assert spoken(page) == "undone: temperature is 1"
    page.keyboard.press("Control+Shift+z")
    assert state(page)["p_temperature"] == 1.1
    assert spoken(page) == "redone: temperature is 1.1"
    page.get_by_label("causal").press("Space")
    page.get_by_label("causal").press("Control+z")
    assert not page.get_by_label("causal").is_checked()
    drag(page, "X", 0, 24)
    page.get_by_role("button", name="Undo").click()
    assert spoken(page) == "undone: X, x1, column 1 is 2"
    page.get_by_role("button", name="Redo").click()
    assert text(page, "X", 0) == "5"
    drag(page, "X", 0, 8)
    page.get_by_role("button", name="Redo").click()
    assert spoken(page) == "nothing to redo"


def test_two_displays_have_one_history(show):  # noqa: F811
    page = show(small())
    page.evaluate("""() => {
        const second = document.body.appendChild(document.createElement('div'));
        second.id = 'second';
        // Lab hands each display a model object of its own.
        const get = (it, name) => (typeof it[name] === 'function' ? it[name].bind(it) : it[name]);
        const proxy = new Proxy(model, { get });
        globalThis.free = worksheet.render({ model: proxy, el: second });
    }""")
    drag(page, "X", 0, 24)
    drag(page, "X", 1, 8)
    page.locator("#sheet").get_by_role("button", name="Undo").click()
    page.locator("#second").get_by_role("button", name="Undo").click()
    page.evaluate(FRAME)
    assert state(page)["inputs"]["X"]["data"][:2] == [2, 1]
    page.locator("#sheet").get_by_role("button", name="Redo").click()
    page.evaluate(FRAME)
    assert state(page)["inputs"]["X"]["data"][:2] == [5, 1]


@pytest.mark.parametrize(("typed", "value"), [("1/2", 0.5), ("75%", 0.75), ("0x10", 2), ("12345678", 12345678)])
def test_what_is_typed(typed, value, show):  # noqa: F811
    page = show(small())
    cell(page, "X", 0).focus()
    page.keyboard.press("Enter")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    assert state(page)["inputs"]["X"]["data"][0] == value
    if typed == "0x10":
        assert "“0x10” is not a number (1.5, 1/2 or 75% are); X, x1, column 1 stays 2" in told(page)
    if typed == "12345678":
        cell(page, "X", 0).hover()
        assert "12345678" in told(page)


@pytest.fixture
def phone(browser, tmp_path):
    """Opens a sheet on a small screen with a finger; returns (page, swipe)."""
    from qkvlib.widgets.page import save

    context = browser.new_context(viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True)
    page = context.new_page()
    wire = context.new_cdp_session(page)

    def swipe(x, y, dx, dy):
        at = {"x": x, "y": y}
        wire.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
        for k in range(1, 9):
            at = {"x": x + dx * k / 8, "y": y + dy * k / 8}
            wire.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(150)

    def open_page(sheet):
        save(Worksheet(sheet), tmp_path / "phone.html")
        page.goto((tmp_path / "phone.html").as_uri())
        page.wait_for_selector(".qkv-ws")
        page.evaluate(FRAME)
        return page, swipe

    yield open_page
    context.close()


def test_a_finger_scrolls_up_and_changes_sideways(phone):
    page, swipe = phone(tall())
    box = cell(page, "X", 9).bounding_box()
    x, y = box["x"] + 20, box["y"] + 10
    swipe(x, y, 0, -200)
    scrolled = page.evaluate("() => scrollY")
    assert scrolled > 100
    assert state(page)["inputs"]["X"]["data"] == [1] * 72
    box = cell(page, "X", 30).bounding_box()
    swipe(box["x"] + 20, box["y"] + 10, -30, -120)  # slanted: it scrolls
    assert page.evaluate("() => scrollY") > scrolled
    assert state(page)["inputs"]["X"]["data"] == [1] * 72
    box = cell(page, "X", 45).bounding_box()
    swipe(box["x"] + 20, box["y"] + 10, 40, 3)
    assert state(page)["inputs"]["X"]["data"][45] > 1


def test_a_wide_matrix_scrolls_under_the_finger_until_a_cell_is_tapped(phone):
    s = Sheet("wide")
    s.input("A", np.ones((2, 14)))
    page, swipe = phone(s)
    box = cell(page, "A", 4).bounding_box()
    swipe(box["x"] + 20, box["y"] + 10, -120, 0)
    assert page.evaluate("() => document.querySelector('.ws-grids').scrollLeft") > 50
    assert state(page)["inputs"]["A"]["data"] == [1] * 28
    box = cell(page, "A", 6).bounding_box()
    page.touchscreen.tap(box["x"] + 20, box["y"] + 10)
    swipe(box["x"] + 20, box["y"] + 10, 40, 0)
    assert state(page)["inputs"]["A"]["data"][6] > 1


def test_buttons_for_fingers_change_and_type(phone):
    page, _ = phone(small())
    more = page.get_by_role("button", name="one step more")
    assert more.is_disabled()
    cell(page, "X", 0).tap()
    more.tap()
    more.tap()
    page.get_by_role("button", name="one step less").tap()
    assert text(page, "X", 0) == "3"
    page.get_by_role("button", name="type a number").tap()
    page.keyboard.type("1/4")
    page.keyboard.press("Enter")
    assert text(page, "X", 0) == "0.25"


# -- Python hears --------------------------------------------------------------------------------------------------


def test_python_hears_during_a_long_drag_on_release_and_on_blur(show):  # noqa: F811
    page = show(small())
    page.evaluate("() => { window.heard = []; model.save_changes = () => heard.push(model.get('inputs').X.data[0]); }")
    box = cell(page, "X", 0).bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    for k in range(1, 7):
        page.mouse.move(box["x"] + 9 + 8 * k, box["y"] + 9)
        page.wait_for_timeout(70)
    assert page.evaluate("() => heard.length") >= 2
    page.mouse.move(box["x"] + 9 + 80, box["y"] + 9)
    page.mouse.up()
    assert page.evaluate("() => heard.at(-1)") == 12
    cell(page, "X", 0).focus()
    last = page.evaluate("""() => {
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
        window.dispatchEvent(new Event('blur'));
        return heard.at(-1);
    }""")
    assert last == 13


def test_a_cell_that_is_run_again_offers_the_numbers_of_before(show):  # noqa: F811
    first = Worksheet(small())
    first["X"] = np.full((2, 4), 7.0)
    first["temperature"] = 2
    page = show(small())
    page.evaluate(
        """earlier => {
        const root = document.body.appendChild(document.createElement('div'));
        root.id = 'again';
        model.state.earlier = earlier;
        worksheet.render({ model, el: root });
    }""",
        Worksheet(small()).earlier,
    )
    assert text(page, "X", 0) == "2"
    page.get_by_role("button", name="Take over the numbers").click()
    assert text(page, "X", 0) == "7"
    assert state(page)["p_temperature"] == 2
    assert page.locator(".ws-earlier").count() == 0
    page.locator("#again").get_by_role("button", name="Undo").click()
    assert text(page, "X", 0) == "2"


# -- panels ----------------------------------------------------------------------------------------------------------


def test_folds_differences_shelves_and_bars(show):  # noqa: F811
    s = small()
    step = s.slider("step", 1, min=1, max=2, step=1)
    s.rows("shelf", "K", stop=step)
    s.lay([s.panel("scores", closed=True), s.panel("scaled", diff="scores"), s.panel("shelf", slots=2),
           s.panel("weights", bars=True, decimals=1)])  # fmt: skip
    s.lay(["X"], fold="all numbers")
    page = show(s)
    assert not cell(page, "scores", 0).is_visible()
    page.get_by_role("button", name="scores").click()
    assert cell(page, "scores", 0).inner_text() == "8"
    assert "all equal" in page.locator('[data-node="scaled"] .ws-shape').inner_text()
    page.get_by_label("temperature").press("End")
    page.evaluate(FRAME)
    assert "4 of 4 differ" in page.locator('[data-node="scaled"] .ws-shape').inner_text()
    assert page.locator('[data-node="scaled"] .ws-differs').count() == 4
    cell(page, "scaled", 0).focus()
    assert "differs: 8 in scores" in spoken(page)
    before = page.locator('[data-node="shelf"]').bounding_box()
    assert page.locator('[data-node="shelf"] .ws-slot').count() == 2
    page.get_by_role("slider", name="step").press("End")
    page.evaluate(FRAME)
    assert page.locator('[data-node="shelf"] .ws-slot').count() == 0
    assert page.locator('[data-node="shelf"]').bounding_box()["height"] == before["height"]
    assert page.locator('[data-node="shelf"] .ws-newest th').inner_text() == "x2"
    shares = page.evaluate("""() => [...document.querySelectorAll('[data-node="weights"] .ws-bar')]
        .map((c) => [c.textContent, c.style.getPropertyValue('--ws-share')])""")
    assert all(abs(float(share) - float(shown)) <= 0.05 for shown, share in shares)
    assert page.locator("details").get_attribute("open") is None
    page.get_by_text("all numbers").click()
    page.locator('details [data-node="X"] td.ws-cell').nth(7).wait_for()  # drawn when the fold says that it opened
    assert page.locator('details [data-node="X"] td.ws-cell').count() == 8
    assert violations(page, "main") == []


def test_a_logarithmic_slider(show):  # noqa: F811
    s = Sheet("log")
    s.number("n", s.slider("heat", 1.0, min=0.01, max=100, step=0.5, log=True, label="heat"))
    page = show(s)
    page.get_by_label("heat").press("End")
    assert state(page)["p_heat"] == 100
    page.get_by_label("heat").press("ArrowLeft")
    assert state(page)["p_heat"] == pytest.approx(31.6)
    assert page.get_by_label("heat").get_attribute("aria-valuetext") == "31.6"
