"""The public site: whole, light, asking for nothing from elsewhere, and alive without a kernel."""

import gzip
import html
import json
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from axe import violations
from public_site import ALIVE, opened, site  # noqa: F401 - fixtures

from qkvlib import instruments
from qkvlib.course.outline import read_outline
from tools.site import sources
from tools.site.__main__ import main

MOST = 300 * 1024  # bytes a page
LESSONS = [f"notebooks/{lesson.slug}" for lesson in read_outline()]
AROUND = ["index", "glossary", "instruments", "exercises", "api", "elsewhere"]
PRACTICE = [f"exercises/{lesson.slug}" for lesson in read_outline() if lesson.exercises]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *said):
        pass


def text(path):
    return path.read_text(encoding="utf-8")


def linked(page):
    """Every address that a page names, as (tag, address)."""
    return re.findall(r"<(\w+)[^>]*?\s(?:href|src)=\"([^\"]*)\"", text(page))


def loaded(page):
    """The files that a page loads, pictures apart."""
    found = [html.unescape(address) for tag, address in linked(page) if tag in ("script", "link")]
    files = {(page.parent / urlsplit(each).path).resolve() for each in found}
    return [path for path in files if path.suffix in (".js", ".css")]


def test_the_list_of_instruments_names_each_with_its_page(root, tmp_path):
    sources.write_pages(root, tmp_path, read_outline(), "qkvlib.whl")
    listed = re.findall(r'href="instruments/(\w+)\.html"', text(tmp_path / "instruments.md"))
    assert sorted(listed) == sorted(instruments.REGISTRY)
    page = text(tmp_path / "exercises.md")
    for lesson in read_outline():
        assert all(f"(`{name}`, " in page for name in lesson.exercises)


@pytest.mark.slow
def test_every_page_is_there_and_every_link_leads_somewhere(site):
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert {*LESSONS, *AROUND, *PRACTICE, *(f"instruments/{name}" for name in instruments.REGISTRY)} <= pages
    pages_here = [path for path in site.rglob("*.html") if "lite" not in path.relative_to(site).parts]
    ids = {path: set(re.findall(r'\sid="([^"]+)"', text(path))) for path in pages_here}
    for page in ids:
        for tag, address in linked(page):
            parts = urlsplit(html.unescape(address))
            if parts.scheme or parts.netloc:
                assert tag == "a", f"{page.name} loads {address}"
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.exists(), f"{page.name}: {address}"
            if parts.fragment and target in ids and tag == "a":
                assert unquote(parts.fragment) in ids[target], f"{page.name}: {address}"


@pytest.mark.slow
def test_no_style_or_script_names_another_place(site):
    for path in (*site.rglob("*.css"), *(site / "_static" / "qkv").glob("*.js")):
        assert not re.search(r"@import|url\(['\"]?(?:https?:)?//|fetch\(|XMLHttpRequest", text(path)), path.name


@pytest.mark.slow
def test_every_page_is_light(site):
    for name in (*LESSONS, *AROUND, *PRACTICE):
        page = site / f"{name}.html"
        files = [page, *loaded(page)]
        whole = sum(path.stat().st_size for path in files)
        assert whole <= MOST, f"{name}: {whole} bytes with its scripts and styles, not compressed"
        packed = sum(len(gzip.compress(path.read_bytes())) for path in files)
        assert packed <= MOST / 2, f"{name}: {packed} bytes as a server sends them"


@pytest.mark.slow
def test_each_widget_has_its_place_and_its_code_is_loaded_once(root, site):
    places = 0
    for name in LESSONS:
        page = text(site / f"{name}.html")
        kinds = re.findall(r'<div class="qkv-live" data-kind="(\w+)"', page)
        pieces = " ".join(re.findall(r' data-parts="([\w ]+)"', page)).split()
        cells = json.loads(text(root / f"{name}.ipynb"))["cells"]
        wanted = [c for c in cells if {"instrument", "prediction", "recall"} & set(c["metadata"].get("tags", []))]
        assert len(kinds) > len(wanted) > 0, name
        assert kinds[0] == "narration", name
        scripts = re.findall(r'src="\.\./_static/qkv/(\w+)\.js', page)
        assert sorted(scripts) == sorted({*kinds, *pieces, "site"}), name
        assert scripts[-1] == "site", "the host comes last"
        places += len(kinds)
    assert places > 100


@pytest.mark.slow
def test_no_answer_is_in_sight(root, site):
    """Answers are what the widgets hold; the page, its table of contents and the search know none of them."""
    pages = " ".join(re.sub(r"(?s)<script.*?</script>", " ", text(site / f"{name}.html")) for name in LESSONS)
    shown = html.unescape(pages + text(site / "searchindex.js"))
    asked = {}
    for path in (root / "qkvlib" / "data" / "predictions").glob("*.json"):
        asked |= json.loads(text(path))
    assert len(asked) > 50
    assert [name for name, words in asked.items() if words.get("explain") and words["explain"] in shown] == []


@pytest.mark.slow
def test_what_can_be_downloaded_is_what_is_here(root, site):
    for folder in ("notebooks", "exercises", "solutions"):
        for path in (root / folder).glob("*.ipynb"):
            assert (site / "downloads" / folder / path.name).read_bytes() == path.read_bytes()
    (wheel,) = (site / "downloads").glob("*.whl")
    assert f"pip install ./{wheel.name}" in re.sub(r"<[^>]+>", "", text(site / "index.html"))


@pytest.mark.slow
def test_a_site_that_cannot_be_built_leaves_the_old_one(root, tmp_path, capsys, monkeypatch):
    from tools.lessonfile import Refusal
    from tools.site import __main__ as command

    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "old.html").write_text("old")

    def refuse(*anything):
        raise Refusal("01_one_token.ipynb, cell x: it now shows something else")

    monkeypatch.setattr(command.sources, "write_notebooks", refuse)
    assert main(["--out", str(tmp_path / "site")]) == 1
    assert "cell x" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["old.html"]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_lesson_is_alive_fits_and_can_be_read_by_everybody(opened, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for name in (*AROUND, *LESSONS, PRACTICE[0]):
        opened(name)
        assert page.locator(".qkv-live > script, .qkv-live > noscript").count() == 0, name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("() => document.body.dataset.jpThemeLight") == str(scheme == "light").lower()
        assert violations(page, "body", ("serious", "critical")) == [], name


@pytest.mark.browser
@pytest.mark.slow
def test_the_first_screen_answers_to_a_hand(opened, page):
    page.set_viewport_size({"width": 390, "height": 844})
    opened("index")
    assert page.locator(".qkv-live .ws-title").bounding_box()["y"] < 844
    number = page.locator('.ws-panel[data-node="query"] [data-i="0"]').first
    before = page.locator(".qkv-live").inner_text()
    number.focus()
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => document.querySelector('.qkv-live').innerText !== before", arg=before)
    assert number.inner_text() == "0"


@pytest.mark.browser
@pytest.mark.slow
def test_a_prediction_and_a_card_are_remembered_in_this_browser(opened, page):
    opened("notebooks/02_two_tokens")
    asked = page.locator(".qkv-predict").first
    assert asked.locator(".qkv-reveal").count() == 0
    asked.locator("input").first.fill("15")
    asked.get_by_role("button", name="I am sure").click()
    assert "You said 15" in asked.inner_text() or "Right" in asked.inner_text()
    cards = page.locator('.qkv-live[data-kind="flashcards"]').first
    cards.get_by_role("button", name="Show the answer").click()
    cards.get_by_role("button").first.click()
    said, seen = asked.inner_text(), cards.inner_text()
    assert "1 of 3 cards seen" in seen
    opened("notebooks/02_two_tokens")
    assert page.locator(".qkv-predict").first.inner_text() == said
    assert "1 of 3 cards seen" in page.locator('.qkv-live[data-kind="flashcards"]').first.inner_text()


@pytest.mark.browser
@pytest.mark.slow
def test_with_a_full_storage_the_page_works_all_the_same(opened, page):
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")
    opened("notebooks/02_two_tokens")
    asked = page.locator(".qkv-predict").first
    asked.locator("input").first.fill("15")
    asked.get_by_role("button", name="I am sure").click()
    assert asked.locator(".qkv-reveal").count() == 1
    assert page.locator(".qkv-forgets").count() == 1, "and it says that nothing is kept"


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_that_forbids_storage_says_so_and_the_themes_switch_works(opened, page):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {"
        "configurable: true, get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    opened("notebooks/02_two_tokens")
    assert "until you leave the page" in page.inner_text(".qkv-forgets")
    before = page.evaluate("() => document.body.dataset.theme")
    page.locator(".theme-toggle:visible").first.click()
    assert page.evaluate("() => document.body.dataset.theme") != before
    asked = page.locator(".qkv-predict").first
    asked.locator("input").first.fill("15")
    asked.get_by_role("button", name="I am sure").click()
    assert asked.locator(".qkv-reveal").count() == 1


@pytest.mark.browser
@pytest.mark.slow
def test_the_themes_switch_turns_the_widgets_too(opened, page):
    opened("index")
    seen = set()
    for _ in range(3):
        page.locator(".theme-toggle:visible").first.click()
        seen.add(page.evaluate("() => [document.body.dataset.theme, document.body.dataset.jpThemeLight].join()"))
    assert {"dark,false", "light,true"} <= seen


@pytest.mark.browser
@pytest.mark.slow
def test_search_finds_a_lesson(page, site):
    """Served, as its excerpts are read from the pages themselves."""
    handler = partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/search.html?q=temperature")
            page.wait_for_selector('#search-results a[href*="notebooks/"]')
            page.wait_for_load_state("networkidle")  # what is still being read when the server ends would be an error
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.browser
@pytest.mark.slow
def test_without_scripts_a_lesson_still_shows_its_sheets_and_questions(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "notebooks" / "02_two_tokens.html").as_uri())
    pictures = page.locator(".qkv-live img")
    assert pictures.count() > 0
    assert all(picture.get_attribute("alt") for picture in pictures.all())
    assert "Predict first" in page.locator("article").inner_text()
    context.close()
