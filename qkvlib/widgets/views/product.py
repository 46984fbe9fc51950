"""A product laid out so that rows meet columns: W above, X at the left, Q at the crossing; several W share one X.

    s.product("X", ["W_Q", "W_K", "W_V"], ["Q", "K", "V"])

Play shows one number of the result being made: its row and its column slide together, term by term, and the sum grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..sheet import Sheet


def entry(sheet: Sheet, left: Any, tops: Any, results: Any, title: str = "", corner: dict | None = None) -> dict:
    """`left` [n, k], each of `tops` [k, m], each of `results` [n, m] their product; nodes or `s.panel(...)` of them.
    `corner` is a view that stands in the free place above `left`.

    ValueError where a result is not the product of what stands beside it as the sheet starts.
    """
    tops, results = (
        [part] if isinstance(part, str | dict) or hasattr(part, "name") else list(part) for part in (tops, results)
    )
    if len(tops) != len(results):
        raise ValueError(f"{len(tops)} matrices above and {len(results)} results: each needs its own")
    panels: dict[str, Any] = {"left": _panel(sheet, left), "tops": [_panel(sheet, t) for t in tops],
              "results": [_panel(sheet, r) for r in results]}  # fmt: skip
    values = sheet.evaluate(sheet.inputs, sheet.values())
    for top, result in zip(panels["tops"], panels["results"], strict=True):
        arrays = [values[panel["node"]].array for panel in (panels["left"], top, result)]
        shapes = [array.shape for array in arrays]
        if (
            any(array.ndim != 2 for array in arrays)
            or shapes[0][1] != shapes[1][0]
            or shapes[2] != (shapes[0][0], shapes[1][1])
        ):
            raise ValueError(f"{result['node']} {list(shapes[2])} is not {list(shapes[0])} times {list(shapes[1])}")
    nodes = [panels["left"]["node"], *(p["node"] for p in (*panels["tops"], *panels["results"]))]
    return {"nodes": nodes, "panels": panels, "title": title, **({"corner": corner} if corner else {})}


def _panel(sheet: Sheet, part: Any) -> dict:
    return part if isinstance(part, dict) else sheet.panel(part)


def rows(entry: dict) -> list[list[dict | None]]:
    """The entries as a picture lays them: what stands above one another is one column. Results have the rows of X."""
    panels = entry["panels"]
    return [
        [entry.get("corner"), *panels["tops"]],
        [panels["left"], *({**each, "look": "joined"} for each in panels["results"])],
    ]
