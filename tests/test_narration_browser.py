"""The player in a real browser: what is heard is marked, scrolled to and shown by its instrument."""

import base64
import shutil

import pytest
from axe import violations
from bare_page import bare_page
from conftest import required

from qkvlib.course.narration import recording, sentences
from qkvlib.widgets import Narration
from tools.lessonfile import read_lesson
from tools.narration.__main__ import main
from tools.narration.sentences import blocks

pytestmark = pytest.mark.browser
LESSON = "17"
# A voice that reports each utterance; as quick as the test wants it.
MOCK = """
window.uttered = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const turns = new Set();
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "de-DE", name: "d" }, { lang: "en-GB", name: "e" }],
  cancel() { turns.forEach(clearTimeout); turns.clear(); },
  speak(said) {
    turns.add(setTimeout(() => {
      window.uttered.push({ text: said.text, rate: said.rate, voice: said.voice.name });
      said.onstart();
      turns.add(setTimeout(() => said.onend(), window.pace ?? 5));
    }, 1));
  },
} });
"""
FAILS = """
window.SpeechSynthesisUtterance = class {};
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [], cancel() {}, speak(said) { setTimeout(() => said.onerror({ error: "synthesis-failed" })); },
} });
"""
NONE = "Object.defineProperty(window, 'speechSynthesis', { value: undefined });"
PLAYER = "document.querySelector('.qkv-narration').parentElement.player"
MARKED = "() => [...(CSS.highlights.get('qkv-spoken') ?? [])].map(String).join()"


@pytest.fixture
def opened(page, root):
    """Opens a page with the player of a lesson above the lesson's prose; `script` runs before anything else."""

    def open_page(player, script="", scheme="light"):
        if script:
            page.add_init_script(script)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto("about:blank")
        page.set_content(bare_page(player, scheme=scheme))
        page.wait_for_selector("body[data-ready=yes]")
        (path,) = (root / "lessons").glob(f"{player.lesson}_*[!s].md")
        text = [block for cell in read_lesson(path).cells if cell.kind == "markdown" for block in blocks(cell.source)]
        page.evaluate(
            """(texts) => document.querySelector("main").append(...texts.map(([tag, text]) =>
                Object.assign(document.createElement(tag), { textContent: text.replaceAll("`", "") })))""",
            text,
        )
        return page

    return open_page


def place(page):
    return page.evaluate(f"() => {PLAYER}.place")


def test_the_browsers_voice_says_a_sentence_at_a_time_and_waits_for_an_answer(opened):
    said = sentences(LESSON)
    first = next(k for k, each in enumerate(said) if each.get("wait"))
    page = opened(Narration(LESSON), MOCK)
    page.get_by_role("button", name="Listen").click()
    page.get_by_text("Waiting for your answer").wait_for()
    uttered = page.evaluate("() => window.uttered")
    assert [each["text"] for each in uttered] == [each.get("say", each["text"]) for each in said[: first + 1]]
    assert {(each["rate"], each["voice"]) for each in uttered} == {(1, "e")}
    assert "your browser's voice" not in page.inner_text(".qkv-caption")
    page.get_by_label("speed").select_option("1.5")
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("(n) => window.uttered.length > n", arg=first + 2)
    uttered = page.evaluate("() => window.uttered")
    assert uttered[first + 1]["text"] == said[first + 1].get("say", said[first + 1]["text"])
    assert uttered[first + 1]["rate"] == 1.5


def test_the_sentence_that_is_spoken_is_marked_brought_into_sight_and_shown_by_its_instrument(opened):
    said = sentences(LESSON)
    wanted = next(k for k, each in enumerate(said) if "show" in each)
    page = opened(Narration(LESSON), "window.pace = 60000;" + MOCK)
    page.evaluate("() => document.addEventListener('qkv-show', (event) => { window.asked = event.detail; })")
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("() => window.uttered.length === 1")
    page.evaluate(f"(place) => {PLAYER}.seek(place)", wanted)
    page.wait_for_function("() => window.uttered.length === 2")
    assert page.evaluate("() => window.asked") == {**said[wanted]["show"], "quietly": True}
    assert page.evaluate(MARKED) == said[wanted]["text"].replace("`", "")
    top, bottom = page.evaluate(
        """() => {
            const { top, bottom } = [...CSS.highlights.get("qkv-spoken")][0].getBoundingClientRect();
            return [top, bottom];
        }"""
    )
    assert 0 <= top < bottom <= 900
    assert "not on the page yet" in page.inner_text(".qkv-bar"), "there is no such sheet on this page"
    assert page.locator(".qkv-line[aria-current]").count() == 1
    assert page.locator(".qkv-line").nth(wanted).get_attribute("aria-current") == "true"
    page.get_by_label("scroll along").uncheck()
    page.evaluate(f"() => {{ scrollTo(0, 0); {PLAYER}.seek({PLAYER}.sentences.length - 1); }}")
    assert page.evaluate("() => scrollY") == 0


def test_pausing_and_going_on_and_every_way_to_seek_by_keyboard(opened):
    page = opened(Narration(LESSON), "window.pace = 60000;" + MOCK)
    start = page.locator(".qkv-start")
    start.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.uttered.length === 1")
    assert page.evaluate("() => document.activeElement.className").endswith("qkv-start"), (
        "the bar moved; the focus stays"
    )
    assert start.inner_text() == "Pause"
    page.keyboard.press("Space")
    assert start.inner_text() == "Listen"
    page.get_by_role("slider", name="sentence").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place(page) == 2
    assert page.get_by_role("slider", name="sentence").get_attribute("aria-valuetext").startswith("3 of ")
    page.get_by_role("button", name="sentence before").press("Enter")
    assert place(page) == 1
    page.locator(".qkv-transcript summary").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert place(page) == 2
    assert page.evaluate("() => window.uttered.length") == 1, "nothing is said before play is pressed"
    page.get_by_role("button", name="Put away").press("Enter")
    assert page.locator(".qkv-bar:popover-open").count() == 0
    assert page.evaluate(MARKED) == ""


@pytest.mark.parametrize("script", [FAILS, NONE])
def test_without_any_voice_the_transcript_is_there_and_one_can_go_through_it(opened, script):
    said = sentences(LESSON)
    page = opened(Narration(LESSON), script)
    page.get_by_role("button", name="Listen").click()
    page.get_by_text("This browser has no voice.").wait_for()
    assert page.locator(".qkv-line").all_inner_texts()[1] == said[1]["text"].replace("`", "")
    assert page.locator(".qkv-line").first.is_visible()
    page.get_by_role("button", name="next sentence").click()
    page.get_by_role("button", name="next sentence").click()
    assert page.evaluate(MARKED) == said[2]["text"].replace("`", "")
    assert page.inner_text(".qkv-caption") == said[2]["text"].replace("`", "")


def test_a_recording_that_cannot_be_played_gives_way_to_the_browsers_voice(opened):
    player = Narration(LESSON)
    player.audio, player.times = "data:audio/ogg;base64,AAAA", [[k, k + 0.5] for k in range(len(player.sentences))]
    page = opened(player, MOCK)
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("() => window.uttered.length > 1")
    assert "no recording" in page.inner_text(".qkv-bar")


def test_forbidden_storage_changes_nothing_but_the_speed_kept(opened):
    deny = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = opened(Narration(LESSON), deny + MOCK)
    page.get_by_label("speed").select_option("1.25")
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("() => window.uttered.length > 0")
    assert page.evaluate("() => window.uttered[0].rate") == 1.25


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_player_can_be_read_by_everybody(opened, page, scheme):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(Narration(LESSON), MOCK, scheme)
    page.locator(".qkv-transcript summary").click()
    assert violations(page, ".qkv-narration") == []
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("() => window.uttered.length > 2")
    assert violations(page, ".qkv-narration") == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_a_real_recording_is_heard_and_marked_sentence_by_sentence(opened, tmp_path, capsys):
    """Rendered by the default voice, played in earnest: what is marked is never 0.2 s from what is heard."""
    required("espeak-ng", shutil.which("espeak-ng"))
    assert main([LESSON, "--out", str(tmp_path)]) == 0
    found = recording(LESSON, tmp_path)
    player = Narration(LESSON)
    kind = found.kind.split(";")[0]
    player.audio = f"data:{kind};base64,{base64.b64encode(found.audio.read_bytes()).decode()}"
    player.times = found.times
    page = opened(player, NONE)
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function(f"() => {PLAYER}.voice?.audio.currentTime > 0")
    duration = page.evaluate(f"() => {PLAYER}.voice.audio.duration")
    assert duration == pytest.approx(found.times[-1][1], abs=1)
    heard = page.evaluate(
        f"""() => new Promise((done) => {{
            const seen = [], player = {PLAYER}, look = () => {{
                seen.push([player.voice.audio.currentTime, player.place]);
                if (player.voice.audio.currentTime > 9) done(seen); else requestAnimationFrame(look);
            }};
            look();
        }})"""
    )
    assert len({marked for _, marked in heard}) >= 3
    for now, marked in heard:
        late = max(now - 0.2, 0)
        allowed = [k for k, (start, _) in enumerate(found.times) if start <= now]
        before = [k for k, (start, _) in enumerate(found.times) if start <= late]
        assert before[-1] <= marked <= allowed[-1], f"at {now:.3f} s sentence {marked} is marked"
    assert page.evaluate(MARKED) == player.sentences[heard[-1][1]]["text"].replace("`", "")

    question = next(k for k, each in enumerate(player.sentences) if each.get("wait"))
    page.evaluate(f"(place) => {PLAYER}.seek(place)", question)
    page.get_by_text("Waiting for your answer").wait_for()
    assert page.evaluate(f"() => {PLAYER}.voice.audio.paused")
    end = page.evaluate(f"() => {PLAYER}.voice.audio.currentTime")
    assert end == pytest.approx(found.times[question][1], abs=0.2)
