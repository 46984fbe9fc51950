"""The instruments of heads, caches and the clinic show what the course's math and the clinic's code compute."""

import numpy as np
import pytest

from qkvlib import attention, coref, examples, instruments
from qkvlib.clinic import BUGS


@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_heads_equals_multi_head_attention(n_heads, causal):
    shown = instruments.heads()
    shown["n_heads"], shown["causal"] = n_heads, causal
    shown["X"] = examples.HEADS_X[::-1]
    matrices = [shown[name] for name in ("W_Q", "W_K", "W_V", "W_O")]
    mask = attention.causal_mask(3) if causal else None
    np.testing.assert_allclose(shown["out"], attention.multi_head_attention(shown["X"], *matrices, n_heads, mask))
    np.testing.assert_allclose(shown["merged"] @ shown["W_O"], shown["out"])
    np.testing.assert_allclose(shown["written"].sum(0), shown["out"])


def test_the_first_head_is_the_head_of_lesson_2():
    shown = instruments.heads()
    Q, K, V = attention.project_qkv(examples.HEADS_X, examples.W_Q, examples.W_K, examples.W_V)
    np.testing.assert_allclose(shown["weights"][0], attention.attention(Q, K, V)[1])


def test_every_step_of_the_cache_equals_the_full_pass():
    shown = instruments.kv_cache()
    Q, K, V = attention.project_qkv(shown["X"], shown["W_Q"], shown["W_K"], shown["W_V"])
    full, _ = attention.masked_attention(Q, K, V, attention.causal_mask(len(Q)))
    for step in range(1, 8):
        shown["step"] = step
        np.testing.assert_allclose(shown["out"][0], full[step - 1])
        assert shown["difference"] < 1e-12
        assert (shown["t"], shown["t_squared"]) == (step, step**2)
        assert len(shown["K"]) == len(shown["V"]) == step


@pytest.mark.parametrize(("tokens", "texts", "number_bytes"), [(8192, 1, 2), (512, 7, 4), (131072, 64, 1)])
def test_the_calculator_equals_kv_cache_bytes(tokens, texts, number_bytes):
    shown = instruments.kv_cache_calculator()
    shown["tokens"], shown["texts"], shown["number_bytes"] = tokens, texts, number_bytes
    models = (*examples.MODELS.values(), examples.RECENT_MODELS["Qwen3-8B"], examples.RECENT_MODELS["Gemma-3-12B"])
    assert shown["cache"].shape == (len(models) + 1, 1)
    for row, m in enumerate(models):
        for name, n in (("cache", m.n_kv_heads), ("as_mha", m.n_heads), ("as_mqa", 1)):
            wanted = attention.kv_cache_bytes(m.n_layers, n, m.d_head, tokens, number_bytes, texts) / 2**30
            assert shown[name][row, 0] == pytest.approx(wanted)


def test_llama_3_8b_is_128_kib_a_token_and_1_gib_against_4():
    shown = instruments.kv_cache_calculator()
    row = list(examples.MODELS).index("Llama-3-8B")
    assert [shown[name][row, 0] for name in ("KiB_a_token", "cache", "as_mha")] == [128, 1, 4]


SHOWN = {
    "fix_shapes": ("broken", "right"),
    "fix_transpose": ("broken", "right"),
    "fix_shared_matrix": ("broken_out", "right_out"),
    "fix_split_before_projecting": ("broken", "right"),
    "fix_values_in_scores": ("broken_out", "right_out"),
    "fix_softmax_axis": ("broken_out", "right_out"),
    "fix_tiled_heads": ("broken", "right"),
    "fix_fused_split": (("broken_Q", "broken_K", "broken_V"), ("right_Q", "right_K", "right_V")),
    "fix_cache_after_repeat": (("broken", "broken"), ("right", "read")),
    "fix_conv1d": ("broken", "right"),
    "fix_merge_without_swap": ("broken", "right"),
    "fix_mask_top_left": ("broken_out", "right_out"),
    "fix_bias_rows": ("broken_weights", "right_weights"),
    "fix_rotary_offset": ("broken_weights", "right_weights"),
}


@pytest.mark.parametrize("name", BUGS)
def test_the_clinic_shows_what_its_code_computes(name):
    shown, bug = instruments.bug_clinic(name), BUGS[name]
    if name == "fix_cache_after_repeat":
        shown["step"] = 5  # the example's last token
    for nodes, function in zip(SHOWN[name], (bug.broken, bug.fixed), strict=True):
        if isinstance(nodes, str):
            nodes, answer = (nodes,), (function(*bug.example()),)
        else:
            answer = function(*bug.example())
        for node, part in zip(nodes, answer, strict=True):
            np.testing.assert_allclose(shown[node], part, err_msg=f"{name}: {node}")
    assert repr(shown).startswith(f"Instrument(clinic_{bug.key}")
    assert shown.sheet.spec["hint"]


def test_the_clinic_names_its_bugs():
    with pytest.raises(ValueError, match="there is no bug 'fix_nothing' in the clinic; there are fix_softmax_axis, "):
        instruments.bug_clinic("fix_nothing")


def test_a_choice_may_look_like_a_slider():
    from ipywidgets import SelectionSlider

    from qkvlib.widgets import Instrument, Sheet

    s = Sheet("sharing")
    n = s.choice("n", (4, 2, 1), label="K/V heads", look="slider")
    s.number("shown", n)
    shown = Instrument(s)
    assert isinstance(shown.controls["n"], SelectionSlider)
    assert shown.sheet.spec["params"][0]["look"] == "slider"
    shown["n"] = 1
    assert shown["shown"] == 1


def pooled(n):
    """Both layers keep their own K and V, but in layer 2 neighbouring heads are averaged down to n."""

    def edit(layer, name, array):
        if layer != 1 or name not in ("K", "V"):
            return array
        return attention.repeat_kv(array.reshape(n, -1, *array.shape[1:]).mean(1), len(array) // n)

    return edit


@pytest.mark.parametrize("ending", ["excited", "deflated"])
@pytest.mark.parametrize("n_kv_heads", [4, 2, 1])
def test_gqa_equals_the_trained_model_with_its_heads_averaged(n_kv_heads, ending):
    shown = instruments.gqa()
    shown["n_kv_heads"], shown["ending"] = n_kv_heads, ending
    sentence = {"excited": examples.DOG_SENTENCE, "deflated": examples.BALL_SENTENCE}[ending]
    own = coref.trace(sentence, model="gqa4")
    shared = coref.trace(sentence, model="gqa4", edits=[pooled(n_kv_heads)])
    it = own.read_at
    for prefix, trace in (("own", own), ("shared", shared)):
        np.testing.assert_allclose(shown[f"{prefix}_looks"][:, 0], trace.layers[1].weights[:, it], atol=1e-12)
        np.testing.assert_allclose(shown[f"{prefix}_it"][0], trace.layers[1].added[it], atol=1e-12)
        np.testing.assert_allclose(shown[f"{prefix}_answer"][0], trace.logits, atol=1e-12)
    a, b = (t.layers[1].added[it] for t in (own, shared))
    assert shown["error"] == pytest.approx(100 * np.linalg.norm(b - a) / np.linalg.norm(a), abs=1e-9)
    assert shown["K"].shape == (n_kv_heads, len(own.tokens), 8)
    assert shown["kv_parameters"] == 2 * 32 * 8 * n_kv_heads
    assert shown["cache_bytes"] == attention.kv_cache_bytes(1, n_kv_heads, 8, len(own.tokens))
    np.testing.assert_allclose(shown["reads"].sum(1), 1)
    assert [np.count_nonzero(row) for row in shown["reads"]] == [4 // n_kv_heads] * 4


def test_the_x_cache_gives_the_scores_and_the_output_of_keys_and_values():
    shown = instruments.x_cache()
    shown["q"], shown["X"] = [[-1, 2]], shown["X"][::-1]
    K, V = shown["X"] @ shown["W_K"], shown["X"] @ shown["W_V"]
    out, weights = attention.attention(shown["q"], K, V)
    np.testing.assert_allclose(shown["scores_from_X"], shown["q"] @ K.T)
    np.testing.assert_allclose(shown["weights_from_X"], weights)
    np.testing.assert_allclose(shown["out_from_X"], out)
    assert shown["difference"] < 1e-12


WAYS = {
    "mha": "4 K/V heads",
    "gqa": "2 K/V heads",
    "mqa": "1 K/V head",
    "x": "rows of X",
    "c": "latent c",
    "window": "a window",
    "bits": "few bits",
    "same": "K = V",
}


def one_shelf_by_hand(ending, rank, first, last, bits):
    """What each way of `one_shelf` gives at "it", in plain numpy on the trained model, and where it looks."""
    sentence = {"excited": examples.DOG_SENTENCE, "deflated": examples.BALL_SENTENCE}[ending]
    trace, model = coref.trace(sentence, model="gqa4"), coref.load("gqa4")
    layer, it = trace.layers[1], trace.read_at

    def coded(H):
        scales = np.abs(H).max(-1, keepdims=True) / (2 ** (bits - 1) - 1)
        return np.round(H / scales) * scales

    def averaged(H, n):
        return attention.repeat_kv(H.reshape(n, -1, *H.shape[1:]).mean(1), 4 // n)

    left, sizes, right = np.linalg.svd(np.hstack([model["1.W_K"], model["1.W_V"]]), full_matrices=False)
    cut = layer.X @ (left[:, :rank] * sizes[:rank] @ right[:rank])
    kept = sorted({*range(first), *range(9 - last, 9)})
    pairs = {
        "mha": (layer.K, layer.V),
        "gqa": (averaged(layer.K, 2), averaged(layer.V, 2)),
        "mqa": (averaged(layer.K, 1), averaged(layer.V, 1)),
        "x": (layer.K, layer.V),
        "c": tuple(attention.split_heads(part, 4) for part in np.split(cut, 2, axis=1)),
        "window": (layer.K[:, kept], layer.V[:, kept]),
        "bits": (coded(layer.K), coded(layer.V)),
        "same": (layer.K, layer.K),
    }
    made = {way: attention.attention(layer.Q[:, it : it + 1], K, V) for way, (K, V) in pairs.items()}
    outs = {way: attention.merge_heads(H)[0] @ model["1.W_O"] for way, (H, _) in made.items()}
    return (
        outs,
        {way: weights[:, 0] for way, (_, weights) in made.items()},
        kept,
        layer.X[it] @ model["W_U"],
        model["W_U"],
    )


@pytest.mark.parametrize("ending", ["excited", "deflated"])
@pytest.mark.parametrize(("rank", "first", "last", "bits"), [(1, 1, 5, 8), (2, 0, 3, 4), (7, 2, 9, 3), (32, 2, 1, 2)])
def test_every_way_of_the_shelf_equals_numpy(ending, rank, first, last, bits):
    shown = instruments.one_shelf()
    for name, value in {"ending": ending, "rank": rank, "first": first, "last": last, "bits": bits}.items():
        shown[name] = value
    outs, looks, kept, row, W_U = one_shelf_by_hand(ending, rank, first, last, bits)
    own = outs["mha"]
    for place, (way, called) in enumerate(WAYS.items()):
        shown["look"] = called
        # the sheet's weights are rounded to six digits
        np.testing.assert_allclose(shown["out"][0], outs[way], atol=1e-4, err_msg=way)
        np.testing.assert_allclose(shown["answer"][0], row + outs[way] @ W_U, atol=1e-3, err_msg=way)
        off = 100 * np.linalg.norm(outs[way] - own) / np.linalg.norm(own)
        assert shown["error"][place, 0] == pytest.approx(off, abs=1e-2), way
        assert shown["chosen_error"][0, 0] == shown["error"][place, 0]
        seen = shown["looks"][:, 0]
        np.testing.assert_allclose(seen[:, kept] if way == "window" else seen, looks[way], atol=1e-4, err_msg=way)
    np.testing.assert_array_equal(np.flatnonzero(shown["kept"][0]), kept)


@pytest.mark.parametrize(("rank", "first", "last", "bits"), [(1, 1, 5, 8), (9, 2, 9, 4), (32, 0, 1, 2)])
def test_the_shelf_counts_what_it_keeps_and_what_it_multiplies(rank, first, last, bits):
    shown = instruments.one_shelf()
    for name, value in {"rank": rank, "first": first, "last": last, "bits": bits}.items():
        shown[name] = value
    d, heads, width, rows = 32, 4, 8, 9
    kept = len({*range(first), *range(9 - last, 9)})
    project, output = d * d, d * d  # W_Q, and W_O

    def attending(n_rows, wide):  # scores and blends of all heads
        return 2 * heads * n_rows * wide

    counted = {
        "mha": (2 * 2 * d, project + 2 * d * d + attending(rows, width) + output),
        "gqa": (2 * 2 * 2 * width, project + 2 * d * 2 * width + attending(rows, width) + output),
        "mqa": (2 * 2 * width, project + 2 * d * width + attending(rows, width) + output),
        "x": (2 * d, project + heads * width * d + attending(rows, d) + heads * d * width + output),
        "c": (2 * rank, project + d * rank + 2 * heads * width * rank + attending(rows, rank) + output),
        "window": (4 * d * kept / rows, project + 2 * d * d + attending(kept, width) + output),
        # codes of a key and a value a head, each with a two-byte scale; a factor for every code, score and weight
        "bits": (
            2 * d * bits / 8 + 2 * heads * 2,
            project + 2 * d * d + 2 * d + attending(rows, width) + 2 * heads * rows + output,
        ),
        "same": (2 * d, project + d * d + attending(rows, width) + output),
    }
    np.testing.assert_allclose(shown["bytes"][:, 0], [counted[way][0] for way in WAYS])
    np.testing.assert_allclose(shown["products"][:, 0], [counted[way][1] for way in WAYS])


def test_the_exact_ways_lose_nothing_and_two_numbers_hold_this_layer():
    shown = instruments.one_shelf()
    off = {}
    for rank in (1, 2, 32):
        shown["rank"] = rank
        off[rank] = dict(zip(WAYS, shown["error"][:, 0], strict=True))
    assert off[1]["mha"] == 0
    assert off[1]["x"] < 1e-9
    assert off[32]["c"] < 1e-3
    assert off[1]["c"] > 90
    assert off[2]["c"] < 2.5 < 73 < off[2]["mqa"]


def test_a_window_drops_rows_from_the_published_shapes():
    tokens = 131_072
    kib = {name: m.cached(tokens) * 2 / tokens / 1024 for name, m in (examples.MODELS | examples.RECENT_MODELS).items()}
    assert kib["Llama-3-8B"] == 128
    assert kib["Mistral-7B"] == 128 * 4096 / tokens
    assert kib["Gemma-2-9B"] == pytest.approx(336 * (21 + 21 * 4096 / tokens) / 42)
    assert kib["Qwen3-8B"] == 2 * 36 * 8 * 128 * 2 / 1024
    assert kib["Gemma-3-12B"] == pytest.approx(2 * 8 * 256 * 2 / 1024 * (8 + 40 * 1024 / tokens))
    assert kib["DeepSeek-V3"] == (512 + 64) * 61 * 2 / 1024
    assert examples.MODELS["Gemma-2-9B"].cached(100) == 42 * 2 * 8 * 256 * 100
