"""The browser's dataflow, run in node: what it says of a cell, of a sheet in trouble, and how little it recomputes."""

import numpy as np
import pytest
from engine_in_node import ask

from qkvlib import examples, instruments
from qkvlib.widgets import Sheet
from qkvlib.widgets.layout import shown_nodes
from qkvlib.widgets.worksheet import pack


def attention_sheet() -> Sheet:
    s = Sheet("two")
    X, W_Q, W_K = (s.input(name, getattr(examples, name)) for name in ("X", "W_Q", "W_K"))
    on, t = s.switch("causal", True), s.slider("temperature", 2.0, 0.5, 4)
    n = s.choice("n_heads", [1, 2], 2)
    Q, K = s.matmul("Q", X, W_Q), s.matmul("K", X, W_K)
    z = s.scale("scaled", s.scores("scores", Q, K), like=Q, temperature=t)
    s.softmax("weights", s.mask("masked", z, on=on))
    s.split_heads("H", Q, n)
    s.total("sum", s.transpose("Kt", K), over="all")
    return s


ALL = ["X", "W_Q", "W_K", "Q", "K", "scores", "scaled", "masked", "weights", "H", "Kt", "sum"]


@pytest.mark.parametrize(
    ("name", "cell", "text", "sources"),
    [
        ("Q", 2, "1·1 + 0·0 + 2·1 + 1·0", [["X", [4, 5, 6, 7]], ["W_Q", [0, 2, 4, 6]]]),
        ("scores", 2, "3·3 + 3·2", [["Q", [2, 3]], ["K", [0, 1]]]),
        ("scaled", 2, "15 / √2 / 2", [["scores", [2]]]),
        ("masked", 1, "masked: this query may not look here", [["scaled", [1]]]),
        ("weights", 1, "masked: e^(−∞) = 0, no share", [["masked", [0, 1]]]),
        ("weights", 3, "e^(−1.06) / (e^0 + e^(−1.06))", [["masked", [2, 3]]]),
        ("H", 3, "", [["Q", [3]]]),
        ("sum", 0, "3 + 2 + 2 + 2", [["Kt", [0, 1, 2, 3]]]),
        ("X", 0, "", []),
    ],
)
def test_the_arithmetic_of_a_cell(node, name, cell, text, sources):
    (told,) = ask(node, attention_sheet(), ["explain", name, cell, ALL])
    assert told["text"] == text
    assert told["sources"] == sources


def test_what_is_hidden_is_looked_through(node):
    (told,) = ask(node, attention_sheet(), ["explain", "sum", 0, ["K"]])
    assert [[name, sorted(cells)] for name, cells in told["sources"]] == [["K", [0, 1, 2, 3]]]


def test_sentences_with_live_numbers(node):
    templates = {
        "{scores[1,0]}": "15",
        "{scores[-1,-1]}": "12",
        "{weights[1,0]:%} of v1": "74.3% of v1",
        "{temperature} and {n_heads} and {causal}": "2 and 2 and true",
        "{Q:shape}": "[2, 2]",
        "{sum:int} {sum:bytes}": "9 9 bytes",
        "{scores[1]:top}": "0",
        "{nothing} {scores[9,9]} {not closed": "– – {not closed",
    }
    assert ask(node, attention_sheet(), *(["say", template] for template in templates)) == list(templates.values())


def test_only_what_a_change_reaches_is_computed_again(node):
    s = attention_sheet()
    W_K = pack(np.ones((4, 2)))
    changed, again, turned = ask(
        node, s, ["rerun", {"W_K": W_K}, {}], ["rerun", {"W_K": W_K}, {}], ["rerun", {"W_K": W_K}, {"temperature": 1}]
    )
    assert set(changed) == {"W_K", "K", "scores", "scaled", "masked", "weights", "Kt", "sum"}
    # Each question arrives as fresh JSON, so an input counts as changed; nothing beside its descendants may be.
    assert not {"Q", "H", "X"} & set(again)
    assert {"scaled", "masked", "weights"} <= set(turned)


def test_trouble_names_the_first_node_and_the_rest_waits(node):
    s = Sheet("words")
    table = s.input("table", [[1.0, 2]], rows=["dog"])
    s.transpose("T", s.embed("E", table, s.text("words", "dog"), unknown="refuse"))
    _, trouble, _, fine = ask(
        node, s, ["rerun", {}, {"words": "cat"}], ["trouble"], ["rerun", {}, {"words": "Dog!"}], ["trouble"]
    )
    assert trouble == 'E: the word "cat" is not known here; the closest known: dog'
    assert fine == ""


def test_an_input_says_what_it_feeds(node):
    direct, through = ask(node, attention_sheet(), ["feeds", "X", 0, ALL], ["feeds", "W_K", 1, ["weights", "sum"]])
    assert direct == [["Q", [0, 1]], ["K", [0, 1]]]
    assert through == [["sum", [0]], ["weights", [0, 1, 2, 3]]]


def test_no_explanation_of_any_instrument_is_a_long_way(node):
    """Each cell once: the layer of gqa took four million steps when every path was walked."""
    for name in instruments.REGISTRY:
        sheet = getattr(instruments, name)().sheet.sheet
        shown = shown_nodes(sheet.spec()["layout"])
        values = sheet.evaluate(sheet.inputs, sheet.values())
        asked = [["calls", each, i, shown] for each in shown for i in (0, values[each].array.size - 1)]
        assert max(ask(node, sheet, *asked)) < 5000, name


def test_what_is_no_number_has_a_reason(node):
    s = Sheet("odd")
    A = s.input("A", [[np.inf, 1.0]])
    s.subtract("minus", A, A)
    s.divide("part", s.input("zero", [[0.0, 1]]), "zero")
    s.scale("more", "minus", by=2)
    gone, part, more, said, trouble = ask(
        node, s, ["explain", "minus", 0, []], ["explain", "part", 0, []], ["explain", "more", 0, []],
        ["say", "{minus[0,0]:%}"], ["trouble"],
    )  # fmt: skip
    assert gone["note"] == "∞ − ∞ and 0 · ∞ have no value"
    assert part["note"] == "0 / 0 has no value"
    assert more["note"] == "one of the numbers it is made of is none"
    assert said == "no number"
    assert trouble.startswith("minus holds NaN")


def test_the_last_good_value_stays_while_a_sheet_is_in_trouble(node):
    s = Sheet("words")
    table = s.input("table", [[1.0, 2]], rows=["dog"])
    s.transpose("T", s.embed("E", table, s.text("words", "dog"), unknown="refuse"))
    _, value, trouble, explained = ask(
        node, s, ["rerun", {}, {"words": ""}], ["value", "T"], ["trouble"], ["explain", "T", 0, ["E"]]
    )
    assert value["data"] == [1, 2]
    assert trouble == "E: type at least one word"
    assert explained["note"] == "waits for E"


def test_terms_stand_with_their_signs(node):
    s = Sheet("signs")
    s.matmul("p", s.input("a", [[0.772, -2.06, 1]]), s.input("b", [[-0.195], [0.085], [2]]))
    assert ask(node, s, ["explain", "p", 0, ["a", "b"]])[0]["text"] == "0.772·(−0.195) − 2.06·0.085 + 1·2"


def test_what_undo_did_is_said(node):
    new = pack(np.add(examples.X, [[1, 0, 0, 0], [0, 0, 0, 0]]))
    said = ask(node, attention_sheet(), ["difference", {"X": new}, {"causal": False, "n_heads": 0}])[0]
    assert said == "X, row 1, column 1 is 3; causal is false; n heads is 1"
