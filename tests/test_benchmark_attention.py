"""benchmarks/attention.py without timing anything: what it says when torch is missing, and that its ways agree."""

import sys

import numpy as np

from benchmarks import attention as benchmark
from qkvlib import attention


def test_without_torch_it_says_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert benchmark.main([]) == 2
    assert "python -m pip install torch" in capsys.readouterr().err


def test_plain_einsum_computes_the_same():
    Q, K, V = np.random.default_rng(4).standard_normal((3, 2, 5, 7))
    np.testing.assert_allclose(benchmark.einsum(Q, K, V), attention.attend_in_groups(Q, K, V), rtol=1e-6)
