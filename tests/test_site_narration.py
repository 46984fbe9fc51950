"""The player on the site: it finds what it says on the page, moves the instruments, and stays in sight."""

import tomllib

import pytest
from axe import violations
from public_site import opened, site  # noqa: F401 - fixtures

from qkvlib.course.outline import read_outline
from tools.lessonfile import read_lesson
from tools.narration.script import STOP
from tools.narration.sentences import blocks
from tools.narration.speller import spell

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PLAYER = "document.querySelector('.qkv-narration').parentElement.player"
SHOW = "(show) => !document.dispatchEvent(new CustomEvent('qkv-show', { cancelable: true, detail: show }))"
STATE = """(name) => [...document.querySelectorAll(".qkv-live")]
    .map((el) => el.model.state).find(({ spec }) => spec?.name === name)"""


def unwritten(root, slug):
    """What is said and does not stand on the page: formulas in words, the call to answer, what a show adds."""
    lesson = read_lesson(root / "lessons" / f"{slug}.md")
    text = [block for cell in lesson.cells if cell.kind == "markdown" for _, block in blocks(cell.source)]
    shows = tomllib.loads((root / "lessons" / "narration" / f"{slug[3:]}.toml").read_text(encoding="utf-8"))["show"]
    added = [show["say"] for show in shows if "say" in show]
    return {STOP, *(spell(block) for block in text if block.startswith("$$")), *added}


def test_every_sentence_is_found_on_its_page(root, opened, page):
    for lesson in read_outline():
        opened(f"notebooks/{lesson.slug}")
        missing = page.evaluate(
            f"() => {PLAYER}.sentences.map(({{ text }}) => text).filter((text) => !{PLAYER}.page.find(text))"
        )
        assert set(missing) <= unwritten(root, lesson.slug), lesson.slug


def test_every_state_that_is_shown_is_taken_by_its_instrument(opened, page):
    shown = 0
    for lesson in read_outline():
        opened(f"notebooks/{lesson.slug}")
        for sentence in page.evaluate(f"() => {PLAYER}.sentences.filter(({{ show }}) => show)"):
            show = sentence["show"]
            assert page.evaluate(SHOW, {**show, "quietly": True}), f"{lesson.slug}: {sentence['text']}"
            state = page.evaluate(STATE, show["sheet"])
            params = {each["name"]: each for each in state["spec"]["params"]}
            for name, value in show["state"].items():
                if name in params:
                    choice = params[name]["kind"] == "choice"
                    assert state[f"p_{name}"] == (params[name]["options"].index(value) if choice else value)
                else:
                    assert list(state["inputs"][name]["data"]) == [number for row in value for number in row]
            shown += 1
    assert shown > 40


@pytest.mark.parametrize("width", [390, 1280])
def test_the_player_stays_in_sight_while_the_lesson_scrolls(opened, page, width):
    page.set_viewport_size({"width": width, "height": 844})
    opened("notebooks/02_two_tokens")
    assert page.locator(".qkv-narration").bounding_box()["y"] < 2 * 844
    page.evaluate("() => { window.speechSynthesis.speak = (said) => setTimeout(() => said.onstart()); }")
    page.get_by_role("button", name="Listen").click()
    page.evaluate(f"() => {PLAYER}.seek({PLAYER}.sentences.length - 1)")
    page.wait_for_function("() => scrollY > 3000")
    bar = page.locator(".qkv-bar").bounding_box()
    assert bar["y"] + bar["height"] <= 844 + 1
    assert bar["width"] <= width
    assert violations(page, ".qkv-bar") == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
