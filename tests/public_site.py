"""The public site, built once for the tests of one file, and a browser that opens its pages with the network cut."""

import subprocess
import sys

import pytest
from own_work import own_work

ALIVE = "() => [...document.querySelectorAll('.qkv-live')].every((el) => el.dataset.alive)"


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The site as `make site` writes it."""
    if own_work(root):
        pytest.skip("somebody has worked in these notebooks; a site is built from the course's own")
    out = tmp_path_factory.mktemp("public") / "site"
    line = [sys.executable, "-m", "tools.site", "--out", str(out)]
    said = subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=280)
    assert said.returncode == 0, said.stdout + said.stderr
    return out


@pytest.fixture
def opened(page, site):
    """Opens a page of the site from disk, with the network cut; what it asks for stays on the disk."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.context.set_offline(True)

    def open_page(name):
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_function(ALIVE)
        return page

    yield open_page
    assert all(url.startswith(site.as_uri()) for url in requests)
