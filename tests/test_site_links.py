"""Where a page of the site says its notebook can be opened: only where it can."""

import json

import pytest

from tools.lessonfile import Refusal
from tools.site import links
from tools.site.lean import lighter, of_use
from tools.site.recordings import with_recording


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course that is published nowhere."""
    monkeypatch.delenv("QKV_REPOSITORY", raising=False)
    (tmp_path / "pyproject.toml").write_text('[tool.qkv]\nrepository = ""\n', encoding="utf-8")
    return tmp_path


def test_a_course_published_nowhere_is_offered_for_download_alone(root):
    line = links.line(root, "notebooks", "02_two_tokens.ipynb")
    assert "Run it on your own machine" in line
    assert "Binder" not in line
    assert "Colab" not in line
    for folder in ("notebooks", "exercises", "solutions"):
        assert f'href="../downloads/{folder}/02_two_tokens.ipynb"' in line


@pytest.mark.parametrize(("named", "branch"), [("ann/qkv", "main"), ("ann/qkv@autumn", "autumn")])
def test_one_setting_leads_to_binder_and_colab(root, monkeypatch, named, branch):
    (root / "pyproject.toml").write_text(f'[tool.qkv]\nrepository = "{named}"\n', encoding="utf-8")
    line = links.line(root, "exercises", "02_two_tokens.ipynb")
    assert f"mybinder.org/v2/gh/ann/qkv/{branch}?urlpath=lab/tree/exercises/02_two_tokens.ipynb" in line
    assert f"colab.research.google.com/github/ann/qkv/blob/{branch}/exercises/02_two_tokens.ipynb" in line
    monkeypatch.setenv("QKV_REPOSITORY", "bob/fork")
    assert links.repository(root) == ("bob/fork", "main")


def test_a_repository_that_is_none_is_refused(root, monkeypatch):
    monkeypatch.setenv("QKV_REPOSITORY", "https://example.org/x")
    with pytest.raises(Refusal, match="write owner/name"):
        links.line(root, "notebooks", "02_two_tokens.ipynb")


def test_the_course_in_the_browser_is_offered_where_it_was_built(root):
    assert "lite" not in links.line(root, "notebooks", "02_two_tokens.ipynb")
    (root / "lite" / "lab").mkdir(parents=True)
    (root / "lite" / "lab" / "index.html").write_text("")
    line = links.line(root, "notebooks", "02_two_tokens.ipynb")
    assert 'href="../lite/lab/index.html?path=notebooks/02_two_tokens.ipynb"' in line


def test_a_recording_of_these_very_words_goes_to_the_site_and_another_does_not(tmp_path, monkeypatch):
    from qkvlib.course.narration import fingerprint, sentences

    said = sentences("17")
    folder, extra = tmp_path / "narration", tmp_path / "extra"
    folder.mkdir()
    (folder / "17_recall.wav").write_bytes(b"RIFF")
    times = [[k, k + 0.5] for k in range(len(said))]
    index = {"audio": "17_recall.wav", "said": "another", "voice": "v", "times": times}
    place = ("narration", 0)
    widgets = {place: {"kind": "narration", "state": {"sentences": said, "recorded": True, "times": []}}}
    monkeypatch.chdir(tmp_path)
    for heard, there in ((fingerprint(said), True), ("another", False)):
        (folder / "17_recall.json").write_text(json.dumps({**index, "said": heard}), encoding="utf-8")
        state = with_recording(widgets, "17", extra)[place]["state"]
        assert state["audio"] == ("../narration/17_recall.wav" if there else "")
        assert state["times"] == (times if there else [])
        assert not state["recorded"], "there is no Python to ask"
    assert (extra / "narration" / "17_recall.wav").read_bytes() == b"RIFF"


def test_code_keeps_its_colours_and_loses_the_spans_that_have_none():
    text = '<span></span><span class="kn">import</span><span class="w"> </span><span class="n">numpy</span>'
    assert lighter(text) == '<span class="kn">import</span> numpy'


def test_what_only_the_search_needs_is_loaded_by_the_search():
    files = ["_static/pygments.css", "mystnb.11b3.css", "_static/doctools.js", "qkv/site.js"]
    assert of_use(files, "index") == ["_static/pygments.css", "qkv/site.js"]
    assert of_use(files, "search") == ["_static/pygments.css", "_static/doctools.js", "qkv/site.js"]
