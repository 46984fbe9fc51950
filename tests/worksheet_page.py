"""Worksheets on pages of their own, for the tests in a real browser: opening one, finding its cells, dragging them."""

import pytest

from qkvlib.widgets import Sheet, Worksheet
from qkvlib.widgets.page import save

FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STATE = "() => Object.fromEntries(Object.entries(model.state).filter(([k]) => k === 'inputs' || k.startsWith('p_')))"


@pytest.fixture
def show(page, tmp_path):
    """Opens a Sheet, Worksheet or Instrument as its standalone page, with the network cut."""

    def open_page(thing):
        worksheet = Worksheet(thing) if isinstance(thing, Sheet) else getattr(thing, "sheet", thing)
        worksheet = worksheet if isinstance(worksheet, Worksheet) else thing
        save(worksheet, tmp_path / "page.html")
        page.context.set_offline(True)
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_selector(".qkv-ws")
        assert requests == [(tmp_path / "page.html").as_uri()]
        return page

    return open_page


def cell(page, node, i):
    return page.locator(f'.ws-panel[data-node="{node}"] [data-i="{i}"]').first


def text(page, node, i):
    page.evaluate(FRAME)
    return cell(page, node, i).inner_text()


def state(page):
    """What a learner can change, as the page holds it."""
    return page.evaluate(STATE)


def drag(page, node, i, pixels):
    box = cell(page, node, i).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels / 2, y, steps=3)
    page.mouse.move(x + pixels, y, steps=3)
    page.mouse.up()


def told(page):
    page.evaluate(FRAME)
    return page.locator(".ws-tell").first.inner_text().replace("\n", " ")
