"""Every number that a worksheet shows in a browser, compared with numpy's."""

from worksheet_page import FRAME, STATE

from qkvlib.widgets.layout import entries
from qkvlib.widgets.numbers import in_cell, places, short
from qkvlib.widgets.ops import Value
from qkvlib.widgets.worksheet import unpack

READ = """() => [...document.querySelectorAll('.ws-panel[data-node]')].map((panel) => [panel.dataset.node,
    [...panel.querySelectorAll('td[data-i]')].map((cell) =>
        [Number(cell.dataset.i), cell.textContent, cell.classList.contains('ws-masked')])])"""


def python_values(worksheet, state):
    """What numpy makes of the state that the browser shows."""
    inputs = {
        name: Value(unpack(packed), start.rows, start.cols, start.heads)
        for (name, packed), start in zip(state["inputs"].items(), worksheet.sheet.inputs.values(), strict=True)
    }
    params = {}
    for name, param in worksheet.sheet.params.items():
        value = state[f"p_{name}"]
        params[name] = param.options[value] if param.kind == "choice" else value
    return worksheet.sheet.evaluate(inputs, params)


def cell_text(worksheet, node, array):
    """What a cell of the node shows: an input's number as it was given, another one as its matrix is written."""
    if worksheet.sheet.input_options.get(node, {}).get("editable"):
        return short
    shown = [entry for entry in entries(worksheet.spec["layout"]) if entry.get("node") == node]
    (given,) = {entry.get("decimals") for entry in shown} or {None}
    decimals = places(array) if given is None else given
    if any(entry.get("ramp") == "share" for entry in shown):  # tiny shares are ≈0
        return lambda value: in_cell(value, 3 if decimals is None else decimals, 0)
    return lambda value: in_cell(value, decimals)


def assert_shown_is_true(page, worksheet):
    page.evaluate(FRAME)
    values = python_values(worksheet, page.evaluate(STATE))
    compared = 0
    for node, cells in page.evaluate(READ):
        array = values[node].array.ravel()
        masked = values[node].masked
        text = cell_text(worksheet, node, array)
        for i, shown, hatched in cells:
            # The last bits of a sum may differ, and with them a digit that is rounded at exactly one half.
            near = [text(array[i] * (1 + nudge)) for nudge in (0, 1e-12, -1e-12)]
            closed = masked is not None and bool(masked.ravel()[i])
            assert shown in ([""] if closed else near), (node, i)
            assert hatched == closed, (node, i)
            compared += 1
    assert compared >= 4
    return compared


def unfold(page):
    """Opens every fold and every closed panel, so that all numbers are on the page."""
    page.evaluate("""() => {
        for (const fold of document.querySelectorAll('.ws-folded')) fold.open = true;
        for (const button of document.querySelectorAll('.ws-closed .ws-fold')) button.click();
    }""")
    page.evaluate(FRAME)


def turns(worksheet):
    """Settings to visit: every parameter at each of its ends, options or positions, one at a time."""
    for name, param in worksheet.sheet.params.items():
        if param.kind == "choice":
            yield from ((name, i) for i in range(len(param.options)))
        elif param.kind == "bool":
            yield from ((name, value) for value in (not param.value, param.value))
        elif param.kind in ("float", "int"):
            yield from ((name, param.limits[end]) for end in ("min", "max"))
