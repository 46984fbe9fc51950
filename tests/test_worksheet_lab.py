"""The worksheet in a real JupyterLab: a few walks that only Lab can prove (its keys, its themes, its saved state)."""

import nbformat
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SOURCE = """
from qkvlib import examples
from qkvlib.widgets import Instrument, Sheet

s = Sheet("tried")
X, W = s.input("X", examples.X, rows=["x1", "x2"]), s.input("W_Q", examples.W_Q)
causal, t = s.switch("causal", False, label="causal mask"), s.slider("temperature", 1.0, 0.1, 5.0)
Q = s.matmul("Q", X, W)
s.softmax("weights", s.mask("masked", s.scale("scaled", s.scores("scores", Q, Q), temperature=t), on=causal))
s.lay(["X", "W_Q", "Q"], ["scores", "masked", "weights"])
instrument = Instrument(s)
instrument
"""


def write_notebook(lab, name, *sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(sources)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), lab.root / name)


@pytest.fixture
def opened(lab, page, request):
    """Opens a fresh notebook of the given cells in Lab and runs the first; returns (page, run)."""

    def open_notebook(*sources):
        name = f"{request.node.name.split('[')[0]}.ipynb"
        write_notebook(lab, name, *sources)
        lab.open(page, name)
        page.wait_for_function(
            "count => window.jupyterapp.shell.currentWidget.content.widgets.length === count", arg=len(sources)
        )
        run(0)
        page.wait_for_selector(".qkv-ws td[data-i]")
        return run

    def run(k):
        lab.run_cell(page, f"cell-{k}")

    return open_notebook


def cell(page, node, i, root=""):
    return page.locator(f'{root} [data-node="{node}"] [data-i="{i}"]').first


def text(page, node, i):
    page.evaluate(FRAME)
    return cell(page, node, i).inner_text()


def test_a_sheet_with_other_views_leaves_this_one_its_looks(opened, page):
    """anywidget keeps one style sheet for each kind of widget, and sheets bring the styles of their own views."""
    product = SOURCE.replace('["X", "W_Q", "Q"]', "[s.product(X, [W], [Q])]")
    run = opened(product, SOURCE.replace('"tried"', '"another"'))
    display = "() => getComputedStyle(document.querySelector('.ws-product')).display"
    assert page.evaluate(display) == "grid"
    run(1)
    page.wait_for_function("() => document.querySelectorAll('.qkv-ws').length === 2")
    page.evaluate(FRAME)
    assert page.evaluate(display) == "grid"


def test_a_prediction_lets_the_sheet_show_its_answer(opened, page):
    state = {"temperature": 2, "X": [[0, 0, 0, 7], [1, 0, 2, 1]]}
    asks = "from qkvlib.widgets import Predict\n"
    asks += f'Predict("p", "Q?", number=True, answer=1, show_in="tried", show_state={state})'
    run = opened(SOURCE, asks)
    run(1)
    page.fill(".qkv-predict input", "1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Let the sheet show it").click()
    page.wait_for_function("() => document.activeElement.classList.contains('qkv-ws')")
    assert text(page, "X", 3) == "7"
    assert page.locator(".ws-controls .widget-readout").inner_text() == "2.00"
    page.get_by_role("button", name="Undo").click()
    assert text(page, "X", 3) == "0"


def until_printed(page, expected):
    page.wait_for_function(
        """expected => [...document.querySelectorAll('.jp-OutputArea-output[data-mime-type*=stdout] pre')]
            .some((pre) => pre.textContent.trim() === expected)""",
        arg=expected,
    )


def test_drag_type_keys_and_controls_reach_python(opened, page):
    show = 'print(*instrument["Q"].astype(int).ravel().tolist(), instrument["causal"], instrument["temperature"])'
    run = opened(SOURCE, show)
    box = cell(page, "X", 0).bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 34, box["y"] + 10, steps=5)
    page.mouse.up()
    assert text(page, "Q", 0) == "5"
    cell(page, "X", 1).focus()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    assert text(page, "Q", 1) == "5"
    # Letters that mean something to Lab in command mode (dd deletes a cell) must stay ours.
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.get_by_label("causal mask").focus()
    page.keyboard.press("Space")
    assert text(page, "weights", 1) == ""  # masked
    handle = page.get_by_role("slider", name="temperature")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.widget-readout').textContent.trim() === '1.10'")
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == 2
    page.wait_for_timeout(300)  # the lazy sync waits 60 ms on purpose
    run(1)
    until_printed(page, "5 5 3 3 True 1.1")


def test_python_redraws_and_two_views_stay_together(opened, page):
    run = opened(SOURCE, "instrument", 'instrument["X"] = [[9, 0, 0, 0], [0, 0, 0, 0]]; instrument["causal"] = True')
    run(1)
    page.wait_for_function("() => document.querySelectorAll('.qkv-ws').length === 2")
    run(2)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-node=Q] [data-i="0"]')]
            .map((cell) => cell.textContent).join() === '9,9'"""
    )
    cell(page, "X", 0).focus()
    page.keyboard.press("ArrowDown")
    page.evaluate(FRAME)
    assert page.locator('[data-node="Q"] [data-i="0"]').all_inner_texts() == ["8", "8"]
    assert page.locator('[data-node="weights"] [data-i="1"]').all_inner_texts() == ["", ""]  # masked


def test_theme_keyboard_and_names(opened, page):
    from axe import violations

    opened(SOURCE)
    light = cell(page, "X", 0).evaluate("(cell) => getComputedStyle(cell).backgroundColor")
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_function(
        """light => getComputedStyle(document.querySelector('[data-node=X] [data-i="0"]')).backgroundColor !== light""",
        arg=light,
    )
    assert violations(page, ".qkv-instrument") == []
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'true'")
    page.evaluate(FRAME)
    assert violations(page, ".qkv-instrument") == []
    page.get_by_role("slider", name="temperature").focus()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.closest('.ws-panel')?.dataset.node ?? ''"))
    assert {"X", "W_Q", "Q", "scores", "masked", "weights"} <= set(reached)


def test_saved_and_reopened_it_is_live_again(opened, page, lab, request):
    opened(SOURCE)
    cell(page, "X", 0).focus()
    page.keyboard.press("ArrowUp")
    assert text(page, "Q", 0) == "3"
    page.wait_for_timeout(300)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    name = f"{request.node.name}.ipynb"
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = nbformat.read(lab.root / name, as_version=4)
    assert "application/vnd.jupyter.widget-state+json" in saved.metadata["widgets"]
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.goto("about:blank")
    lab.open(page, name)
    page.wait_for_selector(".qkv-ws td[data-i]")
    assert text(page, "Q", 0) == "3"
    cell(page, "X", 0).focus()
    page.keyboard.press("ArrowUp")
    assert text(page, "Q", 0) == "4"
    page.get_by_label("causal mask").focus()
    page.keyboard.press("Space")
    assert text(page, "weights", 1) == ""  # masked


def test_closing_frees_the_page(opened, page):
    run = opened(SOURCE, "instrument.close()")
    run(1)
    page.wait_for_function("() => document.querySelectorAll('.qkv-ws').length === 0")
