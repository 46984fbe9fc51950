"""Lesson 8."""

import numpy as np


def split_c_attn__split(weight, bias):
    return tuple(zip(np.split(weight, 3, axis=1), np.split(bias, 3), strict=True))


def split_c_attn__slices(weight, bias):
    d = weight.shape[0]
    return [(weight[:, k * d : (k + 1) * d], bias[k * d : (k + 1) * d]) for k in range(3)]


def split_c_attn__dict(weight, bias):
    pairs = split_c_attn__slices(weight, bias)
    return dict(zip("QKV", pairs, strict=True))


def split_c_attn__six_results(weight, bias):
    (W_Q, b_Q), (W_K, b_K), (W_V, b_V) = split_c_attn__slices(weight, bias)
    return W_Q, b_Q, W_K, b_K, W_V, b_V


def llama_qkv__names(tensors, layer):
    return tuple(tensors[f"model.layers.{layer}.self_attn.{name}_proj.weight"].T for name in "qkv")


def llama_qkv__dict(tensors, layer):
    prefix = f"model.layers.{layer}.self_attn."
    found = {key[len(prefix)]: W for key, W in tensors.items() if key.startswith(prefix)}
    return {"W_Q": found["q"].T, "W_K": found["k"].T, "W_V": found["v"].T}


def llama_qkv__transpose(tensors, layer):
    names = [f"model.layers.{layer}.self_attn.{part}_proj.weight" for part in ("q", "k", "v")]
    return [np.transpose(tensors[name]).copy() for name in names]


whisper_key_bias__row = {"score_change": [-3, -3], "weight_change": [0, 0]}
whisper_key_bias__numbers = {"score_change": -3, "weight_change": 0}
whisper_key_bias__mixed = {"score_change": np.array([-3.0, -3.0]), "weight_change": 0.0}
whisper_key_bias__pair = ([-3, -3], [0, 0])
