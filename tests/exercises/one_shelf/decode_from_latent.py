"""Answers to `decode_from_latent`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import softmax

answers = Answers()


def longer(C, row):
    return np.concatenate([C, row], axis=-2)


def meet(carried, C, width):
    return softmax(carried @ np.swapaxes(C, -1, -2) / np.sqrt(width))


@answers.right
def carried_over(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return ((meet(row @ (W_Q @ W_UK.T), C, len(W_UK.T)) @ C) @ W_UV)[..., 0, :], C


@answers.right
def keys_made(x, C, W_Q, W_down, W_UK, W_UV):
    C = longer(C, np.expand_dims(x @ W_down, -2))
    z = np.einsum("...d,...td->...t", x @ W_Q, C @ W_UK) * W_Q.shape[1] ** -0.5
    return np.einsum("...t,...td->...d", softmax(z), C @ W_UV), C


@answers.right
def sums(x, C, W_Q, W_down, W_UK, W_UV):
    C = np.append(C, (x @ W_down)[..., None, :], axis=-2)
    carried = np.einsum("...d,rd->...r", x @ W_Q, W_UK)
    z = (C * carried[..., None, :]).sum(-1) / W_UK.shape[-1] ** 0.5
    e = np.exp(z - z.max(-1, keepdims=True))
    blend = (e[..., None] * C).sum(-2) / e.sum(-1, keepdims=True)
    return [blend @ W_UV, C]


@answers.right
def text_by_text(x, C, W_Q, W_down, W_UK, W_UV):
    if x.ndim > 1:
        done = [text_by_text(one, rows, W_Q, W_down, W_UK, W_UV) for one, rows in zip(x, C, strict=True)]
        return tuple(np.stack(parts) for parts in zip(*done, strict=True))
    C = np.vstack([C, x @ W_down])
    weights = softmax(C @ (W_UK @ (x @ W_Q)) / np.sqrt(W_Q.shape[1]))
    return weights @ C @ W_UV, C


@answers.wrong("scale-by-latent-width")
def helper_scales(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    carried = row @ W_Q @ W_UK.T
    return (meet(carried, C, carried.shape[-1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("scale-by-model-width")
def width_of_the_model(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK.T, C, x.shape[-1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("no-scale")
def unscaled(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK.T, C, 1) @ C @ W_UV)[..., 0, :], C


@answers.wrong("query-not-carried")
def as_it_is(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("carried-without-turning")
def not_turned(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("carried-by-the-wrong-matrix")
def by_w_uv(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UV.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("up-matrices-swapped")
def swapped(x, C, W_Q, W_down, W_UK, W_UV):
    return carried_over(x, C, W_Q, W_down, W_UV, W_UK)


@answers.wrong("carried-twice")
def keys_and_carried(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK.T, C @ W_UK, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("blend-not-made-values")
def blend_handed_back(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C)[..., 0, :], C


@answers.wrong("blend-through-key-matrix")
def key_of_the_blend(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    return (meet(row @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UK)[..., 0, :], C


@answers.wrong("raised-shapes")
def x_kept(x, C, W_Q, W_down, W_UK, W_UV):
    C = longer(C, x[..., None, :])
    return (meet(x[..., None, :] @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("query-from-latent")
def everything_from_c(x, C, W_Q, W_down, W_UK, W_UV):
    c = x[..., None, :] @ W_down
    C = longer(C, c)
    return (meet(c @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("sees-only-the-past")
def too_late(x, C, W_Q, W_down, W_UK, W_UV):
    out, grown = carried_over(x, C, W_Q, W_down, W_UK, W_UV)
    if not C.shape[-2]:
        return out, grown
    return (meet(x[..., None, :] @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], grown


@answers.wrong("cache-not-grown")
def old_cache(x, C, W_Q, W_down, W_UK, W_UV):
    return carried_over(x, C, W_Q, W_down, W_UK, W_UV)[0], C


@answers.wrong("only-the-new-row-kept")
def new_row(x, C, W_Q, W_down, W_UK, W_UV):
    return carried_over(x, C, W_Q, W_down, W_UK, W_UV)[0], (x @ W_down)[..., None, :]


@answers.wrong("added-at-the-front")
def in_front(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(row @ W_down, C)
    return (meet(row @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("row-axis-missing")
def no_row(x, C, W_Q, W_down, W_UK, W_UV):
    C = np.concatenate([C, x @ W_down], axis=-2)
    return (meet(x @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("joined-along-another-axis")
def along_the_columns(x, C, W_Q, W_down, W_UK, W_UV):
    C = np.concatenate([C, x[..., None, :] @ W_down], axis=-1)
    return (meet(x[..., None, :] @ W_Q @ W_UK.T, C, W_Q.shape[1]) @ C @ W_UV)[..., 0, :], C


@answers.wrong("no-softmax")
def bare_scores(x, C, W_Q, W_down, W_UK, W_UV):
    row = x[..., None, :]
    C = longer(C, row @ W_down)
    z = row @ W_Q @ W_UK.T @ np.swapaxes(C, -1, -2) / np.sqrt(W_Q.shape[1])
    return (z @ C @ W_UV)[..., 0, :], C


@answers.wrong("extra-axis")
def row_kept(x, C, W_Q, W_down, W_UK, W_UV):
    out, C = carried_over(x, C, W_Q, W_down, W_UK, W_UV)
    return out[..., None, :], C


@answers.wrong("output-only")
def no_cache(x, C, W_Q, W_down, W_UK, W_UV):
    return carried_over(x, C, W_Q, W_down, W_UK, W_UV)[0]
