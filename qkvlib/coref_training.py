"""The pronoun model at a dozen moments of its training, under eight conditions.

    >>> from qkvlib import coref_training
    >>> early, *_, trained = coref_training.models("encoder")
    >>> early.trace("The dog chased the ball because it was excited.").layers[1].weights.shape
    (1, 9, 9)

Of each condition the first seed is here, whatever came of it; `card()` has the figures of all ten. Weights are float16,
in qkvlib/data/training (tools/train_checkpoints.py).
"""

import json
from functools import lru_cache
from importlib.resources import as_file, files

from qkvlib.checkpoints.local import LocalFile
from qkvlib.checkpoints.safetensors_file import SafetensorsFile
from qkvlib.coref import Model

# (with window, with noise, separate matrices) -> the condition's name, as in tools/train_checkpoints.py
CONDITIONS = {
    (True, True, True): "encoder",
    (False, True, True): "no_window",
    (True, False, True): "no_noise",
    (False, False, True): "unreadable",
    (True, True, False): "shared_qkv",
    (False, True, False): "shared_qkv_no_window",
    (True, False, False): "shared_qkv_no_noise",
    (False, False, False): "shared_qkv_neither",
}
_FOLDER = files("qkvlib") / "data" / "training"


@lru_cache
def models(condition: str) -> tuple[Model, ...]:
    """The model at every checkpoint of a condition, untrained first; ValueError with the conditions there are."""
    if condition not in CONDITIONS.values():
        raise ValueError(f"there is no condition {condition!r}: choose among {', '.join(CONDITIONS.values())}")
    with as_file(_FOLDER / f"{condition}.safetensors") as path:
        stored = SafetensorsFile(LocalFile(path))
        config = json.loads(stored.metadata["config"])
        tensors = {name: stored.tensor(name) for name in stored.tensors}
    return tuple(
        Model(f"{condition}, step {step}", config, {name: tensor[i] for name, tensor in tensors.items()})
        for i, step in enumerate(steps())
    )


def steps() -> tuple[int, ...]:
    """How many steps of training each checkpoint had."""
    return tuple(card()["encoder"]["steps"])


@lru_cache
def card() -> dict:
    """For every condition: sha256 of its file, and three figures as [seeds, checkpoints]."""
    return json.loads((_FOLDER / "card.json").read_text(encoding="utf-8"))
