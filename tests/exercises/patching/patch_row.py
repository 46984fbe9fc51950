"""Answers to `patch_row`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def copied(own, other, row):
    patched = own.copy()
    patched[..., row, :] = other[..., row, :]
    return patched


@answers.right
def chosen(own, other, row):
    here = np.arange(own.shape[-2]) == row
    return np.where(here[:, None], other, own)


@answers.right
def joined(own, other, row):
    return np.concatenate([own[..., :row, :], other[..., row : row + 1, :], own[..., row + 1 :, :]], axis=-2)


@answers.wrong("all-rows")
def everything(own, other, row):
    return other.copy()


@answers.wrong("other-way-round")
def turned(own, other, row):
    patched = other.copy()
    patched[..., row, :] = own[..., row, :]
    return patched


@answers.wrong("column-for-row")
def column(own, other, row):
    patched = own.copy()
    patched[..., :, row] = other[..., :, row]
    return patched


@answers.wrong("row-alone")
def only_the_row(own, other, row):
    return other[..., row, :]


@answers.wrong("rows-before-too")
def up_to(own, other, row):
    patched = own.copy()
    patched[..., : row + 1, :] = other[..., : row + 1, :]
    return patched
