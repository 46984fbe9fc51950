"""The course's line above JupyterLite, in a real browser: a learner's work as a file, and plain words where it fails.

The site here has no Python packages (they would need WebAssembly wheels), so no cell runs; all else is as served.
"""

import json
import shutil

import pytest
from lite_site import watched

from qkvlib.course.workfile import Work, pack, unpack
from tools.lite import packages, site
from tools.lite.serve import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXERCISES = "exercises/01_one_token.ipynb"


@pytest.fixture(scope="module")
def bare(tmp_path_factory, root):
    """The site, served, with Pyodide and no package for it."""
    if not (root / "node_modules" / "pyodide").is_dir():
        pytest.skip("node_modules has no Pyodide; `make .venv/dev.json` with a network brings it")
    place = tmp_path_factory.mktemp("bare")
    stdlib = shutil.copy(packages.pyodide_core(root) / "python_stdlib.zip", place)
    site.build(root, place / "site", packages.Made({}, stdlib), "selfhost")
    with serving(place / "site") as running:
        yield running


@pytest.fixture
def opened(bare, browser):
    """Opens the site in a browser of its own, with a script run before any other; gives its page."""
    contexts = []

    def open_page(script="", abort=None):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(script)
        if abort:
            page.route(abort, lambda route: route.abort())
        page.goto(bare.address())
        page.get_by_role("button", name="Save my work").wait_for(timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


CONTENT = "async (path) => (await window.jupyterapp.serviceManager.contents.get(path, { content: true })).content"
SAVE = """async ([path, content]) => { await window.jupyterapp.serviceManager.contents.save(
    path, { type: "notebook", format: "json", content }); }"""
OPEN = """async (path) => {
    const panel = await window.jupyterapp.commands.execute("docmanager:open", { path });
    await panel.context.ready;
}"""


def answer(page, text, path=EXERCISES):
    """Writes `text` into the fourth cell of a notebook in the browser."""
    book = page.evaluate(CONTENT, path)
    book["cells"][4]["source"] = text
    page.evaluate(SAVE, [path, book])
    return book


def note(page, words):
    found = page.locator("#qkv-notes p").filter(has_text=words)
    found.wait_for(timeout=30_000)
    return found


def save_work(page, place):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my work").click()
    download.value.save_as(place)
    return place


def bring_in(page, file):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring work in").click()
    chooser.value.set_files(file)


def test_work_goes_from_one_browser_to_another(opened, bare, tmp_path):
    page = opened()
    with watched(page, bare.url):
        answer(page, "q = 'mine'")
        page.evaluate(
            """async (content) => { const contents = window.jupyterapp.serviceManager.contents;
            await contents.save(".qkv", { type: "directory", format: "json", content: null });
            await contents.save(".qkv/progress.json", { type: "file", format: "text", content }); }""",
            json.dumps({"version": 1, "sections": {"checks": {"scores": {"status": "correct", "attempts": 2}}}}),
        )
        work = unpack(save_work(page, tmp_path / "work.qkv.json").read_bytes())
    assert list(work.notebooks) == [EXERCISES], "only what says something of the learner's own"
    assert work.progress == {"checks": {"scores": {"status": "correct", "attempts": 2}}}
    other = opened()
    bring_in(other, tmp_path / "work.qkv.json")
    note(other, "Brought in: 1 notebooks")
    assert "".join(other.evaluate(CONTENT, EXERCISES)["cells"][4]["source"]) == "q = 'mine'"
    kept = other.evaluate(CONTENT, ".qkv/progress.json")
    assert (json.loads(kept) if isinstance(kept, str) else kept)["sections"] == work.progress


def test_what_differs_is_kept_beside(opened, tmp_path):
    page = opened()
    book = answer(page, "q = 'brought'")
    (tmp_path / "work.qkv.json").write_text(pack(Work({}, {EXERCISES: book})), encoding="utf-8")
    answer(page, "q = 'here'")
    bring_in(page, tmp_path / "work.qkv.json")
    note(page, "1 of your own that differed is kept beside")
    assert "".join(page.evaluate(CONTENT, EXERCISES)["cells"][4]["source"]) == "q = 'brought'"
    beside = page.evaluate(CONTENT, EXERCISES.replace(".ipynb", ".mine-1.ipynb"))
    assert "".join(beside["cells"][4]["source"]) == "q = 'here'"


def test_a_damaged_file_is_refused_and_nothing_changes(opened, tmp_path):
    page = opened()
    answer(page, "q = 'here'")
    (tmp_path / "work.qkv.json").write_text(pack(Work({}, {}))[:-20], encoding="utf-8")
    bring_in(page, tmp_path / "work.qkv.json")
    note(page, "This file is damaged")
    assert "".join(page.evaluate(CONTENT, EXERCISES)["cells"][4]["source"]) == "q = 'here'"


def test_back_to_the_original_keeps_what_was_there(opened):
    page = opened()
    first = page.evaluate(CONTENT, EXERCISES)
    answer(page, "q = 'mine'")
    page.evaluate(OPEN, EXERCISES)
    page.get_by_role("button", name="Back to the original").click()
    note(page, "is as the course has it")
    assert page.evaluate(CONTENT, EXERCISES)["cells"] == first["cells"]
    beside = page.evaluate(CONTENT, EXERCISES.replace(".ipynb", ".mine-1.ipynb"))
    assert "".join(beside["cells"][4]["source"]) == "q = 'mine'"
    shown = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[4].getSource()")
    assert "mine" not in shown


def test_a_newer_lesson_is_offered(opened):
    page = opened()
    old = page.evaluate(CONTENT, EXERCISES)
    old["metadata"]["qkv"]["course"] = "0" * 64  # as a site of last year stamped it
    old["cells"][4]["source"] = "q = 'mine'"
    page.evaluate(SAVE, [EXERCISES, old])
    page.evaluate(OPEN, EXERCISES)
    note(page, "has a newer version").get_by_role("button", name="Take the newer one").click()
    note(page, "Yours is now exercises/01_one_token.mine-1.ipynb")
    assert "mine" not in "".join(page.evaluate(CONTENT, EXERCISES)["cells"][4]["source"])


@pytest.mark.parametrize(
    ("script", "abort", "words"),
    [
        ("delete window.WebAssembly", None, "cannot run WebAssembly"),
        ("indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); }", None, "keeps nothing"),
        ("", "**/pyodide.mjs", "Python could not be loaded"),
    ],
)
def test_what_a_browser_cannot_do_is_said_on_top(opened, script, abort, words):
    page = opened(script, abort)
    said = note(page, words)
    assert said.bounding_box()["y"] < 150
    page.get_by_role("button", name="Save my work").wait_for()


FULL = """const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...given) {
    if (window.storageIsFull) throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, given);
};"""


def test_a_full_storage_is_said_and_the_notebook_stays_open(opened):
    page = opened(FULL)
    page.evaluate(OPEN, EXERCISES)
    page.evaluate(
        """() => { window.storageIsFull = true;
        const { context } = window.jupyterapp.shell.currentWidget;
        context.model.sharedModel.cells[4].setSource("q = 'mine'");
        void context.save().catch(() => {}); }"""
    )
    page.locator(".jp-Dialog button").last.click()  # JupyterLab's own words come first
    note(page, "could not keep the file")
    shown = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[4].getSource()")
    assert shown.startswith("q = 'mine'")


def test_the_line_fits_a_phone_and_leaves_the_course_its_place(opened):
    page = opened()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('#main').getBoundingClientRect().top > 0")
    bar = page.locator("#qkv-bar").bounding_box()
    assert bar["width"] <= 390
    assert bar["height"] < 100
    assert page.locator("#main").bounding_box()["y"] >= bar["y"] + bar["height"] - 1
