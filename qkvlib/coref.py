"""The tiny trained models that find what "it" means, with every intermediate number in reach.

    >>> from qkvlib import coref
    >>> t = coref.trace("The dog chased the ball because it was excited.")
    >>> t.answer, t.layers[1].weights.shape
    ('il', (1, 9, 9))

A trace is plain data: `t.tokens`, `t.layers[i].Q` and so on are lists and numpy arrays, to be drawn or changed at will.
The models translate "it" into French ("il" or "elle"), which takes the gender of the noun it stands for; their weights,
and how they were made, are in qkvlib/data/coref (card.json; tools/train_coref.py). All arithmetic is float64.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

from qkvlib import attention
from qkvlib.checkpoints.local import LocalFile
from qkvlib.checkpoints.safetensors_file import SafetensorsFile
from qkvlib.grammar import ANSWERS, GRAMMARS, Grammar, Parse, SentenceError

# edit(layer, name, array) -> array: called as "X", "Q", "K", "V", "scores", "weights" and "out" of each layer come up.
Edit = Callable[[int, str, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Layer:
    """One attention layer at work. T tokens; K and V have n_kv_heads heads, all else n_heads."""

    X: np.ndarray  # [T, d_model] what comes in
    Q: np.ndarray  # [n_heads, T, d_head]
    K: np.ndarray  # [n_kv_heads, T, d_head]
    V: np.ndarray  # [n_kv_heads, T, d_head]
    scores: np.ndarray  # [n_heads, T, T] scaled, before the mask
    mask: np.ndarray  # [T, T] True where a token may look
    weights: np.ndarray  # [n_heads, T, T] rows sum to 1
    out: np.ndarray  # [n_heads, T, d_head] weights V
    added: np.ndarray  # [T, d_model] the merged heads through W_O: what the layer adds to X


@dataclass(frozen=True)
class Trace:
    """Everything a model computed for one sentence."""

    model: str
    tokens: tuple[str, ...]
    layers: tuple[Layer, ...]
    X: np.ndarray  # [T, d_model] after the last layer
    logits: np.ndarray  # [2] for "il" and "elle"
    read_at: int  # the token whose row gives the answer
    parse: Parse | None = field(repr=False)  # None for a sentence outside the grammar, traced with strict=False

    @property
    def answer(self) -> str:
        return ANSWERS[int(self.logits.argmax())]

    def index(self, word: str) -> int:
        """Position of a word, its first if there are several."""
        return _index(self.tokens, word)

    def __repr__(self) -> str:
        row = self.layers[-1].weights[:, self.read_at].mean(0)
        top = int(row.argmax())
        return (
            f"Trace({' '.join(self.tokens)!r}, model={self.model!r}, answer={self.answer!r}, "
            f"{self.tokens[self.read_at]!r} looks most at {self.tokens[top]!r} with {row[top]:.3f})"
        )


class Model:
    """Weights and their shape: E [n_words, d_model], P or none, per layer W_Q W_K W_V W_O, W_U [d_model, 2].

    A layer may end in an MLP, W_in [d_model, d_hidden], b_in [1, d_hidden] and W_out [d_hidden, d_model], with a ReLU.
    """

    def __init__(self, name: str, config: dict, tensors: dict[str, np.ndarray]) -> None:
        self.name = name
        self.config = config
        self.tensors = {key: tensor.astype(np.float64) for key, tensor in tensors.items()}

    @property
    def grammar(self) -> Grammar:
        return GRAMMARS[self.config["grammar"]]

    @property
    def ending(self) -> tuple[str, ...]:
        """Words that close every sentence: none, or "so it" where the answer is read at the second "it"."""
        return tuple(self.config["ending"])

    @property
    def max_tokens(self) -> int:
        return self.config["max_tokens"]

    def __getitem__(self, key: str) -> np.ndarray:
        """A weight matrix by name: model["E"], model["1.W_Q"]."""
        return self.tensors[key]

    def altered(self, change: Callable[[str, np.ndarray], np.ndarray] | None = None, **config: object) -> "Model":
        """A model of the same name with every matrix put through `change(name, matrix)`, and with other settings."""
        tensors = {key: change(key, W) if change else W for key, W in self.tensors.items()}
        return Model(self.name, self.config | config, tensors)

    def __repr__(self) -> str:
        size = sum(t.size for t in self.tensors.values())
        return f"Model({self.name!r}: {self.config['about']}; {size} stored numbers)"

    def embed(self, tokens: Iterable[str]) -> np.ndarray:
        """[T, d_model]: a row of E for each word, plus a row of P for each place where the model has positions."""
        rows = self.tensors["E"][[self.grammar.ids[t] for t in tokens]]
        return rows + self.tensors["P"][: len(rows)] if "P" in self.tensors else rows

    def mask(self, layer: int, n_tokens: int, causal: bool | None = None) -> np.ndarray:
        """[T, T] bool, True where a token may look in this layer; `causal` overrides the model's own habit."""
        mask = np.ones((n_tokens, n_tokens), dtype=bool)
        if self.config["causal"] if causal is None else causal:
            mask &= attention.causal_mask(n_tokens)
        window = self.config["windows"][layer]
        if window is not None:
            places = np.arange(n_tokens)
            mask &= abs(places[:, None] - places) <= window
        return mask

    def prepare(self, sentence: str, strict: bool = True) -> tuple[list[str], Parse | None]:
        """Words as in `words`, and what the grammar makes of them: None outside the grammar, if not `strict`."""
        tokens = self.words(sentence)
        if strict:
            return tokens, self.grammar.parse(tokens, self.ending)
        if "it" not in tokens:
            raise SentenceError("this sentence has no 'it' to translate")
        return tokens, None

    def words(self, sentence: str) -> list[str]:
        """The words of a sentence, with the model's ending added where it is missing; SentenceError if too many."""
        tokens, ending = self.grammar.tokenize(sentence), self.ending
        if not tokens:
            raise SentenceError("there is no word in this sentence")
        if ending and tuple(tokens[-len(ending) :]) != ending:
            tokens += ending
        if not ending and tokens[-2:] == ["so", "it"]:
            raise SentenceError(f"the model {self.name!r} reads its answer at the first 'it': leave out 'so it'")
        if len(tokens) > self.max_tokens:
            raise SentenceError(
                f"this sentence has {len(tokens)} tokens; the longest the model {self.name!r} saw had {self.max_tokens}"
            )
        return tokens

    def trace(
        self, sentence: str, *, edits: Iterable[Edit] = (), causal: bool | None = None, strict: bool = True
    ) -> Trace:
        """See `trace` below."""
        tokens, parse = self.prepare(sentence, strict)
        if parse is not None:
            read_at = parse.read_at
        else:
            pronouns = [i for i, token in enumerate(tokens) if token == "it"]
            read_at = pronouns[-1] if self.ending else pronouns[0]
        return self.run(tokens, read_at, parse, tuple(edits), causal)

    def run(
        self,
        tokens: Sequence[str],
        read_at: int,
        parse: Parse | None = None,
        edits: tuple[Edit, ...] = (),
        causal: bool | None = None,
    ) -> Trace:
        """The forward pass, symbol by symbol."""
        n_heads, n_kv_heads = self.config["n_heads"], self.config["n_kv_heads"]
        axis = -2 if self.config.get("softmax_over") == "queries" else -1  # -2: a bug, kept on purpose
        X = self.embed(tokens)
        layers = []
        for i in range(self.config["n_layers"]):

            def edited(name: str, array: np.ndarray, i: int = i) -> np.ndarray:
                for edit in edits:
                    array = edit(i, name, array)
                return array

            X = edited("X", X)
            W_Q, W_K, W_V, W_O = (self.tensors[f"{i}.{name}"] for name in ("W_Q", "W_K", "W_V", "W_O"))
            Q = edited("Q", attention.split_heads(X @ W_Q, n_heads))
            K = edited("K", attention.split_heads(X @ W_K, n_kv_heads))
            V = edited("V", attention.split_heads(X @ W_V, n_kv_heads))
            group = n_heads // n_kv_heads
            scores = edited("scores", attention.scores(Q, attention.repeat_kv(K, group)))
            mask = self.mask(i, len(X), causal)
            weights = edited("weights", attention.softmax(np.where(mask, scores, -math.inf), axis))
            out = edited("out", weights @ attention.repeat_kv(V, group))
            added = attention.merge_heads(out) @ W_O
            layers.append(Layer(X, Q, K, V, scores, mask, weights, out, added))
            X = X + added
            if f"{i}.W_in" in self.tensors:
                W_in, b_in, W_out = (self.tensors[f"{i}.{name}"] for name in ("W_in", "b_in", "W_out"))
                X = X + np.maximum(X @ W_in + b_in, 0) @ W_out
        return Trace(self.name, tuple(tokens), tuple(layers), X, X[read_at] @ self.tensors["W_U"], read_at, parse)


def models() -> tuple[str, ...]:
    """Names of the shipped models."""
    folder = files("qkvlib") / "data" / "coref"
    return tuple(
        sorted(f.name.removesuffix(".safetensors") for f in folder.iterdir() if f.name.endswith(".safetensors"))
    )


@lru_cache
def load(model: str = "encoder") -> Model:
    """A shipped model by name; ValueError with the names there are."""
    if model not in models():
        raise ValueError(f"there is no model {model!r}: choose among {', '.join(models())}")
    with as_file(files("qkvlib") / "data" / "coref" / f"{model}.safetensors") as path:
        stored = SafetensorsFile(LocalFile(path))
        return Model(
            model, json.loads(stored.metadata["config"]), {name: stored.tensor(name) for name in stored.tensors}
        )


@lru_cache
def card() -> dict:
    """How the models were made and how every seed did: recipe, held-out pairs, figures, sha256 of each file."""
    return json.loads((files("qkvlib") / "data" / "coref" / "card.json").read_text(encoding="utf-8"))


def held_out(model: str) -> set[tuple[str, str]]:
    """The (noun, adjective) pairs that a shipped model never saw in training."""
    pairs = card()["models"][model]["held_out"]
    return {(noun, adjective) for noun, adjectives in pairs.items() for adjective in adjectives.split()}


def trace(
    sentence: str,
    model: str = "encoder",
    *,
    edits: Iterable[Edit] = (),
    causal: bool | None = None,
    strict: bool = True,
) -> Trace:
    """Run a sentence through a tiny model and keep every number on the way.

    `edits` change numbers in flight (see `copy_row` and its neighbours below). `causal=True` puts a causal mask on a
    model that was trained without one. A model that reads its answer at the end of "... so it" gets those two words
    added where they are missing. `strict=False` traces any sentence of known words, even outside the grammar: the
    model then still answers, whether or not the question makes sense.

    Raises SentenceError (a ValueError) for unknown words, for sentences outside the grammar and for too many tokens.
    """
    return load(model).trace(sentence, edits=edits, causal=causal, strict=strict)


def other_ending(sentence: str, adjective: str | None = None, model: str = "encoder") -> str:
    """The sentence with another adjective: the one given, or the first that fits the noun not meant.

    Raises SentenceError where there is no other noun, or where the new sentence leaves the grammar.
    """
    m = load(model)
    tokens = m.words(sentence)
    parse = m.grammar.parse(tokens, m.ending)
    if adjective is None:
        if parse.other is None:
            raise SentenceError("this sentence has a single noun, so no other adjective can make 'it' mean another one")
        wanted = m.grammar.class_of[tokens[parse.other]]
        adjective = next(c.adjectives[0] for c in m.grammar.classes if c.name == wanted)
    tokens[parse.adjective] = adjective
    m.prepare(" ".join(tokens))
    return " ".join(tokens)


# -- edits: what to change in flight. `layer` counts from 0; `row` and `token` are positions, see Trace.index ------


def copy_row(source: Trace, layer: int, name: str, row: int | None = None) -> Edit:
    """Put `source`'s Q, K, V, weights, ... of one row (of all rows without `row`) in place of the sentence's own."""
    rows = slice(None) if row is None else row
    return _edit(layer, name, lambda a: _with(a, rows, getattr(source.layers[layer], name)[..., rows, :]))


def zero(layer: int, name: str = "out", row: int | None = None) -> Edit:
    """Silence a layer (its `out`), or any of its parts; one row or all."""
    rows = slice(None) if row is None else row
    return _edit(layer, name, lambda a: _with(a, rows, 0.0))


def zero_head(layer: int, head: int) -> Edit:
    """Silence one head of a layer."""

    def silence(out: np.ndarray) -> np.ndarray:
        out = out.copy()
        out[head] = 0
        return out

    return _edit(layer, "out", silence)


def uniform(layer: int, row: int | None = None) -> Edit:
    """Equal weights over all tokens that may be looked at; one row or all."""
    rows = slice(None) if row is None else row

    def level(weights: np.ndarray) -> np.ndarray:
        seen = weights > 0
        return _with(weights, rows, (seen / seen.sum(-1, keepdims=True))[..., rows, :])

    return _edit(layer, "weights", level)


def swap_rows(layer: int, name: str, a: int, b: int) -> Edit:
    """Exchange the rows of two tokens, as in: give each noun the other one's value."""

    def swap(array: np.ndarray) -> np.ndarray:
        array = array.copy()
        array[..., [a, b], :] = array[..., [b, a], :]
        return array

    return _edit(layer, name, swap)


def swap_weights(layer: int, row: int, a: int, b: int) -> Edit:
    """In one row of the weights, exchange what two tokens get."""

    def swap(weights: np.ndarray) -> np.ndarray:
        weights = weights.copy()
        weights[..., row, [a, b]] = weights[..., row, [b, a]]
        return weights

    return _edit(layer, "weights", swap)


def _edit(layer: int, name: str, change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    return lambda i, part, array: change(array) if (i, part) == (layer, name) else array


def _with(array: np.ndarray, rows: int | slice, new: np.ndarray | float) -> np.ndarray:
    array = array.copy()
    array[..., rows, :] = new
    return array


def _index(tokens: Sequence[str], word: str) -> int:
    if word not in tokens:
        raise ValueError(f"{word!r} is not in this sentence: {' '.join(tokens)}")
    return tokens.index(word)
