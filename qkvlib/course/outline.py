"""The course at a glance: titles, times, and what there is to do in each lesson, in which order.

The lessons themselves say it. The build keeps what they say in a data file, for an installed library without lessons.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

_FILE = re.compile(r"(\d\d)_[a-z0-9_]+\.md")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_PREDICTION = re.compile(r"""\bPredict\(\s*["']([a-z0-9-]+)["']""")
_EXERCISE = re.compile(r"^:tags: \[.*\bexercise\b.*\](?:\n:.*)*?\n:name: ([\w-]+)", re.MULTILINE)


@dataclass(frozen=True)
class LessonOutline:
    """One lesson: its front matter, and the names of its predictions and exercises in their order."""

    number: str
    slug: str
    title: str
    minutes: int
    needs: str
    answers: str
    predictions: tuple[str, ...]
    exercises: tuple[str, ...]


def read_outline(folder: Path) -> list[LessonOutline]:
    """Every lesson in `folder` (the course's `lessons/`), in order; files that are no lessons are passed over."""
    return [_read(path) for path in sorted(folder.glob("*.md")) if _is_lesson(path)]


STORED = Path(__file__).resolve().parent.parent / "data" / "outline.json"


def stored_outline() -> list[LessonOutline]:
    """Every lesson as the last build found it."""
    lessons = json.loads(STORED.read_text(encoding="utf-8"))
    return [LessonOutline(**{key: tuple(x) if isinstance(x, list) else x for key, x in one.items()}) for one in lessons]


def as_json(outline: list[LessonOutline]) -> str:
    """What the build keeps."""
    return json.dumps([asdict(lesson) for lesson in outline], indent=1, ensure_ascii=False) + "\n"


def _is_lesson(path: Path) -> bool:
    return bool(_FILE.fullmatch(path.name)) and not path.stem.endswith("_exercises")


def _read(path: Path) -> LessonOutline:
    text = path.read_text(encoding="utf-8")
    front = _FRONT_MATTER.match(text)
    if front is None:
        raise ValueError(f"{path.name}: has no front matter between two lines of ---")
    qkv = yaml.safe_load(front[1])["qkv"]
    companion = path.with_name(f"{path.stem}_exercises.md")
    exercises = _EXERCISE.findall(companion.read_text(encoding="utf-8")) if companion.is_file() else []
    return LessonOutline(
        number=path.name[:2],
        slug=path.stem,
        title=qkv["title"],
        minutes=qkv["minutes"],
        needs=qkv["needs"],
        answers=qkv["answers"],
        predictions=tuple(dict.fromkeys(_PREDICTION.findall(text))),
        exercises=tuple(exercises),
    )
