"""A lesson fits into 25 minutes and 2,000 words, and its header promises no less time than a first reading takes."""

import pytest
from lesson_text import FRONT, code

from tools.lessonfile import lesson_files, read_lesson
from tools.minutes import MOST_MINUTES, MOST_WORDS, cards_of, minutes, words


def test_every_lesson_fits(root):
    lessons = [lesson for lesson in map(read_lesson, lesson_files(root / "lessons")) if not lesson.is_exercises]
    assert len(lessons) >= 15
    for lesson in lessons:
        took = minutes(lesson, cards_of(lesson, root / "qkvlib" / "data" / "cards"))
        assert round(took) <= lesson.meta["minutes"] <= MOST_MINUTES, f"{lesson.path.name}: {took:.1f} minutes"
        assert words(lesson) <= MOST_WORDS, f"{lesson.path.name}: {words(lesson)} words"


def test_words_and_minutes_of_a_small_lesson(tmp_path):
    prediction = code(
        'Predict("p", "One two?", ["a", "b c"], answer="a", why={"b c": "four words of why"})', ":tags: [prediction]"
    )
    text = FRONT + "One two three [four](https://example.org/five).\n\n" + prediction + "\n" + code("1 + 1")
    path = tmp_path / "01_a.md"
    path.write_text(text + "\n## Further reading\n\nFive words are not timed.\n", encoding="utf-8")
    lesson = read_lesson(path)
    assert words(lesson) == 4 + 2 + 5 + (2 + 3 + 1) + (2 + 4)
    read = 4 + (2 + 3 + 1) + 15
    assert minutes(lesson, cards=2) == pytest.approx(read / 180 + (50 + 16 + 2 * 18) / 60)


def test_what_is_for_another_day_takes_no_time(tmp_path):
    path = tmp_path / "01_a.md"
    today = "One two.\n\n" + code("1 + 1")
    path.write_text(FRONT + today + "\n\n## Going further\n\nThree four.\n\n" + code("2 + 2"), encoding="utf-8")
    lesson = read_lesson(path)
    assert words(lesson) == 2 + 2 + 2
    assert minutes(lesson, cards=0) == pytest.approx(2 / 180 + 16 / 60)


def test_a_lesson_may_turn_fewer_cards_than_its_deck_has(tmp_path):
    path = tmp_path / "01_a.md"
    (tmp_path / "01.toml").write_text("[[card]]\n" * 9, encoding="utf-8")
    for call, turned in (('Flashcards("01")', 9), ('Flashcards("01", most=5)', 5), ('Flashcards("01", most=12)', 9)):
        path.write_text(FRONT + code(call, ":tags: [recall]"), encoding="utf-8")
        assert cards_of(read_lesson(path), tmp_path) == turned
