"""Every instrument by keyboard alone: what can be changed is reached by Tab and changed by keys, and undone by them."""

import pytest
from worksheet_page import FRAME, show, state  # noqa: F401 (show is a fixture)

from qkvlib import instruments

pytestmark = pytest.mark.browser

# The stop of the focus: which matrix, mark or control, and what kind of thing it is.
STOP = """() => {
    const at = document.activeElement, cell = at.closest('[data-i]'), control = at.closest('#controls label');
    if (cell) {
        const i = Number(cell.dataset.i), panel = cell.closest('.ws-panel[data-node]');
        if (cell.closest('svg')) return ['mark', cell.dataset.node, i, at.getAttribute('role')];
        return [panel.classList.contains('ws-editable') ? 'input' : 'cell', panel.dataset.node, i, ''];
    }
    const labels = [...document.querySelectorAll('#controls label')];
    return control ? ['control', control.innerText.trim(), labels.indexOf(control), at.type]
        : ['button', at.textContent, 0, ''];
}"""
KEY = {"select-one": "ArrowDown", "checkbox": "Space", "range": "ArrowRight", "text": "End"}


def walk(page, most=400):
    """Every stop of the Tab key from the first to the last."""
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop in stops[-1:] or page.evaluate("() => document.activeElement === document.body"):
            break
        stops.append(stop)
        yield stop


def changed_by(page, before):
    """The names of inputs and parameters that differ from `before`."""
    page.evaluate(FRAME)
    now = state(page)
    inputs = [name for name, packed in now["inputs"].items() if packed != before["inputs"][name]]
    return inputs + [name for name in now if name.startswith("p_") and now[name] != before[name]]


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_whatever_changes_is_changed_by_keys(name, show):  # noqa: F811
    worksheet = getattr(instruments, name)().sheet
    page = show(worksheet)
    start, done = state(page), {"input": set(), "mark": set(), "control": set()}
    for kind, what, i, sort in walk(page):
        if kind == "input":
            step = worksheet.sheet.input_options[what]["step"]
            up = "limits" not in worksheet.sheet.input_options[what]
            page.keyboard.press("ArrowUp" if up else "ArrowDown")
            page.evaluate(FRAME)
            moved = state(page)["inputs"][what]["data"][i] - start["inputs"][what]["data"][i]
            assert moved == pytest.approx(step if up else -step), what
        elif kind == "mark" and sort in ("slider", "radio"):
            page.keyboard.press("ArrowUp" if sort == "slider" else "ArrowRight")
            if sort == "radio":
                page.keyboard.press("Enter")
            if sort == "slider":
                assert changed_by(page, start), what
        elif kind == "control":
            page.keyboard.press(KEY[sort])
            if sort == "text":
                page.keyboard.type(" cow")
            assert len(changed_by(page, start)) == 1, what
        else:
            continue
        done[kind].add((what, i) if kind == "control" else what)
        for _ in range(8):  # on a busy machine each typed letter may be a step of its own
            if not changed_by(page, start):
                break
            page.keyboard.press("Control+z")
        assert changed_by(page, start) == [], f"{what} is not undone"
    shown = page.evaluate("""() => [...document.querySelectorAll('.ws-editable[data-node]:has([data-i])')]
        .filter((panel) => panel.checkVisibility() && !panel.closest('.ws-closed'))
        .map((panel) => panel.dataset.node)""")
    assert done["input"] == set(shown)
    params = [param for param in worksheet.spec["params"] if param["look"] != "none"]
    assert len(done["control"]) == len(params)
    assert done["input"] or done["control"] or done["mark"]


@pytest.mark.parametrize("name", [name for name in instruments.REGISTRY if name not in ("gqa",)])
def test_every_reader_of_arcs_is_chosen_by_keys(name, show):  # noqa: F811
    worksheet = getattr(instruments, name)().sheet
    arcs = "reader" in worksheet.sheet.params
    page = show(worksheet)
    marks = page.locator('.ws-view-arcs [role="radio"]')
    assert bool(marks.count()) or not arcs
    if arcs:
        before = state(page)["p_reader"]
        marks.nth(0 if before else 1).focus()
        page.keyboard.press("Enter")
        page.evaluate(FRAME)
        assert state(page)["p_reader"] != before
        assert page.locator('.ws-view-arcs [role="radio"][aria-checked="true"]').count() >= 1
