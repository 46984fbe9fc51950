"""The course as it is committed: what is built is what the lessons say, and every promise of a lesson is kept."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from own_work import own_work, skip_own_work

from tools.build import FOLDERS, main, plan, read_course, read_notebook
from tools.lessonfile import Refusal
from tools.readme import with_table

ROOT = Path(__file__).resolve().parent.parent
COURSE = read_course(ROOT)
DRAFTS = plan(COURSE)
LESSONS = [lesson for lesson in COURSE if not lesson.is_exercises]
EXERCISES = {lesson.slug: lesson for lesson in COURSE if lesson.is_exercises}
NOTEBOOKS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.ipynb"))


def short(path):
    return path.relative_to(ROOT).as_posix() if path.is_absolute() else path.as_posix()


def read(path):
    return read_notebook(ROOT / path)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def recall_cards(lesson):
    path = ROOT / "qkvlib" / "data" / "cards" / f"{lesson.number}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["card"] if path.exists() else []


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: short(draft.target))
def test_what_is_built_is_what_the_lesson_says(draft):
    skip_own_work(ROOT / draft.target, ROOT)
    assert (ROOT / draft.target).exists(), "not built: run `make build`"
    built = read(draft.target)

    def content(notebook):
        return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]

    assert content(built) == content(draft.notebook), "out of date: run `make build`, which replaces what it holds"
    assert built.metadata == draft.notebook.metadata


def test_nothing_built_has_lost_its_lesson():
    assert {short(path) for path in NOTEBOOKS if path not in own_work(ROOT)} <= {
        short(draft.target) for draft in DRAFTS
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=short)
def test_every_cell_has_run_in_order_and_outputs_are_stored(path):
    """Without this strict nbval would pass a notebook whose outputs were stripped."""
    skip_own_work(path, ROOT)
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)
    assert "widgets" not in notebook.metadata
    for cell in cells:
        if "figure" in cell.metadata.get("tags", []):
            assert any("image/png" in output.get("data", {}) for output in cell.outputs), f"{cell.id} shows no picture"
        for output in cell.outputs:
            if output.output_type == "stream":
                assert output.name == "stdout", f"{cell.id} prints to stderr"
            for mime in ("image/png", "image/jpeg"):
                if mime in output.get("data", {}):
                    assert output.metadata[mime]["alt"], f"the picture of {cell.id} has no alt text"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=short)
def test_one_title_and_no_heading_a_level_too_deep(path):
    skip_own_work(path, ROOT)
    text = "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", _FENCE.sub("", text), re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1, "one title for each notebook: begin the parts with ##"
    assert all(below <= above + 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
@pytest.mark.parametrize("slug", sorted(EXERCISES))
def test_blank_is_todo_and_the_solution_is_correct(folder, slug):
    skip_own_work(ROOT / folder / f"{slug}.ipynb", ROOT)
    verdict = {"exercises": "todo", "solutions": "correct"}[folder]
    checks = [cell for cell in code_cells(read(f"{folder}/{slug}.ipynb")) if "check" in cell.metadata.get("tags", [])]
    assert checks
    for cell in checks:
        texts = (str(part.get("text", "")) + str(part.get("data", {}).get("text/plain", "")) for part in cell.outputs)
        said = "\n".join(texts)
        assert re.search(rf"\b{verdict}\b", said), f"{folder}/{slug}: {cell.id} says {said!r}"


@pytest.mark.parametrize("slug", sorted(EXERCISES))
def test_stubs_hold_no_solution(slug):
    skip_own_work(ROOT / "exercises" / f"{slug}.ipynb", ROOT)
    for cell in code_cells(read(f"exercises/{slug}.ipynb")):
        assert "SOLUTION" not in cell.source
        if "exercise" in cell.metadata.get("tags", []):
            assert "# YOUR CODE HERE" in cell.source


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_every_objective_is_predicted_handled_practised_and_recalled(lesson):
    exercises = EXERCISES.get(lesson.slug)
    if 1 <= int(lesson.number) <= 13:
        assert exercises, "every lesson after the first has exercises"
    cards = recall_cards(lesson)
    for objective in lesson.meta["objectives"]:

        def touched(cells, tag, objective=objective):
            return any(cell.has(tag) and objective in cell.options.get("objectives", []) for cell in cells)

        assert touched(lesson.cells, "prediction"), f"no prediction touches {objective}"
        assert touched(lesson.cells, "instrument"), f"no instrument touches {objective}"
        if exercises:
            assert touched(exercises.cells, "exercise"), f"no exercise touches {objective}"
        assert any(objective in card.get("objectives", []) for card in cards), f"no recall card touches {objective}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_cards_and_exercises_name_objectives_that_exist(lesson):
    known = set(lesson.meta["objectives"])
    for card in recall_cards(lesson):
        assert set(card["objectives"]) <= known, card["question"]
    if lesson.slug in EXERCISES:
        for cell in EXERCISES[lesson.slug].cells:
            assert set(cell.options.get("objectives", [])) <= known, f"line {cell.line}"


def test_the_readme_table_is_the_lessons():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == with_table(readme, COURSE), "out of date: run `make build`"


_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")


def documents():
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))):
        yield path, path.read_text(encoding="utf-8")
    for path in (*NOTEBOOKS, *sorted((ROOT / "docs").glob("*.ipynb"))):
        try:
            cells = read(path).cells
        except Refusal:  # the test above names it; here it must not keep every other test from running
            cells = []
        yield path, "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(("path", "text"), [pytest.param(*document, id=short(document[0])) for document in documents()])
def test_links_lead_somewhere(path, text):
    skip_own_work(path, ROOT)
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            assert parts.scheme in ("https", "http"), target
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), f"not a web address: {target}"
        elif parts.path:
            assert (path.parent / unquote(parts.path)).exists(), f"{short(path)} links to {target}"


@pytest.mark.slow
def test_building_again_changes_no_byte(capsys):
    """Runs two of the lessons for real; the cheap tests above cover the text of all of them."""
    for path in own_work(ROOT):
        if path.name.startswith(("01_", "02_")):
            skip_own_work(path, ROOT)
    assert main(["--check", "1", "2"], ROOT) == 0, capsys.readouterr().err
