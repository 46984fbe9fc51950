"""The properties of tests/test_fuzz_grading.py on many more inputs: no run ended, no bystander's grade changed.

python -m benchmarks.fuzz               5,000 inputs at least, over all properties
python -m benchmarks.fuzz --inputs 60   so many for each property (the costly one, a whole run, gets an eighth)
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEAST = 5_000  # inputs of an ordinary run: the promise of docs/security.md
PASSED = re.compile(r"- (\d+) passing(?: examples)?, (\d+) failing")


def main() -> int:
    """Run the tests with more examples; 0 when every property held. The inputs are counted by Hypothesis itself."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=600, help="inputs for each of the properties (600)")
    options.add_argument("--json", help="taken for the other benchmarks' sake; there is nothing to keep")
    inputs = options.parse_args().inputs
    least = LEAST if inputs >= options.get_default("inputs") else 0  # fewer were asked for
    command = [sys.executable, "-m", "pytest", "-q", "--timeout", "3000", "--hypothesis-show-statistics"]
    done = subprocess.run(
        [*command, "tests/test_fuzz_grading.py"],
        cwd=ROOT,
        env={**os.environ, "QKV_FUZZ": str(inputs)},
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout)
    counts = [(int(passing), int(failing)) for passing, failing in PASSED.findall(done.stdout)]
    held, broken = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    print(f"{held} inputs held, {broken} did not, in {len(counts)} phases of generation; exit code {done.returncode}")
    if held < least or not counts:
        print(f"At least {least} inputs are promised, so this run proves nothing.")
        return done.returncode or 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
