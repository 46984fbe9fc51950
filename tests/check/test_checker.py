"""What a learner calls: kept verdicts, hints, solutions after an attempt, cards, and how nbgrader scores them."""

import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from qkvlib import check
from qkvlib.check.card import Card
from qkvlib.check.checker import Checker
from qkvlib.check.registry import exercises
from qkvlib.check.verdict import Verdict
from qkvlib.course import progress


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sum_of_everything(z, axis=-1):
    return np.exp(z) / np.exp(z).sum()


@pytest.fixture
def checker():
    """A checker that nobody has asked for a hint yet."""
    return Checker(check.exercise("softmax"))


# -- what is kept -------------------------------------------------------------------------------------------------


def test_verdicts_are_kept_and_the_best_one_stays(checker):
    checker(None)
    assert progress.entry("checks", "softmax") == {"status": "todo", "last": "todo", "attempts": 0, "mistake": ""}
    checker(sum_of_everything)
    kept = progress.entry("checks", "softmax")
    assert (kept["status"], kept["attempts"], kept["mistake"]) == ("wrong", 1, "softmax-over-everything")
    checker(softmax)
    checker(sum_of_everything)
    kept = progress.entry("checks", "softmax")
    assert (kept["status"], kept["last"], kept["attempts"]) == ("correct", "wrong", 3)


def test_what_is_given_can_be_replaced_and_nothing_else():
    assert check.hand_projection({"q": [2, 1], "k": [3, 2], "v": [1, 2]}, x=[2, 1, 0, 0])
    with pytest.raises(TypeError, match="does not know y"):
        check.hand_projection({"q": [2, 1]}, y=1)
    with pytest.raises(TypeError, match="takes one answer"):
        check.scores(softmax, softmax)
    assert check.hand_projection(q=[1, 3], k=[4, 0], v=[3, 1])
    assert check.hand_projection([1, 3], [4, 0], [3, 1])


# -- hints and solutions ------------------------------------------------------------------------------------------


def test_hints_come_one_by_one_and_start_again(checker):
    hints = check.exercise("softmax").hints
    shown = [checker.hint() for _ in range(4)]
    assert [note.text for note in shown] == [*hints, hints[0]]
    assert [note.heading.split()[0] for note in shown] == ["First", "Second", "Third", "First"]


def test_the_solution_comes_after_an_attempt_and_never_in_an_assignment(checker, monkeypatch, root):
    monkeypatch.chdir(root)
    assert not checker.solution().code
    checker(None)
    assert not checker.solution().code
    checker(sum_of_everything)
    code = checker.solution().text
    assert "BEGIN SOLUTION" not in code
    namespace = {"np": np}
    exec(code, namespace)
    assert check.softmax(namespace["softmax"])
    monkeypatch.setenv("QKV_ASSIGNMENT", "02")
    assert "np.exp" not in checker.solution().text
    assert "assignment" in checker.solution().text


def test_without_the_solutions_folder_it_says_so(checker, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qkvlib.check.checker.__file__", str(tmp_path / "lib" / "checker.py"))
    checker(sum_of_everything)
    assert "not found" in checker.solution().text
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "02_broken.ipynb").write_text("{")
    assert "not found" in checker.solution().text


def test_every_solution_of_a_built_notebook_is_found(root, monkeypatch):
    monkeypatch.chdir(root)
    for exercise in exercises().values():
        progress.record("checks", exercise.name, attempts=1)
        assert Checker(exercise).solution().code, exercise.name


# -- how it looks -------------------------------------------------------------------------------------------------


class Text(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self):
        super().__init__()
        self.text, self.tags = "", []

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def parsed(html):
    parser = Text()
    parser.feed(html)
    return parser


@pytest.mark.parametrize(("status", "heading"), [("todo", "Still to do"), ("wrong", "Not yet"), ("correct", "Correct")])
def test_a_card_says_in_words_what_its_colour_says(status, heading):
    verdict = Verdict("scores", status, "A sentence.")
    card = parsed(verdict._repr_html_())
    assert heading in card.text
    assert "A sentence." in card.text
    assert repr(verdict) == f"{status}: scores\nA sentence."
    assert bool(verdict) is (status == "correct")


def test_what_a_learner_wrote_is_escaped_in_cards():
    def answer(z, axis=-1):
        raise ValueError("<img src=x onerror=alert(1)>")

    verdict = check.softmax(answer)
    assert "<img" in verdict.message
    assert "img" not in parsed(verdict._repr_html_()).tags
    assert "img" not in parsed(check.softmax.hint()._repr_html_()).tags


def test_a_card_names_the_mistake_in_its_heading_and_sets_code_as_code():
    verdict = Verdict("merge_heads", "wrong", "Use swap_last_axes on [3, 5] and `K`, not K & V.", "head-order-kept")
    card = verdict._repr_html_()
    heading = parsed(card[: card.index("<br>")]).text
    assert heading == "△ Not yet: merge_heads: head order kept"
    for code in ("<code>swap_last_axes</code>", "<code>[3, 5]</code>", "<code>K</code>", "K &amp; V"):
        assert code in card


def test_a_wrong_matrix_shows_where_and_no_number(checker):
    def first_row_only(z, axis=-1):
        shares = softmax(z, axis)
        shares[1:] = 0.5
        return shares

    verdict = checker(first_row_only)
    assert {True, False} == {agrees for row in verdict.places for agrees in row}
    table = parsed(verdict._repr_html_().split("<table")[1].split("</table>")[0]).text
    assert set(table.split("agrees")[-1]) == {"✓", "✗"}
    assert repr(verdict).startswith(f"wrong: softmax\n{verdict.message}\n")
    assert checker(softmax).places == ()


def test_in_an_assignment_a_card_shows_no_places_and_offers_no_solution(checker, monkeypatch):
    checker(sum_of_everything)
    offers = ["A hint", "Drag these numbers", "The right numbers", "The solution"]
    assert list(checker(sum_of_everything).offers) == offers
    monkeypatch.setenv("QKV_ASSIGNMENT", "02")
    verdict = checker(lambda z, axis=-1: np.zeros_like(z))
    assert (verdict.places, list(verdict.offers)) == ((), ["A hint", "Drag these numbers"])


def test_buttons_are_there_only_with_a_kernel_and_bring_a_note(checker, monkeypatch):
    verdict = checker(sum_of_everything)
    assert list(verdict._repr_mimebundle_()) == ["text/plain", "text/html"]
    monkeypatch.setattr("qkvlib.check.verdict._in_a_kernel", lambda: True)
    made = []
    monkeypatch.setattr(Card, "view", lambda card: made.append(card) or {})
    verdict._repr_mimebundle_()
    (card,) = made
    assert (card.card, card.note) == (verdict._repr_html_(), "")
    card.asked = ["A hint", 1]
    first = card.note
    card.asked = ["A hint", 2]
    assert "First hint" in first
    assert "Second hint" in card.note
    card.close()


def test_the_blank_comes_back(root, checker, tmp_path, monkeypatch):
    monkeypatch.chdir(root)
    note = checker.reset()
    assert note.code
    assert "def softmax(" in note.text
    assert "SOLUTION" not in note.text
    put = []
    monkeypatch.setattr("qkvlib.check.checker._as_next_cell", lambda source: put.append(source) or True)
    assert not checker.reset().code
    assert put == [note.text]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qkvlib.check.checker.__file__", str(tmp_path / "lib" / "checker.py"))
    assert "not found" in checker.reset().text


def test_a_checker_says_what_it_checks(checker):
    assert repr(checker) == "check.softmax: the check of softmax(z, axis)"
    assert repr(check.hand_projection) == "check.hand_projection: the check of hand_projection"


# -- nbgrader -----------------------------------------------------------------------------------------------------


def test_under_nbgrader_a_check_raises_unless_it_is_correct(checker, monkeypatch):
    """nbgrader gives a test cell its points when the cell raises nothing."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert checker(softmax)
    for answer in (None, sum_of_everything):
        with pytest.raises(check.CheckFailed, match="softmax"):
            checker(answer)
    assert "assignment" in checker.solution().text


def test_progress_that_cannot_be_written_stops_no_check(checker, home, monkeypatch):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where the folder should be")
    monkeypatch.setattr(progress, "_memory", None)
    assert checker(softmax)
    assert progress.entry("checks", "softmax")["status"] == "correct"
    home.unlink()
    shutil.rmtree(home, ignore_errors=True)
