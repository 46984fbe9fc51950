"""Answers to `quantised_cache`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def one_where_it_is_zero(K):
    scales = np.abs(K).max(axis=-1, keepdims=True) / 127
    return np.rint(K / (scales + (scales == 0))), scales


@answers.right
def token_by_token(K):
    codes, scales = np.zeros(K.shape, np.int8), np.zeros((*K.shape[:-1], 1))
    for at in np.ndindex(*K.shape[:-1]):
        row = [float(entry) for entry in K[at]]
        most = max(abs(entry) for entry in row)
        if most:
            scales[at] = most / 127
            codes[at] = [round(entry * 127 / most) for entry in row]
    return codes, scales


@answers.right
def half_added(K):
    scales = np.maximum(K.max(axis=-1), -K.min(axis=-1))[..., None] / 127
    size = np.floor(np.abs(K) / np.where(scales > 0, scales, np.inf) + 0.5)
    return np.sign(K) * size, scales


def rows(K, steps=127.0, axis=-1):
    scales = np.abs(K).max(axis=axis, keepdims=True) / steps
    return np.divide(K, scales, out=np.zeros(K.shape), where=scales > 0), scales


@answers.wrong("one-scale-for-all")
def one_scale(K):
    scale = np.abs(K).max() / 127
    return np.round(K / scale).astype(np.int8), np.full((*K.shape[:-1], 1), scale)


@answers.wrong("one-scale-for-all")
def one_number(K):
    scale = np.abs(K).max() / 127
    return np.round(K / scale).astype(np.int8), scale


@answers.wrong("scale-a-column")
def down_the_tokens(K):
    codes, scales = rows(K, axis=-2)
    return np.round(codes), scales


@answers.wrong("scale-across-tokens")
def a_scale_a_head(K):
    codes, scales = rows(K, axis=(-2, -1))
    return np.round(codes), scales + np.zeros((*K.shape[:-1], 1))


@answers.wrong("scale-across-heads")
def a_scale_a_token(K):
    codes, scales = rows(K, axis=(-3, -1) if K.ndim > 2 else -1)
    return np.round(codes), np.broadcast_to(scales, (*K.shape[:-1], 1))


@answers.wrong("sign-forgotten")
def plain_max(K):
    scales = K.max(axis=-1, keepdims=True) / 127
    return np.round(K / np.where(scales == 0, 1, scales)), scales


@answers.wrong("scale-from-mean")
def mean_size(K):
    scales = np.abs(K).mean(axis=-1, keepdims=True) / 127
    return np.round(K / np.where(scales == 0, 1, scales)), scales


@answers.wrong("scale-from-length")
def by_norm(K):
    scales = np.linalg.norm(K, axis=-1, keepdims=True) / 127
    return np.round(K / np.where(scales == 0, 1, scales)), scales


@answers.wrong("steps-128")
def to_128(K):
    codes, scales = rows(K, 128)
    return np.round(codes).astype(int).astype(np.int8), scales


@answers.wrong("steps-255")
def to_255(K):
    codes, scales = rows(K, 255)
    return np.round(codes), scales


@answers.wrong("steps-127-5")
def to_half_of_255(K):
    codes, scales = rows(K, 127.5)
    return np.round(codes), scales


@answers.wrong("cut-off")
def straight_to_int8(K):
    codes, scales = rows(K)
    return codes.astype(np.int8), scales


@answers.wrong("rounded-down")
def floored(K):
    codes, scales = rows(K)
    return np.floor(codes), scales


@answers.wrong("rounded-up")
def ceiled(K):
    codes, scales = rows(K)
    return np.ceil(codes), scales


@answers.wrong("not-rounded")
def unrounded(K):
    return rows(K)


@answers.wrong("scale-upside-down")
def factor(K):
    most = np.abs(K).max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        scales = 127 / most
        return np.nan_to_num(np.round(K * scales)), scales


@answers.wrong("largest-for-scale")
def the_largest(K):
    codes, scales = rows(K)
    return np.round(codes), scales * 127


@answers.wrong("numbers-for-codes")
def read_again(K):
    codes, scales = rows(K)
    return np.round(codes) * scales, scales


@answers.wrong("zeros-divided")
def not_a_number(K):
    scales = np.abs(K).max(axis=-1, keepdims=True) / 127
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.round(K / scales), scales


@answers.wrong("zeros-given-a-scale")
def one_for_zero(K):
    scales = np.abs(K).max(axis=-1, keepdims=True) / 127
    scales[scales == 0] = 1
    return np.round(K / scales), scales


@answers.wrong("from-least-to-most")
def with_an_offset(K):
    least = K.min(axis=-1, keepdims=True)
    scales = (K.max(axis=-1, keepdims=True) - least) / 255
    return np.round((K - least) / np.where(scales == 0, 1, scales)), scales


@answers.wrong("scale-without-its-axis")
def flat_scales(K):
    codes, scales = rows(K)
    return np.round(codes), scales[..., 0]


@answers.wrong("results-swapped")
def scales_first(K):
    codes, scales = rows(K)
    return scales, np.round(codes)


@answers.wrong("output-only")
def codes_alone(K):
    return np.round(rows(K)[0])
