"""Slips, each written once, and the exercises in which it can be made: a table of who should name what.

`Steps` is attention as a learner writes it, step by step. A slip replaces one step; every exercise is written on top of
the steps, apart from its spec. `SLIPS` says what each slip should be called, `EXERCISES` where the steps are used.
"""

import numpy as np

SMALL = 0.1


class Steps:
    """The steps of attention. `width` is d_model where the exercise has one, else None."""

    def compare(self, Q, K, V, width):
        return Q @ self.turned(K) / self.scale(Q, width)

    def turned(self, K):
        return np.swapaxes(K, -1, -2)

    def scale(self, Q, width):
        return np.sqrt(Q.shape[-1])

    def mask(self, grid, mask):
        return grid if mask is None else np.where(mask, grid, -np.inf)

    def share(self, grid):
        e = np.exp(grid - grid.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def blend(self, weights, V, mask):
        return weights @ V

    def attend(self, Q, K, V, mask=None, width=None):
        weights = self.share(self.mask(self.compare(Q, K, V, width), mask))
        return self.blend(weights, V, mask), weights

    def out(self, *args, **named):
        return self.attend(*args, **named)[0]

    def both(self, out, beside):
        return out, beside

    def finished(self, out):
        return out


class WidthOfTheModel(Steps):
    def scale(self, Q, width):
        return np.sqrt(width)


class LogOfTheWidth(Steps):
    def scale(self, Q, width):
        return np.log(Q.shape[-1])


class OneScaleForAll(Steps):
    def scale(self, Q, width):
        return 8.0


class Unscaled(Steps):
    def scale(self, Q, width):
        return 1.0


class Cosine(Steps):
    def compare(self, Q, K, V, width):
        Q, K = (A / np.linalg.norm(A, axis=-1, keepdims=True) for A in (Q, K))
        return Q @ self.turned(K)


class ValuesInTheScores(Steps):
    def compare(self, Q, K, V, width):
        return super().compare(Q, V, V, width)


class TorchTranspose(Steps):
    def turned(self, K):
        return K.transpose(-2, -1)


class AxesFromTheFront(Steps):
    def turned(self, K):
        return K.swapaxes(1, 2)


class TorchDim(Steps):
    def share(self, grid):
        return np.exp(grid) / np.exp(grid).sum(dim=-1, keepdims=True)


class TorchMaskedFill(Steps):
    def mask(self, grid, mask):
        return grid if mask is None else grid.masked_fill(~mask, -np.inf)


class WeightsTurned(Steps):
    def blend(self, weights, V, mask):
        return np.swapaxes(weights, -1, -2) @ V


class SoftmaxOfValues(Steps):
    def blend(self, weights, V, mask):
        return weights @ Steps.share(self, V)


class SmallWeightsCutOff(Steps):
    def share(self, grid):
        weights = super().share(grid)
        return np.where(weights < SMALL, 0, weights)


class MaskOnValues(Steps):
    def mask(self, grid, mask):
        return grid

    def blend(self, weights, V, mask):
        return weights @ V if mask is None else (weights[..., None] * (mask[..., None] * V[..., None, :, :])).sum(-2)


class WeightsInWholeNumbers(Steps):
    def attend(self, Q, K, V, mask=None, width=None):
        weights = super().attend(Q, K, V, mask, width)[1].astype(Q.dtype)
        return weights @ V, weights


class WeightsGoOn(Steps):
    def out(self, *args, **named):
        return self.attend(*args, **named)[1]


class ResultsSwapped(Steps):
    def both(self, out, beside):
        return beside, out


class PairNotTakenApart(Steps):
    def out(self, *args, **named):
        return self.attend(*args, **named)


class Float16(Steps):
    def finished(self, out):
        return out.astype(np.float16)


# -- the exercises, on top of the steps -------------------------------------------------------------------------------


def split(X, n):
    return np.swapaxes(X.reshape(*X.shape[:-1], n, -1), -2, -3)


def merge(H):
    H = np.swapaxes(H, -2, -3)
    return H.reshape(*H.shape[:-2], -1)


def scores(s):
    return lambda Q, K: s.finished(s.compare(Q, K, K, None))


def attention(s):
    def answer(Q, K, V):
        out, weights = s.attend(Q, K, V)
        return s.both(s.finished(out), weights)

    return answer


def masked_attention(s):
    def answer(Q, K, V, mask):
        out, weights = s.attend(Q, K, V, mask)
        return s.both(s.finished(out), weights)

    return answer


def cross_attention(s):
    def answer(X, Y, W_Q, W_K, W_V):
        out, weights = s.attend(X @ W_Q, Y @ W_K, Y @ W_V, width=X.shape[-1])
        return s.both(s.finished(out), weights)

    return answer


def padded_source(s):
    def answer(Q, K, V, lengths):
        real = np.arange(K.shape[-2]) < np.asarray(lengths)[..., None]
        mask = np.broadcast_to(real[..., None, :], (*Q.shape[:-1], K.shape[-2]))
        out, weights = s.attend(Q, K, V, mask)
        return s.both(s.finished(out), weights)

    return answer


def cross_attention_step(s):
    def answer(x, kept, W_Q):
        out = s.out((x @ W_Q)[..., None, :], *kept, width=x.shape[-1])
        return s.finished(out[..., 0, :] if isinstance(out, np.ndarray) else out)

    return answer


def one_head_out(s):
    return lambda Q, K, V: s.finished(s.out(Q, K, V))


def fix_shared_matrix(s):
    return lambda X, W_Q, W_K, W_V: s.finished(s.out(X @ W_Q, X @ W_K, X @ W_V, width=X.shape[-1]))


def fix_mask_top_left(s):
    def answer(Q, K, V):
        T, S = Q.shape[-2], K.shape[-2]
        return s.finished(s.out(Q, K, V, np.tri(T, S, S - T, dtype=bool)))

    return answer


def fix_shapes(s):
    def answer(X, W_Q, W_K, n_heads):
        Q, K = split(X @ W_Q, n_heads), split(X @ W_K, n_heads)
        return s.finished(s.share(s.compare(Q, K, K, X.shape[-1])))

    return answer


def multi_head_attention(s):
    def answer(X, W_Q, W_K, W_V, W_O, n_heads, mask=None):
        Q, K, V = (split(X @ W, n_heads) for W in (W_Q, W_K, W_V))
        return s.finished(merge(s.out(Q, K, V, mask, width=X.shape[-1])) @ W_O)

    return answer


def grouped_query_attention(s):
    def answer(X, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads, mask=None):
        Q = split(X @ W_Q, n_heads)
        K, V = (np.repeat(split(X @ W, n_kv_heads), n_heads // n_kv_heads, axis=-3) for W in (W_K, W_V))
        return s.finished(merge(s.out(Q, K, V, mask, width=X.shape[-1])) @ W_O)

    return answer


def decode_step(s):
    def answer(x, cache, W_Q, W_K, W_V):
        x = x[..., None, :]
        K, V = (np.concatenate([old, x @ W], axis=-2) for old, W in zip(cache, (W_K, W_V), strict=True))
        out = s.out(x @ W_Q, K, V, width=x.shape[-1])
        return s.both(s.finished(out[..., 0, :] if isinstance(out, np.ndarray) else out), (K, V))

    return answer


def turn(H, places, speeds):
    angles, (x, y) = np.outer(places, speeds), np.split(H, 2, axis=-1)
    return np.concatenate([x * np.cos(angles) - y * np.sin(angles), x * np.sin(angles) + y * np.cos(angles)], axis=-1)


def rotary_scores(s):
    def answer(Q, K, speeds):
        T, S = Q.shape[-2], K.shape[-2]
        K = turn(K, np.arange(S), speeds)
        return s.finished(s.compare(turn(Q, np.arange(S - T, S), speeds), K, K, None))

    return answer


def decode_with_rotary(s):
    def answer(x, cache, W_Q, W_K, W_V, speeds):
        x, place = x[..., None, :], [cache[0].shape[-2]]
        K = np.concatenate([cache[0], turn(x @ W_K, place, speeds)], axis=-2)
        V = np.concatenate([cache[1], x @ W_V], axis=-2)
        out = s.out(turn(x @ W_Q, place, speeds), K, V, width=x.shape[-1])
        return s.both(s.finished(out[..., 0, :] if isinstance(out, np.ndarray) else out), (K, V))

    return answer


def capstone(s):
    def answer(x, cache, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
        x = x[None]
        K, V = (
            np.concatenate([old, split(x @ W, n_kv_heads)], axis=-2) for old, W in zip(cache, (W_K, W_V), strict=True)
        )
        wide = (np.repeat(part, n_heads // n_kv_heads, axis=-3) for part in (K, V))
        H = s.out(split(x @ W_Q, n_heads), *wide, width=x.shape[-1])
        return s.both(s.finished((merge(H) @ W_O)[0]), (K, V))

    return answer


def capstone_many(s):
    def answer(X, cache, P, W_Q, W_K, W_V, W_O, n_heads, n_kv_heads):
        n, T = len(X), cache[0].shape[-2]
        X = X + P[T : T + n]
        K, V = (
            np.concatenate([old, split(X @ W, n_kv_heads)], axis=-2) for old, W in zip(cache, (W_K, W_V), strict=True)
        )
        wide = (np.repeat(part, n_heads // n_kv_heads, axis=-3) for part in (K, V))
        H = s.out(split(X @ W_Q, n_heads), *wide, np.tri(n, T + n, T, dtype=bool), width=X.shape[-1])
        return s.both(s.finished(merge(H) @ W_O), (K, V))

    return answer


ON_STEPS = {
    "scores": scores,
    "fix_transpose": scores,
    "attention": attention,
    "fix_attention": attention,
    "masked_attention": masked_attention,
    "cross_attention": cross_attention,
    "padded_source": padded_source,
    "cross_attention_step": cross_attention_step,
    "fix_softmax_axis": one_head_out,
    "fix_values_in_scores": one_head_out,
    "fix_shared_matrix": fix_shared_matrix,
    "fix_mask_top_left": fix_mask_top_left,
    "fix_shapes": fix_shapes,
    "multi_head_attention": multi_head_attention,
    "grouped_query_attention": grouped_query_attention,
    "decode_step": decode_step,
    "rotary_scores": rotary_scores,
    "decode_with_rotary": decode_with_rotary,
    "capstone": capstone,
    "capstone_many": capstone_many,
}
GRIDS = {"scores", "fix_transpose", "rotary_scores"}  # nothing is shared out, nothing blended
WEIGHTS = {"fix_shapes"}  # nothing blended
WITH_A_MODEL = {
    *("cross_attention", "fix_shared_matrix", "multi_head_attention", "grouped_query_attention"),
    *("decode_step", "cross_attention_step", "decode_with_rotary", "capstone", "capstone_many"),
}
MASKED = {
    "masked_attention",
    "padded_source",
    "multi_head_attention",
    "grouped_query_attention",
    "capstone_many",
    "fix_mask_top_left",
}
PAIRS = {
    "attention",
    "fix_attention",
    "masked_attention",
    "cross_attention",
    "padded_source",
    "decode_step",
    "decode_with_rotary",
    "capstone",
    "capstone_many",
}
ALL = set(ON_STEPS)
SHARING, BLENDING = ALL - GRIDS, ALL - GRIDS - WEIGHTS
FLOATS = {  # of whole numbers too: one key has all the weight, or the queries are turned
    *("fix_shared_matrix", "multi_head_attention", "grouped_query_attention", "decode_with_rotary")
}
ATTENTION = {
    "attention",
    "fix_attention",
    "masked_attention",
    "cross_attention",
    "padded_source",
}  # both are handed back
HEADS = {
    "multi_head_attention",
    "grouped_query_attention",
    "decode_step",
    "decode_with_rotary",
    "capstone",
    "capstone_many",
}

# slip -> (the names that are true of it, the exercises in which it can be made)
SLIPS = {
    WidthOfTheModel: ({"scale-by-sqrt-d-model"}, WITH_A_MODEL),
    LogOfTheWidth: ({"scale-by-log"}, ALL),
    OneScaleForAll: ({"fixed-scale"}, ALL),
    Unscaled: ({"no-scale"}, ALL),
    Cosine: ({"cosine"}, ALL),
    ValuesInTheScores: ({"values-as-keys"}, BLENDING),
    TorchTranspose: ({"torch-transpose"}, ALL),
    AxesFromTheFront: ({"axes-from-the-front"}, ALL - {"capstone", "capstone_many"}),  # one axis in front, always
    TorchDim: ({"torch-spelling"}, SHARING),
    TorchMaskedFill: ({"torch-spelling"}, MASKED),
    WeightsTurned: ({"weights-transposed"}, BLENDING),
    SoftmaxOfValues: ({"softmax-of-values"}, BLENDING),
    SmallWeightsCutOff: ({"small-weights-cut-off"}, SHARING),
    MaskOnValues: ({"mask-on-values", "mask-after-softmax", "masked-after-softmax"}, MASKED),
    WeightsInWholeNumbers: ({"weights-cut-to-whole-numbers"}, BLENDING - FLOATS),
    WeightsGoOn: ({"weights-go-on", "weights-only", "weights-for-output"}, BLENDING - ATTENTION),
    ResultsSwapped: ({"results-swapped"}, PAIRS),
    PairNotTakenApart: ({"raised-pair", "pair-handed-on"}, HEADS),
    Float16: ({"low-precision"}, ALL),
}
