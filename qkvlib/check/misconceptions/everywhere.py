"""Slips that can be made in every exercise with a head of attention in it, so that each of them names them alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from qkvlib.check.misconceptions.scores import SCALES
from qkvlib.check.spec import Mistake, mistake

# Whole numbers alone show it: not where a single key then has all the weight, nor where queries are no whole numbers.
WHOLE_NUMBERS = "weights-cut-to-whole-numbers"
_CUTS = ("cut-0.1", "cut-0.05", "cut-0.2", "shared-again-0.1", "shared-again-0.05", "shared-again-0.2")


def everywhere(
    model: Callable,
    seen: str = "The scores behind your weights",
    *,
    but: Collection[str] = (),
    blends: bool = True,
    masked: bool = False,
    wide: bool = False,
) -> tuple[Mistake, ...]:
    """The slips whose slugs are not in `but`, as versions of the exercise's `model`, which hands switches on to `head`.

    `blends`: values are blended. `masked`: there is a mask. `wide`: the model knows d_model.
    """
    made = [*compared(model, seen), *_shared(model)]
    if blends:
        made += _blended(model)
    if masked:
        made.append(
            mistake(
                "mask-on-values",
                "The mask was laid on the values: weights were shared out among all, then some values were left out.",
                "Forbidden scores have to vanish before the sharing out; the values stay as they are.",
                lambda *a: model(*a, masking="values"),
            )
        )
    if wide:
        made.append(
            mistake(
                "scale-by-sqrt-d-model",
                f"{seen} are scaled by the width of the whole model.",
                "A dot product adds up the features of one query, not of the embedding.",
                lambda *a: model(*a, scale="sqrt-model"),
            )
        )
    return tuple(found for found in made if found.slug not in but)


def compared(model: Callable, seen: str) -> Iterator[Mistake]:
    """On the way to the scores."""
    yield mistake(
        "torch-transpose",
        "transpose(-2, -1) is PyTorch's: in numpy it lists all axes anew, so it swaps nothing, or stops with a batch.",
        "np.swapaxes(K, -1, -2) swaps two axes and leaves the others.",
        *(lambda *a, scale=scale: model(*a, measure="torch-transpose", scale=scale) for scale in ("sqrt-d", "none")),
    )
    yield mistake(
        "axes-from-the-front",
        "You swap axes 1 and 2: they are the last two only behind exactly one axis in front.",
        "Counted from the end, -1 and -2, they are the last two always.",
        *(lambda *a, how=how: model(*a, measure=how) for how in ("axes-1-and-2", "axes-1-and-2-of-a-batch")),
    )
    yield mistake(
        "fixed-scale",
        f"{seen} are divided by one fixed number, whatever the width of a head is.",
        "A number such as 2 or 8 fits one model only; read the width from Q.",
        *(lambda *a, how=how: model(*a, scale=how) for how in SCALES if how.startswith(("root-", "by-"))),
    )
    yield mistake(
        "scale-by-log",
        f"{seen} are divided by the logarithm of the width.",
        "It is the spread of a dot product that is put right: with which function of the width does it grow?",
        lambda *a: model(*a, scale="log"),
        lambda *a: model(*a, scale="log2"),
    )
    yield mistake(
        "cosine",
        "Your queries and keys are cut to length 1 before they meet.",
        "Their lengths are part of the message: a plain dot product keeps them.",
        *(lambda *a, scale=scale: model(*a, measure="cosine", scale=scale) for scale in ("none", "sqrt-d")),
    )


def _shared(model: Callable) -> Iterator[Mistake]:
    yield mistake(
        "small-weights-cut-off",
        "The smallest weights of your rows have been cut off to 0.",
        "Softmax gives every key a share, however small: use all of them.",
        *(lambda *a, cut=cut: model(*a, normalise=cut) for cut in _CUTS),
    )
    yield mistake(
        WHOLE_NUMBERS,
        "With whole numbers in Q your weights become whole numbers as well, so nearly all of them are 0.",
        "Shares are fractions: keep them in an array of floats, whatever kind the inputs are.",
        lambda *a: model(*a, normalise="in-kind"),
    )


def _blended(model: Callable) -> Iterator[Mistake]:
    yield mistake(
        "weights-go-on",
        "It is the weights that go on from here; no value is ever blended with them.",
        "Attention returns two things, out and weights: which of them holds what the tokens hand over?",
        lambda *a: model(*a, values="none"),
    )
    yield mistake(
        "softmax-of-values",
        "The values went through a softmax.",
        "Values are content; only scores become shares.",
        lambda *a: model(*a, values="softmax"),
    )
    yield mistake(
        "values-as-keys",
        "Your queries are compared with the values.",
        "Values carry content; which of the three says what a token can be found by?",
        lambda *a: model(*a, roles="qv"),
    )
    yield mistake(
        "weights-transposed",
        "Each value is shared out by what others ask of it: the weights are turned round in the blend.",
        "Row i of the result should use row i of the weights.",
        lambda *a: model(*a, values="weights-T"),
    )
