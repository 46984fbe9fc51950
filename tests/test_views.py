"""Views: Python and the browser draw the same marks in every state; a wrong declaration is told; a picture is made."""

import io

import numpy as np
import pytest
from engine_in_node import run_module
from PIL import Image
from test_ops import as_json
from view_sheets import SHEETS, attention

from qkvlib.widgets import SheetError, Worksheet, views
from qkvlib.widgets.layout import entries
from qkvlib.widgets.picture import png


def states(sheet):
    """(values, params) of the start, of odd numbers, of every end of a parameter."""
    start = sheet.values()
    yield sheet.evaluate(sheet.inputs, start), start
    rng = np.random.default_rng(1)
    for k in range(4):
        inputs = {}
        for name, value in sheet.inputs.items():
            array = value.array + rng.normal(size=value.array.shape) * 10.0 ** (k - 1)
            if k == 3 and array.size:
                array.flat[0] = np.nan
                array.flat[-1] = np.inf
            inputs[name] = type(value)(array, value.rows, value.cols, value.heads)
        yield sheet.evaluate(inputs, start), start
    for name, param in sheet.params.items():
        for end in param.limits.values() if param.kind == "int" else ():
            turned = {**start, name: int(end)}
            yield sheet.evaluate(sheet.inputs, turned), turned


def scene_entries(sheet):
    return [e for e in entries(sheet.spec()["layout"]) if "view" in e and views.is_scene(e["view"])]


def same(ours, theirs, at=""):
    assert type(ours) is type(theirs) or {type(ours), type(theirs)} <= {int, float}, at
    if isinstance(ours, dict):
        given = {k: v for k, v in ours.items() if v is not None and v is not False}
        got = {k: v for k, v in theirs.items() if v is not None and v is not False}
        assert given.keys() == got.keys(), at
        for key in given:
            same(given[key], got[key], f"{at}.{key}")
    elif isinstance(ours, list):
        assert len(ours) == len(theirs), at
        for k, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{at}[{k}]")
    elif isinstance(ours, int | float) and not isinstance(ours, bool):
        assert ours == pytest.approx(theirs, abs=1e-9, rel=1e-9), at
    else:
        assert ours == theirs, at


@pytest.mark.parametrize("name", [name for name, make in SHEETS.items() if scene_entries(make())])
def test_python_and_browser_draw_the_same_marks(name, node):
    sheet = SHEETS[name]().check()
    for entry in scene_entries(sheet):
        found = list(states(sheet))
        cases = [
            {"entry": entry, "params": params, "values": {n: as_json(values[n]) for n in entry["nodes"]}}
            for values, params in found
        ]
        theirs = run_module(node, "views_in_node.mjs", {"kind": entry["view"], "cases": cases})
        for (values, params), drawn in zip(found, theirs, strict=True):
            ours = views.load(entry["view"]).scene(
                entry, values, lambda o, params=params: params[o["param"]] if isinstance(o, dict) else o
            )
            assert ours.marks, "a view that draws nothing shows nothing"
            same([ours.width, ours.height], [drawn["width"], drawn["height"]])
            same(ours.marks, drawn["marks"])
            for mark in ours.marks:
                if "cell" in mark:
                    node_name, i = mark["cell"]
                    assert 0 <= i < values[node_name].array.size


@pytest.mark.parametrize("name", SHEETS)
def test_every_view_has_a_picture(name):
    worksheet = Worksheet(SHEETS[name]())
    picture = Image.open(io.BytesIO(png(worksheet))).convert("RGB")
    assert len(picture.getcolors(100_000)) > 10
    before = png(worksheet)
    free = next(iter(worksheet.sheet.inputs))
    worksheet[free] = worksheet[free] * 0.5
    assert png(worksheet) != before


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda s: s.arcs(), "at least one node"),
        (lambda s: s.plane(arrows=["X"]), r"X is \[3, 4\]"),
        (lambda s: s.plane(arrows=["q"]), "no node 'q'"),
        (lambda s: s.plane(), "nothing to draw"),
        (lambda s: s.plane(arrows=["Q"], shadow=("K", "Q")), "among the arrows"),
        (lambda s: s.product("X", ["W_Q"], ["Q", "K"]), "each needs its own"),
        (lambda s: s.product("Q", ["W_Q"], ["K"]), "is not"),
        (lambda s: s.arcs("weights", colour="red"), "colour"),
        (lambda s: s.bars("weights", "out"), "two alike matrices"),
        (lambda s: s.bars("weights", "gone"), "no node 'gone'"),
        (lambda s: s.pairs("weights", "out"), "two alike tables"),
        (lambda s: s.wires(), "nothing to draw"),
        (lambda s: s.wires("X", "W_Q"), "reads what the one before"),
        (lambda s: s.wires("X", names=["one"]), "join 2 columns"),
        (lambda s: s.lay([s.arcs("gone")]) or s.check(), "'gone'"),
    ],
)
def test_a_view_that_cannot_be_is_told(build, words):
    with pytest.raises(SheetError, match=words):
        build(attention())


def test_only_what_a_sheet_uses_is_sent():
    plain, viewed = Worksheet(attention()), Worksheet(SHEETS["plane"]())
    assert not any(part.startswith("views/") for part in plain.parts[0])
    assert [part for part in viewed.parts[0] if part.startswith("views/")] == ["views/plane.js"]
    assert "smallest" not in plain._esm
    assert "smallest" in viewed._esm


def test_what_a_dragged_query_costs_is_the_smallest_change():
    """ΔW = xᵀ Δq / |x|² gives Δq exactly, and no other change that does is smaller."""
    rng = np.random.default_rng(3)
    x, goal = rng.normal(size=5), rng.normal(size=2)
    change = np.outer(x, goal) / (x @ x)
    np.testing.assert_allclose(x @ change, goal)
    np.testing.assert_allclose(change, np.linalg.pinv(x[None]) @ goal[None], atol=1e-12)
