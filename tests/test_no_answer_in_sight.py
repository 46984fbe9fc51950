"""Wherever a built notebook is shown with its sources, no prediction's answer or explanation stands in it."""

import json
import math
import re

import nbformat
import pytest
from nbconvert import MarkdownExporter

from qkvlib.widgets.asked import asked

FOLDERS = ("notebooks", "exercises", "solutions")
# Wrong options that nothing is said about yet; the list only gets shorter.
STILL_WITHOUT_WHY = frozenset(
    (
        "l7-cache-numbers: all but the first token's",
        "l7-cache-numbers: those of repeated heads",
        "l7-conv1d-silent: both crash",
        "l7-conv1d-silent: both run and are wrong",
        "l7-double-v: it changes in a way that depends on the scores",
        "l7-double-v: it stays",
        "l7-flat: every row gets sharper",
        "l7-hidden-tile: 2 and 1",
        "l7-hidden-tile: all three",
        "l7-mend-fused: cut into heads, then swap the first two axes, then cut in three",
        "l7-ones: Q full of ones",
        "l7-shared: all rows equal",
        "l7-shared: zero on the diagonal",
        "l7-trained-with-the-bug: about half the time",
        "l7-trained-with-the-bug: about three times in four",
        "l7-transpose-sizes: T = 1, d_head = 1",
        "l7-transpose-sizes: T = 4, d_head = 4",
    )
)


@pytest.fixture(scope="module")
def questions(root):
    """{name: arguments} of every prediction of the course."""
    found = {}
    for path in sorted((root / "qkvlib" / "data" / "predictions").glob("*.json")):
        found |= json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def asking(root):
    """(path, cell) of every cell of a built notebook that asks for a prediction."""
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            found += [(path, cell) for cell in notebook.cells if "prediction" in cell.metadata.get("tags", [])]
    return found


def test_a_cell_that_asks_holds_a_name_and_at_most_a_computed_answer(asking, questions):
    assert len(asking) >= len(questions) > 40
    for path, cell in asking:
        said = re.fullmatch(r'Predict\("([a-z0-9-]+)"(?:, answer=(.+))?\)', cell.source)
        assert said, f"{path.name}: {cell.source}"
        assert said[1] in questions
        assert asked(said[1])["question"] == questions[said[1]]["question"]
        assert ("answer" in questions[said[1]]) != bool(said[2])
        if said[2]:
            assert re.search("[A-Za-z_]{1,}", said[2]), "an expression of the lesson's numbers, not the number"


def test_no_page_that_shows_the_sources_shows_an_explanation(root, questions):
    secrets = {
        sentence
        for words in questions.values()
        for sentence in (words.get("explain", ""), *words.get("why", {}).values())
        if sentence
    }
    assert len(secrets) > 60
    exporter = MarkdownExporter()  # keeps every source, as a code host does
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.ipynb")):
            page = exporter.from_filename(str(path))[0]
            raw = path.read_text(encoding="utf-8")
            for secret in secrets:
                assert secret not in page, f"{folder}/{path.name}: {secret}"
                assert json.dumps(secret, ensure_ascii=False)[1:-1] not in raw, f"{folder}/{path.name}: {secret}"


def test_the_options_are_shown_without_a_mark_and_in_no_telling_order(asking, questions):
    first, chance, spread = 0, 0.0, 0.0
    for _, cell in {cell.source: (path, cell) for path, cell in asking}.values():
        words = questions[re.match(r'Predict\("([^"]+)"', cell.source)[1]]
        if "choices" not in words:
            continue
        (output,) = cell.outputs
        listed = re.findall(r"^- (.*)$", output["data"]["text/markdown"], re.MULTILINE)
        assert sorted(listed) == sorted(words["choices"])
        answer = words["answer"] if isinstance(words["answer"], str) else words["choices"][words["answer"]]
        share = 1 / len(listed)
        first, chance, spread = first + (listed[0] == answer), chance + share, spread + share * (1 - share)
    assert abs(first - chance) <= 2 * math.sqrt(spread), f"{first} right answers come first, {chance:.1f} expected"


def test_every_wrong_option_says_why(questions):
    missing = set()
    for name, words in questions.items():
        for place, choice in enumerate(words.get("choices", [])):
            right = words["answer"] in (choice, place)
            if not right and not words.get("why", {}).get(choice, "").strip():
                missing.add(f"{name}: {choice}")
    assert missing <= STILL_WITHOUT_WHY, "\n".join(sorted(missing - STILL_WITHOUT_WHY))
