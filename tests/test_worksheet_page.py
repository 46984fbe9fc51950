"""The worksheet in a real browser on a page of its own: no kernel, no JupyterLab, no network."""

import numpy as np
import pytest
from axe import violations
from worksheet_page import FRAME, cell, drag, show, text, told  # noqa: F401 (show is a fixture)

from qkvlib import examples
from qkvlib.widgets import Sheet, Worksheet
from qkvlib.widgets.numbers import short

pytestmark = pytest.mark.browser


def small() -> Sheet:
    s = Sheet("small", hint="Drag a number.")
    X, W = s.input("X", examples.X, rows=["x1", "x2"]), s.input("W_Q", examples.W_Q)
    on, t = s.switch("causal", False), s.slider("temperature", 1.0, 0.5, 4)
    Q = s.matmul("Q", X, W)
    z = s.mask("masked", s.scale("scaled", s.scores("scores", Q, Q), temperature=t), on=on)
    s.softmax("weights", z, about="shares of 1")
    s.lay(["X", "·", "W_Q", "=", "Q"], ["scores", "masked", s.panel("weights", max=1)], [s.say("first: {Q[0,0]}")])
    return s


# -- a learner's hand ---------------------------------------------------------------------------------------------


def test_drag(show):  # noqa: F811
    page = show(small())
    drag(page, "X", 0, 24)
    assert text(page, "X", 0) == "5"
    assert text(page, "Q", 0) == "5"
    assert page.locator(".ws-say").inner_text() == "first: 5"
    drag(page, "X", 0, -80)
    assert text(page, "Q", 0) == "−5"


def test_a_slider_of_magnitudes_stands_where_its_value_does(show):  # noqa: F811
    s = Sheet("heated")
    t = s.slider("temperature", 1.0, min=0.1, max=10.0, log=True)
    s.scale("scaled", s.input("scores", [[3, 1]]), temperature=t)
    s.lay(["scores", "scaled"])
    slider = show(Worksheet(s)).locator("input[type=range]")
    assert [slider.get_attribute("min"), slider.input_value(), slider.get_attribute("max")] == ["-1", "0", "1"]


def test_a_short_slip_of_the_hand_changes_nothing(show):  # noqa: F811
    page = show(small())
    drag(page, "X", 0, 3)
    assert text(page, "X", 0) == "2"


def test_computed_cells_cannot_be_dragged_or_typed_in(show):  # noqa: F811
    page = show(small())
    drag(page, "Q", 0, 40)
    cell(page, "Q", 0).focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    assert text(page, "Q", 0) == "2"
    assert page.locator("td input").count() == 0


def test_type(show):  # noqa: F811
    page = show(small())
    cell(page, "X", 1).focus()
    page.keyboard.type("-2.5")
    page.keyboard.press("Enter")
    assert text(page, "X", 1) == "−2.5"
    assert text(page, "Q", 1) == "−2.5"
    assert page.evaluate("() => document.activeElement.dataset.i") == "1"
    cell(page, "X", 1).dblclick()
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert text(page, "X", 1) == "−2.5"


def test_what_is_not_a_number_is_refused_in_words(show):  # noqa: F811
    page = show(small())
    cell(page, "X", 1).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    assert text(page, "X", 1) == "1"
    assert "“two” is not a number" in page.locator('[role="status"]').inner_text()


def test_keyboard_alone_reaches_and_changes_everything(show):  # noqa: F811
    page = show(small())
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => { const at = document.activeElement;
            return at.closest('.ws-panel')?.dataset.node ?? at.textContent.trim() ?? at.type; }""")
        )
    assert {"X", "W_Q", "Q", "scores", "masked", "weights", "Undo", "Reset"} <= reached
    cell(page, "X", 0).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    assert text(page, "X", 0) == "13"
    page.keyboard.press("ArrowDown")
    assert text(page, "Q", 0) == "12"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert text(page, "X", 1) == "0"
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.dataset.i") == "6"
    page.keyboard.press("Home")
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate("() => document.activeElement.dataset.i") == "4"
    cell(page, "Q", 0).focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.dataset.i") == "2"
    page.get_by_label("causal").press("Space")
    assert text(page, "masked", 1) == ""
    assert cell(page, "masked", 1).get_attribute("aria-label") == "masked"
    page.get_by_label("temperature").press("End")
    assert page.evaluate("() => model.get('p_temperature')") == 4
    page.get_by_role("button", name="Reset").press("Enter")
    assert text(page, "X", 0) == "2"
    assert not page.get_by_label("causal").is_checked()


def test_undo_takes_back_one_gesture_and_reset_everything(show):  # noqa: F811
    page = show(small())
    drag(page, "X", 0, 40)
    drag(page, "W_Q", 3, 16)
    page.get_by_label("causal").check()
    page.get_by_role("button", name="Undo").click()
    assert not page.get_by_label("causal").is_checked()
    page.get_by_role("button", name="Undo").click()
    assert text(page, "W_Q", 3) == "1"
    assert text(page, "X", 0) == "7"
    cell(page, "X", 0).focus()
    page.keyboard.press("Control+z")
    assert text(page, "X", 0) == "2"
    drag(page, "X", 0, 40)
    page.get_by_role("button", name="Reset").click()
    assert text(page, "X", 0) == "2"
    page.get_by_role("button", name="Undo").click()
    assert text(page, "X", 0) == "7"


# -- explanations -------------------------------------------------------------------------------------------------


def test_pointing_shows_the_arithmetic_and_lights_the_sources(show):  # noqa: F811
    page = show(small())
    assert told(page) == "Drag a number."
    cell(page, "scores", 2).hover()
    assert "3·2 + 3·1 = 9" in told(page)
    lit = page.evaluate("() => [...document.querySelectorAll('.ws-from')].map((c) => "
                        "c.closest('.ws-panel').dataset.node + c.dataset.i)")  # fmt: skip
    assert lit == ["Q0", "Q1", "Q2", "Q3"]
    page.mouse.move(5, 5)
    assert told(page) == "Drag a number."
    cell(page, "weights", 3).focus()
    assert told(page).endswith("each score less the largest, 18")
    assert "weights, x2, x2: e^0 / (e^(−9) + e^0) = 1" in page.locator('[role="status"]').inner_text()


def test_a_tiny_share_is_shown_as_nearly_nothing_and_told_when_pointed_at(show):  # noqa: F811
    s = Sheet("tiny")
    X = s.input("X", [[0, 0.0001, 30]])
    s.lay([X, s.panel(s.softmax("weights", X), max=1)], [s.say("{weights[0,0]:%} and {weights[0,2]:%}")])
    page = show(s)
    legend = page.get_by_text("≈ stands before a number")
    assert [text(page, "weights", i) for i in range(3)] == ["≈0", "≈0", "≈1"]
    assert text(page, "X", 1) == "1e-4"  # what a learner gave stays as it was given
    assert page.locator(".ws-say").inner_text() == "<0.1% and >99.9%"
    assert legend.is_visible()
    cell(page, "weights", 0).hover()
    assert "= 9.4e-14" in told(page)
    cell(page, "weights", 0).focus()
    assert "= 9.4e-14, each score" in page.locator('[role="status"]').inner_text()
    page.evaluate("() => model.set('inputs', {X: {shape: [1, 3], data: [0, 1, 1]}})")
    page.evaluate(FRAME)
    assert not legend.is_visible()


def test_the_arithmetic_follows_where_the_bar_is_out_of_sight(show, page):  # noqa: F811
    s = Sheet("tall")
    X = s.input("X", np.eye(20))
    s.lay([X], [s.scores("A", X, X)], [s.scores("B", "A", X)])
    show(s)
    page.mouse.wheel(0, 900)
    page.wait_for_function("() => scrollY > 300")
    page.evaluate(FRAME)
    box = page.locator('[data-node="B"] [data-i="190"]').bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.wait_for_selector(".ws-tip:popover-open")
    tip = page.locator(".ws-tip").bounding_box()
    assert "B, row 10, column 11" in page.locator(".ws-tip").inner_text()
    assert min(abs(tip["y"] - box["y"] - box["height"]), abs(tip["y"] + tip["height"] - box["y"])) < 20
    page.mouse.wheel(0, -2000)
    page.wait_for_function("() => !document.querySelector('.ws-tip').matches(':popover-open')")


def test_sources_that_are_not_shown_lead_to_those_that_are(show):  # noqa: F811
    s = Sheet("hidden")
    X = s.input("X", [[1, 2], [3, 4]])
    s.softmax("weights", s.transpose("Xt", X))
    s.lay(["X", "weights"])
    page = show(s)
    cell(page, "weights", 0).hover()
    lit = page.evaluate("() => [...document.querySelectorAll('.ws-from')].map((c) => c.dataset.i)")
    assert lit == ["0", "2"]


# -- hostile and odd content --------------------------------------------------------------------------------------


def test_markup_in_tokens_is_text(show):  # noqa: F811
    bad = "<img src=x onerror=\"document.title='owned'\">"
    s = Sheet("hostile", title=bad, hint=bad)
    s.input("A", [[1, 2]], rows=[bad], cols=[bad, "</script><b>"], about=bad)
    s.embed("E", s.input("table", [[0.0]], rows=["a"]), s.text("words", bad, label=bad))
    s.lay(["A", "E", bad], [s.say(bad)])
    page = show(s)
    cell(page, "A", 0).hover()
    page.evaluate(FRAME)
    assert page.title() == bad
    assert page.locator("main img, main b:not(.ws-tell b)").count() == 0
    assert page.locator('[data-node="A"] th.ws-row').inner_text() == bad


def test_odd_numbers_are_shown_as_they_are(show):  # noqa: F811
    s = Sheet("odd")
    s.input("A", [[np.nan, np.inf, -np.inf, 1e300, 4e-9]])
    s.softmax("S", "A")
    page = show(s)
    assert [text(page, "A", i) for i in range(5)] == ["NaN", "∞", "−∞", "1e300", "4e-9"]
    cell(page, "A", 0).focus()
    page.keyboard.press("ArrowUp")
    assert text(page, "A", 0) == "0.1"
    cell(page, "A", 4).focus()
    page.keyboard.type("nan")  # letters do not start typing: only digits, point and sign do
    assert text(page, "A", 4) == "4e-9"


def test_an_empty_matrix_says_so(show):  # noqa: F811
    s = Sheet("empty")
    s.input("A", np.zeros((0, 3)))
    s.matmul("B", "A", s.input("W", np.ones((3, 2))))
    page = show(s)
    assert page.locator('[data-node="B"] .ws-empty').inner_text() == "empty"
    assert "[0, 2]" in page.locator('[data-node="B"] .ws-shape').inner_text()


def test_an_error_is_told_where_it_is_and_goes_away(show):  # noqa: F811
    s = Sheet("refusing")
    table = s.input("table", [[1.0, 2], [3, 4]], rows=["dog", "ball"])
    s.transpose("T", s.embed("E", table, s.text("words", "dog", label="words"), unknown="refuse"))
    page = show(s)
    page.get_by_label("words").fill("dgo")
    page.evaluate(FRAME)
    assert told(page) == 'E: the word "dgo" is not known here; the closest known: dog, ball'
    assert text(page, "T", 0) == "1"  # the last good numbers stay, dimmed
    assert page.locator('[data-node="T"].ws-stale').count() == 1
    cell(page, "T", 0).hover()
    assert told(page) == "T, row 1, dog 1 waits for E"
    page.mouse.move(5, 5)
    page.get_by_label("words").fill("ball dog")
    assert text(page, "E", 0) == "3"
    assert told(page) == ""


@pytest.mark.parametrize("n", [60, 200])
def test_large_matrices(n, show, page):  # noqa: F811
    rng = np.random.default_rng(0)
    s = Sheet("large")
    X = s.input("X", rng.normal(size=(n, 4)).round(1), rows=[f"word{i}" for i in range(n)])
    masked = s.mask("masked", s.scores("scores", X, X))
    s.softmax("weights", masked)
    worksheet = Worksheet(s)
    show(worksheet)
    grid = page.get_by_role("grid", name=f"weights [{n}, {n}]")
    assert grid.get_attribute("aria-rowcount") == str(n)
    current = grid.locator("[data-i]")
    current.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    i = 3 * n + 1
    expected = f"weights, word3, word1: {short(worksheet['weights'].flat[i])}"
    assert current.get_attribute("aria-label") == expected
    first = page.get_by_role("grid", name=f"X [{n}, 4]").locator("[data-i]")
    first.focus()
    page.keyboard.press("ArrowUp")
    page.evaluate(FRAME)
    assert first.get_attribute("aria-label") == f"X, word0, column 1: {short(round(worksheet['X'][0, 0] + 0.1, 12))}"
    assert violations(page, "main") == []


def test_long_rows_fold(show):  # noqa: F811
    s = Sheet("long")
    s.input("x", [np.arange(40)])
    page = show(s)
    assert page.locator("td.ws-cell").count() == 11
    assert violations(page, "main") == []
    page.get_by_role("button", name="show all 40 columns of x").click()
    assert page.locator("td.ws-cell").count() == 40
    page.get_by_role("button", name="fold columns of x").press("Enter")
    assert page.locator("td.ws-cell").count() == 11


# -- several views, and the end of one ----------------------------------------------------------------------------


def test_two_views_stay_together_and_closing_one_frees_it(show):  # noqa: F811
    page = show(small())
    page.evaluate("""() => {
        const second = document.body.appendChild(document.createElement('div'));
        second.id = 'second';
        globalThis.free = worksheet.render({model, el: second});
    }""")
    drag(page, "X", 0, 24)
    page.evaluate(FRAME)
    assert page.locator('#second [data-node="Q"] [data-i="0"]').inner_text() == "5"
    page.evaluate("() => globalThis.free()")
    assert page.locator("#second *").count() == 0
    one = page.evaluate("() => [...model.listeners.values()].map((acts) => acts.length)")
    drag(page, "X", 0, -24)
    assert text(page, "Q", 0) == "2"
    page.evaluate("""() => {
        const second = document.getElementById('second');
        for (let k = 0; k < 20; k++) worksheet.render({model, el: second})();
    }""")
    assert page.evaluate("() => [...model.listeners.values()].map((acts) => acts.length)") == one


def test_python_hears_only_the_last_of_a_burst_and_hears_it_when_the_view_closes(show):  # noqa: F811
    page = show(small())
    heard = page.evaluate("""async () => {
        const saved = [];
        model.save_changes = () => saved.push(model.get('inputs').X.data[0]);
        const root = document.body.appendChild(document.createElement('div'));
        const free = worksheet.render({model, el: root});
        const cell = root.querySelector('[data-node=X] [data-i="0"]');
        cell.focus();
        for (let k = 0; k < 50; k++) cell.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowUp', bubbles: true}));
        free();
        await new Promise((done) => setTimeout(done, 200));
        return saved;
    }""")
    assert heard == [52]


def test_one_drawing_a_frame(show):  # noqa: F811
    page = show(small())
    drawn = page.evaluate("""async () => {
        let writes = 0;
        const cell = document.querySelector('[data-node=Q] [data-i="0"]');
        const watch = new MutationObserver((changes) => { writes += changes.length; });
        watch.observe(cell, {characterData: true, subtree: true});
        for (let k = 0; k < 100; k++) {
            const inputs = model.get('inputs');
            model.set('inputs', {...inputs, X: {shape: [2, 4], data: inputs.X.data.map((v) => v + 1)}});
        }
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return [writes, cell.textContent];
    }""")
    assert drawn == [1, "202"]


def test_reduced_motion_and_themes(show, page):  # noqa: F811
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    show(small())
    dark = cell(page, "X", 0).evaluate("(cell) => getComputedStyle(cell).backgroundColor")
    moving = page.evaluate("""() => [...document.querySelectorAll('.qkv-ws *')]
        .map((node) => getComputedStyle(node))
        .filter((style) => style.transitionDuration !== '0s' || style.animationName !== 'none').length""")
    assert moving == 0
    page.emulate_media(color_scheme="light")
    page.evaluate(FRAME)
    assert cell(page, "X", 0).evaluate("(cell) => getComputedStyle(cell).backgroundColor") != dark
