"""Every instrument in a real browser on a page of its own: true numbers, within reach, still, and within the width."""

import pytest
from axe import violations
from shown_numbers import assert_shown_is_true, turns, unfold
from worksheet_page import FRAME, cell, show, text, told  # noqa: F401 (show is a fixture)

from qkvlib import instruments
from qkvlib.clinic import BUGS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_every_number_shown_is_numpys(name, show):  # noqa: F811
    worksheet = getattr(instruments, name)().sheet
    page = show(worksheet)
    unfold(page)
    assert_shown_is_true(page, worksheet)
    for param, value in turns(worksheet):
        page.evaluate("([name, value]) => model.set(`p_${name}`, value)", [param, value])
        assert_shown_is_true(page, worksheet)
    page.evaluate("""() => {
        let seed = 1;
        const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        const inputs = {};
        for (const [name, {shape, data}] of Object.entries(model.get('inputs')))
            inputs[name] = {shape, data: data.map((v) => Math.round((v + next() - 0.5) * 100) / 100)};
        model.set('inputs', inputs);
    }""")
    assert_shown_is_true(page, worksheet)


@pytest.mark.parametrize("bug", BUGS)
def test_every_sheet_of_the_clinic(bug, show):  # noqa: F811
    worksheet = instruments.bug_clinic(bug).sheet
    page = show(worksheet)
    unfold(page)
    assert_shown_is_true(page, worksheet)
    for param, value in turns(worksheet):
        page.evaluate("([name, value]) => model.set(`p_${name}`, value)", [param, value])
        assert_shown_is_true(page, worksheet)
    assert violations(page, "main") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_axe_finds_nothing(name, scheme, show, page):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    show(getattr(instruments, name)().sheet)
    assert violations(page, "main") == []
    page.locator("[data-i]").last.focus()
    assert violations(page, "main") == []


@pytest.mark.parametrize("name", instruments.REGISTRY)
@pytest.mark.parametrize("width", [800, 1280])
def test_nothing_sticks_out(name, width, show, page):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 900})
    show(getattr(instruments, name)().sheet)
    page.evaluate(FRAME)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    cut = page.evaluate("""() => [...document.querySelectorAll('td.ws-cell')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)""")
    assert cut == []


@pytest.mark.parametrize("name", instruments.REGISTRY)
@pytest.mark.parametrize("width", [500, 800])
def test_a_sign_stays_with_what_follows_and_a_wide_matrix_scrolls_by_itself(name, width, show, page):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 900})
    show(getattr(instruments, name)().sheet)
    page.evaluate(FRAME)
    hanging = page.evaluate("""() => [...document.querySelectorAll('.ws-sign')].filter((sign) => {
        const [a, b] = [sign, sign.nextElementSibling].map((part) => part.getBoundingClientRect());
        return b.left < a.right || b.top > a.bottom;
    }).length""")
    assert hanging == 0
    assert page.evaluate(
        "() => { const s = document.querySelector('.qkv-ws'); return s.scrollWidth <= s.clientWidth; }"
    )
    tools = page.evaluate("""() => [...document.querySelectorAll('.ws-tools button')]
        .filter((button) => button.offsetParent).map((button) => button.offsetTop)""")
    assert len(set(tools)) == 1


@pytest.mark.parametrize("name", instruments.REGISTRY)
@pytest.mark.parametrize("width", [390, 1100])
def test_pointing_at_a_cell_moves_nothing(name, width, show, page):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 785})
    show(getattr(instruments, name)().sheet)
    cells, moved = page.evaluate("""() => {
        const places = () => [...document.querySelectorAll('.ws-panel, .ws-line, .ws-legend, [data-i]')].map((part) => {
            const { x, y, width, height } = part.getBoundingClientRect();
            return [x, y + scrollY, width, height];
        }).join();
        const before = places(), cells = [...document.querySelectorAll('[data-i]')];
        const moved = cells.filter((cell) => {
            cell.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: 1, clientY: 1 }));
            return !document.querySelector('.ws-here') || places() !== before;
        });
        return [cells.length, moved.length];
    }""")
    assert cells >= 8
    assert moved == 0


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_every_matrix_is_reached_by_tab(name, show):  # noqa: F811
    page = show(getattr(instruments, name)().sheet)
    unfold(page)
    panels = "[...document.querySelectorAll('.ws-panel:has([data-i]):not(.ws-product)')]"
    stops = page.evaluate(f"""() => {panels}.map((p) => p.querySelectorAll('[data-i][tabindex="0"]').length)""")
    assert len(stops) >= 2
    assert set(stops) == {1}
    page.get_by_role("button", name="Reset").first.focus()
    reached = []
    for _ in range(3 * len(stops) + 10):
        page.keyboard.press("Tab")
        at = page.evaluate(f"() => {panels}.indexOf(document.activeElement.closest('.ws-panel:not(.ws-product)'))")
        reached += [at] if at >= 0 and at not in reached else []
    assert reached == list(range(len(stops)))
