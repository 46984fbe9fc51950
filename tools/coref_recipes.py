"""How each tiny model of the course is built and trained: one line a model. `train_coref.py` trains them."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Recipe:
    """How one model is built and trained.

    `share` names what is one matrix: "qk", "kv", "qkv"; "raw" compares embeddings, without W_Q and W_K.
    """

    about: str
    n_layers: int = 2
    d_model: int = 16
    n_heads: int = 1
    n_kv_heads: int = 1
    share: str = ""
    causal: bool = False
    positions: bool = False
    window: int | None = 2  # how far the first of two layers may look to either side
    noise: float = 0.3  # spread of the Gaussian added to what each layer reads while training
    grammar: str = "two_classes"
    ending: tuple[str, ...] = ()
    softmax_over: str = "keys"  # "queries" is a bug, for the clinic: training does not reveal it
    mlp: int = 0  # width of a ReLU layer after the last attention layer; 0: none
    fair_split: bool = False  # hold out as many masculine as feminine nouns of each class for every adjective
    seeds: int = 10
    steps: int = 3000
    batch: int = 128
    sentences: int = 24_000

    @property
    def d_head(self) -> int:
        return self.d_model // self.n_heads

    @property
    def max_tokens(self) -> int:
        return 13 + len(self.ending)  # a stem with every optional word has 13

    def config(self) -> dict:
        """What the numpy forward has to know."""
        windows = [self.window, None] if self.n_layers == 2 else [None]
        keys = ("about", "n_layers", "d_model", "n_heads", "n_kv_heads", "causal", "positions", "grammar", "ending")
        config = {k: v for k, v in asdict(self).items() if k in keys}
        if self.softmax_over != "keys":
            config["softmax_over"] = self.softmax_over
        return config | {"windows": windows, "max_tokens": self.max_tokens}


RECIPES = {
    "encoder": Recipe("two layers, no causal mask; layer 1 sees two tokens to either side"),
    "causal": Recipe(
        "two layers that look back only, read at the second 'it' of '... so it'",
        causal=True, positions=True, ending=("so", "it"),
    ),
    "one_layer": Recipe("a single layer, one head and nothing else", n_layers=1, fair_split=True),
    "unreadable": Recipe("two layers trained without window and without noise", window=None, noise=0.0),
    "raw": Recipe("no W_Q and no W_K: embeddings are compared as they are", share="raw"),
    "shared_qk": Recipe("W_Q = W_K: one matrix for asking and for being found", share="qk"),
    "shared_kv": Recipe("W_K = W_V: one matrix for being found and for what is handed over", share="kv"),
    "shared_qkv": Recipe("W_Q = W_K = W_V: one matrix for all three", share="qkv"),
    "four_classes": Recipe("animals, vehicles, food and tools instead of animals and things", grammar="four_classes"),
    "one_head": Recipe("width 32, one head of 32", d_model=32),
    "gqa4": Recipe("width 32, four heads of 8, each with its own keys and values", d_model=32, n_heads=4, n_kv_heads=4),
    "gqa2": Recipe("width 32, four query heads, two key/value heads", d_model=32, n_heads=4, n_kv_heads=2),
    "gqa1": Recipe("width 32, four query heads, one key/value head", d_model=32, n_heads=4, n_kv_heads=1),
    "wrong_axis": Recipe("softmax over the queries: a bug, kept for the clinic", softmax_over="queries"),
}  # fmt: skip

CONTROLS = {
    "one_layer_skewed": Recipe("a single layer; pairs held out without regard to gender", n_layers=1),
    "one_layer_2_heads": Recipe("a single layer with two heads", n_layers=1, n_heads=2, n_kv_heads=2, fair_split=True),
    "one_layer_mlp": Recipe("a single layer, one head, then a ReLU layer of 32", n_layers=1, mlp=32, fair_split=True),
    "no_window": Recipe("two layers, without the window", window=None),
    "no_noise": Recipe("two layers, without the noise", noise=0.0),
    "one_layer_2_heads_no_noise": Recipe(
        "a single layer with two heads, without the noise",
        n_layers=1, n_heads=2, n_kv_heads=2, noise=0.0, fair_split=True,
    ),
}  # fmt: skip
EVERY = RECIPES | CONTROLS
