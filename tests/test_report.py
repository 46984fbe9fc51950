"""What every benchmark reports with: a broken limit fails the run, and the JSON says what the table says."""

import json

import pytest

from benchmarks.report import Limit, Row, finish, parser, percentile, seconds

ROWS = [Row("qkv", 3.0, "s", "cold"), Row("pip", 12.0, "s")]


@pytest.mark.parametrize(("at_most", "code", "word"), [(0.5, 0, "kept"), (0.2, 1, "BROKEN")])
def test_a_broken_limit_fails(capsys, tmp_path, at_most, code, word):
    target = tmp_path / "figures.json"
    options = parser("what").parse_args(["--json", str(target)])
    assert finish(options, "what", ROWS, [Limit("qkv / pip", 0.25, at_most=at_most)]) == code
    said = capsys.readouterr().out
    assert f"qkv / pip: 0.25 (at most {at_most}) {word}" in said
    assert "cold" in said
    written = json.loads(target.read_text())
    assert written["figures"]["pip"] == {"key": "pip", "value": 12.0, "unit": "s", "note": ""}
    assert written["limits"]["qkv / pip"]["kept"] is (code == 0)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_limits_from_below():
    assert Limit("speed-up", 30, at_least=20).kept
    assert not Limit("speed-up", 10, at_least=20).kept
    assert not Limit("nothing measured", float("nan"), at_most=1).kept


def test_percentiles():
    values = [float(n) for n in range(101)]
    assert percentile(values, 50) == 50
    assert percentile(values, 95) == 95
    assert percentile([7.0], 95) == 7


def test_warm_up_runs_do_not_count():
    runs = []
    assert len(seconds(lambda: runs.append(1), times=3, warm_up=2)) == 3
    assert len(runs) == 5
