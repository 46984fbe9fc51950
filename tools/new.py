"""Begin an exercise, an instrument or a lesson: the authored files, with stubs that say what to fill in.

    python -m tools.new exercise 08 NAME      cells, spec and answers of an exercise of lesson 8
    python -m tools.new instrument NAME       its module and its place in the registry (--lesson 08)
    python -m tools.new lesson SLUG           the lesson after the last, and its recall cards

Nothing that exists is overwritten, and either all files are written or none. The texts are in tools/templates.
"""

import argparse
import keyword
import re
import sys
from pathlib import Path
from string import Template

from qkvlib.atomic import write_together
from tools.lessonfile import Lesson, Refusal, lesson_files, read_lesson

TEMPLATES = Path(__file__).with_name("templates")
MARK = "FILL IN"  # what every stub carries; tests/test_house.py finds what was left
_REGISTERED = re.compile(r'^    "(?P<name>\w+)": "(?P<lesson>\d\d)",\n', re.MULTILINE)


def new_exercise(root: Path, lesson_name: str, name: str) -> dict[Path, str]:
    """What to write for an exercise `name` of a lesson given by number ("08") or slug; raises Refusal."""
    lesson = _lesson(root, lesson_name)
    folder = lesson.slug.partition("_")[2]
    rooms, answers = root / "qkvlib" / "check" / "exercises", root / "tests" / "exercises"
    _require_name(name, "scaled_scores")
    for path in (root / "qkvlib" / "check" / name, root / "qkvlib" / "check" / f"{name}.py"):
        if path.exists():
            raise Refusal(f"check.{name} is a module of the library ({path.relative_to(root)}); choose another name")
    for place in (rooms, answers):
        if taken := sorted(place.glob(f"*/{name}.py")):
            raise Refusal(f"there is an exercise {name} already: {taken[0].relative_to(root)}")
    cells = root / "lessons" / f"{lesson.slug}_exercises.md"
    words = {"name": name, "title": _title(name), "objective": next(iter(lesson.meta["objectives"]))}
    if cells.exists():
        before = cells.read_text(encoding="utf-8")
        if any(name == cell.name for cell in read_lesson(cells).cells):
            raise Refusal(f"lessons/{cells.name} has a cell named {name} already")
    else:
        before = _fill("exercises_head.md", title=lesson.title)
    made = {
        cells: before.rstrip("\n") + "\n" + _fill("exercise_cells.md", **words),
        rooms / folder / f"{name}.py": _fill("exercise.txt", name=name),
        answers / folder / f"{name}.py": _fill("answers.txt", name=name),
    }
    if not (rooms / folder / "__init__.py").exists():
        made[rooms / folder / "__init__.py"] = f'"""The exercises of the lesson `{folder}`, one a module."""\n'
    return made


def new_instrument(root: Path, name: str, lesson_name: str | None = None) -> dict[Path, str]:
    """What to write for an instrument `name` of a lesson (the last one unless given); raises Refusal."""
    lesson = _lesson(root, lesson_name) if lesson_name else _lessons(root)[-1]
    _require_name(name, "two_queries")
    folder = root / "qkvlib" / "instruments"
    registry = folder / "__init__.py"
    text = registry.read_text(encoding="utf-8")
    entries = list(_REGISTERED.finditer(text))
    if not entries:
        raise Refusal(f'{registry.relative_to(root)} has no entries of the form `    "name": "08",` to stand beside')
    if (folder / f"{name}.py").exists() or any(entry["name"] == name for entry in entries):
        raise Refusal(f"there is an instrument {name} already: {(folder / f'{name}.py').relative_to(root)}")
    before = [entry for entry in entries if entry["lesson"] <= lesson.number]
    place = before[-1].end() if before else entries[0].start()
    return {
        folder / f"{name}.py": _fill("instrument.txt", name=name, lesson=str(int(lesson.number))),
        registry: f'{text[:place]}    "{name}": "{lesson.number}",\n{text[place:]}',
    }


def new_lesson(root: Path, slug: str) -> dict[Path, str]:
    """What to write for a lesson behind the last one; `slug` is its file's name without the number; raises Refusal."""
    _require_name(slug, "two_tokens")
    lessons = _lessons(root)
    if taken := [lesson.slug for lesson in lessons if lesson.slug.partition("_")[2] == slug]:
        raise Refusal(f"there is a lesson of that name already: lessons/{taken[0]}.md")
    number = f"{int(lessons[-1].number) + 1:02}"
    cards = root / "qkvlib" / "data" / "cards" / f"{number}.toml"
    if cards.exists():
        raise Refusal(f"{cards.relative_to(root)} is there already, without a lesson; move it away")
    words = {"number": number, "short": str(int(number)), "title": _title(slug)}
    return {root / "lessons" / f"{number}_{slug}.md": _fill("lesson.md", **words), cards: _fill("cards.toml", **words)}


def _lessons(root: Path) -> list[Lesson]:
    found = [read_lesson(path) for path in lesson_files(root / "lessons") if not path.stem.endswith("_exercises")]
    if not found:
        raise Refusal("no lessons/*.md here; run this from the folder that holds the course")
    return found


def _lesson(root: Path, name: str) -> Lesson:
    lessons = _lessons(root)
    for lesson in lessons:
        if name.removesuffix(".md") in (lesson.slug, lesson.slug.partition("_")[2]) or name.zfill(2) == lesson.number:
            return lesson
    known = ", ".join(f"{lesson.number} ({lesson.slug.partition('_')[2]})" for lesson in lessons)
    raise Refusal(f"there is no lesson {name}; there are {known}")


def _require_name(name: str, example: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,60}", name) or keyword.iskeyword(name):
        raise Refusal(f"{name!r} cannot be a name: small letters, digits and _, as in {example}")


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _fill(template: str, **words: str) -> str:
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="qkv new", description="Begin an exercise, an instrument or a lesson.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    exercise = kinds.add_parser("exercise")
    exercise.add_argument("lesson", metavar="LESSON", help="a lesson's number or slug: 08, multi_head")
    exercise.add_argument("name", metavar="NAME", help="the function the learner writes: scaled_scores")
    instrument = kinds.add_parser("instrument")
    instrument.add_argument("name", metavar="NAME", help="its module and function: two_queries")
    instrument.add_argument("--lesson", help="the lesson it belongs to; else the last one")
    lesson = kinds.add_parser("lesson")
    lesson.add_argument("slug", metavar="SLUG", help="its file's name without the number: two_tokens")
    options = parser.parse_args(arguments)
    root = root or Path.cwd()
    try:
        if options.kind == "exercise":
            made = new_exercise(root, options.lesson, options.name)
        elif options.kind == "instrument":
            made = new_instrument(root, options.name, options.lesson)
        else:
            made = new_lesson(root, options.slug)
        write_together(made)
    except (Refusal, OSError) as error:
        print(f"qkv new: nothing was written.\n{error}", file=sys.stderr)
        return 1
    print(f"Replace every {MARK} in these, then run `qkv build` and the tests (CONTRIBUTING.md says which):")
    for path in made:
        print(f"  {path.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
