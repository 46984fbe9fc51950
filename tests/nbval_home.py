"""A pytest plugin for strict nbval (`-p nbval_home`): every notebook runs with a fresh place for progress.

That is how the build ran it, so what a cell says about the learner's progress is the same here. The person's own
Jupyter and IPython settings are kept out for the same reason. No output is sanitised. A notebook that holds a learner's
own work is skipped, and the summary says so (own_work.py).
"""

import os
import tempfile
from pathlib import Path

import pytest
from own_work import own_work, skip_own_work

ROOT = Path(__file__).resolve().parent.parent

_opened: list[object] = []


def pytest_configure(config):
    """Only what a kernel inherits from here can be set from here."""
    place = tempfile.mkdtemp(prefix="qkv-nbval-")
    config.add_cleanup(lambda: _remove(place))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        os.environ[name] = os.path.join(place, name.lower())
    os.environ["QKV_HOME"] = os.path.join(place, "qkv")


def _remove(place):
    import shutil

    shutil.rmtree(place, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Runs before nbval starts the notebook's kernel, which happens at the notebook's first cell."""
    notebook = item.parent
    if type(notebook).__name__ != "IPyNbFile":
        return
    skip_own_work(notebook.path, ROOT)
    if notebook not in _opened:
        _opened.append(notebook)
        os.environ["QKV_HOME"] = tempfile.mkdtemp(dir=os.path.dirname(os.environ["QKV_HOME"]))


def pytest_terminal_summary(terminalreporter):
    if own := sorted(str(path.relative_to(ROOT)) for path in own_work(ROOT)):
        terminalreporter.write_line(f"Skipped, as they hold your own work: {', '.join(own)}")
