"""A counter-example as people read it: lines of text, and small tables with the first wrong number marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from qkvlib.check.plain import Unusable, as_array
from qkvlib.check.words import COUNT

if TYPE_CHECKING:
    from qkvlib.check.counterexample import CounterExample

HEADING = "The smallest input found where it differs:"
_MOST = 60  # numbers of an array that is written out


@dataclass(frozen=True)
class Example:
    """A counter-example below a verdict (`qkvlib.check.verdict.Shown`)."""

    found: CounterExample

    def text(self) -> str:
        """See `as_text`."""
        return as_text(self.found)

    def html(self) -> str:
        """See `as_html`."""
        return as_html(self.found)


def as_text(example: CounterExample) -> str:
    """The text twin: one line for each argument, one for what came back."""
    lines = [f"  {name} = {_in_line(value)}" for name, value in arguments(example)]
    return "\n".join([HEADING, *lines, *(f"  {line}" for line in result_lines(example))])


def as_html(example: CounterExample) -> str:
    """The arguments as small tables, and beside them what the learner's function gave."""
    given = "".join(_figure(name, value) for name, value in arguments(example))
    return f'<p style="margin:.7em 0 .2em">{HEADING}</p><div style="{_ROW}">{given}{result_html(example)}</div>'


def arguments(example: CounterExample) -> Iterator[tuple[str, Any]]:
    """(name, value) of each argument, a pair such as a cache taken apart."""
    for name, value in zip(example.exercise.parameters, example.call.args, strict=False):
        yield from taken_apart(name, value)


def taken_apart(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays inside a pair or a dict, each with how it is reached; everything else as it is."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f'{name}["{key}"]', item
    elif isinstance(value, tuple) and any(isinstance(item, np.ndarray) for item in value):
        for k, item in enumerate(value):
            yield f"{name}[{k}]", item
    else:
        yield name, value


def result_lines(example: CounterExample) -> list[str]:
    """What came back, in words and numbers, and where it is wrong first."""
    told = _told(example)
    if told is not None:
        return [told]
    lines = [
        f"{name} = {_in_line(value)}{f', wrong first at {_index(place)}' if place else ''}"
        for name, value, place in _results(example)
    ]
    return [*lines, *_changed(example)]


def result_html(example: CounterExample) -> str:
    """The same as tables."""
    told = _told(example)
    if told is not None:
        return f'<p style="margin:0;align-self:center">{escape(told)}</p>'
    figures = "".join(_figure(name, value, place) for name, value, place in _results(example))
    return figures + "".join(f'<p style="margin:0">{escape(told)}</p>' for told in _changed(example))


def right_html(example: CounterExample) -> str:
    """What is right for this input. For self-study alone."""
    return "".join(_figure(name, value) for name, value in _named(example, example.right, "right"))


def right_lines(example: CounterExample) -> str:
    """The same as text."""
    return "\n".join(f"{name} = {_in_line(value)}" for name, value in _named(example, example.right, "right"))


# -- what came back ---------------------------------------------------------------------------------------------------


def _told(example: CounterExample) -> str | None:
    """A sentence where nothing came back that could be written as numbers."""
    outcome = example.outcome
    if outcome.kind == "raised":
        return f"Your function stops with {outcome.error}: {' '.join(outcome.detail.split())}"
    if outcome.kind != "returned":
        return "Your function hands back nothing (None)."
    if isinstance(outcome.value, Unusable):
        return f"Your function hands back {outcome.value.what}."
    return None


def _results(example: CounterExample) -> Iterator[tuple[str, Any, tuple[int, ...] | None]]:
    named = list(_named(example, example.outcome.value, "your"))
    for k, (name, value) in enumerate(named):
        place: tuple[int, ...] | None = None
        if example.place is not None:
            part, inside = example.place
            if part is not None and len(named) == 1:  # all parts came back as one array
                place = (part, *inside)
            elif part in (None, k):
                place = inside
        yield name, value, place


def _changed(example: CounterExample) -> list[str]:
    return [f"Your function changes its input {name}." for name in example.outcome.changed]


def _named(example: CounterExample, value: Any, whose: str) -> Iterator[tuple[str, Any]]:
    """ "your out", "your weights", or "your result" for one thing or what has another structure than was asked for."""
    parts = example.exercise.parts
    items = tuple(value.values()) if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    if items and len(items) == len(parts):
        for name, item in zip(parts, items, strict=True):
            yield f"{whose} {name.removeprefix('the ')}", item
    elif COUNT.get(len(items)) and as_array(value) is None:
        for k, item in enumerate(items, 1):
            yield f"{whose} result, {k} of {len(items)}", item
    else:
        yield f"{whose} result", value


# -- numbers ----------------------------------------------------------------------------------------------------------


def number(value: Any) -> str:
    """Whole numbers as such, others to four digits."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    value = float(value) + 0.0  # no -0
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else f"{value:.4g}"


def _in_line(value: Any) -> str:
    """ "[[1, 0], [0, 1]]"; long arrays, and those without numbers, by their shape."""
    if isinstance(value, np.ndarray):
        if value.size == 0 or value.size > _MOST:
            return f"an array [{', '.join(map(str, value.shape))}]" + (" (empty)" if value.size == 0 else "")
        return _nested(value) if value.ndim else number(value)
    if isinstance(value, bool | int | float | np.generic):
        return number(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_in_line, value))}]"
    return "" if value is None else repr(value)


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return number(array[()])
    return f"[{', '.join(_nested(row) for row in array)}]"


def _index(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]"


# -- tables -----------------------------------------------------------------------------------------------------------

_ROW = "display:flex;flex-wrap:wrap;gap:.4em 1.4em;align-items:flex-start"
_TABLE = "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums"
_CELL = "border:1px solid var(--jp-border-color1, #767676);padding:.1em .5em;text-align:right"
_WRONG = f"{_CELL};outline:2px solid var(--jp-warn-color0, #b45309);outline-offset:-2px;font-weight:bold"


def _figure(name: str, value: Any, place: tuple[int, ...] | None = None) -> str:
    """A name over a value: a table for a row or a matrix, one table a head for a stack, else a line of code."""
    array = value if isinstance(value, np.ndarray) else as_array(value) if isinstance(value, tuple | list) else None
    if value is None:
        body = ""
    elif array is None or not 0 < array.ndim < 4 or not 0 < array.size <= _MOST:
        body = f"<code>{escape(_in_line(value))}</code>{' ✗' if place == () else ''}"
    else:
        stack = array.reshape(-1, *array.shape[-2:]) if array.ndim > 1 else array[None, None]
        flat = None if place is None else int(np.ravel_multi_index(place, array.shape))
        body = "".join(_table(table, None if flat is None else flat - k * table.size) for k, table in enumerate(stack))
        body = f'<div style="display:flex;gap:.6em">{body}</div>'
    return f'<div style="overflow-x:auto;max-width:100%"><div style="font-size:90%">{escape(name)}</div>{body}</div>'


def _table(table: np.ndarray, wrong: int | None) -> str:
    def cell(k: int, value: Any) -> str:
        if k == wrong:
            return f'<td style="{_WRONG}" title="wrong first here">{number(value)} ✗</td>'
        return f'<td style="{_CELL}">{number(value)}</td>'

    width = table.shape[-1]
    rows = "".join(
        f"<tr>{''.join(cell(i * width + j, entry) for j, entry in enumerate(row))}</tr>" for i, row in enumerate(table)
    )
    return f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>'
