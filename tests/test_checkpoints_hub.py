"""What travels from a hub and what is kept of it, against a local server."""

import numpy as np
import pytest
import rich.progress
from hub_server import BIG, COMMIT, header_bytes, server, weight  # noqa: F401 - server is a fixture

from qkvlib import checkpoints
from qkvlib.checkpoints import CheckpointError, hub


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


def test_the_progress_bar_counts_what_arrives(server, monkeypatch):
    seen = []
    monkeypatch.setattr(hub, "_BAR_FROM", 1)
    monkeypatch.setattr(rich.progress.Progress, "advance", lambda self, task, n: seen.append(n))
    model = checkpoints.load("someone/model")
    seen.clear()
    model.attention(0)
    assert sum(seen) == sum(layer_bytes(server).values())
