"""What is said in a lesson, sentence by sentence: its own prose in the order of the page, and nothing written twice.

Headings, paragraphs, lists and the questions of the predictions come from the lesson file; formulas are spelled. What
the lesson cannot know stands in `lessons/narration/<lesson>.toml`: which state of an instrument belongs to a sentence.

    [[show]]
    at = "A gap of 3 is not a bit"       # how the sentence begins that is spoken meanwhile, found once in the lesson
    sheet = "softmax_steps"              # the name of a sheet on the page
    state = { scores = [[15, 12]], temperature = 1 }

With `after` instead of `at`, `say` is a sentence of its own that comes behind the one that begins so.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import predictions
from tools.lessonfile import Lesson, Refusal
from tools.narration.sentences import blocks, split
from tools.narration.speller import spell

FOLDER = Path("qkvlib", "data", "narration")
UNREAD = "Further reading"  # a list of addresses is for the eye
_FORMULA = re.compile(r"\$([^$\n]+)\$")  # set in type on the page
STOP = "Stop here and answer before you go on."

Sentence = dict[str, Any]  # text; say, where it differs; ends: a pause follows; wait: the player stops; show: a state


def target(lesson: Lesson) -> Path:
    """Where the sentences of a lesson are kept, relative to the repository."""
    return FOLDER / f"{lesson.slug}.json"


def as_text(sentences: list[Sentence]) -> str:
    """The file that holds them, a sentence a line."""
    return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in sentences) + "\n]\n"


def script(lesson: Lesson) -> list[Sentence]:
    """Every sentence of a lesson in order. Raises Refusal for a `show` that does not fit the lesson."""
    title = _sentence(f"{int(lesson.number)} · {lesson.title}", f"Lesson {int(lesson.number)}. {spell(lesson.title)}.")
    found = [title, _sentence(lesson.meta["answers"], ends=True)]
    asked = predictions.words(lesson)
    reading = True
    for cell in lesson.cells:
        if cell.kind == "markdown":
            for tag, block in blocks(cell.source):
                if tag.startswith("h"):
                    reading = block != UNREAD
                if reading:
                    found += _block(block)
        elif cell.has("prediction"):
            found += _question(asked[predictions.asking(lesson, cell).split('"')[1]])
    for entry in _entries(lesson):
        _show(lesson, found, entry)
    return found


def _sentence(text: str, say: str = "", **more: Any) -> Sentence:
    say = say or spell(text)
    text = _FORMULA.sub(lambda formula: re.sub(r"\\text|[\\{}]", "", formula[1]), text)
    return {"text": text, **({"say": say} if say != text else {}), **more}


def _block(text: str) -> list[Sentence]:
    if text.startswith("$$"):
        return [{"text": spell(text), "ends": True}]
    said = [_sentence(each) for each in split(text)]
    said[-1]["ends"] = True
    return said


def _question(words: dict) -> Iterator[Sentence]:
    """The question as it is asked; of the choices no order tells which is right: they are sorted."""
    question = words["question"].replace("*", "")
    for block in filter(str.strip, question.split("\n\n")):
        yield from _block(" ".join(block.split()))
    for choice in sorted(words.get("choices", ())):
        yield _sentence(choice.replace("*", ""), f"{spell(choice).rstrip('.?')}?")
    yield {"text": STOP, "ends": True, "wait": True}


def _entries(lesson: Lesson) -> list[dict]:
    path = _path(lesson)
    if not path.exists():
        return []
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("show", [])
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"{path.parent.name}/{path.name}: {error}") from error


def _path(lesson: Lesson) -> Path:
    return lesson.path.parent / "narration" / f"{lesson.slug[3:]}.toml"


def _show(lesson: Lesson, sentences: list[Sentence], entry: dict) -> None:
    """Puts one entry where it belongs."""
    path = _path(lesson)
    where = f"lessons/narration/{path.name}"
    keys = {"at", "sheet", "state"}, {"after", "say", "sheet", "state"}
    if set(entry) not in keys:
        raise Refusal(f"{where}: a show has `at`, `sheet` and `state`, or `after`, `say`, `sheet` and `state`: {entry}")
    begins = entry.get("at", entry.get("after"))
    places = [place for place, each in enumerate(sentences) if each["text"].startswith(begins)]
    if len(places) != 1:
        count = "no sentence" if not places else f"{len(places)} sentences"
        raise Refusal(f"{where}: {count} of lessons/{lesson.path.name} begin {begins!r}; say how exactly one begins")
    show = {"sheet": entry["sheet"], "state": entry["state"]}
    if "at" in entry:
        sentences[places[0]]["show"] = show
        return
    # What is said of an instrument belongs to the block before it.
    added = _sentence(entry["say"], show=show)
    if sentences[places[0]].pop("ends", False):
        added["ends"] = True
    sentences.insert(places[0] + 1, added)
