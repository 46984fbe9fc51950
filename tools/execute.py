"""Run a draft in a fresh kernel and keep what is true on every machine: no times, paths or widget state."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import predictions
from tools.assemble import METADATA, Draft
from tools.lessonfile import Refusal
from tools.narration import script

CELL_SECONDS = 120
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINE_IN_CELL = re.compile(r"Cell In\[\d+\], line (\d+)")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")


async def run(draft: Draft) -> str:
    """Execute `draft`, return the built notebook's text; raises Refusal naming the lesson's file and line."""
    with tempfile.TemporaryDirectory(prefix="qkv-build-") as place:
        work = Path(place, "work")
        work.mkdir()
        asked = Path(place, "predictions", "asked.json")
        asked.parent.mkdir()
        asked.write_text(predictions.as_text(draft.predictions), encoding="utf-8")
        said = Path(place, "narration", script.target(draft.lesson).name)
        said.parent.mkdir()
        if draft.narration:
            said.write_text(script.as_text(draft.narration), encoding="utf-8")
        notebook = nbformat.from_dict(draft.notebook)
        running: list[NotebookNode] = []
        client = NotebookClient(
            notebook,
            on_cell_execute=lambda cell, cell_index: running.append(cell),
            timeout=CELL_SECONDS,
            startup_timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # the progress bar is the only thing to watch
            resources={"metadata": {"path": str(work)}},
        )
        try:
            await client.async_execute(env=_environment(Path(place)))
        except CellExecutionError as error:
            raise Refusal(_broken_cell(draft, notebook, error)) from error
        except (CellTimeoutError, DeadKernelError) as error:
            authored = draft.cells.get(running[-1].id) if running else None
            late = isinstance(error, CellTimeoutError)
            reason = f"still running after {CELL_SECONDS} s" if late else "the kernel died while running this cell"
            raise Refusal(draft.lesson.at(authored.line if authored else 1, reason)) from error
        if stray := sorted(path.name for path in work.iterdir()):
            raise Refusal(draft.lesson.at(1, f"running the lesson left files behind: {', '.join(stray)}"))
    problems = list(_normalise(draft, notebook, forbidden=(place, str(Path.cwd()), str(Path.home()), sys.prefix)))
    if problems:
        raise Refusal("\n".join(problems))
    return as_text(notebook)


def as_text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _environment(place: Path) -> dict[str, str]:
    """Nothing of the person's own set-up may leak in: progress, start-up files, kernels, matplotlib style."""
    keep = {
        key: value for key, value in os.environ.items() if not key.startswith(("QKV_", "JUPYTER", "IPYTHON", "MPL"))
    }
    return {
        **keep,
        "QKV_HOME": str(place / "home"),
        "QKV_PREDICTIONS": str(place / "predictions"),
        "QKV_NARRATION": str(place / "narration"),
        "IPYTHONDIR": str(place / "ipython"),
        "JUPYTER_CONFIG_DIR": str(place / "config"),
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR") or str(Path(tempfile.gettempdir(), "qkv-build-matplotlib")),
        "PYTHONPATH": "",
        "TZ": "UTC",
    }


def _broken_cell(draft: Draft, notebook: NotebookNode, error: CellExecutionError) -> str:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                authored = draft.cells[cell.id]
                inner = _LINE_IN_CELL.search(_ANSI.sub("", "\n".join(output.traceback)))
                line = authored.line + (int(inner[1]) - 1 if inner else 0)
                message = " ".join(output.evalue.split())
                return draft.lesson.at(line, f"{output.ename}: {message} (building {draft.target})")
    return draft.lesson.at(1, f"{error.ename}: {error.evalue} (building {draft.target})")


def _normalise(draft: Draft, notebook: NotebookNode, forbidden: tuple[str, ...]) -> Iterator[str]:
    """Strip what differs from run to run; yield what must not be in a stored output at all."""
    notebook.metadata = nbformat.from_dict({**METADATA, "qkv": notebook.metadata["qkv"]})
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        line = draft.cells[cell.id].line
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield draft.lesson.at(line, f"this cell prints to stderr: {output.text.strip().splitlines()[-1]}")
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if missing := _describe_images(output, cell.metadata.get("alt")):
                yield draft.lesson.at(line, missing)
            text = _text_of(output)
            if _ADDRESS.search(text):
                yield draft.lesson.at(
                    line,
                    "the output shows a memory address; end the cell with a value that has a stable repr",
                )
            for path in forbidden:
                if path and path in text:
                    yield draft.lesson.at(line, "the output shows a path of this machine")


def _describe_images(output: NotebookNode, alt: str | None) -> str:
    """Put alt text on every picture: the cell's own, else the true sentence a widget has as its repr."""
    images = [mime for mime in output.get("data", {}) if mime in ("image/png", "image/jpeg")]
    if "image/svg+xml" in output.get("data", {}):
        return "an SVG picture is not compared by the tests; draw a PNG"
    text = "".join(output.get("data", {}).get("text/plain", ""))
    if images and not alt and text.startswith("<"):
        return "this cell draws a picture; tag it `figure` and give it `:alt:`"
    for mime in images:
        output.metadata.setdefault(mime, {})["alt"] = alt or " ".join(text.split())
    return ""


def _text_of(output: NotebookNode) -> str:
    data = output.get("data", {})
    parts = [str(output.get("text", "")), "\n".join(output.get("traceback", []))]
    parts += [str(value) for mime, value in data.items() if not mime.startswith("image/")]
    return _ANSI.sub("", "\n".join(parts))
