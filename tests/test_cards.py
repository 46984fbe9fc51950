"""Cards and Tabs: what they hold is what they say."""

import pytest

from qkvlib.widgets import Cards, Tabs

HATS = [("Query", "looks for", "compared with keys", "blue"), ("Key", "is found by", "compared with queries")]


@pytest.mark.parametrize("kind", [Cards, Tabs])
def test_the_text_says_everything(kind):
    shown = kind("Hats", HATS)._repr_mimebundle_()
    assert shown["text/plain"] == "Hats: Query | Key"
    assert "compared with queries" in shown["text/markdown"]


def test_an_unknown_hue_is_refused():
    with pytest.raises(ValueError, match="'pink' is not one of"):
        Cards("Hats", [("Query", "a", "b", "pink")])
