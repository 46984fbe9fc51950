"""Every answer a hub can give, honest or not, and the sentence it becomes; where the token goes."""

import numpy as np
import pytest
from hub_server import BIG, COMMIT, header_bytes, server, started, weight  # noqa: F401 - server is a fixture

from qkvlib import checkpoints
from qkvlib.checkpoints import CheckpointError, hub
from qkvlib.checkpoints import http as checkpoint_http


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
