"""A cluster is asked before the run: every worker grades as this machine does, or the one that does not is named."""

import pytest

from qkvlib.grading import cluster, version
from qkvlib.grading.cluster import ClusterError

MINE = {"library": "a", "python": "3.11", "numpy": "2.4.6", "sandbox": ""}


@pytest.mark.parametrize(
    ("its", "says"),
    [
        (MINE, ""),
        ({**MINE, "library": "b"}, "has another version of qkvlib"),
        ({**MINE, "python": "3.13"}, "has Python 3.13 with numpy 2.4.6, and this machine has Python 3.11 with"),
        ({**MINE, "numpy": "2.5.5"}, "has Python 3.11 with numpy 2.5.5, and this machine"),
        ({**MINE, "sandbox": "bubblewrap is missing."}, "has no sandbox: bubblewrap is missing."),
        (ModuleNotFoundError("No module named 'qkvlib'"), "cannot grade with this qkvlib (No module named 'qkvlib')"),
    ],
)
def test_what_a_worker_says_of_itself(its, says):
    assert cluster._problem(MINE, its).startswith(says)
    assert bool(cluster._problem(MINE, its)) == bool(says)


def test_versions_follow_the_sources(tmp_path, monkeypatch):
    assert version.checks() != version.library()
    (tmp_path / "check").mkdir()
    for name in version._CHECKS:
        if name.endswith(".py"):
            (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "check" / "judge.py").write_text("x = 1\n")
    for package in ("checkpoints", "clinic"):
        (tmp_path / package).mkdir()
    monkeypatch.setattr(version, "_LIBRARY", tmp_path)
    first = version._digest(version._CHECKS)
    (tmp_path / "widgets.py").write_text("")
    assert version._digest(version._CHECKS) == first
    (tmp_path / "check" / "judge.py").write_text("")
    second = version._digest(version._CHECKS)
    assert second != first
    (tmp_path / "examples.py").write_bytes(b"x = 1\r\n")
    assert version._digest(version._CHECKS) == second, "a checkout with other line ends is the same version"


def test_no_scheduler():
    pytest.importorskip("distributed")
    with pytest.raises(ClusterError, match="There is no Dask scheduler at not-an-address"):
        cluster.check_workers("not-an-address")
