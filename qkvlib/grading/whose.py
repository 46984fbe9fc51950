"""From the path of a file to the student who handed it in: by an exact id, or by the names the platforms write.

Only the top level counts for the platforms' names, and the outermost folder that is an id: what lies below was named by
the student. Nothing is guessed. What could be two students' is nobody's, and said.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from qkvlib.grading.roster import Student
from qkvlib.grading.secret import normal_id
from qkvlib.grading.text import clean, file_name

# Moodle: fullname_participant_assignsubmission_file, a folder (up to 4.0 with a last "_") or the start of a file name.
_MOODLE = re.compile(r"^(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?$")
# Canvas: sortablename[_LATE]_user_attachment_file; graded anonymously, "anon" and a code instead of name and user.
_CANVAS = re.compile(r"^(?:(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)|(?P<late2>LATE_)?anon_\w+?)_(?P<number>\d+)_.+$")
# nbgrader's exchange: user+assignment+timestamp, and since 0.7 a random word of 12 letters behind it.
_NBGRADER = re.compile(
    r"^(?P<user>.+?)\+(?P<assignment>[^+]+)\+(?P<timestamp>(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) "
    r"(?P<zone>[^+]+))(?:\+[\w-]{12})?$"
)
_AGAIN = re.compile(r"-(\d{1,9})$|\s?\((\d{1,9})\)$")


UNKNOWN, BY_MARK, BY_INNER_NAME, BY_NAME = range(4)  # how a file found its student: the later, the surer


@dataclass(frozen=True)
class Owner:
    """Whose a file is: a student id (made from the path, off the roster), how that was found, and by which person."""

    student: str
    known: int = UNKNOWN
    person: str = ""  # the platform's own number, where it wrote one: two numbers are two people
    could_be: tuple[str, ...] = ()  # the ids it might mean, where it means more than one


class Matcher:
    """From a path to a student.

    The numbers the platforms write are their own (a participant, an upload), so they are never taken for a student id;
    only Canvas's user number is, where the name is nobody's on the roster.
    """

    def __init__(self, roster: list[Student], slug: str = ""):
        self.ids = {normal_id(student.id): student.id for student in roster}
        self._slug = normal_id(slug)
        self._names: dict[str, str] = {}
        for student in roster:
            for key in name_keys(student.name):
                self._names[key] = "" if key in self._names else student.id  # two of one name: neither

    def is_somebody(self, part: str) -> bool:
        """Whether a folder's name says whose it is."""
        return normal_id(part) in self.ids or any(name.match(part) for name in (_MOODLE, _CANVAS, _NBGRADER))

    def owner(self, label: str) -> Owner:
        """Whose the file with this path is; the path starts at the top level of what was handed over."""
        parts = PurePosixPath(label.replace("\\", "/")).parts
        parts = tuple(part for part in parts if part not in ("/", "..", ".")) or ("unnamed",)
        if exchange := _NBGRADER.match(parts[0]):
            found = self.ids.get(normal_id(exchange["user"]))
            return Owner(found, BY_NAME) if found else Owner(as_id(exchange["user"]))
        if moodle := _MOODLE.match(parts[0]):
            found = self._named(moodle["name"]) or self.ids.get(normal_id(moodle["name"]))
            person = f"{moodle['name']}_{moodle['number']}"
            return Owner(found, BY_NAME, person) if found else Owner(as_id(person), UNKNOWN, person)
        for depth, part in enumerate(parts[:-1]):
            if found := self.ids.get(normal_id(part)):
                return Owner(found, BY_INNER_NAME if depth else BY_NAME)
        stem = _SUFFIX.sub("", parts[-1])
        if found := self.ids.get(normal_id(stem)):
            return Owner(found, BY_NAME if len(parts) == 1 else BY_INNER_NAME)
        canvas = _CANVAS.match(parts[0] if len(parts) > 1 else stem)
        if canvas and canvas["name"]:
            name, person = _fold(canvas["name"]), canvas["user"]
            found = self._names.get(name) or (None if name in self._names else self.ids.get(person))
            return Owner(found, BY_NAME, person) if found else Owner(as_id(canvas["name"]), UNKNOWN, person)
        return self._by_words(stem, len(parts) == 1) or Owner(as_id(parts[0] if len(parts) > 1 else stem))

    def _named(self, name: str) -> str:
        return self._names.get(_fold(name), "")

    def _by_words(self, stem: str, at_top: bool) -> Owner | None:
        """The one id among the words of a file's name, the name of the assignment left out."""
        rest = re.sub(re.escape(self._slug), " ", normal_id(stem)) if self._slug else normal_id(stem)
        words = {*re.split(r"[^\w.@+-]+|_(?=\D)|(?<=\D)_", rest), *rest.split("_"), *rest.split("-"), *rest.split()}
        found = sorted({self.ids[word] for word in words if word in self.ids})
        if len(found) == 1:
            return Owner(found[0], BY_NAME if at_top else BY_INNER_NAME)
        return Owner(as_id(stem), UNKNOWN, could_be=tuple(found)) if found else None


def is_late(label: str) -> bool:
    """Whether Canvas wrote LATE into the name of the file."""
    found = _CANVAS.match(_SUFFIX.sub("", PurePosixPath(label.replace("\\", "/")).parts[0])) if label else None
    return bool(found and (found["late"] or found["late2"]))


@dataclass(frozen=True)
class ExchangeFolder:
    """What nbgrader writes into the name of a folder in its inbound/, and the path from there on."""

    user: str
    assignment: str
    timestamp: str
    path: str


def exchange_folder(label: str) -> ExchangeFolder | None:
    """The outermost folder of nbgrader's exchange on the way to a file, if there is one."""
    parts = _parts(label)
    for place, part in enumerate(parts):
        if found := _NBGRADER.match(part):
            path = "/".join(parts[place:])
            return ExchangeFolder(found["user"], found["assignment"], found["timestamp"], path)
    return None


def exchange_assignment(label: str) -> str:
    """The assignment that a file was handed in to, where it lies in nbgrader's exchange; "" elsewhere."""
    folder = exchange_folder(label)
    return folder.assignment if folder else ""


def origin(label: str) -> dict[str, str]:
    """What the platform wrote into the name of what it packed, at the top of its own archive, where `label` starts.

    "moodle": the participant; "canvas": user and upload, "101_202"; "arrived": when it came in, as nbgrader says.
    """
    top = next(iter(_parts(label)), "")
    if (exchange := _NBGRADER.match(top)) and exchange["zone"] == "UTC":
        return {"arrived": f"{exchange['when']}+00:00"}
    if moodle := _MOODLE.match(top):
        return {"moodle": moodle["number"]}
    canvas = _CANVAS.match(top)
    return {"canvas": f"{canvas['user']}_{canvas['number']}"} if canvas and canvas["name"] else {}


def _parts(label: str) -> tuple[str, ...]:
    return PurePosixPath(label.replace("\\", "/")).parts


def uploads(stem: str) -> int:
    """The number that a browser or a platform appends to a file of the same name."""
    again = _AGAIN.search(stem)
    return int(again[1] or again[2]) if again else 0


def as_id(text: str) -> str:
    """A student id made from a file's name: safe as a file name, in a cell and on a page; no two texts share one."""
    safe = re.sub(r"[^\w.@+-]", "_", clean(text, 80)).strip(".") or "unnamed"
    if safe != unicodedata.normalize("NFC", text):
        safe = f"{safe}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
    return file_name(safe)


_SUFFIX = re.compile(r"\.\w{1,5}$")


def name_keys(name: str) -> set[str]:
    """The ways a name may be written without spaces: any word first, or all turned round."""
    words = [word for word in map(_fold, re.split(r"[\s,]+", name)) if word]
    turned = {"".join(words[i:] + words[:i]) for i in range(len(words))}
    return turned | {"".join(reversed(words))} if words else set()


def _fold(text: str) -> str:
    """Letters and digits alone, accents dropped: macOS and Linux compose them differently."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())
