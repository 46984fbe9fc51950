"""The player in a real JupyterLab: the kernel hands over the recording, and the notebook follows it."""

import json
import wave

import numpy as np
import pytest

from qkvlib.course.narration import fingerprint, sentences

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RATE = 8000
LONG = 0.4  # seconds a sentence


@pytest.fixture
def recorded(lab):
    """A recording of lesson 0 beside the notebooks, a tone for each sentence."""
    said = sentences("00")
    folder = lab.root / "narration"
    folder.mkdir(exist_ok=True)
    tone = (8000 * np.sin(np.arange(round(LONG * RATE * len(said))))).astype("<i2")
    with wave.open(str(folder / "00_start_here.wav"), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(tone.tobytes())
    times = [[round(k * LONG, 3), round((k + 0.9) * LONG, 3)] for k in range(len(said))]
    index = {"audio": "00_start_here.wav", "said": fingerprint(said), "voice": "a tone", "times": times}
    (folder / "00_start_here.json").write_text(json.dumps(index), encoding="utf-8")
    yield said
    for path in folder.iterdir():
        path.unlink()


def test_the_kernel_hands_over_the_recording_and_the_notebook_is_marked(lab, page, recorded):
    lab.open(page, "notebooks/00_start_here.ipynb")
    lab.run_cell(page, "narration")
    page.locator(".qkv-start").click()
    page.wait_for_function("() => document.querySelector('.qkv-count').innerText.startsWith('3 /')")
    marked = page.evaluate("() => [...CSS.highlights.get('qkv-spoken')].map(String).join()")
    assert marked.replace("`", "") in [each["text"].replace("`", "") for each in recorded]
    assert "your browser's voice" not in page.inner_text(".qkv-bar")
    page.get_by_text("Waiting for your answer").wait_for()
    assert page.locator(".qkv-bar:popover-open").is_visible()
    page.get_by_role("button", name="Put away").click()
    assert page.locator(".qkv-bar:popover-open").count() == 0
