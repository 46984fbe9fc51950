"""Due dates, hand-in times and penalties from the roster: what is read, what it costs, and what is refused."""

from datetime import UTC, datetime

import pytest

from qkvlib.grading.roster import CollectError, read_roster
from qkvlib.grading.terms import Late, Policy, TermError, date, in_words, percent, read_terms, term_columns

DUE = datetime(2026, 6, 12, 18, 0)


@pytest.mark.parametrize(
    ("arrived", "days", "taken"),
    [
        ("2026-06-12 18:00", 0, 0),
        ("2026-06-12 18:00:01", 1, 0.8),
        ("2026-06-13 18:00", 1, 0.8),
        ("2026-06-13 18:01", 2, 1.6),
        ("2026-06-10", 0, 0),
        ("2027-06-12", 365, 7),
    ],
)
def test_each_day_begun_costs_its_share_and_nobody_gets_less_than_nothing(arrived, days, taken):
    late = Policy("02", DUE, 10).late((), date(arrived, "handed in"), False, 7, 8)
    assert (late.days, late.taken) == (days, pytest.approx(taken))


def roster(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text)
    return read_roster(tmp_path / "roster.csv")


def test_an_assignments_own_column_counts_before_that_for_all(tmp_path):
    (student,) = roster(
        tmp_path,
        "student_id,name,Due,due 02,late penalty,late_penalty_03,handed in 02,lti_user_id\n"
        "p01,A,2026-06-12,2026-06-19 18:00,10%,50,2026-06-20 17:00,abc\n",
    )
    assert student.platform_id == "abc"
    assert Policy("02").late(student.terms, None, False, 8, 8) == Late(1, pytest.approx(0.8))
    assert Policy("03").own_due(student.terms) == datetime(2026, 6, 12, 23, 59, 59), "a day ends when it ends"
    assert Policy("03").late(student.terms, datetime(2026, 6, 13, 9), False, 8, 8).taken == 4
    assert Policy("03", penalty=99).late((), datetime(2026, 6, 13, 9), False, 8, 8) == Late(), "no due date, not late"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("p01,A,12.6.2026,,", "line 2: due: '12.6.2026' is no date. Write it as 2026-06-12 18:00."),
        ("p01,A,Friday,,", "line 2: due: 'Friday' is no date"),
        ("p01,A,,ten,", "line 2: late penalty: 'ten' is not a number of percent from 0 to 100"),
        ("p01,A,,-5,", "late penalty: '-5'"),
        ("p01,A,,101,", "late penalty: '101'"),
        ("p01,A,,nan,", "late penalty: 'nan'"),
        ("p01,A,,,yesterday", "line 2: handed in: 'yesterday' is no date"),
    ],
)
def test_a_term_that_cannot_be_read_names_its_line(tmp_path, line, says):
    with pytest.raises(CollectError) as told:
        roster(tmp_path, f"student_id,name,due,late penalty,handed in 02\n{line}\n")
    assert says in str(told.value)


def test_empty_cells_and_other_columns_say_nothing(tmp_path):
    (student,) = roster(tmp_path, "student_id,name,due,late penalty,due date,due 2\np01,A,,,whenever,x\n")
    assert student.terms == ()
    assert term_columns(["duedate", "late", "handed in 002"]) == {}
    assert read_terms([], {}) == ()


def test_a_zone_in_one_place_alone_is_refused():
    aware = datetime(2026, 6, 12, 16, 30, tzinfo=UTC)
    with pytest.raises(TermError, match="cannot be compared: write both with an offset"):
        Policy("02", DUE, 10).late((), aware, False, 8, 8)
    assert Policy("02", DUE).late((), aware, False, 8, 8) == Late(), "where nothing depends on it, nothing is refused"
    late = Policy("02", date("2026-06-12 18:00+02:00"), 10).late((), aware, False, 8, 8)
    assert late.days == 1, "half an hour late, in whatever zone it is said"


def test_marked_late_without_a_time_takes_nothing_and_says_so():
    assert Policy("02", DUE, 10).late((), None, True, 8, 8) == Late(untimed=True)
    assert Policy("02", DUE).late((), None, True, 8, 8) == Late()


def test_what_is_read_about_it():
    assert in_words(Late()) == ""
    assert in_words(Late(1, 1)) == "It came late (1 day begun): 1 point less."
    assert in_words(Late(3, 1.5)) == "It came late (3 days begun): 1.5 points less."
    assert in_words(Late(2, 0)) == "It came late (2 days begun)."
    assert percent(" 12,5 % ") == 12.5
