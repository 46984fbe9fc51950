"""What is different inside a web page, held without one: one reading and writing a cell, print options that last."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import features

from qkvlib import checkpoints, instruments
from qkvlib.course import browser, progress


class Slow:
    """A file that counts how often it is read and written; `others` is what another notebook wrote in between."""

    def __init__(self):
        self.tables, self.reads, self.writes, self.waiting = {}, 0, 0, []

    def read(self):
        self.reads += 1
        return {section: dict(entries) for section, entries in self.tables.items()}

    def write(self, tables):
        self.writes += 1
        self.tables = tables

    def cell_is_over(self):
        waiting, self.waiting = self.waiting, []
        for act in waiting:
            act()


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def kept(slow):
    return browser.OncePerCell(slow.read, slow.write, slow.waiting.append)


def put(name, value):
    return lambda tables: tables.setdefault("checks", {}).update({name: value})


def test_a_cell_reads_once_and_writes_once_behind_itself(slow, kept):
    kept.load()
    for n in range(5):
        kept.change(put(f"exercise-{n}", n))
        assert kept.load()["checks"][f"exercise-{n}"] == n
    assert (slow.reads, slow.writes) == (1, 0), "the verdict is shown before anything is written"
    slow.cell_is_over()
    assert slow.writes == 1
    assert slow.tables == {"checks": {f"exercise-{n}": n for n in range(5)}}


def test_a_cell_that_changes_nothing_writes_nothing_and_the_next_reads_anew(slow, kept):
    kept.load()
    slow.cell_is_over()
    slow.tables = {"cards": {"a": 1}}
    assert kept.load() == {"cards": {"a": 1}}
    slow.cell_is_over()
    assert (slow.reads, slow.writes) == (2, 0)


def test_what_another_notebook_wrote_meanwhile_stays(slow, kept):
    kept.change(put("mine", 1))
    slow.tables = {"checks": {"theirs": 2}}
    slow.cell_is_over()
    assert slow.tables == {"checks": {"theirs": 2, "mine": 1}}


def test_what_is_handed_out_is_a_copy(slow, kept):
    kept.change(put("a", 1))
    kept.load()["checks"]["a"] = 9
    assert kept.load() == {"checks": {"a": 1}}


def test_where_no_cell_runs_it_is_written_at_once(slow):
    kept = browser.OncePerCell(slow.read, slow.write)
    kept.load()
    kept.change(put("a", 1))
    assert slow.tables == {"checks": {"a": 1}}


@pytest.fixture
def in_a_page(monkeypatch, tmp_path):
    """As if this Python ran in a page; what is behind a cell is kept in the list that this gives."""
    waiting = []
    monkeypatch.setattr(browser, "HERE", True)
    monkeypatch.setattr(progress, "_memory", None)
    held = browser.OncePerCell(lambda: progress._read(progress.path()), progress._write, waiting.append)
    monkeypatch.setattr(progress, "_a_page", held)
    return waiting


def test_progress_in_a_page(in_a_page, home):
    progress.record("checks", "scores", status="wrong", attempts=1)
    progress.record("checks", "scores", status="correct")
    assert progress.entry("checks", "scores") == {"status": "correct", "attempts": 1}
    assert not progress.path().exists()
    in_a_page.pop()()
    assert [file.name for file in home.iterdir()] == ["progress.json"]
    assert progress.entry("checks", "scores") == {"status": "correct", "attempts": 1}
    progress.bring_in({"cards": {"a": {"box": 2}}})
    progress.reset("checks")
    in_a_page.pop()()
    assert progress.load() == {"cards": {"a": {"box": 2}}}
    progress.reset()
    in_a_page.pop()()
    assert progress.load() == {}


def test_a_full_storage_is_said_once_behind_the_cell_and_costs_no_check(in_a_page, monkeypatch, capsys):
    def refuse(*_, **__):
        raise OSError("quota")

    monkeypatch.setattr(progress.Path, "write_text", refuse)
    progress.record("checks", "scores", status="correct")
    in_a_page.pop()()
    assert "keeps nothing for this page" in capsys.readouterr().out
    assert progress.entry("checks", "scores") == {"status": "correct"}, "in memory, while the page lives"
    assert "memory only" in progress.where()
    progress.record("checks", "scores", attempts=2)
    assert progress.entry("checks", "scores") == {"status": "correct", "attempts": 2}


def test_a_page_says_where_progress_is(in_a_page, monkeypatch, tmp_path):
    monkeypatch.setattr(browser, "_DRIVE", tmp_path / "none")
    assert "keeps nothing" in progress.where()
    monkeypatch.setattr(browser, "_DRIVE", tmp_path)
    assert "kept by this browser" in progress.where()
    monkeypatch.delenv("QKV_HOME")
    assert progress.path() == tmp_path / ".qkv" / "progress.json"


def test_print_options_last_from_cell_to_cell():
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    np.set_printoptions(precision=8)  # whatever another test has left
    try:
        browser.keep_print_options(shell)
        with np.printoptions():  # a page gives each cell a context, and with it the options as they were at the start
            shell.run_cell("import numpy as np; np.set_printoptions(precision=3)", silent=False)
        assert np.get_printoptions()["precision"] == 8
        shell.run_cell("shown = str(np.array([1 / 3]))")
        assert shell.user_ns["shown"] == "[0.333]"
    finally:
        np.set_printoptions(precision=8)
        InteractiveShell.clear_instance()


def test_a_published_model_is_refused_in_a_sentence(in_a_page, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(checkpoints.CheckpointError, match="inside a web page"):
        checkpoints.load("openai-community/gpt2")


def test_where_pillow_has_no_fonts_an_instrument_shows_all_but_its_picture(monkeypatch):
    shown = instruments.projection()
    with_it = shown._repr_mimebundle_()[0]
    monkeypatch.setattr(features, "check_module", lambda name: False)
    without = shown._repr_mimebundle_()[0]
    assert set(with_it) - set(without) == {"image/png"}
