"""`qkv lab`: the address it prints is the one that answers, and what cannot work says so in one line."""

import os
import re
import socket
import subprocess
import sys

import pytest

from qkvlib.course import lab as module
from qkvlib.course.lab import CannotOpen, choose_port, command, free_one
from tools.jupyterlab import end, free_port, wait_until_answering


@pytest.fixture
def taken():
    """A port that something listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def qkv(*arguments, cwd):
    line = [sys.executable, "-c", "from qkvlib.cli import app; app(prog_name='qkv')", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=60)


def test_a_taken_port_is_named_with_one_that_is_free(taken):
    with pytest.raises(CannotOpen, match=f"Port {taken} is taken; choose another, such as PORT=") as refused:
        choose_port(taken)
    assert choose_port(int(re.search(r"PORT=(\d+)", str(refused.value))[1]))


def test_without_a_wish_the_next_free_port_is_taken(taken, monkeypatch):
    monkeypatch.setattr(module, "FIRST_PORT", taken)
    assert taken < choose_port(None) < taken + module.TRIES


def test_no_free_port_at_all(monkeypatch):
    monkeypatch.setattr(module, "is_free", lambda port: False)
    with pytest.raises(CannotOpen, match="all taken"):
        free_one(8888)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port(port):
    with pytest.raises(CannotOpen, match="is not a port"):
        choose_port(port)


def test_the_server_listens_on_this_machine_only_and_asks_for_its_token(tmp_path):
    line = command(tmp_path, 9000, "secret", open_browser=False)
    assert "--ServerApp.ip=127.0.0.1" in line
    assert "--IdentityProvider.token=secret" in line
    assert "--no-browser" in line
    assert "--no-browser" not in command(tmp_path, 9000, "secret", open_browser=True)


def test_a_taken_port_ends_the_command_with_one_line(root, taken):
    said = qkv("lab", "--no-browser", "--port", str(taken), cwd=root)
    assert said.returncode == 1
    assert said.stderr.startswith(f"qkv: Port {taken} is taken")
    assert said.stderr.count("\n") == 1
    assert said.stdout == ""


def test_a_course_without_its_notebooks_says_how_to_get_them(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "qkvlib").mkdir()
    said = qkv("lab", "--no-browser", cwd=tmp_path)
    assert said.returncode == 1
    assert "run `make build`" in said.stderr


@pytest.mark.slow
def test_the_printed_address_answers(root, tmp_path):
    port = free_port()
    environment = {
        **os.environ,
        **{name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")},
    }
    line = ["from qkvlib.cli import app; app(prog_name='qkv')", "lab", "--no-browser", "--port", str(port)]
    with open(tmp_path / "said", "w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", *line],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            answer = wait_until_answering(f"http://127.0.0.1:{port}/api", process, 90, tmp_path / "said")
            said.seek(0)
            printed = said.read()
        finally:
            end(process)
    assert "version" in answer
    assert re.search(rf"http://127\.0\.0\.1:{port}/lab/tree/notebooks/00_start_here\.ipynb\?token=\w+", printed)
