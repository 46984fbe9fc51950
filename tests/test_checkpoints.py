"""Every layout gives the same picture, and our attention gives what transformers gives."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file
from shapes import enforced

from qkvlib import attention, checkpoints
from qkvlib.checkpoints import CheckpointError, forward

forward = enforced(forward)  # shapes are types: a call that breaks an annotation fails its test

LAYERS = [(architecture, layer) for architecture in checkpoints.TINY for layer in (0, 1)]


@pytest.mark.parametrize(("architecture", "layer"), LAYERS)
def test_our_attention_matches_transformers(architecture, layer):
    X, expected_out, expected_weights = checkpoints.tiny_reference(architecture, layer)
    out, weights = forward.attend(checkpoints.tiny(architecture).attention(layer), X)
    np.testing.assert_allclose(out, expected_out, rtol=0, atol=1e-5)
    np.testing.assert_allclose(weights, expected_weights, rtol=0, atol=1e-5)


def test_whispers_cross_attention_is_what_transformers_gives():
    """Three rows of the text ask seven of the sound, with the decoder's own matrices."""
    model, found = checkpoints.tiny("whisper"), checkpoints.tiny_cross_reference()
    W = {
        role: model.tensor(f"model.decoder.layers.0.encoder_attn.{role}_proj.weight").T
        for role in ("q", "k", "v", "out")
    }
    b = {role: model.tensor(f"model.decoder.layers.0.encoder_attn.{role}_proj.bias") for role in ("q", "v", "out")}
    Q, K, V = found["X"] @ W["q"] + b["q"], found["Y"] @ W["k"], found["Y"] @ W["v"] + b["v"]
    assert (Q.shape, K.shape) == ((3, 8), (7, 8))
    out, weights = attention.attention(*(attention.split_heads(part, 2) for part in (Q, K, V)))
    out = attention.merge_heads(out) @ W["out"] + b["out"]
    np.testing.assert_allclose(weights, found["weights"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(out, found["out"], rtol=0, atol=1e-5)
    assert "model.decoder.layers.0.encoder_attn.k_proj.bias" not in model.names


@pytest.mark.parametrize(("architecture", "layer"), LAYERS)
def test_batch_axes_in_front(architecture, layer):
    X, expected, _ = checkpoints.tiny_reference(architecture, layer)
    out, _ = forward.attend(checkpoints.tiny(architecture).attention(layer), np.stack([[X, X]] * 3))
    assert out.shape == (3, 2, *X.shape)
    np.testing.assert_allclose(out[2, 1], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("architecture", "layer"), LAYERS)
def test_a_head_is_its_columns_of_the_layer(architecture, layer):
    model = checkpoints.tiny(architecture)
    whole = model.attention(layer)
    for number in range(model.n_heads):
        head = model.head(layer, number)
        shared = number // (model.n_heads // model.n_kv_heads)
        for role, block in (("Q", number), ("K", shared), ("V", shared)):
            columns = slice(block * model.d_head, (block + 1) * model.d_head)
            np.testing.assert_array_equal(getattr(head, f"W_{role}"), getattr(whole, f"W_{role}")[:, columns])
            bias, all_biases = getattr(head, f"b_{role}"), getattr(whole, f"b_{role}")
            if all_biases is None:
                assert bias is None
            else:
                np.testing.assert_array_equal(bias, all_biases[columns])


def test_the_pictures_numbers():
    found = {
        name: (m.n_layers, m.d_model, m.n_heads, m.n_kv_heads, m.d_head, m.causal)
        for name in checkpoints.TINY
        for m in [checkpoints.tiny(name)]
    }
    assert found == {
        "gpt2": (2, 8, 2, 2, 4, True),
        "llama": (2, 8, 4, 2, 2, True),
        "bert": (2, 8, 2, 2, 4, False),
        "vit": (2, 8, 2, 2, 4, False),
        "whisper": (2, 8, 2, 2, 4, False),
    }


def test_which_biases_there_are():
    layers = {name: checkpoints.tiny(name).attention(0) for name in checkpoints.TINY}
    present = {
        name: "".join(role for role in "QKVO" if getattr(layer, f"b_{role}") is not None)
        for name, layer in layers.items()
    }
    assert present == {"gpt2": "QKVO", "llama": "", "bert": "QKVO", "vit": "QKVO", "whisper": "QVO"}


def test_a_key_bias_changes_no_weight_in_whisper():
    layer = checkpoints.tiny("whisper").attention(0)
    X, out, weights = checkpoints.tiny_reference("whisper", 0)
    biased = {**vars(layer), "b_K": np.linspace(-3, 3, 8, dtype=np.float32)}
    same_out, same_weights = forward.attend(checkpoints.AttentionLayer(**biased), X)
    np.testing.assert_allclose(same_weights, weights, rtol=0, atol=1e-5)
    np.testing.assert_allclose(same_out, out, rtol=0, atol=1e-5)


def test_split_c_attn_by_hand():
    weight = np.array([[1, 2, 3], [4, 5, 6]])
    (W_Q, b_Q), (W_K, b_K), (W_V, b_V) = checkpoints.split_c_attn(weight, np.array([7, 8, 9]))
    assert (W_Q.tolist(), W_K.tolist(), W_V.tolist()) == ([[1], [4]], [[2], [5]], [[3], [6]])
    assert (b_Q.tolist(), b_K.tolist(), b_V.tolist()) == ([7], [8], [9])
    assert [bias for _, bias in checkpoints.split_c_attn(weight, None)] == [None, None, None]
    with pytest.raises(CheckpointError, match="do not divide into three"):
        checkpoints.split_c_attn(np.zeros((2, 4)), None)


# -- rotary -------------------------------------------------------------------------------------------------------


def test_rotation_by_hand():
    # theta^0 = 1 radian a position for the pair (column 0, column 2), theta^(-1/2) = 0.1 for the pair (1, 3).
    H = np.array([[1.0, 1, 0, 0], [1, 1, 0, 0]])
    turned = forward.rotate(H, checkpoints.Rotary(100.0))
    np.testing.assert_array_equal(turned[0], H[0])
    np.testing.assert_allclose(turned[1], [np.cos(1), np.cos(0.1), np.sin(1), np.sin(0.1)])


def test_rotation_is_that_of_transformers():
    # transformers 5.23.0: apply_rotary_pos_emb with rope_theta=100.0 on three positions of width 6.
    H = np.arange(1.0, 19.0).reshape(3, 6)
    expected = [
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [-4.632593, 5.463467, 8.433517, 11.29332, 12.45594, 12.40467],
        [-19.95867, 5.619834, 13.26684, 5.162517, 21.2936, 19.31297],
    ]
    np.testing.assert_allclose(forward.rotate(H, checkpoints.Rotary(100.0)), expected, rtol=1e-6)


def test_rotated_scores_depend_on_distance_alone():
    rng = np.random.default_rng(2)
    q, k = rng.normal(size=(2, 1, 6))
    rotary = checkpoints.Rotary(10_000.0)
    grid = attention.scores(
        forward.rotate(np.repeat(q, 7, axis=0), rotary), forward.rotate(np.repeat(k, 7, axis=0), rotary)
    )
    for distance in range(-6, 7):
        diagonal = np.diagonal(grid, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-12)


def test_llama3_frequencies_are_those_of_transformers():
    # transformers 5.23.0: ROPE_INIT_FUNCTIONS["llama3"] with Llama 3.1's published rope parameters and head_dim 16.
    scaling = {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192.0,
    }
    rotary = checkpoints.Rotary(500_000.0, "llama3", tuple(scaling.items()))
    np.testing.assert_allclose(forward.frequencies(rotary, 16), LLAMA3_FREQUENCIES, rtol=1e-6)
    linear = checkpoints.Rotary(500_000.0, "linear", (("factor", 4.0),))
    np.testing.assert_allclose(
        forward.frequencies(linear, 16) * 4, forward.frequencies(checkpoints.Rotary(500_000.0), 16)
    )


LLAMA3_FREQUENCIES = [
    1.0,
    0.19392276,
    0.037606031,
    0.0072926651,
    0.00052484602,
    3.4281024e-05,
    6.6478697e-06,
    1.2891732e-06,
]


# -- what a checkpoint may lack or get wrong ----------------------------------------------------------------------


def saved(folder, tensors, config=None):
    folder.mkdir(exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, folder / "model.safetensors")
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def llama_tensors(d_model=15, n_heads=5, n_kv_heads=1, d_head=3, layers=(0,)):
    """LLaMA's names with an axis of its own for everything."""
    rng = np.random.default_rng(3)
    shapes = {
        "q_proj": (n_heads * d_head, d_model),
        "k_proj": (n_kv_heads * d_head, d_model),
        "v_proj": (n_kv_heads * d_head, d_model),
        "o_proj": (d_model, n_heads * d_head),
    }
    return {
        f"model.layers.{layer}.self_attn.{module}.weight": rng.normal(size=shape).astype(np.float32)
        for layer in layers
        for module, shape in shapes.items()
    }


LLAMA_CONFIG = {"model_type": "llama", "num_attention_heads": 5, "num_key_value_heads": 1, "rope_theta": 10_000.0}


def test_a_lone_file_without_config_needs_the_number_of_heads(tmp_path):
    path = saved(tmp_path / "m", llama_tensors()) / "model.safetensors"
    with pytest.raises(CheckpointError, match=r"num_attention_heads.*pass n_heads"):
        checkpoints.load(path)
    model = checkpoints.load(str(path), n_heads=5, n_kv_heads=1)
    assert (model.n_heads, model.n_kv_heads, model.d_head) == (5, 1, 3)
    assert model.head(0, 4).W_Q.shape == (15, 3)
    with pytest.raises(CheckpointError, match="rotary angles is unknown"):
        forward.attend(model.attention(0), np.zeros((2, 15), np.float32))


def test_width_may_differ_from_d_model(tmp_path):
    tensors = llama_tensors(d_model=7, n_heads=4, n_kv_heads=2, d_head=6)
    folder = saved(tmp_path / "m", tensors, {**LLAMA_CONFIG, "num_attention_heads": 4, "num_key_value_heads": 2})
    layer = checkpoints.load(folder).attention(0)
    assert [getattr(layer, f"W_{role}").shape for role in "QKVO"] == [(7, 24), (7, 12), (7, 12), (24, 7)]
    assert forward.attend(layer, np.ones((3, 5, 7), np.float32))[0].shape == (3, 5, 7)


def test_qwen_style_biases_are_read(tmp_path):
    tensors = llama_tensors()
    tensors |= {
        f"model.layers.0.self_attn.{m}_proj.bias": np.ones(n, np.float32)
        for m, n in zip("qkv", (15, 3, 3), strict=True)
    }
    layer = checkpoints.load(saved(tmp_path / "m", tensors, {**LLAMA_CONFIG, "model_type": "qwen2"})).attention(0)
    assert (layer.b_Q.shape, layer.b_K.shape, layer.b_V.shape, layer.b_O) == ((15,), (3,), (3,), None)


def test_missing_tensors_are_named(tmp_path):
    tensors = llama_tensors(layers=(0, 1))
    del tensors["model.layers.1.self_attn.v_proj.weight"]
    model = checkpoints.load(saved(tmp_path / "m", tensors, LLAMA_CONFIG))
    with pytest.raises(
        CheckpointError, match=r"layer 1 lacks model\.layers\.1\.self_attn\.v_proj\.weight; of that layer it has"
    ):
        model.attention(1)
    with pytest.raises(CheckpointError, match="layers 0 to 1: there is no layer 2"):
        model.attention(2)
    with pytest.raises(CheckpointError, match="heads 0 to 4: there is no head 5"):
        model.head(0, 5)
    with pytest.raises(CheckpointError, match="no tensor 'nonsense'"):
        model.tensor("nonsense")


def test_a_bias_the_architecture_always_has_may_not_be_missing(tmp_path):
    model = checkpoints.tiny("gpt2")
    tensors = {name: model.tensor(name) for name in model.names if not name.endswith("c_attn.bias")}
    with pytest.raises(CheckpointError, match=r"layer 0 lacks transformer\.h\.0\.attn\.c_attn\.bias"):
        checkpoints.load(saved(tmp_path / "m", tensors, model.config))


def test_gpt2_from_the_hub_has_no_transformer_prefix(tmp_path):
    model = checkpoints.tiny("gpt2")
    tensors = {name.removeprefix("transformer."): model.tensor(name) for name in model.names}
    bare = checkpoints.load(saved(tmp_path / "m", tensors, model.config))
    np.testing.assert_array_equal(bare.attention(1).W_K, model.attention(1).W_K)


def test_an_unknown_architecture_shows_the_names_it_saw(tmp_path):
    tensors = {"blocks.0.mixer.attn_in.weight": np.zeros((2, 3)), "blocks.0.norm.weight": np.zeros(5)}
    with pytest.raises(
        CheckpointError, match=r"none of the layouts known here \(gpt2, .*blocks\.0\.mixer\.attn_in\.weight"
    ):
        checkpoints.load(saved(tmp_path / "m", tensors, {}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_attention_heads": 4}, "15 query columns do not divide into 4 heads"),
        ({"num_attention_heads": 0}, "num_attention_heads as 0"),
        ({"num_attention_heads": "5"}, "num_attention_heads as '5'"),
        ({"num_attention_heads": True}, "num_attention_heads as True"),
        ({"num_key_value_heads": 3}, "cannot share 3 K/V heads evenly"),
    ],
)
def test_a_config_that_cannot_be_true(tmp_path, change, message):
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load(saved(tmp_path / "m", llama_tensors(), {**LLAMA_CONFIG, **change}))


def test_a_config_that_contradicts_the_weights(tmp_path):
    model = checkpoints.load(saved(tmp_path / "m", llama_tensors(), {**LLAMA_CONFIG, "num_key_value_heads": 5}))
    with pytest.raises(CheckpointError, match=r"k_proj\.weight has shape \[3, 15\].*ask for \[15, 15\]"):
        model.attention(0)
    with pytest.raises(CheckpointError, match=r"k_proj\.weight has shape \[3, 15\]"):
        model.head(0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gemma2"}, "is a 'gemma2': its matrices are laid out as in llama"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "'yarn' angles"),
        ({"sliding_window": 2}, "looks back 2 tokens only"),
    ],
)
def test_the_forward_pass_refuses_what_it_does_not_compute(tmp_path, change, message):
    model = checkpoints.load(saved(tmp_path / "m", llama_tensors(), {**LLAMA_CONFIG, **change}))
    layer = model.attention(0)
    assert layer.W_Q.shape == (15, 15)
    with pytest.raises(CheckpointError, match=message):
        forward.attend(layer, np.zeros((3, 15), np.float32))


def test_gpt2_scaling_switches(tmp_path):
    model = checkpoints.tiny("gpt2")
    tensors = {name: model.tensor(name) for name in model.names}
    by_layer = saved(tmp_path / "a", tensors, {**model.config, "scale_attn_by_inverse_layer_idx": True})
    unscaled = saved(tmp_path / "b", tensors, {**model.config, "scale_attn_weights": False})
    assert checkpoints.load(by_layer).attention(1).scale == pytest.approx(1 / (2 * 2))
    assert checkpoints.load(unscaled).attention(1).scale == 1.0


@pytest.mark.parametrize("name", ["../other.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", 5, None])
def test_an_index_may_not_point_outside_its_folder(tmp_path, name):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"h.0.attn.c_attn.weight": name}}))
    with pytest.raises(CheckpointError, match="not a safetensors file beside it"):
        checkpoints.load(tmp_path)


def test_a_shard_that_is_missing(tmp_path):
    shutil.copytree(checkpoints._DATA / "llama", tmp_path / "m")
    (tmp_path / "m" / "model-00002-of-00002.safetensors").unlink()
    model = checkpoints.load(tmp_path / "m")
    assert model.attention(0).W_Q.shape == (8, 8)
    with pytest.raises(CheckpointError, match=r"names model-00002-of-00002\.safetensors, which is not there"):
        model.attention(1)


@pytest.mark.parametrize(
    ("text", "says"),
    [("not json", "is not JSON"), ("[1]", "holds a list"), ('"llama"', "holds a str"), ("null", "holds a NoneType")],
)
def test_a_config_that_is_not_an_object_is_refused_by_its_name(tmp_path, text, says):
    folder = saved(tmp_path / "m", llama_tensors(), LLAMA_CONFIG)
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=f"config.json {says}"):
        checkpoints.load(folder)


@pytest.mark.parametrize("text", ["[1]", "not json", '{"weight_map": 3}', "{}"])
def test_a_broken_index(tmp_path, text):
    (tmp_path / "model.safetensors.index.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"model\.safetensors\.index\.json"):
        checkpoints.load(tmp_path)


def test_a_folder_without_weights(tmp_path):
    with pytest.raises(CheckpointError, match="only safetensors weights are read"):
        checkpoints.load(tmp_path)


@pytest.mark.parametrize("source", ["./nowhere", "nowhere.safetensors", "a/b/c", "has space", "../x", "a..b/c"])
def test_neither_a_path_nor_a_hub_id(source):
    with pytest.raises(CheckpointError, match="no file or folder"):
        checkpoints.load(source)


def test_there_is_no_tiny_one_of_that_kind():
    with pytest.raises(CheckpointError, match="there are gpt2, llama"):
        checkpoints.tiny("t5")


def test_reprs_are_stable_and_free_of_paths():
    model = checkpoints.tiny("llama")
    assert repr(model) == (
        "Checkpoint('tiny llama': llama layout, 2 layers, d_model 8, 4 heads of 2 sharing 2 K/V heads)"
    )
    assert repr(model.attention(1)) == (
        "AttentionLayer(llama, layer 1: W_Q [8, 8], W_K [8, 4], W_V [8, 4], W_O [8, 8])"
    )


def test_blocks_are_the_weights_as_they_lie_in_the_file():
    assert checkpoints.tiny("gpt2").blocks(0) == [("QKV", (8, 24), True)]
    assert checkpoints.tiny("llama").blocks(0) == [("Q", (8, 8), False), ("K", (4, 8), False), ("V", (4, 8), False)]
    assert [bias for _, _, bias in checkpoints.tiny("whisper").blocks(0)] == [True, False, True]
