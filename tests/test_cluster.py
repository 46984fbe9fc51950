"""A cluster is asked before the run: every worker grades as this machine does, or the one that does not is named."""

import pytest

from qkvlib.grading import cluster, version
from qkvlib.grading.cluster import ClusterError
from qkvlib.grading.inside import contents

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
    monkeypatch.setattr(version, "_LIBRARY", tmp_path)
    sources = {
        "check/judge.py": "from qkvlib.check import naming",
        "check/naming.py": "import qkvlib.helper.deep",
        "check/registry.py": "x = 1",
        "check/exercises/lesson/one.py": "from qkvlib.attention import softmax",
        "attention.py": "x = 1",
        "helper/deep.py": "x = 1",
        "widgets.py": "x = 1",
        **dict.fromkeys(contents.FILES, "x = 1"),
    }

    def digest(**changes):
        for name, text in {**sources, **changes}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode())
        version.checks.cache_clear()
        version.check_of.cache_clear()
        return version.checks(), version.check_of("one")

    first = digest()
    of_one = {"check/exercises/lesson/one.py", "attention.py"}  # an exercise's check and what it imports: its own alone
    for name in sources:
        changed = digest(**{name: sources[name] + "  # changed"})
        assert (changed[0] == first[0]) == (name in {*of_one, "widgets.py"}), name
        assert (changed[1] == first[1]) == (name not in of_one), name
    assert digest(**{"attention.py": "x = 1\r\n"}) == digest(**{"attention.py": "x = 1\n"}), "line ends are no version"
    version.checks.cache_clear()
    version.check_of.cache_clear()


def test_no_scheduler():
    pytest.importorskip("distributed")
    with pytest.raises(ClusterError, match="There is no Dask scheduler at not-an-address"):
        cluster.check_workers("not-an-address")
