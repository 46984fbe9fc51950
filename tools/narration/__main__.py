"""`qkv narrate` reads the lessons aloud into narration/, an audio file each; only those whose words have changed."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from qkvlib.course.narration import FOLDER, recording, sentences
from qkvlib.course.outline import read_outline
from tools.narration.render import VOICE, CannotNarrate, encoder, narrate, warn_of_size


def current(lesson: str, folder: Path, voice: str) -> bool:
    """Whether the folder has a recording of this lesson as it is, in this voice."""
    found = recording(lesson, folder)
    if found is None or (encoder() and found.audio.suffix == ".wav"):
        return False
    return json.loads(found.audio.with_suffix(".json").read_text(encoding="utf-8"))["voice"] == voice


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="qkv narrate", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lesson numbers, such as 01 02; all when none")
    parser.add_argument("--voice", default=VOICE, help=f"a command that writes {{wav}} from {{text}} ({VOICE})")
    parser.add_argument("--out", type=Path, default=Path(FOLDER), help=f"the folder to write to ({FOLDER})")
    options = parser.parse_args(arguments)
    outline = {lesson.number: lesson for lesson in read_outline()}
    wanted = [number.zfill(2) for number in options.lessons] or list(outline)
    if unknown := [number for number in wanted if number not in outline]:
        print(f"narrate: no lesson {', '.join(unknown)}; there are {', '.join(outline)}", file=sys.stderr)
        return 1
    warn_of_size()
    todo = {number: sentences(number) for number in wanted if not current(number, options.out, options.voice)}
    try:
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task("speaking", total=sum(map(len, todo.values())))
            for number, said in todo.items():
                narrate(outline[number].slug, said, options.out, options.voice, lambda: progress.advance(bar))
    except (CannotNarrate, OSError) as error:
        print(f"narrate: {error}", file=sys.stderr)
        return 1
    found = [each for number in wanted if (each := recording(number, options.out))]
    seconds, size = sum(each.times[-1][1] for each in found), sum(each.audio.stat().st_size for each in found)
    print(f"{options.out}: {len(found)} lessons ({len(todo)} new), {seconds / 60:.0f} minutes, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
