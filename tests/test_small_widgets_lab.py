"""The small widgets in a real JupyterLab: its shortcuts leave them alone, and the kernel keeps what was done."""

import json

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = "notebooks/00_start_here.ipynb"


@pytest.fixture
def lesson(lab, page):
    """Lesson 0 open in JupyterLab with its first two cells run; gives (page, the prediction's cell)."""
    lab.open(page, NOTEBOOK)
    setup = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
            .find((cell) => cell.model.getMetadata("tags")?.includes("setup")).model.id"""
    )
    lab.run_cell(page, setup)
    lab.run_cell(page, "l0-whom")
    cell = lab.cell(page, "l0-whom")
    cell.locator(".qkv-predict").wait_for()
    return page, cell


def cells(page):
    return page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")


def test_a_guess_made_by_keyboard_reaches_the_progress_file(lesson):
    page, cell = lesson
    before = cells(page)
    if cell.get_by_role("button", name="Clear my guess").count():  # a guess from an earlier test is shown again
        cell.get_by_role("button", name="Clear my guess").click()
    choices = cell.get_by_role("radio")
    wrong = cell.get_by_role("radio", name="drank")
    place = [choice.get_attribute("id") for choice in choices.all()].index(wrong.get_attribute("id"))
    choices.nth(place - 1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # JupyterLab would move to the next cell
    page.keyboard.press("d")
    page.keyboard.press("d")  # JupyterLab would delete the cell
    assert cells(page) == before
    assert wrong.is_checked()
    cell.get_by_role("button", name="I am sure").press("Enter")
    assert "Not this time" in cell.locator(".qkv-reveal").inner_text()

    # The kernel answers in order: once it has printed, it has also kept the guess.
    kept = page.evaluate(
        """async () => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({
                code: "import json, qkvlib.course.progress as p; print(json.dumps(p.entry('predictions', 'l0-whom')))"
            });
            let said = "";
            future.onIOPub = (message) => { said += message.content.text ?? ""; };
            await future.done;
            return said;
        }"""
    )
    kept = json.loads(kept)
    assert (kept["guess"], kept["correct"], kept["sure"]) == (1, False, True)


def test_a_line_of_prose_is_at_most_46_rem_and_the_header_is_short(lab, page):
    page.set_viewport_size({"width": 1600, "height": 900})
    lab.open(page, NOTEBOOK)
    page.locator(".jp-RenderedMarkdown > p").first.wait_for()
    widths = page.locator(".jp-RenderedMarkdown > :is(p, ul)").evaluate_all(
        "(nodes) => nodes.map((node) => node.getBoundingClientRect().width)"
    )
    assert 600 < max(widths) <= 46 * 16
    header = page.locator(".jp-MarkdownCell").first.bounding_box()
    assert header["height"] < 220, "440 px of bullets came before"


def test_both_themes_are_readable(lesson):
    page, cell = lesson
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=theme)
        ink, paper = cell.locator(".qkv-predict").evaluate(
            "(node) => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
        )
        assert contrast(ink, paper) >= 4.5, theme


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two CSS colours (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    *channels, alpha = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")] + [1.0] * (
        "rgba" not in colour
    )
    assert alpha > 0.5, colour
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in channels)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
