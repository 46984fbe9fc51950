"""The course in a real browser, with Python in the page: needs a folder of WebAssembly wheels (docs/lite.md)."""

import json

import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL
from lite_site import cdn, lite, lite_site, made, watched  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LESSON = "notebooks/01_one_token.ipynb"
SOLUTIONS = "solutions/02_two_tokens.ipynb"
ASK = """async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code });
    let said = "";
    future.onIOPub = (message) => { said += message.content.text ?? message.content.evalue ?? ""; };
    await future.done;
    return said;
}"""


def test_lesson_1_opens_and_its_instrument_is_alive(lite, page):  # noqa: F811
    with watched(page, lite.url):
        lite.open(page, LESSON)
        lite.run_to_first_instrument(page)
        cell = page.locator(".ws-editable[data-node] td[data-i]").first
        before = cell.inner_text()
        cell.focus()
        page.keyboard.press("ArrowUp")
        page.wait_for_function(
            "(before) => document.querySelector('.ws-editable[data-node] td[data-i]').innerText !== before", arg=before
        )


def test_what_the_checks_remember_outlives_the_page(lite, page):  # noqa: F811
    with watched(page, lite.url):
        lite.open(page, "exercises/02_two_tokens.ipynb")
        page.evaluate(ASK, "from qkvlib import check\ncheck.scores(lambda Q, K: Q)")
        page.goto("about:blank")
        lite.open(page, "exercises/02_two_tokens.ipynb")
        kept = page.evaluate(
            ASK, "import json, qkvlib.course.progress as p; print(json.dumps(p.entry('checks', 'scores')))"
        )
    assert json.loads(kept)["attempts"] == 1
    assert json.loads(kept)["status"] == "wrong"


def test_the_rest_of_python_is_as_at_home(lite, page):  # noqa: F811
    """Print options last from cell to cell, a solution is found, a published model is refused in a sentence."""
    with watched(page, lite.url):
        lite.open(page, "exercises/02_two_tokens.ipynb")
        page.evaluate(
            ASK, "import numpy as np\nfrom qkvlib import check, checkpoints\nnp.set_printoptions(precision=3)"
        )
        assert page.evaluate(ASK, "print(np.array([1 / 3]))").strip() == "[0.333]"
        assert page.evaluate(ASK, "print(np.array([1]).dtype)").strip() == "int32", "the reason for test_integer_width"
        page.evaluate(ASK, "check.scores(lambda Q, K: Q)")
        assert "def scores" in page.evaluate(ASK, "print(check.scores.solution())")
        assert "inside a web page" in page.evaluate(ASK, "checkpoints.load('openai-community/gpt2')")


def test_the_blank_comes_back_in_a_new_cell(lite, page):  # noqa: F811
    lite.open(page, "exercises/02_two_tokens.ipynb")
    blanks = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(
        (cell) => cell.model.sharedModel.getSource().includes("def scores(")).length"""
    before = page.evaluate(blanks)
    lite.run_cell(page, "scores-check")
    page.evaluate(
        """async () => { const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCell.model.sharedModel.setSource("from qkvlib import check\\ncheck.scores.reset()");
        await window.jupyterapp.commands.execute("notebook:run-cell"); }"""
    )
    assert page.evaluate(blanks) == before + 1


@pytest.mark.timeout(400)
def test_with_python_from_its_own_server_all_checks_work(cdn, browser, request):  # noqa: F811
    lab, there = cdn
    context = browser.new_context()
    asked = []

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        asked.append(name)
        route.fulfill(path=there[name], headers={"access-control-allow-origin": "*"})

    context.route(f"{PYODIDE_CDN_URL}/**", serve)
    page = context.new_page()
    with watched(page, lab.url, PYODIDE_CDN_URL):
        lab.enter(page)
        cells = lab.run(page, SOLUTIONS)["cells"]
    context.close()
    verdicts = [output[0]["text"] for name, output in cells.items() if name.endswith("-check")]
    assert len(verdicts) >= 9
    assert all(verdict.startswith("correct") for verdict in verdicts)
    assert {"pyodide.asm.wasm", "python_stdlib.zip"} <= set(asked)
    assert any(name.startswith("numpy-") for name in asked)
