"""site/: every instrument as a page that needs no kernel and no network, and a page that lists them by lesson."""

import html
import tempfile
from pathlib import Path

from qkvlib.atomic import replace_folder
from tools.lessonfile import Lesson

_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Q, K, V: the instruments</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }}
</style>
</head>
<body>
<main>
<h1>Q, K, V: the instruments</h1>
<p>Every number on these pages is computed on the page itself. Nothing is sent anywhere.</p>
{sections}
</main>
</body>
</html>
"""


def write_site(root: Path, course: list[Lesson]) -> int:
    """Write `root/site`, whole or not at all; the number of instruments on it."""
    from qkvlib import instruments
    from qkvlib.course.pages import write_page

    titles = {lesson.number: lesson.title for lesson in course if not lesson.is_exercises}
    with tempfile.TemporaryDirectory(prefix=".building-", dir=root) as place:
        fresh = Path(place, "site")
        fresh.mkdir()
        by_lesson: dict[str, list[tuple[str, str]]] = {}
        for name, number in instruments.REGISTRY.items():
            title = html.escape(write_page(name, fresh / f"{name}.html"))
            by_lesson.setdefault(number, []).append((name, title))
        sections = []
        for number, pages in sorted(by_lesson.items()):
            heading = f"{int(number)} · {titles[number]}" if number in titles else f"Lesson {int(number)}"
            links = "\n".join(f'<li><a href="{name}.html">{title}</a></li>' for name, title in pages)
            sections.append(f"<h2>{html.escape(heading)}</h2>\n<ul>\n{links}\n</ul>")
        index = _INDEX.format(sections="\n".join(sections))
        (fresh / "index.html").write_text(index, encoding="utf-8")
        replace_folder(fresh, root / "site")
    return len(instruments.REGISTRY)
