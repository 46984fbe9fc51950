"""One trace of the tiny model, everything kept: milliseconds in numpy.

python benchmarks/coref.py     # add --json FILE for machines
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import Limit, Row, finish, parser, percentile
from qkvlib import coref, examples

ROUNDS = 500


def main(arguments=None):
    options = parser(__doc__.splitlines()[0]).parse_args(arguments)
    rows, limits = [], []
    for model in ("encoder", "causal", "gqa4"):
        coref.trace(examples.DOG_SENTENCE, model)  # loads the weights
        took = sorted(milliseconds(model) for _ in range(ROUNDS))
        rows += [Row(f"{model}.p{p}_ms", percentile(took, p), "ms", f"{ROUNDS} traces") for p in (50, 95)]
        limits.append(Limit(f"{model}, one trace (median, ms)", percentile(took, 50), at_most=1))
    return finish(options, "one trace of a tiny model", rows, limits)


def milliseconds(model):
    start = time.perf_counter()
    coref.trace(examples.DOG_SENTENCE, model)
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
