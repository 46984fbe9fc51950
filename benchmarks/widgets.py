"""An instrument's answer to a hand: each one on its page, and a worksheet in JupyterLab against the usual live figures.

    .venv/bin/python -m benchmarks.widgets     # add --json FILE for machines, --samples N for more than 30

Six tokens, d_model 8, d_head 4; one number is dragged with the pointer. A sample runs from the event's time stamp to
the task after the frame that shows the new picture. All ways draw the same five matrices (X, Q, K, scores, weights):

`worksheet`        ours: the browser computes and draws
`kernel_computed`  an anywidget whose numbers come from the kernel, drawn as a table
`figurewidget`     a kept matplotlib figure, set_data, as a PNG in an Image widget (plotly's FigureWidget itself is not
                   among the course's packages)
`interact_imshow`  ipywidgets.interact, plt.subplots, imshow

Then every instrument, by all ways to change it and by pointing at its cells (widgets_strokes.py), as it starts; the
same with its folds open is measured and not promised.
"""

import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nbformat
import numpy as np
from rich.progress import track

from benchmarks import widgets_strokes as strokes
from benchmarks.report import Limit, Row, finish, parser, percentile
from qkvlib import instruments
from qkvlib.course.doctor import find_chromium
from qkvlib.widgets import Sheet, Worksheet, bundle
from qkvlib.widgets.ops import FAMILIES
from qkvlib.widgets.page import save
from qkvlib.widgets.picture import png
from qkvlib.widgets.views import KINDS
from tools import presses
from tools.jupyterlab import chromium_browser, running_lab

PROBE = (Path(__file__).parent / "widgets_probe.js").read_text(encoding="utf-8")
WIDGETS = Path(__file__).resolve().parent.parent / "qkvlib" / "widgets"
GROWTH = (6, 16, 32, 64, 128, 200)
PAINTS = 5
SIX = "six tokens"  # the worksheet that the instruments are compared with
TWO_FRAMES = 33  # ms

PREPARE = """
import io
import anywidget, ipywidgets, numpy as np, traitlets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from qkvlib.attention import softmax
from qkvlib.widgets import Instrument, Sheet

rng = np.random.default_rng(0)
X0, W_Q, W_K = rng.normal(size=(6, 8)).round(1), rng.normal(size=(8, 4)).round(1), rng.normal(size=(8, 4)).round(1)

def compute(number):
    X = X0.copy()
    X[0, 0] = number
    Q, K = X @ W_Q, X @ W_K
    grid = Q @ K.T / 2
    return [X, Q, K, grid, softmax(grid)]

def imshow(ax, matrix):
    image = ax.imshow(matrix, cmap="RdBu")
    texts = [ax.text(c, r, f"{v:.2f}", ha="center", va="center", fontsize=6) for (r, c), v in np.ndenumerate(matrix)]
    return image, texts

def slider():
    return ipywidgets.FloatSlider(value=0, min=-9, max=9, step=0.1)
"""

WAYS = {
    "worksheet": """
s = Sheet("bench")
X, WQ, WK = s.input("X", X0, step=0.1), s.input("W_Q", W_Q), s.input("W_K", W_K)
Q, K = s.matmul("Q", X, WQ), s.matmul("K", X, WK)
s.softmax("weights", s.scale("scaled", s.scores("scores", Q, K), like=Q))
s.lay(["X", "Q", "K"], ["scaled", "weights"])
shown = Instrument(s)
shown
""",
    "kernel_computed": """
class FromKernel(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
        el.className = "bench-picture";
        const draw = () => {
            const tables = model.get("matrices").map((rows) => {
                const table = document.createElement("table");
                for (const row of rows) {
                    const line = table.insertRow();
                    for (const v of row) {
                        const cell = line.insertCell();
                        cell.textContent = v.toFixed(2);
                        cell.style.background = `rgb(${200 - 40 * v} 200 ${200 + 40 * v})`;
                    }
                }
                return table;
            });
            el.replaceChildren(...tables);
        };
        model.on("change:matrices", draw);
        draw();
    } };'''
    matrices = traitlets.List().tag(sync=True)

picture = FromKernel(matrices=[m.tolist() for m in compute(0)])
turn = slider()
turn.observe(lambda change: setattr(picture, "matrices", [m.tolist() for m in compute(change.new)]), "value")
ipywidgets.VBox([turn, picture])
""",
    "figurewidget": """
figure = Figure(figsize=(9, 5))
drawn = [imshow(ax, m) for ax, m in zip(figure.subplots(2, 3).flat, compute(0))]
image = ipywidgets.Image()
image.add_class("bench-picture")

def redraw(number):
    for (picture, texts), matrix in zip(drawn, compute(number)):
        picture.set_data(matrix)
        for text, value in zip(texts, matrix.flat):
            text.set_text(f"{value:.2f}")
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=72)
    image.value = out.getvalue()

redraw(0)
turn = slider()
turn.observe(lambda change: redraw(change.new), "value")
ipywidgets.VBox([turn, ipywidgets.VBox([image]).add_class("bench-box")])
""",
    "interact_imshow": """
@ipywidgets.interact(number=slider())
def show(number):
    figure, axes = plt.subplots(2, 3, figsize=(9, 5))
    for ax, matrix in zip(axes.flat, compute(number)):
        imshow(ax, matrix)
    plt.show()
""",
}
PICTURE = {
    "worksheet": ('[data-node="weights"]', "text"),
    "kernel_computed": (".bench-picture", "text"),
    "figurewidget": (".bench-box", "image"),
    "interact_imshow": (".widget-interact", "image"),
}
HANDLE = {"worksheet": '[data-node="X"] [data-i="0"]'}
STATE = 'print(repr(float(shown["X"][0, 0])))'


def main(arguments=None):
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--samples", type=int, default=30, help="pointer moves per way")
    options = options.parse_args(arguments)
    chromium = find_chromium()
    if chromium is None:
        print("This benchmark needs Chromium; `qkv doctor` says how to get it.", file=sys.stderr)
        return 2
    figures, rows = {}, []
    with chromium_browser(chromium) as browser, tempfile.TemporaryDirectory() as place:
        with prepared_lab(Path(place)) as lab:
            for way in track(WAYS, "JupyterLab, one way after the other"):
                figures[way] = measure(lab, browser, way, options.samples)
            lost = {
                name: presses.unheard(lab, browser, name) for name in track(instruments.REGISTRY, "90 presses one way")
            }
        answers = {
            name: answer_of(browser, Path(place), name, options.samples)
            for name in track([SIX, *instruments.REGISTRY], "every instrument")
        }
        growth = {n: grow(browser, Path(place), n, options.samples) for n in track(GROWTH, "6 to 200 tokens")}
    for way, (samples, paints, burst) in figures.items():
        rows += [
            Row(f"{way}.p50_ms", percentile(samples, 50), "ms", "input event to painted picture"),
            Row(f"{way}.p95_ms", percentile(samples, 95), "ms", f"{len(samples)} samples"),
            Row(f"{way}.first_paint_ms", percentile(paints, 50), "ms", f"running the cell to paint, of {PAINTS}"),
            Row(f"{way}.burst_drawn", burst["drawn"], "of 90", "30 inputs a second for 3 s"),
            Row(f"{way}.burst_trailing_ms", burst["trailing"], "ms", "last input to last picture"),
        ]
    for n, samples in growth.items():
        rows += [
            Row(f"growth.{n}.p50_ms", percentile(samples, 50), "ms", f"{n} tokens: {n} x {n} scores and weights"),
            Row(f"growth.{n}.p95_ms", percentile(samples, 95), "ms", "on a standalone page"),
        ]
    for name, (closed, opened) in answers.items():
        rows += [
            Row(f"{name}.change_p50_ms", percentile(closed.all_changes, 50), "ms", f"slowest: {closed.slowest}"),
            Row(
                f"{name}.change_p95_ms", percentile(closed.all_changes, 95), "ms", f"{len(closed.all_changes)} changes"
            ),
            Row(f"{name}.point_p95_ms", percentile(closed.pointing, 95), "ms", f"{len(closed.pointing)} cells"),
            Row(f"{name}.open_change_p95_ms", percentile(opened.all_changes, 95), "ms", "all folds open; no promise"),
            Row(f"{name}.open_point_p95_ms", percentile(opened.pointing, 95), "ms", "all folds open; no promise"),
        ]
    six = percentile(answers.pop(SIX)[0].all_changes, 50)
    slowest = {name: percentile(closed.all_changes, 95) for name, (closed, _) in answers.items()}
    middle = {name: percentile(closed.all_changes, 50) / six for name, (closed, _) in answers.items()}
    pointed = {name: percentile(closed.pointing, 95) for name, (closed, _) in answers.items()}
    ours, theirs = figures["worksheet"], figures["interact_imshow"]
    drawn = pictures()
    rows += [Row(f"bytes.{name}", size, "bytes") for name, size in sizes().items()]
    rows += [Row(f"picture.{name}", spent, "ms", "CPU") for name, spent in drawn.items()]
    rows += [Row(f"unheard.{name}", count, "of 90", "presses one way that Python lost") for name, count in lost.items()]
    limits = [
        Limit("worksheet p95_ms", percentile(ours[0], 95), at_most=20),
        Limit("interact_imshow p50 / worksheet p50", percentile(theirs[0], 50) / percentile(ours[0], 50), at_least=50),
        Limit("worksheet first_paint_ms", percentile(ours[1], 50), at_most=150),
        Limit("worksheet pictures of 90 inputs", ours[2]["drawn"], at_least=90),
        Limit("worksheet: presses that Python did not hear of, of 90", ours[2]["off"], at_most=0),
        Limit("instruments: presses that Python did not hear of, of 90 each", max(lost.values()), at_most=0),
        worst("change p95_ms", slowest, TWO_FRAMES),
        worst("change p50 / that of six tokens", middle, 2),
        worst("pointing p95_ms", pointed, TWO_FRAMES),
        Limit("64 x 64 p50_ms", percentile(growth[64], 50), at_most=33),
        Limit("picture of the slowest instrument, CPU ms", max(drawn.values()), at_most=30),
        Limit("bytes: engine and grid", sizes()["engine_and_grid"], at_most=60_000),
        Limit("bytes: the largest view", max(v for k, v in sizes().items() if k.startswith("view.")), at_most=8_000),
        Limit("bytes: everything", sizes()["everything"], at_most=110_000),
    ]
    return finish(options, "from an input event to the new picture on the screen", rows, limits)


def worst(what: str, found: dict[str, float], at_most: float) -> Limit:
    """The largest of the instruments' figures, with the name of the instrument."""
    name = max(found, key=lambda each: found[each])
    return Limit(f"{what}, the slowest instrument ({name})", found[name], at_most=at_most)


def answer_of(browser, place: Path, name: str, samples: int) -> tuple[strokes.Strokes, strokes.Strokes]:
    """How soon an instrument answers as it starts, and with its folds open."""
    worksheet = Worksheet(tokens(6)) if name == SIX else getattr(instruments, name)().sheet
    return strokes.timed(browser, worksheet, place, samples), strokes.timed(
        browser, worksheet, place, samples, unfold=True
    )


def sizes() -> dict[str, int]:
    """Bytes of JavaScript and CSS as a browser gets them: engine and grid, each view, everything a sheet can need, and
    all small widgets, each file once."""
    sent = len((bundle.module("worksheet.js") + bundle.styles("worksheet.css")).encode())
    parts, styles = everything()
    of_sheets = {name for part in (*parts, "page.js") for name in bundle.files(part)} | {"scene.js", "types.js"}
    small = [p.name for p in WIDGETS.glob("*.js") if p.name not in of_sheets]
    small_styles = [p.name for p in WIDGETS.glob("*.css") if p.name not in (*styles, "page.css")]
    views = {}
    for kind in KINDS:
        style = f"views/{kind}.css"
        own = bundle.slim(_read(f"views/{kind}.js")) + (bundle.styles(style) if style in styles else "")
        views[f"view.{kind}"] = len(own.encode())
    return {
        "engine_and_grid": sent,
        **views,
        "everything": len((bundle.module(*parts) + bundle.styles(*styles)).encode()),
        "small_widgets": sum(len(bundle.slim(_read(name)).encode()) for name in small)
        + len(bundle.styles(*small_styles).encode()),
    }


def everything() -> tuple[list[str], list[str]]:
    """(JavaScript files, style sheets) of a sheet that uses all there is."""
    extra = [*(f"ops_{family}.js" for family in FAMILIES), "heat_grid.js", "bands.js", "play.js"]
    own = sorted(str(path.relative_to(WIDGETS)) for path in WIDGETS.glob("views/*.css"))
    return [*extra, *(f"views/{kind}.js" for kind in KINDS), "worksheet.js"], [
        "worksheet.css",
        "scene.css",
        "looks.css",
        *own,
    ]


def _read(name: str) -> str:
    return (WIDGETS / name).read_text(encoding="utf-8")


def pictures() -> dict[str, float]:
    """CPU milliseconds of each instrument's PNG, the second of two, in this process."""
    spent = {}
    for name in instruments.REGISTRY:
        worksheet = getattr(instruments, name)().sheet
        png(worksheet)
        start = time.process_time()
        png(worksheet)
        spent[name] = (time.process_time() - start) * 1000
    return spent


@contextmanager
def prepared_lab(place: Path):
    """JupyterLab on a folder with one notebook per way."""
    root = place / "root"
    root.mkdir()
    for way, source in WAYS.items():
        sources = [PREPARE, *[source] * PAINTS, STATE if way == "worksheet" else "pass"]
        cells = [nbformat.v4.new_code_cell(text.strip(), id=f"cell-{k}") for k, text in enumerate(sources)]
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), root / f"{way}.ipynb")
    presses.write_notebooks(root)
    with running_lab(root, place / "home") as lab:
        yield lab


def measure(lab, browser, way, count):
    """(milliseconds per sample, milliseconds to each first paint, the burst's figures) of one way."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.add_init_script(PROBE)
    lab.open(page, f"{way}.ipynb")
    lab.run_cell(page, "cell-0")
    selector, kind = PICTURE[way]
    paints = []
    for k in range(1, PAINTS + 1):
        page.evaluate(
            """async (k) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
                notebook.activeCellIndex = k;
                await notebook.scrollToItem(k, "start");
            }""",
            k,
        )
        page.wait_for_timeout(500)
        paints.append(page.evaluate("([selector, kind]) => probe.firstPaint(selector, kind)", [selector, kind]))
    page.wait_for_timeout(1000)
    target = HANDLE.get(way, ".noUi-handle")
    samples = drag(page, target, selector, kind, count)
    # The worksheet goes one way only: a burst that ends where it began could hide a lost update.
    keys = ["ArrowUp", "ArrowUp"] if way == "worksheet" else ["ArrowLeft", "ArrowRight"]
    before = number_of(page, HANDLE[way]) if way == "worksheet" else 0.0
    # Watched is what changes exactly once per drawing: the picture, or of the worksheet the text of one cell.
    burst = page.evaluate(
        "([target, keys, watched]) => probe.burst(target, keys, watched, 90, 30)",
        [target, keys, HANDLE.get(way, selector)],
    )
    if way == "worksheet":
        burst["off"] = round(90 - (float(presses.printed(lab, page, f"cell-{PAINTS + 1}")) - before) / 0.1, 6)
    context.close()
    return samples, paints, burst


def drag(page, target, selector, kind, count):
    """Drags `target` to and fro; milliseconds from each pointer event to its painted picture."""
    box = page.locator(target).first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    samples = []
    for k in range(count + 3):
        page.evaluate("([selector, kind]) => probe.arm(selector, kind)", [selector, kind])
        page.mouse.move(x + (24 if k % 2 else 48), y)
        sample = page.evaluate("() => probe.sample")
        if sample is None:
            raise RuntimeError(f"moving {target} did not change {selector}")
        if k >= 3:  # the first ones warm up
            samples.append(sample)
        page.wait_for_timeout(120)
    page.mouse.up()
    return samples


def number_of(page, selector: str) -> float:
    """What a cell shows, as a number."""
    return float(page.locator(selector).first.inner_text().replace("−", "-"))


def tokens(n: int) -> Sheet:
    """X [n, 8] -> Q, K [n, 4] -> scores and weights [n, n]."""
    rng = np.random.default_rng(n)
    s = Sheet("growth")
    X = s.input("X", rng.normal(size=(n, 8)).round(1))
    Q, K = (s.matmul(name, X, s.input(f"W_{name}", rng.normal(size=(8, 4)).round(1))) for name in "QK")
    s.softmax("weights", s.scale("scaled", s.scores("scores", Q, K), like=Q))
    s.lay(["W_Q"], ["scaled", s.panel("weights", max=1)], [s.say("{Q[0,0]}")])
    return s


def grow(browser, place, n, count):
    """Samples of a sheet with n tokens on a page of its own."""
    save(Worksheet(tokens(n)), place / "growth.html")
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.add_init_script(PROBE)
    page.goto((place / "growth.html").as_uri())
    page.wait_for_selector(".qkv-ws")
    samples = drag(page, '[data-node="W_Q"] [data-i="0"]', ".ws-say", "text", count)
    context.close()
    return samples


if __name__ == "__main__":
    sys.exit(main())
