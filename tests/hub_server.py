"""A hub on this machine that can serve ranges or not, hang up, redirect, refuse and lie."""

import contextlib
import http.server
import json
import threading
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest
from safetensors.numpy import save_file

from qkvlib.checkpoints import http as checkpoint_http
from qkvlib.checkpoints import hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BIG = 3 * 2**20  # bytes of a tensor nobody asks for


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        """Quiet."""

    def do_GET(self):
        plan = self.server.plan
        plan.requests.append(SimpleNamespace(path=self.path, headers=dict(self.headers)))
        answer = plan.answers.pop(0) if plan.answers else None
        if answer is not None and answer(self):
            return
        self.serve()

    def serve(self, hang_up_after=None):
        plan = self.server.plan
        data = plan.files.get(unquote(self.path).rsplit("/", 1)[1])
        if data is None:
            self.refuse(404, {"X-Error-Code": "EntryNotFound"} if plan.commit else {})
            return
        wanted = self.headers.get("Range")
        if wanted and plan.ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            first, last = int(first), min(int(last), len(data) - 1)
            if first >= len(data):
                self.refuse(416, {"Content-Range": f"bytes */{len(data)}"})
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            body = data[first : last + 1]
        else:
            self.send_response(200)
            body = data
        if plan.commit:
            self.send_header("X-Repo-Commit", plan.commit)
        if plan.etag:
            self.send_header("ETag", plan.etag)
        if plan.lengths:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        body = body[:hang_up_after]
        plan.bytes_served += len(body)  # before it is sent: the client must not be able to look first
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def refuse(self, code, headers=None):
        self.send_response(code)
        if self.server.plan.commit:
            self.send_header("X-Repo-Commit", self.server.plan.commit)
        for header in (headers or {}).items():
            self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()


def started():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.plan = SimpleNamespace(
        files={}, requests=[], answers=[], bytes_served=0, ranges=True, commit=COMMIT, etag=None, lengths=True
    )
    server.plan.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A hub that has one repository: a LLaMA of one layer, and an embedding far larger than its attention."""
    server = started()
    monkeypatch.setenv("HF_ENDPOINT", server.plan.url)
    monkeypatch.setenv("QKV_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(checkpoint_http, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(hub, "PAUSES", (0.0, 0.0))
    rng = np.random.default_rng(5)
    shapes = {"q_proj": (30, 70), "k_proj": (6, 70), "v_proj": (6, 70), "o_proj": (70, 30)}
    tensors = {
        f"model.layers.0.self_attn.{module}.weight": rng.normal(size=shape).astype(np.float32)
        for module, shape in shapes.items()
    }
    tensors["model.embed_tokens.weight"] = np.zeros((BIG // 280, 70), np.float32)
    save_file(tensors, tmp_path / "x.safetensors")
    config = {"model_type": "llama", "num_attention_heads": 5, "num_key_value_heads": 1, "rope_theta": 10_000.0}
    server.plan.files = {
        "model.safetensors": (tmp_path / "x.safetensors").read_bytes(),
        "config.json": json.dumps(config).encode(),
    }
    server.plan.tensors = tensors
    yield server.plan
    server.shutdown()
    server.server_close()


def weight(plan, module):
    return plan.tensors[f"model.layers.0.self_attn.{module}.weight"].T


def header_bytes(plan):
    return 8 + int.from_bytes(plan.files["model.safetensors"][:8], "little")
