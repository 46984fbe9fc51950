"""A program that names the fault of a layer from what three probes gave."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import normal
from qkvlib.check.spec import Call, Exercise, mistake
from qkvlib.clinic.layer import FAULTS, Layer, Weights

_LAYERS = {
    "right": Layer(),
    "axis": FAULTS["fix_softmax_axis"],
    "swapped": FAULTS["fix_values_in_scores"],
    "mask": FAULTS["fix_mask_top_left"],
}


def _probes(rng, layer: Layer, T: int, n_heads: int, d_head: int) -> tuple:
    """What a layer with drawn weights gives: a level and values of that level, V, 2V, its last token with a cache."""
    d = n_heads * d_head
    X = normal(rng, T, d)
    Q, K, V = (normal(rng, d, d) / np.sqrt(d) for _ in "QKV")
    W = Weights(Q, K, V / 4, np.zeros(d), n_heads, n_heads)
    level = float(rng.uniform(1, 2))
    flat = Weights(W.Q, W.K, 0 * W.V, np.full(d, level), n_heads, n_heads)
    twice = Weights(W.Q, W.K, 2 * W.V, np.zeros(d), n_heads, n_heads)
    return level, layer(X, flat).out, layer(X, W).out, layer(X, twice).out, layer(X, W, first=T - 1).out[0]


def _inputs(rng):
    sizes = ((3, 2, 2), (5, 2, 3), (7, 3, 5))
    of_all_kinds = [
        Call(_probes(rng, layer, *size), f"a layer that is {name}" if name == "right" else "a layer with a fault")
        for size in sizes
        for name, layer in _LAYERS.items()
    ]
    right = _LAYERS["right"]
    return [
        *of_all_kinds,
        # One token has one weight, exactly 1: only there `flat` is `level` to the last bit.
        Call(_probes(rng, right, 1, 2, 2), "a layer that is right, and one token"),
    ]


def _symptoms(level, flat, out, doubled, cached):
    return np.allclose(flat, level), np.allclose(doubled, 2 * out), np.allclose(cached, out[-1])


def _diagnose(level, flat, out, doubled, cached):
    shares, linear, same = _symptoms(level, flat, out, doubled, cached)
    if not linear:
        return "swapped"
    if not shares:
        return "axis"
    return "right" if same else "mask"


def _flat_first(level, flat, out, doubled, cached):
    shares, linear, same = _symptoms(level, flat, out, doubled, cached)
    return "axis" if not shares else "swapped" if not linear else "right" if same else "mask"


def _cache_first(level, flat, out, doubled, cached):
    shares, linear, same = _symptoms(level, flat, out, doubled, cached)
    return "mask" if not same else "swapped" if not linear else "right" if shares else "axis"


def _to_the_last_bit(level, flat, out, doubled, cached):
    if not np.array_equal(doubled, 2 * out):
        return "swapped"
    if not np.array_equal(flat, np.full_like(flat, level)):
        return "axis"
    return "right" if np.array_equal(cached, out[-1]) else "mask"


def _without_cache(level, flat, out, doubled, cached):
    found = _diagnose(level, flat, out, doubled, cached)
    return "right" if found == "mask" else found


def _renamed(**names):
    def version(*probes):
        found = _diagnose(*probes)
        return names.get(found, found)

    return version


def _whole(level, flat, out, doubled, cached):
    shares, linear, _ = _symptoms(level, flat, out, doubled, cached)
    return "swapped" if not linear else "axis" if not shares else "right" if np.allclose(cached, out) else "mask"


EXERCISE = Exercise(
    name="diagnose",
    parameters=("level", "flat", "out", "doubled", "cached"),
    reference=_diagnose,
    inputs=_inputs,
    mistakes=(
        mistake(
            "flat-asked-first",
            "Swapped keys and values are taken for a softmax over the queries: both spoil equal values.",
            "Which probe do they answer differently? Ask that one first.",
            _flat_first,
        ),
        mistake(
            "cache-asked-first",
            "A softmax over the queries is taken for a wrong mask: both change the cached query.",
            "Which probe do they answer differently? Ask that one first.",
            _cache_first,
        ),
        mistake(
            "to-the-last-bit",
            "You compare to the last bit, and rounding is taken for a fault.",
            "np.allclose leaves room for rounding.",
            _to_the_last_bit,
        ),
        mistake(
            "cache-not-looked-at",
            "A layer with the wrong mask passes as right.",
            "It is right in a full pass. What else were you given?",
            _without_cache,
        ),
        mistake(
            "names-exchanged",
            "Two names have changed places.",
            "Say the rule of each probe aloud: what breaks it?",
            _renamed(axis="swapped", swapped="axis"),
            _renamed(axis="mask", mask="axis"),
            _renamed(mask="swapped", swapped="mask"),
        ),
        mistake(
            "one-name-for-all",
            "Every layer gets the same name.",
            "The layers differ; compare what they gave.",
            lambda *probes: "right",
            lambda *probes: "axis",
            lambda *probes: "mask",
        ),
        mistake(
            "swapped-for-all",
            'Every layer is called "swapped", the right one too.',
            "What does doubling V do to the output of a right layer? Compare `doubled` with that.",
            lambda *probes: "swapped",
        ),
        mistake(
            "flat-not-beside-level",
            'You say "axis" of layers whose shares are right: there each entry of `flat` is `level`, up to rounding.',
            "Compare `flat` with `level` itself, and entry by entry: np.allclose does both.",
            lambda level, flat, out, doubled, cached: _diagnose(1.0, flat, out, doubled, cached),
        ),
        mistake(
            "other-names",
            "Your names are others than those that were asked for.",
            'Return "right", "axis", "swapped" or "mask", letter by letter.',
            recognise=lambda args, said: isinstance(said, str) and said not in _LAYERS,
        ),
        mistake(
            "first-row-compared",
            "The cached output is compared with the first token's.",
            "It is the last token that was asked alone.",
            lambda level, flat, out, doubled, cached: _diagnose(level, flat, out[::-1], doubled[::-1], cached),
        ),
        mistake(
            "all-rows-compared",
            "The cached output, one row, is compared with all rows.",
            "It belongs beside the last row of `out`.",
            lambda level, flat, out, doubled, cached: _whole(level, flat, out, doubled, cached),
        ),
    ),
    hints=(
        "Make a small table: three faults, three probes, and who breaks which rule.",
        "Only one of the three faults makes the output anything but linear in V.",
        "Ask first what only one fault answers that way; use np.allclose.",
    ),
    praise="Right: three questions, in an order that leaves no doubt.",
)
