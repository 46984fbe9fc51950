"""Worksheets on pages of their own, for the tests in a real browser: opening one, finding its cells, dragging them."""

import pytest

from qkvlib import examples
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


def small(**more) -> Sheet:
    s = Sheet("small", hint="Drag a number.")
    X = s.input("X", examples.X, rows=["x1", "x2"], **more)
    W_Q, W_K = s.input("W_Q", examples.W_Q), s.input("W_K", examples.W_K)
    on, t = s.switch("causal", False), s.slider("temperature", 1.0, 0.5, 4)
    Q, K = s.matmul("Q", X, W_Q), s.matmul("K", X, W_K)
    z = s.mask("masked", s.scale("scaled", s.scores("scores", Q, K), temperature=t), on=on)
    s.softmax("weights", z)
    s.lay(["X", "W_Q", "W_K"], ["Q", "K"], ["masked", "weights"], [s.say("x2 takes {weights[1,0]:%} from x1.")])
    return s


def spoken(page):
    page.evaluate(FRAME)
    return page.locator('[role="status"]').inner_text()
