"""Answers to `rotate`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers
from exercises.parts import turn_blocks, turn_complex, turn_halves

answers = Answers()
answers.right_value("halves", turn_halves)
answers.right_value("complex numbers", turn_complex)
answers.right_value("a matrix a place", turn_blocks)


@answers.right
def rotate_half(H, places, speeds):
    """As the hub's files do: cos and sin tiled over the row, and one row with its halves exchanged."""
    angle = np.tile(places[:, None] * speeds, 2)
    first, second = np.split(H, 2, axis=-1)
    return H * np.cos(angle) + np.concatenate([-second, first], axis=-1) * np.sin(angle)


@answers.right
def plane_by_plane(H, places, speeds):
    n, turned = len(speeds), np.zeros(H.shape)
    for i in range(n):
        cos, sin = np.cos(places * speeds[i]), np.sin(places * speeds[i])
        turned[..., i] = H[..., i] * cos - H[..., i + n] * sin
        turned[..., i + n] = H[..., i] * sin + H[..., i + n] * cos
    return turned


@answers.wrong("neighbours-paired")
def pairs_of_neighbours(H, places, speeds):
    turned, angle = np.zeros(H.shape), np.outer(places, speeds)
    turned[..., 0::2] = H[..., 0::2] * np.cos(angle) - H[..., 1::2] * np.sin(angle)
    turned[..., 1::2] = H[..., 0::2] * np.sin(angle) + H[..., 1::2] * np.cos(angle)
    return turned


@answers.wrong("turned-backwards")
def clockwise(H, places, speeds):
    return turn_complex(H, -places, speeds)


@answers.wrong("first-half-overwritten")
def in_place(H, places, speeds):
    n, angle, turned = len(speeds), np.outer(places, speeds), H.astype(float)
    turned[..., :n] = turned[..., :n] * np.cos(angle) - turned[..., n:] * np.sin(angle)
    turned[..., n:] = turned[..., :n] * np.sin(angle) + turned[..., n:] * np.cos(angle)
    return turned


@answers.wrong("counted-from-0")
def own_count(H, places, speeds):
    return turn_halves(H, range(H.shape[-2]), speeds)


@answers.wrong("minus-missing")
def two_plusses(H, places, speeds):
    n, angle = len(speeds), np.outer(places, speeds)
    x, y = H[..., :n], H[..., n:]
    return np.concatenate([x * np.cos(angle) + y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], -1)


@answers.wrong("speeds-left-out")
def one_radian(H, places, speeds):
    return turn_halves(H, places, np.ones(len(speeds)))


@answers.wrong("whole-numbers-cut")
def made_like(H, places, speeds):
    n, turned = len(speeds), np.zeros_like(H)
    turned[..., :n], turned[..., n:] = np.split(turn_halves(H, places, speeds), 2, axis=-1)
    return turned


@answers.wrong("degrees")
def in_degrees(H, places, speeds):
    return turn_halves(H, places, np.radians(speeds))


@answers.wrong("neighbours-paired")
def neighbours_into_an_array_like_H(H, places, speeds):
    angle, turned = np.outer(places, speeds), np.empty_like(H)
    turned[..., 0::2] = H[..., 0::2] * np.cos(angle) - H[..., 1::2] * np.sin(angle)
    turned[..., 1::2] = H[..., 0::2] * np.sin(angle) + H[..., 1::2] * np.cos(angle)
    return turned


@answers.wrong("first-half-overwritten")
def in_a_copy_of_H(H, places, speeds):
    n, angle, turned = len(speeds), np.outer(places, speeds), H.copy()
    turned[..., :n] = turned[..., :n] * np.cos(angle) - turned[..., n:] * np.sin(angle)
    turned[..., n:] = turned[..., :n] * np.sin(angle) + turned[..., n:] * np.cos(angle)
    return turned


@answers.wrong("minus-in-both")
def two_minuses(H, places, speeds):
    x, y = np.split(H, 2, axis=-1)
    cos, sin = np.cos(np.outer(places, speeds)), np.sin(np.outer(places, speeds))
    return np.concatenate([x * cos - y * sin, x * sin - y * cos], -1)


@answers.wrong("angles-repeated")
def repeated_for_tiled(H, places, speeds):
    angle = (places[:, None] * speeds).repeat(2, axis=-1)
    first, second = np.split(H, 2, axis=-1)
    return H * np.cos(angle) + np.concatenate([-second, first], axis=-1) * np.sin(angle)


@answers.wrong("speed-added")
def place_plus_speed(H, places, speeds):
    x, y = np.split(H, 2, axis=-1)
    turn = np.exp(1j * (places[:, None] + speeds))
    return np.concatenate([((x + 1j * y) * turn).real, ((x + 1j * y) * turn).imag], -1)
