"""The properties of tests/test_fuzz_grading.py on many more inputs: no run ended, no bystander's grade changed.

python -m benchmarks.fuzz               5,000 inputs at least, over all properties
python -m benchmarks.fuzz --inputs 600  so many for each property
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROPERTIES = 11


def main() -> int:
    """Run the tests with more examples; 0 when every property held."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=500, help="inputs for each of the properties (500)")
    options.add_argument("--json", help="taken for the other benchmarks' sake; there is nothing to keep")
    inputs = options.parse_args().inputs
    command = [sys.executable, "-m", "pytest", "-q", "--timeout", "3000", "tests/test_fuzz_grading.py"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "QKV_FUZZ": str(inputs)})
    print(f"at least {inputs * (PROPERTIES - 1)} inputs, exit code {done.returncode}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
