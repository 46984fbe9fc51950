"""Every exercise against every mistake: blank is todo, the reference and many right answers pass, and wrong answers are
rejected and named: docs/checks.md has the matrix."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from exercises import bank
from qkvlib.check import judge
from qkvlib.check.plain import AnyOf
from qkvlib.check.registry import exercises
from qkvlib.course.outline import read_outline
from tools import checks_page
from tools.build import read_course
from tools.checks_page import as_answer, own_mistakes

EXERCISES = exercises()
ROOT = Path(__file__).resolve().parent.parent.parent
COURSE = read_course(ROOT)
BANK = bank()
RIGHT = [(name, style, answer) for name, answers in BANK.items() for style, answer in answers.right_ones]
WRONG = [(name, slug, label, answer) for name, answers in BANK.items() for slug, label, answer in answers.wrong_ones]
SEEDS = (None, 1, 20260)


def judged(name, answer, seed=None):
    rng = None if seed is None else np.random.default_rng(seed)
    return judge.check(EXERCISES[name], answer, rng)


# -- blank, solution, right answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXERCISES)
def test_blank_is_todo(name):
    def stub(*args):
        """The docstring stays."""
        ...

    def nbgrader_stub(*args):
        raise NotImplementedError()

    def half_filled(*args):
        result = ...
        return result

    def computes_with_a_blank(*args):
        result = ...
        return np.zeros((2, 2)) @ result

    blanks = [None, ...]
    if EXERCISES[name].kind == "function":
        blanks += [stub, nbgrader_stub, half_filled, computes_with_a_blank, lambda *args: None]
    else:
        parts = EXERCISES[name].parts or ("a", "b")
        blanks += [dict.fromkeys(parts, ...), [..., ...], (None, 2), dict.fromkeys(parts, (1, ...))]
    for blank in blanks:
        verdict = judged(name, blank)
        assert (verdict.status, verdict.mistake) == ("todo", "")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_and_its_model_are_correct(name, seed):
    exercise = EXERCISES[name]
    answers = [as_answer(exercise, exercise.reference), *([exercise.model] if exercise.model else [])]
    for answer in answers:
        if isinstance(answer, AnyOf):
            answer = answer.options[0]
        verdict = judged(name, answer, seed)
        assert verdict, verdict
        assert verdict.mistake == ""


@pytest.mark.parametrize(("name", "style", "answer"), RIGHT, ids=[f"{name}-{style}" for name, style, _ in RIGHT])
def test_a_right_answer_in_any_style_is_correct(name, style, answer):
    for seed in SEEDS:
        verdict = judged(name, answer, seed)
        assert verdict, f"{style}: {verdict!r}"


@pytest.mark.parametrize("lesson", [lesson for lesson in COURSE if lesson.is_exercises], ids=lambda lesson: lesson.slug)
def test_the_written_solutions_are_correct(lesson, monkeypatch):
    """Run the cells of the exercise file in order, as a learner with every answer right would."""
    namespace, exercises = {"__name__": "__main__"}, []
    for cell in lesson.cells:
        if cell.kind != "code":
            continue
        if cell.has("check"):
            exercises.append(cell.name.removesuffix("-check"))
            *before, last = cell.source.strip().splitlines()
            exec("\n".join(before), namespace)
            verdict = eval(last, namespace)
            assert verdict.exercise == exercises[-1]
            assert verdict, verdict
        else:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, namespace)
    assert exercises


def test_every_exercise_stands_in_one_lesson():
    """In the lessons, and in the outline that the build keeps of them."""
    written = [
        cell.name.removesuffix("-check")
        for lesson in COURSE
        if lesson.is_exercises
        for cell in lesson.cells
        if cell.has("check")
    ]
    assert sorted(written) == sorted(EXERCISES)
    assert [name for lesson in read_outline() for name in lesson.exercises] == written


@pytest.mark.parametrize("lesson", [lesson for lesson in COURSE if lesson.is_exercises], ids=lambda lesson: lesson.slug)
def test_every_exercise_has_its_room_and_its_answers_in_the_folder_of_its_lesson(lesson):
    folder = lesson.slug.partition("_")[2]  # the slug without its number, so that lessons can be renumbered
    for name in (cell.name for cell in lesson.cells if cell.has("exercise")):
        for place in ("qkvlib/check/exercises", "tests/exercises"):
            path = ROOT / place / folder / f"{name}.py"
            assert path.is_file(), f"{path.relative_to(ROOT)} is not there: git mv it from where it is"


def test_no_exercise_knows_another():
    """What two share lies in misconceptions/ by subject; then an exercise moves to another lesson by `git mv` alone."""
    for path in (ROOT / "qkvlib/check/exercises").glob("*/*.py"):
        assert "check.exercises" not in path.read_text(encoding="utf-8"), path.name


def test_no_exercise_has_the_name_of_a_module():
    """`check.NAME` is the exercise, so no module beside it may be called that."""
    assert not set(EXERCISES) & {path.stem for path in (ROOT / "qkvlib/check").iterdir()}


# -- the matrix ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def matrix():
    return checks_page.matrix()


def test_the_page_says_what_is_so(matrix):
    written = checks_page.PAGE.read_text(encoding="utf-8")
    assert written == checks_page.page(matrix), "run python -m tools.checks_page"


def test_every_mistake_is_killed_and_named(matrix):
    for (source, name), row in matrix.items():
        if source == "blind":  # some lessons are younger than it; its own test says what it asks for
            continue
        complaints = "\n".join(row.complaints)
        assert row.count > 0, f"{name} has no wrong answers in its {source}"
        assert row.killed == row.count, f"{name}, {source}: {row.count - row.killed} wrong answers pass\n{complaints}"
        assert row.named >= 0.95 * row.count, f"{name}, {source}: {row.count - row.named} unnamed\n{complaints}"


@pytest.mark.parametrize("name", [e.name for e in EXERCISES.values() if e.kind == "function"])
def test_secret_inputs_tell_mistakes_apart_as_well(name):
    """The classroom draws other numbers: no wrong answer may pass, and the names must hold."""
    exercise = EXERCISES[name]
    mine = [(slug, answer) for owner, slug, _, answer in own_mistakes() if owner is exercise]
    for seed in SEEDS[1:]:
        verdicts = [(slug, judged(name, answer, seed)) for slug, answer in mine]
        assert all(verdict.status == "wrong" for _, verdict in verdicts)
        assert sum(verdict.mistake == slug for slug, verdict in verdicts) >= 0.95 * len(verdicts)


@pytest.mark.parametrize("name", EXERCISES)
def test_no_exercise_without_its_entries(name):
    exercise = EXERCISES[name]
    assert len(exercise.mistakes) >= 3
    assert any(right == name for right, _, _ in RIGHT)
    assert any(wrong == name for wrong, *_ in WRONG)
    assert 2 <= len(exercise.hints) <= 3
    assert exercise.parameters


# -- what it says -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXERCISES)
def test_a_message_is_a_plain_sentence_and_a_nudge(name):
    for mistake in EXERCISES[name].mistakes:
        for sentence in (mistake.seen, mistake.nudge):
            assert sentence == sentence.strip(), mistake.slug
            assert sentence[-1] in ".?", mistake.slug
            assert len(sentence) <= 160, mistake.slug
            assert "!" not in sentence, mistake.slug
            spoken = sentence.lower().split()
            assert not {"simply", "obviously", "oops", "incorrect", "wrong!"} & set(spoken), mistake.slug
        assert mistake.seen.endswith("."), mistake.slug


@pytest.mark.parametrize("name", EXERCISES)
def test_no_message_leaks_a_right_value(name):
    """Numbers of a right result to four places never stand in a message about another one."""
    exercise = EXERCISES[name]
    right = as_answer(exercise, exercise.reference)
    if exercise.kind == "function":
        right = exercise.reference(*exercise.calls(np.random.default_rng(judge.default_seed(exercise)))[0].args)
    numbers = {f"{x:.4f}" for x in _numbers(right) if abs(x - round(x)) > 1e-3}
    for owner, _, _, answer in own_mistakes():
        if owner is exercise:
            message = judged(name, answer).message
            assert not any(number in message for number in numbers)


def _numbers(value):
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, AnyOf):
        value = value.options[0]
    if isinstance(value, tuple | list):
        return [x for part in value for x in _numbers(part)]
    array = np.asarray(value)
    return array.ravel().astype(float).tolist() if array.dtype.kind in "biuf" else []
