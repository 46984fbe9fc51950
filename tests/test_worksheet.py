"""The widget's Python side: state, reading and writing, repr, picture, page. No kernel and no browser."""

import io
import json
import subprocess

import numpy as np
import pytest
from engine_in_node import ask
from ipywidgets.widgets.widget import _instances
from PIL import Image

from benchmarks.widgets import everything, sizes
from qkvlib import colour, examples, instruments
from qkvlib.widgets import Instrument, Sheet, SheetError, Worksheet
from qkvlib.widgets.bundle import module, slim, slim_style, styles
from qkvlib.widgets.layout import entries
from qkvlib.widgets.page import page
from qkvlib.widgets.picture import png, say
from qkvlib.widgets.views import KINDS
from qkvlib.widgets.worksheet import pack, unpack


@pytest.fixture
def worksheet():
    s = Sheet("small")
    X, W_Q = s.input("X", examples.X, rows=["x1", "x2"]), s.input("W_Q", examples.W_Q)
    t = s.slider("temperature", 1.0, 0.5, 4)
    n = s.choice("n_heads", [1, 2])
    s.switch("on", True)
    s.text("note", "hello")
    s.softmax("weights", s.scale("scaled", s.scores("scores", s.matmul("Q", X, W_Q), "Q"), temperature=t))
    s.split_heads("H", "Q", n)
    return Worksheet(s)


def test_reads_what_the_learner_sees(worksheet):
    np.testing.assert_array_equal(worksheet["Q"], examples.X @ examples.W_Q)
    # What the browser does when a learner drags: it sets the synced traits.
    worksheet.set_state({"inputs": {**worksheet.inputs, "X": pack(np.ones((2, 4)))}, "p_temperature": 2.0})
    np.testing.assert_array_equal(worksheet["Q"], np.ones((2, 4)) @ examples.W_Q)
    assert worksheet["temperature"] == 2.0


def test_what_is_read_is_a_copy(worksheet):
    worksheet["X"][0, 0] = 99
    assert worksheet["X"][0, 0] == 2


def test_writes(worksheet):
    worksheet["X"] = [[1, 1, 1, 1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(worksheet["Q"], [[3 - 1, 3], [0, 0]])
    worksheet["n_heads"] = 2
    assert worksheet.p_n_heads == 1
    assert worksheet["n_heads"] == 2
    assert worksheet["H"].shape == (2, 2, 1)


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("X", [[1, 2]], SheetError, "keep the shape"),
        ("X", "abc", SheetError, "numbers"),
        ("Q", [[1]], KeyError, "no input 'Q'"),
        ("n_heads", 3, SheetError, "1, 2"),
        ("temperature", 99, SheetError, r"^temperature can be a number from 0.5 to 4, not 99$"),
        ("temperature", "hot", SheetError, "temperature can be a number"),
        ("on", 2, SheetError, "True or False"),
        ("note", 3, SheetError, "a text"),
    ],
)
def test_refuses(worksheet, name, value, error, words):
    before = repr(worksheet)
    with pytest.raises(error, match=words):
        worksheet[name] = value
    assert repr(worksheet) == before


def test_unknown_names_are_named(worksheet):
    with pytest.raises(KeyError, match=r"no 'weight'; it has X, W_Q"):
        worksheet["weight"]


def test_repr_is_true_and_stable(worksheet):
    assert repr(worksheet) == repr(Worksheet(worksheet.sheet))
    first, *lines = repr(worksheet).splitlines()
    assert first == "Worksheet(small: temperature=1.0, n_heads=1, on=True, note='hello')"
    assert "  Q [2, 2] = [[2, 1], [3, 3]]" in lines
    worksheet["X"] = np.zeros((2, 4))
    assert "  Q [2, 2] = [[0, 0], [0, 0]]" in repr(worksheet).splitlines()


def test_the_bundle_has_text_and_a_picture(worksheet):
    data, _ = worksheet._repr_mimebundle_()
    assert data["text/plain"] == repr(worksheet)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert Image.open(io.BytesIO(data["image/png"])).format == "PNG"


def test_the_picture_follows_the_state(worksheet):
    first = png(worksheet)
    assert first == png(worksheet)
    worksheet["X"] = np.zeros((2, 4))
    assert png(worksheet) != first


@pytest.mark.parametrize("shape", [(), (3,), (0, 4), (2, 0), (200, 200), (3, 2, 2)])
def test_every_shape_has_a_picture_and_a_page(shape):
    s = Sheet("shapes")
    values = np.full(shape, np.nan)
    values[...] = np.inf if shape == (3,) else 1e300
    s.input("A", values)
    worksheet = Worksheet(s)
    assert Image.open(io.BytesIO(png(worksheet))).width > 30
    assert "<h1>shapes</h1>" in page(worksheet)
    assert repr(worksheet).startswith("Worksheet(shapes")
    np.testing.assert_array_equal(worksheet["A"], values)


def test_state_is_json_without_nan():
    odd = np.array([[np.nan, np.inf, -np.inf, 1e300, -0.0, 0.1]])
    text = json.dumps(pack(odd), allow_nan=False)
    np.testing.assert_array_equal(unpack(json.loads(text)), odd)


def test_a_state_that_cannot_be_computed_still_has_a_repr_and_a_picture():
    s = Sheet("refused")
    s.embed("E", s.input("table", [[1, 2]], rows=["dog"]), s.text("words", "dog"), unknown="refuse")
    worksheet = Worksheet(s)
    worksheet["words"] = "dgo"
    assert "node E" in repr(worksheet)
    assert len(png(worksheet)) > 100


def test_a_page_cannot_be_broken_out_of():
    s = Sheet("hostile", title="</title><script>alert(1)</script>")
    s.input("A", [[1.0]], rows=["</script><script>alert(2)</script>"])
    text = page(Worksheet(s))
    assert text.count("<script") == 2
    assert "alert(1)</script>" not in text
    assert "alert(2)</script>" not in text


def test_a_page_asks_for_nothing_outside_itself():
    text = page(instruments.two_tokens().sheet)
    assert "http://" not in text
    assert "https://" not in text


def test_save_is_whole_or_not_at_all(tmp_path, worksheet):
    from qkvlib.widgets.page import save

    save(worksheet, tmp_path / "deep" / "page.html")
    assert [f.name for f in (tmp_path / "deep").iterdir()] == ["page.html"]
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(OSError, match=r"folder\.html"):
        save(worksheet, tmp_path / "folder.html")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["deep", "folder.html"]


def test_an_instrument_reads_writes_and_frees():
    before = set(_instances)
    s = Sheet("inst")
    t = s.slider("temperature", 1.0, 0.5, 4)
    s.scale("Y", s.input("X", [[1.0, 2.0]]), temperature=t)
    made = Instrument(s)
    made["temperature"] = 2
    made["X"] = [[4, 8]]
    np.testing.assert_array_equal(made["Y"], [[2, 4]])
    assert repr(made).startswith("Instrument(inst: temperature=2.0")
    assert "image/png" in made._repr_mimebundle_()[0]
    made.close()
    assert made.comm is None
    assert made.sheet.comm is None
    assert all(control.comm is None for control in made.controls.values())
    assert set(_instances) == before


def test_a_changed_sheet_that_is_made_again_hands_its_numbers_on():
    def make(step=0.1):
        s = Sheet("made_again")
        s.number("double", s.slider("t", 1.0, 0.5, 4, step=step))
        return Worksheet(s)

    first = make()
    assert first.earlier == {}
    assert make().earlier == {}  # nothing was changed
    newest = make()
    newest["t"] = 2
    again = make()
    assert again["t"] == 1
    assert again.earlier == newest.state()
    assert make().earlier == newest.state()  # still on offer when the cell is run twice
    assert make(step=0.5).earlier == {}  # another sheet of the same name


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_a_sentence_says_the_same_in_the_picture(name, node):
    """The fallback of a notebook without widgets carries the sentences too; both sides write them the same."""
    sheet = getattr(instruments, name)().sheet
    templates = [entry["say"] for entry in entries(sheet.spec["layout"]) if "say" in entry]
    if templates:
        theirs = ask(node, sheet.sheet, *(["say", template] for template in templates))
        assert theirs == [say(template, sheet.values(), sheet) for template in templates]


def test_the_picture_carries_the_sentences(worksheet):
    before = Image.open(io.BytesIO(png(worksheet)))
    s = worksheet.sheet
    s.layout = [[{"node": "Q"}], [s.say("the first is {Q[0,0]}")]]
    with_sentence = Image.open(io.BytesIO(png(Worksheet(s))))
    s.layout = [[{"node": "Q"}]]
    without = Image.open(io.BytesIO(png(Worksheet(s))))
    assert with_sentence.height > without.height
    assert before.width > 30


def test_the_picture_shows_looks_bars_and_bands():
    def shown(**look):
        s = Sheet("looks")
        s.input("X", [[1, 2, 3, 4], [5, 6, 7, 8]], rows=["a row", "another row"], cols=list("abcd"))
        s.lay([s.panel("X", role="", **look)])
        return Image.open(io.BytesIO(png(Worksheet(s)))).convert("RGB")

    plain = shown()
    assert shown(look="joined").width < plain.width - 40, "without its row names"
    assert shown(look="bare").height < plain.height - 10, "without its column names"
    assert shown(look="small").width < plain.width - 4 * 25
    query = colour.rgb(colour.role("query"))
    band = [{"role": "query", "n": 2}]
    marked = shown(bands=band)
    near = [
        pixel
        for pixel in marked.get_flattened_data()
        if max(abs(a - b) for a, b in zip(pixel, query, strict=True)) < 20
    ]
    assert 3 * 54 <= len(near) / 3 <= 4 * 54, "two columns marked through, two broken"
    assert query not in set(plain.get_flattened_data())
    dark = [
        sum(sum(pixel) < 450 for pixel in shown(**look).get_flattened_data())
        for look in ({}, {"bars": True}, {"bars": "log"})
    ]
    assert dark[0] < dark[1] < dark[2], "all of a decade are long on a logarithmic scale"


def test_python_never_echoes_state_back(worksheet):
    # The browser syncs lazily: an echo of an older state would undo what a learner has just done.
    synced = {name for name in worksheet.keys if name == "inputs" or name.startswith("p_")}
    assert len(synced) == 5
    assert all(worksheet.trait_metadata(name, "echo_update") is False for name in synced)


def test_slimming_takes_comments_and_spaces_and_no_more():
    source = (
        "/** What it does,\n * in two lines. */\n"
        '  const a = "// kept  /* kept */";   // gone\n'
        "const b = `a // ${ x ? `in ${\"}`\"} // side` : 'y' } {  kept  }`;\n\n"
        'const c = /[/"]\\/ +x/g.test(q) + +d / 2;   /* gone */\n'
        "/** @type {number} */ (c)\n"
    )
    assert slim(source) == (
        'const a="// kept  /* kept */",b=`a // ${ x ? `in ${"}`"} // side` : \'y\' } {  kept  }`,'
        'c=/[/"]\\/ +x/g.test(q)+ +d/2;(c)\n'
    )
    source = (
        "function f(x) {\n  const a = 1;\n  const { b } = x;\n  const c = (y) => { return y + 1; };\n"
        "  return a - -b;\n}\ni++;\n"
    )
    assert slim(source) == "function f(x){const a=1,{b}=x;const c=y=>{return y+1};return a - -b}i++;\n"
    style = "/* gone */\n.a :focus,\n.b > .c { color: red; margin: 0 4px }\n@media (width < 3px) { .d { top: 1px; } }\n"
    assert slim_style(style) == ".a :focus,.b>.c{color:red;margin:0 4px}@media (width < 3px){.d{top:1px}}\n"


@pytest.mark.parametrize("name", instruments.REGISTRY)
def test_the_code_of_every_instrument_is_a_module_in_a_budget(name, node):
    sheet = getattr(instruments, name)().sheet
    done = subprocess.run(
        [node, "--input-type=module", "--check"],
        input=sheet._esm,
        text=True,
        encoding="utf-8",
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    plain = [part for part in sheet.parts[0] if not part.startswith("views/")]
    assert len((module(*plain) + styles("worksheet.css")).encode()) <= 68_000
    assert len((sheet._esm + sheet._css).encode()) <= 110_000


def test_engine_and_grid_stay_small():
    sent = sizes()
    assert sent["engine_and_grid"] <= 60_000
    assert sent["everything"] <= 110_000
    assert {kind: sent[f"view.{kind}"] for kind in KINDS if sent[f"view.{kind}"] > 8_000} == {}


def test_what_is_measured_is_all_that_is_sent():
    parts, styled = everything()
    for name in instruments.REGISTRY:
        scripts, css = getattr(instruments, name)().sheet.parts
        assert set(scripts) <= set(parts), name
        assert set(css) <= set(styled), name


def test_the_lookup_starts_at_a_temperature_of_exactly_1():
    slider = next(w for w in instruments.soft_lookup().children[0].children if w.description == "temperature")
    places = (slider.max - slider.min) / slider.step, -slider.min / slider.step
    assert [round(place, 9) for place in places] == [40, 20]
