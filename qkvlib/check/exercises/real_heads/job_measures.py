"""Three jobs of a head, read from its weights on a text that was read twice."""

from __future__ import annotations

import numpy as np

from qkvlib.check.inputs import Draw, case, cases
from qkvlib.check.spec import Exercise, mistake


def _measures(weights: np.ndarray, period: int, after: int = 1, back: int = 1, stop: int = -1) -> tuple:
    """Mean weights: `after` the earlier copy, `back` from the row, on the first; `stop` counts from the last row."""
    rows = np.arange(period, 2 * period + stop)
    return tuple(weights[..., rows, at].mean(axis=-1) for at in (rows - period + after, rows - back, 0 * rows))


def _of_all_rows(weights: np.ndarray, period: int, stop: int) -> tuple:
    """The second and third measure over rows of the first reading too; the first has no earlier copy to go by."""
    rows = np.arange(1, 2 * period + stop)
    return (
        _measures(weights, period)[0],
        weights[..., rows, rows - 1].mean(axis=-1),
        weights[..., rows, 0].mean(axis=-1),
    )


def _weights(draw: Draw, period: int, batch: tuple = ()) -> tuple:
    shares = draw.shares(*batch, 2 * period, 2 * period)
    causal = shares * np.tri(2 * period)
    # Whole numbers may leave a row without its single 1 under the mask: the first token takes it then.
    causal[..., 0] += 1 - causal.sum(axis=-1)
    return causal.astype(shares.dtype), period


EXERCISE = Exercise(
    name="job_measures",
    reference=_measures,
    inputs=cases(_weights, case("a text of five tokens", period=5), case("a text of three tokens", period=3)),
    parts=("induction", "previous", "first"),
    mistakes=(
        mistake(
            "copy-itself",
            "Your first measure is the weight on the earlier copy of the row's own token.",
            "What helps is the token that came after it.",
            lambda weights, period: _measures(weights, period, after=0),
        ),
        mistake(
            "before-the-copy",
            "Your first measure is the weight on the token before the earlier copy.",
            "The text went on, not back: which token followed the copy?",
            lambda weights, period: _measures(weights, period, after=-1),
        ),
        mistake(
            "own-token",
            "Your second measure is the weight of each row on itself.",
            "The token just before stands one column to the left.",
            lambda weights, period: _measures(weights, period, back=0),
        ),
        mistake(
            "columns-for-rows",
            "You read the weights with rows and columns exchanged.",
            "A row belongs to the token that looks; the column is where it looks.",
            lambda weights, period: _measures(np.swapaxes(weights, -1, -2), period),
        ),
        mistake(
            "first-reading-too",
            "Your means run over rows of the first reading as well.",
            "Only rows of the second reading have an earlier copy: start at row `period`.",
            lambda weights, period: _of_all_rows(weights, period, stop=-1),
            lambda weights, period: _of_all_rows(weights, period, stop=0),
            lambda weights, period: (*_measures(weights, period)[:2], _of_all_rows(weights, period, stop=0)[2]),
            lambda weights, period: (*_measures(weights, period)[:2], weights[..., 0].mean(axis=-1)),
        ),
        mistake(
            "last-row-too",
            "Your means take in the last row, whose token has no successor in the first reading.",
            "All rows of the second reading but its last.",
            lambda weights, period: _measures(weights, period, stop=0),
            lambda weights, period: (_measures(weights, period)[0], *_measures(weights, period, stop=0)[1:]),
        ),
        mistake(
            "sum-for-mean",
            "Your measures are sums over the rows.",
            "Divide by the number of rows that were read.",
            lambda weights, period: tuple(measure * (period - 1) for measure in _measures(weights, period)),
        ),
        mistake(
            "heads-averaged",
            "You average over heads and batches as well: one number where each head should have its own.",
            "Take the mean along the rows alone.",
            lambda weights, period: tuple(np.mean(measure) for measure in _measures(weights, period)),
        ),
    ),
    hints=(
        "Which rows have been read before? Rows period up to 2 · period - 2. Make them one array of row numbers.",
        "Which column is the token after a row's earlier copy? It stands period - 1 places to the left.",
        "weights[..., rows, columns] with two arrays of equal length picks one number a row.",
    ),
    praise="Right: three jobs, each one average.",
)
