"""Runs the worksheet's JavaScript engine in node: questions and answers as JSON."""

import json
import subprocess
from pathlib import Path

from qkvlib.widgets.bundle import HERE
from qkvlib.widgets.worksheet import Worksheet

HERE_TESTS = Path(__file__).parent


def run_module(node: str, program: str, message: dict):
    """What a node program in tests/ prints as JSON for a JSON message; it is told where the widgets lie."""
    text = json.dumps({"folder": str(HERE), **message}, allow_nan=False)
    command = [node, str(HERE_TESTS / program)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(node: str, sheet, *questions):
    """Answers of the engine to questions such as ["say", "{Q[0,0]}"], for a sheet in its starting state (or None)."""
    message = {"ask": list(questions)}
    if sheet is not None:
        worksheet = Worksheet(sheet)
        message |= {"spec": worksheet.spec, **worksheet.spec["initial"]}
        worksheet.close()
    return run_module(node, "engine_state.mjs", message)
