"""The course in the browser for tests: built once, where the WebAssembly wheels are."""

import hashlib
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lite import packages, site
from tools.lite.serve import serving


@pytest.fixture(scope="session")
def made(tmp_path_factory, root) -> packages.Made:
    """Every package of the site."""
    if not os.environ.get(packages.VARIABLE):
        pytest.skip(f"{packages.VARIABLE} names no folder with WebAssembly wheels; docs/lite.md says what it is")
    return packages.make(root, tmp_path_factory.mktemp("lite") / "packages", True)


@pytest.fixture(scope="session")
def lite_site(request, tmp_path_factory, root) -> Path:
    """A whole selfhost site; QKV_LITE_SITE names one that is built already."""
    if there := os.environ.get("QKV_LITE_SITE"):
        return Path(there)
    out = tmp_path_factory.mktemp("selfhost") / "site"
    site.build(root, out, request.getfixturevalue("made"), "selfhost")
    return out


@pytest.fixture(scope="module")
def lite(lite_site):
    """The site, served."""
    with serving(lite_site) as running:
        yield running


@pytest.fixture(scope="module")
def cdn(made, root, tmp_path_factory):
    """A cdn site, served, and {file name: path} of what its pages ask Pyodide's server for.

    The wheels here are not that server's, so the site is told their hashes.
    """
    there = {path.name: path for path in packages.pyodide_core(root).iterdir()}
    hashes = {}
    for wheel in packages.compiled_wheels():
        hashes[wheel.name.split("-")[0]] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    real = site.from_server

    def told(official, server):
        found = [replace(package, sha256=hashes[package.name]) for package in real(official, server)]
        for package in found:
            wheel = next(each for each in packages.compiled_wheels() if each.name.startswith(f"{package.name}-"))
            there[Path(package.source).name] = wheel
        return found

    own = {name: package for name, package in made.packages.items() if name not in packages.COMPILED}
    out = tmp_path_factory.mktemp("cdn") / "site"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(site, "from_server", told)
        site.build(root, out, packages.Made(own, made.stdlib), "cdn")
    with serving(out) as running:
        yield running, there


@contextmanager
def watched(page, *allowed):
    """Collects what a page asks of anybody else, and what its scripts throw; both have to stay empty."""
    outside, thrown = [], []
    own = (*allowed, "blob:", "data:")
    page.context.on("request", lambda request: None if request.url.startswith(own) else outside.append(request.url))
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield
    assert outside == []
    assert thrown == []
