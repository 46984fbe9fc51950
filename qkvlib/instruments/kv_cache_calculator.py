"""How big the cache of published models gets."""

from typing import Any

from .. import examples
from ..widgets import Instrument, Sheet
from ..widgets.sheet import Node

GIB = 2**30
LENGTHS = tuple(2**power for power in range(9, 18))


def kv_cache_calculator() -> Instrument:
    """Shapes [9, 1] each (editable) -> KiB a token and GiB in all, with grouped heads, and as MHA and MQA would be."""
    s = Sheet(
        "kv_cache_calculator",
        title="How big is the cache?",
        hint="Turn the controls, or change any shape. The last row is yours.",
    )
    tokens = s.choice("tokens", LENGTHS, 8192, label="tokens", look="slider")  # powers of two: a log scale
    texts = s.slider("texts", 1, min=1, max=64, step=1, label="texts at once")
    width = s.choice("number_bytes", (2, 1, 4), label="bytes a number")

    published = (*examples.MODELS.values(), *examples.RECENT_MODELS.values())
    models = [m for m in published if not m.d_latent]  # a latent row is a later lesson's, and no key and value
    names = [m.name for m in models] + ["your own"]

    def column(name: str, own: int, title: str) -> Node:
        values = [[getattr(m, name)] for m in models] + [[own]]
        return s.input(name, values, rows=names, about=f"{title}, from the published configs")

    layers = column("n_layers", 12, "layers")
    heads = column("n_heads", 12, "query heads")
    kv_heads = column("n_kv_heads", 12, "K/V heads")
    d_head = column("d_head", 64, "width of a head")

    def product(name: str, *factors: Node, about: str = "") -> Node:
        so_far = factors[0]
        for i, factor in enumerate(factors[1:-1]):
            so_far = s.multiply(f"{name}_{i}", so_far, factor)
        return s.multiply(name, so_far, factors[-1], about=about)

    two = s.number("two", 2, about="a key and a value")
    size = s.number("bytes_a_number", width)
    per_head = product("per_kv_head", layers, d_head, two, size, about="layers · d_head · 2 · bytes a number")
    per_token = product("per_token", per_head, kv_heads, about="bytes for one token")
    s.divide("KiB_a_token", per_token, s.number("KiB", 1024))
    many = product("tokens_in_all", s.number("n_tokens", tokens), s.number("n_texts", texts))
    gib = s.number("GiB", GIB)
    for name, per in (
        ("cache", per_token),
        ("as_mha", s.multiply("per_token_mha", per_head, heads)),
        ("as_mqa", per_head),
    ):
        s.divide(name, product(f"{name}_bytes", per, many), gib)

    def column_of(name: str, title: str, **more: Any) -> dict:
        return s.panel(name, title=title, look="joined", **more)

    in_all: dict[str, Any] = {"bars": "log", "scale": ["cache", "as_mha", "as_mqa"], "decimals": 2}
    s.lay(
        [s.say("A quarter of a bar is a factor of 10.")],
        [
            s.panel("n_layers", title="layers"), column_of("n_heads", "query heads"),
            column_of("n_kv_heads", "K/V heads"), column_of("d_head", "d_head"),
            column_of("KiB_a_token", "KiB a token"),
            column_of("cache", "GiB in all", **in_all), column_of("as_mha", "as MHA", **in_all),
            column_of("as_mqa", "as MQA", **in_all),
        ]
    )  # fmt: skip
    return Instrument(s)
