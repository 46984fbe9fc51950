"""Build the course: lessons/*.md -> executed notebooks/, solutions/ and exercises/.

    python -m tools.build            every lesson
    python -m tools.build 01 02      only these (the links of the others are brought up to date)
    python -m tools.build --check    change nothing; fail when something built is not what the lessons say

Everything is built in a temporary place first. Only when all of it worked are the files swapped in.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from qkvlib.atomic import write_together
from qkvlib.course.trust import BUILT, fingerprint
from tools import predictions
from tools.assemble import Draft, drafts, refresh_generated
from tools.execute import as_text, run
from tools.lessonfile import Lesson, Refusal, lesson_files, read_lesson
from tools.narration import script
from tools.outline import TARGET as OUTLINE
from tools.outline import outline_in_place, outline_text
from tools.readme import with_table

FOLDERS = ("notebooks", "solutions", "exercises")
BUILD_AGAIN = "run `make build` and commit what it writes"


def read_course(root: Path) -> list[Lesson]:
    """Every authored lesson in order; raises one Refusal that lists everything wrong in any of them."""
    files = lesson_files(root / "lessons")
    if not files:
        raise Refusal("no lessons/*.md here; run this from the folder that holds the course")
    course, problems = [], []
    for path in files:
        try:
            course.append(read_lesson(path))
        except Refusal as refusal:
            problems.append(str(refusal))
    if problems:
        raise Refusal("\n".join(problems))
    return course


def plan(course: list[Lesson]) -> list[Draft]:
    return [draft for lesson in course for draft in drafts(lesson, course)]


def chosen(course: list[Lesson], numbers: list[str]) -> set[str]:
    """The lesson numbers to build, two digits each; all of them when none is named."""
    known = {lesson.number for lesson in course}
    wanted = {number.zfill(2) for number in numbers} or known
    if unknown := sorted(wanted - known):
        raise Refusal(f"no lesson {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return wanted


def execute_all(todo: list[Draft], jobs: int, done: Callable[[Draft], None]) -> dict[Path, str]:
    """The text of every built notebook by its target; raises one Refusal that lists every broken cell."""

    async def all_of_them() -> list[str | BaseException]:
        gate = asyncio.Semaphore(jobs)

        async def one(draft: Draft) -> str:
            async with gate:
                text = await run(draft)
            done(draft)
            return text

        return await asyncio.gather(*(one(draft) for draft in todo), return_exceptions=True)

    results = asyncio.run(all_of_them())
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Refusal):
            raise result
    if refusals := [str(result) for result in results if isinstance(result, Refusal)]:
        raise Refusal("\n".join(dict.fromkeys(refusals)))
    return {draft.target: str(text) for draft, text in zip(todo, results, strict=True)}


def with_a_bar(todo: list[Draft], jobs: int, console: Console) -> dict[Path, str]:
    """`execute_all`, with a progress bar."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("building", total=len(todo))
        return execute_all(todo, jobs, lambda draft: progress.update(bar, advance=1, description=str(draft.target)))


def relinked(root: Path, others: list[Draft]) -> dict[Path, str]:
    """Built notebooks that only need new links because a neighbour came, went or was renamed."""
    texts = {}
    for draft in others:
        path = root / draft.target
        if path.exists():
            notebook = read_notebook(path)
            if refresh_generated(notebook, draft):
                texts[draft.target] = as_text(notebook)
    return texts


def read_notebook(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise Refusal(f"{path.parent.name}/{path.name}: not a readable notebook; delete it and build again") from error


def stale(root: Path, all_drafts: list[Draft]) -> list[Path]:
    """Built notebooks whose lesson is gone; a learner's own notebook carries no `built_from` and stays."""
    targets = {draft.target for draft in all_drafts}
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.ipynb")):
            target = path.relative_to(root)
            if target not in targets and "built_from" in read_notebook(path).metadata.get("qkv", {}):
                found.append(target)
    asked = {predictions.target(draft.lesson) for draft in all_drafts if draft.predictions}
    kept = sorted((root / predictions.FOLDER).glob("*.json"))
    kept += sorted((root / script.FOLDER).glob("*.json"))
    asked |= {script.target(draft.lesson) for draft in all_drafts if draft.narration}
    return found + [path.relative_to(root) for path in kept if path.relative_to(root) not in asked]


def asked(todo: list[Draft]) -> dict[Path, str]:
    """What the predictions of these notebooks say, as files of the library."""
    found = {predictions.target(draft.lesson): draft.predictions for draft in todo if draft.predictions}
    return {target: predictions.as_text(words) for target, words in found.items()}


def narrated(todo: list[Draft]) -> dict[Path, str]:
    """What is said in these lessons, as files of the library."""
    return {script.target(draft.lesson): script.as_text(draft.narration) for draft in todo if draft.narration}


def hashes(root: Path, all_drafts: list[Draft], texts: dict[Path, str]) -> str:
    """The list by which `qkv lab` knows a notebook that the build wrote."""
    found = {}
    for draft in all_drafts:
        if draft.target in texts:
            found[draft.target.as_posix()] = fingerprint(texts[draft.target].encode())
        elif (root / draft.target).is_file():
            found[draft.target.as_posix()] = fingerprint((root / draft.target).read_bytes())
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def swap_in(root: Path, texts: dict[Path, str], gone: list[Path]) -> None:
    """Write everything beside its place, then move it in; a reader never meets half a file."""
    write_together({root / target: text for target, text in texts.items()})
    for target in gone:
        (root / target).unlink()


def readme(root: Path, course: list[Lesson]) -> dict[Path, str]:
    """The README with its table of lessons brought up to date, where there is a README."""
    path = root / "README.md"
    if not path.exists():
        return {}
    try:
        return {Path("README.md"): with_table(path.read_text(encoding="utf-8"), course)}
    except ValueError as error:
        raise Refusal(str(error)) from error


def differences(root: Path, texts: dict[Path, str], gone: list[Path]) -> list[str]:
    found = [f"{target}: its lesson is gone" for target in gone]
    for target, text in texts.items():
        path = root / target
        if not path.exists():
            found.append(f"{target}: not built")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{target}: differs from what its lesson builds")
    return found


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="qkv build", description="Build notebooks/, solutions/ and exercises/ from lessons/."
    )
    parser.add_argument(
        "lessons", nargs="*", metavar="NN", help="lesson numbers, such as 01 02; all when none is named"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 when something built is out of date"
    )
    parser.add_argument("--jobs", type=int, default=2, help="notebooks run side by side (2)")
    options = parser.parse_args(arguments)
    root = root or Path.cwd()
    console = Console(stderr=True)
    try:
        course = read_course(root)
        wanted = chosen(course, options.lessons)
        everything = plan(course)
        todo = [draft for draft in everything if draft.lesson.number in wanted]
        outline = outline_text(course)
        if options.check and (found := differences(root, {OUTLINE: outline}, [])):
            raise Refusal("\n".join([*found, BUILD_AGAIN]))
        with outline_in_place(root, outline):
            texts = with_a_bar(todo, max(1, options.jobs), console)
            texts |= readme(root, course) | asked(todo) | narrated(todo)
            texts |= relinked(root, [draft for draft in everything if draft not in todo])
            gone = stale(root, everything) if not options.lessons else []
            texts[BUILT] = hashes(root, everything, texts)
            if options.check:
                if found := differences(root, texts, gone):
                    raise Refusal("\n".join([*found, BUILD_AGAIN]))
                print(f"{len(todo)} notebooks are what their lessons build")
                return 0
            swap_in(root, texts, gone)
        print(f"built {len(todo)} notebooks from {len(course)} lesson files")
    except Refusal as refusal:
        print(f"qkv build: nothing was written.\n{refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
