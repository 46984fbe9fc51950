"""Read the messages that nobody has read yet, one by one, and keep the class of each (CONTRIBUTING.md says when).

.venv/bin/python -m tests.blind.read
"""

import json

from . import CLASSES, READINGS, answers, mark, reading_of, readings

LETTERS = {name[0]: name for name in CLASSES}


def main() -> None:
    """Show code, tutor's sentence and message of each unread answer; ask for the class; write as it goes."""
    read = readings()
    for name, meaning in CLASSES.items():
        print(f"{name[0]} {name}: {meaning}")
    for typed in answers():
        if not typed.is_wrong:
            continue
        verdict = typed.verdict()
        if reading_of(typed, verdict, read) == "unread":
            print(f"\n== {typed.key}\n{typed.code}\ntutor:   {typed.sentence}\nmessage: {verdict.message}")
            letter = ""
            while letter not in LETTERS:
                letter = input(f"{' '.join(LETTERS)}? ").strip()
            read[typed.key] = {"class": LETTERS[letter], "message": mark(verdict.message)}
            write(read)


def write(read: dict[str, dict[str, str]]) -> None:
    """One line an answer, in order of its key, so that two people's readings merge."""
    lines = (f"  {json.dumps(key)}: {json.dumps(entry)}" for key, entry in sorted(read.items()))
    READINGS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
