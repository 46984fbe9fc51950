"""site/: every instrument has a page, the index leads to each, and no page asks for anything from elsewhere."""

import re

from qkvlib import instruments
from tools.build import read_course
from tools.site import write_site


def test_every_instrument_has_a_page_the_index_links_to(root, tmp_path):
    assert write_site(tmp_path, read_course(root)) == len(instruments.REGISTRY)
    site = tmp_path / "site"
    index = (site / "index.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="([^"]+)"', index)
    assert sorted(linked) == sorted(f"{name}.html" for name in instruments.REGISTRY)
    assert sorted(path.name for path in site.iterdir()) == sorted([*linked, "index.html"])
    for path in site.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "<title>" in text
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", text), path.name


def test_writing_it_again_replaces_it_whole(root, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "old.html").write_text("old")
    write_site(tmp_path, read_course(root))
    assert not (tmp_path / "site" / "old.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
