"""No number of the course hangs on how wide numpy's whole numbers are: in a web page they have 32 bits."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from narrow_integers import narrowed


def test_the_narrow_numpy_is_one():
    array, total = narrowed(np.array), narrowed(np.sum)
    assert array([512, 3]).dtype == np.int32
    assert array([512], dtype=np.int64).dtype == np.int64
    assert array(np.array([5])).dtype == np.int64
    assert array([0.5]).dtype == np.float64
    assert (array([50_000]) * array([50_000]))[0] < 0, "too large for 32 bits"
    assert total([1, 2]).dtype == np.int32


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_every_cell_says_the_same(root, folder):
    paths = os.pathsep.join((str(root / "tests"), str(root)))
    run = [sys.executable, "-W", "ignore", "-m", "narrow_integers", folder]
    environment = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "agg"}
    ran = subprocess.run(run, cwd=root, env=environment, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout.splitlines()[-1]) == {}
