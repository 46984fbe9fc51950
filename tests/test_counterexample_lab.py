"""A counter-example in a real JupyterLab: its numbers are dragged, and the learner's own function answers."""

import os

import nbformat
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRONG = """
import numpy as np
from qkvlib import check

def scores(Q, K):
    return Q @ np.swapaxes(K, -1, -2)

check.scores(scores)
"""
LOOKS = os.environ.get("QKV_LOOKS", "")  # a folder for pictures, for whoever wants to see


@pytest.fixture
def card(lab, page, request):
    """Opens a fresh notebook with a wrong answer in it, run; gives the card of its verdict."""

    def open_card(source=WRONG):
        name = f"{request.node.name.split('[')[0]}.ipynb"
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [nbformat.v4.new_code_cell(source, id="cell-0")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), lab.root / name)
        lab.open(page, name)
        page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.widgets.length === 1")
        lab.run_cell(page, "cell-0")
        page.get_by_role("button", name="Drag these numbers").wait_for()
        return page

    return open_card


def look(page, name):
    if LOOKS:
        page.screenshot(path=f"{LOOKS}/{name}.png")


def beside(page):
    return page.locator(".qkv-verdict-beside").inner_text()


def test_numbers_are_dragged_and_the_function_is_called_again(card):
    page = card()
    look(page, "verdict")
    page.get_by_role("button", name="Drag these numbers").press("Enter")
    number = page.locator('.qkv-ws [data-node="K"] [data-i="1"]')
    number.wait_for()
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('1 ✗')")
    assert "right" not in beside(page)
    number.focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('2 ✗')")
    look(page, "dragged")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('Here it agrees')")
    box = number.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 34, box["y"] + 10, steps=5)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('✗')")
    page.get_by_role("button", name="The right numbers").click()
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('right result')")
    look(page, "right")


def test_it_is_readable_in_the_dark_and_on_a_narrow_screen(card):
    from axe import violations

    page = card()
    page.get_by_role("button", name="Drag these numbers").click()
    page.locator(".qkv-ws td[data-i]").first.wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_function("() => document.querySelector('.qkv-verdict-beside').textContent.includes('✗')")
    for width in (1280, 480):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        look(page, f"dark-{width}")
        inside = page.locator(".qkv-verdict").evaluate("(card) => card.scrollWidth <= card.clientWidth + 1")
        assert inside, f"the card is cut off at {width} px"
    assert violations(page, ".jp-OutputArea-output") == []
