"""The hub source against a local HTTP server that can do ranges or not, hang up, redirect, refuse and lie."""

import contextlib
import http.server
import json
import threading
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest
import rich.progress
from safetensors.numpy import save_file

from qkvlib import checkpoints
from qkvlib.checkpoints import CheckpointError, hub
from qkvlib.checkpoints import http as checkpoint_http

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


def test_only_the_header_and_the_tensors_asked_for_travel(server):
    model = checkpoints.load("someone/model")
    config = len(server.files["config.json"])
    # The revision is settled by one byte of config.json, then it is read whole.
    assert server.bytes_served == 1 + config + header_bytes(server)
    before = server.bytes_served
    layer = model.attention(0)
    assert server.bytes_served - before == sum(layer_bytes(server).values())
    np.testing.assert_array_equal(layer.W_K, weight(server, "k_proj"))
    np.testing.assert_array_equal(layer.W_O, weight(server, "o_proj"))
    assert server.bytes_served < BIG / 50


def layer_bytes(plan):
    return {name: value.nbytes for name, value in plan.tensors.items() if "self_attn" in name}


def test_a_head_costs_its_rows_alone(server):
    model = checkpoints.load("someone/model")
    before = server.bytes_served
    head = model.head(0, 3)
    assert server.bytes_served - before == 3 * 6 * 70 * 4
    np.testing.assert_array_equal(head.W_Q, weight(server, "q_proj")[:, 18:24])


def test_everything_is_asked_of_one_commit(server):
    checkpoints.load("someone/model", revision="a branch/x").attention(0)
    first, *rest = [request.path for request in server.requests]
    assert first == "/someone/model/resolve/a%20branch%2Fx/config.json"
    assert all(path.startswith(f"/someone/model/resolve/{COMMIT}/") for path in rest)


def test_a_second_load_reads_from_disk(server):
    first = checkpoints.load("someone/model").attention(0)
    before = server.bytes_served
    second = checkpoints.load("someone/model").attention(0)
    assert server.bytes_served - before == 1  # which commit is `main` now?
    np.testing.assert_array_equal(first.W_Q, second.W_Q)


def test_without_network_the_cache_serves(server, monkeypatch):
    first = checkpoints.load("someone/model").attention(0)

    def nobody(*args, **kwargs):
        raise hub.NetworkError("nobody answers")

    monkeypatch.setattr(hub, "get", nobody)
    np.testing.assert_array_equal(checkpoints.load("someone/model").attention(0).W_V, first.W_V)
    with pytest.raises(CheckpointError, match="nobody answers"):
        checkpoints.load("someone/model").tensor("model.embed_tokens.weight")


def test_a_commit_is_never_asked_about_twice(server):
    checkpoints.load("someone/model", revision=COMMIT).attention(0)
    before = len(server.requests)
    checkpoints.load("someone/model", revision=COMMIT).attention(0)
    assert len(server.requests) == before


def test_a_head_is_cut_from_a_layer_already_on_disk(server):
    model = checkpoints.load("someone/model")
    model.attention(0)
    before = server.bytes_served
    assert model.head(0, 1).W_V.shape == (70, 6)
    assert server.bytes_served == before


def test_a_sharded_repository(server):
    server.files = {path.name: path.read_bytes() for path in (checkpoints._DATA / "llama").iterdir()}
    model = checkpoints.load("someone/sharded")
    np.testing.assert_array_equal(model.attention(1).W_Q, checkpoints.tiny("llama").attention(1).W_Q)
    asked = {request.path.rsplit("/", 1)[1] for request in server.requests}
    assert "model-00002-of-00002.safetensors" in asked
    assert "model.safetensors" not in asked


# -- servers without ranges ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [True, False])
def test_without_ranges_the_file_is_taken_whole_once(server, lengths):
    server.ranges, server.lengths = False, lengths
    with pytest.warns(UserWarning, match="does not serve byte ranges: fetching the whole of model.safetensors"):
        model = checkpoints.load("someone/model", progress=False)
    served = server.bytes_served
    assert served >= len(server.files["model.safetensors"])
    np.testing.assert_array_equal(model.attention(0).W_Q, weight(server, "q_proj"))
    again = checkpoints.load("someone/model", revision=COMMIT)
    np.testing.assert_array_equal(again.attention(0).W_V, weight(server, "v_proj"))
    assert server.bytes_served == served


@pytest.mark.parametrize("lengths", [True, False])
def test_without_ranges_there_is_a_limit(server, lengths, tmp_path):
    server.ranges, server.lengths = False, lengths
    with (
        pytest.warns(UserWarning, match="fetching the whole"),
        pytest.raises(CheckpointError, match=r"limit of 1 MB.*larger max_download"),
    ):
        checkpoints.load("someone/model", max_download=10**6, progress=False)
    assert left_over(tmp_path) == []


def left_over(tmp_path):
    """What a failed fetch of the weights must not leave behind."""
    cache = tmp_path / "cache"
    return [*cache.rglob("*.part"), *cache.rglob("model.safetensors/whole.bin")]


def test_without_ranges_a_broken_transfer_is_not_kept(server, tmp_path):
    server.ranges = False
    server.answers = [None, None, None, lambda h: h.serve(hang_up_after=1000) or True]
    with pytest.warns(UserWarning, match="fetching"), pytest.raises(CheckpointError, match="hung up after 1,000 of"):
        checkpoints.load("someone/model", progress=False)
    assert left_over(tmp_path) == []


# -- resuming -----------------------------------------------------------------------------------------------------


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(server):
    model = checkpoints.load("someone/model")
    server.answers = [lambda h: h.serve(hang_up_after=1000) or True, lambda h: h.serve(hang_up_after=7) or True]
    before, asked = server.bytes_served, len(server.requests)
    layer = model.attention(0)
    np.testing.assert_array_equal(layer.W_Q, weight(server, "q_proj"))
    assert server.bytes_served - before == sum(layer_bytes(server).values())
    begins = [int(r.headers["Range"].removeprefix("bytes=").split("-")[0]) for r in server.requests[asked:]][:3]
    assert [begin - begins[0] for begin in begins] == [0, 1000, 1007]


def test_a_later_load_resumes_what_an_earlier_one_left(server):
    model = checkpoints.load("someone/model")
    server.answers = [lambda h: h.serve(hang_up_after=500) or True] * 3
    with pytest.raises(CheckpointError, match=r"hung up 3 times in the middle of model\.safetensors"):
        model.attention(0)
    before = server.bytes_served
    layer = checkpoints.load("someone/model", revision=COMMIT).attention(0)
    np.testing.assert_array_equal(layer.W_Q, weight(server, "q_proj"))
    assert server.bytes_served - before == sum(layer_bytes(server).values()) - 1500


def test_a_part_abandoned_by_a_killed_process_is_taken_over(server, tmp_path, monkeypatch):
    model = checkpoints.load("someone/model")
    info = model.info("model.layers.0.self_attn.q_proj.weight")
    folder = next(path for path in (tmp_path / "cache").rglob("model.safetensors") if path.is_dir())
    left = folder / f"{info.start}-{info.stop}.of-another-process.part"
    left.write_bytes(server.files["model.safetensors"][info.start : info.start + 40])
    monkeypatch.setattr(hub, "_ABANDONED", -1.0)
    before = server.bytes_served
    np.testing.assert_array_equal(model.tensor("model.layers.0.self_attn.q_proj.weight").T, weight(server, "q_proj"))
    assert server.bytes_served - before == info.stop - info.start - 40


def test_a_piece_cut_short_on_disk_is_fetched_again(server, tmp_path):
    checkpoints.load("someone/model").attention(0)
    for piece in (tmp_path / "cache").rglob("*-*.bin"):
        piece.write_bytes(piece.read_bytes()[:-1])
    layer = checkpoints.load("someone/model", revision=COMMIT).attention(0)
    np.testing.assert_array_equal(layer.W_Q, weight(server, "q_proj"))


# -- a server that names no commit ----------------------------------------------------------------------------------


def test_without_a_commit_the_etag_tells_whether_the_cache_still_holds(server):
    server.commit, server.etag = None, '"one"'
    checkpoints.load("someone/model").attention(0)
    before = server.bytes_served
    checkpoints.load("someone/model").attention(0)
    again = server.bytes_served - before
    # One byte and the whole of config.json, the header length; everything else came from disk.
    assert again == 1 + len(server.files["config.json"]) + 8
    server.etag = '"two"'
    before = server.bytes_served
    checkpoints.load("someone/model").attention(0)
    assert server.bytes_served - before > again + sum(layer_bytes(server).values())


def test_without_a_commit_or_etag_nothing_kept_is_believed(server):
    server.commit = None
    checkpoints.load("someone/model").attention(0)
    before = server.bytes_served
    checkpoints.load("someone/model").attention(0)
    assert server.bytes_served - before > sum(layer_bytes(server).values())


def test_a_file_that_changes_while_it_is_read(server):
    server.commit, server.etag = None, '"one"'
    model = checkpoints.load("someone/model")
    server.etag = '"two"'
    with pytest.raises(CheckpointError, match=r"changed on 127\.0\.0\.1:.* while it was being read; load it again"):
        model.attention(0)
    assert checkpoints.load("someone/model").attention(0).W_Q.shape == (70, 30)


# -- who may, and where to ------------------------------------------------------------------------------------------


def test_the_token_is_sent_to_the_hub_and_to_nobody_it_redirects_to(server, monkeypatch):
    other = started()
    other.plan.files = server.files
    monkeypatch.setenv("HF_TOKEN", " hf_secret ")

    def elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", f"{other.plan.url}/r/resolve/x/{handler.path.rsplit('/', 1)[1]}")
        handler.send_header("X-Repo-Commit", COMMIT)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.answers = [elsewhere] * 20
    other.plan.commit = None
    try:
        layer = checkpoints.load("someone/model").attention(0)
    finally:
        other.shutdown()
        other.server_close()
    np.testing.assert_array_equal(layer.W_Q, weight(server, "q_proj"))
    assert {request.headers.get("Authorization") for request in server.requests} == {"Bearer hf_secret"}
    assert other.plan.requests
    assert not any("Authorization" in request.headers for request in other.plan.requests)
    assert all(COMMIT in request.path for request in server.requests[1:])


@pytest.mark.parametrize(
    ("code", "header", "token", "message"),
    [
        (
            401,
            "GatedRepo",
            "",
            r"someone/model is gated \(401\): accept its licence at .*/someone/model, then set HF_TOKEN",
        ),
        (403, "GatedRepo", "hf_x", r"someone/model is gated \(403\)"),
        (403, "", "hf_x", r"someone/model is gated \(403\)"),
        (
            401,
            "RepoNotFound",
            "",
            r"no repository someone/model on .*check the spelling; if it is private, set HF_TOKEN",
        ),
        (404, "RepoNotFound", "hf_x", "the token in HF_TOKEN may not see it"),
        (401, "", "", "no repository someone/model"),
        (404, "RevisionNotFound", "", r"has no such revision \(404\): see .*/someone/model/commits"),
        (429, "", "", "asks for fewer requests"),
        (500, "", "", "answered 500"),
        (503, "", "", "answered 503"),
        (418, "", "", "answered 418"),
    ],
)
def test_refusals_are_explained(server, monkeypatch, code, header, token, message):
    monkeypatch.setenv("HF_TOKEN", token)
    server.answers = [lambda h: h.refuse(code, {"X-Error-Code": header} if header else {}) or True] * 5
    with pytest.raises(CheckpointError, match=message) as caught:
        checkpoints.load("someone/model")
    assert "hf_x" not in str(caught.value)


def test_a_busy_server_is_asked_again(server):
    server.answers = [lambda h: h.refuse(503) or True, lambda h: h.refuse(429) or True]
    assert checkpoints.load("someone/model").n_heads == 5


def test_a_repository_without_weights(server):
    del server.files["model.safetensors"]
    with pytest.raises(CheckpointError, match=r"neither model\.safetensors nor model\.safetensors\.index\.json"):
        checkpoints.load("someone/model")


def test_a_repository_without_config(server):
    del server.files["config.json"]
    with pytest.raises(CheckpointError, match="pass n_heads"):
        checkpoints.load("someone/model")
    assert checkpoints.load("someone/model", n_heads=5, n_kv_heads=1).n_heads == 5


def test_nobody_listens(server, monkeypatch):
    lonely = started()
    lonely.shutdown()
    lonely.server_close()
    monkeypatch.setenv("HF_ENDPOINT", lonely.plan.url)
    with pytest.raises(CheckpointError, match=r"127\.0\.0\.1:\d+ cannot be reached .*needs no network"):
        checkpoints.load("someone/model")


@pytest.mark.parametrize("endpoint", ["ftp://example.org", "example.org", "https://"])
def test_an_endpoint_that_is_none(server, monkeypatch, endpoint):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(CheckpointError, match="HF_ENDPOINT is"):
        checkpoints.load("someone/model")


def test_a_token_with_a_line_break_is_not_shown(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret\nX-Injected: yes")
    with pytest.raises(CheckpointError, match="HF_TOKEN holds spaces") as caught:
        checkpoints.load("someone/model")
    assert "secret" not in str(caught.value)


def test_a_token_does_not_travel_unencrypted(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(checkpoint_http, "_LOOPBACK", ())
    checkpoints.load("someone/model")
    assert not any("Authorization" in request.headers for request in server.requests)


# -- servers that lie -----------------------------------------------------------------------------------------------


def test_a_header_length_beyond_the_file(server):
    server.files["model.safetensors"] = (2**40).to_bytes(8, "little") + bytes(100)
    with pytest.raises(CheckpointError, match="announce a header of 1,099,511,627,776 bytes"):
        checkpoints.load("someone/model")
    assert server.bytes_served < 1000


@pytest.mark.parametrize("size", [0, 5])
def test_a_file_shorter_than_its_header_length(server, size):
    server.files["model.safetensors"] = bytes(size)
    with pytest.raises(CheckpointError, match="truncated"):
        checkpoints.load("someone/model")


def test_a_truncated_file(server):
    server.files["model.safetensors"] = server.files["model.safetensors"][:-1]
    with pytest.raises(CheckpointError, match="it is truncated"):
        checkpoints.load("someone/model")


@pytest.mark.parametrize("described", ["bytes 3-10/99", "bytes 0-7/*", "nonsense", ""])
def test_a_range_that_was_not_asked_for(server, described):
    def lie(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", described)
        handler.send_header("Content-Length", "8")
        handler.end_headers()
        handler.wfile.write(bytes(8))
        return True

    server.answers = [None, None, None, lie]
    with pytest.raises(CheckpointError, match="answered 206 with Content-Range"):
        checkpoints.load("someone/model")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_login_page_in_place_of_a_file_is_not_kept(server, name):
    right = server.files[name]
    server.files[name] = b"<html>Please sign in to this network.</html>"
    with pytest.raises(CheckpointError, match="download it again"):
        checkpoints.load("someone/model")
    server.files[name] = right
    assert checkpoints.load("someone/model").attention(0).W_Q.shape == (70, 30)


def test_a_config_of_absurd_size(server, monkeypatch):
    monkeypatch.setattr(hub, "MAX_JSON", 10)
    with pytest.raises(CheckpointError, match=r"config\.json .* above the limit"):
        checkpoints.load("someone/model")


def test_a_commit_that_is_a_path_is_not_believed(server, tmp_path):
    server.commit = "../../../elsewhere"
    checkpoints.load("someone/model")
    assert not (tmp_path / "elsewhere").exists()
    assert any("unpinned-main" in str(path) for path in (tmp_path / "cache").rglob("*"))


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("QKV_CACHE", str(tmp_path / "file"))
    with pytest.raises(CheckpointError, match=r"Cannot write to the cache .*set QKV_CACHE"):
        checkpoints.load("someone/model")


def test_the_progress_bar_counts_what_arrives(server, monkeypatch):
    seen = []
    monkeypatch.setattr(hub, "_BAR_FROM", 1)
    monkeypatch.setattr(rich.progress.Progress, "advance", lambda self, task, n: seen.append(n))
    model = checkpoints.load("someone/model")
    seen.clear()
    model.attention(0)
    assert sum(seen) == sum(layer_bytes(server).values())
