"""qkvlib.attention on real sizes against torch's scaled_dot_product_attention and plain einsum, in one run.

    python -m pip install torch        # the only thing the course's own environment lacks
    python -m benchmarks.attention     # add --json FILE for machines

Keys: `qkv` is qkvlib (numpy), `torch` is torch.nn.functional.scaled_dot_product_attention on the CPU, `einsum` is the
two products written with numpy.einsum, `torch_einsum` the same with torch.einsum; all float32, the same numbers in, the
same number of threads. Each takes its rounds in a row, twice over, in turn: the thread pools of numpy and torch get in
each other's way when calls alternate, and a slow minute of the machine should not hit one of them alone.
"""

import sys
import time
import tracemalloc

import numpy as np

from benchmarks.report import Limit, Row, finish, parser, percentile
from qkvlib import attention
from qkvlib.examples import MODELS

SHAPE = MODELS["Llama-3-8B"]  # 32 query heads of 128, 8 K/V heads, d_model 4096
CACHES = (512, 1024, 2048, 4096, 8192, 16384)


def main(arguments=None):
    options = parser(__doc__.splitlines()[0]).parse_args(arguments)
    try:
        import torch
    except ImportError:
        print(
            "This benchmark compares with torch, which is not installed: python -m pip install torch", file=sys.stderr
        )
        return 2
    rows, limits = [], []
    for T, rounds in ((512, 11), (2048, 4)):
        measured = full_attention(torch, T, rounds)
        rows += [
            Row(f"{name}.mha_{T}.{figure}", value, "ms", f"{SHAPE.n_heads} heads of {SHAPE.d_head}, {T:,} tokens")
            for name, milliseconds in measured.items()
            for figure, value in summary(milliseconds)
        ]
        ratio = percentile(measured["qkv"], 50) / percentile(measured["torch"], 50)
        limits.append(Limit(f"qkv / torch, multi-head, {T:,} tokens", ratio, at_most=3))
    for made in (gqa_memory(), decode()):
        rows += made[0]
        limits += made[1]
    return finish(options, "attention in float32 on the CPU", rows, limits)


def summary(milliseconds):
    return (("p50_ms", percentile(milliseconds, 50)), ("min_ms", min(milliseconds)))


def full_attention(torch, T, rounds):
    """Milliseconds of every round: {"qkv": [...], "torch": [...], ...}. All four must agree before anything counts."""
    rng = np.random.default_rng(T)
    Q, K, V = rng.standard_normal((3, SHAPE.n_heads, T, SHAPE.d_head), np.float32)
    q, k, v = (torch.from_numpy(part)[None] for part in (Q, K, V))
    ways = {
        "qkv": lambda: attention.attend_in_groups(Q, K, V),
        "torch": lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v)[0],
        "torch_einsum": lambda: torch_einsum(torch, q, k, v)[0],
        "einsum": lambda: einsum(Q, K, V),
    }
    expected = np.asarray(ways["torch"]())
    measured = {name: [] for name in ways}
    for half in range(2):
        for name, way in ways.items():
            if name == "einsum" and T > 512:
                if half == 0:
                    measured[name].append(milliseconds(way))  # many seconds: once is enough to see where it stands
                continue
            np.testing.assert_allclose(np.asarray(way()), expected, rtol=0, atol=1e-5, err_msg=name)  # and a warm-up
            measured[name] += [milliseconds(way) for _ in range(rounds)]
    return measured


def einsum(Q, K, V):
    grid = np.einsum("htd,hsd->hts", Q, K) / np.float32(np.sqrt(Q.shape[-1]))
    shares = np.exp(grid - grid.max(axis=-1, keepdims=True))
    return np.einsum("hts,hsd->htd", shares / shares.sum(axis=-1, keepdims=True), V)


def torch_einsum(torch, q, k, v):
    grid = torch.einsum("bhtd,bhsd->bhts", q, k) / q.shape[-1] ** 0.5
    return torch.einsum("bhts,bhsd->bhtd", grid.softmax(dim=-1), v)


def gqa_memory():
    """Peak memory of grouped attention over a long cache, next to what repeating K and V would take by itself."""
    rng = np.random.default_rng(1)
    S = CACHES[-1]
    Q = rng.standard_normal((SHAPE.n_heads, 1, SHAPE.d_head), np.float32)
    K, V = rng.standard_normal((2, SHAPE.n_kv_heads, S, SHAPE.d_head), np.float32)
    group = SHAPE.n_heads // SHAPE.n_kv_heads

    def peak(act):
        tracemalloc.start()
        act()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most / 2**20

    ours = peak(lambda: attention.attend_in_groups(Q, K, V))
    repeating = peak(lambda: attention.attention(Q, attention.repeat_kv(K, group), attention.repeat_kv(V, group)))
    one_copy = K.nbytes * group / 2**20
    what = f"{SHAPE.n_heads} query heads on {SHAPE.n_kv_heads} K/V heads, 1 query, {S:,} keys"
    rows = [
        Row("qkv.gqa.peak_mib", ours, "MiB", what),
        Row("repeated.gqa.peak_mib", repeating, "MiB", "the same with repeat_kv first"),
        Row("repeated.gqa.one_copy_mib", one_copy, "MiB", "K alone, repeated to all query heads"),
    ]
    return rows, [Limit("GQA peak memory / one repeated K", ours / one_copy, at_most=0.1)]


def decode():
    """One decoding step (project, remember, attend, W_O) against the number of tokens in the cache."""
    rng = np.random.default_rng(2)
    width, kv_width = SHAPE.n_heads * SHAPE.d_head, SHAPE.n_kv_heads * SHAPE.d_head
    widths = ((SHAPE.d_model, width), (SHAPE.d_model, kv_width), (SHAPE.d_model, kv_width), (width, SHAPE.d_model))
    W = [rng.standard_normal(shape, np.float32) / 64 for shape in widths]
    x = rng.standard_normal(SHAPE.d_model, np.float32)
    past = rng.standard_normal((2, SHAPE.n_kv_heads, CACHES[-1], SHAPE.d_head), np.float32)
    q = rng.standard_normal((SHAPE.n_heads, 1, SHAPE.d_head), np.float32)

    rows, attending = [], []
    for n_tokens in CACHES:
        cache = attention.KVCache(SHAPE.n_kv_heads, SHAPE.d_head, dtype=np.float32, room=n_tokens + 32)
        cache.append(past[0, :, :n_tokens], past[1, :, :n_tokens])
        steps = [milliseconds(lambda cache=cache: cache.step(x, *W, SHAPE.n_heads)) for _ in range(12)][2:]
        alone = [milliseconds(lambda cache=cache: attention.attend_in_groups(q, cache.K, cache.V)) for _ in range(12)][
            2:
        ]
        attending.append(min(alone))
        rows.append(Row(f"qkv.decode_{n_tokens}.p50_ms", percentile(steps, 50), "ms", "a whole step"))
        rows.append(Row(f"qkv.decode_{n_tokens}.attend_ms", min(alone), "ms", "its attention alone, quickest of 10"))
    # The slope on doubly logarithmic axes is the power of the cache length: 1 is linear, 2 would be quadratic. A little
    # above 1 is expected: short caches fit into the processor's own memory, long ones do not.
    slope = np.polyfit(np.log(CACHES), np.log(attending), 1)[0]
    return rows, [Limit("decode: power of the cache length", float(slope), at_most=1.4)]


def milliseconds(act):
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    sys.exit(main())
