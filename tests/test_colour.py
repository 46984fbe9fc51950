"""One table of colours: Python reads what the browser is sent, and no hue means two things."""

import itertools
import math

import numpy as np
import pytest

from qkvlib import colour
from qkvlib.widgets import bundle

# How the three common kinds of colour blindness see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SEEN_BY = {
    "full colour": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(rgb):
    share = np.array(rgb) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb, kind="full colour"):
    light = np.clip(np.array(SEEN_BY[kind]) @ linear(rgb), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ light
    ratio = xyz / [0.9505, 1, 1.089]
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one, other):
    bright, dim = sorted((float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) for c in (one, other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("kind", SEEN_BY)
@pytest.mark.parametrize("dark", [False, True])
def test_plus_minus_and_zero_are_told_apart_by_every_eye(kind, dark):
    ends = [lab(colour.heat(place, dark=dark), kind) for place in (-1, 0, 1)]
    for one, other in itertools.combinations(ends, 2):
        assert np.linalg.norm(one - other) > 20


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("ramp", ["sign", "share"])
def test_numbers_stay_legible_on_every_colour(ramp, dark):
    ink = colour.rgb(colour.role("out", dark))
    for share in np.linspace(-1 if ramp == "sign" else 0, 1, 21):
        assert contrast(ink, colour.heat(share, ramp, dark)) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_a_sign_is_never_the_hue_of_a_role(dark):
    def hue(rgb):
        _, a, b = lab(rgb)
        return math.degrees(math.atan2(b, a))

    for place in (-1, 1):
        sign = hue(colour.heat(place, dark=dark))
        for name in ("query", "key", "value"):
            apart = abs((hue(colour.rgb(colour.role(name, dark))) - sign + 180) % 360 - 180)
            assert apart > 25, (name, place, apart)


def test_the_browser_is_sent_the_same_table():
    sent = bundle.module("../colours.js")
    assert all(value in sent for pair in colour.ROLES.values() for value in pair)
    assert colour.ramp("share")[1] == "#{:02x}{:02x}{:02x}".format(*colour.HEAT["light"]["share"])


def test_nan_and_what_is_beyond_the_scale():
    assert colour.heat(float("nan")) == colour.heat(0)
    assert colour.heat(7) == colour.heat(1)
    assert colour.heat(-7) == tuple(colour.HEAT["light"]["minus"])
