"""The blind bank: answers imagined from the notebooks alone. Wrong ones are killed, right ones accepted, and how a
person read the messages is counted, in a table that is printed. What is still open stands in blind/open.json."""

import json
from collections import Counter
from functools import cache

import numpy as np
import pytest

from blind import CLASSES, HERE, answers, reading_of, readings
from qkvlib.check import attempt, judge
from qkvlib.check.registry import exercises
from qkvlib.course.outline import read_outline

BANK = answers()
LESSONS = [slug for lesson in read_outline() if (slug := lesson.slug.partition("_")[2]) in {t.lesson for t in BANK}]
OPEN = json.loads((HERE / "open.json").read_text(encoding="utf-8"))
OTHER_SEEDS = (1, 20260)  # the classroom draws other numbers
UNREAD_AT_MOST = 0.1


@cache
def read_in(lesson):
    """{key: class} of the wrong answers to a lesson's exercises."""
    read = readings()
    return {t.key: reading_of(t, t.verdict(), read) for t in BANK if t.lesson == lesson and t.is_wrong}


def accepted_with(seed, typed):
    exercise = exercises()[typed.exercise]
    calls = exercise.calls(np.random.default_rng(seed))
    return judge.passes(exercise, calls, attempt.run(exercise, typed.answer(), calls))


def test_an_exercise_of_the_bank_has_six_wrong_answers_and_a_right_one_in_two_styles():
    wrong = Counter(t.exercise for t in BANK if t.is_wrong)
    right = Counter(t.exercise for t in BANK if not t.is_wrong)
    assert wrong.keys() == right.keys() <= exercises().keys()
    assert min(wrong.values()) >= 6
    assert min(right.values()) >= 2


def test_an_answer_has_a_key_of_its_own_and_a_sentence():
    keys = Counter(t.key for t in BANK)
    assert keys.most_common(1)[0][1] == 1
    assert all(t.sentence.endswith(".") for t in BANK if t.is_wrong)


@pytest.mark.parametrize("lesson", LESSONS)
def test_right_answers_are_accepted(lesson):
    for typed in BANK:
        if typed.lesson == lesson and not typed.is_wrong:
            verdict = typed.verdict()
            assert verdict, f"{typed.key}: {verdict!r}"
            assert all(accepted_with(seed, typed) for seed in OTHER_SEEDS), typed.key


@pytest.mark.parametrize("lesson", LESSONS)
def test_wrong_answers_are_killed(lesson):
    """Those that are not yet stand in open.json, and leave it when they are."""
    found = {key for key, reading in read_in(lesson).items() if reading == "accepted"}
    assert found == {key for key in OPEN["accepted"] if key in read_in(lesson)}


@pytest.mark.parametrize("lesson", LESSONS)
def test_wrong_answers_are_killed_with_other_numbers(lesson):
    for typed in BANK:
        if typed.lesson == lesson and typed.is_wrong and typed.key not in OPEN["accepted"]:
            assert not any(accepted_with(seed, typed) for seed in OTHER_SEEDS), typed.key


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_message_says_what_is_not_so(lesson):
    """As read by a person. A misleading message stands in open.json until it was changed and read again."""
    found = {key for key, reading in read_in(lesson).items() if reading == "misnamed"}
    assert found == {key for key in OPEN["misnamed"] if key in read_in(lesson)}


def test_readings_and_open_entries_belong_to_answers():
    wrong = {t.key for t in BANK if t.is_wrong}
    assert readings().keys() <= wrong
    assert {key for keys in OPEN.values() for key in keys} <= wrong
    assert {entry["class"] for entry in readings().values()} <= set(CLASSES)


def test_the_messages_were_read(capsys):
    columns = ["accepted", *CLASSES, "unread"]
    rows = {lesson: Counter(read_in(lesson).values()) for lesson in LESSONS}
    rows["all"] = sum(rows.values(), Counter())
    count = rows["all"].total()
    blank = sorted(exercises().keys() - {t.exercise for t in BANK})
    with capsys.disabled():
        print(f"\n{'blind bank':<16}{'wrong':>7}" + "".join(f"{column:>10}" for column in columns))
        for lesson, row in rows.items():
            print(f"{lesson:<16}{row.total():>7}" + "".join(f"{row[column]:>10}" for column in columns))
        print(f"named by reading: {rows['all']['named'] / count:.1%}; exercises without an answer: {blank or 'none'}")
    unread = rows["all"]["unread"]
    assert unread <= UNREAD_AT_MOST * count, f"{unread} messages are new: read them (python -m tests.blind.read)"
