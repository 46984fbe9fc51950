"""Make the README's picture, docs/lesson-2.png, from lesson 2 as it runs in JupyterLab.

.venv/bin/python -m tools.picture
"""

import io
import sys
from pathlib import Path

from PIL import Image

from qkvlib.atomic import write_atomically
from qkvlib.course.doctor import find_chromium
from tools.jupyterlab import chromium_browser, course_copy, running_lab

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "lesson-2.png"
COLOURS = 128


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("the picture needs a Chromium; `qkv doctor` says how to get one", file=sys.stderr)
        return 1
    with (
        course_copy(ROOT) as course,
        running_lab(course, course / "home") as lab,
        chromium_browser(chromium) as browser,
    ):
        page = browser.new_page(viewport={"width": 1180, "height": 1400}, device_scale_factor=1.5)
        lab.open(page, "notebooks/02_two_tokens.ipynb")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        lab.run_all(page)
        sheet = lab.cell(page, "two-tokens").locator(".jp-OutputArea-output").first
        sheet.locator('[data-node="scaled_scores"] [data-i="2"]').first.hover()
        page.wait_for_function("() => document.querySelector('.ws-tell').innerText.includes('10.6')")
        shot = io.BytesIO(sheet.screenshot())
    picture = Image.open(shot).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    packed = io.BytesIO()
    picture.save(packed, format="PNG", optimize=True)
    write_atomically(TARGET, packed.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
