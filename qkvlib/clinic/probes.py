"""Questions to put to a layer from outside, each with what right code must answer.

A probe runs a layer and returns a stack of small matrices [n, rows, columns]. `examine(layer)` puts all of them beside
the right layer's answers: that is the whole of what the blind clinic shows, and nothing of it is written down by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qkvlib.attention import split_heads
from qkvlib.clinic.bug import draw
from qkvlib.clinic.layer import FAULTS, Layer, Weights

DECIMALS = 2
SLOPE = 0.5  # what a layer takes from a score for every token back
_D_HEAD, _N_HEADS, _D_MODEL = 3, 4, 12
_TOKENS, _Q, _K, _V = draw(268, (5, _D_MODEL), (_D_MODEL, _D_MODEL), (_D_MODEL, _D_MODEL), (_D_MODEL, _D_MODEL))
X = _TOKENS[:3]
W = Weights(_Q / 2, _K / 2, _V / 2, np.zeros(_D_MODEL), _N_HEADS, _N_HEADS)
SHARED = replace(W, K=W.K[:, :6], V=W.V[:, :6], bias=W.bias[:6], n_kv_heads=2)
"""The same layer with two K/V heads for its four query heads."""


ROWS = ("dog", "ball", "it", "was", "round")
"""What the tokens are called."""


@dataclass(frozen=True)
class Probe:
    """One question to a layer.

    ask(layer) -> [n, rows, columns]; label: what is done; shown: what the numbers are; law: what they must be, for
    right code; holds(answer): whether they are (None: only a comparison tells); rows: what the rows are called;
    blocks: what each matrix of the stack is.
    """

    key: str
    label: str
    shown: str
    law: str
    ask: Callable[[Layer], np.ndarray]
    holds: Callable[[np.ndarray], bool] | None = None
    rows: tuple[str, ...] = ROWS[:3]
    blocks: str = "head"


@dataclass(frozen=True)
class Finding:
    """What a probe showed. kind: "same", "differs" or "crashes"; answer: the layer's stack (None: it crashed);
    off: which of its numbers differ from the right ones in the `DECIMALS` shown; kept: whether the law holds."""

    kind: str
    symptom: str
    answer: np.ndarray | None = None
    off: np.ndarray | None = None
    kept: bool | None = None


def _by_head(out: np.ndarray) -> np.ndarray:
    return split_heads(out, out.shape[-1] // _D_HEAD)


def _out(layer: Layer, X: np.ndarray = X, W: Weights = W, **how: Any) -> np.ndarray:
    return _by_head(layer(X, W, **how).out)


def _ones(layer: Layer) -> np.ndarray:
    return _out(layer, W=replace(W, V=0 * W.V, bias=np.ones(_D_MODEL)))


def _doubled(layer: Layer) -> np.ndarray:
    return _out(layer, W=replace(W, V=2 * W.V)) - 2 * _out(layer)


def _exchanged(layer: Layer) -> np.ndarray:
    order = [1, 0, 2]
    before, after = (_out(layer, rows, causal=False, slope=0.0, speed=0.0) for rows in (X, X[order]))
    return after[:, order] - before


def _last_changed(layer: Layer) -> np.ndarray:
    changed = X.copy()
    changed[-1] += 1
    return _out(layer, changed) - _out(layer)


def _cached(layer: Layer) -> np.ndarray:
    return _out(layer, first=2) - _out(layer)[:, 2:]


def _blank_keys(layer: Layer) -> np.ndarray:
    return layer(X, replace(W, K=0 * W.K), first=2).weights


def _one_token(layer: Layer) -> np.ndarray:
    return _out(layer, np.eye(_D_MODEL)[:1])


def _one_head(layer: Layer) -> np.ndarray:
    small = Weights(W.Q[:3, :3], W.K[:3, :3], W.V[:3, :3], np.zeros(3), 1, 1)
    return _out(layer, X[:, :3], small)


def _other_keys(layer: Layer) -> np.ndarray:
    return _out(layer, W=replace(W, K=-W.K)) - _out(layer)


def _last_feature(layer: Layer) -> np.ndarray:
    changed = X.copy()
    changed[:, -1] += [2, -2, 1]
    return _out(layer, changed) - _out(layer)


def _zero(answer: np.ndarray) -> bool:
    return np.allclose(answer, 0)


def _falls(answer: np.ndarray) -> bool:
    return np.allclose(answer[..., :-1] * np.exp(SLOPE), answer[..., 1:])


def _shares(answer: np.ndarray) -> bool:
    return np.allclose(answer.sum(axis=-1), 1)


PROBES: tuple[Probe, ...] = (
    Probe("plain", "Run it on three tokens", "The output, head by head.", "Compare: no rule is needed.", _out),
    Probe(
        "ones",
        "Make every value 1",
        "The output when every entry of V is 1.",
        "A weighted mean of ones is 1.",
        _ones,
        lambda answer: np.allclose(answer, 1),
    ),
    Probe(
        "double", "Double V", "The output with 2V, minus twice the old output.", "Linear in V: all 0.", _doubled, _zero
    ),
    Probe(
        "weights",
        "Read the weights",
        "The weights of every head, one row per query.",
        "Each row shares out 1.",
        lambda layer: layer(X, W).weights,
        _shares,
    ),
    Probe(
        "exchange",
        "Exchange two tokens",
        "“dog” and “ball” change places, without mask and positions: the output put back in order, minus the old one.",
        "The rows change places and nothing else happens: all 0.",
        _exchanged,
        _zero,
    ),
    Probe(
        "last",
        "Change the last token",
        "How far the output moves.",
        "Under the causal mask only the last row may move.",
        _last_changed,
        lambda answer: np.allclose(answer[:, :-1], 0),
    ),
    Probe(
        "cache",
        "One query with a cache",
        "“it” asks alone, keys and values come from the cache: its output minus that of the full pass.",
        "A cache saves work and changes no number: all 0.",
        _cached,
        _zero,
        rows=ROWS[2:3],
    ),
    Probe(
        "cached_weights",
        "Weights of the cached query",
        "The weights that “it” gives to “dog”, “ball” and itself, asking alone.",
        "They share out 1, and no key gets nothing.",
        lambda layer: layer(X, W, first=2).weights,
        lambda answer: _shares(answer) and bool((answer > 0).all()),
        rows=ROWS[2:3],
    ),
    Probe(
        "blank_keys",
        "A cached query, and every key 0",
        "The weights that “it” gives, asking alone, when W_K is 0.",
        "Only distance counts: one place nearer is e^0.5 = 1.65 times the weight.",
        _blank_keys,
        _falls,
        rows=ROWS[2:3],
    ),
    Probe(
        "one_token",
        "Feed one token only",
        "The output for the single token [1, 0, 0, …].",
        "It can only look at itself: this is the first row of W_V.",
        _one_token,
        lambda answer: np.allclose(answer.ravel(), W.V[0]),
        rows=("token",),
    ),
    Probe("one_head", "One head", "The output of a layer of one head of width 3.", "Compare.", _one_head),
    Probe(
        "shared",
        "Two K/V heads for four",
        "The output when query heads 0 and 1 share a K/V head, and 2 and 3 the other.",
        "Compare.",
        lambda layer: _out(layer, W=SHARED),
    ),
    Probe(
        "five", "Five tokens", "The output for five tokens.", "Compare.", lambda layer: _out(layer, _TOKENS), rows=ROWS
    ),
    Probe(
        "keys",
        "Turn W_K into −W_K",
        "How far the output moves.",
        "The first row has no choice of keys and stays; the others move.",
        _other_keys,
        lambda answer: _zero(answer[:, 0]) and bool(np.abs(answer[:, 1:]).max(axis=-1).min() > 1e-9),
    ),
    Probe(
        "feature",
        "Change the last feature",
        "How far the output moves when the last feature of every token changes.",
        "Every head reads every feature: all heads move.",
        _last_feature,
        lambda answer: bool(np.abs(answer).max(axis=(1, 2)).min() > 1e-9),
    ),
    Probe(
        "size",
        "Count the cache",
        "How many numbers the cache holds, with two K/V heads for four query heads.",
        "K and V, 2 heads, 3 tokens, 3 features: 36.",
        lambda layer: np.full((1, 1, 1), layer(X, SHARED).cached, float),
        lambda answer: answer.item() == 36,
        rows=("numbers",),
        blocks="cache",
    ),
)


def examine(layer: Layer) -> list[Finding]:
    """Every probe on a layer, compared with the right layer."""
    return [find(probe, layer) for probe in PROBES]


def find(probe: Probe, layer: Layer) -> Finding:
    """One probe on a layer, compared with the right layer."""
    right = probe.ask(Layer())
    try:
        answer = probe.ask(layer)
    except ValueError:  # shapes that do not fit
        return Finding("crashes", "It crashes: the shapes do not fit.")
    off = np.round(answer, DECIMALS) != np.round(right, DECIMALS)
    kept = None if probe.holds is None else bool(probe.holds(answer))
    rule = {None: "", True: "The rule holds. ", False: "The rule is broken. "}[kept]
    kind = "same" if np.allclose(answer, right, rtol=0, atol=1e-9) else "differs"
    return Finding(kind, rule + _difference(probe, off), answer, off, kept)


def _difference(probe: Probe, off: np.ndarray) -> str:
    """How many numbers differ from the right ones, and where, if they keep to some heads or rows."""
    if not off.any():
        return "No number differs from the right code."
    if off.all():
        return "Every number differs." if off.size > 1 else "The number differs."
    heads = np.flatnonzero(off.any(axis=(1, 2)))
    rows = np.flatnonzero(off.any(axis=(0, 2)))
    where = []
    if len(heads) < len(off):
        where.append(f"{probe.blocks}{'s' if len(heads) > 1 else ''} " + _listed(map(str, heads)))
    if len(rows) < off.shape[1]:
        where.append(f"row{'s' if len(rows) > 1 else ''} " + _listed(f"“{probe.rows[row]}”" for row in rows))
    return f"{off.sum()} of {off.size} numbers differ" + (", all in " + ", in ".join(where) if where else "") + "."


def _listed(words: Iterable[str]) -> str:
    """1, 2 and 3."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def probe_every_fault() -> tuple[np.ndarray, np.ndarray]:
    """Every probe put to every fault, twice [n_faults, n_probes]: it differs from right code, it breaks its rule."""
    charts = [examine(layer) for layer in FAULTS.values()]
    differs = [[finding.kind != "same" for finding in chart] for chart in charts]
    return np.array(differs), np.array([[finding.kept is False for finding in chart] for chart in charts])
