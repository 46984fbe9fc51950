"""What Sphinx reads: the stored notebooks with a place for each live widget, and the pages that lead to them."""

from __future__ import annotations

import html
import json
import re
import shutil
from base64 import b64decode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from nbformat import NotebookNode

from qkvlib import instruments
from qkvlib.course.outline import LessonOutline
from qkvlib.course.pages import SEVERAL
from tools.lessonfile import Refusal
from tools.site import api, links
from tools.site.live import held, nobody, shared, widgets_of
from tools.site.recordings import with_recording
from tools.site.shows import problems

HERE = Path(__file__).parent
PICTURES = "qkv/pictures"
FOLDED = {"setup", "parameters", "instrument"}  # folded: one can look, but the page reads without
WORDS = {"prediction", "recall", "fold", "narration"}  # nothing but words: the widget says them
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_NOTEBOOK = re.compile(r"\]\((?:\.\./notebooks/)?([\w-]+)\.ipynb\)")
_SOLUTIONS = re.compile(r"\[([^\]]+)\]\(\.\./(solutions/[\w-]+\.ipynb)\)")


def write_notebooks(root: Path, source: Path, outline: list[LessonOutline]) -> None:
    """Every lesson and every exercise as a notebook for Sphinx."""
    pictures = source / "_static" / PICTURES
    pictures.mkdir(parents=True)
    with nobody():
        for lesson in outline:
            path = root / "notebooks" / f"{lesson.slug}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            widgets = with_recording(widgets_of(notebook, path), lesson.number, source / "extra")
            if wrong := list(problems(list(widgets.values()))):
                raise Refusal(f"lessons/narration/{lesson.slug[3:]}.toml: {'; '.join(wrong)}")
            shared(widgets)
            made = converted(notebook, widgets, links.line(root, "notebooks", path.name), pictures)
            _write(made, source / "notebooks" / path.name)
            practice = root / "exercises" / path.name
            if practice.exists():
                notebook = nbformat.read(practice, as_version=4)
                made = converted(notebook, {}, links.line(root, "exercises", path.name), pictures)
                _write(made, source / "exercises" / path.name)


def converted(notebook: NotebookNode, widgets: dict[tuple[str, int], dict], offer: str, pictures: Path) -> NotebookNode:
    """The notebook with places for its widgets, its code folded where it teaches nothing, and links between pages.

    `offer` is the line that says where else it can be opened.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _SOLUTIONS.sub(r'<a href="../downloads/\2" download>\1</a>', cell.source)
            cell.source = cell.source.replace("](../README.md)", "](../index.md)")
            continue
        tags = set(cell.metadata.get("tags", []))
        cell.metadata["tags"] = ["remove-input"] if tags & WORDS else ["hide-input"] if tags & FOLDED else []
        for place, output in enumerate(cell.outputs):
            if "data" not in output:
                continue
            if (cell.id, place) in widgets:
                output.data = {"text/html": live(widgets[cell.id, place], _stand_in(output, pictures))}
            elif "text/markdown" in output.data:
                output.data = {"text/html": _html(output.data["text/markdown"])}
            elif alt := output.metadata.get("image/png", {}).get("alt"):
                cell.metadata["mystnb"] = {"image": {"alt": alt}}
    header = notebook.cells[0]
    header.source += f"\n\n{offer}"
    return notebook


def live(widget: dict, stand_in: str = "") -> str:
    """The place of a widget: its state, and what is there before it, or without scripts."""
    # "<" would let a token such as "</script>" end the script.
    state = json.dumps(widget, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    pieces = f' data-parts="{" ".join(widget["parts"])}"' if widget.get("parts") else ""
    script = f'<script type="application/json">{state}</script>'
    return f'<div class="qkv-live" data-kind="{widget["kind"]}"{pieces}>{script}{stand_in}</div>'


def _stand_in(output: NotebookNode, pictures: Path) -> str:
    if picture := output.get("data", {}).get("image/png"):
        alt = html.escape(output.metadata.get("image/png", {}).get("alt", ""))
        # Only those without scripts load it: the others see the sheet itself at once.
        data = b64decode(picture)
        file = pictures / f"{sha256(data).hexdigest()[:16]}.png"
        file.write_bytes(data)
        return f'<noscript><img alt="{alt}" src="../_static/{PICTURES}/{file.name}"></noscript>'
    return _html(output.data["text/markdown"])


def _html(markdown: str) -> str:
    """Markdown of an output, its links to notebooks as links to their pages."""
    return _MARKDOWN.render(_NOTEBOOK.sub(r"](\1.html)", markdown))


def write_pages(root: Path, source: Path, outline: list[LessonOutline], wheel: str) -> None:
    """The pages around the lessons: the first one, the instruments, the exercises, the glossary."""
    titles = {lesson.number: lesson for lesson in outline}
    first = held(instruments.taste())
    words = {
        "live": live(first),
        "wheel": wheel,
        "lessons": "\n".join(_lesson(lesson) for lesson in outline),
        "minutes": str(sum(lesson.minutes for lesson in outline)),
        "count": str(len(outline)),
        "toctree": _toctree("Lessons", (f"notebooks/{lesson.slug}" for lesson in outline)),
        "practice": _toctree("Exercises", (f"exercises/{lesson.slug}" for lesson in outline if lesson.exercises)),
        "instruments": "\n".join(_instruments(titles)),
        "api": "\n".join(api.overview()),
        "exercises": "\n".join(_exercises(root, outline)),
    }
    for path in sorted((HERE / "pages").glob("*.md")):
        text = re.sub(r"%(\w+)%", lambda found: words[found[1]], path.read_text(encoding="utf-8"))
        (source / path.name).write_text(text, encoding="utf-8")
    (source / "api").mkdir()
    for name, text in api.pages():
        (source / "api" / f"{name}.md").write_text(text, encoding="utf-8")
    shutil.copyfile(root / "docs" / "elsewhere.md", source / "elsewhere.md")


def _lesson(lesson: LessonOutline) -> str:
    done = f", [{len(lesson.exercises)} exercises](exercises/{lesson.slug}.ipynb)" if lesson.exercises else ""
    return (
        f"- [{int(lesson.number)} · {lesson.title}](notebooks/{lesson.slug}.ipynb): {lesson.answers} "
        f"({lesson.minutes} minutes{done})"
    )


def _toctree(caption: str, pages: Iterable[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])


def _instruments(titles: dict[str, LessonOutline]) -> Iterator[str]:
    by_lesson: dict[str, list[str]] = {}
    for name, number in instruments.REGISTRY.items():
        by_lesson.setdefault(number, []).append(name)
    for number, names in sorted(by_lesson.items()):
        lesson = titles[number]
        yield f"## [{int(number)} · {lesson.title}](notebooks/{lesson.slug}.ipynb)\n"
        for name in names:
            title, choices = SEVERAL.get(name, ("", ()))
            made = getattr(instruments, name)(*choices[:1])
            about = next(iter((getattr(instruments, name).__doc__ or "").strip().splitlines()), "")
            title = title or made.sheet.sheet.title
            yield f'- <a href="instruments/{name}.html">{html.escape(title)}</a>. {html.escape(about)}'
            made.close()
        yield ""


def _exercises(root: Path, outline: list[LessonOutline]) -> Iterator[str]:
    for lesson in outline:
        if not lesson.exercises:
            continue
        yield f"## [{int(lesson.number)} · {lesson.title}](exercises/{lesson.slug}.ipynb)\n"
        heading = ""
        for cell in nbformat.read(root / "exercises" / f"{lesson.slug}.ipynb", as_version=4).cells:
            for line in cell.source.splitlines():
                if cell.cell_type == "markdown" and line.startswith("## "):
                    heading = line.removeprefix("## ")
            if "exercise" in cell.metadata.get("tags", []):
                yield f"- {heading} (`{cell.id}`, {cell.metadata['qkv']['minutes']} minutes)"
        yield ""


def _write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
