"""The small widgets in a real browser, without a kernel: they ask, judge, remember, and are open to everybody."""

import datetime
import itertools
import re

import pytest
from axe_core_python.sync_playwright import Axe
from bare_page import bare_page

from qkvlib import check, instruments
from qkvlib.attention import softmax
from qkvlib.check.card import Card
from qkvlib.widgets import Cards, FillIn, Flashcards, Predict, ProgressMap, Tabs, flashcards

pytestmark = pytest.mark.browser
SERIAL = itertools.count()
CARDS = """
[[card]]
question = "First?"
answer = "One."

[[card]]
question = "Second?"
answer = "Two."
wrong = "Three."
why_wrong = "It is one too many."
"""
ITEMS = [("Query", "looks for", "compared with keys", "blue"), ("Key", "is found by", "compared with queries")]
DAY = datetime.date(2020, 2, 29)


@pytest.fixture
def show(page):
    """Open widgets in the page and return it."""

    def open_page(*widgets, scheme="light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_content(bare_page(*widgets, scheme=scheme))
        page.wait_for_selector("body[data-ready=yes]")
        return page

    return open_page


@pytest.fixture
def deck(tmp_path, monkeypatch):
    monkeypatch.setattr(flashcards, "_folder", lambda: tmp_path)
    (tmp_path / "03.toml").write_text(CARDS, encoding="utf-8")
    return Flashcards("03", title="Recall", today=DAY)


def predict(**given):
    given.setdefault("question", "What is `x @ W`?")
    return Predict(f"browser-{next(SERIAL)}", **given)


def choices():
    return predict(choices=["left", "right"], answer="right", explain="Because.", why={"left": "Mirror."})


def state(page, name, place=0):
    return page.evaluate(f"() => window.shown[{place}].model.get('{name}')")


def test_a_choice_is_committed_and_compared_by_keyboard_alone(show):
    page = show(choices())
    assert "Because." not in page.inner_text("body")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    while not page.get_by_label("left").is_checked():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    revealed = page.inner_text(".qkv-reveal")
    options = [" ".join(option.split()) for option in page.locator(".qkv-options li").all_inner_texts()]
    assert sorted(options) == ["✓ right", "✗ left yours"]
    assert "You were sure" in revealed
    assert "Mirror." in revealed
    assert "Because." in revealed
    assert state(page, "guess") == 0
    assert page.evaluate("() => window.shown[0].model.saved") == 1
    assert page.evaluate("() => document.activeElement.className") == "qkv-reveal"


def test_nothing_is_revealed_without_a_guess(show):
    page = show(choices(), predict(number=True, answer=5), predict(text=True, answer="zebra"))
    page.get_by_role("button", name="I am sure").first.click()
    page.get_by_role("button", name="Not sure").last.click()
    page.get_by_role("button", name="Commit to this").click()
    assert page.locator(".qkv-reveal").count() == 0
    assert "Choose one first" in page.inner_text("#w0")
    assert "Type a number first" in page.inner_text("#w1")
    assert "Write a few words" in page.inner_text("#w2")
    assert "zebra" not in page.inner_text("body")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0.8", "You said 0.8; it is 0.953: 0.153 too low."),
        ("96 %", "You said 0.96; it is 0.953, so 0.007 too high: close enough."),
        ("3/4", "You said 0.75; it is 0.953: 0.203 too low."),
        ("0,953", "You said 0.953; it is 0.953."),
    ],
)
def test_a_number_says_how_far_it_is(show, typed, said):
    page = show(predict(number=True, answer=0.953, tolerance=0.01))
    page.fill("input", typed)
    page.keyboard.press("Enter")
    assert said in page.inner_text(".qkv-reveal")


@pytest.mark.parametrize("typed", ["", "x", "1/0", "1e400", "--1", "1,2,3"])
def test_what_is_no_number_is_not_taken(show, typed):
    page = show(predict(number=True, answer=1))
    page.fill("input", typed)
    page.keyboard.press("Enter")
    assert state(page, "guess") is None


def test_what_a_learner_types_is_never_executed(show):
    page = show(predict(text=True, answer="`<b>`"))
    page.fill("textarea", "<img src=x onerror='document.title=1'>")
    page.get_by_role("button", name="Commit").click()
    assert page.locator("#w0 img").count() == 0
    assert "<img src=x" in page.inner_text(".qkv-reveal")


@pytest.mark.parametrize(
    ("given", "guess"),
    [
        ({"choices": ["a", "b", "c"], "answer": "b"}, 1),
        ({"choices": ["a", "b", "c"], "answer": "b"}, 2),
        ({"number": True, "answer": -7.5, "tolerance": 0.25}, -7.25),
        ({"number": True, "answer": -7.5, "tolerance": 0.25}, -7.2),
        ({"text": True, "answer": "x"}, "x"),
    ],
)
def test_browser_and_kernel_judge_alike(show, given, guess):
    asked = predict(**given)
    page = show(asked)
    asked.guess = guess
    judged = page.evaluate(
        "([kind, guess, answer, tolerance]) => window.shown[0].module.judge(kind, guess, answer, tolerance)",
        [asked.kind, guess, asked.answer, asked.tolerance],
    )
    assert judged == asked.correct


def test_the_options_stand_in_the_learners_own_order_before_and_after(show):
    asked = predict(choices=["a", "b", "c", "d"], answer="c", why={"a": "No."})
    wanted = [asked.choices[place] for place in asked.order]
    page = show(asked)
    assert [label.strip() for label in page.locator(".qkv-choices label").all_inner_texts()] == wanted
    page.get_by_label("a", exact=True).check()
    page.get_by_role("button", name="I am sure").click()
    shown = [text.replace("yours", "").split()[-1] for text in page.locator(".qkv-options li").all_inner_texts()]
    assert shown == wanted
    assert state(page, "guess") == 0


def test_the_sheet_is_asked_to_show_the_answer(show):
    page = show(predict(number=True, answer=1, show_in="two_tokens", show_state={"scaled": False}))
    page.fill("input", "1")
    page.keyboard.press("Enter")
    show_it = page.get_by_role("button", name="Let the sheet show it")
    show_it.click()
    assert "not on the page yet" in page.inner_text("[role=alert]")
    page.evaluate(
        """() => document.addEventListener("qkv-show", (event) => {
            event.preventDefault();
            window.asked = event.detail;
        })"""
    )
    show_it.click()
    assert page.evaluate("() => window.asked") == {"sheet": "two_tokens", "state": {"scaled": False}}
    assert page.inner_text("[role=alert]") == ""


def test_a_sheet_on_the_page_shows_the_answer_and_undo_leads_back(show):
    sheet = instruments.two_tokens().sheet
    page = show(
        predict(number=True, answer=1, show_in="two_tokens", show_state={"scaled": False, "X": [[0, 0, 0, 1]] * 2}),
        sheet,
    )
    weight = page.locator('[data-node="weights"] td[data-i="2"]')
    before = weight.inner_text()
    page.fill("input", "1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Let the sheet show it").click()
    page.wait_for_function("() => document.querySelector('[data-node=X] [data-i=\"3\"]').textContent === '1'")
    assert state(page, "p_scaled", 1) is False
    assert state(page, "inputs", 1)["X"]["data"] == [0, 0, 0, 1] * 2
    assert weight.inner_text() == "0.5"
    assert page.evaluate("() => document.querySelector('.qkv-ws').contains(document.activeElement)")
    assert page.inner_text("[role=alert]") == ""
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('[data-node=X] [data-i=\"0\"]').textContent === '2'")
    assert state(page, "p_scaled", 1) is True
    assert weight.inner_text() == before


def test_a_question_in_words_is_for_saying_why(show):
    page = show(predict(text=True, answer="Because it is."))
    assert "Say why, then compare" in page.inner_text("#w0")
    page.fill("textarea", "it is")
    page.get_by_role("button", name="Commit to this").click()
    assert "Because it is." in page.inner_text(".qkv-reveal")


def test_symbols_are_set_with_their_index_below(show):
    page = show(predict(question="Is `W_Q` in x W_Q of width d_head, not W_Query?", text=True, answer="x"))
    assert page.inner_html(".qkv-question p") == (
        "Is <code>W_Q</code> in x W<sub>Q</sub> of width d<sub>head</sub>, not W_Query?"
    )


def test_a_guess_can_be_cleared(show):
    page = show(choices())
    page.get_by_label("right").check()
    page.get_by_role("button", name="Not sure").click()
    assert "You were not sure" in page.inner_text(".qkv-reveal")
    assert state(page, "sure") is False
    page.get_by_role("button", name="Clear my guess").click()
    assert state(page, "guess") is None
    assert page.get_by_role("radio").count() == 2


def test_a_card_not_known_comes_back_after_the_others(show, deck):
    page = show(deck)
    first, second = (card["question"] for card in deck.cards)
    assert first in page.inner_text("#w0")
    assert "One." not in page.inner_text("#w0")
    for expected, says in ((first, "Not yet"), (second, "I knew it"), (first, "I knew it")):
        assert expected in page.inner_text(".qkv-question")
        page.get_by_role("button", name="Show the answer").click()
        page.get_by_role("button", name=says).click()
    assert "Done for today. You knew 1 of 2 straight away." in page.inner_text("#w0")
    today = flashcards._day_number(DAY)
    assert set(map(tuple, state(page, "boxes").values())) == {(1, today + 1)}


def test_the_days_until_a_card_returns_grow(show, deck):
    page = show(deck)
    days = page.evaluate(
        "(waits) => [0, 1, 2, 3, 4, 5].map((box) => window.shown[0].module.moved(box, true, 100, waits))",
        list(flashcards.WAITS),
    )
    assert days == [[1, 101], [2, 103], [3, 107], [4, 121], [5, 160], [5, 160]]
    assert page.evaluate("() => window.shown[0].module.moved(4, false, 100, [0, 1, 3])") == [0, 100]


def test_browser_and_kernel_count_days_alike(show, deck):
    page = show(deck)
    assert page.evaluate("() => window.shown[0].module.dayNumber(new Date(2020, 1, 29, 23, 59))") == (
        flashcards._day_number(DAY)
    )


def test_cards_say_everything_at_once_and_hold_still(show):
    page = show(Cards("Hats", ITEMS))
    assert page.get_by_text("compared with queries").is_visible()
    before = page.inner_text("#w0"), page.locator("#w0").bounding_box()
    for card in page.locator(".qkv-fact").all():
        card.hover()
        assert (page.inner_text("#w0"), page.locator("#w0").bounding_box()) == before


def test_tabs_turn_with_the_arrow_keys(show):
    page = show(Tabs("Hats", ITEMS))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert "compared with queries" in page.inner_text("[role=tabpanel]")
    page.keyboard.press("ArrowRight")
    assert "compared with keys" in page.inner_text("[role=tabpanel]")


def fill_in():
    return FillIn(f"fill-{next(SERIAL)}", "Attention", ["X · {W_Q} = Q", "{softmax} of each row"], decoys=["K"])


def test_blanks_are_checked_shown_and_emptied(show):
    page = show(fill_in())
    first, second = page.get_by_role("combobox").all()
    page.get_by_role("button", name="Check").click()
    assert "2 still to fill." in page.inner_text("[role=status]")
    first.select_option("W_Q")
    second.select_option("K")
    page.get_by_role("button", name="Check").click()
    assert "1 of 2 are right" in page.inner_text("[role=status]")
    assert [mark.strip() for mark in page.locator(".qkv-mark").all_inner_texts()] == ["✓", "✗"]
    page.get_by_role("button", name="Show what").click()
    assert state(page, "given") == ["W_Q", "softmax"]
    page.get_by_role("button", name="Empty it").click()
    assert state(page, "given") == ["", ""]


def test_whatever_takes_the_focus_keeps_its_keys_from_jupyterlab(show, deck):
    page = show(choices(), predict(number=True, answer=1), predict(text=True, answer="x"), deck, Cards("H", ITEMS))
    page.get_by_label("right").check()
    page.locator("#w0 button").first.click()
    page.locator("#w3 button").click()
    stolen = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, [tabindex]")]
            .filter((node) => node.getAttribute("data-lm-suppress-shortcuts") !== "true")
            .map((node) => node.outerHTML)"""
    )
    assert stolen == []


def test_cleaning_up_leaves_nothing_behind(show, deck):
    page = show(choices(), deck, Cards("H", ITEMS), fill_in())
    left = page.evaluate(
        "() => window.shown.map(({ clean, model, el }) => (clean(), [model.listening(), el.childNodes.length]))"
    )
    assert left == [[0, 0]] * 4


def verdicts():
    """A card of each kind, one with the grid of where it differs."""

    def first_row_only(z, axis=-1):
        shares = softmax(z, axis)
        shares[1:] = 0.5
        return shares

    answers = (None, first_row_only, lambda z, axis=-1: z, softmax)
    made = [check.softmax(answer) for answer in answers]
    assert any(verdict.places for verdict in made)
    return [
        Card(verdict._repr_html_(), {"A hint": check.softmax.hint, "The solution": check.softmax.solution})
        for verdict in made
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_verdict_cards_are_open_to_everybody(show, scheme):
    cards = verdicts()
    page = show(*cards, scheme=scheme)
    page.evaluate("(note) => window.shown[1].model.set('note', note)", check.softmax.hint()._repr_html_())
    page.locator("#w1 [role=status]").filter(has_text=re.compile(r"\w")).first.wait_for()
    found = Axe().run(page)["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_forced_colours_and_paper_keep_what_small_widgets_say(show, deck):
    page = show(choices(), deck, Cards("Hats", ITEMS), Tabs("Ways", ITEMS), *verdicts())
    page.get_by_label("left").check()
    page.get_by_role("button", name="I am sure").click()
    page.emulate_media(forced_colors="active")
    options = [" ".join(option.split()) for option in page.locator(".qkv-options li").all_inner_texts()]
    assert sorted(options) == ["✓ right", "✗ left yours"], "signs, not colours"
    lines = "(tabs) => tabs.map((tab) => [tab.ariaSelected, getComputedStyle(tab).borderBottomStyle])"
    assert dict(page.locator(".qkv-tab").evaluate_all(lines)) == {"true": "solid", "false": "none"}
    edges = page.locator(".qkv-card, .qkv-fact, .qkv-button").evaluate_all(
        "(parts) => parts.map((part) => getComputedStyle(part).borderTopStyle)"
    )
    assert set(edges) == {"solid"}
    assert {"✓", "✗"} <= set(page.inner_text("#w5"))
    page.emulate_media(forced_colors="none", media="print")
    assert page.locator(".qkv-reveal").is_visible()
    assert all(table.is_visible() for table in page.locator("#w5 table").all())
    assert [button for button in page.get_by_role("button").all() if button.is_visible()] == []


def test_the_map_of_the_course_says_without_colours_what_is_done(show):
    told = ProgressMap()._repr_markdown_()
    assert "style=" not in told, "plain Markdown: the signs say it, on paper and in forced colours"
    assert told.count("○") >= 14


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violations(show, deck, scheme):
    widgets = (
        *(choices(), predict(number=True, answer=1), predict(text=True, answer="x"), deck),
        *(Cards("Hats", ITEMS), Tabs("Ways", ITEMS), fill_in()),
    )
    page = show(*widgets, scheme=scheme)
    found = Axe().run(page)["violations"]
    page.get_by_label("left").check()
    page.locator("#w0 button").first.click()
    page.locator("#w3 button").click()
    found += Axe().run(page)["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
