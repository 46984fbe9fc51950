"""Lesson 1 as a learner meets it: in JupyterLab, run from the top, a number dragged, the result read."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOK = "notebooks/01_one_token.ipynb"
INSTRUMENT = "projection"


def number(cell, node, i):
    one = cell.locator(f'[data-node="{node}"] [data-i="{i}"]').first
    one.scroll_into_view_if_needed()
    # JupyterLab lays out what is in sight, and only that.
    cell.page.wait_for_function("(one) => one.innerText", arg=one.element_handle())
    return float(one.inner_text().replace("−", "-"))


def drag(page, cell, node, i, pixels):
    target = cell.locator(f'[data-node="{node}"] [data-i="{i}"]').first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=6)
    page.mouse.up()


def cut_off(page, width):
    """The outputs that are wider than their place, at this window width, with no way to scroll to the rest."""
    page.set_viewport_size({"width": width, "height": 900})
    return page.evaluate(
        """() => {
            const seen = [];
            for (const area of document.querySelectorAll(".jp-OutputArea-output")) {
                for (let node = area; node && !node.classList.contains("jp-Cell"); node = node.parentElement) {
                    const clipped = node.scrollWidth > node.clientWidth + 2;
                    if (clipped && getComputedStyle(node).overflowX === "hidden") seen.push(node.className);
                }
            }
            return seen;
        }"""
    )


def test_every_cell_runs_and_a_dragged_number_changes_the_result(lab, page):
    lab.open(page, NOTEBOOK)
    lab.run_all(page)
    broken = page.evaluate(
        """() => {
            const failed = (cell) => cell.model.outputs.toJSON().some((output) => output.output_type === "error");
            return window.jupyterapp.shell.currentWidget.content.widgets
                .filter((cell) => cell.model.type === "code" && (!cell.model.executionCount || failed(cell)))
                .map((cell) => cell.model.id);
        }"""
    )
    assert broken == []

    lesson = lab.cell(page, INSTRUMENT)
    lesson.locator(".ws-cell[data-i]").first.wait_for()
    assert cut_off(page, 800) == []
    assert cut_off(page, 1280) == []

    before = {node: [number(lesson, node, i) for i in range(2)] for node in "qkv"}
    x, w = number(lesson, "x", 0), [number(lesson, "W_Q", i) for i in range(2)]
    drag(page, lesson, "x", 0, 24)
    page.wait_for_function(
        "([node, was]) => parseFloat(node.innerText.replace('−', '-')) !== was",
        arg=[lesson.locator('[data-node="x"] [data-i="0"]').first.element_handle(), x],
    )
    moved = number(lesson, "x", 0) - x
    assert moved
    assert [number(lesson, "q", i) for i in range(2)] == [before["q"][i] + moved * w[i] for i in range(2)]
    assert any(number(lesson, "k", i) != before["k"][i] for i in range(2))
