"""GGUF: the same numbers as the published layout, a whole forward pass, and one sentence for every broken file."""

import contextlib
import struct

import gguf
import gguf_files
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkvlib import attention, checkpoints
from qkvlib.checkpoints import CheckpointError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return gguf_files.tiny_llama(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def model(path):
    return checkpoints.load(path).language_model(progress=False)


def first_ids():
    """The tokens of transformers' recorded run, found by their rows: each is an embedding after the first norm."""
    X, _, _ = checkpoints.tiny_reference("llama", 0)
    tiny = checkpoints.tiny("llama")
    E = tiny.tensor("model.embed_tokens.weight")
    normed = E / np.sqrt((E * E).mean(-1, keepdims=True) + 1e-6) * tiny.tensor("model.layers.0.input_layernorm.weight")
    return [int(np.abs(normed - row).sum(-1).argmin()) for row in X.reshape(-1, X.shape[-1])]


def test_names_and_numbers_are_those_of_the_published_layout(path):
    ours, published = checkpoints.load(path), checkpoints.tiny("llama")
    assert ours.names == published.names
    for name in published.names:
        np.testing.assert_array_equal(ours.tensor(name), published.tensor(name))
    np.testing.assert_array_equal(ours.head(1, 3).W_K, published.head(1, 3).W_K)
    assert (ours.n_heads, ours.n_kv_heads, ours.rotary.theta) == (4, 2, published.rotary.theta)


def test_rows_of_wider_heads_return_from_neighbours_to_halves(tmp_path):
    rng = np.random.default_rng(0)
    names = {"q_proj": (16, 8), "k_proj": (8, 8), "v_proj": (8, 8), "o_proj": (8, 16)}
    tensors = {f"model.layers.0.self_attn.{n}.weight": rng.normal(size=s).astype("f4") for n, s in names.items()}
    read = checkpoints.load(gguf_files.written(tmp_path / "wide.gguf", tensors, n_heads=2, n_kv_heads=1))
    for name, expected in tensors.items():
        np.testing.assert_array_equal(read.tensor(name), expected)


def test_a_block_of_few_bits_is_read_as_the_package_reads_it(tmp_path):
    rng = np.random.default_rng(1)
    shape = {"q_proj": (64, 64), "k_proj": (64, 64), "v_proj": (64, 64), "o_proj": (64, 64)}
    tensors = {f"model.layers.0.self_attn.{n}.weight": rng.normal(size=s).astype("f4") for n, s in shape.items()}
    kind = gguf.GGMLQuantizationType.Q8_0
    read = checkpoints.load(gguf_files.written(tmp_path / "q.gguf", tensors, n_heads=2, n_kv_heads=2, kind=kind))
    name = "model.layers.0.self_attn.v_proj.weight"
    np.testing.assert_array_equal(
        read.tensor(name), gguf.quants.dequantize(gguf.quants.quantize(tensors[name], kind), kind)
    )
    assert read.info(name).dtype == "Q8_0"
    assert 0 < np.abs(read.tensor(name) - tensors[name]).max() < 0.02  # a step is the block's largest number / 127


def test_the_forward_pass_is_transformers_own(model):
    run = model.run_ids(first_ids())
    for number, layer in enumerate(run.layers):
        X, out, weights = checkpoints.tiny_reference("llama", number)
        np.testing.assert_allclose(layer.X, X.reshape(layer.X.shape), atol=2e-6)
        np.testing.assert_allclose(layer.weights, weights.reshape(layer.weights.shape), atol=2e-6)
        merged = attention.merge_heads(layer.heads) @ model.checkpoint.attention(number).W_O
        np.testing.assert_allclose(merged, out.reshape(merged.shape), atol=2e-6)


def test_a_sentence_becomes_tokens_logits_and_a_loss(model):
    run = model.run("ab 1")
    assert run.tokens == ("ab", " ", "1")
    p = attention.softmax(model.run("ab").logits)[3], attention.softmax(model.run("ab ").logits)[5]
    assert run.loss == pytest.approx(-np.log(p).mean(), rel=1e-5)
    np.testing.assert_allclose(run.last @ model.W_U, run.logits, rtol=1e-5)
    assert np.isnan(model.run("a").loss)


def test_an_edit_changes_what_it_names_and_what_follows(model):
    ids = [0, 1, 2, 8]

    def silence(layer, name, array):
        return array * (0 if (layer, name) == (0, "heads") else 1)

    plain, edited = model.run_ids(ids), model.run_ids(ids, [silence])
    np.testing.assert_array_equal(plain.layers[0].weights, edited.layers[0].weights)
    assert not edited.layers[0].heads.any()
    assert np.abs(plain.logits - edited.logits).max() > 1e-4


def test_loading_shows_a_bar_only_where_asked(path, capsys):
    checkpoints.load(path).language_model(progress=False)
    assert capsys.readouterr().out == ""


def test_too_long_and_empty_are_said(model):
    with pytest.raises(CheckpointError, match=r"33 tokens; the context of tiny\.gguf holds 32"):
        model.run_ids([0] * 33)
    with pytest.raises(CheckpointError, match="no word"):
        model.run("")


# -- files that are not what they say --------------------------------------------------------------------------------


def test_another_architecture(tmp_path):
    with pytest.raises(CheckpointError, match=r"architecture 'mamba'; of GGUF files only 'llama'"):
        checkpoints.load(gguf_files.tiny_llama(tmp_path / "m.gguf", architecture="mamba"))


def test_another_way_of_splitting_text(tmp_path):
    checkpoint = checkpoints.load(gguf_files.tiny_llama(tmp_path / "m.gguf", pre="llama-bpe"))
    with pytest.raises(CheckpointError, match="llama-bpe"):
        checkpoint.language_model(progress=False)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3, 0.6, 0.95, 0.999])
def test_truncated(path, tmp_path, share):
    data = path.read_bytes()
    short = tmp_path / "short.gguf"
    short.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(CheckpointError, match=r"short\.gguf"):
        checkpoints.load(short)


def forged(path, tmp_path, old, new):
    data = path.read_bytes()
    assert data.count(old) == 1
    out = tmp_path / "forged.gguf"
    out.write_bytes(data.replace(old, new))
    return out


def test_lying_offsets_and_unknown_kinds(path, tmp_path):
    name = b"blk.1.ffn_down.weight"
    data = path.read_bytes()
    entry = data.index(name) + len(name)
    n_axes = struct.unpack_from("<I", data, entry)[0]
    kind_at = entry + 4 + 8 * n_axes
    head, kind, offset = (
        data[entry - len(name) : kind_at],
        data[kind_at : kind_at + 4],
        data[kind_at + 4 : kind_at + 12],
    )
    with pytest.raises(CheckpointError, match="would end at byte"):
        checkpoints.load(forged(path, tmp_path, head + kind + offset, head + kind + struct.pack("<Q", 1 << 40)))
    with pytest.raises(CheckpointError, match=r"number 999"):
        checkpoints.load(forged(path, tmp_path, head + kind, head + struct.pack("<I", 999)))


def test_announced_counts_are_not_believed(tmp_path):
    for counts in ((1 << 60, 1), (1, 1 << 60)):
        bad = tmp_path / "bad.gguf"
        bad.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, *counts) + b"\0" * 64)
        with pytest.raises(CheckpointError, match="above the limit"):
            checkpoints.load(bad)
    bad.write_bytes(b"GGUF" + struct.pack("<IQQ", 9, 0, 0))
    with pytest.raises(CheckpointError, match="version 9"):
        checkpoints.load(bad)
    bad.write_bytes(b"JUNK" * 20)
    with pytest.raises(CheckpointError, match="letters GGUF"):
        checkpoints.load(bad)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_a_damaged_header_is_a_sentence_or_harmless(path, tmp_path_factory, at, junk):
    data = bytearray(path.read_bytes())
    at %= 1600
    data[at : at + len(junk)] = junk
    damaged = tmp_path_factory.mktemp("damaged") / "d.gguf"
    damaged.write_bytes(data)
    with contextlib.suppress(CheckpointError):  # every other exception fails the test
        checkpoints.load(damaged)


@pytest.mark.parametrize("package", ["gguf", "tokenizers"])
def test_without_the_packages_one_sentence_says_what_to_install(path, monkeypatch, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(CheckpointError, match=rf"{package} is needed: pip install 'qkvlib\[real\]'"):
        checkpoints.load(path).language_model(progress=False)


def test_safetensors_bring_no_words():
    with pytest.raises(CheckpointError, match="brings no words"):
        checkpoints.tiny("llama").language_model()
