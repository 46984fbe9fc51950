"""Answers to `cross_cache_bytes`: right ones in several styles, wrong ones as a learner would type them."""

import numpy as np

from exercises import Answers

answers = Answers()


@answers.right
def plain(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    row = 2 * n_layers * d_model * bytes_per_value
    return row * n_source, row * n_target


@answers.right
def arrays(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    def kept(n):
        return np.zeros((2, n_layers, n, d_model), np.int8).nbytes * bytes_per_value

    return kept(n_source), kept(n_target)


@answers.right
def loop(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    source = target = 0
    for _ in range(n_layers):
        source += n_source * (d_model + d_model) * bytes_per_value
        target += n_target * (d_model + d_model) * bytes_per_value
    return [source, target]


@answers.wrong("only-one-of-k-and-v")
def half(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    row = n_layers * d_model * bytes_per_value
    return row * n_source, row * n_target


@answers.wrong("one-layer-only")
def one_layer(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    row = 2 * d_model * bytes_per_value
    return row * n_source, row * n_target


@answers.wrong("bytes-per-value-ignored")
def always_two(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    return 4 * n_layers * d_model * n_source, 4 * n_layers * d_model * n_target


@answers.wrong("values-for-bytes")
def numbers(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    return 2 * n_layers * d_model * n_source, 2 * n_layers * d_model * n_target


@answers.wrong("results-swapped")
def own_first(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    return plain(n_layers, d_model, n_source, n_target, bytes_per_value)[::-1]


@answers.wrong("source-grows-with-the-words")
def every_step_again(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    row = 2 * n_layers * d_model * bytes_per_value
    return row * n_source * n_target, row * n_target


@answers.wrong("added-together")
def one_sum(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    return sum(plain(n_layers, d_model, n_source, n_target, bytes_per_value))


@answers.wrong("own-cache-holds-the-source")
def both_texts(n_layers, d_model, n_source, n_target, bytes_per_value=2):
    row = 2 * n_layers * d_model * bytes_per_value
    return row * n_source, row * (n_source + n_target)
