"""What a sheet shows, as plain data: walking through it, and what follows from the names and ops of what it shows.

A layout is a list of lines, a line a list of entries: {"node"}, {"sign"}, {"say"}, {"view"}, {"stack"}
(whose entries may be a {"line"}) or {"fold", "lines"}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Ops that only move numbers: what they show is what they read.
_MOVING = {"rows", "columns", "select", "transpose", "choose", "concat", "split_heads", "merge_heads", "repeat_kv"}
_ROLES = {"q": "query", "k": "key", "v": "value", "out": "out", "weights": "weights", "shares": "weights"}


def entries(layout: list) -> Iterator[dict]:
    """Every entry, those inside folds too."""
    for line in layout:
        for entry in line:
            if "fold" in entry:
                yield from entries(entry["lines"])
            elif "stack" in entry or "line" in entry:
                yield from entries([entry.get("stack") or entry["line"]])
            else:
                yield entry
                yield from entries([[entry["corner"]]] if "corner" in entry else [])


def shown_nodes(layout: list) -> list[str]:
    """The names of all nodes shown or compared, each once, in order. A view lists its own under "nodes"."""
    names: dict[str, None] = {}
    for entry in entries(layout):
        own = [entry["node"]] if "node" in entry else entry.get("nodes", [])
        names |= dict.fromkeys([*own, *([entry["diff"]] if entry.get("diff") else [])])
    return list(names)


def complete(layout: list, inputs: Mapping, nodes: Mapping) -> list:
    """The layout with role, ramp and common scale of each panel filled in where they were not given."""
    present = set(shown_nodes(layout))

    def filled(entry: dict) -> dict:
        if "fold" in entry:
            return {**entry, "lines": [[filled(each) for each in line] for line in entry["lines"]]}
        if "stack" in entry or "line" in entry:
            return {key: [filled(each) for each in part] for key, part in entry.items()}
        if "panels" in entry:  # a view that shows panels, such as a product
            return {**entry, "panels": {key: _each(each, filled) for key, each in entry["panels"].items()}}
        if "node" not in entry:
            return entry
        found = {"ramp": ramp_of(entry["node"], nodes), "role": role_of(entry["node"]),
                 "scale": scale_of(entry["node"], present)}  # fmt: skip
        found = {key: value for key, value in found.items() if value}
        if found.get("ramp") == "share":
            found.setdefault("role", "weights")
        return {**found, **entry}

    return [[filled(entry) for entry in line] for line in layout]


def _each(value: Any, act: Callable[[Any], Any]) -> Any:
    return [act(each) for each in value] if isinstance(value, list) else act(value)


def role_of(name: str) -> str:
    """ "query" for Q, q, W_Q, b_Q, Q2, Q_heads, queries; likewise keys and values; "out" for out2; else ""."""
    word = re.split(r"[_\d]", re.sub(r"^[Wb]_", "", name))[0].lower()
    plain = {"query": "q", "queries": "q", "key": "k", "keys": "k", "value": "v", "values": "v"}.get(word, word)
    return _ROLES.get(plain, "")


def ramp_of(name: str, nodes: Mapping) -> str:
    """ "share" for what a softmax made, or what was only moved after one; "" for everything else."""
    node = nodes.get(name)
    if node and node["op"] in _MOVING and node["args"]:
        made = {ramp_of(arg, nodes) for arg in node["args"]}
        return made.pop() if len(made) == 1 else ""
    return "share" if node and node["op"] == "softmax" else ""


def scale_of(name: str, present: set[str]) -> list[str]:
    """Q, K and V of one layer, as far as they are shown, end their colours at the same number; so do W_Q, W_K, W_V."""
    found = re.fullmatch(r"(W_|)([QKVqkv])((?:_?\d|_heads|_own)*)", name)
    if not found:
        return []
    letters = "QKV" if found[2].isupper() else "qkv"
    group = [f"{found[1]}{letter}{found[3]}" for letter in letters]
    together = [each for each in group if each in present]
    return together if len(together) > 1 else []
