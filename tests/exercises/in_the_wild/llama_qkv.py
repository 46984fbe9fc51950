"""Answers to `llama_qkv`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def names(tensors, layer):
    return tuple(tensors[f"model.layers.{layer}.self_attn.{name}_proj.weight"].T for name in "qkv")


@answers.wrong("dictionary")
def as_dict(tensors, layer):
    prefix = f"model.layers.{layer}.self_attn."
    found = {key[len(prefix)]: W for key, W in tensors.items() if key.startswith(prefix)}
    return {"W_Q": found["q"].T, "W_K": found["k"].T, "W_V": found["v"].T}


@answers.right
def transpose(tensors, layer):
    names = [f"model.layers.{layer}.self_attn.{part}_proj.weight" for part in ("q", "k", "v")]
    return [np.transpose(tensors[name]).copy() for name in names]


@answers.wrong("not-transposed")
def stored(tensors, layer):
    base = f"model.layers.{layer}.self_attn."
    return tensors[base + "q_proj.weight"], tensors[base + "k_proj.weight"], tensors[base + "v_proj.weight"]


@answers.wrong("layer-ignored")
def layer_zero(tensors, layer):
    base = "model.layers.0.self_attn."
    return tuple(tensors[base + f"{name}_proj.weight"].T for name in "qkv")


@answers.wrong("name-matched-loosely")
def searches(tensors, layer):
    found = []
    for part in ("q_proj", "k_proj", "v_proj"):
        for key, value in tensors.items():
            if part in key and f"layers.{layer}" in key:
                found.append(value.T)
                break
    return tuple(found)


@answers.wrong("raised-KeyError")
def misspelt(tensors, layer):
    return tuple(tensors[f"layers.{layer}.attention.{name}.weight"].T for name in "qkv")


@answers.wrong("braces-not-filled")
def no_braces(tensors, layer):
    return tuple(tensors["model.layers.{layer}.self_attn." + n + "_proj.weight"].T for n in "qkv")


@answers.wrong("kv-widened")
def llama_repeated(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"] for n in "qkv")
    n = len(W_Q) // len(W_K)
    return W_Q.T, np.repeat(W_K, n, axis=0).T, np.repeat(W_V, n, axis=0).T


@answers.wrong("kv-widened")
def llama_tiled(tensors, layer):
    W_Q, W_K, W_V = (tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"].T for n in "qkv")
    n = W_Q.shape[1] // W_K.shape[1]
    return W_Q, np.tile(W_K, (1, n)), np.tile(W_V, (1, n))


@answers.wrong("reshaped-for-transposed")
def reshape_not_t(tensors, layer):
    out = []
    for n in "qkv":
        W = tensors[f"model.layers.{layer}.self_attn.{n}_proj.weight"]
        out.append(W.reshape(W.shape[::-1]))
    return out
