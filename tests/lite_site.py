"""The course in the browser for tests: built once, where the WebAssembly wheels are."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.lite import packages
from tools.lite.__main__ import main
from tools.lite.serve import serving


@pytest.fixture(scope="session")
def lite_site(tmp_path_factory, root) -> Path:
    """A whole selfhost site; QKV_LITE_SITE names one that is built already."""
    if there := os.environ.get("QKV_LITE_SITE"):
        return Path(there)
    if not os.environ.get(packages.VARIABLE):
        pytest.skip(f"{packages.VARIABLE} names no folder with WebAssembly wheels; docs/lite.md says what it is")
    out = tmp_path_factory.mktemp("lite") / "site"
    assert main(["--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def lite(lite_site):
    """The site, served."""
    with serving(lite_site) as running:
        yield running


@contextmanager
def watched(page, lab):
    """Collects what a page asks of anybody but its own server, and what its scripts throw; both have to stay empty."""
    outside, thrown = [], []
    own = (lab.url, "blob:", "data:")
    page.context.on("request", lambda request: None if request.url.startswith(own) else outside.append(request.url))
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield
    assert outside == []
    assert thrown == []
