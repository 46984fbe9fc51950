"""A dictionary that gets softer."""

from .. import examples
from ..widgets import Instrument, Sheet


def soft_lookup() -> Instrument:
    """A query [1, 3] against the keys of four records [4, 3] -> weights [1, 4] -> a blend of their values [1, 2]."""
    s = Sheet(
        "soft_lookup",
        title="A lookup that gets softer",
        hint="Turn the temperature down: a dict. Turn it up: an average. Drag the query between two keys.",
    )
    temperature = s.slider("temperature", 1.0, min=0.1, max=10.0, step=0.05, log=True, label="temperature")
    records = examples.LOOKUP_RECORDS
    query = s.input("query", examples.LOOKUP_QUERY[None], rows=["query"], cols=examples.LOOKUP_FIELDS)
    keys = s.input("keys", examples.LOOKUP_KEYS, rows=records, cols=examples.LOOKUP_FIELDS, about="how to be found")
    values = s.input("values", examples.LOOKUP_VALUES, rows=records, cols=examples.LOOKUP_PAYLOAD, about="what is kept")
    grid = s.scores("scores", query, keys, about="query against every key")
    cooled = s.scale("softmax_gets", grid, temperature=temperature, about="the scores, divided by the temperature")
    weights = s.softmax("weights", cooled)
    s.matmul("answer", weights, values, about="the values, blended")
    s.lay(
        ["query", "keys", "values"],
        [s.bars(cooled, weights, title="scores / temperature, and the share of each record"), "answer"],
    )
    s.lay(["scores", "→", cooled, "→", s.panel(weights, max=1)], fold="all numbers")
    return Instrument(s)
