"""`qkv new`: what it writes becomes part of the course once it is filled in, and it writes nothing by halves."""

import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tools.new import MARK, main

ROOT = Path(__file__).resolve().parent.parent

# What a contributor types over the stubs of an exercise: (stub, text).
EXERCISE = [
    (f"{MARK} what is asked, and what is given.", "Average the value rows: one row, as wide as V's."),
    (f'"""{MARK} x [..., T, d] -> the result, with its shape."""', '"""V [T, d_v] -> the mean of its rows, [d_v]."""'),
    (f"reference=lambda x: x,  # {MARK}, or a function of qkvlib.attention", "reference=lambda V: V.mean(axis=-2),"),
    (f"return x  # {MARK}", "return V.mean(axis=-2)"),
    ("(x)", "(V)"),
    (f"{MARK}: two rows", "two rows"),
    (f"{MARK}: the exercise in half a sentence.", "The mean of the value rows."),
    (
        f'"{MARK} 1", "What is seen in the result.", "A nudge?", lambda x: x + 1',
        '"not-divided", "Your result is a sum.", "How many rows went into it?", lambda V: V.sum(axis=-2)',
    ),
    (
        f'"{MARK} 2", "What is seen in the result.", "A nudge?", lambda x: x + 2',
        '"over-the-width", "You average along the width.", "Which axis counts rows?", lambda V: V.mean(axis=-1)',
    ),
    (
        f'"{MARK} 3", "What is seen in the result.", "A nudge?", lambda x: x + 3',
        '"one-number", "You average everything.", "One number for each column is asked for.", lambda V: V.mean()',
    ),
    (f"{MARK}: where to look.", "Which axis counts the rows?"),
    (f"{MARK}: the step that is missing.", "np.mean takes an axis."),
    (f'"{MARK} 1"', '"not-divided"'),
    (f"return x + 1  # {MARK}", "return sum(V)"),
]


def fill_in(path, replacements):
    text = path.read_text(encoding="utf-8")
    for stub, written in replacements:
        text = text.replace(stub, written)
    assert MARK not in text, path
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    """A clone of the course as it stands, and a Python that finds the library there and everything else where it is."""
    copy = tmp_path / "course"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a clone")
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    git = ["git", "-C", copy, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for step in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "The course as it is"]):
        subprocess.run([*git, *step], check=True, capture_output=True)
    venv.create(tmp_path / "venv", symlinks=True)
    places = sysconfig.get_paths(vars={"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")})
    Path(places["purelib"], "course.pth").write_text(f"{copy}\n{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    return copy


def run(course, *arguments):
    done = subprocess.run(
        [course.parent / "venv" / "bin" / "python", "-m", *arguments],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_tests(course, file, *arguments):
    return run(course, "pytest", "-q", "-p", "no:xdist", f"tests/{file}", *arguments)


def written(printed, course):
    return [course / line.strip() for line in printed.splitlines()[1:]]


@pytest.mark.slow
def test_an_exercise_by_the_recipe(course):
    cells = course / "lessons" / "08_multi_head_exercises.md"
    before = len(cells.read_text(encoding="utf-8").splitlines())
    files = written(run(course, "tools.new", "exercise", "08", "mean_value"), course)
    for path in files:
        fill_in(path, EXERCISE)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) - before
    assert len(files) <= 3
    assert lines <= 60, lines
    run(course, "tools.build", "08")
    solution, exercise = (course / folder / "08_multi_head.ipynb" for folder in ("solutions", "exercises"))
    assert "mean_value" in solution.read_text(encoding="utf-8")
    assert "V.mean" not in exercise.read_text(encoding="utf-8")
    assert "passed" in run_tests(course, "check/test_exercises.py", "-k", "mean_value or room or stands")


@pytest.mark.slow
def test_an_instrument_by_the_recipe(course):
    module, registry = written(run(course, "tools.new", "instrument", "two_queries", "--lesson", "02"), course)
    fill_in(module, [(f"{MARK}: ", ""), (f"{MARK} the one idea that is seen", "what two tokens look for")])
    fill_in(registry, [])
    assert '    "few_tokens": "02",\n    "two_queries": "02",\n' in registry.read_text(encoding="utf-8")
    assert "passed" in run_tests(course, "test_site.py", "tests/test_pages.py", "-m", "not browser and not slow")
    shown = "from qkvlib import examples, instruments\nQ = instruments.two_queries()['Q']\n"
    (course / "shown.py").write_text(shown + "print((Q == examples.X @ examples.W_Q).all())", encoding="utf-8")
    assert run(course, "shown").strip() == "True"


@pytest.mark.slow
def test_a_lesson_by_the_recipe(course):
    lesson, cards = written(run(course, "tools.new", "lesson", "mean_values"), course)
    number = lesson.name[:2]
    fill_in(lesson, [(f"{MARK} ", "")])
    fill_in(cards, [(MARK, "Is it so")])
    files = written(run(course, "tools.new", "exercise", number, "mean_value"), course)
    for path in files:
        fill_in(path, EXERCISE)
    run(course, "tools.build", number)
    assert (course / "notebooks" / f"{lesson.stem}.ipynb").exists()
    assert "passed" in run_tests(course, "test_course.py", "-k", "mean_values or readme_table")


@pytest.fixture
def small(tmp_path):
    """A course of one lesson, with the places that `qkv new` looks at."""
    for name in ("lessons/02_two_tokens.md", "lessons/02_two_tokens_exercises.md", "qkvlib/instruments/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("qkvlib/check/exercises/two_tokens/scores.py", "qkvlib/check/judge.py", "qkvlib/data/cards/03.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["exercise", "2", "scores"], "there is an exercise scores already"),
        (["exercise", "2", "judge"], "is a module of the library"),
        (["exercise", "2", "weights_of_two"], "has a cell named weights_of_two already"),
        (["exercise", "77", "mean_value"], "there is no lesson 77; there are 02 (two_tokens)"),
        (["exercise", "2", "Mean-Value"], "cannot be a name"),
        (["exercise", "2", "lambda"], "cannot be a name"),
        (["exercise", "2", "../up"], "cannot be a name"),
        (["instrument", "two_tokens"], "there is an instrument two_tokens already"),
        (["instrument", "9"], "cannot be a name"),
        (["lesson", "two_tokens"], "there is a lesson of that name already: lessons/02_two_tokens.md"),
        (["lesson", "another"], "03.toml is there already"),
    ],
)
def test_what_cannot_be_begun_is_said_and_nothing_is_written(small, arguments, said, capsys):
    before = {path: path.read_bytes() for path in small.rglob("*") if path.is_file()}
    assert main(arguments, small) == 1
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in small.rglob("*") if path.is_file()} == before


def test_a_lesson_that_cannot_be_read_stops_it(small, capsys):
    (small / "lessons" / "02_two_tokens.md").write_text("no front matter", encoding="utf-8")
    assert main(["exercise", "2", "mean_value"], small) == 1
    assert "lessons/02_two_tokens.md:1" in capsys.readouterr().err
    assert not list(small.rglob("mean_value.py"))


def test_a_folder_that_cannot_be_written_leaves_the_lesson_as_it_was(small, capsys):
    before = (small / "lessons" / "02_two_tokens_exercises.md").read_bytes()
    (small / "tests").write_text("a file where a folder is wanted", encoding="utf-8")
    assert main(["exercise", "2", "mean_value"], small) == 1
    assert (small / "lessons" / "02_two_tokens_exercises.md").read_bytes() == before
    assert not list(small.rglob("mean_value.py"))


def test_the_command_takes_the_same_words(monkeypatch):
    from typer.testing import CliRunner

    from qkvlib.cli import app

    calls = []
    monkeypatch.setattr(
        subprocess, "run", lambda line, cwd: calls.append(line[2:]) or subprocess.CompletedProcess(line, 3)
    )
    for words in (["exercise", "08", "mean_value"], ["instrument", "two_queries", "--lesson", "02"], ["lesson", "x_y"]):
        assert CliRunner().invoke(app, ["new", *words]).exit_code == 3
    assert [line[0] for line in calls] == ["tools.new"] * 3
    assert [line[1:] for line in calls][1] == ["instrument", "two_queries", "--lesson", "02"]
